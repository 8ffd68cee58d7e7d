use serde_json::json;

use super::*;
use crate::error::ErrorKind;

const SOURCE: &str = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";

/// The outcome of an execution that took 12.5 s.
fn outcome(machine: &str, status: &str, rest: &Value) -> Outcome {
    let mut detail = json!({
        "executionArn": "arn:aws:states:us-east-1:111122223333:execution:stack-CopyProduct:one",
        "stateMachineArn": format!("arn:aws:states:us-east-1:111122223333:stateMachine:{machine}"),
        "status": status,
        "startDate": 1_795_435_200_000_u64,
        "stopDate": 1_795_435_212_500_u64,
        "input": null,
        "output": null,
    });
    for (name, value) in rest.as_object().expect("is an object") {
        detail[name] = value.clone();
    }
    let read = Outcome::read(&json!({ "detail": detail }));
    read.expect("is valid").expect("is no dry run")
}

#[test]
fn the_outcome_of_a_copy_that_succeeded_is_in_its_output() {
    let event = serde_json::from_str(include_str!("../../events/publish-outcome.json"));
    let read = Outcome::read(&event.expect("is JSON"));
    let outcome = read.expect("is valid").expect("is no dry run");
    assert_eq!(outcome.detail_type(), "Copy Product Succeeded");
    assert_eq!(outcome.metric(), ExecutionStatus::Succeeded);
    let expected = json!({
        "Summary": format!("Copying {SOURCE} to eu-west-1 as arn:aws:iam::444455556666:role/CatalogCopyTarget ended SUCCEEDED"),
        "Status": "SUCCEEDED",
        "ExecutionArn": "arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProduct:9c8b7a65-4321-4fed-8cba-0123456789ab",
        "DurationSeconds": 42.5,
        "SourceProductArn": SOURCE,
        "Target": { "Region": "eu-west-1", "RoleArn": "arn:aws:iam::444455556666:role/CatalogCopyTarget" },
        "TargetProductId": "prod-nopqrstuvwxyz",
        "CopiedVersions": ["v2.1"],
    });
    assert_eq!(serde_json::to_value(outcome).ok(), Some(expected));
}

#[test]
fn the_outcome_of_a_copy_that_failed_is_in_its_input_without_the_external_id() {
    let request = json!({
        "SourceProductArn": SOURCE,
        "Target": { "Region": "eu-west-1", "ExternalId": "secret" },
    });
    let inputs = [request.clone(), json!({ "id": "1", "detail": request })];
    for input in inputs {
        let cause = r#"{"errorType":"TargetNotAccessible","errorMessage":"STS answered no"}"#;
        let rest = json!({
            "input": input.to_string(), "error": "TargetNotAccessible", "cause": cause,
        });
        let outcome = outcome("stack-CopyProduct", "FAILED", &rest);
        assert_eq!(outcome.detail_type(), "Copy Product Failed");
        let event = serde_json::to_value(&outcome).expect("is JSON");
        assert_eq!(event["SourceProductArn"], SOURCE);
        assert_eq!(outcome.cause.as_deref(), Some("STS answered no"));
        assert_eq!(outcome.summary, "TargetNotAccessible: STS answered no");
        let event = serde_json::to_string(&outcome).expect("is JSON");
        assert!(event.contains("eu-west-1") && !event.contains("secret"));
    }
}

#[test]
fn the_outcome_of_a_wait_taken_up_has_no_source() {
    let input = json!({ "CopyProductToken": "copyproduct-1", "Target": { "Region": "eu-west-1" } });
    let rest = json!({ "input": input.to_string() });
    let outcome = outcome("stack-CopyProduct", "ABORTED", &rest);
    assert_eq!(
        outcome.summary,
        "Copying a product to eu-west-1 ended ABORTED"
    );
    assert_eq!(outcome.metric(), ExecutionStatus::Aborted);
}

#[test]
fn a_copy_past_our_deadline_counts_as_timed_out() {
    let rest = json!({ "error": "CopyTimedOut", "cause": "still IN_PROGRESS" });
    let outcome = outcome("stack-CopyProduct", "FAILED", &rest);
    assert_eq!(outcome.metric(), ExecutionStatus::TimedOut);
    assert_eq!(outcome.status, ExecutionStatus::Failed);
}

#[test]
fn the_outcome_of_a_batch_has_its_numbers() {
    let output = json!({
        "Total": 12, "Succeeded": 11, "Failed": 1, "Results": { "Bucket": "b", "Key": "k.json" },
    });
    let rest = json!({ "output": output.to_string() });
    let outcome = outcome("stack-CopyProducts", "SUCCEEDED", &rest);
    assert_eq!(outcome.detail_type(), "Copy Products Succeeded");
    assert_eq!(
        outcome.summary,
        "Copying a batch ended SUCCEEDED, 1 of 12 copies failed, see s3://b/k.json"
    );
    let event = serde_json::to_value(&outcome).expect("is JSON");
    assert_eq!(
        (&event["Total"], &event["Succeeded"]),
        (&json!(12), &json!(11))
    );
    assert_eq!(event["Results"]["Key"], "k.json");
}

#[test]
fn a_batch_that_failed_has_the_outcome_of_a_batch() {
    let rest = json!({ "error": "CopiesFailed", "cause": "3 of 12 copies failed" });
    let outcome = outcome("stack-CopyProducts", "FAILED", &rest);
    assert_eq!(outcome.detail_type(), "Copy Products Failed");
    assert_eq!(outcome.summary, "CopiesFailed: 3 of 12 copies failed");
}

#[test]
fn a_summary_can_be_quoted_and_a_cause_is_short() {
    let cause = "\"C:\\\n".repeat(1000);
    let rest = json!({ "error": "CopyFailed", "cause": cause });
    let outcome = outcome("stack-CopyProduct", "FAILED", &rest);
    assert!(outcome.summary.starts_with("CopyFailed: 'C:/ 'C:/ "));
    assert!(!outcome.summary.contains(['"', '\\', '\n']));
    assert_eq!(outcome.cause.map(|it| it.chars().count()), Some(1000));
}

#[test]
fn a_dry_run_has_no_outcome_and_nonsense_is_refused() {
    let mut event = json!({ "detail": {
        "executionArn": "e", "stateMachineArn": "m", "status": "SUCCEEDED",
        "startDate": 0, "stopDate": 1, "output": r#"{"DryRun":true}"#,
    } });
    assert_eq!(Outcome::read(&event), Ok(None));
    event["detail"]["stopDate"] = Value::Null;
    assert!(matches!(
        Outcome::read(&event),
        Err(Error {
            kind: ErrorKind::InvalidRequest,
            ..
        })
    ));
}
