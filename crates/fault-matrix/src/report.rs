use std::collections::{BTreeMap, BTreeSet};

use super::control::Control;
use super::fault_case::FaultCase;
use super::job::{Arm, Job};
use super::violations::Findings;

/// What the runs of a matrix have shown.
#[derive(Debug)]
pub struct Report {
    pub(super) lines: Vec<Line>,
    pub(super) runs: usize,
    pub(super) log_lines: usize,
}

/// The sums of a case over its token behaviours and seeds.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) case: FaultCase,
    pub(super) sum: Findings,
    /// What a known limitation lets happen: shown, but no failure.
    pub(super) limited: Findings,
    /// Duplicates of the control arms.
    pub(super) control: BTreeMap<Control, usize>,
    pub(super) failing: BTreeSet<u64>,
}

impl Report {
    pub(super) fn new(cases: &[FaultCase]) -> Self {
        let line = |case: &FaultCase| Line {
            case: case.clone(),
            sum: Findings::default(),
            limited: Findings::default(),
            control: BTreeMap::new(),
            failing: BTreeSet::new(),
        };
        Self {
            lines: cases.iter().map(line).collect(),
            runs: 0,
            log_lines: 0,
        }
    }

    /// Adds a run, and reports it at once where it fails.
    pub(super) fn add(&mut self, job: &Job, findings: &Findings) {
        self.runs += 1;
        let mut lines = self.lines.iter_mut();
        let Some(line) = lines.find(|line| line.case.name == job.case.name) else {
            return;
        };
        let tokens = match job.arm {
            Arm::Ours(tokens) => tokens,
            Arm::Control(control) => {
                *line.control.entry(control).or_default() += findings.duplicates;
                if findings.duplicates == 0 {
                    line.fail(job, "no duplicate: the control arm proves nothing");
                }
                return;
            }
        };
        let is_limited = job.case.has_limitation_with(tokens);
        let counted = |count, is_limited| if is_limited { (0, count) } else { (count, 0) };
        let (duplicates, limited_duplicates) = counted(findings.duplicates, is_limited);
        let (lost, limited_lost) = counted(findings.lost, is_limited);
        let (repeated, limited_repeated) = counted(findings.repeated, is_limited);
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
            violations: findings.violations.clone(),
            ..*findings
        };
        line.sum.add(&findings);
        for (count, what) in [
            (findings.repeated, "copies of what was copied"),
            (findings.duplicates, "duplicates"),
            (findings.lost, "lost"),
            (findings.false_successes, "false successes"),
            (findings.stuck, "stuck"),
        ] {
            if count > 0 {
                line.fail(job, &format!("{count} {what}"));
            }
        }
        for violation in &findings.violations {
            line.fail(job, violation);
        }
    }

    /// Whether no run had a violation, and every fault was hit.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lines.iter().all(|it| it.failing.is_empty())
    }
}

impl Line {
    fn fail(&mut self, job: &Job, what: &str) {
        self.failing.insert(job.seed);
        let (case, seed) = (&job.case.name, job.seed);
        let arm = job.arm;
        eprintln!("{case} ({arm}): {what}\n  make faults CASE=\"{case}\" SEED={seed}");
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
    use crate::fault_case::End;
    use crate::known_limitation::KnownLimitation;
    use crate::token_behavior::TokenBehavior;

    fn report(arm: Arm, findings: &Findings) -> Report {
        let limitation = KnownLimitation::LongerThanTheWaits;
        let case = FaultCase::new("a case", End::Succeeds).limitation(limitation);
        let mut report = Report::new(std::slice::from_ref(&case));
        report.add(&Job { case, arm, seed: 7 }, findings);
        report
    }

    fn duplicate() -> Findings {
        Findings {
            duplicates: 1,
            ..Findings::default()
        }
    }

    #[test]
    fn a_duplicate_fails_its_case_except_where_it_is_a_known_limitation() {
        let honoured = report(Arm::Ours(TokenBehavior::Honoured), &duplicate());
        assert!(!honoured.is_good());
        let text = honoured.to_string();
        assert!(text.contains("| 0¹ | 1¹ | 0¹ | 0 | 0 | 7 |"), "{text}");
        assert!(text.contains("logs: 1 cases fail."), "{text}");
        let ignored = report(Arm::Ours(TokenBehavior::Ignored), &duplicate());
        assert!(ignored.is_good());
        let text = ignored.to_string();
        assert!(text.contains("| 0¹ | 1¹ | 0¹ | 0 | 0 | none |"), "{text}");
        let exempted = "0 repeated, 1 duplicates and 0 lost";
        assert!(text.contains(&format!("“a case”, {exempted}")), "{text}");
        let verdict = format!("no violation, except {exempted} in 1 cases with known limitations.");
        assert!(text.contains(&verdict), "{text}");
        let none = report(Arm::Ours(TokenBehavior::Ignored), &Findings::default());
        let text = none.to_string();
        assert!(text.contains("“a case”, none in this run"), "{text}");
        assert!(text.contains("logs: no violation."));
    }

    #[test]
    fn a_repeated_copy_fails_its_case_except_where_it_is_a_known_limitation() {
        let repeated = Findings {
            repeated: 1,
            ..Findings::default()
        };
        assert!(report(Arm::Ours(TokenBehavior::Ignored), &repeated).is_good());
        assert!(!report(Arm::Ours(TokenBehavior::Honoured), &repeated).is_good());
    }

    #[test]
    fn a_control_arm_without_duplicates_fails() {
        for control in Control::ALL {
            let good = report(Arm::Control(control), &duplicate());
            assert!(good.is_good());
            let text = good.to_string();
            assert!(
                text.contains(&format!("{}: “a case”, 1", control.sentence())),
                "{text}"
            );
            assert!(!report(Arm::Control(control), &Findings::default()).is_good());
        }
    }

    #[test]
    fn every_other_violation_fails_even_where_a_limitation_is_known() {
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
                violations: vec!["not run".to_owned()],
                ..Findings::default()
            },
        ] {
            assert!(!report(Arm::Ours(TokenBehavior::Ignored), &findings).is_good());
        }
    }
}
