use std::collections::BTreeSet;
use std::fmt;

use super::invariants::Findings;
use super::matrix::Job;
use super::row::{Limit, Row};
use super::run::Arm;

/// What the runs of a matrix have shown.
#[derive(Debug)]
pub struct Report {
    lines: Vec<Line>,
    runs: usize,
    pub(super) log_lines: usize,
}

/// The sums of a row over its worlds and seeds.
#[derive(Debug)]
struct Line {
    row: Row,
    sum: Findings,
    /// What the README says can happen: counted apart.
    limited: Findings,
    /// Duplicates of the control arm.
    control: Findings,
    failing: BTreeSet<u64>,
}

const HEAD: &str = "\
| fault | injected | hit | executions | copies | duplicates | lost | false successes | stuck | failing seeds |
|---|---|---|---|---|---|---|---|---|---|
";

impl Report {
    pub(super) fn new(rows: &[Row]) -> Self {
        let line = |row: &Row| Line {
            row: row.clone(),
            sum: Findings::default(),
            limited: Findings::default(),
            control: Findings::default(),
            failing: BTreeSet::new(),
        };
        Self {
            lines: rows.iter().map(line).collect(),
            runs: 0,
            log_lines: 0,
        }
    }

    /// Adds a run, and tells of it at once where it fails.
    pub(super) fn add(&mut self, job: &Job, findings: &Findings) {
        self.runs += 1;
        let mut lines = self.lines.iter_mut();
        let Some(line) = lines.find(|it| it.row.name == job.row.name) else {
            return;
        };
        let Arm::Ours(world) = job.arm else {
            line.control.add(findings);
            if findings.duplicates == 0 {
                line.fail(
                    job,
                    "the control arm makes no duplicate: the harness proves nothing",
                );
            }
            return;
        };
        let is_limited = job.row.is_limited_in(world);
        if is_limited {
            line.limited.duplicates += findings.duplicates;
            line.limited.lost += findings.lost;
        }
        let counted = |count| if is_limited { 0 } else { count };
        let findings = Findings {
            duplicates: counted(findings.duplicates),
            lost: counted(findings.lost),
            complaints: findings.complaints.clone(),
            ..*findings
        };
        line.sum.add(&findings);
        for (count, what) in [
            (findings.duplicates, "duplicates"),
            (findings.lost, "lost"),
            (findings.false_successes, "false successes"),
            (findings.stuck, "stuck"),
        ] {
            if count > 0 {
                line.fail(job, &format!("{count} {what}"));
            }
        }
        for complaint in &findings.complaints {
            line.fail(job, complaint);
        }
    }

    /// Whether every invariant held in every run, and every fault was hit.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lines.iter().all(|it| it.failing.is_empty())
    }

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

impl Line {
    fn fail(&mut self, job: &Job, what: &str) {
        self.failing.insert(job.seed);
        let (row, seed) = (job.row.name, job.seed);
        eprintln!(
            "{:?}: {what}\n  make faults ROW=\"{row}\" SEED={seed}",
            job.arm
        );
    }
}

impl Findings {
    fn add(&mut self, other: &Self) {
        self.injected += other.injected;
        self.hit += other.hit;
        self.executions += other.executions;
        self.copies += other.copies;
        self.duplicates += other.duplicates;
        self.lost += other.lost;
        self.false_successes += other.false_successes;
        self.stuck += other.stuck;
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
                "\n¹ Known limits, in which a second copy can be made, with the duplicates and the copies lost to sight in those worlds:\n\n{limits}"
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
            duplicates,
            lost,
            false_successes,
            stuck,
            ..
        } = &self.sum;
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
