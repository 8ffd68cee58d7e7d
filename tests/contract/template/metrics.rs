//! Alarms and the dashboard look at metrics that the code emits.

use std::collections::BTreeSet;

use catalog_copy::outcome::ExecutionStatus;
use regex::Regex;
use serde_norway::Value;

use super::{resources, template, text, texts, yaml};
use crate::source::read;

/// The metrics that the code emits.
fn emitted() -> BTreeSet<String> {
    let call = Regex::new(r#"emit\([^;]*?"(\w+)","#).expect("is a pattern");
    let code = read("src/telemetry/metrics.rs");
    let calls = call.captures_iter(&code);
    let metrics: BTreeSet<_> = calls.map(|it| it[1].to_owned()).collect();
    assert!(metrics.len() > 3, "{metrics:?}");
    metrics
}

#[test]
fn every_alarm_is_of_a_metric_there_is_and_goes_to_the_topic_at_the_first_sign() {
    let emitted = emitted();
    let mut of_our_own = 0;
    for (name, alarm) in resources(&template(), "AWS::CloudWatch::Alarm") {
        if alarm["Namespace"] == "CatalogCopy" {
            of_our_own += 1;
            assert!(emitted.contains(text(&alarm["MetricName"])), "{name}");
            for dimension in alarm["Dimensions"].as_sequence().expect("is a list") {
                let value = texts(&dimension["Value"]).remove(0);
                match text(&dimension["Name"]) {
                    "StackName" => assert_eq!(value, "AWS::StackName"),
                    "Outcome" => assert_eq!(value, ExecutionStatus::TimedOut.to_string()),
                    other => panic!("{name} has {other}"),
                }
            }
        }
        let at_once = r"
            { EvaluationPeriods: 1, Threshold: 0, ComparisonOperator: GreaterThanThreshold, TreatMissingData: notBreaching,
              AlarmActions: !If [HasNotificationTopic, [!Ref NotificationTopicArn], !Ref AWS::NoValue] }";
        for (member, value) in yaml(at_once).as_mapping().expect("is a mapping") {
            assert_eq!(alarm[member], *value, "{name}");
        }
    }
    assert_eq!(of_our_own, 2);
}

/// Outcomes may be lost with the status change that they are made of, which is best effort.
#[test]
fn every_end_without_success_sets_off_an_alarm_of_step_functions_own_metric() {
    let template = template();
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    for (machine, _) in resources(&template, "AWS::Serverless::StateMachine") {
        for metric in [
            "ExecutionsFailed",
            "ExecutionsTimedOut",
            "ExecutionsAborted",
        ] {
            let of_machine = format!("[{{ Name: StateMachineArn, Value: !Ref {machine} }}]");
            let is_it = |alarm: &Value| {
                alarm["Namespace"] == "AWS/States"
                    && alarm["MetricName"] == metric
                    && alarm["Dimensions"] == yaml(&of_machine)
                    && alarm["Statistic"] == "Sum"
            };
            let found = alarms.iter().filter(|(_, alarm)| is_it(alarm)).count();
            assert_eq!(found, 1, "{metric} of {machine}");
        }
    }
}

#[test]
fn the_dashboard_shows_every_metric_that_the_code_emits() {
    let dashboard = &template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    let body: serde_json::Value = serde_json::from_str(&texts(dashboard)[0]).expect("is JSON");
    let ours = Regex::new(r#""CatalogCopy","(\w+)"|MetricName=\\+"(\w+)"#).expect("is a pattern");
    let widgets = body["widgets"].to_string();
    let shown = ours.captures_iter(&widgets);
    let shown = shown.filter_map(|it| Some(it.get(1).or(it.get(2))?.as_str().to_owned()));
    assert_eq!(shown.collect::<BTreeSet<_>>(), emitted());
}
