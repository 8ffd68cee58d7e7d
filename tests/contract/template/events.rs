//! The rules: their patterns are what the code understands and publishes.

use std::collections::BTreeSet;

use catalog_copy::{
    batch::{Origin, Trigger, VERSION_EVENTS},
    functions::list_copies::SUBSCRIPTIONS,
    outcome::{ExecutionStatus, Outcome},
};
use regex::Regex;
use serde_json::json;
use serde_norway::Value;

use super::{resources, template, text, texts};
use crate::source::read;

const EXECUTION: &str = "arn:aws:states:us-east-1:111122223333:execution:CopyProducts:a";

/// The rules that start a batch.
fn starts() -> Vec<(String, Value)> {
    let batch = &template()["Resources"]["CopyProductsStateMachine"]["Properties"];
    let events = batch["Events"].as_mapping().expect("has events").iter();
    let events = events.map(|(name, event)| (text(name).to_owned(), event["Properties"].clone()));
    events.collect()
}

fn pattern(name: &str) -> Value {
    let found = starts().into_iter().find(|(it, _)| it == name);
    found.unwrap_or_else(|| panic!("no {name}")).1["Pattern"].clone()
}

#[test]
fn a_batch_understands_every_event_that_starts_one() {
    let origin = Origin::of(EXECUTION, &json!({}));
    for (name, rule) in starts() {
        let [source, detail_type] = match rule.get("Schedule") {
            Some(_) => ["aws.events", "Scheduled Event"].map(str::to_owned),
            None => ["source", "detail-type"].map(|it| texts(&rule["Pattern"][it]).remove(0)),
        };
        let input = json!({ "source": source, "detail-type": detail_type, "detail": {} });
        if let Err(error) = Trigger::parse(input, &origin, "catalog-copy", "CatalogCopyTarget") {
            let is_refused = error.message.starts_with("detail-type must be");
            assert!(!is_refused, "{name}: {error}");
        }
    }
}

#[test]
fn what_starts_a_batch_by_itself_is_off_by_default() {
    let template = template();
    let mut switches = Vec::new();
    for (_, rule) in starts()
        .iter()
        .filter(|(_, rule)| rule.get("State").is_some())
    {
        let state = texts(&rule["State"]);
        let [condition, on, off] = state.as_slice() else {
            panic!("{state:?}");
        };
        assert_eq!((on.as_str(), off.as_str()), ("ENABLED", "DISABLED"));
        switches.push(condition.clone());
        let condition = &template["Conditions"][condition.as_str()];
        let is_negated = matches!(condition, Value::Tagged(tagged) if tagged.tag == "Not");
        let compared = texts(condition);
        let default = text(&template["Parameters"][compared[0].as_str()]["Default"]);
        let is_on = (default == compared[1]) != is_negated;
        assert!(!is_on, "{} is on by default", compared[0]);
    }
    assert_eq!(
        switches,
        [
            "CopiesOnNewVersion",
            "CopiesOnSubscriptionChange",
            "HasSchedule"
        ]
    );
}

#[test]
fn published_and_changed_versions_start_a_batch() {
    let events = &pattern("VersionChanged")["detail"]["eventName"];
    assert_eq!(texts(events), VERSION_EVENTS);
}

/// Not every object: the results of a batch are in the same bucket.
#[test]
fn only_changed_subscriptions_start_a_batch() {
    let detail = &pattern("SubscriptionsChanged")["detail"];
    assert_eq!(texts(&detail["bucket"]["name"]), ["CopiesBucket"]);
    assert_eq!(texts(&detail["object"]["key"]), [SUBSCRIPTIONS]);
    let bucket = &template()["Resources"]["CopiesBucket"]["Properties"];
    let notifies = &bucket["NotificationConfiguration"]["EventBridgeConfiguration"];
    assert_eq!(notifies["EventBridgeEnabled"], true);
}

#[test]
fn every_end_of_every_machine_reaches_publish_outcome() {
    use ExecutionStatus::{Aborted, Failed, Succeeded, TimedOut};
    let function = &template()["Resources"]["PublishOutcomeFunction"]["Properties"];
    let detail = &function["Events"]["ExecutionEnded"]["Properties"]["Pattern"]["detail"];
    let statuses = [Succeeded, Failed, TimedOut, Aborted].map(|status| status.to_string());
    assert_eq!(texts(&detail["status"]), statuses);
    let machines = resources(&template(), "AWS::Serverless::StateMachine").into_iter();
    let machines: Vec<_> = machines.map(|(name, _)| name).collect();
    assert_eq!(texts(&detail["stateMachineArn"]), machines);
}

#[test]
fn what_did_not_succeed_and_every_batch_is_notified_with_what_the_event_has() {
    let template = template();
    let rule = &template["Resources"]["NotificationRule"];
    assert_eq!(rule["Condition"], "HasNotificationTopic");
    let rule = &rule["Properties"];
    let published = Regex::new(r#""(Copy Products? \w+)""#).expect("is a pattern");
    let code = read("src/outcome.rs");
    let published = published.captures_iter(&code);
    let mut published: BTreeSet<_> = published.map(|it| it[1].to_owned()).collect();
    assert!(published.remove("Copy Product Succeeded"));
    let notified = texts(&rule["EventPattern"]["detail-type"]);
    assert_eq!(published, notified.into_iter().collect());

    let ended = serde_json::from_str(&read("events/publish-outcome.json"));
    let outcome = Outcome::read(&ended.expect("is JSON")).expect("is read");
    let outcome = serde_json::to_value(outcome.expect("is one")).expect("serializes");
    let transformer = &rule["Targets"][0]["InputTransformer"];
    let paths = transformer["InputPathsMap"]
        .as_mapping()
        .expect("has paths");
    let message = texts(&transformer["InputTemplate"]).remove(0);
    for (name, path) in paths {
        assert!(message.contains(&format!("<{}>", text(name))), "{name:?}");
        if let Some(member) = text(path).strip_prefix("$.detail.") {
            assert!(outcome.get(member).is_some(), "no {member} in {outcome}");
        }
    }
}
