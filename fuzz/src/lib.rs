//! What must hold at every door of the functions, whatever comes in.
//!
//! `make fuzz` lets libFuzzer make up what comes in; `cargo test --test doors` runs mutated examples
//! and all that the fuzzer has found.

use std::fmt::Debug;

use catalog_copy::{
    batch::{
        Batch, Copy, MAX_GROUP, MAX_GROUP_COPIES, Origin, Trigger, Wanted, groups, manifest,
        subscriptions,
    },
    error::Error,
    finish_copy::FinishRequest,
    outcome::Outcome,
    request::{CopyRequest, StatusRequest, event},
};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, value::RawValue};

/// Where it is an `ExternalId`, no error may show it.
pub const SECRET: &str = "hush-hush";

/// The most bytes of a `Cause`, by Step Functions' quota.
const MAX_CAUSE: usize = 32_768;

const EXECUTION: &str =
    "arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProducts:a";

/// Takes a text at a door.
///
/// # Panics
/// Where something does not hold.
pub type Door = fn(&str);

/// Every door: the function, or the file that it reads.
pub const DOORS: [(&str, Door); 8] = [
    ("start_copy", start_copy),
    ("check_status", check_status),
    ("finish_copy", finish_copy),
    ("list_copies", list_copies),
    ("publish_outcome", publish_outcome),
    ("manifest_jsonl", manifest_jsonl),
    ("manifest_csv", manifest_csv),
    ("subscriptions_json", subscriptions_json),
];

/// The input of start-copy.
pub fn start_copy(text: &str) {
    let Some(input) = input(text) else { return };
    if let Some(request) = accepted(text, CopyRequest::parse(input)) {
        reads_itself(&request);
    }
}

/// The input of check-status.
pub fn check_status(text: &str) {
    let Some(input) = input(text) else { return };
    accepted(text, StatusRequest::parse(input));
}

/// The input of finish-copy.
pub fn finish_copy(text: &str) {
    let Some(input) = input(text) else { return };
    if let Some((_, request)) = accepted(text, FinishRequest::parse(input)) {
        reads_itself(&request);
    }
}

/// The input of an execution of `CopyProducts`, as list-copies gets it: a batch or an event.
pub fn list_copies(text: &str) {
    let Some(input) = input(text) else { return };
    let origin = Origin::of(EXECUTION, &input);
    let trigger = Trigger::parse(input, &origin, "catalog-copy", "CatalogCopyTarget");
    if let Some(Trigger::Batch(batch)) = accepted(text, trigger) {
        assert!((1..=1000).contains(&batch.max_concurrency));
        assert!((0.0..=100.0).contains(&batch.tolerated_failure_percentage));
        if let Batch {
            wanted: Wanted::Copies(copies),
            ..
        } = batch
        {
            can_be_made(text, &origin, copies);
        }
    }
}

/// The event that publish-outcome gets.
pub fn publish_outcome(text: &str) {
    let Some(input) = input(text) else { return };
    if let Some(Some(outcome)) = accepted(text, Outcome::read(&input)) {
        let quotable = |c: char| !c.is_control() && c != '"' && c != '\\';
        assert!(outcome.summary.chars().all(quotable), "{}", outcome.summary);
        let told = serde_json::to_value(&outcome).expect("serializes");
        assert_eq!(told.pointer("/Target/ExternalId"), None);
    }
}

/// A manifest of JSON Lines.
pub fn manifest_jsonl(text: &str) {
    listed(text, manifest("manifest.jsonl", text));
}

/// A manifest of comma-separated values.
pub fn manifest_csv(text: &str) {
    listed(text, manifest("manifest.csv", text));
}

/// The file of subscriptions.
pub fn subscriptions_json(text: &str) {
    let Some(all) = accepted(text, subscriptions(text, None)) else {
        return;
    };
    let Some(first) = all.first() else { return };
    let arn = &first.source_product_arn;
    let due = subscriptions(text, Some(std::slice::from_ref(arn))).expect("all are right");
    let of_product: Vec<_> = all
        .iter()
        .filter(|it| it.source_product_arn == *arn)
        .collect();
    assert_eq!(due.iter().collect::<Vec<_>>(), of_product);
    can_be_made(text, &origin(), all);
}

/// A function's input, unless it is no JSON: that Lambda does not deliver.
fn input(text: &str) -> Option<Value> {
    let payload = RawValue::from_string(text.to_owned()).ok()?;
    accepted(text, event(LambdaEvent::new(payload, Context::default()))).map(|it| it.payload)
}

/// What was read, or nothing; then the error must be one that a person can use.
fn accepted<T: Debug>(text: &str, read: Result<T, Error>) -> Option<T> {
    let error = match read {
        Ok(read) => return Some(read),
        Err(error) => error,
    };
    assert_eq!(error.name(), "InvalidRequest");
    let message = error.to_string();
    assert!(!message.trim().is_empty());
    assert!(message.len() <= MAX_CAUSE, "{} bytes", message.len());
    if holds_a_secret(text) {
        assert!(!message.contains(SECRET), "{message}");
    }
    None
}

/// Whether the secret is where it belongs, and nowhere else: an error may show other members.
fn holds_a_secret(text: &str) -> bool {
    let mut before: Vec<_> = text.split(SECRET).collect();
    before.pop();
    let is_external_id = |it: &&str| {
        it.trim_end_matches(['[', '"'])
            .ends_with(r#""ExternalId":"#)
    };
    !before.is_empty() && before.iter().all(is_external_id)
}

/// A request that was accepted is accepted again, as its own JSON says it.
fn reads_itself(request: &CopyRequest) {
    let again = serde_json::to_value(request).expect("serializes");
    let again = CopyRequest::parse(again).expect("was accepted before");
    let bare = CopyRequest {
        execution_id: None,
        started_by: None,
        ..request.clone()
    };
    assert_eq!(again, bare);
}

fn listed(text: &str, copies: Result<Vec<CopyRequest>, Error>) {
    if let Some(copies) = accepted(text, copies) {
        assert!(!copies.is_empty());
        let lines: Vec<_> = copies
            .iter()
            .map(|it| serde_json::to_string(it).expect("serializes"))
            .collect();
        let bare: Vec<_> = copies
            .iter()
            .map(|it| CopyRequest {
                execution_id: None,
                started_by: None,
                ..it.clone()
            })
            .collect();
        assert_eq!(manifest("again.jsonl", &lines.join("\n")), Ok(bare));
        can_be_made(text, &origin(), copies);
    }
}

/// Every copy is in one group, and each group can be the input of a child execution.
fn can_be_made(text: &str, origin: &Origin, requests: Vec<CopyRequest>) {
    let copies: Vec<_> = requests
        .into_iter()
        .enumerate()
        .map(|(index, request)| Copy::new(origin, index, 0, request))
        .collect();
    let Some(lines) = accepted(text, groups(origin, &copies)) else {
        return;
    };
    let mut indices = Vec::new();
    for line in lines {
        assert!(line.len() <= MAX_GROUP);
        let group: Value = serde_json::from_str(&line).expect("is JSON");
        let group = group["Copies"].as_array().expect("is a list");
        assert!((1..=MAX_GROUP_COPIES).contains(&group.len()));
        indices.extend(group.iter().filter_map(|it| it["Index"].as_u64()));
    }
    indices.sort_unstable();
    assert!(indices.into_iter().eq(0..copies.len() as u64), "each once");
}

fn origin() -> Origin {
    Origin::of(EXECUTION, &Value::Null)
}
