//! What AWS publishes of a service: its operations, their members, types and limits.
//!
//! The models are those of botocore, in the virtual environment of the tests.

use std::{collections::BTreeMap, fs, io::Read as _, path::PathBuf};

use anyhow::{Context, Result, ensure};
use fake_service_catalog::{Call, Outcome};
use flate2::read::GzDecoder;
use regex::Regex;
use serde_json::{Map, Value};

use crate::process::root;

/// The services that the fake Service Catalog stands for.
const LOCAL: [&str; 3] = ["servicecatalog", "sts", "cloudtrail"];

/// The published model of a service.
#[derive(Debug)]
pub struct ServiceModel {
    operations: Map<String, Value>,
    shapes: Map<String, Value>,
    /// The patterns of the shapes, by shape.
    patterns: BTreeMap<String, Regex>,
    /// Whether every scalar travels as text, as in the protocol of STS.
    is_query: bool,
}

/// The models of the services that the functions call with JSON or forms.
#[derive(Debug)]
pub struct Models {
    local: Vec<ServiceModel>,
    dynamodb: ServiceModel,
}

impl ServiceModel {
    /// The newest model that botocore has of a service, by botocore's name for it.
    ///
    /// # Errors
    /// When the virtual environment of the tests has none.
    pub fn of(service: &str) -> Result<Self> {
        let path = newest(service).with_context(|| {
            format!("no model of {service}: `make test` installs botocore below .venv")
        })?;
        let mut text = String::new();
        GzDecoder::new(fs::File::open(&path)?).read_to_string(&mut text)?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// Reads a model.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self> {
        let mut model: Value = serde_json::from_str(text)?;
        let mut table = |name: &str| match model[name].take() {
            Value::Object(table) => Ok(table),
            _ => anyhow::bail!("it has no {name}"),
        };
        let (operations, shapes) = (table("operations")?, table("shapes")?);
        let mut patterns = BTreeMap::new();
        for (name, shape) in &shapes {
            if let Some(pattern) = shape["pattern"].as_str() {
                let pattern = Regex::new(&whole(pattern)).with_context(|| name.clone())?;
                patterns.insert(name.clone(), pattern);
            }
        }
        Ok(Self {
            operations,
            shapes,
            patterns,
            is_query: model["metadata"]["protocol"] == "query",
        })
    }

    /// Whether the service has this operation.
    #[must_use]
    pub fn has(&self, operation: &str) -> bool {
        self.operations.contains_key(operation)
    }

    /// Where the members of a request are not what the model says, if anywhere.
    #[must_use]
    pub fn breach_of_request(&self, operation: &str, members: &Value) -> Option<String> {
        self.breach(operation, "input", members)
    }

    /// Where the members of an answer are not what the model says, if anywhere.
    #[must_use]
    pub fn breach_of_answer(&self, operation: &str, members: &Value) -> Option<String> {
        self.breach(operation, "output", members)
    }

    fn breach(&self, operation: &str, side: &str, members: &Value) -> Option<String> {
        let Some(definition) = self.operations.get(operation) else {
            return Some(format!("{operation} is no operation"));
        };
        let checked = match definition[side]["shape"].as_str() {
            Some(shape) => self.check(shape, members),
            None if members.as_object().is_none_or(Map::is_empty) => Ok(()),
            None => Err(format!(": {members} where nothing is expected")),
        };
        checked.err().map(|it| format!("{operation} {side}{it}"))
    }

    /// Checks a value, and says which member breaks which rule.
    fn check(&self, name: &str, value: &Value) -> Result<(), String> {
        let shape = &self.shapes[name];
        let is_text = self.is_query && value.is_string();
        match (shape["type"].as_str().unwrap_or_default(), value) {
            ("structure", Value::Object(members)) => self.check_members(shape, members),
            ("list", Value::Array(items)) => {
                within(shape, items.len(), "items")?;
                let item = named(&shape["member"]);
                let mut items = items.iter().enumerate();
                items.try_for_each(|(i, it)| self.check(item, it).map_err(at(&format!("[{i}]"))))
            }
            ("map", Value::Object(entries)) => {
                within(shape, entries.len(), "entries")?;
                entries.iter().try_for_each(|(key, value)| {
                    let checked = self.check(named(&shape["key"]), &Value::from(key.as_str()));
                    checked.map_err(at(&format!(" key {key}")))?;
                    self.check(named(&shape["value"]), value)
                        .map_err(at(&format!(".{key}")))
                })
            }
            ("string", Value::String(text)) => {
                within(shape, text.chars().count(), "characters")?;
                if let Some(allowed) = shape["enum"].as_array()
                    && !allowed.contains(value)
                {
                    return Err(format!(": {value} is none of {}", shape["enum"]));
                }
                match self.patterns.get(name) {
                    Some(pattern) if !pattern.is_match(text) => {
                        Err(format!(": {value} is not {}", shape["pattern"]))
                    }
                    _ => Ok(()),
                }
            }
            ("integer" | "long", _) if is_text || value.is_i64() => {
                let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
                let number = number.ok_or_else(|| format!(": {value} is no number"))?;
                let least = shape["min"].as_i64().unwrap_or(i64::MIN);
                let most = shape["max"].as_i64().unwrap_or(i64::MAX);
                if (least..=most).contains(&number) {
                    return Ok(());
                }
                Err(format!(": {number} is not {least} to {most}"))
            }
            ("boolean", Value::Bool(_))
            | ("timestamp" | "double" | "float", Value::Number(_))
            | ("blob", Value::String(_)) => Ok(()),
            ("timestamp" | "boolean", _) if is_text => Ok(()),
            (kind, _) => Err(format!(": {value} is no {kind}")),
        }
    }

    fn check_members(&self, shape: &Value, members: &Map<String, Value>) -> Result<(), String> {
        for required in shape["required"].as_array().into_iter().flatten() {
            if !members.contains_key(required.as_str().unwrap_or_default()) {
                return Err(format!(" lacks {required}"));
            }
        }
        if shape["union"] == true && members.len() != 1 {
            return Err(format!(" has {} members, not one", members.len()));
        }
        members.iter().try_for_each(|(name, value)| {
            let member = shape["members"].get(name);
            let member = member.ok_or_else(|| format!(" knows no {name}"))?;
            self.check(named(member), value)
                .map_err(at(&format!(".{name}")))
        })
    }
}

impl Models {
    /// Reads all of them.
    ///
    /// # Errors
    /// When the virtual environment of the tests lacks one.
    pub fn read() -> Result<Self> {
        let local = LOCAL.iter().map(|service| ServiceModel::of(service));
        Ok(Self {
            local: local.collect::<Result<_>>()?,
            dynamodb: ServiceModel::of("dynamodb")?,
        })
    }

    /// Checks what the fake Service Catalog was asked and has answered.
    ///
    /// # Errors
    /// With everything that is not as AWS publishes it.
    pub fn check_calls(&self, calls: &[Call]) -> Result<()> {
        let breaches = calls.iter().map(|call| {
            let operation = format!("{:?}", call.operation);
            let model = self.local.iter().find(|it| it.has(&operation));
            let model = model.with_context(|| format!("no service has {operation}"))?;
            let mut members = call.request.clone();
            if let Some(members) = members.as_object_mut().filter(|_| model.is_query) {
                // The protocol's own.
                members.remove("Action");
                members.remove("Version");
            }
            let asked = model.breach_of_request(&operation, &members);
            let is_answered = !matches!(call.outcome, Outcome::Refused(_) | Outcome::NotDone);
            let answered = is_answered.then_some(&call.answer);
            let answered = answered.and_then(|it| model.breach_of_answer(&operation, it));
            Ok(asked.into_iter().chain(answered))
        });
        let breaches: Vec<_> = breaches.collect::<Result<_>>()?;
        none(breaches.into_iter().flatten())
    }

    /// Checks what a table was asked, each by its operation.
    ///
    /// # Errors
    /// With everything that is not as AWS publishes it.
    pub fn check_table_requests(&self, requests: &[(String, Value)]) -> Result<()> {
        let model = &self.dynamodb;
        none(
            requests
                .iter()
                .filter_map(|(operation, members)| model.breach_of_request(operation, members)),
        )
    }
}

fn none(breaches: impl Iterator<Item = String>) -> Result<()> {
    let breaches: Vec<_> = breaches.collect();
    let is_none = breaches.is_empty();
    ensure!(is_none, "not as AWS publishes it: {}", breaches.join("\n"));
    Ok(())
}

fn newest(service: &str) -> Option<PathBuf> {
    let below = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    };
    let mut pythons = below(root().join(".venv/lib"));
    let data = pythons.find_map(|it| {
        let data = it.join("site-packages/botocore/data");
        data.is_dir().then_some(data)
    })?;
    let newest = below(data.join(service)).max()?;
    Some(newest.join("service-2.json.gz"))
}

/// A pattern for the whole of a text, of a published one, which is Java's.
fn whole(pattern: &str) -> String {
    let hex = Regex::new(r"\\u([0-9a-fA-F]{4})").expect("is a pattern");
    let mut pattern = pattern.to_owned();
    for (published, meant) in [
        // Surrogates stand between these two, and no text has any.
        (r"-\uD7FF\uE000-", "-"),
        (r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}"),
        (r"\u10000-\u10FFFF", r"\x{10000}-\x{10FFFF}"),
        (r"\p{Print}", "[[:print:]]"),
    ] {
        pattern = pattern.replace(published, meant);
    }
    let pattern = hex.replace_all(&pattern, r"\x{$1}");
    format!(r"\A(?:{pattern})\z")
}

fn named(member: &Value) -> &str {
    member["shape"].as_str().unwrap_or_default()
}

fn at(place: &str) -> impl Fn(String) -> String {
    move |breach| format!("{place}{breach}")
}

fn within(shape: &Value, length: usize, of: &str) -> Result<(), String> {
    let bound = |name: &str| {
        let bound = shape[name].as_u64();
        bound.and_then(|it| usize::try_from(it).ok())
    };
    let (least, most) = (bound("min").unwrap_or(0), bound("max"));
    if length < least || most.is_some_and(|most| length > most) {
        let most = most.map_or_else(|| "any".to_owned(), |it| it.to_string());
        return Err(format!(": {length} {of}, not {least} to {most}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model() -> ServiceModel {
        let model = json!({
            "metadata": { "protocol": "json" },
            "operations": {
                "Copy": { "input": { "shape": "Copy" }, "output": { "shape": "Copied" } },
                "Stop": {},
            },
            "shapes": {
                "Copy": {
                    "type": "structure",
                    "required": ["Id"],
                    "members": {
                        "Id": { "shape": "Id" },
                        "Options": { "shape": "Options" },
                        "Tags": { "shape": "Tags" },
                        "Size": { "shape": "Size" },
                        "Force": { "shape": "Force" },
                        "Value": { "shape": "Value" },
                        "Name": { "shape": "Name" },
                    },
                },
                "Copied": { "type": "structure", "members": { "At": { "shape": "Time" } } },
                "Id": { "type": "string", "min": 1, "max": 3, "pattern": "[a-z]*" },
                "Name": { "type": "string", "pattern": r"[\u0020-\uD7FF\uE000-\uFFFD]*" },
                "Options": { "type": "list", "member": { "shape": "Option" }, "max": 1 },
                "Option": { "type": "string", "enum": ["CopyTags"] },
                "Tags": { "type": "map", "key": { "shape": "Id" }, "value": { "shape": "Size" } },
                "Size": { "type": "integer", "min": 1, "max": 9 },
                "Force": { "type": "boolean" },
                "Time": { "type": "timestamp" },
                "Value": {
                    "type": "structure",
                    "union": true,
                    "members": { "S": { "shape": "Id" }, "N": { "shape": "Id" } },
                },
            },
        });
        ServiceModel::parse(&model.to_string()).expect("is a model")
    }

    #[test]
    fn what_the_model_allows_is_no_breach() {
        let members = json!({
            "Id": "abc", "Options": ["CopyTags"], "Tags": { "a": 9 }, "Size": 1,
            "Force": false, "Value": { "S": "a" }, "Name": "\u{fffd} \u{e000}ä",
        });
        assert_eq!(model().breach_of_request("Copy", &members), None);
        assert_eq!(
            model().breach_of_answer("Copy", &json!({ "At": 1.5 })),
            None
        );
        assert_eq!(model().breach_of_request("Stop", &json!({})), None);
    }

    #[test]
    fn a_breach_names_the_member_and_the_rule() {
        for (members, breach) in [
            (json!({}), " lacks \"Id\""),
            (json!({ "Id": "a", "id": "a" }), " knows no id"),
            (json!({ "Id": 1 }), ".Id: 1 is no string"),
            (json!({ "Id": null }), ".Id: null is no string"),
            (json!({ "Id": "" }), ".Id: 0 characters, not 1 to 3"),
            (json!({ "Id": "abcd" }), ".Id: 4 characters, not 1 to 3"),
            (json!({ "Id": "a1" }), ".Id: \"a1\" is not \"[a-z]*\""),
            (
                json!({ "Id": "a", "Options": ["All"] }),
                ".Options[0]: \"All\" is none of [\"CopyTags\"]",
            ),
            (
                json!({ "Id": "a", "Options": ["CopyTags", "CopyTags"] }),
                ".Options: 2 items, not 0 to 1",
            ),
            (
                json!({ "Id": "a", "Tags": { "A": 1 } }),
                ".Tags key A: \"A\" is not \"[a-z]*\"",
            ),
            (
                json!({ "Id": "a", "Tags": { "a": "1" } }),
                ".Tags.a: \"1\" is no integer",
            ),
            (json!({ "Id": "a", "Size": 10 }), ".Size: 10 is not 1 to 9"),
            (
                json!({ "Id": "a", "Size": 1.5 }),
                ".Size: 1.5 is no integer",
            ),
            (
                json!({ "Id": "a", "Force": "yes" }),
                ".Force: \"yes\" is no boolean",
            ),
            (
                json!({ "Id": "a", "Value": {} }),
                ".Value has 0 members, not one",
            ),
            (json!([]), ": [] is no structure"),
        ] {
            let found = model().breach_of_request("Copy", &members);
            assert_eq!(found, Some(format!("Copy input{breach}")));
        }
        let found = model().breach_of_answer("Copy", &json!({ "At": "now" }));
        assert_eq!(
            found.as_deref(),
            Some("Copy output.At: \"now\" is no timestamp")
        );
        let found = model().breach_of_request("Stop", &json!({ "Id": "a" }));
        assert!(found.is_some_and(|it| it.starts_with("Stop input: ")));
        let found = model().breach_of_request("Move", &json!({}));
        assert_eq!(found.as_deref(), Some("Move is no operation"));
    }
}
