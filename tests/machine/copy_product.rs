//! Contract of `statemachine/copy-product.asl.json`: what its engines do not check.

use std::collections::BTreeSet;

use catalog_copy::{
    catalog::CopyProductStatus,
    error::{NO_ANSWER_CODE, SERVER_FAULT_CODES, THROTTLING_CODES},
};
use regex::Regex;
use serde_json::{Map, Value, json};

const DEFINITION: &str = include_str!("../statemachine/copy-product.asl.json");
const TEMPLATE: &str = include_str!("../template.yaml");

/// What Lambda answers when too much is asked of it: the function has not run.
const LAMBDA_THROTTLING: &str = "Lambda.TooManyRequestsException";

/// Names that Step Functions and Lambda give when a function may or may not have run; see "Handling
/// errors in Step Functions workflows".
const LOST: [&str; 8] = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "States.Timeout",
];

fn machine() -> Value {
    serde_json::from_str(DEFINITION).expect("is JSON before deployment")
}

fn states(machine: &Value) -> &Map<String, Value> {
    machine["States"].as_object().expect("has states")
}

fn tasks(machine: &Value) -> Vec<(&String, &Value)> {
    let tasks: Vec<_> = states(machine)
        .iter()
        .filter(|(_, state)| state["Type"] == "Task")
        .collect();
    assert!(!tasks.is_empty());
    tasks
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn next_states(state: &Value) -> Vec<&str> {
    let choices = list(&state["Choices"]).chain(list(&state["Catch"]));
    let nexts = choices.map(|it| &it["Next"]);
    nexts
        .chain([&state["Next"], &state["Default"]])
        .filter_map(Value::as_str)
        .collect()
}

fn captures(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("is a pattern");
    let found = pattern.captures_iter(text);
    found.map(|it| it[1].to_owned()).collect()
}

#[test]
fn every_state_can_be_reached_and_every_target_exists() {
    let machine = machine();
    let states = states(&machine);
    let mut reached = BTreeSet::new();
    let mut ahead = vec![machine["StartAt"].as_str().expect("has a start")];
    while let Some(name) = ahead.pop() {
        let state = states
            .get(name)
            .unwrap_or_else(|| panic!("no state {name}"));
        if reached.insert(name) {
            ahead.extend(next_states(state));
        }
    }
    let all: BTreeSet<_> = states.keys().map(String::as_str).collect();
    assert_eq!(reached, all);
}

#[test]
fn every_choice_falls_to_a_fail() {
    let machine = machine();
    let choices: Vec<_> = states(&machine)
        .values()
        .filter(|it| it["Type"] == "Choice")
        .collect();
    assert_eq!(choices.len(), 4);
    for choice in choices {
        let default = choice["Default"].as_str().expect("has a Default");
        assert_eq!(machine["States"][default]["Type"], "Fail", "{default}");
    }
}

#[test]
fn only_a_succeeded_copy_or_a_dry_run_ends_green() {
    let machine = machine();
    for (name, state) in states(&machine) {
        assert_ne!(state["End"], true, "{name} ends the execution");
        let green = ["CopySucceeded", "CopyPlanned"];
        for member in ["Next", "Default"] {
            assert!(
                !green.contains(&state[member].as_str().unwrap_or_default()),
                "{name}"
            );
        }
        for choice in list(&state["Choices"]) {
            let condition = choice["Condition"].as_str().expect("has a condition");
            match choice["Next"].as_str() {
                Some("CopySucceeded") => assert!(
                    condition.contains("$states.input.CopyProductStatus = 'SUCCEEDED'"),
                    "{condition}"
                ),
                Some("CopyPlanned") => assert_eq!(condition, "{% $started.DryRun = true %}"),
                _ => {}
            }
        }
    }
}

#[test]
fn every_fail_has_an_error_name_and_a_cause() {
    let machine = machine();
    let fails = states(&machine).values().filter(|it| it["Type"] == "Fail");
    let errors: BTreeSet<_> = fails
        .map(|it| {
            assert!(it["Cause"].as_str().is_some_and(|cause| cause.len() > 40));
            it["Error"].as_str().expect("has an Error")
        })
        .collect();
    let names = [
        "CopyFailed",
        "CopyTimedOut",
        "InvalidRequest",
        "PortfoliosNotVisible",
        "UnexpectedStatus",
    ];
    assert_eq!(errors, BTreeSet::from(names));
}

#[test]
fn every_task_has_a_timeout_and_a_patient_retry() {
    for (name, task) in tasks(&machine()) {
        assert_eq!(task["TimeoutSeconds"], 90, "{name}");
        let retriers: Vec<_> = list(&task["Retry"]).collect();
        assert!(!retriers.is_empty(), "{name}");
        for retrier in retriers {
            assert!(retrier["MaxDelaySeconds"].is_u64(), "{name}");
            assert!(retrier["MaxAttempts"].is_u64(), "{name}");
            // Full jitter may make a delay as short as nothing.
            let waits_for_a_lost_copy = retrier["IntervalSeconds"].as_u64() >= Some(60);
            let jitter = if waits_for_a_lost_copy {
                "NONE"
            } else {
                "FULL"
            };
            assert_eq!(retrier["JitterStrategy"], jitter, "{name}");
        }
    }
}

#[test]
fn every_retry_has_these_numbers() {
    let machine = machine();
    let mut numbers: Vec<_> = tasks(&machine)
        .into_iter()
        .flat_map(|(name, task)| {
            let number = |it: &Value, key: &str| it[key].as_u64().unwrap_or_default();
            list(&task["Retry"]).map(move |it| {
                let [interval, rate, most] = ["IntervalSeconds", "BackoffRate", "MaxDelaySeconds"]
                    .map(|key| number(it, key));
                (
                    name.as_str(),
                    interval,
                    rate,
                    most,
                    number(it, "MaxAttempts"),
                )
            })
        })
        .collect();
    numbers.sort_by_key(|it| it.0);
    // Task, IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts.
    let expected = [
        ("CheckStatus", 2, 2, 60, 3),
        ("CheckStatus", 2, 2, 60, 6),
        ("FinishCopy", 2, 2, 60, 3),
        ("FinishCopy", 2, 2, 60, 6),
        ("StartCopy", 2, 2, 60, 6),
        ("StartCopy", 60, 2, 300, 3),
    ];
    assert_eq!(numbers, expected);
}

#[test]
fn what_is_retried_is_what_may_pass_by_itself() {
    let codes = |codes: &[&str]| -> BTreeSet<String> {
        let names = codes.iter().map(|code| format!("ServiceCatalog.{code}"));
        names.collect()
    };
    let mut throttled = codes(&THROTTLING_CODES);
    throttled.insert(LAMBDA_THROTTLING.to_owned());
    let mut lost = codes(&SERVER_FAULT_CODES);
    lost.extend(codes(&[NO_ANSWER_CODE]));
    lost.extend(LOST.map(str::to_owned));
    let transient = &throttled | &lost;
    let mut late = codes(&["ResourceNotFoundException"]);
    for (name, task) in tasks(&machine()) {
        let retriers: Vec<BTreeSet<String>> = list(&task["Retry"])
            .map(|it| {
                let names = list(&it["ErrorEquals"]).filter_map(Value::as_str);
                names.map(str::to_owned).collect()
            })
            .collect();
        match name.as_str() {
            "StartCopy" => {
                assert_eq!(retriers, [throttled.clone(), lost.clone()]);
                assert!(task["Retry"][1]["IntervalSeconds"].as_u64() >= Some(60));
            }
            "CheckStatus" => assert_eq!(retriers, [late.clone(), transient.clone()]),
            "FinishCopy" => {
                late.insert("CopyIncomplete".to_owned());
                assert_eq!(retriers, [late.clone(), transient.clone()]);
            }
            other => panic!("{other} is not in this test"),
        }
    }
}

#[test]
fn the_statuses_are_those_of_the_code() {
    let machine = machine();
    let choices = machine["States"]["RouteOnStatus"]["Choices"].to_string();
    let known = CopyProductStatus::ALL.map(|it| {
        let word = serde_json::to_value(it).expect("serializes");
        word.as_str().expect("is a word").to_owned()
    });
    assert_eq!(captures("'([A-Z_]+)'", &choices), BTreeSet::from(known));
}

#[test]
fn every_substitution_is_given_and_used() {
    let used = captures(r"\$\{(\w+)\}", DEFINITION);
    let template: serde_norway::Value = serde_norway::from_str(TEMPLATE).expect("is YAML");
    let properties = &template["Resources"]["CopyProductStateMachine"]["Properties"];
    let given = properties["DefinitionSubstitutions"]
        .as_mapping()
        .expect("is a mapping");
    let given = given.keys().filter_map(serde_norway::Value::as_str);
    assert_eq!(used, given.map(str::to_owned).collect());
}

#[test]
fn every_variable_is_assigned_somewhere() {
    let text = Regex::new(r"\$\{\w+\}").expect("is a pattern");
    let text = text.replace_all(DEFINITION, "1");
    let built_in = [
        "states",
        "type",
        "exists",
        "merge",
        "sift",
        "millis",
        "min",
        "max",
        "ceil",
        "lowercase",
    ]
    .into_iter()
    .chain(["contains", "string", "not", "join", "length"])
    .map(str::to_owned);
    let parameters = captures(r"function\([^)]*\$(\w+)", &text)
        .into_iter()
        .chain(captures(r"function\(\$(\w+)", &text));
    let machine = machine();
    let assigned = states(&machine)
        .values()
        .flat_map(|state| list(&state["Choices"]).chain([state]))
        .filter_map(|it| it["Assign"].as_object())
        .flat_map(Map::keys)
        .cloned();
    let known: BTreeSet<String> = built_in.chain(parameters).chain(assigned).collect();
    let unknown: Vec<String> = captures(r"\$(\w+)", &text)
        .into_iter()
        .filter(|it| !known.contains(it))
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
}

/// The most and the least a template parameter may be.
fn limit(parameter: &str, which: &str) -> u64 {
    let template: serde_norway::Value = serde_norway::from_str(TEMPLATE).expect("is YAML");
    let limit = template["Parameters"][parameter][which].as_u64();
    limit.unwrap_or_else(|| panic!("{parameter} has a {which}"))
}

/// Looks at a copy that never ends, as `WaitForCopy` spaces them.
fn polls(min_wait: u64, max_wait: u64, deadline: u64) -> u64 {
    let mut waited = 0;
    let mut polls = 0;
    while waited < deadline {
        waited += waited.div_ceil(5).max(min_wait).min(max_wait);
        polls += 1;
    }
    polls
}

#[test]
fn the_longest_wait_stays_below_25_000_events() {
    let machine = machine();
    let retries: u64 = list(&machine["States"]["CheckStatus"]["Retry"])
        .filter_map(|it| it["MaxAttempts"].as_u64())
        .sum();
    let most = polls(
        limit("MinWaitSeconds", "MinValue"),
        limit("MaxWaitSeconds", "MinValue"),
        limit("DeadlineSeconds", "MaxValue"),
    );
    // Wait 2, Task 5, Choice 2; a retry repeats scheduled, started and failed. CheckStatus and
    // FinishCopy share the deadline, and each may run once more after it.
    let events = (most + 2) * (9 + 3 * retries);
    assert!(events < 25_000, "{most} polls make {events} events");
}

#[test]
fn the_wait_formula_is_the_one_of_the_arithmetic() {
    let machine = machine();
    for wait in ["WaitForCopy", "WaitForPortfolios"] {
        assert_eq!(
            machine["States"][wait]["Seconds"],
            "{% $min([${MaxWaitSeconds}, $max([${MinWaitSeconds}, \
             $ceil(($millis() - $waitingSince) / 5000)])]) %}"
        );
    }
}

#[test]
fn the_machine_outlives_its_longest_deadline() {
    let machine = machine();
    let timeout = machine["TimeoutSeconds"].as_u64().expect("has a timeout");
    let task = |name: &str| -> u64 {
        let task = &machine["States"][name];
        let tries = list(&task["Retry"]).map(|it| {
            let attempts = it["MaxAttempts"].as_u64().expect("is limited");
            attempts * (90 + it["MaxDelaySeconds"].as_u64().expect("is limited"))
        });
        90 + tries.sum::<u64>()
    };
    let longest = task("StartCopy")
        + limit("DeadlineSeconds", "MaxValue")
        + 2 * limit("MaxWaitSeconds", "MaxValue")
        + 2 * task("CheckStatus")
        + 2 * task("FinishCopy");
    assert!(longest < timeout, "{longest} s is longer than {timeout} s");
    assert!(
        timeout < 2 * longest,
        "{timeout} s is far longer than {longest} s"
    );
}

#[test]
fn the_deadline_is_compared_in_milliseconds() {
    let machine = machine();
    let mut compared: Vec<_> = states(&machine)
        .iter()
        .flat_map(|(name, it)| list(&it["Choices"]).map(move |choice| (name.as_str(), choice)))
        .filter_map(|(name, it)| Some((name, it["Condition"].as_str()?, it["Next"].as_str()?)))
        .filter(|(_, condition, _)| condition.contains("DeadlineSeconds"))
        .collect();
    compared.sort_unstable();
    let expected = [
        (
            "RouteOnFinish",
            "{% $exists($states.input.PendingPortfolioIds) \
             and $millis() - $waitingSince < ${DeadlineSeconds} * 1000 %}",
            "WaitForPortfolios",
        ),
        (
            "RouteOnStatus",
            "{% $states.input.CopyProductStatus = 'IN_PROGRESS' \
             and $millis() - $waitingSince < ${DeadlineSeconds} * 1000 %}",
            "WaitForCopy",
        ),
    ];
    assert_eq!(compared, expected);
}

#[test]
fn a_copy_is_asked_for_where_it_was_started() {
    let machine = machine();
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
    let machine = machine();
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
    let machine = machine();
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
