//! What a `Cause` of Step Functions says: a sentence, Lambda's JSON, or the description of an execution.
//!
//! A `Cause` has at most 32,768 characters: JSON may end in the middle.

use serde_json::{Deserializer, Map, Value};

/// The longest sentence, in characters.
const MAX_SENTENCE: usize = 1000;

/// Members of a sentence for people: even where it is cut, it is worth reading.
const SENTENCES: [&str; 2] = ["Cause", "errorMessage"];

/// The most bytes at the end of a JSON string that say nothing where it is cut: two escapes, `\ud83e\udd80`.
const CUT_ESCAPES: usize = 12;

/// How an execution that a task ran to its end has failed, or could not be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The name of the error; of an execution that has none, its status.
    pub error: String,
    /// The sentence that came with it, at most 1,000 characters.
    pub cause: String,
    /// The execution, where there was one.
    pub execution_arn: Option<String>,
}

impl Failure {
    /// Reads the error of a `startExecution.sync:2` task.
    ///
    /// Its cause describes the execution, with the input, of which nothing is kept: that has the
    /// `ExternalId`.
    #[must_use]
    pub fn of_task(error: &str, cause: &str) -> Self {
        let Some(description) = members(cause) else {
            return Self {
                error: error.to_owned(),
                cause: sentence(cause),
                execution_arn: None,
            };
        };
        let text = |name: &str| {
            let text = description.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty())
        };
        let own_error = text("Error").or_else(|| text("Status"));
        let own_cause = text("Cause").or_else(|| text("errorMessage"));
        Self {
            error: own_error.unwrap_or(error).to_owned(),
            cause: own_cause.map(sentence).unwrap_or_default(),
            execution_arn: text("ExecutionArn").map(str::to_owned),
        }
    }
}

/// The sentence of a cause: that of a function is in Lambda's JSON.
pub(super) fn sentence(cause: &str) -> String {
    let members = members(cause).unwrap_or_default();
    let message = members.get("errorMessage").and_then(Value::as_str);
    let sentence = message.unwrap_or(cause);
    sentence.chars().take(MAX_SENTENCE).collect()
}

/// The members of an object in JSON, up to where it is cut; nothing where it is no object.
fn members(text: &str) -> Option<Map<String, Value>> {
    let mut rest = text.trim_start().strip_prefix('{')?;
    let mut members = Map::new();
    while let Some(Value::String(name)) = value(&mut rest) {
        let Some(after) = rest.strip_prefix(':') else {
            break;
        };
        rest = after.trim_start();
        if let Some(value) = value(&mut rest) {
            members.insert(name, value);
        } else {
            if SENTENCES.contains(&name.as_str()) {
                members.extend(cut_string(rest).map(|text| (name, text.into())));
            }
            break;
        }
        let Some(after) = rest.strip_prefix(',') else {
            break;
        };
        rest = after;
    }
    Some(members)
}

/// The value at the start of a text, which then starts with what is behind it.
fn value(rest: &mut &str) -> Option<Value> {
    let mut values = Deserializer::from_str(rest).into_iter();
    let value = values.next()?.ok()?;
    *rest = rest[values.byte_offset()..].trim_start();
    Some(value)
}

/// The string at the start of a text that ends before it.
fn cut_string(rest: &str) -> Option<String> {
    let mut lengths = (0..=rest.len()).rev().take(CUT_ESCAPES + 1);
    lengths.find_map(|length| {
        let closed = format!("{}\"", rest.get(..length)?);
        serde_json::from_str(&closed).ok()
    })
}

#[cfg(test)]
mod tests;
