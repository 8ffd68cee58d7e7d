//! What the template allows for its parameters.

use anyhow::{Context, Result, bail, ensure};
use regex_lite::Regex;
use serde_norway::Value;

const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// Checks a parameter as `CloudFormation` would.
pub(super) fn check(key: &str, value: &str) -> Result<()> {
    let template: Value = serde_norway::from_str(TEMPLATE)?;
    let parameters = template["Parameters"].as_mapping();
    let parameters = parameters.context("the template has no parameters")?;
    // What is built is for this machine.
    let mut names = parameters.keys().filter_map(Value::as_str);
    ensure!(
        key != "Architecture" && names.any(|name| name == key),
        "{key} is no parameter of template.yaml that can be set; these can: {}",
        parameters
            .keys()
            .filter_map(Value::as_str)
            .filter(|name| *name != "Architecture")
            .collect::<Vec<_>>()
            .join(", ")
    );

    let parameter = &parameters[key];
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    if let Some(allowed) = parameter["AllowedValues"].as_sequence() {
        let allowed: Vec<_> = allowed.iter().map(text).collect();
        ensure!(
            allowed.iter().any(|allowed| allowed == value),
            "{key}={value}: allowed are {}",
            allowed.join(", ")
        );
    }
    let constraint = parameter["ConstraintDescription"].as_str();
    let refused = || {
        let constraint = constraint.unwrap_or("not allowed by the template");
        format!("{key}={value}: {constraint}")
    };
    if let Some(pattern) = parameter["AllowedPattern"].as_str() {
        let pattern = Regex::new(pattern)?;
        // Each value of a list is held against it.
        let is_list = parameter["Type"] == "CommaDelimitedList";
        let mut values = value.split(|c| is_list && c == ',');
        ensure!(values.all(|value| pattern.is_match(value)), refused());
    }
    if parameter["Type"] == "Number" {
        let Ok(number) = value.parse::<f64>() else {
            bail!("{}; it is a number", refused());
        };
        let is_above = parameter["MinValue"]
            .as_f64()
            .is_none_or(|min| number >= min);
        let is_below = parameter["MaxValue"]
            .as_f64()
            .is_none_or(|max| number <= max);
        ensure!(is_above && is_below, refused());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_what_is_allowed() {
        for (key, value) in [
            ("MinWaitSeconds", "1"),
            ("Schedule", "rate(1 day)"),
            ("Schedule", ""),
            ("LogRetentionDays", "7"),
            ("CopyOnNewVersion", "true"),
            ("ManifestBucketArns", ""),
            ("ManifestBucketArns", "arn:aws:s3:::one,arn:aws:s3:::two"),
        ] {
            check(key, value).expect("is allowed");
        }
        for (key, value, part) in [
            ("MinWait", "1", "these can: EventSource, TargetRoleName"),
            ("Architecture", "arm64", "that can be set"),
            ("MinWaitSeconds", "0", "MinWaitSeconds=0: 1 to 60 seconds"),
            ("MinWaitSeconds", "two", "it is a number"),
            ("Schedule", "daily", "Schedule=daily: a rate or cron"),
            ("CopyOnNewVersion", "yes", "allowed are true, false"),
            ("ManifestBucketArns", "arn:aws:s3:::one,two", "separated by"),
            ("LogRetentionDays", "2", "allowed are 1, 3, 5"),
        ] {
            let error = check(key, value).expect_err("is refused").to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
