//! Every door of the functions takes what it should and refuses the rest under a name.
//!
//! What must hold is in `fuzz/src/lib.rs`, which the fuzzer shares.

#[allow(unreachable_pub)] // It is a crate of its own for the fuzzer.
#[path = "../fuzz/src/lib.rs"]
mod doors;

use std::fs;

use doors::{DOORS, Door, SECRET};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};

/// What each door is told in `events/`.
const EXAMPLES: [(&str, &str); 14] = [
    ("start_copy", include_str!("../events/start-copy.json")),
    (
        "start_copy",
        include_str!("../events/copy-request-full.json"),
    ),
    ("check_status", include_str!("../events/check-status.json")),
    ("check_status", include_str!("../events/take-up.json")),
    ("finish_copy", include_str!("../events/finish-copy.json")),
    ("list_copies", include_str!("../events/copy-products.json")),
    (
        "list_copies",
        include_str!("../events/version-published.json"),
    ),
    (
        "list_copies",
        r#"{ "source": "aws.s3", "detail-type": "Object Created", "detail": {} }"#,
    ),
    (
        "list_copies",
        r#"{ "Manifest": { "Bucket": "b", "Key": "a.csv" }, "MaxConcurrency": 1 }"#,
    ),
    (
        "publish_outcome",
        include_str!("../events/publish-outcome.json"),
    ),
    ("publish_outcome", FAILED),
    ("manifest_jsonl", include_str!("../events/manifest.jsonl")),
    ("manifest_csv", include_str!("../events/manifest.csv")),
    (
        "subscriptions_json",
        include_str!("../events/subscriptions.json"),
    ),
];

const FAILED: &str = r#"{ "detail": {
    "executionArn": "arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProduct:a",
    "stateMachineArn": "arn:aws:states:us-east-1:111122223333:stateMachine:catalog-copy-CopyProduct",
    "status": "FAILED", "startDate": 1795435200000, "stopDate": 1795435242500,
    "error": "CopyFailed", "cause": "{\"errorMessage\":\"take \\\"it\\\" up\"}"
} }"#;

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

fn door(name: &str) -> Door {
    let door = DOORS.into_iter().find(|it| it.0 == name);
    door.expect("is a door").1
}

/// An example with its secret marked, without the spaces between members.
fn compact(example: &str) -> String {
    let compact = |text: &str| {
        let value: Result<Value, _> = serde_json::from_str(text);
        value.map_or(text.to_owned(), |it| it.to_string())
    };
    let lines: Vec<_> = compact(example).lines().map(compact).collect();
    let marked = format!(r#""ExternalId":"{SECRET}""#);
    lines
        .join("\n")
        .replace(r#""ExternalId":"catalog-copy""#, &marked)
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("x".repeat(20_000))),
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
        1 => "[A-Za-z.]{0,6}".prop_map(Change::Rename),
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
fn every_door_takes_its_examples() {
    for (name, example) in EXAMPLES {
        door(name)(example);
    }
    for (name, _) in DOORS {
        assert!(EXAMPLES.iter().any(|it| it.0 == name), "{name}");
    }
}

#[test]
fn the_secret_is_in_the_examples() {
    let marked = EXAMPLES.iter().filter(|it| compact(it.1).contains(SECRET));
    assert!(marked.count() >= 4);
}

#[test]
fn what_the_fuzzer_found_holds() {
    for (name, door) in DOORS {
        let findings = fs::read_dir(format!("fuzz/findings/{name}"));
        for finding in findings.into_iter().flatten() {
            let path = finding.expect("is readable").path();
            door(&fs::read_to_string(path).expect("is text"));
        }
    }
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
        door(name)(&changed.collect::<Vec<_>>().join("\n"));
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
        door(name)(&text.into_iter().collect::<String>());
    }
}
