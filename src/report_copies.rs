//! State `ReportCopies`: tells how each copy of a batch ended, and which to make again.

mod outcomes;

use std::collections::BTreeMap;

use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    batch::{Copy, Origin, by_target},
    error::Error,
    list_copies::CopiesListed,
    request::read,
    store::{Object, Store},
};
pub use outcomes::{CopyOutcome, copies_in, files_in, outcomes_in};
use outcomes::{copies, made, outcomes, to_lines};

/// The most bytes of outcomes in the output of an execution, which takes 256 KiB.
const MAX_IN_OUTPUT: usize = 128 << 10;

/// How many failed copies an error tells.
const TOLD: usize = 3;

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
    /// [`Error::InvalidRequest`] names the member that breaks a rule.
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
    pub copies: Option<Vec<CopyOutcome>>,
}

/// Tells how each copy of a batch ended.
///
/// # Errors
/// [`Error::CopiesFailed`] where more copies failed than are tolerated; [`Error::InvalidRequest`];
/// [`Error::Storage`].
#[tracing::instrument(skip_all, fields(
    requestId = event.context.request_id,
    executionId = event.payload["ExecutionId"].as_str(),
))]
pub async fn handle(store: &Store, event: LambdaEvent<Value>) -> Result<CopiesReported, Error> {
    Box::pin(report(store, event.payload))
        .await
        .inspect(|it| {
            if let CopiesReported::Report(it) = it {
                tracing::info!(
                    succeeded = it.succeeded,
                    failed = it.failed,
                    "copies reported"
                );
            }
        })
        .inspect_err(|error| tracing::error!(errorType = error.name(), "{error}"))
}

async fn report(store: &Store, input: Value) -> Result<CopiesReported, Error> {
    let request = ReportRequest::parse(input)?;
    let copies = copies(store, &request.listed).await?;
    let mut outcomes = match &request.listed.earlier {
        Some(earlier) => outcomes(store, earlier).await?,
        None => BTreeMap::new(),
    };
    outcomes.extend(made(store, &request.results, &copies).await?);
    let prefix = &request.listed.prefix;
    let results = store
        .write(
            &format!("{prefix}results.jsonl"),
            to_lines(outcomes.values()),
        )
        .await?;

    let failed: Vec<&CopyOutcome> = outcomes
        .values()
        .filter(|it| !["SUCCEEDED", "PLANNED"].contains(&it.status.as_str()))
        .collect();
    let made_at = request.made_at_redrive_count.unwrap_or_default();
    let redriven = request.redrive_count.unwrap_or_default();
    if !failed.is_empty() && redriven > made_at {
        let origin = Origin::of(&request.execution_id, &Value::Null);
        let again = again(&origin, redriven, &copies, &failed);
        let key = format!("{prefix}copies-{redriven}.jsonl");
        let copies = store
            .write(&key, by_target(&origin, &again).join("\n"))
            .await?;
        return Ok(CopiesReported::Again(CopiesListed {
            copies: Some(copies),
            earlier: Some(results),
            ..request.listed
        }));
    }
    let total = outcomes.len();
    if is_more_than_tolerated(
        failed.len(),
        total,
        request.listed.tolerated_failure_percentage,
    ) {
        let requests = failed.iter().filter_map(|it| copies.get(&it.index));
        let requests = to_lines(requests.map(|it| &it.request));
        let manifest = store
            .write(&format!("{prefix}failed.jsonl"), requests)
            .await?;
        return Err(Error::CopiesFailed(sentence(
            &failed,
            total,
            request.listed.tolerated_failure_percentage,
            &store.url(&results),
            &json!({ "Manifest": manifest }),
        )));
    }
    let failed = failed.len();
    let outcomes: Vec<CopyOutcome> = outcomes.into_values().collect();
    Ok(CopiesReported::Report(Report {
        total,
        succeeded: total - failed,
        failed,
        results,
        copies: (to_lines(&outcomes).len() <= MAX_IN_OUTPUT).then_some(outcomes),
    }))
}

/// The failed copies, to be made again.
///
/// A copy that Service Catalog ended FAILED gets another token, because its own would bring back
/// the copy that failed; any other keeps its token, because its copy may be under way.
fn again(
    origin: &Origin,
    round: u32,
    copies: &BTreeMap<usize, Copy>,
    failed: &[&CopyOutcome],
) -> Vec<Copy> {
    let failed = failed
        .iter()
        .filter_map(|it| Some((it, copies.get(&it.index)?)));
    failed
        .map(|(outcome, copy)| {
            let mut again = Copy::new(origin, copy.index, round, copy.request.clone());
            again.started_by = match outcome.error.as_deref() {
                Some("CopyFailed") => {
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

fn sentence(
    failed: &[&CopyOutcome],
    total: usize,
    tolerated: f64,
    results: &str,
    again: &Value,
) -> String {
    let told = failed.iter().take(TOLD).map(|it| {
        let target = it.target.clone().unwrap_or_default();
        let error = it.error.as_deref().unwrap_or("no error");
        format!("{} to {target}: {error}", it.source_product_arn)
    });
    let told = told.collect::<Vec<_>>().join("; ");
    let more = match failed.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!(
        "{} of {total} copies failed, tolerated are {tolerated} %: {told}{more}. How each copy ended: \
         {results}. To make the failed ones again, redrive this execution, or start one with {again}",
        failed.len()
    )
}

#[cfg(test)]
mod tests;
