//! What must hold wherever the functions read a text, whatever it says.
//!
//! `make fuzz` lets libFuzzer make up what comes in; `cargo test --test proofs fuzz_targets` runs mutated examples
//! and all that the fuzzer has found.

use std::{collections::BTreeMap, fmt::Debug};

use catalog_copy::{
    batch::{
        Batch, Copy, MAX_COPY, Origin, Trigger, Wanted, check_size, manifest, round_robin,
        subscriptions,
    },
    error::Error,
    functions::{
        event,
        finish_copy::FinishRequest,
        report_copies::{ReportRequest, child_result_in, copy_in, files_in, result_in},
    },
    outcome::Outcome,
    request::{CopyRequest, StatusRequest},
};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

/// Where it is an `ExternalId`, no error may show it.
pub const SECRET: &str = "hush-hush";

/// The most bytes of a `Cause`, by Step Functions' quota.
const MAX_CAUSE: usize = 32_768;

const EXECUTION: &str =
    "arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProducts:a";

/// The most bytes of the lines that list-copies writes: half of its memory.
const MAX_LISTED: usize = 256 << 20;

/// What some editors write first.
const BOM: char = '\u{feff}';

/// The error of a file that Step Functions wrote.
const UNREADABLE: &str = "S3.SdkClientException";

/// Reads a text or refuses it, and returns whether it was read.
///
/// # Panics
/// Where something does not hold.
pub type FuzzTarget = fn(&str) -> bool;

/// The input of each function, and each file that one reads.
pub const FUZZ_TARGETS: [(&str, FuzzTarget); 11] = [
    ("start_copy", start_copy),
    ("check_status", check_status),
    ("finish_copy", finish_copy),
    ("list_copies", list_copies),
    ("report_copies", report_copies),
    ("publish_outcome", publish_outcome),
    ("map_manifest", map_manifest),
    ("map_results", map_results),
    ("manifest_jsonl", manifest_jsonl),
    ("manifest_csv", manifest_csv),
    ("subscriptions_json", subscriptions_json),
];

/// The input of start-copy.
pub fn start_copy(text: &str) -> bool {
    let read = |input| accepted(text, CopyRequest::parse(input));
    let request = input(text).and_then(read);
    request.inspect(reads_itself).is_some()
}

/// The input of check-status.
pub fn check_status(text: &str) -> bool {
    let read = |input| accepted(text, StatusRequest::parse(input));
    input(text).and_then(read).is_some()
}

/// The input of finish-copy.
pub fn finish_copy(text: &str) -> bool {
    let read = |input| accepted(text, FinishRequest::parse(input));
    let request = input(text).and_then(read).map(|it| it.1);
    request.inspect(reads_itself).is_some()
}

/// The input of an execution of `CopyProducts`, as list-copies gets it: a batch or an event.
pub fn list_copies(text: &str) -> bool {
    let Some(input) = input(text) else {
        return false;
    };
    let origin = Origin::of(EXECUTION, &input);
    let trigger = Trigger::parse(input, &origin, "catalog-copy", "CatalogCopyTarget");
    let trigger = accepted(text, trigger);
    if let Some(Trigger::Batch(batch)) = &trigger {
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
    trigger.is_some()
}

/// The input of report-copies.
pub fn report_copies(text: &str) -> bool {
    let read = |input| accepted(text, ReportRequest::parse(input));
    input(text).and_then(read).is_some()
}

/// The event that publish-outcome gets.
pub fn publish_outcome(text: &str) -> bool {
    let read = |input: Value| accepted(text, Outcome::read(&input));
    let outcome = input(text).and_then(read);
    if let Some(Some(outcome)) = &outcome {
        let quotable = |c: char| !c.is_control() && c != '"' && c != '\\';
        assert!(outcome.summary.chars().all(quotable), "{}", outcome.summary);
        let published = serde_json::to_value(outcome).expect("serializes");
        assert_eq!(published.pointer("/Target/ExternalId"), None);
    }
    outcome.is_some()
}

/// The file in which a Map Run names the files of its results.
pub fn map_manifest(text: &str) -> bool {
    usable(text, UNREADABLE, files_in(text)).is_some()
}

/// A file of results of a Map Run.
pub fn map_results(text: &str) -> bool {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let results: Result<Vec<_>, _> = lines.map(child_result_in).collect();
    let Some(results) = usable(text, UNREADABLE, results) else {
        return false;
    };
    // They are read again where the batch is redriven.
    for (index, result) in results {
        assert_eq!(result_in(&to_line(&result)), Ok((index, result)));
    }
    true
}

/// A manifest of JSON Lines.
pub fn manifest_jsonl(text: &str) -> bool {
    let lines = text.trim_start_matches(BOM).lines();
    let lines = lines.filter(|it| !it.trim().is_empty());
    listed(text, lines.count(), manifest("manifest.jsonl", text))
}

/// A manifest of comma-separated values.
pub fn manifest_csv(text: &str) -> bool {
    let lines = text.trim_start_matches(BOM).split(['\r', '\n']);
    let lines = lines.filter(|it| !it.trim().is_empty());
    // The first is the header.
    let copies = lines.count().saturating_sub(1);
    listed(text, copies, manifest("manifest.csv", text))
}

/// The file of subscriptions.
pub fn subscriptions_json(text: &str) -> bool {
    let Some(all) = accepted(text, subscriptions(text, None)) else {
        return false;
    };
    if let Some(first) = all.first() {
        let arn = &first.source_product_arn;
        let due = subscriptions(text, Some(std::slice::from_ref(arn))).expect("all are right");
        let of_product: Vec<_> = all
            .iter()
            .filter(|it| it.source_product_arn == *arn)
            .collect();
        assert_eq!(due.iter().collect::<Vec<_>>(), of_product);
        can_be_made(text, &origin(), &all);
    }
    true
}

/// A function's input, unless it is no JSON: that Lambda does not deliver.
fn input(text: &str) -> Option<Value> {
    let payload = RawValue::from_string(text.to_owned()).ok()?;
    accepted(text, event(LambdaEvent::new(payload, Context::default()))).map(|it| it.payload)
}

/// What was read, or nothing; then the request must be what was wrong.
fn accepted<T: Debug>(text: &str, read: Result<T, Error>) -> Option<T> {
    usable(text, "InvalidRequest", read)
}

/// What was read, or nothing; then the error must be of this name, and one that a person can use.
fn usable<T: Debug>(text: &str, name: &str, read: Result<T, Error>) -> Option<T> {
    let error: Diagnostic = match read {
        Ok(read) => return Some(read),
        Err(error) => error.into(),
    };
    assert_eq!(error.error_type, name);
    let message = error.error_message;
    assert!(!message.trim().is_empty());
    assert!(message.len() <= MAX_CAUSE, "{} bytes", message.len());
    assert!(!message.contains(char::is_control), "{message:?}");
    if holds_a_secret(text) {
        assert!(!message.contains(SECRET), "{message}");
    }
    None
}

/// Whether the secret is nowhere but in values, right or wrong: an error may show a member's name.
fn holds_a_secret(text: &str) -> bool {
    let mut after = text.split(SECRET);
    after.next();
    // JSON in a text of JSON has a backslash before each quote.
    !after.any(|it| it.replace('\\', "").starts_with("\":"))
}

/// A request that was accepted is accepted again, as its own JSON says it.
fn reads_itself(request: &CopyRequest) {
    let again = serde_json::to_value(request).expect("serializes");
    let again = CopyRequest::parse(again).expect("was accepted before");
    assert_eq!(again, bare(request));
}

/// A request without what is no part of it.
fn bare(request: &CopyRequest) -> CopyRequest {
    CopyRequest {
        execution_id: None,
        started_by: None,
        resume: None,
        ..request.clone()
    }
}

/// No copy is lost, and the manifest reads itself.
fn listed(text: &str, lines: usize, copies: Result<Vec<CopyRequest>, Error>) -> bool {
    let Some(copies) = accepted(text, copies) else {
        return false;
    };
    assert!(!copies.is_empty());
    assert_eq!(copies.len(), lines, "each line is a copy");
    let again: Vec<_> = copies.iter().map(to_line).collect();
    let bare = copies.iter().map(bare).collect();
    assert_eq!(manifest("again.jsonl", &again.join("\n")), Ok(bare));
    can_be_made(text, &origin(), &copies);
    true
}

fn to_line(it: &impl Serialize) -> String {
    serde_json::to_string(it).expect("serializes")
}

/// Every copy is in one line, each line can be the input of a child execution, and report-copies
/// reads it again.
fn can_be_made(text: &str, origin: &Origin, requests: &[CopyRequest]) {
    let copies: Vec<_> = requests
        .iter()
        .map(bare)
        .enumerate()
        .map(|(index, request)| Copy::new(origin, index, 0, request))
        .collect();
    if accepted(text, check_size(&copies)).is_none() {
        return;
    }
    let text = round_robin(origin, &copies);
    assert!(text.len() <= MAX_LISTED, "{} bytes", text.len());
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.iter().all(|line| line.len() <= MAX_COPY));
    assert_eq!(lines.len(), copies.len(), "each once");
    let read = lines.iter().map(|line| copy_in(line));
    let again: BTreeMap<_, _> = read
        .collect::<Result<_, _>>()
        .expect("list-copies wrote them");
    assert!(again.values().eq(&copies));
}

fn origin() -> Origin {
    Origin::of(EXECUTION, &Value::Null)
}
