//! Contract of `events/`: each file is what its function really receives.

use catalog_copy::{
    batch::{Batch, Origin, Trigger, Wanted, manifest, subscriptions},
    functions::finish_copy::FinishRequest,
    outcome::Outcome,
    request::{CopyRequest, Resume, StatusRequest},
};
use serde_json::Value;

fn event(text: &str) -> Value {
    serde_json::from_str(text).expect("is JSON")
}

#[test]
fn every_event_is_covered_here() {
    // list-copies.json and report-copies.json by the tests of report_copies, which run both.
    let mut names: Vec<_> = std::fs::read_dir("events")
        .expect("is a folder")
        .map(|it| it.expect("is readable").file_name())
        .collect();
    names.sort();
    let covered = [
        "check-status.json",
        "copy-product-requested.json",
        "copy-products.json",
        "copy-request-full.json",
        "copy-request.json",
        "finish-copy.json",
        "list-copies.json",
        "manifest.csv",
        "manifest.jsonl",
        "publish-outcome.json",
        "report-copies.json",
        "start-copy.json",
        "subscriptions.json",
        "take-up.json",
        "version-published.json",
    ];
    assert_eq!(names, covered);
}

#[test]
fn the_smallest_copy_request_has_one_member() {
    let input = event(include_str!("../../events/copy-request.json"));
    assert_eq!(input.as_object().map(serde_json::Map::len), Some(1));
    assert!(CopyRequest::parse(input).is_ok());
}

#[test]
fn the_full_copy_request_has_every_member() {
    let input = event(include_str!("../../events/copy-request-full.json"));
    let request = CopyRequest::parse(input.clone()).expect("is valid");
    assert_eq!(serde_json::to_value(&request).expect("serializes"), input);
    assert_eq!(input.as_object().map(serde_json::Map::len), Some(8));
    let target = input["Target"].as_object().expect("has a target");
    assert_eq!(target.len(), 3);
}

#[test]
fn the_event_carries_a_copy_request_and_the_template_lets_it_in() {
    let input = event(include_str!("../../events/copy-product-requested.json"));
    assert!(CopyRequest::parse(input["detail"].clone()).is_ok());
    let template: serde_norway::Value =
        serde_norway::from_str(include_str!("../../template.yaml")).expect("is YAML");
    let machine = &template["Resources"]["CopyProductStateMachine"]["Properties"];
    let pattern = &machine["Events"]["CopyRequested"]["Properties"]["Pattern"];
    let detail_type = pattern["detail-type"][0].as_str();
    assert_eq!(input["detail-type"].as_str(), detail_type);
    let source = template["Parameters"]["EventSource"]["Default"].as_str();
    assert_eq!(input["source"].as_str(), source);
}

#[test]
fn each_function_takes_its_event() {
    let request = CopyRequest::parse(event(include_str!("../../events/start-copy.json")));
    let request = request.expect("is valid");
    assert!(request.execution_id.is_some() && request.started_by.is_some());
    assert_eq!(request.resume, Some(Resume::default()), "the first time");
    let event_of_finish_copy = event(include_str!("../../events/finish-copy.json"));
    assert!(FinishRequest::parse(event_of_finish_copy).is_ok());
    let request = StatusRequest::parse(event(include_str!("../../events/check-status.json")));
    let request = request.expect("is valid");
    assert!(request.execution_id.is_some() && request.taken_up == Some(false));
}

#[test]
fn a_wait_is_taken_up_with_a_token_and_a_target() {
    let request = StatusRequest::parse(event(include_str!("../../events/take-up.json")));
    assert!(request.expect("is valid").target.is_some());
}

#[test]
fn publish_outcome_takes_the_event_that_the_template_lets_in() {
    let event = event(include_str!("../../events/publish-outcome.json"));
    assert!(matches!(Outcome::read(&event), Ok(Some(_))));
    let template: serde_norway::Value =
        serde_norway::from_str(include_str!("../../template.yaml")).expect("is YAML");
    let function = &template["Resources"]["PublishOutcomeFunction"]["Properties"];
    let pattern = &function["Events"]["ExecutionEnded"]["Properties"]["Pattern"];
    for member in ["source", "detail-type"] {
        assert_eq!(event[member].as_str(), pattern[member][0].as_str());
    }
}

#[test]
fn a_batch_has_every_member_and_copies_each_product_to_each_target() {
    let input = event(include_str!("../../events/copy-products.json"));
    assert_eq!(input.as_object().map(serde_json::Map::len), Some(4));
    let batch = Batch::parse(input).expect("is valid");
    assert!(matches!(batch.wanted, Wanted::Copies(copies) if copies.len() == 4));
}

#[test]
fn both_manifests_ask_for_the_same_copies() {
    let csv = manifest("manifest.csv", include_str!("../../events/manifest.csv"));
    let jsonl = manifest(
        "manifest.jsonl",
        include_str!("../../events/manifest.jsonl"),
    );
    assert_eq!(csv, jsonl);
    assert_eq!(csv.expect("is valid").len(), 2);
}

#[test]
fn a_published_version_is_let_in_and_copied_to_its_subscribers() {
    let input = event(include_str!("../../events/version-published.json"));
    let template: serde_norway::Value =
        serde_norway::from_str(include_str!("../../template.yaml")).expect("is YAML");
    let machine = &template["Resources"]["CopyProductsStateMachine"]["Properties"];
    let pattern = &machine["Events"]["VersionChanged"]["Properties"]["Pattern"];
    for (value, allowed) in [
        (&input["source"], &pattern["source"]),
        (&input["detail-type"], &pattern["detail-type"]),
        (
            &input["detail"]["eventSource"],
            &pattern["detail"]["eventSource"],
        ),
        (
            &input["detail"]["eventName"],
            &pattern["detail"]["eventName"],
        ),
    ] {
        let allowed = allowed.as_sequence().expect("is a list");
        assert!(
            allowed.iter().any(|it| it.as_str() == value.as_str()),
            "{value}"
        );
    }
    assert!(input["detail"]["errorCode"].is_null());

    let origin = Origin::of(
        "arn:aws:states:us-east-1:111122223333:execution:CopyProducts:a",
        &input,
    );
    assert_eq!(Some(origin.started_by.as_str()), input["id"].as_str());
    let trigger = Trigger::parse(input, &origin, "catalog-copy", "CatalogCopyTarget");
    let Ok(Trigger::Batch(Batch {
        wanted: Wanted::Subscriptions(Some(products)),
        ..
    })) = trigger
    else {
        panic!("{trigger:?}");
    };
    let list = include_str!("../../events/subscriptions.json");
    let copies = subscriptions(list, Some(&products)).expect("are valid");
    assert_eq!(copies.len(), 2);
}
