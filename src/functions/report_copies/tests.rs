use lambda_runtime::Context;
use serde_json::json;

use super::*;
use crate::{
    aws::s3::tests::{Objects, in_bucket, in_memory},
    functions::list_copies::{self, Stack},
    request::{CopyRequest, TargetAccounts},
};

const EXECUTION: &str = "arn:aws:states:us-east-1:111122223333:execution:CopyProducts:mine";

fn put(objects: &Objects, key: &str, text: String) {
    let mut objects = objects.lock().expect("is not poisoned");
    objects.insert(format!("/copies/{key}"), text);
}

fn get(objects: &Objects, key: &str) -> Vec<Value> {
    let objects = objects.lock().expect("is not poisoned");
    let lines = objects[&format!("/copies/{key}")].lines();
    lines
        .map(|line| serde_json::from_str(line).expect("is JSON Lines"))
        .collect()
}

/// A batch of this many copies of one product, of which the Map state reports these outcomes.
fn batch(objects: &Objects, copies: usize, outcomes: &[Value]) -> Value {
    let origin = Origin::of(EXECUTION, &Value::Null);
    let copies: Vec<Copy> = (0..copies)
        .map(|i| {
            let request = json!({
                "SourceProductArn": "arn:aws:catalog:us-east-1:111122223333:product/prod-a",
                "Target": {
                    "Region": format!("eu-west-{i}"),
                    "RoleArn": "arn:aws:iam::444455556666:role/CatalogCopyTarget",
                    "ExternalId": "what-only-we-know",
                },
            });
            Copy::new(
                &origin,
                i,
                0,
                CopyRequest::parse(request).expect("is valid"),
            )
        })
        .collect();
    let lines = round_robin(&origin, &copies);
    put(objects, "batches/mine/copies.jsonl", lines);
    results(objects, outcomes);
    json!({
        "Listed": {
            "Total": copies.len(),
            "Copies": { "Bucket": "copies", "Key": "batches/mine/copies.jsonl" },
            "Prefix": "batches/mine/",
            "MaxConcurrency": 1,
            "ToleratedFailurePercentage": 0.0,
        },
        "Results": { "Bucket": "copies", "Key": "run/manifest.json" },
        "ExecutionId": EXECUTION,
    })
}

fn results(objects: &Objects, outcomes: &[Value]) {
    let files =
        json!({ "SUCCEEDED": [{ "Key": "run/SUCCEEDED_0.jsonl", "Size": 1 }], "FAILED": [] });
    put(
        objects,
        "run/manifest.json",
        json!({ "ResultFiles": files }).to_string(),
    );
    put(objects, "run/SUCCEEDED_0.jsonl", to_lines(outcomes));
}

async fn reported(objects: &Objects, input: Value) -> Result<CopiesReported, Error> {
    let event = LambdaEvent::new(input, Context::default());
    handle(&in_memory(objects).await, event).await
}

fn succeeded(index: usize) -> Value {
    json!({ "Index": index, "Status": "SUCCEEDED", "TargetProductId": "prod-b", "CopiedVersions": 2 })
}

/// As the task of a child execution has its error: the cause describes the execution.
fn failed(index: usize, error: &str) -> Value {
    let description = json!({
        "Cause": "because",
        "Error": error,
        "ExecutionArn": EXECUTION,
        "Input": json!({ "Target": { "ExternalId": "what-only-we-know" } }).to_string(),
        "Status": "FAILED",
    });
    let output = json!({ "Error": "States.TaskFailed", "Cause": description.to_string() });
    json!({ "Index": index, "Status": "FAILED", "ErrorOutput": output })
}

#[tokio::test]
async fn every_copy_is_reported_without_secrets() {
    let objects = Objects::default();
    let mut input = batch(&objects, 2, &[failed(1, "CopyFailed"), succeeded(0)]);
    input["Listed"]["ToleratedFailurePercentage"] = 50.into();
    let CopiesReported::Report(report) = reported(&objects, input).await.expect("succeeds") else {
        panic!("is a report");
    };
    assert_eq!((report.total, report.succeeded, report.failed), (2, 1, 1));
    let outcomes = get(&objects, "batches/mine/results.jsonl");
    assert_eq!(outcomes.len(), 2);
    assert_eq!(
        ["Error", "Cause", "ExecutionArn"].map(|name| &outcomes[1][name]),
        ["CopyFailed", "because", EXECUTION]
    );
    assert_eq!(outcomes[1]["Target"]["Region"], "eu-west-1");
    assert_eq!(json!(report.copies), json!(outcomes));
    assert!(!json!(outcomes).to_string().contains("what-only-we-know"));
}

#[tokio::test]
async fn a_copy_of_a_status_that_is_not_known_has_failed() {
    let objects = Objects::default();
    let odd = json!({ "Index": 0, "Status": "PAUSED" });
    let input = batch(&objects, 2, &[odd, succeeded(1)]);
    let error = reported(&objects, input).await.expect_err("fails");
    assert!(
        error.to_string().starts_with("1 of 2 copies failed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_copy_nothing_is_known_of_has_failed() {
    let objects = Objects::default();
    let input = batch(&objects, 3, &[succeeded(1)]);
    let error = reported(&objects, input).await.expect_err("fails");
    assert!(
        error.to_string().starts_with("2 of 3 copies failed"),
        "{error}"
    );
    let outcomes = get(&objects, "batches/mine/results.jsonl");
    assert_eq!(outcomes[0]["Error"], "OutcomeUnknown");
    assert_eq!(outcomes[2]["Error"], "OutcomeUnknown");
}

#[tokio::test]
async fn more_failures_than_tolerated_fail_the_batch() {
    let outcomes = [
        succeeded(0),
        failed(1, "CopyFailed"),
        succeeded(2),
        succeeded(3),
    ];
    for (tolerated, is_tolerated) in [(0.0, false), (24.9, false), (25.0, true), (100.0, true)] {
        let objects = Objects::default();
        let mut input = batch(&objects, 4, &outcomes);
        input["Listed"]["ToleratedFailurePercentage"] = tolerated.into();
        let reported = reported(&objects, input).await;
        assert_eq!(reported.is_ok(), is_tolerated, "{tolerated}");
        assert_eq!(get(&objects, "batches/mine/results.jsonl").len(), 4);
    }
}

#[tokio::test]
async fn the_error_says_what_failed_and_how_to_make_only_that_again() {
    let objects = Objects::default();
    let input = batch(
        &objects,
        3,
        &[succeeded(0), failed(1, "CopyFailed"), succeeded(2)],
    );
    let error = reported(&objects, input).await.expect_err("fails");
    assert_eq!(error.name(), "CopiesFailed");
    let sentence = error.to_string();
    for part in [
        "1 of 3",
        "eu-west-1 as",
        "CopyFailed",
        "s3://copies/batches/mine/results.jsonl",
        "redrive this execution",
    ] {
        assert!(sentence.contains(part), "{part} is not in {sentence}");
    }
    // No file that a batch writes may be taken for a manifest.
    let objects = objects.lock().expect("is not poisoned");
    let written: Vec<_> = objects.keys().filter(|it| it.contains("/mine/")).collect();
    let all = ["copies.jsonl", "results.jsonl"].map(|it| format!("/copies/batches/mine/{it}"));
    assert_eq!(written, all.each_ref());
}

#[tokio::test]
async fn a_redriven_batch_makes_only_failed_copies_again() {
    let objects = Objects::default();
    let outcomes = [
        succeeded(0),
        failed(1, "CopyFailed"),
        failed(2, "TargetNotAccessible"),
    ];
    let mut input = batch(&objects, 3, &outcomes);
    input["RedriveCount"] = 1.into();
    input["MadeAtRedriveCount"] = 0.into();
    let answer = reported(&objects, input.clone()).await.expect("goes on");
    let CopiesReported::Again(again) = answer else {
        panic!("makes copies again");
    };
    let before = copies_by_index(&objects, "batches/mine/copies.jsonl");
    let after = copies_by_index(&objects, "batches/mine/copies-1.jsonl");
    assert_eq!(after.keys().collect::<Vec<_>>(), [&1, &2]);
    assert_ne!(before[&1].name, after[&1].name);
    // Their tokens have the numbers of their leases.
    assert_eq!(before[&1].started_by, after[&1].started_by);
    assert_eq!(before[&2].started_by, after[&2].started_by);

    results(&objects, &[succeeded(1), succeeded(2)]);
    input["Listed"] = json!(again);
    input["MadeAtRedriveCount"] = 1.into();
    let CopiesReported::Report(report) = reported(&objects, input).await.expect("succeeds") else {
        panic!("is a report");
    };
    assert_eq!((report.total, report.succeeded), (3, 3));
}

#[tokio::test]
async fn a_bare_copy_that_has_failed_is_not_asked_for_under_its_old_token() {
    let objects = Objects::default();
    let outcomes = [failed(0, "CopyFailed"), failed(1, "TargetNotAccessible")];
    let mut input = batch(&objects, 2, &outcomes);
    let key = "batches/mine/copies.jsonl";
    let bare = get(&objects, key).into_iter().map(|mut copy| {
        copy["Request"]["Plan"] = "NONE".into();
        copy
    });
    put(&objects, key, to_lines(bare));
    input["RedriveCount"] = 1.into();
    reported(&objects, input).await.expect("goes on");
    let before = copies_by_index(&objects, key);
    let after = copies_by_index(&objects, "batches/mine/copies-1.jsonl");
    assert_ne!(before[&0].started_by, after[&0].started_by);
    assert_eq!(before[&1].started_by, after[&1].started_by);
}

fn copies_by_index(objects: &Objects, key: &str) -> BTreeMap<usize, Copy> {
    let copies = get(objects, key).into_iter();
    let copies = copies.map(|it| serde_json::from_value::<Copy>(it).expect("is a copy"));
    copies.map(|it| (it.index, it)).collect()
}

#[tokio::test]
async fn outcomes_too_large_for_an_output_are_in_the_file_only() {
    let objects = Objects::default();
    let outcomes: Vec<_> = (0..1000).map(succeeded).collect();
    let input = batch(&objects, 1000, &outcomes);
    let CopiesReported::Report(report) = reported(&objects, input).await.expect("succeeds") else {
        panic!("is a report");
    };
    assert_eq!(report.copies, None);
    assert_eq!(get(&objects, "batches/mine/results.jsonl").len(), 1000);
}

#[tokio::test]
async fn what_list_copies_lists_report_copies_reports() {
    const BUCKET: &str = "catalog-copy-copiesbucket";
    let event = |text: &str| serde_json::from_str::<Value>(text).expect("is JSON");
    let request = event(include_str!("../../../events/report-copies.json"));
    let results = request["Results"]["Key"].as_str().expect("is a key");
    let manifest = json!({ "ResultFiles": { "SUCCEEDED": [{ "Key": "0.jsonl" }] } });
    let outcome = json!({ "Index": 0, "Status": "SUCCEEDED" });
    let objects = Objects::default();
    objects.lock().expect("is not poisoned").extend([
        (format!("/{BUCKET}/{results}"), manifest.to_string()),
        (format!("/{BUCKET}/0.jsonl"), outcome.to_string()),
    ]);
    let store = in_bucket(&objects, BUCKET).await;
    let stack = Stack {
        name: "catalog-copy".to_owned(),
        target_role_name: "CatalogCopyTarget".to_owned(),
        targets: TargetAccounts::default(),
    };

    let input = event(include_str!("../../../events/list-copies.json"));
    let listed = list_copies::handle(&store, &stack, LambdaEvent::new(input, Context::default()));
    let listed = json!(listed.await.expect("is valid"));
    assert_eq!(listed, request["Listed"]);

    let reported = handle(&store, LambdaEvent::new(request, Context::default()));
    let reported = reported.await.expect("is valid");
    assert!(matches!(reported, CopiesReported::Report(it) if it.succeeded == 1));
}
