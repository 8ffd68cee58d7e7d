//! What holds for each state machine.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::{Map, Value};

use super::definition::{
    COPY_PRODUCT, COPY_PRODUCTS, Definition, all_states, captures, expressions, list, of_type,
    scopes, states,
};

const EVERY: [Definition; 2] = [COPY_PRODUCT, COPY_PRODUCTS];

fn next_states(state: &Value) -> Vec<&str> {
    let choices = list(&state["Choices"]).chain(list(&state["Catch"]));
    let nexts = choices.map(|it| &it["Next"]);
    nexts
        .chain([&state["Next"], &state["Default"]])
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn every_state_can_be_reached_and_every_target_exists() {
    for definition in EVERY {
        for scope in scopes(&definition.machine()) {
            let states = states(scope);
            let mut reached = BTreeSet::new();
            let mut ahead = vec![scope["StartAt"].as_str().expect("has a start")];
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
    }
}

#[test]
fn every_choice_falls_to_a_fail() {
    for definition in EVERY {
        let machine = definition.machine();
        for (name, choice) in of_type(&machine, "Choice") {
            let default = choice["Default"].as_str().expect("has a Default");
            assert_eq!(machine["States"][default]["Type"], "Fail", "{name}");
        }
    }
}

/// An answer that says the same again would else be asked for without end, and as fast as it comes.
#[test]
fn nothing_goes_round_without_a_wait_or_something_learned() {
    for definition in EVERY {
        for scope in scopes(&definition.machine()) {
            let mut left: BTreeMap<_, BTreeSet<_>> = states(scope)
                .iter()
                .filter(|(_, state)| state["Type"] != "Wait")
                .map(|(name, state)| {
                    let state = without_learning(state);
                    let next = next_states(&state).into_iter().map(str::to_owned);
                    (name.as_str(), next.collect())
                })
                .collect();
            // What leads to nothing that is left is in no round.
            loop {
                let names: BTreeSet<_> = left.keys().map(|name| (*name).to_owned()).collect();
                let before = left.len();
                left.retain(|_, next: &mut BTreeSet<String>| !next.is_disjoint(&names));
                if left.len() == before {
                    break;
                }
            }
            assert!(left.is_empty(), "{left:?}");
        }
    }
}

/// A Choice without the rules that pass on what was learned.
fn without_learning(state: &Value) -> Value {
    let mut state = state.clone();
    if let Some(choices) = state["Choices"].as_array_mut() {
        choices.retain(|choice| {
            // Only a round before a redrive is an earlier one, and the next is not.
            let is_redriven = choice["Condition"] == "{% $exists($states.input.Earlier) %}";
            // So does `FailCopy` succeed only after a redrive.
            let fails = choice["Next"] == "FailCopy";
            choice["Assign"]["resume"].is_null() && !is_redriven && !fails
        });
    }
    state
}

#[test]
fn every_succeed_is_chosen_for_a_reason() {
    let mut found = Vec::new();
    for definition in EVERY {
        let machine = definition.machine();
        let succeeds: BTreeSet<_> = of_type(&machine, "Succeed")
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        for (name, state) in states(&machine) {
            assert_ne!(state["End"], true, "{name} ends the execution");
            let unasked = list(&state["Catch"]).map(|it| &it["Next"]);
            for next in unasked.chain([&state["Next"], &state["Default"]]) {
                let next = next.as_str().unwrap_or_default();
                assert!(!succeeds.contains(next), "{name}");
            }
            for choice in list(&state["Choices"]) {
                let [end, condition] = ["Next", "Condition"].map(|it| choice[it].as_str());
                let end = end.expect("goes somewhere").to_owned();
                if succeeds.contains(&end) {
                    found.push((end, condition.expect("has a condition").to_owned()));
                }
            }
        }
    }
    let expected = [
        (
            "CopySucceeded",
            "$states.input.CopyProductStatus = 'SUCCEEDED' \
             and $not($exists($states.input.PendingPortfolioIds))",
        ),
        ("CopyPlanned", "$started.DryRun = true"),
        (
            "CopySucceeded",
            "$states.input.CopyProductStatus = 'SUCCEEDED'",
        ),
        ("NothingToCopy", "$states.input.Total = 0"),
        ("CopiesSucceeded", "$exists($states.input.Succeeded)"),
    ]
    .map(|(end, condition)| (end.to_owned(), format!("{{% {condition} %}}")));
    assert_eq!(
        found.iter().collect::<BTreeSet<_>>(),
        expected.iter().collect()
    );
}

#[test]
fn every_fail_has_an_error_name_and_a_cause() {
    let mut errors = BTreeSet::new();
    for definition in EVERY {
        for (name, fail) in of_type(&definition.machine(), "Fail") {
            let cause = fail["Cause"].as_str();
            assert!(cause.is_some_and(|cause| cause.len() > 40), "{name}");
            errors.insert(fail["Error"].as_str().expect("has an Error").to_owned());
        }
    }
    let names = ["InvalidRequest", "UnexpectedAnswer", "UnexpectedStatus"];
    assert_eq!(errors, names.map(str::to_owned).into());
}

#[test]
fn every_substitution_is_given_and_used() {
    for definition in EVERY {
        let used = captures(r"\$\{(\w+)\}", definition.text);
        assert_eq!(used, definition.substitutions());
    }
}

#[test]
fn every_variable_is_assigned_somewhere() {
    let built_in: BTreeSet<String> = [
        "states", "type", "exists", "merge", "sift", "millis", "min", "max", "ceil", "sqrt",
    ]
    .into_iter()
    .chain([
        "filter", "string", "not", "join", "count", "split", "replace",
    ])
    .map(str::to_owned)
    .collect();
    let substitution = Regex::new(r"\$\{\w+\}").expect("is a pattern");
    for definition in EVERY {
        let text = substitution.replace_all(definition.text, "1");
        let mut known = built_in.clone();
        for parameter in [r"function\([^)]*\$(\w+)", r"function\(\$(\w+)"] {
            known.extend(captures(parameter, &text));
        }
        let machine = definition.machine();
        let states = all_states(&machine).into_iter();
        let assigned = states
            .flat_map(|(_, state)| list(&state["Choices"]).chain([state]))
            .filter_map(|it| it["Assign"].as_object())
            .flat_map(Map::keys);
        known.extend(assigned.cloned());
        let used: BTreeSet<String> = expressions(&machine)
            .into_iter()
            .flat_map(|expression| captures(r"\$([a-zA-Z]\w*)", expression))
            .collect();
        let unknown: Vec<_> = used.difference(&known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}

/// The second engine refuses it, and `$states` says what it is of.
#[test]
fn no_expression_has_a_bare_dollar() {
    for definition in EVERY {
        let bare = captures(r"(\$[^\w{].{0,20})", definition.text);
        assert_eq!(bare, BTreeSet::new());
    }
}

#[test]
fn every_expression_can_be_taken_in_at_a_glance() {
    for definition in EVERY {
        let machine = definition.machine();
        let long: Vec<_> = expressions(&machine)
            .into_iter()
            .filter(|expression| expression.chars().count() > 120)
            .collect();
        assert_eq!(long, Vec::<&str>::new());
    }
}

/// A Fail state names what its Default is of.
#[test]
fn an_unexpected_answer_names_the_task_that_gave_it() {
    for definition in EVERY {
        let machine = definition.machine();
        let states = states(&machine);
        let cause = states["UnexpectedAnswer"]["Cause"].as_str();
        assert!(cause.is_some_and(|cause| cause.starts_with("{% $lastTask & ")));
        for (name, task) in states.iter().filter(|(_, state)| state["Type"] == "Task") {
            let next = task["Next"].as_str().expect("goes somewhere");
            match states[next]["Default"].as_str() {
                Some("UnexpectedAnswer") => assert_eq!(task["Assign"]["lastTask"], *name),
                default => assert_eq!(
                    (name.as_str(), default),
                    ("CheckStatus", Some("UnexpectedStatus"))
                ),
            }
        }
    }
}
