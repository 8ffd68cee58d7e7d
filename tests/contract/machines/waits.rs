//! The arithmetic of waiting for a copy: polls, events, deadlines.

use polling::{EXPRESSION, Rule};

use super::definition::{COPY_PRODUCT, limit, list, number, of_type, states};

#[test]
fn the_longest_wait_stays_below_25_000_events() {
    let machine = COPY_PRODUCT.machine();
    let retries: u64 = list(&machine["States"]["CheckStatus"]["Retry"])
        .map(|it| number(it, "MaxAttempts"))
        .sum();
    let [shortest, longest, deadline] = [
        limit("MinWaitSeconds", "MinValue"),
        limit("MaxWaitSeconds", "MinValue"),
        limit("DeadlineSeconds", "MaxValue"),
    ]
    .map(|limit| u32::try_from(limit).expect("is small"));
    let (most, _) = Rule::Growing { shortest, longest }.sees(deadline);
    // Wait 2, Task 5, Choice 2; a retry repeats scheduled, started and failed. CheckStatus and
    // FinishCopy share the deadline, and each may run once more after it.
    let polls = most as u64 + 2;
    let events = polls * (9 + 3 * retries);
    assert!(events < 25_000, "{most} polls make {events} events");
    // First for the holder of the lease, then for the copy that it left, then for the own one: all
    // that time, not every Task is retried as often as it may.
    let events = polls * (9 + 9 + 9);
    assert!(
        events < 25_000,
        "{most} polls in a row make {events} events"
    );
}

#[test]
fn every_wait_is_the_rule_of_polling_or_what_start_copy_says() {
    let machine = COPY_PRODUCT.machine();
    let as_start_copy_says = "{% $min([${MaxWaitSeconds}, $started.RetryAfterSeconds]) %}";
    for (name, wait) in of_type(&machine, "Wait") {
        let (expected, next) = match name {
            "WaitForReady" => (as_start_copy_says, "StartCopy"),
            "WaitForHolder" => (EXPRESSION, "DescribeHolder"),
            "WaitForCopy" => (EXPRESSION, "CheckStatus"),
            "WaitForPortfolios" => (EXPRESSION, "FinishCopy"),
            other => panic!("{other} is not in this test"),
        };
        assert_eq!(wait["Seconds"], expected, "{name}");
        assert_eq!(wait["Next"], next, "{name}");
    }
}

#[test]
fn the_machine_outlives_its_longest_deadline() {
    let machine = COPY_PRODUCT.machine();
    let timeout = number(&machine, "TimeoutSeconds");
    let task = |name: &str| -> u64 {
        let task = &machine["States"][name];
        let tries = list(&task["Retry"])
            .map(|it| number(it, "MaxAttempts") * (90 + number(it, "MaxDelaySeconds")));
        90 + tries.sum::<u64>()
    };
    let wait = limit("MaxWaitSeconds", "MaxValue");
    let holder = wait + task("DescribeHolder") + task("StartCopy");
    let taken_up = wait + task("CheckStatus") + task("StartCopy");
    let own = 2 * wait + 2 * task("CheckStatus") + 2 * task("FinishCopy");
    // Each of the three waits has a deadline of its own.
    let deadlines = 3 * limit("DeadlineSeconds", "MaxValue");
    let longest = task("StartCopy") + deadlines + holder + taken_up + own;
    assert!(longest < timeout, "{longest} s is longer than {timeout} s");
    assert!(
        timeout < 2 * longest,
        "{timeout} s is far longer than {longest} s"
    );
}

#[test]
fn the_deadline_is_one_variable_from_the_start_of_each_wait() {
    let machine = COPY_PRODUCT.machine();
    let steps: Vec<_> = states(&machine)
        .iter()
        .flat_map(|(name, state)| {
            let choices = list(&state["Choices"]).chain([state]);
            choices.map(move |step| (name.as_str(), step))
        })
        .collect();
    let mut compared: Vec<_> = steps
        .iter()
        .filter_map(|(name, it)| Some((*name, it["Condition"].as_str()?, it["Next"].as_str()?)))
        .filter(|(_, condition, _)| condition.contains("$millis()"))
        .collect();
    compared.sort_unstable();
    let expected = [
        (
            "RouteOnFinish",
            "{% $exists($states.input.PendingPortfolioIds) and $millis() < $deadline %}",
            "WaitForPortfolios",
        ),
        (
            "RouteOnHolder",
            "{% $holderStatus in ['RUNNING', 'PENDING_REDRIVE'] and $millis() < $deadline %}",
            "WaitForHolder",
        ),
        (
            "RouteOnPlan",
            "{% $exists($started.RetryAfterSeconds) and $exists($started.NotReadyVersions) \
             and $millis() >= $deadline %}",
            "StartCopy",
        ),
        (
            "RouteOnStatus",
            "{% $states.input.CopyProductStatus = 'IN_PROGRESS' and $millis() < $deadline %}",
            "WaitForCopy",
        ),
    ];
    assert_eq!(compared, expected);

    // Both at the same moment, in milliseconds.
    let mut assigned = Vec::new();
    for (name, step) in steps {
        let [since, deadline] = ["waitingSince", "deadline"].map(|it| step["Assign"][it].as_str());
        if step["Type"] == "Task" {
            // What it was at the first start has passed when an execution is redriven.
            let redriven = "{% $states.context.Execution.RedriveCount > $redrives \
                            ? $millis() + ${DeadlineSeconds} * 1000 : $deadline %}";
            assert_eq!(deadline, Some(redriven));
            continue;
        }
        if since.is_some() || deadline.is_some() {
            assert_eq!(since, Some("{% $millis() %}"), "{name}");
            let in_milliseconds = "{% $millis() + ${DeadlineSeconds} * 1000 %}";
            assert_eq!(deadline, Some(in_milliseconds), "{name}");
            assigned.push(name);
        }
    }
    // For the holder or what is not ready, then for a copy, or at once for the portfolios.
    let places = ["RouteOnInput", "RouteOnInput", "RouteOnPlan", "RouteOnPlan"];
    assert_eq!(assigned, places);
}

/// Only a copy that goes on starts the deadline anew: being held does not.
#[test]
fn a_lease_is_waited_for_until_the_deadline() {
    let machine = COPY_PRODUCT.machine();
    for choice in list(&machine["States"]["RouteOnPlan"]["Choices"]) {
        let next = choice["Next"].as_str().expect("goes somewhere");
        let starts_anew = !choice["Assign"]["deadline"].is_null();
        let goes_on = matches!(next, "WaitForCopy" | "FinishCopy");
        assert_eq!(starts_anew, goes_on, "{next}");
    }
    // All ways from a holder lead back to where the deadline is looked at.
    for (wait, task, route) in [
        ("WaitForHolder", "DescribeHolder", "RouteOnHolder"),
        ("WaitForReady", "StartCopy", "RouteOnPlan"),
    ] {
        assert_eq!(machine["States"][wait]["Next"], task);
        assert_eq!(machine["States"][task]["Next"], route);
    }
}
