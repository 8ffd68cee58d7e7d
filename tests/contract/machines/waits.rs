//! The arithmetic of waiting for a copy: polls, events, deadlines.

use polling::{EXPRESSION, Rule};

use super::definition::{COPY_PRODUCT, limit, list, number, states};

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
    let events = (most as u64 + 2) * (9 + 3 * retries);
    assert!(events < 25_000, "{most} polls make {events} events");
}

#[test]
fn both_waits_are_the_rule_of_polling() {
    let machine = COPY_PRODUCT.machine();
    for wait in ["WaitForCopy", "WaitForPortfolios"] {
        assert_eq!(machine["States"][wait]["Seconds"], EXPRESSION);
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
fn the_deadline_is_one_variable_from_the_start_of_the_wait() {
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
        if since.is_some() || deadline.is_some() {
            assert_eq!(since, Some("{% $millis() %}"), "{name}");
            let in_milliseconds = "{% $millis() + ${DeadlineSeconds} * 1000 %}";
            assert_eq!(deadline, Some(in_milliseconds), "{name}");
            assigned.push(name);
        }
    }
    assert_eq!(assigned, ["RouteOnInput", "StartCopy"]);
}
