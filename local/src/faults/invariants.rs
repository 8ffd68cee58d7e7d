#[cfg(test)]
mod tests;

use serde_json::Value;

use super::evidence::{Evidence, Seen};
use super::row::{End, Row};
use crate::service_catalog::{AcceptedCopy, Outcome};
use crate::state_machine::ExecutionStatus;

/// What an execution may have.
const MOST_EVENTS: usize = 25_000;

/// Errors of Service Catalog's that no second call can help.
const PERMANENT: [&str; 3] = [
    "AccessDeniedException",
    "InvalidParametersException",
    "LimitExceededException",
];

/// Our names of errors that no second try can help.
const OUR_PERMANENT: [&str; 6] = [
    "InvalidRequest",
    "TargetNotAccessible",
    "TargetAmbiguous",
    "VersionNotFound",
    "QuotaExceeded",
    "UnexpectedStatus",
];

/// What a run has shown, counted.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) injected: usize,
    pub(super) hit: usize,
    pub(super) executions: usize,
    pub(super) copies: usize,
    pub(super) duplicates: usize,
    pub(super) lost: usize,
    pub(super) false_successes: usize,
    pub(super) stuck: usize,
    /// Everything else that must not be.
    pub(super) complaints: Vec<String>,
}

impl Findings {
    /// Counts, and checks what holds in every row.
    pub(super) fn of(evidence: &Evidence, secrets: [&str; 3]) -> Self {
        let executions = &evidence.executions;
        let count = |is: &dyn Fn(&Seen) -> bool| executions.iter().filter(|it| is(it)).count();
        let lost = evidence.copies.iter().filter(|it| is_lost(evidence, it));
        Self {
            executions: executions.len(),
            copies: evidence.copies.len(),
            duplicates: duplicates(evidence),
            lost: lost.count(),
            false_successes: count(&|it| is_false_success(evidence, it)),
            stuck: count(&|it| it.status == ExecutionStatus::Running),
            complaints: complaints(evidence, secrets),
            ..Self::default()
        }
    }

    /// Checks how the executions ended.
    pub(super) fn check_end(&mut self, evidence: &Evidence, row: &Row, started: usize) {
        for seen in evidence.executions.iter().take(started) {
            let is_right = match row.end {
                _ if seen.status == ExecutionStatus::Aborted => true,
                End::Either => true,
                End::Succeeds => seen.has_succeeded(),
                End::Fails(error) => seen.error == error && !seen.cause.is_empty(),
            };
            if !is_right {
                let Seen {
                    status,
                    error,
                    cause,
                    ..
                } = seen;
                let expected = row.end;
                self.complaints
                    .push(format!("{status} {error} instead of {expected:?}: {cause}"));
            }
        }
    }
}

/// How many versions are in a target, or on their way there, more than once.
fn duplicates(evidence: &Evidence) -> usize {
    let mut arrivals: Vec<_> = evidence
        .executions
        .iter()
        .filter_map(|seen| Some((seen.place(), evidence.sources.get(seen.source()?)?)))
        .flat_map(|(place, versions)| versions.iter().map(move |it| (place.clone(), it)))
        .collect();
    arrivals.sort();
    arrivals.dedup();
    let twice = arrivals
        .iter()
        .map(|(place, version)| evidence.arrivals(place, version));
    twice.map(|it| it.saturating_sub(1)).sum()
}

/// Whether nobody knows of a copy: no execution was told its token, none that succeeded found its
/// versions in the target, and none that ended red says that an answer is missing.
fn is_lost(evidence: &Evidence, copy: &AcceptedCopy) -> bool {
    let versions = evidence.versions(copy);
    let knows = |seen: &&Seen| {
        let found = seen.output["SkippedVersions"].as_array();
        let found = |version: &String| {
            found
                .into_iter()
                .flatten()
                .any(|it| it["SourceId"] == **version && it["Reason"] == "ALREADY_IN_TARGET")
        };
        let is_of_it = seen.place() == copy.place
            && copy.request["SourceProductArn"] == seen.request["SourceProductArn"];
        seen.outputs.contains(&copy.token)
            || seen.cause.contains(&copy.token)
            || is_of_it && seen.status == ExecutionStatus::Failed
            || is_of_it && versions.iter().all(found)
    };
    !evidence.executions.iter().any(|it| knows(&it))
}

/// Whether an execution succeeded although Service Catalog does not say so, or a version is missing.
fn is_false_success(evidence: &Evidence, seen: &Seen) -> bool {
    let Some(source) = seen.source().filter(|_| seen.has_succeeded()) else {
        return false;
    };
    let token = seen.output["CopyProductToken"].as_str();
    let copy = token.map(|token| evidence.copies.iter().find(|it| it.token == token));
    let is_told = copy.is_none_or(|it| it.is_some_and(|it| it.has_arrived == Some(true)));
    let claimed = ["CopiedVersions", "SkippedVersions"].map(|it| seen.output[it].as_array());
    let claimed = claimed.into_iter().flatten().flatten();
    let claimed: Vec<&str> = claimed
        .filter_map(|it: &Value| it["SourceId"].as_str())
        .collect();
    let wanted = evidence.sources.get(source).into_iter().flatten();
    // A version that was published later is in no claim; a bare copy claims nothing, and must bring all.
    let wanted = wanted.filter(|it| claimed.is_empty() || claimed.contains(&it.as_str()));
    let place = seen.place();
    let mut arrivals = wanted.map(|it| evidence.arrivals(&place, it));
    !is_told || arrivals.any(|it| it == 0)
}

fn complaints(evidence: &Evidence, secrets: [&str; 3]) -> Vec<String> {
    let mut complaints = Vec::new();
    for seen in &evidence.executions {
        if seen.events >= MOST_EVENTS {
            complaints.push(format!("{} events", seen.events));
        }
        let is_copy = seen.source().is_some();
        let between = if is_copy { seen.between.as_str() } else { "" };
        let told = [between, &seen.outputs, &seen.cause, &seen.error];
        if secrets
            .iter()
            .any(|secret| told.iter().any(|it| it.contains(secret)))
        {
            complaints.push("an output or a cause holds a secret".to_owned());
        }
        let is_permanent = |error: &str| {
            let code = error.strip_prefix("ServiceCatalog.").unwrap_or_default();
            OUR_PERMANENT.contains(&error) || PERMANENT.contains(&code)
        };
        let retried = seen
            .task_errors
            .iter()
            .filter(|(error, again)| *again && is_permanent(error));
        complaints.extend(retried.map(|(error, _)| format!("{error} was retried")));
    }
    for code in PERMANENT {
        let refused = Outcome::Refused(code.to_owned());
        let calls = evidence
            .calls
            .iter()
            .filter(|it| it.outcome == refused)
            .count();
        if calls > evidence.executions.len() {
            complaints.push(format!("{calls} calls were answered {code}"));
        }
    }
    complaints
}
