//! Each violation, in evidence that has it.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::*;
use fake_service_catalog::{
    Call, HUB_ACCOUNT, Moment, Operation, Place, Product, SPOKE_ACCOUNT, TARGET_ROLE, Version,
};

const SECRETS: [&str; 3] = ["the ExternalId", "a secret", "a session"];

fn place() -> Place {
    Place::new(SPOKE_ACCOUNT, "eu-west-1")
}

fn source() -> String {
    Place::new(HUB_ACCOUNT, "us-east-1").product_arn("prod-a")
}

/// One execution that has copied one version: Service Catalog says so, and the version is there.
fn good() -> Evidence {
    let version = Version {
        copied_from: Some("pa-1".to_owned()),
        ..Version::new("v1", "")
    };
    let product = Product::new("VPC", "").version(version);
    Evidence {
        executions: vec![execution()],
        calls: Vec::new(),
        copies: vec![copy("copyproduct-a")],
        targets: vec![(place(), product)],
        invocations: Vec::new(),
        table_calls: Vec::new(),
        removed: BTreeSet::new(),
        scenario_hit: true,
        sources: [(source(), vec!["pa-1".to_owned()])].into(),
        asked: [(source(), vec!["pa-1".to_owned()])].into(),
    }
}

fn execution() -> ObservedExecution {
    let output = json!({
        "CopyProductStatus": "SUCCEEDED",
        "CopyProductToken": "copyproduct-a",
        "CopiedVersions": [{ "SourceId": "pa-1" }],
    });
    ObservedExecution {
        status: ExecutionStatus::Succeeded,
        ended: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(2)),
        request: json!({
            "SourceProductArn": source(),
            "Target": { "Region": "eu-west-1", "RoleArn": TARGET_ROLE },
        }),
        outputs: output.to_string(),
        between_states: String::new(),
        output,
        error: String::new(),
        cause: String::new(),
        events: 40,
        task_errors: Vec::new(),
    }
}

fn copy(token: &str) -> AcceptedCopy {
    AcceptedCopy {
        token: token.to_owned(),
        place: place(),
        request: json!({
            "SourceProductArn": source(),
            "SourceProvisioningArtifactIdentifiers": [{ "Id": "pa-1" }],
            "IdempotencyToken": "token-a",
        }),
        has_arrived: Some(true),
        ended: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1)),
    }
}

fn refused(operation: Operation) -> Call {
    Call {
        operation,
        place: place(),
        role_session_name: None,
        request: json!({}),
        answer: json!(null),
        outcome: Outcome::Refused("LimitExceededException".to_owned()),
        fault: None,
    }
}

fn findings(evidence: &Evidence) -> Findings {
    Findings::of(evidence, SECRETS)
}

#[test]
fn good_evidence_has_no_violation() {
    let findings = findings(&good());
    assert_eq!((findings.duplicates, findings.lost), (0, 0));
    assert_eq!((findings.false_successes, findings.stuck), (0, 0));
    assert_eq!(findings.repeated, 0);
    assert!(findings.violations.is_empty(), "{:?}", findings.violations);
}

#[test]
fn a_version_that_is_there_twice_is_a_duplicate_in_one_product_or_in_two() {
    let mut evidence = good();
    let again = evidence.targets[0].1.versions[0].clone();
    evidence.targets[0].1.versions.push(again);
    assert_eq!(findings(&evidence).duplicates, 1);
    let mut evidence = good();
    let again = evidence.targets[0].clone();
    evidence.targets.push(again);
    assert_eq!(findings(&evidence).duplicates, 1);
}

#[test]
fn a_version_that_is_on_its_way_a_second_time_is_a_duplicate() {
    let mut evidence = good();
    evidence.copies.push(AcceptedCopy {
        has_arrived: None,
        ..copy("copyproduct-b")
    });
    assert_eq!(findings(&evidence).duplicates, 1);
}

#[test]
fn a_copy_whose_token_nobody_got_is_lost_until_a_plan_finds_its_versions() {
    let mut evidence = good();
    evidence.copies.push(copy("copyproduct-b"));
    assert_eq!(findings(&evidence).lost, 1);
    let skipped = json!([{ "SourceId": "pa-1", "Reason": "ALREADY_IN_TARGET" }]);
    evidence.executions[0].output["SkippedVersions"] = skipped;
    assert_eq!(findings(&evidence).lost, 0);
}

#[test]
fn a_copy_whose_token_nobody_got_is_lost_unless_an_error_says_that_an_answer_is_missing() {
    for (status, error, lost) in [
        (ExecutionStatus::Failed, "TargetAmbiguous", 1),
        (
            ExecutionStatus::Failed,
            "Lambda.TooManyRequestsException",
            1,
        ),
        (ExecutionStatus::Failed, "Lambda.ServiceException", 0),
        (ExecutionStatus::Failed, "Runtime.ExitError", 0),
        (
            ExecutionStatus::Failed,
            "ServiceCatalog.SdkClientException",
            0,
        ),
        (ExecutionStatus::Succeeded, "", 1),
        (ExecutionStatus::Aborted, "", 0),
        (ExecutionStatus::TimedOut, "", 0),
    ] {
        let mut evidence = good();
        evidence.copies = vec![copy("copyproduct-b")];
        evidence.executions[0].status = status;
        evidence.executions[0].error = error.to_owned();
        assert_eq!(findings(&evidence).lost, lost, "{error}");
    }
    let mut evidence = good();
    evidence.copies = vec![copy("copyproduct-b")];
    evidence.executions[0].status = ExecutionStatus::Failed;
    evidence.executions[0].cause = "copyproduct-a: rejected".to_owned();
    assert_eq!(findings(&evidence).lost, 1);
    evidence.executions[0].cause = format!("{TOKEN_USED} Copying failed.");
    assert_eq!(findings(&evidence).lost, 0);
}

#[test]
fn a_copy_of_what_another_has_brought_or_still_brings_is_repeated() {
    let again = |has_arrived, is_removed: bool, version: &str| {
        let mut evidence = good();
        let mut copy = copy("copyproduct-b");
        copy.request["IdempotencyToken"] = "token-b".into();
        copy.request["SourceProvisioningArtifactIdentifiers"] = json!([{ "Id": version }]);
        evidence.copies[0].has_arrived = has_arrived;
        evidence.copies.push(copy);
        evidence.removed = is_removed.then(|| "pa-1".to_owned()).into_iter().collect();
        findings(&evidence).repeated
    };
    assert_eq!(again(Some(true), false, "pa-1"), 1);
    assert_eq!(again(None, false, "pa-1"), 1);
    assert_eq!(again(Some(false), false, "pa-1"), 0);
    assert_eq!(again(Some(true), true, "pa-1"), 0);
    assert_eq!(again(Some(true), false, "pa-2"), 0);
}

#[test]
fn a_success_before_the_copy_was_over_is_false() {
    let late = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(3));
    let mut evidence = good();
    evidence.copies[0].ended = late;
    assert_eq!(findings(&evidence).false_successes, 1);
    // The version came with another copy.
    evidence.copies.push(copy("copyproduct-b"));
    assert_eq!(findings(&evidence).false_successes, 1);
    evidence.copies.pop();
    // One that only claims that nothing was missing.
    evidence.executions[0].output["CopyProductToken"].take();
    assert_eq!(findings(&evidence).false_successes, 1);
    evidence.copies.clear();
    assert_eq!(findings(&evidence).false_successes, 0);
}

#[test]
fn a_success_without_a_version_that_was_asked_for_is_false_whatever_it_claims() {
    let mut evidence = good();
    let versions = vec!["pa-1".to_owned(), "pa-2".to_owned()];
    evidence.sources = [(source(), versions.clone())].into();
    assert_eq!(findings(&evidence).false_successes, 0);
    evidence.asked = [(source(), versions)].into();
    assert_eq!(findings(&evidence).false_successes, 1);
}

#[test]
fn a_late_answer_is_given_up_when_the_same_is_asked_again_or_the_task_fails() {
    let call = |fault| Call {
        fault,
        ..refused(Operation::ListProvisioningArtifacts)
    };
    let late = || Some(Fault::Slow(Moment::AfterAcceptance, Duration::from_secs(6)));
    let mut evidence = good();
    evidence.calls = vec![call(late()), refused(Operation::CopyProduct), call(None)];
    assert_eq!(given_up(&evidence), 0);
    evidence.calls = vec![call(late()), call(late()), call(None)];
    assert_eq!(given_up(&evidence), 2);
    evidence.calls = vec![call(late()), call(late()), call(late())];
    evidence.executions[0].task_errors = vec![(SDK_NO_ANSWER.to_owned(), true)];
    assert_eq!(given_up(&evidence), 3);
    // The task is tried again, with the same call first.
    evidence.calls.push(call(None));
    assert_eq!(given_up(&evidence), 3);
    for (expected, violations) in [(None, 0), (Some(3), 0), (Some(1), 1)] {
        let mut findings = Findings::default();
        let case = FaultCase::new("a case", End::Succeeds);
        let case = expected.map_or(case.clone(), |times| case.gives_up(times));
        findings.check_given_up(&evidence, &case);
        assert_eq!(findings.violations.len(), violations, "{expected:?}");
    }
}

#[test]
fn a_success_that_service_catalog_does_not_confirm_is_false() {
    for has_arrived in [None, Some(false)] {
        let mut evidence = good();
        evidence.copies[0].has_arrived = has_arrived;
        assert_eq!(findings(&evidence).false_successes, 1);
    }
    let mut evidence = good();
    evidence.copies[0].token = "copyproduct-b".to_owned();
    assert_eq!(findings(&evidence).false_successes, 1);
}

#[test]
fn a_success_without_the_versions_is_false() {
    let mut evidence = good();
    evidence.targets.clear();
    assert_eq!(findings(&evidence).false_successes, 1);
}

#[test]
fn an_execution_that_does_not_end_is_stuck() {
    let mut evidence = good();
    evidence.executions[0].status = ExecutionStatus::Running;
    assert_eq!(findings(&evidence).stuck, 1);
}

#[test]
fn a_permanent_error_that_is_tried_again_is_a_violation() {
    for (error, violations) in [
        ("ServiceCatalog.AccessDeniedException", 1),
        ("DynamoDB.AccessDeniedException", 1),
        ("TargetNotAccessible", 1),
        ("ServiceCatalog.ThrottlingException", 0),
    ] {
        let mut evidence = good();
        evidence.executions[0].task_errors = vec![(error.to_owned(), true)];
        assert_eq!(findings(&evidence).violations.len(), violations, "{error}");
    }
    let mut evidence = good();
    let call = refused(Operation::CopyProduct);
    evidence.calls = vec![call; 2];
    assert_eq!(findings(&evidence).violations.len(), 1);
}

#[test]
fn too_many_events_and_a_shown_secret_are_violations() {
    let mut evidence = good();
    evidence.executions[0].events = 25_000;
    evidence.executions[0].cause = "as the ExternalId".to_owned();
    assert_eq!(findings(&evidence).violations.len(), 2);
}

#[test]
fn an_end_that_the_case_does_not_expect_is_a_violation() {
    for (end, violations) in [
        (End::Succeeds, 0),
        (End::Either, 0),
        (End::Fails("CopyFailed"), 1),
        (End::TimesOut, 1),
        (End::NextFails("NameTaken"), 0),
        (End::NextSucceeds, 1),
    ] {
        let mut findings = Findings::default();
        findings.check_end(&good(), &FaultCase::new("a case", end), 1);
        assert_eq!(findings.violations.len(), violations, "{end:?}");
    }
    let mut evidence = good();
    evidence.executions.push(execution());
    for (end, violations) in [(End::NextFails("NameTaken"), 1), (End::Succeeds, 0)] {
        let mut findings = Findings::default();
        findings.check_end(&evidence, &FaultCase::new("a case", end), 2);
        assert_eq!(findings.violations.len(), violations, "{end:?}");
    }
}
