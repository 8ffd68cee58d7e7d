//! The report, in Markdown.

use std::fmt;

use super::control::Control;
use super::invariants::Findings;
use super::limit::Limit;
use super::report::{Line, Report};

const HEAD: &str = "\
| fault | injected | hit | executions | copies | repeated | duplicates | lost | false successes | stuck | failing seeds |
|---|---|---|---|---|---|---|---|---|---|---|
";

impl Report {
    /// The sentence on known limits, if one row has this one.
    fn limit(&self, limit: Limit) -> Option<String> {
        let lines: Vec<_> = self
            .lines
            .iter()
            .filter(|it| it.row.limit == Some(limit))
            .collect();
        if lines.is_empty() {
            return None;
        }
        let worlds = limit.worlds();
        let worlds = match worlds.len() {
            4 => "all four worlds".to_owned(),
            _ => worlds
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        };
        let rows = lines.iter().map(|line| {
            let name = line.row.name;
            let limited = &line.limited;
            if limited.has_struck() {
                format!("“{name}”, {}", limited.exempted())
            } else {
                format!("“{name}”, none in this run")
            }
        });
        let rows = rows.collect::<Vec<_>>().join("; ");
        Some(format!("- {} ({worlds}): {rows}\n", limit.sentence()))
    }

    /// What the control arm has shown, if one row is in it.
    fn control(&self, control: Control) -> Option<String> {
        let rows = self.lines.iter().filter_map(|it| {
            let duplicates = it.control.get(&control)?;
            Some(format!("“{}”, {duplicates}", it.row.name))
        });
        let rows: Vec<_> = rows.collect();
        let rows = Some(rows.join("; ")).filter(|it| !it.is_empty())?;
        Some(format!("- {}: {rows}\n", control.sentence()))
    }

    /// Whether the invariants held, and where they did not.
    fn verdict(&self) -> String {
        let lines = self.lines.iter();
        let failing = lines.filter(|it| !it.failing.is_empty()).count();
        if failing > 0 {
            return format!("{failing} rows fail");
        }
        let struck = self.lines.iter().filter(|it| it.limited.has_struck());
        let mut sum = Findings::default();
        let rows = struck.inspect(|it| sum.add(&it.limited)).count();
        match rows {
            0 => "every invariant held in all of them".to_owned(),
            _ => format!(
                "every invariant held in all of them, except: {} in {rows} rows of known limits",
                sum.exempted()
            ),
        }
    }
}

impl Findings {
    /// Whether there is anything that a known limit exempts.
    fn has_struck(&self) -> bool {
        self.repeated + self.duplicates + self.lost > 0
    }

    fn exempted(&self) -> String {
        let Self {
            repeated,
            duplicates,
            lost,
            ..
        } = self;
        format!("{repeated} repeated, {duplicates} duplicates and {lost} lost")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for line in &self.lines {
            write!(f, "{line}")?;
        }
        let limits = Limit::ALL.iter().filter_map(|&it| self.limit(it));
        let limits: String = limits.collect();
        if !limits.is_empty() {
            write!(
                f,
                "\n¹ Repeated, duplicates and lost in the worlds of a known limit, in which a second copy can be made; they fail a row in any other world:\n\n{limits}"
            )?;
        }
        let controls = Control::ALL.iter().filter_map(|&it| self.control(it));
        let controls: String = controls.collect();
        if !controls.is_empty() {
            write!(
                f,
                "\nThe control arms make duplicates, and fail a row in which they do not:\n\n{controls}"
            )?;
        }
        let (runs, log_lines, verdict) = (self.runs, self.log_lines, self.verdict());
        write!(f, "\n{runs} runs, {log_lines} lines of logs: {verdict}.\n")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.row.name;
        if let Some(reason) = self.row.not_run {
            return writeln!(f, "| {name} | not run: {reason} | | | | | | | | | |");
        }
        let Findings {
            injected,
            hit,
            executions,
            copies,
            false_successes,
            stuck,
            ..
        } = &self.sum;
        let repeated = self.sum.repeated + self.limited.repeated;
        let duplicates = self.sum.duplicates + self.limited.duplicates;
        let lost = self.sum.lost + self.limited.lost;
        let mark = if self.row.limit.is_some() { "¹" } else { "" };
        let failing: Vec<_> = self.failing.iter().map(u64::to_string).collect();
        let failing = if failing.is_empty() {
            "none".to_owned()
        } else {
            failing.join(", ")
        };
        writeln!(
            f,
            "| {name} | {injected} | {hit} | {executions} | {copies} | {repeated}{mark} | {duplicates}{mark} | {lost}{mark} | {false_successes} | {stuck} | {failing} |"
        )
    }
}
