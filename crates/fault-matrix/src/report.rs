use std::collections::{BTreeMap, BTreeSet};

use super::control::Control;
use super::invariants::Findings;
use super::job::{Arm, Job};
use super::limit::Limit;
use super::row::Row;

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
    /// Duplicates of the control arms.
    pub(super) control: BTreeMap<Control, usize>,
    pub(super) failing: BTreeSet<u64>,
}

impl Report {
    pub(super) fn new(rows: &[Row]) -> Self {
        let line = |row: &Row| Line {
            row: row.clone(),
            sum: Findings::default(),
            limited: Findings::default(),
            control: BTreeMap::new(),
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
        let world = match job.arm {
            Arm::Ours(world) => world,
            Arm::Control(control) => {
                *line.control.entry(control).or_default() += findings.duplicates;
                if findings.duplicates == 0 {
                    line.fail(job, "no duplicate: the harness proves nothing");
                }
                return;
            }
        };
        let is_limited = job.row.is_limited_in(world);
        let repeats = is_limited && job.row.limit.is_some_and(Limit::repeats);
        let counted = |count, is_limited| if is_limited { (0, count) } else { (count, 0) };
        let (duplicates, limited_duplicates) = counted(findings.duplicates, is_limited);
        let (lost, limited_lost) = counted(findings.lost, is_limited);
        let (repeated, limited_repeated) = counted(findings.repeated, repeats);
        line.limited.add(&Findings {
            duplicates: limited_duplicates,
            lost: limited_lost,
            repeated: limited_repeated,
            ..Findings::default()
        });
        let findings = Findings {
            duplicates,
            lost,
            repeated,
            complaints: findings.complaints.clone(),
            ..*findings
        };
        line.sum.add(&findings);
        for (count, what) in [
            (findings.repeated, "copies beyond one a request"),
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
    pub(super) fn add(&mut self, other: &Self) {
        self.injected += other.injected;
        self.hit += other.hit;
        self.executions += other.executions;
        self.copies += other.copies;
        self.repeated += other.repeated;
        self.duplicates += other.duplicates;
        self.lost += other.lost;
        self.false_successes += other.false_successes;
        self.stuck += other.stuck;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Limit;
    use crate::row::End;
    use crate::token_world::TokenWorld;

    fn report(arm: Arm, findings: &Findings) -> Report {
        limited(Limit::SameEvent, arm, findings)
    }

    fn limited(limit: Limit, arm: Arm, findings: &Findings) -> Report {
        let row = Row::new("a row", End::Succeeds).limit(limit);
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
        let told = honoured.to_string();
        assert!(told.contains("| 0¹ | 1¹ | 0¹ | 0 | 0 | 7 |"), "{told}");
        assert!(told.contains("logs: 1 rows fail."), "{told}");
        let ignored = report(Arm::Ours(TokenWorld::Ignored), &duplicate());
        assert!(ignored.is_good());
        let told = ignored.to_string();
        assert!(told.contains("| 0¹ | 1¹ | 0¹ | 0 | 0 | none |"), "{told}");
        let exempted = "0 repeated, 1 duplicates and 0 lost";
        assert!(told.contains(&format!("“a row”, {exempted}")), "{told}");
        let verdict = format!("in all of them, except: {exempted} in 1 rows of known limits.");
        assert!(told.contains(&verdict), "{told}");
        let none = report(Arm::Ours(TokenWorld::Ignored), &Findings::default());
        let told = none.to_string();
        assert!(told.contains("“a row”, none in this run"), "{told}");
        assert!(told.contains("every invariant held in all of them."));
    }

    #[test]
    fn two_requests_may_make_two_copies_but_one_may_not_be_accepted_twice() {
        let repeated = Findings {
            repeated: 1,
            ..Findings::default()
        };
        let ignored = Arm::Ours(TokenWorld::Ignored);
        for (limit, is_good) in [
            (Limit::SameEvent, true),
            (Limit::TwoExecutions, false),
            (Limit::TwoBatches, false),
        ] {
            let report = limited(limit, ignored, &repeated);
            assert_eq!(report.is_good(), is_good, "{limit:?}");
        }
        assert!(!report(Arm::Ours(TokenWorld::Honoured), &repeated).is_good());
    }

    #[test]
    fn a_control_arm_without_duplicates_fails() {
        for control in Control::ALL {
            let good = report(Arm::Control(control), &duplicate());
            assert!(good.is_good());
            let told = good.to_string();
            assert!(
                told.contains(&format!("{}: “a row”, 1", control.sentence())),
                "{told}"
            );
            assert!(!report(Arm::Control(control), &Findings::default()).is_good());
        }
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
