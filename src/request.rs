//! What a person writes: a copy request, and what asks for the status of a copy.
//!
//! Members and limits are those of the Service Catalog API, model `servicecatalog/2015-12-10`.

mod copy;
mod place;
mod planned;
mod status;

use lambda_runtime::LambdaEvent;
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};

use crate::error::Error;
pub use copy::CopyRequest;
pub use place::{Source, Target};
pub use planned::{OnSourceRemoved, PlanMode, Versions};
pub use status::StatusRequest;

/// The most that an error shows of an input, in characters: a Cause has 32,768.
const SHOWN: usize = 500;

/// Reads an object strictly.
///
/// # Errors
/// [`Error::InvalidRequest`] names the member that is unknown or of the wrong type.
pub(crate) fn read<T: DeserializeOwned>(input: Value) -> Result<T, Error> {
    if !input.is_object() {
        return Err(Error::InvalidRequest(
            "the input must be an object".to_owned(),
        ));
    }
    // serde would also read a list as an object, member by member, and show what it is not.
    for member in ["Target", "Source"] {
        if input.get(member).is_some_and(|it| !it.is_object()) {
            return Err(Error::InvalidRequest(format!("{member} must be an object")));
        }
    }
    serde_path_to_error::deserialize(input).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        let message = match path.as_str() {
            "." => without_value(&reason.to_string()),
            _ => format!("{path}: {}", without_value(&reason.to_string())),
        };
        Error::InvalidRequest(message.chars().take(SHOWN).collect())
    })
}

/// What serde says of a wrong type, without the value: it may be an `ExternalId` in a wrong place.
pub(crate) fn without_value(reason: &str) -> String {
    match reason.split_once(", expected ") {
        Some((wrong, expected)) if wrong.starts_with("invalid ") => format!("expected {expected}"),
        _ => reason.to_owned(),
    }
}

/// Refuses `null`, which serde would take for absent: a target whose Region got lost is no target.
pub(crate) fn refuse_null(input: &Value, path: &str) -> Result<(), Error> {
    match input {
        Value::Null if path.is_empty() => Err(Error::InvalidRequest(
            "the input must not be null".to_owned(),
        )),
        Value::Null => Err(Error::InvalidRequest(format!(
            "{path} must not be null; leave it out"
        ))),
        Value::Object(members) => members.iter().try_for_each(|(name, value)| {
            let dot = if path.is_empty() { "" } else { "." };
            refuse_null(value, &format!("{path}{dot}{name}"))
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(i, value)| refuse_null(value, &format!("{path}[{i}]"))),
        _ => Ok(()),
    }
}

/// The event that a function is invoked with, read here so that what is no JSON for us, such as a
/// value nested too deep, gets an error with a name.
///
/// # Errors
/// [`Error::InvalidRequest`] says what is wrong.
pub fn event(raw: LambdaEvent<Box<RawValue>>) -> Result<LambdaEvent<Value>, Error> {
    let payload = serde_json::from_str(raw.payload.get())
        .map_err(|error| Error::InvalidRequest(format!("the input cannot be read: {error}")))?;
    Ok(LambdaEvent::new(payload, raw.context))
}

#[cfg(test)]
pub(crate) mod tests;
