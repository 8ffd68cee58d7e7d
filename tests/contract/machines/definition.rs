//! The state machines as they stand in their files and in the template.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Map, Value};

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// A state machine's file, and its resource in the template.
pub(crate) struct Definition {
    pub(crate) text: &'static str,
    resource: &'static str,
}

pub(crate) const COPY_PRODUCT: Definition = Definition {
    text: include_str!("../../../statemachine/copy-product.asl.json"),
    resource: "CopyProductStateMachine",
};

pub(crate) const COPY_PRODUCTS: Definition = Definition {
    text: include_str!("../../../statemachine/copy-products.asl.json"),
    resource: "CopyProductsStateMachine",
};

impl Definition {
    pub(crate) fn machine(&self) -> Value {
        serde_json::from_str(self.text).expect("is JSON before deployment")
    }

    /// The names that the template puts into the file.
    pub(crate) fn substitutions(&self) -> BTreeSet<String> {
        let properties = &template()["Resources"][self.resource]["Properties"];
        let given = properties["DefinitionSubstitutions"].as_mapping();
        let given = given.expect("is a mapping").keys();
        given
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect()
    }
}

fn template() -> serde_norway::Value {
    serde_norway::from_str(TEMPLATE).expect("is YAML")
}

/// The most and the least a template parameter may be.
pub(crate) fn limit(parameter: &str, which: &str) -> u64 {
    let limit = template()["Parameters"][parameter][which].as_u64();
    limit.unwrap_or_else(|| panic!("{parameter} has a {which}"))
}

/// A machine and the processors of its `Map` states, each with a start and states of its own.
pub(crate) fn scopes(machine: &Value) -> Vec<&Value> {
    let processors = states(machine).values().map(|it| &it["ItemProcessor"]);
    let inner = processors.filter(|it| it.is_object()).flat_map(scopes);
    [machine].into_iter().chain(inner).collect()
}

pub(crate) fn states(scope: &Value) -> &Map<String, Value> {
    scope["States"].as_object().expect("has states")
}

/// The states of all scopes.
pub(crate) fn all_states(machine: &Value) -> Vec<(&str, &Value)> {
    let states = scopes(machine).into_iter().flat_map(states);
    states.map(|(name, state)| (name.as_str(), state)).collect()
}

pub(crate) fn of_type<'a>(machine: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let mut found = all_states(machine);
    found.retain(|(_, state)| state["Type"] == kind);
    assert!(!found.is_empty(), "no {kind}");
    found
}

/// A state of any scope.
pub(crate) fn state<'a>(machine: &'a Value, name: &str) -> &'a Value {
    let mut all = all_states(machine).into_iter();
    let found = all.find(|(it, _)| *it == name);
    found.unwrap_or_else(|| panic!("no state {name}")).1
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The names in an `ErrorEquals`.
pub(crate) fn errors(retrier: &Value) -> BTreeSet<String> {
    let names = list(&retrier["ErrorEquals"]).filter_map(Value::as_str);
    names.map(str::to_owned).collect()
}

pub(crate) fn number(value: &Value, member: &str) -> u64 {
    let number = value[member].as_u64();
    number.unwrap_or_else(|| panic!("{member} must be a number: {value}"))
}

pub(crate) fn captures(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("is a pattern");
    let found = pattern.captures_iter(text);
    found.map(|it| it[1].to_owned()).collect()
}

/// The members of an object whose values are expressions.
pub(crate) fn members(object: &Value) -> BTreeSet<String> {
    let members = object.as_object().expect("is an object").keys();
    members.cloned().collect()
}

/// Every expression of a machine, without its delimiters.
pub(crate) fn expressions(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => text
            .strip_prefix("{% ")
            .and_then(|rest| rest.strip_suffix(" %}"))
            .into_iter()
            .collect(),
        Value::Array(items) => items.iter().flat_map(expressions).collect(),
        Value::Object(members) => members.values().flat_map(expressions).collect(),
        _ => Vec::new(),
    }
}
