use serde_json::Value;

use super::Outcome;

/// What an operation answers.
pub(super) struct Answer {
    pub(super) members: Value,
    pub(super) outcome: Outcome,
}

impl Answer {
    pub(super) fn not_done(members: Value) -> Self {
        Self {
            members,
            outcome: Outcome::NotDone,
        }
    }

    pub(super) fn updated(members: Value) -> Self {
        Self {
            members,
            outcome: Outcome::Updated,
        }
    }
}

impl From<Value> for Answer {
    fn from(members: Value) -> Self {
        Self {
            members,
            outcome: Outcome::Answered,
        }
    }
}

/// An error as the service answers it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new("ResourceNotFoundException", format!("{what} not found."))
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidParametersException", message)
    }

    pub(super) fn forbidden(code: &str, message: impl Into<String>) -> Self {
        Self {
            status: 403,
            ..Self::new(code, message)
        }
    }
}
