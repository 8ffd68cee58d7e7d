use std::collections::BTreeSet;

use super::invariants::Findings;
use super::matrix::Job;
use super::row::Row;
use super::run::Arm;

/// What the runs of a matrix have shown.
#[derive(Debug)]
pub struct Report {
    pub(super) lines: Vec<Line>,
    pub(super) runs: usize,
    pub(super) log_lines: usize,
}

/// The sums of a row over its worlds and seeds.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) row: Row,
    pub(super) sum: Findings,
    /// What a known limit lets happen: shown, but no failure.
    pub(super) limited: Findings,
    /// Duplicates of the control arm.
    pub(super) control: Findings,
    pub(super) failing: BTreeSet<u64>,
}

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
}

impl Line {
    fn fail(&mut self, job: &Job, what: &str) {
        self.failing.insert(job.seed);
        let (row, seed) = (job.row.name, job.seed);
        let arm = job.arm;
        eprintln!("{row} ({arm}): {what}\n  make faults ROW=\"{row}\" SEED={seed}");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::limit::Limit;
    use crate::faults::row::End;
    use crate::faults::token_world::TokenWorld;

    fn report(arm: Arm, findings: &Findings) -> Report {
        let row = Row::new("a row", End::Succeeds).limit(Limit::SameEvent);
        let mut report = Report::new(std::slice::from_ref(&row));
        report.add(&Job { row, arm, seed: 7 }, findings);
        report
    }

    fn duplicate() -> Findings {
        Findings {
            duplicates: 1,
            ..Findings::default()
        }
    }

    #[test]
    fn a_duplicate_fails_its_row_except_where_it_is_a_known_limit() {
        let honoured = report(Arm::Ours(TokenWorld::Honoured), &duplicate());
        assert!(!honoured.is_good());
        assert!(honoured.to_string().contains("| 1¹ | 0¹ | 0 | 0 | 7 |"));
        let ignored = report(Arm::Ours(TokenWorld::Ignored), &duplicate());
        assert!(ignored.is_good());
        let told = ignored.to_string();
        assert!(told.contains("| 1¹ | 0¹ | 0 | 0 | none |"), "{told}");
        assert!(told.contains("“a row”, 1 and 0"), "{told}");
        let none = report(Arm::Ours(TokenWorld::Ignored), &Findings::default());
        assert!(none.to_string().contains("“a row”, none in this run"));
    }

    #[test]
    fn a_control_arm_without_duplicates_fails() {
        assert!(report(Arm::Control, &duplicate()).is_good());
        assert!(!report(Arm::Control, &Findings::default()).is_good());
    }

    #[test]
    fn whatever_else_must_not_be_fails_even_where_a_limit_is_known() {
        for findings in [
            Findings {
                false_successes: 1,
                ..Findings::default()
            },
            Findings {
                stuck: 1,
                ..Findings::default()
            },
            Findings {
                complaints: vec!["not run".to_owned()],
                ..Findings::default()
            },
        ] {
            assert!(!report(Arm::Ours(TokenWorld::Ignored), &findings).is_good());
        }
    }
}
