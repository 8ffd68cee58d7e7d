//! The comparison, drawn as SVG.

use std::error::Error;

use anyhow::{Result, anyhow};
use plotters::{
    coord::{Shift, combinators::BindKeyPoints},
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{Measure, Rule, Spread, others, ours, report::duration};

const SIZE: (u32, u32) = (860, 380);

/// Seconds.
const DURATIONS: (f64, f64) = (2.0, 3600.0);

const DURATION_TICKS: [u32; 6] = [2, 10, 60, 300, 1200, 3600];

/// Points of a line: means over the durations between neighbours.
const POINTS: i32 = 36;

// Readable on a white and on a black page.
const TEXT: RGBColor = RGBColor(0x77, 0x7b, 0x82);
const OURS: RGBColor = RGBColor(0xd9, 0x48, 0x0f);
const DOUBLING: RGBColor = RGBColor(0x2f, 0x7c, 0xd6);

/// The least distance between the names of two lines.
const LINE_HEIGHT: i32 = 14;

type Panel<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What is drawn of a measure, with its axis.
struct Axis {
    name: &'static str,
    ends: (f64, f64),
    ticks: &'static [u32],
    tick: fn(u32) -> String,
    value: fn(&Measure) -> f64,
}

const LATENESS: Axis = Axis {
    name: "mean lateness (time, log scale)",
    ends: (0.3, 400.0),
    ticks: &[1, 10, 60, 300],
    tick: duration,
    value: |it| it.late,
};

const POLLS: Axis = Axis {
    name: "mean polls (number, log scale)",
    ends: (0.8, 5000.0),
    ticks: &[1, 10, 100, 1000],
    tick: |it| it.to_string(),
    value: |it| it.polls,
};

/// Mean lateness and polls over the duration of the copy, as SVG without a background.
///
/// # Errors
/// When the template has no defaults for our rule, or it cannot be drawn.
pub fn plot() -> Result<String> {
    let rules: Vec<_> = others()?.into_iter().chain([ours()?]).collect();
    let mut svg = String::new();
    let all = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    for (panel, axis) in all.split_evenly((1, 2)).iter().zip([LATENESS, POLLS]) {
        draw(panel, &axis, &rules).map_err(|it| anyhow!("{it}"))?;
    }
    all.present()?;
    drop(all);
    Ok(svg)
}

fn draw(panel: &Panel, axis: &Axis, rules: &[Rule]) -> Result<(), Box<dyn Error>> {
    let text = ("sans-serif", 16).into_font().color(&TEXT);
    let [x, y] = [DURATIONS, axis.ends].map(|(from, to)| (from..to).log_scale());
    let mut chart = ChartBuilder::on(panel)
        .margin(10)
        .margin_right(80)
        .x_label_area_size(45)
        .y_label_area_size(65)
        .build_cartesian_2d(
            x.with_key_points(DURATION_TICKS.map(f64::from).to_vec()),
            y.with_key_points(axis.ticks.iter().map(|&it| it.into()).collect()),
        )?;
    chart
        .configure_mesh()
        .axis_style(TEXT)
        .bold_line_style(TEXT.mix(0.25))
        .light_line_style(TRANSPARENT)
        .label_style(text.clone())
        .x_desc("duration of the copy (time, log scale)")
        .y_desc(axis.name)
        .x_label_formatter(&|&at| label(&DURATION_TICKS, duration, at))
        .y_label_formatter(&|&at| label(axis.ticks, axis.tick, at))
        .draw()?;
    let mut ends = Vec::new();
    for &rule in rules {
        let line = line(rule, axis.value);
        let (color, width) = style(rule);
        ends.extend(line.last().map(|&end| (chart.backend_coord(&end), rule)));
        chart.draw_series(LineSeries::new(line, color.stroke_width(width)))?;
    }
    ends.sort_by_key(|((_, y), _)| *y);
    let heights = without_overlap(&ends.iter().map(|((_, y), _)| *y).collect::<Vec<_>>());
    let (left, top) = panel.get_base_pixel();
    for (((x, _), rule), y) in ends.into_iter().zip(heights) {
        let (color, _) = style(rule);
        let name = text.color(&color).pos(Pos::new(HPos::Left, VPos::Center));
        panel.draw(&Text::new(rule.to_string(), (x + 6 - left, y - top), name))?;
    }
    Ok(())
}

/// The points of a rule: each mean is drawn at the middle, on a log scale, of its durations.
fn line(rule: Rule, value: fn(&Measure) -> f64) -> Vec<(f64, f64)> {
    let (first, last) = DURATIONS;
    let step = (last / first).powf(1.0 / f64::from(POINTS));
    let points = (0..POINTS).map(|n| {
        let from = first * step.powi(n);
        let measure = Measure::new(rule, Spread::Logarithmic, from, from * step);
        (from * step.sqrt(), value(&measure))
    });
    points.collect()
}

fn style(rule: Rule) -> (RGBColor, u32) {
    match rule {
        Rule::Growing { .. } => (OURS, 3),
        Rule::Every(_) => (TEXT, 1),
        Rule::Doubling { .. } => (DOUBLING, 2),
    }
}

fn label(ticks: &[u32], name: fn(u32) -> String, at: f64) -> String {
    let tick = ticks
        .iter()
        .find(|&&tick| (f64::from(tick) - at).abs() < 0.1);
    tick.map_or_else(String::new, |&tick| name(tick))
}

/// Heights, sorted, moved down so that names at them do not overlap.
fn without_overlap(heights: &[i32]) -> Vec<i32> {
    let mut free = i32::MIN;
    let heights = heights.iter().map(|&height| {
        let height = height.max(free);
        free = height + LINE_HEIGHT;
        height
    });
    heights.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance, as the Web Content Accessibility Guidelines define it.
    fn luminance(RGBColor(red, green, blue): RGBColor) -> f64 {
        let [red, green, blue] = [red, green, blue].map(|channel| {
            let part = f64::from(channel) / 255.0;
            match part {
                ..=0.04045 => part / 12.92,
                _ => ((part + 0.055) / 1.055).powf(2.4),
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn each_colour_stands_out_from_light_and_dark_pages() {
        const PAGES: [RGBColor; 2] = [WHITE, RGBColor(0x0d, 0x11, 0x17)];
        for color in [TEXT, OURS, DOUBLING] {
            for page in PAGES {
                let [one, other] = [color, page].map(|it| luminance(it) + 0.05);
                let contrast = one.max(other) / one.min(other);
                assert!(contrast > 4.0, "{color:?} on {page:?}: {contrast}");
            }
        }
    }

    #[test]
    fn a_point_is_the_mean_over_its_durations() {
        let line = line(Rule::Every(3600), |it| it.late);
        assert_eq!(line.len(), 36);
        // The longest copies take 1 h / 1.23 to 1 h.
        let (at, late) = line[35];
        assert!((3200.0..3300.0).contains(&at), "{at}");
        assert!((330.0..370.0).contains(&late), "{late}");
    }

    #[test]
    fn names_do_not_overlap() {
        assert_eq!(without_overlap(&[10, 11, 50, 62, 63]), [10, 24, 50, 64, 78]);
    }

    #[test]
    fn the_plot_names_every_rule_and_axis_once_a_panel() {
        let svg = plot().expect("can be drawn");
        for (name, times) in [
            ("ours", 2),
            ("doubling", 2),
            ("every 30 s", 2),
            ("duration of the copy (time, log scale)", 2),
            (LATENESS.name, 1),
            (POLLS.name, 1),
        ] {
            assert_eq!(svg.matches(&format!("\n{name}\n")).count(), times, "{name}");
        }
    }
}
