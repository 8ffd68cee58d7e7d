//! The input that users write: a copy request, and what asks for the status of a copy.
//!
//! Members and limits are those of the Service Catalog API, model `servicecatalog/2015-12-10`.

mod accounts;
mod copy;
pub mod limits;
mod object;
mod place;
mod planned;
mod status;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
pub use accounts::TargetAccounts;
pub use copy::{CopyRequest, VersionIdentifier};
pub use object::Object;
pub use place::{Place, Source, Target};
pub use planned::{
    CopyEnded, OnNameTaken, OnSourceRemoved, OnVersionReplaced, PlanMode, Resume, Versions,
};
pub use status::StatusRequest;

/// The most that an error shows of an input, in characters: a Cause has 32,768.
const SHOWN: usize = 500;

/// Members that only the state machine gives: no error advises them.
const OF_THE_MACHINE: [&str; 4] = ["ExecutionId", "StartedBy", "Resume", "TakenUp"];

/// Reads an object strictly.
///
/// # Errors
/// `InvalidRequest` names the member that is unknown or of the wrong type.
pub(crate) fn read<T: DeserializeOwned>(input: Value) -> Result<T, Error> {
    if !input.is_object() {
        return Err(Error::invalid_request(
            "the input must be an object".to_owned(),
        ));
    }
    // serde would also read a list as an object, member by member, and show what it is not.
    for member in ["Target", "Source"] {
        if input.get(member).is_some_and(|it| !it.is_object()) {
            return Err(Error::invalid_request(format!(
                "{member} must be an object"
            )));
        }
    }
    serde_path_to_error::deserialize(input).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        let mut message = match path.as_str() {
            "." => without_value(&reason.to_string()),
            _ => format!("{path}: {}", without_value(&reason.to_string())),
        };
        for member in OF_THE_MACHINE {
            message = message.replace(&format!(", `{member}`"), "");
        }
        Error::invalid_request(message.chars().take(SHOWN).collect::<String>())
    })
}

/// What serde says of a wrong value, without the value: it may be an `ExternalId` in a wrong place.
pub(crate) fn without_value(reason: &str) -> String {
    let shows = ["invalid ", "unknown variant "];
    // The last one: the value may have such words itself.
    match reason.rsplit_once(", expected ") {
        Some((wrong, expected)) if shows.iter().any(|it| wrong.starts_with(it)) => {
            format!("expected {expected}")
        }
        _ => reason.to_owned(),
    }
}

/// Refuses `null`, which serde would take for absent: a target whose Region got lost is no target.
pub(crate) fn refuse_null(input: &Value, path: &str) -> Result<(), Error> {
    match input {
        Value::Null if path.is_empty() => Err(Error::invalid_request(
            "the input must not be null".to_owned(),
        )),
        Value::Null => Err(Error::invalid_request(format!(
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

#[cfg(test)]
pub(crate) mod tests;
