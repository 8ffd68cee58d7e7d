#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Evidence, Seen};
use super::row::{End, Row};
use fake_service_catalog::{AcceptedCopy, Call, Fault, Outcome};
use testbed::state_machine::ExecutionStatus;

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

/// Errors that say that an answer is missing, and so that there may be a copy; also Lambda's, but for a throttle.
const NO_ANSWER: [&str; 4] = [
    SDK_NO_ANSWER,
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "States.Timeout",
];
const SDK_NO_ANSWER: &str = "ServiceCatalog.SdkClientException";

/// The answer to a token that began a copy before, if with other parameters.
const TOKEN_USED: &str = "The idempotency token was used with other parameters.";

/// What a run has shown, counted.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) injected: usize,
    pub(super) hit: usize,
    pub(super) executions: usize,
    pub(super) copies: usize,
    pub(super) repeated: usize,
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
            repeated: repeated(evidence),
            duplicates: duplicates(evidence),
            lost: lost.count(),
            false_successes: count(&|it| is_false_success(evidence, it)),
            stuck: count(&|it| it.status == ExecutionStatus::Running),
            complaints: complaints(evidence, secrets),
            ..Self::default()
        }
    }

    /// Checks whether a caller went on waiting for a late answer.
    pub(super) fn check_given_up(&mut self, evidence: &Evidence, row: &Row) {
        let given_up = given_up(evidence);
        if row.given_up.is_some_and(|it| it != given_up) {
            let late = row.given_up.unwrap_or_default();
            self.complaints.push(format!(
                "{given_up} late answers were given up instead of {late}"
            ));
        }
    }

    /// Checks how the executions ended.
    pub(super) fn check_end(&mut self, evidence: &Evidence, row: &Row, started: usize) {
        for seen in evidence.executions.iter().take(started) {
            let is_right = match row.end {
                _ if seen.status == ExecutionStatus::Aborted => true,
                End::Either => true,
                End::TimesOut => seen.status == ExecutionStatus::TimedOut,
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

/// How many copies were accepted beyond one a request, by its token and by what started its executions.
fn repeated(evidence: &Evidence) -> usize {
    let mut copies: BTreeMap<_, Vec<&AcceptedCopy>> = BTreeMap::new();
    for copy in &evidence.copies {
        let source = copy.request["SourceProductArn"].as_str();
        copies.entry((&copy.place, source)).or_default().push(copy);
    }
    let beyond = copies.into_iter().map(|((place, source), copies)| {
        let tokens = copies.iter().map(|it| &it.request["IdempotencyToken"]);
        let tokens: BTreeSet<_> = tokens.map(ToString::to_string).collect();
        let here = evidence.executions.iter();
        let here = here.filter(|it| it.place() == *place && it.source() == source);
        let starts: BTreeSet<_> = here.map(|it| &it.started_by).collect();
        copies.len().saturating_sub(tokens.len().min(starts.len()))
    });
    beyond.sum()
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
            || is_of_it && (lacks_an_answer(seen) || versions.iter().all(found))
    };
    !evidence.executions.iter().any(|it| knows(&it))
}

/// Whether an execution was cut off, or says that it got no answer, or that it began a copy before.
fn lacks_an_answer(seen: &Seen) -> bool {
    let error = seen.error.as_str();
    let is_lambdas = error.starts_with("Lambda.") && error != "Lambda.TooManyRequestsException";
    match seen.status {
        ExecutionStatus::Aborted | ExecutionStatus::TimedOut => true,
        ExecutionStatus::Failed => {
            is_lambdas || NO_ANSWER.contains(&error) || seen.cause.contains(TOKEN_USED)
        }
        _ => false,
    }
}

/// Whether an execution succeeded before Service Catalog said so, or before every version asked for was there.
fn is_false_success(evidence: &Evidence, seen: &Seen) -> bool {
    let Some(source) = seen.source().filter(|_| seen.has_succeeded()) else {
        return false;
    };
    let token = seen.output["CopyProductToken"].as_str();
    let copy = token.map(|token| evidence.copies.iter().find(|it| it.token == token));
    let is_told = copy.is_none_or(|it| {
        it.is_some_and(|it| it.has_arrived == Some(true) && it.ended <= seen.ended)
    });
    let place = seen.place();
    let mut asked = evidence.asked.get(source).into_iter().flatten();
    !is_told || asked.any(|it| !evidence.was_there(&place, it, seen.ended))
}

/// How many late answers nobody waited for: the same was asked again, or the task failed.
fn given_up(evidence: &Evidence) -> usize {
    let is_late = |it: &Call| matches!(it.fault, Some(Fault::Slow(..)));
    let is_same = |one: &Call, other: &Call| {
        one.operation == other.operation && one.place == other.place && one.request == other.request
    };
    let pairs = evidence.calls.windows(2);
    let again = pairs.filter(|it| is_late(&it[0]) && is_same(&it[0], &it[1]));
    let errors = evidence.executions.iter().flat_map(|it| &it.task_errors);
    let failed = errors.filter(|(error, _)| error == SDK_NO_ANSWER);
    again.count() + failed.count()
}

fn complaints(evidence: &Evidence, secrets: [&str; 3]) -> Vec<String> {
    let mut complaints = Vec::new();
    for seen in &evidence.executions {
        if seen.events >= MOST_EVENTS {
            complaints.push(format!("{} events", seen.events));
        }
        let told = [&seen.between, &seen.outputs, &seen.cause, &seen.error];
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
