#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::evidence::{Evidence, ObservedExecution};
use super::fault_case::{End, FaultCase};
use fake_service_catalog::{AcceptedCopy, Call, Fault, Outcome};
use testbed::state_machine::ExecutionStatus;

/// What an execution may have.
const MOST_EVENTS: usize = 25_000;

/// Errors of Service Catalog's that no second call can help.
const PERMANENT: [&str; 4] = [
    "AccessDeniedException",
    "InvalidParametersException",
    "LimitExceededException",
    "UnrecognizedClientException",
];

/// Our names of errors that no second try can help.
const OUR_PERMANENT: [&str; 11] = [
    "InvalidRequest",
    "TargetNotAccessible",
    "TargetAmbiguous",
    "TargetTaken",
    "NameTaken",
    "RegionNotFound",
    "UnexpectedTarget",
    "UnreadableItem",
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

/// What a run has shown: its numbers, and its violations.
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
    /// Everything else that must not happen, in words.
    pub(super) violations: Vec<String>,
}

impl Findings {
    /// Counts, and checks what must hold in every case.
    pub(super) fn of(evidence: &Evidence, secrets: [&str; 3]) -> Self {
        let executions = &evidence.executions;
        let count = |is: &dyn Fn(&ObservedExecution) -> bool| {
            executions.iter().filter(|execution| is(execution)).count()
        };
        let lost = evidence
            .copies
            .iter()
            .filter(|copy| is_lost(evidence, copy));
        Self {
            executions: executions.len(),
            copies: evidence.copies.len(),
            repeated: repeated(evidence),
            duplicates: duplicates(evidence),
            lost: lost.count(),
            false_successes: count(&|execution| is_false_success(evidence, execution)),
            stuck: count(&|execution| execution.status == ExecutionStatus::Running),
            violations: violations(evidence, secrets),
            ..Self::default()
        }
    }

    /// Checks whether a caller went on waiting for a late answer.
    pub(super) fn check_given_up(&mut self, evidence: &Evidence, case: &FaultCase) {
        let given_up = given_up(evidence);
        if case.given_up.is_some_and(|expected| expected != given_up) {
            let expected = case.given_up.unwrap_or_default();
            self.violations.push(format!(
                "{given_up} late answers were given up instead of {expected}"
            ));
        }
    }

    /// Checks how the executions ended.
    pub(super) fn check_end(&mut self, evidence: &Evidence, case: &FaultCase, started: usize) {
        for (i, execution) in evidence.executions.iter().take(started).enumerate() {
            let is_first = i == 0;
            let has_timed_out = execution.status == ExecutionStatus::TimedOut;
            let failed_with = |error| execution.error == error && !execution.cause.is_empty();
            let is_right = match case.end {
                _ if execution.status == ExecutionStatus::Aborted => true,
                End::Either => true,
                End::TimesOut => has_timed_out,
                End::NextSucceeds if is_first => has_timed_out,
                End::NextFails(error) if !is_first => failed_with(error),
                End::Succeeds | End::NextSucceeds | End::NextFails(_) => execution.has_succeeded(),
                End::Fails(error) => failed_with(error),
            };
            if !is_right {
                let ObservedExecution {
                    status,
                    error,
                    cause,
                    ..
                } = execution;
                let expected = case.end;
                self.violations
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
        .filter_map(|execution| {
            Some((
                execution.place(),
                evidence.sources.get(execution.source()?)?,
            ))
        })
        .flat_map(|(place, versions)| versions.iter().map(move |it| (place.clone(), it)))
        .collect();
    arrivals.sort();
    arrivals.dedup();
    let times = arrivals
        .iter()
        .map(|(place, version)| evidence.arrivals(place, version));
    times.map(|times| times.saturating_sub(1)).sum()
}

/// How many copies were accepted of a version that another copy has brought or still brings, whoever
/// asked for them. One that was taken away from the target may be copied again.
fn repeated(evidence: &Evidence) -> usize {
    let mut brought = BTreeSet::new();
    let copies = evidence.copies.iter();
    let good = copies.filter(|copy| copy.has_arrived != Some(false));
    let again = good.filter(|copy| {
        let mut versions = evidence.versions(copy);
        versions.retain(|version| !evidence.removed.contains(version));
        let versions = versions.into_iter();
        // Each is noted, whether or not one before it was there.
        let again = versions.filter(|version| !brought.insert((&copy.place, version.clone())));
        again.count() > 0
    });
    again.count()
}

/// Whether nobody knows of a copy: no execution got its token, none that succeeded found its
/// versions in the target, and none that failed says that an answer is missing.
fn is_lost(evidence: &Evidence, copy: &AcceptedCopy) -> bool {
    let versions = evidence.versions(copy);
    let knows = |execution: &ObservedExecution| {
        let found = execution.output["SkippedVersions"].as_array();
        let found = |version: &String| {
            found
                .into_iter()
                .flatten()
                .any(|it| it["SourceId"] == **version && it["Reason"] == "ALREADY_IN_TARGET")
        };
        let is_of_copy = execution.place() == copy.place
            && copy.request["SourceProductArn"] == execution.request["SourceProductArn"];
        execution.outputs.contains(&copy.token)
            || execution.cause.contains(&copy.token)
            || is_of_copy && (lacks_an_answer(execution) || versions.iter().all(found))
    };
    !evidence.executions.iter().any(knows)
}

/// Whether an execution was cut off, or says that it got no answer, or that it began a copy before.
fn lacks_an_answer(execution: &ObservedExecution) -> bool {
    let error = execution.error.as_str();
    let is_lambdas = error.starts_with("Lambda.") && error != "Lambda.TooManyRequestsException";
    match execution.status {
        ExecutionStatus::Aborted | ExecutionStatus::TimedOut => true,
        ExecutionStatus::Failed => {
            is_lambdas || NO_ANSWER.contains(&error) || execution.cause.contains(TOKEN_USED)
        }
        _ => false,
    }
}

/// Whether an execution succeeded before Service Catalog said so, or before every version asked for was there.
fn is_false_success(evidence: &Evidence, execution: &ObservedExecution) -> bool {
    let Some(source) = execution.source().filter(|_| execution.has_succeeded()) else {
        return false;
    };
    let token = execution.output["CopyProductToken"].as_str();
    let copy = token.map(|token| evidence.copies.iter().find(|it| it.token == token));
    let is_confirmed = copy.is_none_or(|copy| {
        copy.is_some_and(|copy| copy.has_arrived == Some(true) && copy.ended <= execution.ended)
    });
    let place = execution.place();
    let mut asked = evidence.asked.get(source).into_iter().flatten();
    !is_confirmed || asked.any(|version| !evidence.was_there(&place, version, execution.ended))
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
    let late = evidence.calls.iter().filter(|it| is_late(it));
    // A task that has failed may make the same call first when it is tried again.
    (again.count() + failed.count()).min(late.count())
}

fn violations(evidence: &Evidence, secrets: [&str; 3]) -> Vec<String> {
    let mut violations = Vec::new();
    for execution in &evidence.executions {
        if execution.events >= MOST_EVENTS {
            violations.push(format!("{} events", execution.events));
        }
        let shown = [
            &execution.between_states,
            &execution.outputs,
            &execution.cause,
            &execution.error,
        ];
        if secrets
            .iter()
            .any(|secret| shown.iter().any(|text| text.contains(secret)))
        {
            violations.push("an output or a cause holds a secret".to_owned());
        }
        let is_permanent = |error: &str| {
            let (_, code) = error.split_once('.').unwrap_or_default();
            OUR_PERMANENT.contains(&error) || PERMANENT.contains(&code)
        };
        let retried = execution
            .task_errors
            .iter()
            .filter(|(error, again)| *again && is_permanent(error));
        violations.extend(retried.map(|(error, _)| format!("{error} was retried")));
    }
    for code in PERMANENT {
        let refused = Outcome::Refused(code.to_owned());
        let calls = evidence
            .calls
            .iter()
            .filter(|call| call.outcome == refused)
            .count();
        if calls > evidence.executions.len() {
            violations.push(format!("{calls} calls were answered {code}"));
        }
    }
    violations
}
