//! Contract of `statemachine/copy-products.asl.json` alone: how a batch is spread, and what is passed on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::definition::{COPY_PRODUCTS, members, number, of_type, state};

fn event(text: &str) -> BTreeSet<String> {
    let event: Value = serde_json::from_str(text).expect("is JSON");
    let members = event.as_object().expect("is an object");
    members.keys().cloned().collect()
}

#[test]
fn a_machine_outlives_no_execution() {
    let a_year = 365 * 24 * 3600;
    assert!(number(&COPY_PRODUCTS.machine(), "TimeoutSeconds") <= a_year);
}

#[test]
fn a_child_makes_one_copy() {
    let machine = COPY_PRODUCTS.machine();
    let each = state(&machine, "CopyEach");
    assert_eq!(
        each["ItemProcessor"]["ProcessorConfig"],
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" })
    );
    // What is tolerated is judged by ReportCopies.
    assert_eq!(each["ToleratedFailurePercentage"], 100);
    assert_eq!(each["MaxConcurrency"], "{% $states.input.MaxConcurrency %}");
    assert_eq!(of_type(&machine, "Map").len(), 1);
    assert_eq!(each["ItemProcessor"]["StartAt"], "CopyProduct");
    assert_eq!(state(&machine, "CopyProduct")["End"], true);
}

#[test]
fn what_is_listed_is_read_and_the_results_are_written_into_the_bucket() {
    let machine = COPY_PRODUCTS.machine();
    let each = state(&machine, "CopyEach");
    assert_eq!(
        each["ItemReader"],
        json!({
            "Resource": "arn:${Partition}:states:::s3:getObject",
            "ReaderConfig": { "InputType": "JSONL" },
            "Arguments": {
                "Bucket": "{% $states.input.Copies.Bucket %}",
                "Key": "{% $states.input.Copies.Key %}",
            },
        })
    );
    assert_eq!(
        each["ResultWriter"],
        json!({
            "Resource": "arn:${Partition}:states:::s3:putObject",
            "Arguments": {
                "Bucket": "${CopiesBucketName}",
                "Prefix": "{% $states.input.Prefix & 'results' %}",
            },
            "WriterConfig": { "Transformation": "COMPACT", "OutputType": "JSONL" },
        })
    );
}

#[test]
fn a_copy_is_named_and_passes_on_what_started_it() {
    let machine = COPY_PRODUCTS.machine();
    assert_eq!(
        state(&machine, "CopyProduct")["Arguments"],
        json!({
            "StateMachineArn": "${CopyProductStateMachineArn}",
            "Name": "{% $states.input.Name %}",
            "Input": "{% $merge([$states.input.Request, \
                { 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID': $states.input.StartedBy }]) %}",
        })
    );
}

#[test]
fn a_failed_copy_stops_no_other() {
    let machine = COPY_PRODUCTS.machine();
    let copy = state(&machine, "CopyProduct");
    assert_eq!(copy["Catch"][0]["ErrorEquals"], json!(["States.ALL"]));
    // Nothing catches what fails in a Catch, so what is worked out there has a value for any error:
    // copy_products.cjs tries it.
    let output = &copy["Catch"][0]["Output"];
    assert_eq!(output["Index"], "{% $states.input.Index %}");
    assert_eq!(output["Status"], "FAILED");
    for member in ["Error", "Cause"] {
        let expression = output["ErrorOutput"][member].as_str();
        let or_empty = format!("[$states.errorOutput.{member}, ''][0]");
        assert!(
            expression.is_some_and(|it| it.contains(&or_empty)),
            "{member}"
        );
    }
    let not_made = copy["Catch"][0]["Next"].as_str().expect("goes somewhere");
    assert_eq!(state(&machine, not_made)["Type"], "Succeed");
}

#[test]
fn a_redrive_differs_from_the_round_that_failed() {
    let machine = COPY_PRODUCTS.machine();
    let report = state(&machine, "ReportCopies");
    assert_eq!(
        report["Arguments"]["Payload"],
        json!({
            "Listed": "{% $states.input.Listed %}",
            "Results": "{% $states.input.Results %}",
            "MadeAtRedriveCount": "{% $states.input.MadeAtRedriveCount %}",
            "RedriveCount": "{% $states.context.Execution.RedriveCount %}",
            "ExecutionId": "{% $states.context.Execution.Id %}",
        })
    );
    assert_eq!(
        state(&machine, "CopyEach")["Output"],
        json!({
            "Listed": "{% $states.input %}",
            "Results": "{% $states.result.ResultWriterDetails %}",
            "MadeAtRedriveCount": "{% $states.context.Execution.RedriveCount %}",
        })
    );
    assert_eq!(
        state(&machine, "RouteOnReport")["Choices"][1],
        json!({ "Condition": "{% $exists($states.input.Earlier) %}", "Next": "CopyEach" })
    );
}

#[test]
fn each_function_is_sent_what_its_event_shows() {
    let machine = COPY_PRODUCTS.machine();
    let list = &state(&machine, "ListCopies")["Arguments"]["Payload"];
    assert_eq!(
        members(list),
        event(include_str!("../../../events/list-copies.json"))
    );
    let report = &state(&machine, "ReportCopies")["Arguments"]["Payload"];
    assert_eq!(
        members(report),
        event(include_str!("../../../events/report-copies.json"))
    );
}
