//! State `FailCopy`: fails with the error that ends an execution, until the execution is redriven.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::{Error, ErrorKind},
    request::read,
};

/// What `FailCopy` is asked with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FailRequest {
    failure: Failure,
    redriven: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Failure {
    error: Ending,
    cause: String,
}

/// The errors that the state machine finds, and no function.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Ending {
    CopyFailed,
    CopyTimedOut,
    TargetBusy,
    VersionNotReady,
    PortfoliosNotVisible,
}

impl FailRequest {
    /// Whether an input is of this state, and no copy request.
    pub(crate) fn is(input: &Value) -> bool {
        input.get("Redriven").is_some() && input.get("ExecutionId").is_none()
    }
}

/// Succeeds where the execution was redriven since it has failed.
///
/// # Errors
/// The one that is asked for.
pub fn handle(input: Value) -> Result<(), Error> {
    let FailRequest { failure, redriven } = read(input)?;
    if redriven {
        return Ok(());
    }
    let (kind, advice) = failure.error.kind_and_advice();
    let cause = failure.cause.trim_end_matches('.');
    Err(Error::new(kind, format!("{cause}. {advice}")))
}

impl Ending {
    fn kind_and_advice(self) -> (ErrorKind, &'static str) {
        match self {
            Self::CopyFailed => (
                ErrorKind::CopyFailed,
                "Mend the reason, then redrive this execution or start the copy again.",
            ),
            Self::CopyTimedOut => (
                ErrorKind::CopyTimedOut,
                "Redrive this execution to wait on.",
            ),
            Self::TargetBusy => (
                ErrorKind::TargetBusy,
                "Redrive this execution to wait on, or start the copy again later.",
            ),
            Self::VersionNotReady => (
                ErrorKind::VersionNotReady,
                "All others were copied. Redrive this execution once they are AVAILABLE.",
            ),
            Self::PortfoliosNotVisible => (
                ErrorKind::PortfoliosNotVisible,
                "The copy itself is complete. Redrive this execution to look again.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fail(error: &str, redriven: bool) -> Result<(), Error> {
        let failure = json!({ "Error": error, "Cause": "Still there." });
        handle(json!({ "Failure": failure, "Redriven": redriven }))
    }

    #[test]
    fn it_fails_with_what_it_is_handed_and_says_what_to_do() {
        for name in [
            "CopyFailed",
            "CopyTimedOut",
            "TargetBusy",
            "VersionNotReady",
            "PortfoliosNotVisible",
        ] {
            let error = fail(name, false).expect_err("fails");
            assert_eq!(error.name(), name);
            assert!(error.message.starts_with("Still there. "), "{error}");
            assert!(error.message.contains("edrive this execution"), "{error}");
        }
    }

    #[test]
    fn it_succeeds_once_the_execution_is_redriven() {
        assert_eq!(fail("CopyFailed", true), Ok(()));
    }

    #[test]
    fn it_knows_no_other_error() {
        let error = fail("Other", false).expect_err("is refused");
        assert_eq!(error.kind, ErrorKind::InvalidRequest);
    }
}
