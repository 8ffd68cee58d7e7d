use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::cases::cases;
use super::fault_case::FaultCase;
use super::job::{Arm, Job};
use super::report::Report;
use super::run::run;
use super::test_env::TestEnv;
use super::token_behavior::TokenBehavior;
use super::violations::Findings;

/// What of the matrix to run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The names of the cases, or parts of names; none is every case.
    pub cases: Vec<String>,
    /// The behaviours of idempotency tokens.
    pub token_behaviors: Vec<TokenBehavior>,
    /// The seeds.
    pub seeds: RangeInclusive<u64>,
    /// How many test environments run side by side.
    pub test_envs: usize,
}

/// Runs what is selected, and the control arms of those cases.
///
/// # Errors
/// When a case is unknown, a test environment does not start, or a log holds a secret.
pub async fn matrix(selection: &Selection) -> Result<Report> {
    let cases = selection.cases()?;
    let mut jobs: Vec<Job> = cases.iter().flat_map(|case| selection.jobs(case)).collect();
    // The long ones first, so that no environment is left alone with them.
    jobs.sort_by_key(|job| !job.case.is_long());
    let jobs = Arc::new(Mutex::new(VecDeque::from(jobs)));
    let (sender, mut results) = unbounded_channel();
    let mut test_envs = JoinSet::new();
    for _ in 0..selection.test_envs.min(cases.len()) {
        test_envs.spawn(work(Arc::clone(&jobs), sender.clone()));
    }
    drop(sender);
    let mut report = Report::new(&cases);
    while let Some((job, findings)) = results.recv().await {
        report.add(&job, &findings);
    }
    for lines in test_envs.join_all().await {
        report.log_lines += lines?;
    }
    Ok(report)
}

/// Runs jobs in one environment until there are none, and then looks into its logs.
async fn work(
    jobs: Arc<Mutex<VecDeque<Job>>>,
    results: UnboundedSender<(Job, Findings)>,
) -> Result<usize> {
    let test_env = TestEnv::start()
        .await
        .context("a test environment does not start")?;
    let next = || {
        jobs.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    while let Some(job) = next() {
        let findings = run(&test_env, &job.case, job.arm, job.seed).await;
        let findings = findings.unwrap_or_else(|error| Findings {
            violations: vec![format!("{error:#}")],
            ..Findings::default()
        });
        results.send((job, findings))?;
    }
    test_env.check_logs().await
}

impl Selection {
    /// Whether it is the matrix that docs/faults.md shows, not a part of it or more.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.cases.is_empty() && self.token_behaviors == TokenBehavior::ALL && self.seeds == (1..=1)
    }

    fn cases(&self) -> Result<Vec<FaultCase>> {
        let mut cases = cases();
        let mut parts = Vec::new();
        for selected in &self.cases {
            let is_name = cases.iter().any(|case| case.name == *selected);
            let is_part = cases.iter().any(|case| case.name.contains(selected));
            ensure!(is_part, "no case has {selected:?} in its name");
            parts.push((selected, is_name));
        }
        let is_selected = |case: &FaultCase| {
            parts.is_empty()
                || parts.iter().any(|(part, is_name)| {
                    case.name == **part || !is_name && case.name.contains(*part)
                })
        };
        cases.retain(is_selected);
        Ok(cases)
    }

    fn jobs(&self, case: &FaultCase) -> Vec<Job> {
        let arms = self.token_behaviors.iter().map(|&it| Arm::Ours(it));
        let controls = case.controls.iter().map(|&it| Arm::Control(it));
        let arms: Vec<_> = arms.chain(controls).collect();
        let job = |(arm, seed)| Job {
            case: case.clone(),
            arm,
            seed,
        };
        let seeds = self.seeds.clone();
        let all = arms
            .into_iter()
            .flat_map(|arm| seeds.clone().map(move |seed| (arm, seed)));
        all.filter(|_| case.not_run.is_none()).map(job).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_selected_by_its_name_and_many_by_a_part_of_theirs() {
        let selected = |name: &str| {
            let selection = Selection {
                cases: vec![name.to_owned()],
                token_behaviors: Vec::new(),
                seeds: 1..=1,
                test_envs: 1,
            };
            selection.cases().map(|cases| cases.len())
        };
        assert_eq!(selected("answer lost always").ok(), Some(1));
        assert!(selected("answer lost").is_ok_and(|cases| cases > 3));
        assert!(selected("no such case").is_err());
    }

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let mut names: Vec<_> = cases().into_iter().map(|case| case.name).collect();
        let number = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), number);
    }

    #[test]
    fn only_the_whole_matrix_is_the_one_that_docs_show() {
        let whole = Selection {
            cases: Vec::new(),
            token_behaviors: TokenBehavior::ALL.into(),
            seeds: 1..=1,
            test_envs: 1,
        };
        assert!(whole.is_whole());
        for part in [
            Selection {
                cases: vec!["answer lost ×1".to_owned()],
                ..whole.clone()
            },
            Selection {
                token_behaviors: vec![TokenBehavior::Ignored],
                ..whole.clone()
            },
            Selection {
                seeds: 7..=7,
                ..whole.clone()
            },
            Selection {
                seeds: 1..=4,
                ..whole
            },
        ] {
            assert!(!part.is_whole(), "{part:?}");
        }
    }
}
