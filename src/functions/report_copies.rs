//! State `ReportCopies`: reports how each copy of a batch ended, and which to make again.

mod results;

use std::collections::BTreeMap;

use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::list_copies::CopiesListed;
use crate::{
    aws::s3::Store,
    batch::{Copy, Origin, round_robin},
    error::{Error, ErrorKind},
    request::{Object, read},
};
pub use results::{CopyResult, CopyResultStatus, child_result_in, copy_in, files_in, result_in};
use results::{copies, made, results, to_lines};

/// The most bytes of results in the output of an execution, which takes 256 KiB.
const MAX_IN_OUTPUT: usize = 128 << 10;

/// How many failed copies an error names.
const NAMED: usize = 3;

/// Stands between what started a copy and how often its batch was redriven.
const REDRIVEN: &str = " redriven ";

/// What report-copies is asked with: what list-copies has answered, and what the Map state wrote.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = "an object"
)]
pub struct ReportRequest {
    /// What was to be done.
    listed: CopiesListed,
    /// The manifest that the Map state has written.
    results: Object,
    /// How often the execution was redriven.
    redrive_count: Option<u32>,
    /// How often it had been redriven when the copies were made.
    made_at_redrive_count: Option<u32>,
    execution_id: String,
}

impl ReportRequest {
    /// Reads what report-copies is asked with.
    ///
    /// # Errors
    /// `InvalidRequest` names the member that breaks a rule.
    pub fn parse(input: Value) -> Result<Self, Error> {
        read(input)
    }
}

/// What report-copies answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase", untagged)]
pub enum CopiesReported {
    /// The output of the execution.
    Report(Report),
    /// What to copy again.
    Again(CopiesListed),
}

/// How a batch ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Report {
    /// How many copies there were to make.
    pub total: usize,
    /// How many were made, or planned in a dry run.
    pub succeeded: usize,
    /// How many were not.
    pub failed: usize,
    /// JSON Lines, one a copy.
    pub results: Object,
    /// The same; absent where it is too large for an output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<Vec<CopyResult>>,
}

/// Reports how each copy of a batch ended.
///
/// # Errors
/// `CopiesFailed` where more copies failed than are tolerated; `InvalidRequest`;
/// errors of S3.
pub async fn handle(store: &Store, event: LambdaEvent<Value>) -> Result<CopiesReported, Error> {
    let reported = report(store, event.payload).await?;
    if let CopiesReported::Report(report) = &reported {
        let (succeeded, failed) = (report.succeeded, report.failed);
        tracing::info!(succeeded, failed, "copies reported");
    }
    Ok(reported)
}

async fn report(store: &Store, input: Value) -> Result<CopiesReported, Error> {
    let request = ReportRequest::parse(input)?;
    let listed = request.listed;
    let copies = copies(store, &listed).await?;
    let mut all = match &listed.earlier {
        Some(earlier) => results(store, earlier).await?,
        None => BTreeMap::new(),
    };
    all.extend(made(store, &request.results, &copies).await?);
    let prefix = &listed.prefix;
    let key = format!("{prefix}results.jsonl");
    let results = store.write(&key, to_lines(all.values())).await?;

    let failed: Vec<&CopyResult> = all.values().filter(|result| result.has_failed()).collect();
    let made_at = request.made_at_redrive_count.unwrap_or_default();
    let redriven = request.redrive_count.unwrap_or_default();
    if !failed.is_empty() && redriven > made_at {
        let origin = Origin::of(&request.execution_id, &Value::Null);
        let again = again(&origin, redriven, &copies, &failed);
        let key = format!("{prefix}copies-{redriven}.jsonl");
        let lines = round_robin(&origin, &again);
        return Ok(CopiesReported::Again(CopiesListed {
            copies: Some(store.write(&key, lines).await?),
            earlier: Some(results),
            ..listed
        }));
    }
    let (total, tolerated) = (all.len(), listed.tolerated_failure_percentage);
    if is_more_than_tolerated(failed.len(), total, tolerated) {
        let message = sentence(&failed, total, tolerated, &store.url(&results));
        return Err(Error::new(ErrorKind::CopiesFailed, message));
    }
    let failed = failed.len();
    let results_of_all: Vec<CopyResult> = all.into_values().collect();
    Ok(CopiesReported::Report(Report {
        total,
        succeeded: total - failed,
        failed,
        results,
        copies: (to_lines(&results_of_all).len() <= MAX_IN_OUTPUT).then_some(results_of_all),
    }))
}

/// The failed copies, to be made again.
///
/// A bare `CopyProduct` that Service Catalog ended FAILED gets another token, because its own would
/// bring back the copy that failed; any other keeps its token, because its copy may be under way.
/// The token of a planned copy has the number of its lease, which is another each time.
fn again(
    origin: &Origin,
    round: u32,
    copies: &BTreeMap<usize, Copy>,
    failed: &[&CopyResult],
) -> Vec<Copy> {
    let failed = failed
        .iter()
        .filter_map(|it| Some((it, copies.get(&it.index)?)));
    failed
        .map(|(outcome, copy)| {
            let mut again = Copy::new(origin, copy.index, round, copy.request.clone());
            again.started_by = match outcome.error.as_deref() {
                Some("CopyFailed") if !copy.request.is_planned() => {
                    let first = copy.started_by.split(REDRIVEN).next();
                    format!("{}{REDRIVEN}{round}", first.unwrap_or_default())
                }
                _ => copy.started_by.clone(),
            };
            again
        })
        .collect()
}

#[allow(clippy::cast_precision_loss)] // At most 10,000 copies.
fn is_more_than_tolerated(failed: usize, total: usize, percentage: f64) -> bool {
    failed as f64 * 100.0 > percentage * total as f64
}

fn sentence(failed: &[&CopyResult], total: usize, tolerated: f64, results: &str) -> String {
    let named = failed.iter().take(NAMED).map(|it| {
        let target = it.target.clone().unwrap_or_default();
        let error = it.error.as_deref().unwrap_or("no error");
        format!("{} to {target}: {error}", it.source_product_arn)
    });
    let named = named.collect::<Vec<_>>().join("; ");
    let more = match failed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!(
        "{} of {total} copies failed, tolerated are {tolerated} %: {named}{more}. How each copy ended: \
         {results}. To make only the failed ones again, redrive this execution",
        failed.len()
    )
}

#[cfg(test)]
mod tests;
