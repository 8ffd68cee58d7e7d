//! Every fuzz target takes what it should and refuses the rest under a name.
//!
//! What must hold is in `fuzz/src/lib.rs`, which the fuzzer shares.

#[allow(unreachable_pub)] // It is a crate of its own for the fuzzer.
#[path = "../../fuzz/src/lib.rs"]
mod shared;

use std::{collections::BTreeSet, fs};

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};
use shared::{FUZZ_TARGETS, FuzzTarget, SECRET};

/// A text that each fuzz target takes, most of them from `events/`.
const EXAMPLES: [(&str, &str); 17] = [
    ("start_copy", include_str!("../../events/start-copy.json")),
    (
        "start_copy",
        include_str!("../../events/copy-request-full.json"),
    ),
    (
        "check_status",
        include_str!("../../events/check-status.json"),
    ),
    ("check_status", include_str!("../../events/take-up.json")),
    ("finish_copy", include_str!("../../events/finish-copy.json")),
    (
        "list_copies",
        include_str!("../../events/copy-products.json"),
    ),
    (
        "list_copies",
        include_str!("../../events/version-published.json"),
    ),
    (
        "list_copies",
        r#"{ "source": "aws.s3", "detail-type": "Object Created", "detail": {} }"#,
    ),
    (
        "list_copies",
        r#"{ "Manifest": { "Bucket": "manifests", "Key": "a.csv" }, "MaxConcurrency": 1 }"#,
    ),
    (
        "publish_outcome",
        include_str!("../../events/publish-outcome.json"),
    ),
    ("publish_outcome", FAILED),
    (
        "report_copies",
        include_str!("../../events/report-copies.json"),
    ),
    ("map_manifest", MAP_MANIFEST),
    ("map_results", MAP_RESULTS),
    (
        "manifest_jsonl",
        include_str!("../../events/manifest.jsonl"),
    ),
    ("manifest_csv", include_str!("../../events/manifest.csv")),
    (
        "subscriptions_json",
        include_str!("../../events/subscriptions.json"),
    ),
];

const FAILED: &str = r#"{ "detail": {
    "executionArn": "arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProduct:a",
    "stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:catalog-copy-CopyProduct",
    "status": "FAILED", "startDate": 1795435200000, "stopDate": 1795435242500,
    "error": "CopyFailed", "cause": "{\"errorMessage\":\"take \\\"it\\\" up\"}"
} }"#;

/// As a Map Run writes it.
const MAP_MANIFEST: &str = r#"{
    "DestinationBucket": "catalog-copy-copiesbucket",
    "MapRunArn": "arn:aws:states:us-east-1:111122223333:mapRun:catalog-copy-CopyProducts/CopyEach:a",
    "ResultFiles": {
        "FAILED": [], "PENDING": [],
        "SUCCEEDED": [{ "Key": "batches/a/results/b/SUCCEEDED_0.jsonl", "Size": 411 }]
    }
}"#;

/// As the children of `CopyProducts` end.
const MAP_RESULTS: &str = r#"{ "Index": 0, "Status": "SUCCEEDED", "TargetProductId": "prod-a", "CopiedVersions": 1, "ExecutionArn": "arn:a" }
{ "Index": 2, "Status": "PLANNED", "CopiedVersions": 0, "ExecutionArn": "arn:b" }
{ "Index": 1, "Status": "FAILED", "ErrorOutput": { "Error": "States.TaskFailed", "Cause": "{\"Cause\":\"Internal Failure\",\"Error\":\"CopyFailed\",\"ExecutionArn\":\"arn:c\",\"Input\":\"{}\",\"Status\":\"FAILED\"}" } }
{ "Index": 3, "Status": "FAILED", "ErrorOutput": { "Error": "States.Timeout" } }
"#;

/// The fuzz targets with findings in `fuzz/findings`: what was once wrong there.
const WITH_FINDINGS: [&str; 4] = [
    "list_copies",
    "manifest_csv",
    "publish_outcome",
    "subscriptions_json",
];

/// Longer than a `Cause` may be, in bytes.
const LONG: usize = 40_000;

/// A change of a JSON value, at a place that the index picks.
#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    /// Into a list, and a text by this much longer.
    Spoil(Option<&'static str>),
    Remove,
    Rename(String),
    Repeat(usize),
}

fn fuzz_target(name: &str) -> FuzzTarget {
    let found = FUZZ_TARGETS.into_iter().find(|(it, _)| *it == name);
    found.expect("is a fuzz target").1
}

/// An example with its secret marked, without the spaces between members.
fn compact(example: &str) -> String {
    let compact = |text: &str| {
        let value: Result<Value, _> = serde_json::from_str(text);
        value.map_or(text.to_owned(), |it| it.to_string())
    };
    let lines: Vec<_> = compact(example).lines().map(compact).collect();
    let text = lines.join("\n");
    [r#"""#, r#"\""#].into_iter().fold(text, |text, quote| {
        let id = |id: &str| format!("{quote}ExternalId{quote}:{quote}{id}{quote}");
        text.replace(&id("catalog-copy"), &id(SECRET))
    })
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("x".repeat(LONG))),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(("[A-Za-z]{0,6}", inner), 0..3).prop_map(|it| it.into_iter().collect()),
        ]
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => anything().prop_map(Change::Replace),
        2 => select(vec![None, Some(" "), Some("\u{e9}")]).prop_map(Change::Spoil),
        1 => Just(Change::Remove),
        1 => "[A-Za-z.]{0,6}|x{40000}".prop_map(Change::Rename),
        1 => (2..300_usize).prop_map(Change::Repeat),
    ]
}

/// The values in it, itself the first.
fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Object(members) => members.values().map(places).sum::<usize>(),
        _ => 0,
    }
}

/// Changes the value at a place, counted as [`places`] does.
fn edit(value: &mut Value, place: usize, change: &Change) {
    if place == 0 {
        match (change, value) {
            (Change::Replace(other), value) => value.clone_from(other),
            (Change::Spoil(Some(more)), Value::String(text)) => text.push_str(more),
            (Change::Spoil(_), value) => *value = json!([value.take()]),
            _ => {}
        }
        return;
    }
    let mut left = place - 1;
    match value {
        Value::Array(items) => {
            for i in 0..items.len() {
                let inner = places(&items[i]);
                if left < inner {
                    match change {
                        Change::Remove if left == 0 => drop(items.remove(i)),
                        Change::Repeat(times) if left == 0 => {
                            let item = items[i].clone();
                            items.splice(i..i, std::iter::repeat_n(item, *times));
                        }
                        _ => edit(&mut items[i], left, change),
                    }
                    return;
                }
                left -= inner;
            }
        }
        Value::Object(members) => {
            for name in members.keys().cloned().collect::<Vec<_>>() {
                let inner = places(&members[&name]);
                if left < inner {
                    match change {
                        Change::Remove if left == 0 => drop(members.remove(&name)),
                        Change::Rename(other) if left == 0 => {
                            let member = members.remove(&name).expect("is there");
                            members.insert(other.clone(), member);
                        }
                        _ => edit(&mut members[&name], left, change),
                    }
                    return;
                }
                left -= inner;
            }
        }
        _ => {}
    }
}

#[test]
fn every_fuzz_target_takes_its_examples() {
    for (name, example) in EXAMPLES {
        assert!(fuzz_target(name)(example), "{name}: {example}");
    }
    for (name, _) in FUZZ_TARGETS {
        assert!(EXAMPLES.iter().any(|it| it.0 == name), "{name}");
    }
}

#[test]
fn the_secret_is_in_the_examples() {
    let marked = EXAMPLES.iter().filter(|it| compact(it.1).contains(SECRET));
    assert!(marked.count() >= 5);
}

#[test]
fn every_finding_of_the_fuzzer_stays_mended() {
    let mut with_findings = BTreeSet::new();
    for (name, fuzz_target) in FUZZ_TARGETS {
        let findings = fs::read_dir(format!("fuzz/findings/{name}"));
        for finding in findings.into_iter().flatten() {
            let finding = finding.expect("is readable");
            let is_taken = fuzz_target(&fs::read_to_string(finding.path()).expect("is text"));
            let file = finding.file_name().into_string().expect("is text");
            match file.split('-').next() {
                Some("taken") => assert!(is_taken, "{name} refuses {file}"),
                Some("refused") => assert!(!is_taken, "{name} takes {file}"),
                _ => {}
            }
            with_findings.insert(name);
        }
    }
    assert_eq!(with_findings, WITH_FINDINGS.into());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_changed_member_is_taken_or_refused_under_a_name(
        example in 0..EXAMPLES.len(),
        changes in vec((any::<Index>(), change()), 1..4),
    ) {
        let (name, text) = EXAMPLES[example];
        let lines = compact(text);
        let changed = lines.lines().map(|line| {
            let Ok(mut value) = serde_json::from_str::<Value>(line) else {
                return line.to_owned();
            };
            for (place, change) in &changes {
                let place = place.index(places(&value));
                edit(&mut value, place, change);
            }
            value.to_string()
        });
        fuzz_target(name)(&changed.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn a_changed_text_is_taken_or_refused_under_a_name(
        example in 0..EXAMPLES.len(),
        changes in vec((any::<Index>(), any::<Index>(), ".{0,3}|[\",;{}\\[\\]\r\n]|(a,\n){1,99}"), 1..6),
    ) {
        let (name, text) = EXAMPLES[example];
        let mut text: Vec<char> = compact(text).chars().collect();
        for (from, length, other) in changes {
            let from = from.index(text.len() + 1);
            let to = from + length.index(8).min(text.len() - from);
            text.splice(from..to, other.chars());
        }
        fuzz_target(name)(&text.into_iter().collect::<String>());
    }
}
