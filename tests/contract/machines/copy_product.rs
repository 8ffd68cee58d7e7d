//! Contract of `statemachine/copy-product.asl.json` alone: where a copy is asked for, and what a cause says.

use std::collections::BTreeSet;

use catalog_copy::{
    aws::service_catalog::CopyProductStatus, outcome::ExecutionStatus, request::Resume,
};
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
        "{% $merge([$statusRequest, \
         { 'TakenUp': $takenUp, 'ExecutionId': $states.context.Execution.Id }]) %}"
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
         { 'ExecutionId': $states.context.Execution.Id, 'StartedBy': $startedBy, \
         'Resume': $resume }]) %}"
    );
}

/// What start-copy is asked with again, it is asked with once: else an old answer would be believed.
#[test]
fn start_copy_learns_what_the_machine_has_learned_since_it_answered_last() {
    let machine = COPY_PRODUCT.machine();
    let mut learned = BTreeSet::new();
    for (name, choice) in choices_to(&machine, "StartCopy") {
        let resume = choice["Assign"]["resume"].clone();
        if name == "RouteOnRedrive" {
            // The choice that led to FailCopy has said it.
            continue;
        }
        match resume.as_str() {
            None => learned.extend(members(&resume)),
            Some(expression) => {
                assert!(expression.starts_with("{% $merge([$resume, { '"), "{name}");
                learned.extend(captures(r"'(\w+)':", expression));
            }
        }
    }
    let understood = serde_json::to_value(Resume::default()).expect("serializes");
    assert_eq!(learned, members(&understood));
    // All but that versions are no longer waited for, which stays.
    assert_eq!(
        machine["States"]["StartCopy"]["Assign"]["resume"],
        "{% $resume.WithoutNotReady = true ? { 'WithoutNotReady': true } : {} %}"
    );
}

/// A copy of another execution is not this one's: its end is no end of this execution.
#[test]
fn a_copy_that_was_taken_up_is_planned_anew_whatever_it_ended_as() {
    let machine = COPY_PRODUCT.machine();
    let task = &machine["States"]["StartCopy"]["Assign"];
    assert_eq!(
        task["takenUp"],
        "{% $exists($states.result.Payload.TakenUpFrom) %}"
    );
    let choices: Vec<_> = list(&machine["States"]["RouteOnStatus"]["Choices"]).collect();
    let decided = |choice: &Value| {
        let [condition, next] = ["Condition", "Next"].map(|it| choice[it].as_str());
        (condition.map(str::to_owned), next.map(str::to_owned))
    };
    // Before all that ends the execution.
    let first: Vec<_> = choices[..3].iter().map(|it| decided(it)).collect();
    let expected = [
        // Its lease may be another execution's by now.
        "$redriven and ($takenUp or $exists($started.Lease))",
        "$takenUp and $states.input.NotFound = true",
        "$takenUp and $states.input.CopyProductStatus in ['SUCCEEDED', 'FAILED']",
    ]
    .map(|it| (Some(format!("{{% {it} %}}")), Some("StartCopy".to_owned())));
    assert_eq!(first, expected);
}

#[test]
fn a_lease_lives_as_long_as_the_execution_of_its_holder() {
    use ExecutionStatus::{Aborted, Failed, Succeeded, TimedOut};
    let machine = COPY_PRODUCT.machine();
    let states = &machine["States"];
    let holder = &states["DescribeHolder"];
    let arguments = json!({
        "ExecutionArn": "{% $started.HeldBy %}",
        // Its input may have an ExternalId.
        "IncludedData": "METADATA_ONLY",
    });
    assert_eq!(holder["Arguments"], arguments);
    // Whoever cannot be asked has ended, and whoever could not be asked now has not.
    let forgotten = json!([{
        "ErrorEquals": [
            "Sfn.ExecutionDoesNotExist",
            "Sfn.ExecutionDoesNotExistException",
            "Sfn.InvalidArn",
            "Sfn.InvalidArnException",
        ],
        "Assign": { "holderStatus": "FORGOTTEN" },
        "Next": "RouteOnHolder",
    }]);
    assert_eq!(holder["Catch"], forgotten);

    let choices = &states["RouteOnHolder"]["Choices"];
    let [runs, late, ended] = [0, 1, 2].map(|n| &choices[n]);
    assert!(choices[3].is_null());
    let named = |choice: &Value| captures(r"'(\w+)'", &choice["Condition"].to_string());
    assert_eq!(runs["Next"], "WaitForHolder");
    assert_eq!(late["Assign"]["failure"]["Error"], "TargetBusy");
    for running in [runs, late] {
        assert_eq!(
            named(running),
            ["RUNNING", "PENDING_REDRIVE"].map(str::to_owned).into()
        );
    }
    assert_eq!(ended["Next"], "StartCopy");
    let statuses = [Succeeded, Failed, TimedOut, Aborted].map(|it| it.to_string());
    let mut expected = BTreeSet::from(statuses);
    expected.insert("FORGOTTEN".to_owned());
    assert_eq!(named(ended), expected);
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

    let added = |task: &str| {
        let payload = &machine["States"][task]["Arguments"]["Payload"];
        captures(r"'(\w+)':", &payload.to_string())
    };
    let event: Value =
        serde_json::from_str(include_str!("../../../events/check-status.json")).expect("is JSON");
    let choices = &machine["States"]["RouteOnInput"]["Choices"];
    let kept = choices[1]["Assign"]["statusRequest"].to_string();
    let mut sent = captures(r"[\[ ]'(\w+)'[,\]]", &kept);
    sent.insert("CopyProductToken".to_owned());
    sent.extend(added("CheckStatus"));
    assert_eq!(sent, members(&event));

    let event: Value =
        serde_json::from_str(include_str!("../../../events/start-copy.json")).expect("is JSON");
    let mut sent = added("StartCopy");
    sent.extend(["SourceProductArn", "Target"].map(str::to_owned));
    assert_eq!(sent, members(&event));
}

/// What a function answers needs no more words: the output of an execution has the source and the target.
#[test]
fn the_output_of_a_task_is_the_answer_of_its_function() {
    for (name, task) in of_type(&COPY_PRODUCT.machine(), "Task") {
        let expected = match name {
            // Its answer is about another execution.
            "DescribeHolder" => "{% $states.input %}",
            _ => "{% $states.result.Payload %}",
        };
        assert_eq!(task["Output"], expected, "{name}");
    }
}

/// What each error that ends an execution is assigned from, and its cause.
#[test]
fn a_cause_names_what_it_is_about() {
    let machine = COPY_PRODUCT.machine();
    let failures: Vec<_> = choices_to(&machine, "FailCopy")
        .into_iter()
        .map(|(_, choice)| &choice["Assign"]["failure"])
        .collect();
    let names = failures.iter().map(|it| it["Error"].as_str());
    let names: Vec<_> = names.map(|name| name.expect("has a name")).collect();
    let expected = [
        ("TargetBusy", "$started.HeldBy"),
        // The sentence of check-status.
        ("CopyFailed", "$states.input.Cause"),
        // What holds a lease is found again by whoever asks for the same.
        ("CopyTimedOut", "The same request, started again"),
        ("CopyTimedOut", "$states.input.CopyProductToken"),
        ("VersionNotReady", "$join($started.NotReadyVersions, ', ')"),
        (
            "PortfoliosNotVisible",
            "$join($states.input.PendingPortfolioIds, ', ')",
        ),
    ];
    assert_eq!(names, expected.map(|(name, _)| name));
    for (failure, (name, named)) in failures.iter().zip(expected) {
        let cause = failure["Cause"].as_str().expect("has a cause");
        assert!(cause.contains(named), "{name}: {cause}");
    }
    let cause = machine["States"]["UnexpectedStatus"]["Cause"].to_string();
    for named in [
        "$statusRequest.CopyProductToken",
        "$status.CopyProductStatus",
    ] {
        assert!(cause.contains(named), "{named} is not in {cause}");
    }
}

/// AWS: a redrive runs the state again that failed. A Fail state would only fail again.
#[test]
fn what_a_redrive_can_mend_ends_at_a_task() {
    let machine = COPY_PRODUCT.machine();
    let states = &machine["States"];
    let redriven = "{% $max([$redrives, $states.context.Execution.RedriveCount]) > $redrives %}";
    let payload = json!({ "Failure": "{% $failure %}", "Redriven": redriven });
    assert_eq!(states["FailCopy"]["Arguments"]["Payload"], payload);
    assert_eq!(states["FailCopy"]["Next"], "RouteOnRedrive");
    assert!(states["FailCopy"]["Catch"].is_null());
    for (name, task) in of_type(&machine, "Task") {
        // Else the next failure would be taken for one before the redrive.
        let last = "{% $max([$redrives, $states.context.Execution.RedriveCount]) %}";
        assert_eq!(task["Assign"]["redrives"], last, "{name}");
    }
    let fails = of_type(&machine, "Fail").into_iter();
    let fails: BTreeSet<_> = fails.map(|(name, _)| name).collect();
    let expected = ["InvalidRequest", "UnexpectedAnswer", "UnexpectedStatus"];
    assert_eq!(fails, expected.into());
}

/// A copy is finished by whoever knows what it copied, and with versions that are not ready it is no success.
#[test]
fn what_was_not_ready_ends_the_execution_failed() {
    let machine = COPY_PRODUCT.machine();
    let first = &machine["States"]["RouteOnFinish"]["Choices"][0];
    assert_eq!(
        first["Condition"],
        "{% $not($exists($states.input.PendingPortfolioIds)) \
         and $exists($started.NotReadyVersions) %}"
    );
    assert_eq!(first["Assign"]["failure"]["Error"], "VersionNotReady");
    assert_eq!(first["Next"], "FailCopy");
}

/// The rules that go to a state, but for the first time, each with the Choice it is of.
fn choices_to<'a>(machine: &'a Value, next: &str) -> Vec<(&'a str, &'a Value)> {
    let mut found = Vec::new();
    for (name, state) in of_type(machine, "Choice") {
        if name != "RouteOnInput" {
            let choices = list(&state["Choices"]).filter(|choice| choice["Next"] == next);
            found.extend(choices.map(|choice| (name, choice)));
        }
    }
    assert!(!found.is_empty(), "nothing goes to {next}");
    found
}
