use serde_json::Value;

use super::{Fault, Operation, Place};

/// One call the fake has received.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What was asked for.
    pub operation: Operation,
    /// The caller's account and the Region called.
    pub place: Place,
    /// The `RoleSessionName` of a caller that assumed a role.
    pub role_session_name: Option<String>,
    /// The request's members; those of `AssumeRole` as strings.
    pub request: Value,
    /// The answer's members; null where it was refused or not done.
    pub answer: Value,
    /// What came of it.
    pub outcome: Outcome,
    /// The scripted fault it met.
    pub fault: Option<Fault>,
}

impl Call {
    /// The `IdempotencyToken` sent.
    #[must_use]
    pub fn idempotency_token(&self) -> Option<&str> {
        self.request["IdempotencyToken"].as_str()
    }
}

/// What came of a call, whether or not its caller learned it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A copy was begun, with this `CopyProductToken`.
    NewCopy(String),
    /// It repeated the request that began the copy with this `CopyProductToken`.
    SameCopy(String),
    /// An answer that changes nothing.
    Answered,
    /// Something was set, perhaps to what it was before.
    Updated,
    /// An error, by name; nothing was done.
    Refused(String),
    /// Nothing: a fault other than an error came first.
    NotDone,
}
