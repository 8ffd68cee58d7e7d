//! The error names that a state machine matches in `ErrorEquals`.

use lambda_runtime::Diagnostic;

/// Codes under which AWS services throttle; worth another try.
pub const THROTTLING_CODES: [&str; 4] = [
    "ThrottlingException",
    "Throttling",
    "TooManyRequestsException",
    "RequestLimitExceeded",
];

/// Codes under which AWS services report a fault of their own; worth another try.
pub const SERVER_FAULT_CODES: [&str; 5] = [
    "InternalFailure",
    "InternalServerException",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

/// The code that stands for no usable answer, as in Step Functions' own SDK integration.
pub const NO_ANSWER_CODE: &str = "SdkClientException";

/// The most of a message that is told, in characters: a Cause has at most 32,768.
const MAX_MESSAGE: usize = 8000;

/// Why a function could not do what it was asked; its message is a sentence for a person.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The input breaks a rule, and nothing was called.
    #[error("{0}")]
    InvalidRequest(String),
    /// Service Catalog answered with an error, or gave no usable answer ([`NO_ANSWER_CODE`]).
    #[error("{message}")]
    ServiceCatalog {
        /// The service's own error code.
        code: String,
        /// What the service said.
        message: String,
    },
    /// S3 answered with an error, or gave no usable answer ([`NO_ANSWER_CODE`]).
    #[error("{message}")]
    Storage {
        /// The service's own error code.
        code: String,
        /// What was being done, and what the service said.
        message: String,
    },
    /// The role in the target account could not be assumed.
    #[error("{0}")]
    TargetNotAccessible(String),
    /// The target has more than one product of the name to copy to.
    #[error("{0}")]
    TargetAmbiguous(String),
    /// The source lacks a version that the request names.
    #[error("{0}")]
    VersionNotFound(String),
    /// The target would have more versions than a product may have.
    #[error("{0}")]
    QuotaExceeded(String),
    /// The copy succeeded, but a version is not in the target.
    #[error("{0}")]
    CopyIncomplete(String),
    /// More copies of a batch failed than are tolerated.
    #[error("{0}")]
    CopiesFailed(String),
    /// Service Catalog answered with a status that this version does not know.
    #[error("{0}")]
    UnexpectedStatus(String),
    /// The event bus did not take the event that tells an outcome.
    #[error("{0}")]
    NotPublished(String),
}

impl Error {
    /// An error Service Catalog answered with, under a name that tells whether another try helps.
    ///
    /// A code outside [`THROTTLING_CODES`] with HTTP status 429 becomes `ThrottlingException`, and
    /// one outside [`SERVER_FAULT_CODES`] with a 5xx becomes `InternalFailure`, because `Retry`
    /// matches names and not statuses; the message keeps the service's own code.
    #[must_use]
    pub fn from_service(code: &str, http_status: u16, message: &str) -> Self {
        Self::ServiceCatalog {
            code: code_to_match(code, http_status).to_owned(),
            message: format!("Service Catalog answered {code}: {message}"),
        }
    }

    /// No usable answer: a connection that failed, a timeout or a malformed body.
    #[must_use]
    pub fn no_answer(reason: &str) -> Self {
        Self::ServiceCatalog {
            code: NO_ANSWER_CODE.to_owned(),
            message: format!("Service Catalog gave no usable answer: {reason}"),
        }
    }

    /// An error S3 answered with, its code treated as [`Error::from_service`] does.
    #[must_use]
    pub fn from_storage(code: &str, http_status: u16, message: &str) -> Self {
        Self::Storage {
            code: code_to_match(code, http_status).to_owned(),
            message: message.to_owned(),
        }
    }

    /// The name under which a state machine sees this error.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::InvalidRequest(_) => "InvalidRequest".to_owned(),
            Self::ServiceCatalog { code, .. } => format!("ServiceCatalog.{code}"),
            Self::Storage { code, .. } => format!("S3.{code}"),
            Self::TargetNotAccessible(_) => "TargetNotAccessible".to_owned(),
            Self::TargetAmbiguous(_) => "TargetAmbiguous".to_owned(),
            Self::VersionNotFound(_) => "VersionNotFound".to_owned(),
            Self::QuotaExceeded(_) => "QuotaExceeded".to_owned(),
            Self::CopyIncomplete(_) => "CopyIncomplete".to_owned(),
            Self::CopiesFailed(_) => "CopiesFailed".to_owned(),
            Self::UnexpectedStatus(_) => "UnexpectedStatus".to_owned(),
            Self::NotPublished(_) => "NotPublished".to_owned(),
        }
    }

    /// Whether Service Catalog throttled the last try.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        matches!(self, Self::ServiceCatalog { code, .. } if THROTTLING_CODES.contains(&code.as_str()))
    }

    /// The same error, its message led by what was being done.
    #[must_use]
    pub fn while_doing(mut self, what: &str) -> Self {
        let (Self::InvalidRequest(message)
        | Self::ServiceCatalog { message, .. }
        | Self::Storage { message, .. }
        | Self::TargetNotAccessible(message)
        | Self::TargetAmbiguous(message)
        | Self::VersionNotFound(message)
        | Self::QuotaExceeded(message)
        | Self::CopyIncomplete(message)
        | Self::CopiesFailed(message)
        | Self::UnexpectedStatus(message)
        | Self::NotPublished(message)) = &mut self;
        *message = format!("{what}: {message}");
        self
    }
}

fn code_to_match(code: &str, http_status: u16) -> &str {
    match http_status {
        _ if THROTTLING_CODES.contains(&code) || SERVER_FAULT_CODES.contains(&code) => code,
        429 => THROTTLING_CODES[0],
        500.. => SERVER_FAULT_CODES[0],
        _ => code,
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.name(),
            error_message: error.to_string().chars().take(MAX_MESSAGE).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(code: &str, http_status: u16) -> String {
        Error::from_service(code, http_status, "").name()
    }

    #[test]
    fn a_service_code_is_the_name() {
        let code = "ResourceNotFoundException";
        assert_eq!(name(code, 400), "ServiceCatalog.ResourceNotFoundException");
    }

    #[test]
    fn an_unknown_code_with_429_is_throttling() {
        assert_eq!(name("SlowDown", 429), "ServiceCatalog.ThrottlingException");
    }

    #[test]
    fn throttling_is_told_from_other_errors() {
        assert!(Error::from_service("SlowDown", 429, "").is_throttling());
        assert!(!Error::from_service("InternalFailure", 500, "").is_throttling());
        assert!(!Error::InvalidRequest("Throttling".to_owned()).is_throttling());
    }

    #[test]
    fn an_unknown_code_with_5xx_is_a_server_fault() {
        assert_eq!(name("Oops", 502), "ServiceCatalog.InternalFailure");
    }

    #[test]
    fn a_known_server_fault_keeps_its_code() {
        assert_eq!(
            name("ServiceUnavailable", 503),
            "ServiceCatalog.ServiceUnavailable"
        );
    }

    #[test]
    fn a_message_is_no_longer_than_a_cause_may_be() {
        let diagnostic = Diagnostic::from(Error::InvalidRequest("\u{1f980}".repeat(8001)));
        assert_eq!(diagnostic.error_message.chars().count(), 8000);
        assert!(diagnostic.error_message.len() <= 32_768);
    }

    #[test]
    fn the_message_keeps_the_service_code_and_what_was_being_done() {
        let error = Error::from_service("SlowDown", 429, "easy").while_doing("Copying a to b");
        let diagnostic = Diagnostic::from(error);
        assert_eq!(diagnostic.error_type, "ServiceCatalog.ThrottlingException");
        assert_eq!(
            diagnostic.error_message,
            "Copying a to b: Service Catalog answered SlowDown: easy"
        );
    }
}
