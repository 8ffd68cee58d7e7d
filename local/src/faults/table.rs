//! The report, in Markdown.

use std::fmt;

use super::invariants::Findings;
use super::limit::Limit;
use super::report::{Line, Report};

const HEAD: &str = "\
| fault | injected | hit | executions | copies | duplicates | lost | false successes | stuck | failing seeds |
|---|---|---|---|---|---|---|---|---|---|
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
            let Findings {
                duplicates, lost, ..
            } = line.limited;
            let name = line.row.name;
            match duplicates {
                0 => format!("“{name}”, none in this run"),
                _ => format!("“{name}”, {duplicates} and {lost}"),
            }
        });
        let rows = rows.collect::<Vec<_>>().join("; ");
        Some(format!("- {} ({worlds}): {rows}\n", limit.sentence()))
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
                "\n¹ Duplicates and lost in the worlds of a known limit, in which a second copy can be made; they fail a row in any other world:\n\n{limits}"
            )?;
        }
        let controls: Vec<_> = self
            .lines
            .iter()
            .filter(|it| it.row.is_in_control)
            .collect();
        if !controls.is_empty() {
            let rows = controls
                .iter()
                .map(|it| format!("“{}”, {}", it.row.name, it.control.duplicates));
            let rows = rows.collect::<Vec<_>>().join("; ");
            write!(
                f,
                "\nThe control arm, `\"Plan\": \"NONE\"` and a new token in every call, makes duplicates: {rows}.\n"
            )?;
        }
        let (runs, log_lines) = (self.runs, self.log_lines);
        let failing = self
            .lines
            .iter()
            .filter(|it| !it.failing.is_empty())
            .count();
        let verdict = match failing {
            0 => "every invariant held in all of them".to_owned(),
            n => format!("{n} rows fail"),
        };
        write!(
            f,
            "\n{runs} runs, {log_lines} lines of the functions' logs: {verdict}.\n"
        )
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.row.name;
        if let Some(reason) = self.row.not_run {
            return writeln!(f, "| {name} | not run: {reason} | | | | | | | | |");
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
            "| {name} | {injected} | {hit} | {executions} | {copies} | {duplicates}{mark} | {lost}{mark} | {false_successes} | {stuck} | {failing} |"
        )
    }
}
