use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::control::Control;
use super::hub::Hub;
use super::invariants::Findings;
use super::job::{Arm, Job};
use super::report::Report;
use super::row::Row;
use super::rows::rows;
use super::run::run;
use super::token_world::TokenWorld;

/// What of the matrix to run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The names of the rows; none is every row.
    pub rows: Vec<String>,
    /// The worlds.
    pub worlds: Vec<TokenWorld>,
    /// The seeds.
    pub seeds: RangeInclusive<u64>,
    /// How many hubs run side by side.
    pub hubs: usize,
}

/// Runs what is selected, and the control arms of those rows.
///
/// # Errors
/// When a row is unknown, a hub does not start, or a log holds a secret.
pub async fn matrix(selection: &Selection) -> Result<Report> {
    let rows = selection.rows()?;
    let mut jobs: Vec<Job> = rows.iter().flat_map(|row| selection.jobs(row)).collect();
    // The long ones first, so that no hub is left alone with them.
    jobs.sort_by_key(|it| !it.row.is_long());
    let jobs = Arc::new(Mutex::new(VecDeque::from(jobs)));
    let (tell, mut told) = unbounded_channel();
    let mut hubs = JoinSet::new();
    for _ in 0..selection.hubs {
        hubs.spawn(work(Arc::clone(&jobs), tell.clone()));
    }
    drop(tell);
    let mut report = Report::new(&rows);
    while let Some((job, findings)) = told.recv().await {
        report.add(&job, &findings);
    }
    for lines in hubs.join_all().await {
        report.log_lines += lines?;
    }
    Ok(report)
}

/// Runs jobs on one hub until there are none, and then looks into its logs.
async fn work(
    jobs: Arc<Mutex<VecDeque<Job>>>,
    tell: UnboundedSender<(Job, Findings)>,
) -> Result<usize> {
    let hub = Hub::start().await.context("a hub does not start")?;
    let next = || {
        jobs.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    while let Some(job) = next() {
        let findings = run(&hub, &job.row, job.arm, job.seed).await;
        let findings = findings.unwrap_or_else(|error| Findings {
            complaints: vec![format!("{error:#}")],
            ..Findings::default()
        });
        tell.send((job, findings))?;
    }
    hub.check_logs().await
}

impl Selection {
    /// Whether it is the matrix that docs/faults.md shows, not a part of it or more.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.rows.is_empty() && self.worlds == TokenWorld::ALL && self.seeds == (1..=1)
    }

    fn rows(&self) -> Result<Vec<Row>> {
        let rows: Vec<_> = rows()
            .into_iter()
            .filter(|row| self.rows.is_empty() || self.rows.iter().any(|it| it == row.name))
            .collect();
        ensure!(
            rows.len() >= self.rows.len(),
            "not every row is one of the matrix: {:?}",
            self.rows
        );
        Ok(rows)
    }

    fn jobs(&self, row: &Row) -> Vec<Job> {
        let arms = self.worlds.iter().map(|&it| Arm::Ours(it));
        let controls = Control::ALL.iter().filter(|_| row.is_in_control);
        let arms: Vec<_> = arms.chain(controls.map(|&it| Arm::Control(it))).collect();
        let job = |(arm, seed)| Job {
            row: row.clone(),
            arm,
            seed,
        };
        let seeds = self.seeds.clone();
        let all = arms
            .into_iter()
            .flat_map(|arm| seeds.clone().map(move |seed| (arm, seed)));
        all.filter(|_| row.not_run.is_none()).map(job).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_matrix_is_the_one_that_docs_show() {
        let whole = Selection {
            rows: Vec::new(),
            worlds: TokenWorld::ALL.into(),
            seeds: 1..=1,
            hubs: 1,
        };
        assert!(whole.is_whole());
        for part in [
            Selection {
                rows: vec!["answer lost ×1".to_owned()],
                ..whole.clone()
            },
            Selection {
                worlds: vec![TokenWorld::Ignored],
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
