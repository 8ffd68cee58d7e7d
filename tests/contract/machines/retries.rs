//! What is tried again, how patiently, and what never is.

use std::collections::BTreeSet;

use catalog_copy::error::{Error, ErrorKind, NO_ANSWER, SERVER_FAULT, THROTTLED};

use super::definition::{
    COPY_PRODUCT, COPY_PRODUCTS, all_states, errors, list, number, of_type, state,
};

/// What Lambda answers when too much is asked of it: the function has not run.
const LAMBDA_THROTTLING: &str = "Lambda.TooManyRequestsException";

/// Names that Step Functions and Lambda give when a function may or may not have run; see "Handling
/// errors in Step Functions workflows".
const LOST: [&str; 8] = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "States.Timeout",
];

/// The quota of executions under way, under the API's name and its exception's.
const TOO_MANY_EXECUTIONS: [&str; 2] =
    ["ExecutionLimitExceeded", "ExecutionLimitExceededException"];

fn codes(service: &str, codes: &[&str]) -> BTreeSet<String> {
    let names = codes.iter().map(|code| format!("{service}.{code}"));
    names.collect()
}

fn throttled(service: &str) -> BTreeSet<String> {
    let mut names = codes(service, &[THROTTLED]);
    names.insert(LAMBDA_THROTTLING.to_owned());
    names
}

fn lost(service: &str) -> BTreeSet<String> {
    let mut names = codes(service, &[SERVER_FAULT, NO_ANSWER]);
    names.extend(LOST.map(str::to_owned));
    names
}

#[test]
fn what_is_retried_is_what_may_pass_by_itself() {
    let transient = |service: &str| &throttled(service) | &lost(service);
    let catalog = "ServiceCatalog";
    let table = |of_both: fn(&str) -> BTreeSet<String>| &of_both(catalog) | &of_both("DynamoDB");
    let late = codes(catalog, &["ResourceNotFoundException"]);
    let mut incomplete = late.clone();
    incomplete.insert("CopyIncomplete".to_owned());
    for definition in [COPY_PRODUCT, COPY_PRODUCTS] {
        for (name, task) in of_type(&definition.machine(), "Task") {
            let retried: Vec<_> = list(&task["Retry"]).map(errors).collect();
            let expected = match name {
                // Another execution has gone on meanwhile, or what succeeded is not listed yet.
                "StartCopy" => vec![
                    &table(throttled) | &["LeaseLost", "CopyIncomplete"].map(str::to_owned).into(),
                    table(lost),
                ],
                "DescribeHolder" => vec![
                    codes(
                        "Sfn",
                        &["ExecutionDoesNotExist", "ExecutionDoesNotExistException"],
                    ),
                    // No function is called, and what Step Functions gives where it has no better name.
                    &codes("Sfn", &[THROTTLED, "SfnException", NO_ANSWER])
                        | &["States.Timeout".to_owned()].into(),
                ],
                "CheckStatus" => vec![late.clone(), transient(catalog)],
                // It calls no service.
                "FailCopy" => vec![
                    LOST.into_iter()
                        .chain([LAMBDA_THROTTLING])
                        .map(str::to_owned)
                        .collect(),
                ],
                "FinishCopy" => vec![incomplete.clone(), &table(throttled) | &table(lost)],
                "ListCopies" | "ReportCopies" => vec![transient("S3")],
                "CopyProduct" => vec![
                    &codes("StepFunctions", &TOO_MANY_EXECUTIONS)
                        | &codes(
                            "StepFunctions",
                            &[
                                THROTTLED,
                                // What Step Functions gives where it has no better name.
                                "AWSStepFunctionsException",
                                "InternalServerException",
                                "ServiceUnavailableException",
                                NO_ANSWER,
                            ],
                        ),
                ],
                other => panic!("{other} is not in this test"),
            };
            assert_eq!(retried, expected, "{name}");
        }
    }
}

/// A verdict stays the same, and what has ended would be started again.
#[test]
fn a_verdict_is_never_retried() {
    let verdicts = [
        ErrorKind::CopiesFailed,
        ErrorKind::CopyFailed,
        ErrorKind::CopyTimedOut,
        ErrorKind::InvalidRequest,
    ]
    .map(|kind| Error::new(kind, "").name())
    .into_iter()
    .chain(["States.ALL", "States.TaskFailed"].map(str::to_owned));
    let verdicts: BTreeSet<_> = verdicts.collect();
    for definition in [COPY_PRODUCT, COPY_PRODUCTS] {
        for (name, state) in all_states(&definition.machine()) {
            for retrier in list(&state["Retry"]) {
                assert!(verdicts.is_disjoint(&errors(retrier)), "{name}");
            }
        }
    }
    let machine = COPY_PRODUCTS.machine();
    let nested = list(&state(&machine, "CopyProduct")["Retry"]).flat_map(errors);
    assert!(
        nested
            .into_iter()
            .all(|it| it.starts_with("StepFunctions."))
    );
}

/// A Map state tried again would make all its copies again.
#[test]
fn no_map_is_retried() {
    for (name, map) in of_type(&COPY_PRODUCTS.machine(), "Map") {
        assert!(map["Retry"].is_null(), "{name}");
    }
}

#[test]
fn every_task_has_a_timeout_and_a_patient_retry() {
    for definition in [COPY_PRODUCT, COPY_PRODUCTS] {
        for (name, task) in of_type(&definition.machine(), "Task") {
            let resource = task["Resource"].as_str().expect("has a resource");
            match resource.trim_start_matches("arn:${Partition}:states:::") {
                "lambda:invoke" => assert_eq!(task["TimeoutSeconds"], 90, "{name}"),
                "aws-sdk:sfn:describeExecution" => {
                    assert_eq!(task["TimeoutSeconds"], 60, "{name}");
                }
                "states:startExecution.sync:2" => {
                    let machine = definition.machine();
                    let timeout = number(task, "TimeoutSeconds");
                    assert!(number(&COPY_PRODUCT.machine(), "TimeoutSeconds") < timeout);
                    assert!(timeout < number(&machine, "TimeoutSeconds"));
                }
                other => panic!("{other} is not in this test"),
            }
            assert!(list(&task["Retry"]).next().is_some(), "{name}");
            for retrier in list(&task["Retry"]) {
                // Full jitter may make a delay as short as nothing.
                let waits_for_a_lost_copy = number(retrier, "IntervalSeconds") >= 60;
                let waits_for_what_is_late =
                    name == "FinishCopy" && errors(retrier).contains("CopyIncomplete");
                let jitter = if waits_for_a_lost_copy || waits_for_what_is_late {
                    "NONE"
                } else {
                    "FULL"
                };
                assert_eq!(retrier["JitterStrategy"], jitter, "{name}");
            }
        }
    }
}

#[test]
fn every_retry_has_these_numbers() {
    let mut numbers = Vec::new();
    for definition in [COPY_PRODUCT, COPY_PRODUCTS] {
        for (name, task) in of_type(&definition.machine(), "Task") {
            for retrier in list(&task["Retry"]) {
                let members = [
                    "IntervalSeconds",
                    "BackoffRate",
                    "MaxDelaySeconds",
                    "MaxAttempts",
                ];
                let values = members.map(|it| number(retrier, it));
                numbers.push((name.to_owned(), values));
            }
        }
    }
    numbers.sort_by(|a, b| a.0.cmp(&b.0));
    // Task, IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts.
    let expected = [
        ("CheckStatus", [2, 2, 60, 3]),
        ("CheckStatus", [2, 2, 60, 6]),
        ("CopyProduct", [2, 2, 60, 6]),
        ("DescribeHolder", [2, 2, 60, 3]),
        ("DescribeHolder", [2, 2, 60, 6]),
        ("FailCopy", [2, 2, 60, 6]),
        ("FinishCopy", [2, 2, 60, 10]),
        ("FinishCopy", [2, 2, 60, 6]),
        ("ListCopies", [2, 2, 60, 6]),
        ("ReportCopies", [2, 2, 60, 6]),
        ("StartCopy", [2, 2, 60, 6]),
        ("StartCopy", [90, 2, 300, 3]),
    ]
    .map(|(name, values)| (name.to_owned(), values));
    assert_eq!(numbers, expected);
}
