use std::collections::HashSet;
use std::mem;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Moment::{AfterAcceptance, BeforeAcceptance};
use crate::Operation::{CopyProduct, DescribeCopyProductStatus};
use crate::{Fault, Faults};

fn read(file: &Value) -> Result<Faults, String> {
    serde_json::from_str(&file.to_string()).map_err(|error| error.to_string())
}

#[test]
fn every_fault_can_be_written() {
    let slow = json!({ "Slow": { "Moment": "AfterAcceptance", "Seconds": 0.5 } });
    for (written, fault) in [
        (json!("Throttling"), Fault::throttled()),
        (
            json!({ "Error": { "Code": "InternalFailure", "Status": 500 } }),
            Fault::error(500, "InternalFailure"),
        ),
        (
            json!({ "Error": { "Code": "X", "Status": 400, "Message": "Rate exceeded" } }),
            Fault::error(400, "X").saying("Rate exceeded"),
        ),
        (
            json!({ "Reset": "BeforeAcceptance" }),
            Fault::Reset(BeforeAcceptance),
        ),
        (
            json!({ "Hang": "AfterAcceptance" }),
            Fault::Hang(AfterAcceptance),
        ),
        (
            slow,
            Fault::Slow(AfterAcceptance, Duration::from_millis(500)),
        ),
        (json!("Malformed"), Fault::Malformed),
        (
            json!({ "Answer": { "CopyProductStatus": "FAILED" } }),
            Fault::status("FAILED", None),
        ),
    ] {
        let file = json!({ "CopyProduct": [{ "Next": 1, "Fault": written }] });
        let mut faults = read(&file).expect("a faults file");
        assert_eq!(faults.take(CopyProduct, "us-east-1"), Some(fault));
        assert_eq!(faults.take(CopyProduct, "us-east-1"), None);
    }
}

#[test]
fn the_readme_has_every_fault_and_its_example_is_read() {
    let readme = include_str!("../../README.md");
    let section = readme.split("## Faults\n").nth(1).expect("a section");
    let section = section.split("\n## ").next().expect("a section");
    let example = section.split("```json\n").nth(1).expect("an example");
    let example = example.split("```").next().expect("an example");
    serde_json::from_str::<Faults>(example).expect("a faults file");

    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter_map(|line| line.split("` |").next());
    let mut kinds = HashSet::new();
    for row in rows.filter(|row| *row != "Fault") {
        let fault: Value = serde_json::from_str(row).expect("a fault");
        let file = json!({ "CopyProduct": [{ "Next": 1, "Fault": fault }] });
        let mut faults = read(&file).expect("a faults file");
        let fault = faults.take(CopyProduct, "us-east-1").expect("a fault");
        kinds.insert(mem::discriminant(&fault));
    }
    assert_eq!(kinds.len(), 6, "every kind of fault");
}

#[test]
fn the_next_calls_meet_their_faults_in_order_and_later_ones_every_nth() {
    let mut faults = read(&json!({
        "CopyProduct": [
            { "Every": 2, "Fault": "Malformed" },
            { "Next": 1 },
            { "Next": 2, "Fault": "Throttling" },
            { "Every": 3, "Fault": { "Reset": "AfterAcceptance" } },
        ],
        "DescribeCopyProductStatus": [{ "Every": 1, "Fault": "Throttling" }],
    }))
    .expect("a faults file");
    let (malformed, throttled) = (Some(Fault::Malformed), Some(Fault::throttled()));
    let reset = Some(Fault::Reset(AfterAcceptance));
    for expected in [
        None,
        throttled.clone(),
        throttled.clone(),
        None,
        malformed.clone(),
        reset,
        malformed.clone(),
        None,
        malformed,
    ] {
        assert_eq!(faults.take(CopyProduct, "us-east-1"), expected);
    }
    for _ in 0..3 {
        let taken = faults.take(DescribeCopyProductStatus, "us-east-1");
        assert_eq!(taken, throttled);
    }
}

#[test]
fn a_file_that_is_not_understood_is_refused_and_the_error_says_what_is_allowed() {
    let entry = |entry: Value| json!({ "CopyProduct": [entry] });
    let fault = |fault: Value| entry(json!({ "Next": 1, "Fault": fault }));
    for (file, part) in [
        (json!({ "CopyProdct": [] }), "`CopyProduct`"),
        (entry(json!({ "Nxt": 1 })), "`Next`, `Every`, `Fault`"),
        (entry(json!({ "Next": 0 })), "nonzero"),
        (
            entry(json!({ "Fault": "Malformed" })),
            "either `Next` or `Every`",
        ),
        (entry(json!({ "Every": 2 })), "`Every` has a `Fault`"),
        (
            entry(json!({ "Next": 1, "Every": 2, "Fault": "Malformed" })),
            "either `Next` or `Every`",
        ),
        (fault(json!("Throtling")), "`Throttling`, `Error`, `Reset`"),
        (fault(json!({ "Hang": "Before" })), "`BeforeAcceptance`"),
        (
            fault(json!({ "Error": { "Code": "X", "Status": 200 } })),
            "400 to 599",
        ),
        (
            fault(json!({ "Error": { "Code": "X", "Status": 400, "Text": "" } })),
            "`Code`, `Status`, `Message`",
        ),
        (
            fault(json!({ "Slow": { "Moment": "AfterAcceptance", "Seconds": -1 } })),
            "`Seconds`",
        ),
        (fault(json!({ "Answer": "FAILED" })), "expected a map"),
    ] {
        let error = read(&file).expect_err("is refused");
        assert!(error.contains(part), "{file}: {error}");
    }
}
