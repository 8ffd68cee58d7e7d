#![allow(clippy::cast_precision_loss)] // A table has two or three digits.

use std::{fmt::Write, time::Duration};

use anyhow::{Context, Result};

use super::{
    callgrind::Instructions,
    contender::{CHECK_STATUS, HELLO, START_COPY},
    round::Round,
};

/// The measurements of one function.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) medians: Round,
    pub(super) zip_size: u64,
    /// Of machine code only.
    pub(super) instructions: Option<Instructions>,
}

/// All tables, in Markdown.
pub(super) fn all(rows: &[Row], rounds: u64) -> Result<String> {
    let find = |name| rows.iter().find(|row| row.name == name);
    let find = |name| find(name).with_context(|| format!("{name} was not measured"));
    let hello = find(HELLO)?;
    let ours = [find(START_COPY)?, find(CHECK_STATUS)?];
    Ok(format!(
        "Medians of {rounds} rounds, in milliseconds:\n\n{}\n{}\n{}",
        times(rows, hello)?,
        sizes(rows)?,
        goals(&ours, hello)?
    ))
}

fn times(rows: &[Row], hello: &Row) -> Result<String> {
    let mut table = "\
| function | init | cold | × hello | first invocation | at 128 MB | warm p50 | p99 |
|---|---|---|---|---|---|---|---|
"
    .to_owned();
    for row in rows {
        let Round {
            init,
            cold,
            first,
            first_at_128_mb,
            ..
        } = row.medians;
        let [p50, p99] = [50, 99].map(|it| row.medians.warm_percentile(it));
        let [init, cold, first, at_128_mb, p50, p99] =
            [init, cold, first, first_at_128_mb, p50, p99].map(milliseconds);
        let ratio = row.times_hello(hello);
        writeln!(
            table,
            "| {} | {init} | {cold} | {ratio:.1} | {first} | {at_128_mb} | {p50} | {p99} |",
            row.name
        )?;
    }
    Ok(table)
}

fn sizes(rows: &[Row]) -> Result<String> {
    let mut table = "\
| function | CPU an invocation | peak memory | zip | instructions, cold | an invocation |
|---|---|---|---|---|---|
"
    .to_owned();
    for row in rows {
        let millions = |of: fn(Instructions) -> u64| {
            row.instructions
                .map_or("–".to_owned(), |it| format!("{:.2} M", mega(of(it))))
        };
        writeln!(
            table,
            "| {} | {} ms | {:.1} MB | {:.2} MB | {} | {} |",
            row.name,
            milliseconds(row.medians.cpu),
            mega(row.medians.peak_memory),
            mega(row.zip_size),
            millions(|it| it.cold),
            millions(|it| it.invocation),
        )?;
    }
    Ok(table)
}

/// What a function should reach, and what it does.
type Goal = (&'static str, &'static str, f64, fn(&Row, &Row) -> f64);

/// Each is at most this much, of this unit.
const GOALS: [Goal; 6] = [
    ("cold start", "× hello", 2.5, Row::times_hello),
    ("first invocation at 128 MB", " ms", 0.5, |row, _| {
        row.medians.first_at_128_mb.as_secs_f64() * 1e3
    }),
    ("instructions, cold", " M", 4.2, |row, _| {
        row.instructions
            .map_or(f64::NAN, |counted| mega(counted.cold))
    }),
    ("instructions an invocation", " M", 0.53, |row, _| {
        row.instructions
            .map_or(f64::NAN, |counted| mega(counted.invocation))
    }),
    ("peak memory", " MB", 8.0, |row, _| {
        mega(row.medians.peak_memory)
    }),
    ("zip", " MB", 2.3, |row, _| mega(row.zip_size)),
];

fn goals(ours: &[&Row; 2], hello: &Row) -> Result<String> {
    let names = ours.map(|it| it.name).join(" | ");
    let mut table = format!("| goal | at most | {names} |\n|---|---|---|---|\n");
    for (name, unit, most, measure) in GOALS {
        let [first, second] = ours.map(|row| {
            let value = measure(row, hello);
            let verdict = if value <= most { "met" } else { "missed" };
            format!("{value:.2}{unit}, {verdict}")
        });
        writeln!(table, "| {name} | {most}{unit} | {first} | {second} |")?;
    }
    Ok(table)
}

impl Row {
    fn times_hello(&self, hello: &Self) -> f64 {
        self.medians.cold.as_secs_f64() / hello.medians.cold.as_secs_f64()
    }
}

/// With three digits.
fn milliseconds(time: Duration) -> String {
    let time = time.as_secs_f64() * 1e3;
    let digits = match time {
        ..1.0 => 3,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{time:.digits$}")
}

fn mega(number: u64) -> f64 {
    number as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, milliseconds: u64) -> Row {
        let time = Duration::from_millis(milliseconds);
        Row {
            name,
            medians: Round {
                cold: time,
                first_at_128_mb: time,
                ..Round::default()
            },
            zip_size: 2_300_001,
            instructions: None,
        }
    }

    #[test]
    fn a_goal_is_met_up_to_its_number_and_by_nothing_unknown() {
        let (hello, ours) = (row(HELLO, 2), row(START_COPY, 5));
        let goals = goals(&[&ours, &hello], &hello).expect("is text");
        for line in [
            "| cold start | 2.5× hello | 2.50× hello, met | 1.00× hello, met |",
            "| first invocation at 128 MB | 0.5 ms | 5.00 ms, missed | 2.00 ms, missed |",
            "| instructions, cold | 4.2 M | NaN M, missed | NaN M, missed |",
            "| zip | 2.3 MB | 2.30 MB, missed | 2.30 MB, missed |",
        ] {
            assert!(goals.contains(line), "no {line} in\n{goals}");
        }
    }

    #[test]
    fn a_time_has_three_digits() {
        let texts = [340, 5_220, 35_400, 473_000].map(|it| milliseconds(Duration::from_micros(it)));
        assert_eq!(texts, ["0.340", "5.22", "35.4", "473"]);
    }

    #[test]
    fn no_tables_without_all_measurements() {
        assert!(all(&[row(HELLO, 1), row(START_COPY, 1)], 1).is_err());
    }
}
