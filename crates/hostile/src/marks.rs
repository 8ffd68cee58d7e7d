//! What nobody may see, and what may not be a log line.

/// The `ExternalId` of every input.
pub(super) const SECRET: &str = "hush-hush-external-id";

/// The function's own credentials.
pub(super) const KEYS: [&str; 2] = [
    "a-secret-key-of-the-function",
    "a-session-token-of-the-function",
];

/// What would be a log line of its own, if it was written as it is.
pub(super) const FORGED: &str = "\n{\"level\":\"FORGED\",\"message\":\"all is well\"}\n";
