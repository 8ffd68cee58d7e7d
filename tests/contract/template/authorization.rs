//! Each permission against what the Service Authorization Reference says of its action.
//!
//! `checks/authorization.py` writes what it says into `authorization.json`.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::Deserialize;
use serde_norway::Value;

use super::{target_role, template, text, texts};
use crate::source::read;

/// What the reference says, with its day.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Reference {
    #[serde(rename = "Source")]
    _source: String,
    #[serde(rename = "Date")]
    _date: String,
    /// By service, the ARN of each resource type.
    resource_types: BTreeMap<String, BTreeMap<String, String>>,
    /// The resource types of each action.
    actions: BTreeMap<String, Vec<String>>,
    dependent_actions: BTreeMap<String, Vec<String>>,
}

impl Reference {
    fn read() -> Self {
        let facts = include_str!("authorization.json");
        serde_json::from_str(facts).expect("is what the reference says")
    }

    /// The resource types that an action may be allowed on.
    fn types(&self, action: &str) -> &[String] {
        let types = self.actions.get(action);
        types.unwrap_or_else(|| panic!("checks/authorization.py has not been asked for {action}"))
    }

    /// Whether this may be an ARN of one of these resource types.
    fn is_of_type(&self, resource: &str, service: &str, types: &[String]) -> bool {
        let arns = &self.resource_types[service];
        let mut arns = types.iter().map(|kind| pattern(&arns[kind]));
        arns.any(|arn| overlap(&arn, &pattern(resource)))
    }
}

/// A part of an ARN.
#[derive(PartialEq)]
enum Part {
    One(char),
    Any,
    /// What has neither a colon nor a slash in it.
    AnyName,
}

/// The ARN of a policy, where `*` is anything, or of the reference, where `${…}` is.
fn pattern(arn: &str) -> Vec<Part> {
    let part = Regex::new(r"\$\{(\w+)\}|.").expect("is a pattern");
    let parts = part.find_iter(arn).map(|found| {
        // A wildcard stays within its part of the ARN, of which the last alone has colons.
        let is_last = arn[..found.start()].matches(':').count() >= 5;
        match found.as_str() {
            "${BucketName}" | "${RuleName}" | "${TableName}" => Part::AnyName,
            any if any == "*" || any.len() > "…".len() => {
                if is_last {
                    Part::Any
                } else {
                    Part::AnyName
                }
            }
            one => Part::One(one.chars().next().expect("is one")),
        }
    });
    parts.collect()
}

/// Whether there is an ARN that both stand for.
fn overlap(one: &[Part], other: &[Part]) -> bool {
    let longer = |any: &[Part], other: &[Part]| {
        let ends = [Part::One(':'), Part::One('/')];
        let goes_on = other
            .first()
            .is_some_and(|it| any[0] == Part::Any || !ends.contains(it));
        overlap(&any[1..], other) || goes_on && overlap(any, &other[1..])
    };
    match (one.first(), other.first()) {
        (None, None) => true,
        (Some(Part::Any | Part::AnyName), _) => longer(one, other),
        (_, Some(Part::Any | Part::AnyName)) => longer(other, one),
        (Some(first), Some(second)) => first == second && overlap(&one[1..], &other[1..]),
        _ => false,
    }
}

/// The values of what a template says, as they are in an account.
fn values(template: &Value, said: &Value) -> Vec<String> {
    let joined = |items: &Value, by: &str| -> String {
        let items = items.as_sequence().into_iter().flatten();
        let items: Vec<_> = items.flat_map(|it| values(template, it)).collect();
        items.join(by)
    };
    match said {
        Value::String(text) => vec![text.clone()],
        Value::Sequence(items) => items.iter().flat_map(|it| values(template, it)).collect(),
        Value::Tagged(tagged) => match (tagged.tag.to_string().as_str(), &tagged.value) {
            ("!Ref" | "!GetAtt", of) => vec![arn(template, text(of))],
            ("!Sub", of) => {
                let variable = Regex::new(r"\$\{([\w.:]+)\}").expect("is a pattern");
                let name = |found: &regex::Captures| arn(template, &found[1]);
                vec![variable.replace_all(text(of), name).into_owned()]
            }
            ("!Join", of) => match &of[1] {
                Value::Tagged(list) => {
                    vec![values(template, &Value::Tagged(list.clone())).join(text(&of[0]))]
                }
                list => vec![joined(list, text(&of[0]))],
            },
            ("!Split", of) => {
                let whole = values(template, &of[1]).concat();
                whole.split(text(&of[0])).map(str::to_owned).collect()
            }
            (tag, _) => panic!("no value for {tag}"),
        },
        _ => panic!("no value: {said:?}"),
    }
}

/// The ARN of a resource or a parameter of a template, or the name if that is asked for.
fn arn(template: &Value, name: &str) -> String {
    let (resource, attribute) = name.split_once('.').unwrap_or((name, ""));
    let kind = template["Resources"][resource]["Type"].as_str();
    let of = |service: &str, rest: &str| format!("arn:aws:{service}:us-east-1:111122223333:{rest}");
    match (kind, name) {
        (Some(_), _) if attribute.ends_with("Name") => resource.to_owned(),
        (Some("AWS::S3::Bucket"), _) => format!("arn:aws:s3:::{resource}"),
        (Some("AWS::DynamoDB::Table"), _) => of("dynamodb", &format!("table/{resource}")),
        (Some("AWS::SQS::Queue"), _) => of("sqs", resource),
        (Some("AWS::Serverless::Function"), _) => of("lambda", &format!("function:{resource}")),
        (Some("AWS::Serverless::StateMachine"), _) => {
            of("states", &format!("stateMachine:{resource}"))
        }
        (None, "AWS::Partition") => "aws".to_owned(),
        (None, "AWS::Region") => "us-east-1".to_owned(),
        (None, "AWS::AccountId") => "111122223333".to_owned(),
        (None, "KmsKeyArn") => of("kms", "key/a-key"),
        (None, "NotificationTopicArn") => of("sns", "a-topic"),
        (None, _) if name.ends_with("BucketArns") => "arn:aws:s3:::a-bucket".to_owned(),
        (None, _) if name.ends_with("Name") => name.replace(':', ""),
        _ => panic!("what is {name}?"),
    }
}

/// Every statement below a value that allows something on something.
fn statements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Sequence(items) => items.iter().flat_map(statements).collect(),
        Value::Tagged(tagged) => statements(&tagged.value),
        Value::Mapping(members) if members.contains_key("Effect") => {
            let allows = value["Effect"] == "Allow" && members.contains_key("Resource");
            allows.then_some(value).into_iter().collect()
        }
        Value::Mapping(members) => members.values().flat_map(statements).collect(),
        _ => Vec::new(),
    }
}

/// What each policy of the templates allows: by action, on what.
fn policies() -> Vec<(String, BTreeMap<String, BTreeSet<String>>)> {
    let mut policies = Vec::new();
    for template in [template(), target_role()] {
        for (name, resource) in template["Resources"].as_mapping().expect("has resources") {
            let mut allowed: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
            for statement in statements(resource) {
                for action in texts(&statement["Action"]) {
                    let on = values(&template, &statement["Resource"]);
                    allowed.entry(action).or_default().extend(on);
                }
            }
            if !allowed.is_empty() {
                policies.push((text(name).to_owned(), allowed));
            }
        }
    }
    assert!(policies.len() > 8, "{policies:?}");
    policies
}

#[test]
fn each_action_is_allowed_on_the_resource_types_that_it_supports() {
    let reference = Reference::read();
    for (policy, allowed) in policies() {
        for (action, on) in &allowed {
            let (service, _) = action.split_once(':').expect("has a service");
            let mut types = reference.types(action).to_vec();
            // The resources of what depends on it may be others than its own.
            for (of, dependent) in &reference.dependent_actions {
                if allowed.contains_key(of) && dependent.contains(action) {
                    types.extend_from_slice(reference.types(of));
                }
            }
            for resource in on {
                let is_supported = if types.is_empty() {
                    resource == "*"
                } else {
                    resource != "*" && reference.is_of_type(resource, service, &types)
                };
                assert!(
                    is_supported,
                    "{policy}: {action} on {resource}, not {types:?}"
                );
            }
        }
    }
}

#[test]
fn what_an_allowed_action_depends_on_is_allowed_too() {
    let reference = Reference::read();
    for (policy, allowed) in policies() {
        for action in allowed.keys() {
            for needed in reference
                .dependent_actions
                .get(action)
                .into_iter()
                .flatten()
            {
                assert!(
                    allowed.contains_key(needed),
                    "{policy}: {action} needs {needed}"
                );
            }
        }
    }
}

#[test]
fn the_rules_know_the_same_actions_without_resource_types() {
    let rules = read("checks/guard/permissions.guard");
    let list = rules.split("let on_everything = [").nth(1);
    let list = list.and_then(|rest| rest.split(']').next());
    let listed: BTreeSet<_> = list
        .expect("is there")
        .split('\'')
        .skip(1)
        .step_by(2)
        .collect();
    let reference = Reference::read();
    let without = reference
        .actions
        .iter()
        .filter(|(_, types)| types.is_empty());
    assert_eq!(listed, without.map(|(action, _)| action.as_str()).collect());
}

#[test]
fn an_arn_is_of_the_types_that_it_fits() {
    let reference = Reference::read();
    for (resource, service, types) in [
        ("arn:aws:s3:::a-bucket", "s3", &["bucket"][..]),
        ("arn:aws:s3:::a-bucket/batches/*", "s3", &["object"]),
        (
            "arn:aws:catalog:*:111122223333:product/*",
            "servicecatalog",
            &["Product"],
        ),
        (
            "arn:aws:dynamodb:us-east-1:111122223333:table/a",
            "dynamodb",
            &["table"],
        ),
        ("arn:aws:iam::*:role/CatalogCopyTarget", "sts", &["role"]),
        ("arn:aws:sqs:us-east-1:111122223333:a", "sqs", &["queue"]),
    ] {
        let all = reference.resource_types[service].keys();
        let fits = all.filter(|kind| reference.is_of_type(resource, service, &[(*kind).clone()]));
        assert_eq!(fits.collect::<Vec<_>>(), types, "{resource}");
    }
}
