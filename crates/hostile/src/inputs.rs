//! What somebody may ask a function, and what may lie in the files that it reads.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{
    answers::{any_text, pick},
    marks::{FORGED, SECRET},
};

/// An input, and what every object in S3 holds meanwhile.
pub(super) struct Input {
    pub(super) class: &'static str,
    pub(super) event: Vec<u8>,
    pub(super) object: Option<Vec<u8>>,
}

/// A function, and inputs that it takes.
pub(super) struct Target {
    pub(super) name: &'static str,
    /// Where `sam build` puts it.
    pub(super) folder: &'static str,
    /// Its memory in MB, as the template has it.
    pub(super) memory: u64,
    pub(super) examples: &'static [&'static str],
    /// Files that it reads.
    pub(super) files: &'static [&'static str],
}

pub(super) const TARGETS: [Target; 6] = [
    Target {
        name: "start-copy",
        folder: "StartCopyFunction",
        memory: 128,
        examples: &[
            include_str!("../../../events/start-copy.json"),
            include_str!("../../../events/copy-request-full.json"),
        ],
        files: &[],
    },
    Target {
        name: "check-status",
        folder: "CheckStatusFunction",
        memory: 128,
        examples: &[STATUS],
        files: &[],
    },
    Target {
        name: "finish-copy",
        folder: "FinishCopyFunction",
        memory: 128,
        examples: &[include_str!("../../../events/finish-copy.json")],
        files: &[],
    },
    Target {
        name: "list-copies",
        folder: "ListCopiesFunction",
        memory: 512,
        examples: &[
            include_str!("../../../events/list-copies.json"),
            BY_MANIFEST_JSONL,
            BY_MANIFEST_CSV,
            BY_SUBSCRIPTIONS,
        ],
        files: &[
            include_str!("../../../events/manifest.jsonl"),
            include_str!("../../../events/manifest.csv"),
            include_str!("../../../events/subscriptions.json"),
        ],
    },
    Target {
        name: "report-copies",
        folder: "ReportCopiesFunction",
        memory: 512,
        examples: &[include_str!("../../../events/report-copies.json")],
        files: &[
            r#"{"ResultFiles":{"SUCCEEDED":[{"Key":"batches/a/results/b/SUCCEEDED_0.jsonl"}]}}"#,
        ],
    },
    Target {
        name: "publish-outcome",
        folder: "PublishOutcomeFunction",
        memory: 128,
        examples: &[include_str!("../../../events/publish-outcome.json")],
        files: &[],
    },
];

const STATUS: &str = r#"{"CopyProductToken":"copyproduct-a","Target":{"Region":"eu-west-1","RoleArn":"arn:aws:iam::444455556666:role/CatalogCopyTarget","ExternalId":"catalog-copy"},"ExecutionId":"arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProduct:a"}"#;
const BY_MANIFEST_JSONL: &str = r#"{"Input":{"Manifest":{"Key":"a.jsonl"}},"ExecutionId":"arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProducts:a"}"#;
const BY_MANIFEST_CSV: &str = r#"{"Input":{"Manifest":{"Key":"a.csv"}},"ExecutionId":"arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProducts:a"}"#;
const BY_SUBSCRIPTIONS: &str = r#"{"Input":{"Subscriptions":"ALL"},"ExecutionId":"arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProducts:a"}"#;

/// An example as it is called with: its `ExternalId` is the secret.
pub(super) fn example(target: &Target, rng: &mut Rng) -> String {
    let example = *pick(rng, target.examples);
    ["\"", "\\\""]
        .iter()
        .fold(example.to_owned(), |text, quote| {
            let member = |colon: &str, id: &str| {
                format!("{quote}ExternalId{quote}{colon}{quote}{id}{quote}")
            };
            [":", ": "].iter().fold(text, |text, colon| {
                text.replace(&member(colon, "catalog-copy"), &member(colon, SECRET))
            })
        })
}

/// An input made of an example.
pub(super) fn changed(target: &Target, rng: &mut Rng) -> Input {
    let text = example(target, rng);
    let file = (!target.files.is_empty()).then(|| (*pick(rng, target.files)).to_owned());
    let (class, event, object) = match rng.u8(0..8) {
        0 => (
            "text cut or spoilt",
            spoilt(text.into_bytes(), rng),
            file.map(String::into_bytes),
        ),
        1 if file.is_some() => {
            let file = file.unwrap_or_default().into_bytes();
            (
                "files cut or spoilt",
                text.into_bytes(),
                Some(spoilt(file, rng)),
            )
        }
        2 | 3 if file.is_some() => {
            let file = file.unwrap_or_default();
            let lines = file.lines().map(|line| member_changed(line, target, rng));
            let lines: Vec<_> = lines.collect();
            (
                "files with members changed",
                text.into_bytes(),
                Some(lines.join("\n").into_bytes()),
            )
        }
        _ => {
            let event = member_changed(&text, target, rng).into_bytes();
            ("members changed", event, file.map(String::into_bytes))
        }
    };
    Input {
        class,
        event,
        object,
    }
}

/// A text of JSON with some of its members changed, or a line of CSV with some of its fields.
fn member_changed(text: &str, target: &Target, rng: &mut Rng) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        let mut fields: Vec<_> = text.split(',').map(str::to_owned).collect();
        let i = rng.usize(0..fields.len());
        fields[i] = if rng.bool() {
            any_text(rng)
        } else {
            SECRET.to_owned()
        };
        return fields.join(",");
    };
    for _ in 0..rng.usize(1..4) {
        let place = rng.usize(0..places(&value));
        change(&mut value, place, target, rng);
    }
    value.to_string()
}

fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Object(members) => members.values().map(places).sum::<usize>(),
        _ => 0,
    }
}

fn change(value: &mut Value, place: usize, target: &Target, rng: &mut Rng) {
    if place == 0 {
        *value = hostile(target, rng);
        return;
    }
    let mut left = place - 1;
    match value {
        Value::Array(items) => {
            for i in 0..items.len() {
                let inner = places(&items[i]);
                if left < inner {
                    if left == 0 && rng.u8(0..4) == 0 {
                        let item = items[i].clone();
                        items.extend(std::iter::repeat_n(item, rng.usize(1..500)));
                        return;
                    }
                    return change(&mut items[i], left, target, rng);
                }
                left -= inner;
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let inner = places(member);
                if left < inner {
                    // Only Step Functions gives it, and whoever reads a log looks for it.
                    if name == "ExecutionId" {
                        *member = any_text(rng).into();
                        return;
                    }
                    return change(member, left, target, rng);
                }
                left -= inner;
            }
        }
        _ => {}
    }
}

fn hostile(target: &Target, rng: &mut Rng) -> Value {
    match rng.u8(0..16) {
        0 => Value::Null,
        1 => json!(rng.i64(..)),
        2 => json!(1e308),
        3 => json!(rng.bool()),
        4 => json!([]),
        5 => json!({}),
        6 => json!("x".repeat(rng.usize(1..60_000))),
        7 => json!(vec!["a"; rng.usize(1..5000)]),
        8 => json!(
            [
                "eu-west-1.elsewhere.example",
                "../..",
                "us-east-1@elsewhere.example"
            ][rng.usize(0..3)]
        ),
        9 => json!("arn:aws:iam::444455556666:role/Other\r\nx: y"),
        10 => (0..rng.usize(1..100)).fold(json!(1), |inner, _| json!([inner])),
        // It shows inputs and outputs of executions, but not these.
        11..13 if target.name != "publish-outcome" && target.name != "report-copies" => {
            json!(SECRET)
        }
        13 => json!({ FORGED: 1 }),
        _ => json!(any_text(rng)),
    }
}

fn spoilt(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    for _ in 0..rng.usize(1..5) {
        let from = rng.usize(0..=bytes.len());
        let to = (from + rng.usize(0..8)).min(bytes.len());
        let other: Vec<u8> = match rng.u8(0..6) {
            0 => (0..rng.usize(0..4)).map(|_| rng.u8(..)).collect(),
            1 => b"1e999".to_vec(),
            2 => b"[".repeat(rng.usize(1..300)),
            3 => b"a,\n".repeat(rng.usize(1..99)),
            4 => {
                bytes.truncate(from);
                continue;
            }
            _ => pick(
                rng,
                &["\"", "{", "}", ",", ";", "\r", "\n", "\\", "\u{feff}"],
            )
            .as_bytes()
            .to_vec(),
        };
        bytes.splice(from..to, other);
    }
    bytes
}

/// Inputs that are large, or may become so.
#[allow(clippy::too_many_lines)] // A line an input.
pub(super) fn large(target: &Target) -> Vec<Input> {
    let arn = "arn:aws:catalog:us-east-1:111122223333:product/prod-a";
    let numbers = |length: usize| format!("[{}0]", "0,".repeat(length / 2));
    let event = |text: String| Input {
        class: "large inputs",
        event: text.into_bytes(),
        object: None,
    };
    let mut inputs: Vec<_> = [
        String::new(),
        "no JSON".to_owned(),
        numbers(1 << 20),
        numbers(6 << 20),
        format!("{}1{}", "[".repeat(1 << 19), "]".repeat(1 << 19)),
        format!("[{}[0]]", "[0],".repeat((1 << 18) - 9)),
        format!("\"{}\"", "x".repeat(1 << 20)),
        format!("{{{}\"a\":1}}", "\"a\":1,".repeat(1 << 17)),
    ]
    .map(event)
    .into();
    let member = |name: &str, value: Value| {
        let mut request = json!({ "SourceProductArn": arn });
        request[name] = value;
        event(request.to_string())
    };
    match target.name {
        "start-copy" => inputs.extend([
            member("PortfolioIds", json!(vec!["port-a"; 20_000])),
            member("Versions", json!(vec!["v"; 100_000])),
            member("CopyOptions", json!(vec!["CopyTags"; 50_000])),
            member(
                "SourceProvisioningArtifactIdentifiers",
                json!(vec![json!({ "Id": "pa-a" }); 50_000]),
            ),
        ]),
        "list-copies" => {
            let batch = |input: Value| {
                event(json!({ "Input": input, "ExecutionId": "a:b:c:d:e:f:g:h" }).to_string())
            };
            let product = json!({ "SourceProductArn": arn });
            let every = |product: &Value, products: usize, targets: usize| {
                batch(
                    json!({ "Products": vec![product; products], "Targets": vec![json!({}); targets] }),
                )
            };
            let names = json!({ "SourceProductArn": arn, "Versions": vec!["v"; 1000] });
            inputs.extend([
                every(&product, 200, 10_000),
                every(&product, 1000, 60_000),
                every(&product, 1, 10_000),
                every(&names, 1, 9000),
                batch(json!({ "Subscriptions": vec![arn; 9000] })),
                batch(json!({ "Manifest": { "Key": "k".repeat(2000) } })),
                batch(json!({ "Manifest": { "Key": "a.csv", "Bucket": "a/../b" } })),
            ]);
            let full = 32 << 20;
            let line =
                json!({ "SourceProductArn": arn, "Versions": vec!["v"; 1000] }).to_string() + "\n";
            let subscription =
                json!({ "SourceProductArn": arn, "Targets": vec![json!({}); 9000] }).to_string();
            for (example, file) in [
                (BY_MANIFEST_JSONL, numbers(full - 2)),
                (BY_MANIFEST_JSONL, line.repeat(7000)),
                (BY_MANIFEST_JSONL, "{}\n".repeat(full / 3)),
                (
                    BY_MANIFEST_JSONL,
                    format!("{{\"SourceProductArn\":\"{arn}\"}}\n").repeat(10_000),
                ),
                (BY_MANIFEST_JSONL, "x".repeat(full + 1)),
                (
                    BY_MANIFEST_CSV,
                    format!(
                        "SourceProductArn,Versions\n{arn},{}\n",
                        ";".repeat(full - 99)
                    ),
                ),
                (BY_MANIFEST_CSV, ",".repeat(full)),
                (BY_MANIFEST_CSV, format!("a{}\n", ",a".repeat(200_000))),
                (
                    BY_MANIFEST_CSV,
                    format!("SourceProductArn\n{}", "\"\n,,,,".repeat(full / 8)),
                ),
                (
                    BY_MANIFEST_CSV,
                    format!("SourceProductArn\n{}", format!("{arn}\n").repeat(10_000)),
                ),
                (BY_SUBSCRIPTIONS, numbers(full - 2)),
                (BY_SUBSCRIPTIONS, format!("[{}]", numbers(full - 9))),
                (BY_SUBSCRIPTIONS, format!("[{subscription},{subscription}]")),
                (BY_SUBSCRIPTIONS, format!("[{subscription}]")),
                (BY_SUBSCRIPTIONS, "[".repeat(full)),
            ] {
                inputs.push(Input {
                    class: "large files",
                    event: example.as_bytes().to_vec(),
                    object: Some(file.into_bytes()),
                });
            }
        }
        "report-copies" => {
            for file in [
                numbers(32 << 20),
                "[".repeat(1 << 20),
                "\n".repeat(1 << 20),
                "x".repeat(8 << 20),
            ] {
                inputs.push(Input {
                    class: "large files",
                    event: target.examples[0].as_bytes().to_vec(),
                    object: Some(file.into_bytes()),
                });
            }
        }
        _ => {}
    }
    inputs
}
