use proptest::prelude::*;
use serde_json::json;

use super::*;

const EXECUTION: &str = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:a";
const SECRET: &str = "what-only-we-know";
const SENTENCE: &str = "Copying \"VPC\" \\ é 語 \u{1f980} to eu-west-1: not shared";

fn of_function(message: &str) -> String {
    json!({ "errorType": "TargetAmbiguous", "errorMessage": message }).to_string()
}

/// What Step Functions says of a failed execution; the input is the user's.
fn description(members: &[(&'static str, &str)]) -> Vec<(&'static str, Value)> {
    let input = json!({
        "TargetProductName": r#""Error":"none","Cause":"none""#,
        "Target": { "ExternalId": SECRET },
    });
    let mut description = vec![
        ("ExecutionArn", EXECUTION.into()),
        ("Input", input.to_string().into()),
        ("InputDetails", json!({ "Included": true })),
        ("Name", "a".into()),
        ("RedriveCount", 0.into()),
        ("StopDate", json!(1_795_435_242_500_i64)),
    ];
    description.extend(members.iter().map(|(name, text)| (*name, (*text).into())));
    description.sort_unstable_by_key(|(name, _)| *name);
    description
}

fn failed(cause: &str) -> Vec<(&'static str, Value)> {
    description(&[
        ("Cause", cause),
        ("Error", "CopyFailed"),
        ("Status", "FAILED"),
    ])
}

fn text(members: &[(&str, Value)]) -> String {
    let members = members
        .iter()
        .map(|(name, value)| format!("{}:{value}", json!(name)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn failure(cause: &str) -> [String; 3] {
    let Failure {
        error,
        cause,
        execution_arn,
    } = Failure::of_task("States.TaskFailed", cause);
    [error, cause, execution_arn.unwrap_or_default()]
}

#[test]
fn a_failed_execution_is_read_from_its_description() {
    let indented = serde_json::to_string_pretty(&json!({
        "Cause": SENTENCE, "Error": "CopyFailed", "ExecutionArn": EXECUTION, "Status": "FAILED",
    }));
    let ended = |status| text(&description(&[("Status", status)]));
    for (cause, expected) in [
        (text(&failed(SENTENCE)), ["CopyFailed", SENTENCE, EXECUTION]),
        (
            text(&failed(&of_function(SENTENCE))),
            ["CopyFailed", SENTENCE, EXECUTION],
        ),
        (
            indented.expect("serializes"),
            ["CopyFailed", SENTENCE, EXECUTION],
        ),
        (ended("TIMED_OUT"), ["TIMED_OUT", "", EXECUTION]),
        (ended("ABORTED"), ["ABORTED", "", EXECUTION]),
    ] {
        assert_eq!(failure(&cause), expected, "{cause}");
    }
}

#[test]
fn an_execution_that_was_not_started_has_the_error_of_the_task() {
    for (cause, expected) in [
        (SENTENCE.to_owned(), SENTENCE),
        (of_function(SENTENCE), SENTENCE),
        (String::new(), ""),
        ("{}".to_owned(), ""),
        (" {".to_owned(), ""),
    ] {
        assert_eq!(failure(&cause), ["States.TaskFailed", expected, ""]);
    }
}

#[test]
fn a_sentence_is_read_to_where_it_is_cut() {
    let whole = text(&failed(SENTENCE));
    let start = r#"{"Cause":"#.len();
    for (length, _) in whole.char_indices() {
        let [error, cause, _] = failure(&whole[..length]);
        assert!(["States.TaskFailed", "CopyFailed"].contains(&error.as_str()));
        assert!(SENTENCE.starts_with(&cause), "{cause}");
        let read = json!(cause).to_string().len() + CUT_ESCAPES;
        assert!(read >= length.min(json!(SENTENCE).to_string().len()) - length.min(start));
    }
    let nested = text(&failed(&of_function(SENTENCE)));
    for (cut, expected) in [
        (r#"{"Cause":"a\ud83e\udd8"#, "a"),
        (r#"{"Cause":"a\ud83e\udd80b"#, "a\u{1f980}b"),
        // Cut so that it still looks whole.
        (r#"{"Cause":"a","Error":"Copy}"#, "a"),
        (r#"{"Error":"Copy"#, ""),
        (
            nested.split_once("not shared").expect("has it").0,
            "Copying",
        ),
    ] {
        let [error, cause, _] = failure(cut);
        assert_eq!(error, "States.TaskFailed");
        assert!(cause.starts_with(expected), "{cause}");
        assert!(!expected.is_empty() || cause.is_empty(), "{cause}");
    }
}

#[test]
fn a_sentence_has_an_end() {
    let long = "語".repeat(32_768);
    assert_eq!(sentence(&long).chars().count(), MAX_SENTENCE);
    for cause in [text(&failed(&long)), long] {
        assert_eq!(failure(&cause)[1].chars().count(), MAX_SENTENCE);
    }
}

#[test]
fn what_makes_little_sense_ends_in_a_sentence_too() {
    for unit in [
        "\"",
        "\\",
        "\\\"",
        "{",
        "[",
        "{\"errorType\":",
        "\"Cause\":\"",
        "語",
        "\n",
    ] {
        let long = unit.repeat(32_768 / unit.len());
        for cause in [
            long.clone(),
            format!("{{{long}"),
            format!("{{\"Cause\":\"{long}\"}}"),
        ] {
            assert!(failure(&cause)[1].chars().count() <= MAX_SENTENCE);
        }
    }
}

proptest! {
    #[test]
    fn nothing_of_the_input_is_kept(
        members in Just(failed(SENTENCE)).prop_shuffle(),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = text(&members);
        let ends: Vec<_> = whole.char_indices().map(|(end, _)| end).chain([whole.len()]).collect();
        let failure = failure(&whole[..*cut.get(&ends)]);
        prop_assert!(!failure.concat().contains("what-only"), "{:?}", failure);
        prop_assert!(!failure.concat().contains("none"), "{:?}", failure);
    }
}
