//! Contract of `statemachine/copy-product.asl.json` alone: where a copy is asked for, and what is told.

use std::collections::BTreeSet;

use catalog_copy::aws::service_catalog::CopyProductStatus;
use serde_json::json;

use crate::definition::{COPY_PRODUCT, captures, states};

#[test]
fn the_statuses_are_those_of_the_code() {
    let machine = COPY_PRODUCT.machine();
    let choices = machine["States"]["RouteOnStatus"]["Choices"].to_string();
    let known = CopyProductStatus::ALL.map(|it| {
        let word = serde_json::to_value(it).expect("serializes");
        word.as_str().expect("is a word").to_owned()
    });
    assert_eq!(captures("'([A-Z_]+)'", &choices), BTreeSet::from(known));
}

#[test]
fn a_copy_is_asked_for_where_it_was_started() {
    let machine = COPY_PRODUCT.machine();
    let states = &machine["States"];
    assert_eq!(
        states["StartCopy"]["Assign"]["statusRequest"],
        "{% { 'CopyProductToken': $states.result.Payload.CopyProductToken, \
         'AcceptLanguage': $request.AcceptLanguage, 'Target': $request.Target, \
         'ExecutionId': $states.context.Execution.Id } %}"
    );
    let taken_up = &states["RouteOnInput"]["Choices"][0];
    assert_eq!(
        *taken_up,
        json!({
            "Condition": "{% $type($request) = 'object' and $exists($request.CopyProductToken) %}",
            "Assign": {
                "waitingSince": "{% $millis() %}",
                "statusRequest":
                    "{% $merge([$request, { 'ExecutionId': $states.context.Execution.Id }]) %}"
            },
            "Next": "CheckStatus"
        })
    );
    assert_eq!(
        states["CheckStatus"]["Arguments"]["Payload"],
        "{% $statusRequest %}"
    );
}

#[test]
fn a_copy_is_started_by_the_event_else_the_outer_execution_else_its_own() {
    let machine = COPY_PRODUCT.machine();
    assert_eq!(
        machine["States"]["ReadInput"]["Assign"]["startedBy"],
        "{% [$type($states.input.id) = 'string' and $states.input.id != '' ? $states.input.id, \
         $states.input.AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID, \
         $states.context.Execution.Id][0] %}"
    );
    let start = machine["States"]["StartCopy"]["Arguments"]["Payload"].as_str();
    assert_eq!(
        start,
        Some(
            "{% $merge([$request, \
             { 'ExecutionId': $states.context.Execution.Id, 'StartedBy': $startedBy }]) %}"
        )
    );
}

#[test]
fn a_cause_says_how_to_go_on() {
    let machine = COPY_PRODUCT.machine();
    let told = |what: &str| -> Vec<&str> {
        states(&machine)
            .iter()
            .filter(|(_, it)| it["Cause"].as_str().is_some_and(|it| it.contains(what)))
            .map(|(name, _)| name.as_str())
            .collect()
    };
    // Without a copy there is no token: a plan that misses nothing may still wait for portfolios.
    assert_eq!(
        told("$states.input.CopyProductToken"),
        ["CopyFailed", "CopyTimedOut", "UnexpectedStatus"]
    );
    for again in [
        "'CopyProductToken': $states.input.CopyProductToken",
        "'Region': $request.Target.Region",
        "'RoleArn': $request.Target.RoleArn",
        "$exists($request.Target.ExternalId) ? ' and the ExternalId'",
    ] {
        assert_eq!(told(again), ["CopyTimedOut"], "{again}");
    }
}
