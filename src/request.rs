//! What a person writes: a copy request, and what asks for the status of a copy.
//!
//! Members and limits are those of the Service Catalog API, model `servicecatalog/2015-12-10`.

mod copy;
mod place;
mod planned;
mod status;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
pub use copy::CopyRequest;
pub use place::{Source, Target};
pub use planned::{OnSourceRemoved, PlanMode, Versions};
pub use status::StatusRequest;

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
    // serde would also read a list as an object, member by member.
    for member in ["Target", "Source"] {
        if input.get(member).is_some_and(Value::is_array) {
            return Err(Error::InvalidRequest(format!("{member} must be an object")));
        }
    }
    serde_path_to_error::deserialize(input).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        Error::InvalidRequest(match path.as_str() {
            "." => reason.to_string(),
            // serde's reason shows the value.
            it if it.ends_with("ExternalId") => format!("{path}: expected a string"),
            _ => format!("{path}: {reason}"),
        })
    })
}

#[cfg(test)]
pub(crate) mod tests;
