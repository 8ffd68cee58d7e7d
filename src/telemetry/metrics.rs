//! Metrics, one log line each, in the embedded metric format of `CloudWatch`.

use std::{env, time};

use serde_json::{Value, json};
use tracing_subscriber::fmt::{
    format::Writer,
    time::{FormatTime, SystemTime},
};

use crate::error::Error;

/// Counts a poll of a copy.
pub fn poll(region: &str) {
    emit(Some(region), None, "Polls", "Count", 1.0);
}

/// Counts an error of a call that was throttled to the last try.
pub fn throttled(error: &Error, region: &str) {
    if error.is_throttling() {
        emit(Some(region), None, "Throttles", "Count", 1.0);
    }
}

/// Counts a copy that ended, and how long it took; `region` is where the target has answered.
pub fn copy_ended(region: Option<&str>, outcome: &str, seconds: f64) {
    emit(region, Some(outcome), "Copies", "Count", 1.0);
    emit(region, None, "CopyDuration", "Seconds", seconds);
}

/// Outside a stack there is nobody to read metrics.
fn emit(region: Option<&str>, outcome: Option<&str>, name: &str, unit: &str, value: f64) {
    if let Ok(stack) = env::var("STACK_NAME") {
        let mut line = document(name, unit, value, region, outcome);
        line["StackName"] = json!(stack);
        println!("{line}");
    }
}

/// A metric with and without its target Region as a dimension: alarms cannot add up. Only a Region
/// that has answered is one: each made-up word would become a metric.
///
/// Lambda takes a line without level and timestamp for one of level INFO, and drops it where the
/// function logs less.
fn document(
    name: &str,
    unit: &str,
    value: f64,
    region: Option<&str>,
    outcome: Option<&str>,
) -> Value {
    let now = time::SystemTime::now().duration_since(time::UNIX_EPOCH);
    let mut timestamp = String::new();
    let _ = SystemTime.format_time(&mut Writer::new(&mut timestamp));
    let mut dimensions = vec![vec!["StackName"]];
    if region.is_some() {
        dimensions.push(vec!["StackName", "TargetRegion"]);
    }
    if outcome.is_some() {
        for it in &mut dimensions {
            it.push("Outcome");
        }
    }
    let level = env::var("AWS_LAMBDA_LOG_LEVEL");
    let mut line = json!({
        "_aws": {
            "Timestamp": now.unwrap_or_default().as_secs() * 1000,
            "CloudWatchMetrics": [{
                "Namespace": "CatalogCopy",
                "Dimensions": dimensions,
                "Metrics": [{ "Name": name, "Unit": unit }],
            }],
        },
        "timestamp": timestamp,
        "level": level.as_deref().unwrap_or("INFO"),
        name: value,
    });
    // CloudWatch Logs charges by the byte, also for null.
    for (member, value) in [("TargetRegion", region), ("Outcome", outcome)] {
        if let Some(value) = value {
            line[member] = json!(value);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_a_line_that_lambda_keeps_and_cloudwatch_reads() {
        let line = document("Polls", "Count", 1.0, Some("eu-west-1"), None);
        assert_eq!(line["Polls"], 1.0);
        assert_eq!(line["level"], "INFO");
        let timestamp = line["timestamp"].as_str().expect("has a timestamp");
        assert!(timestamp.starts_with("20") && timestamp.ends_with('Z'));
        assert!(line["_aws"]["Timestamp"].as_u64() > Some(1_700_000_000_000));
        let metric = json!([{
            "Namespace": "CatalogCopy",
            "Dimensions": [["StackName"], ["StackName", "TargetRegion"]],
            "Metrics": [{ "Name": "Polls", "Unit": "Count" }],
        }]);
        assert_eq!(line["_aws"]["CloudWatchMetrics"], metric);
        // CloudWatch Logs charges by the byte.
        assert!(line.get("Outcome").is_none(), "{line}");
    }

    #[test]
    fn copies_have_their_outcome_as_a_dimension() {
        let line = document("Copies", "Count", 1.0, Some("eu-west-1"), Some("FAILED"));
        let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        let expected = json!([
            ["StackName", "Outcome"],
            ["StackName", "TargetRegion", "Outcome"]
        ]);
        assert_eq!(*dimensions, expected);
        assert_eq!(line["Outcome"], "FAILED");
        // docs/cost.md says so; the stack's name and the Region come to it.
        assert!(line.to_string().len() < 512 - 128, "{line}");
    }

    #[test]
    fn a_region_that_has_not_answered_is_no_dimension() {
        let line = document("Copies", "Count", 1.0, None, Some("FAILED"));
        let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(*dimensions, json!([["StackName", "Outcome"]]));
    }
}
