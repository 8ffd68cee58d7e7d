//! Contract of `statemachine/copy-product.asl.json` alone: where a copy is asked for, and what a cause says.

use std::collections::BTreeSet;

use catalog_copy::aws::service_catalog::CopyProductStatus;
use serde_json::{Value, json};

use super::definition::{COPY_PRODUCT, captures, list, members, of_type};

#[test]
fn the_statuses_are_those_of_the_code() {
    let machine = COPY_PRODUCT.machine();
    let choices = machine["States"]["RouteOnStatus"]["Choices"].to_string();
    let known = CopyProductStatus::ALL.map(|status| {
        let word = serde_json::to_value(status).expect("serializes");
        word.as_str().expect("is a word").to_owned()
    });
    assert_eq!(captures("'([A-Z_]+)'", &choices), BTreeSet::from(known));
}

#[test]
fn a_copy_is_asked_for_where_it_was_started() {
    let machine = COPY_PRODUCT.machine();
    let states = &machine["States"];
    let choices = &states["RouteOnInput"]["Choices"];
    assert_eq!(
        choices[0]["Condition"],
        "{% $type($states.input) = 'object' and $exists($states.input.CopyProductToken) %}"
    );
    assert_eq!(choices[0]["Next"], "CheckStatus");
    // Of a request, only what check-status takes.
    for (assigned, expected) in [
        (&choices[0], "{% $states.input %}"),
        (
            &choices[1],
            "{% $merge([$sift($states.input, function($v, $k) \
             { $k in ['SourceProductArn', 'Target', 'AcceptLanguage'] })]) %}",
        ),
        (
            &states["StartCopy"],
            "{% $merge([$statusRequest, \
             { 'CopyProductToken': $states.result.Payload.CopyProductToken }]) %}",
        ),
    ] {
        assert_eq!(assigned["Assign"]["statusRequest"], expected);
    }
    assert_eq!(
        states["CheckStatus"]["Arguments"]["Payload"],
        "{% $merge([$statusRequest, { 'ExecutionId': $states.context.Execution.Id }]) %}"
    );
}

#[test]
fn a_copy_is_started_by_the_event_else_the_outer_execution_else_its_own() {
    let machine = COPY_PRODUCT.machine();
    let states = &machine["States"];
    let outer = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";
    let choices = &states["ReadInput"]["Choices"];
    assert_eq!(
        choices[0]["Assign"]["origins"],
        format!("{{% [$states.input.id, $states.input.{outer}, $states.context.Execution.Id] %}}")
    );
    assert_eq!(
        choices[1]["Assign"]["origins"],
        format!("{{% [$states.input.{outer}, $states.context.Execution.Id] %}}")
    );
    assert_eq!(
        states["RouteOnInput"]["Choices"][1]["Assign"]["startedBy"],
        "{% $filter($origins, function($v) { $type($v) = 'string' and $v != '' })[0] %}"
    );
    assert_eq!(
        states["StartCopy"]["Arguments"]["Payload"],
        "{% $merge([$request, \
         { 'ExecutionId': $states.context.Execution.Id, 'StartedBy': $startedBy }]) %}"
    );
}

#[test]
fn each_function_is_sent_what_its_event_shows() {
    let machine = COPY_PRODUCT.machine();
    let mut event: Value =
        serde_json::from_str(include_str!("../../../events/finish-copy.json")).expect("is JSON");
    // What the first run of finish-copy is not sent.
    event["Finished"] = Value::Null;
    let payload = &machine["States"]["FinishCopy"]["Arguments"]["Payload"];
    assert_eq!(members(payload), members(&event));

    let event: Value =
        serde_json::from_str(include_str!("../../../events/check-status.json")).expect("is JSON");
    let choices = &machine["States"]["RouteOnInput"]["Choices"];
    let kept = choices[1]["Assign"]["statusRequest"].to_string();
    let mut sent = captures(r"[\[ ]'(\w+)'[,\]]", &kept);
    sent.extend(["CopyProductToken", "ExecutionId"].map(str::to_owned));
    assert_eq!(sent, members(&event));
}

/// What a function answers needs no more words: the output of an execution has the source and the target.
#[test]
fn the_output_of_a_task_is_the_answer_of_its_function() {
    for (name, task) in of_type(&COPY_PRODUCT.machine(), "Task") {
        assert_eq!(task["Output"], "{% $states.result.Payload %}", "{name}");
    }
}

#[test]
fn a_cause_says_how_to_go_on() {
    let machine = COPY_PRODUCT.machine();
    let states = &machine["States"];
    assert_eq!(
        states["CopyFailed"]["Cause"], "{% $states.input.Cause %}",
        "the sentence of check-status"
    );
    let cause = states["CopyTimedOut"]["Cause"].to_string();
    let shown = "start an execution with ' & $string($takeUp) & $andExternalId %}";
    assert!(cause.contains(shown), "{cause}");
    // Of the answer, which has no ExternalId.
    let timed_out =
        list(&states["RouteOnStatus"]["Choices"]).find(|choice| choice["Next"] == "CopyTimedOut");
    assert_eq!(
        timed_out.expect("is chosen")["Assign"],
        json!({
            "takeUp": "{% $sift($states.input, function($v, $k) \
                { $k in ['CopyProductToken', 'SourceProductArn', 'Target'] }) %}",
            "andExternalId": "{% $exists($statusRequest.Target.ExternalId) \
                ? ' and the ExternalId' : '' %}",
        })
    );
    let cause = states["UnexpectedStatus"]["Cause"].to_string();
    for named in [
        "$statusRequest.CopyProductToken",
        "$status.CopyProductStatus",
    ] {
        assert!(cause.contains(named), "{named} is not in {cause}");
    }
}
