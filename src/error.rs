//! Errors: a kind, whose name a state machine matches in `ErrorEquals`, and a message for a person.

use std::fmt;

use lambda_runtime::Diagnostic;

/// The code of every answer that says that a service throttles.
pub const THROTTLED: &str = "ThrottlingException";

/// The code of every answer that says that a service is at fault.
pub const SERVER_FAULT: &str = "InternalFailure";

/// The code of a call without a usable answer, as in Step Functions' own SDK integrations.
pub const NO_ANSWER: &str = "SdkClientException";

/// Codes under which AWS services throttle.
const THROTTLING_CODES: [&str; 5] = [
    THROTTLED,
    "ProvisionedThroughputExceededException",
    "Throttling",
    "TooManyRequestsException",
    "RequestLimitExceeded",
];

/// What a message says, in lower case, under any code, where a service throttles.
const THROTTLING_MESSAGES: [&str; 4] = [
    "rate exceeded",
    "too many requests",
    "throttling",
    "throttled",
];

/// Codes under which AWS services report a fault of their own.
const SERVER_FAULT_CODES: [&str; 5] = [
    SERVER_FAULT,
    "InternalServerException",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

/// The longest message in characters. A Cause has at most 32,768 bytes.
const MAX_MESSAGE: usize = 8000;

/// The longest text of a service in a message, in characters.
const MAX_TEXT: usize = 2000;

/// The longest code of a service.
const MAX_CODE: usize = 100;

/// Why a function could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// A sentence for a person.
    pub message: String,
}

/// What kind of error it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input breaks a rule, and nothing was called.
    InvalidRequest,
    /// A service answered with an error of this code, or gave no usable answer ([`NO_ANSWER`]).
    Service(Service, String),
    /// The role in the target account could not be assumed.
    TargetNotAccessible,
    /// The target product is a copy of another source product.
    TargetTaken,
    /// The target has a product of the copy's name that is not known to be a copy.
    NameTaken,
    /// Another execution has taken the lease of the copy.
    LeaseLost,
    /// An item of the copies table is not as this version writes it.
    UnreadableItem,
    /// The target has more than one product of the name to copy to.
    TargetAmbiguous,
    /// The source lacks a version that the request names.
    VersionNotFound,
    /// The target would have more versions than a product may have.
    QuotaExceeded,
    /// The copy succeeded, but a version is not in the target.
    CopyIncomplete,
    /// Service Catalog ended the copy `FAILED`.
    CopyFailed,
    /// The copy was still `IN_PROGRESS` at the deadline.
    CopyTimedOut,
    /// Another execution still had the lease of the copy at the deadline.
    TargetBusy,
    /// A version was still `CREATING` at the deadline.
    VersionNotReady,
    /// The product was not visible in a portfolio at the deadline.
    PortfoliosNotVisible,
    /// There is no such Region, or it has no Service Catalog.
    RegionNotFound,
    /// Service Catalog has copied into another product than it was asked to.
    UnexpectedTarget,
    /// More copies of a batch failed than are tolerated.
    CopiesFailed,
    /// Service Catalog answered with a status that this version does not know.
    UnexpectedStatus,
    /// The event bus did not take the event that reports an outcome.
    NotPublished,
    /// A list of a service has more pages than are read.
    TooManyPages,
    /// The function had no time left. It has the name of Lambda's own timeout, after which the state
    /// machines go on where it stopped.
    TimedOut,
}

/// A service that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// AWS Service Catalog.
    ServiceCatalog,
    /// Amazon S3.
    S3,
    /// Amazon `DynamoDB`.
    DynamoDb,
}

impl Error {
    /// An error of a kind with its message.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: one_line(&message.into(), MAX_MESSAGE),
        }
    }

    /// [`ErrorKind::InvalidRequest`].
    #[must_use]
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    /// An error that a service answered with. The message keeps the service's own code.
    ///
    /// `Retry` matches names, not HTTP statuses. So every code that throttles, and any other with
    /// HTTP status 429 or a message that says so, becomes [`THROTTLED`]; every server fault, and any
    /// other code with a 5xx, becomes [`SERVER_FAULT`].
    #[must_use]
    pub fn from_service(service: Service, code: &str, http_status: u16, message: &str) -> Self {
        let (code, message) = (&cleaned_code(code), one_line(message, MAX_TEXT));
        let matched = match http_status {
            _ if is_throttling(code, &message) => THROTTLED,
            _ if SERVER_FAULT_CODES.contains(&code.as_str()) => SERVER_FAULT,
            429 => THROTTLED,
            500.. => SERVER_FAULT,
            _ => code,
        };
        Self::new(
            ErrorKind::Service(service, matched.to_owned()),
            format!("{} answered {code}: {message}", service.name()),
        )
    }

    /// No usable answer of a service: a connection that failed, a timeout or a malformed body.
    #[must_use]
    pub fn no_answer(service: Service, reason: &str) -> Self {
        let reason = one_line(reason, MAX_TEXT);
        Self::new(
            ErrorKind::Service(service, NO_ANSWER.to_owned()),
            format!("{} gave no usable answer: {reason}", service.name()),
        )
    }

    /// [`ErrorKind::LeaseLost`].
    #[must_use]
    pub fn lease_lost() -> Self {
        Self::new(
            ErrorKind::LeaseLost,
            "another execution has taken the lease of this copy",
        )
    }

    /// [`ErrorKind::UnreadableItem`].
    #[must_use]
    pub fn unreadable_item(attribute: &str, reason: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::UnreadableItem,
            format!(
                "the copies table has an item whose {attribute} cannot be read: {reason}; repair or \
                 delete the item"
            ),
        )
    }

    /// The name under which a state machine sees this error.
    #[must_use]
    pub fn name(&self) -> String {
        let name = match &self.kind {
            ErrorKind::Service(service, code) => return format!("{}.{code}", service.prefix()),
            ErrorKind::InvalidRequest => "InvalidRequest",
            ErrorKind::TargetNotAccessible => "TargetNotAccessible",
            ErrorKind::TargetTaken => "TargetTaken",
            ErrorKind::NameTaken => "NameTaken",
            ErrorKind::LeaseLost => "LeaseLost",
            ErrorKind::UnreadableItem => "UnreadableItem",
            ErrorKind::TargetAmbiguous => "TargetAmbiguous",
            ErrorKind::VersionNotFound => "VersionNotFound",
            ErrorKind::QuotaExceeded => "QuotaExceeded",
            ErrorKind::CopyIncomplete => "CopyIncomplete",
            ErrorKind::CopyFailed => "CopyFailed",
            ErrorKind::CopyTimedOut => "CopyTimedOut",
            ErrorKind::TargetBusy => "TargetBusy",
            ErrorKind::VersionNotReady => "VersionNotReady",
            ErrorKind::PortfoliosNotVisible => "PortfoliosNotVisible",
            ErrorKind::RegionNotFound => "RegionNotFound",
            ErrorKind::UnexpectedTarget => "UnexpectedTarget",
            ErrorKind::CopiesFailed => "CopiesFailed",
            ErrorKind::UnexpectedStatus => "UnexpectedStatus",
            ErrorKind::NotPublished => "NotPublished",
            ErrorKind::TooManyPages => "TooManyPages",
            ErrorKind::TimedOut => "Sandbox.Timedout",
        };
        name.to_owned()
    }

    /// Whether Service Catalog throttled the last try.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        self.kind == ErrorKind::Service(Service::ServiceCatalog, THROTTLED.to_owned())
    }

    /// Whether Service Catalog knows no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        let not_found = "ResourceNotFoundException".to_owned();
        self.kind == ErrorKind::Service(Service::ServiceCatalog, not_found)
    }

    /// Whether Service Catalog has answered, with an error.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        match &self.kind {
            ErrorKind::Service(Service::ServiceCatalog, code) => code != NO_ANSWER,
            kind => *kind == ErrorKind::UnexpectedStatus,
        }
    }

    /// Whether a service has refused a call for sure, so that nothing came of it.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match &self.kind {
            ErrorKind::Service(_, code) => code != NO_ANSWER && code != SERVER_FAULT,
            _ => true,
        }
    }

    /// The same error, its message after what was being done.
    #[must_use]
    pub fn while_doing(self, what: impl fmt::Display) -> Self {
        let message = format!("{what}: {}", self.message);
        Self::new(self.kind, message)
    }

    /// The same error, without these texts: a service may have repeated an `ExternalId`.
    #[must_use]
    pub fn without(self, secrets: &[&str]) -> Self {
        let message = without(&self.message, secrets);
        Self { message, ..self }
    }
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::ServiceCatalog => "Service Catalog",
            Self::S3 => "S3",
            Self::DynamoDb => "DynamoDB",
        }
    }

    /// What the names of its errors start with, as in Step Functions' own SDK integrations.
    fn prefix(self) -> &'static str {
        match self {
            Self::ServiceCatalog => "ServiceCatalog",
            Self::S3 => "S3",
            Self::DynamoDb => "DynamoDB",
        }
    }
}

/// A text of somebody else, cut, and without what could look like a line of its own: no control
/// characters, no line separators, and nothing that turns the direction of what follows.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    let is_invisible =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = text.chars().take(most);
    text.map(|c| if is_invisible(c) { ' ' } else { c })
        .collect()
}

/// A text without these others in it.
#[must_use]
pub fn without(text: &str, secrets: &[&str]) -> String {
    // STS takes no ExternalId of one character, and without that no message could be read.
    let secrets = secrets.iter().filter(|secret| secret.len() > 1);
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}

/// A code as it may be a name that a state machine matches.
fn cleaned_code(code: &str) -> String {
    let may_be = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    let code = code.chars().take(MAX_CODE);
    code.map(|c| if may_be(c) { c } else { '_' }).collect()
}

/// Whether a service throttles. Service Catalog also does it as `ValidationException`.
fn is_throttling(code: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    let mut messages = THROTTLING_MESSAGES.into_iter();
    THROTTLING_CODES.contains(&code) || messages.any(|it| message.contains(it))
}

/// Whether a service answers with this for now, so that another try may help.
#[must_use]
pub fn is_transient(code: &str, message: &str) -> bool {
    is_throttling(code, message) || SERVER_FAULT_CODES.contains(&code)
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.name(),
            error_message: error.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(code: &str, http_status: u16) -> String {
        Error::from_service(Service::ServiceCatalog, code, http_status, "").name()
    }

    #[test]
    fn a_service_code_is_the_name() {
        let code = "ResourceNotFoundException";
        assert_eq!(name(code, 400), "ServiceCatalog.ResourceNotFoundException");
        let error = Error::from_service(Service::S3, "NoSuchBucket", 404, "");
        assert_eq!(error.name(), "S3.NoSuchBucket");
    }

    #[test]
    fn throttling_has_one_name() {
        for code in THROTTLING_CODES {
            assert_eq!(name(code, 400), "ServiceCatalog.ThrottlingException");
        }
        assert_eq!(name("SlowDown", 429), "ServiceCatalog.ThrottlingException");
    }

    #[test]
    fn throttling_that_only_the_message_tells_has_the_same_name() {
        for message in [
            "Rate exceeded",
            "Too Many Requests",
            "The call was throttled.",
        ] {
            for service in [Service::ServiceCatalog, Service::S3, Service::DynamoDb] {
                let error = Error::from_service(service, "ValidationException", 400, message);
                let name = format!("{}.{THROTTLED}", service.prefix());
                assert_eq!(error.name(), name, "{message}");
                assert!(error.message.contains("ValidationException"));
            }
        }
        let other = "Value at 'productId' failed to satisfy constraint";
        let error = Error::from_service(Service::S3, "ValidationException", 400, other);
        assert_eq!(error.name(), "S3.ValidationException");
    }

    #[test]
    fn a_server_fault_has_one_name() {
        for code in SERVER_FAULT_CODES {
            assert_eq!(name(code, 400), "ServiceCatalog.InternalFailure");
        }
        assert_eq!(name("Oops", 502), "ServiceCatalog.InternalFailure");
        assert_eq!(
            name("Throttling", 503),
            "ServiceCatalog.ThrottlingException"
        );
    }

    #[test]
    fn throttling_is_distinguished_from_other_errors() {
        let answer =
            |code, http_status| Error::from_service(Service::ServiceCatalog, code, http_status, "");
        assert!(answer("SlowDown", 429).is_throttling());
        assert!(!answer("InternalFailure", 500).is_throttling());
        assert!(!Error::invalid_request("Throttling").is_throttling());
    }

    #[test]
    fn a_message_is_no_longer_than_a_cause_may_be() {
        let diagnostic = Diagnostic::from(Error::invalid_request("\u{1f980}".repeat(8001)));
        assert_eq!(diagnostic.error_message.chars().count(), 8000);
        assert!(diagnostic.error_message.len() <= 32_768);
    }

    #[test]
    fn what_a_service_says_is_one_short_line() {
        let code = format!("Throttling\nException\u{7}{}", "x".repeat(500));
        let message = format!(
            "a\r\n{{\"level\":\"ERROR\"}}\u{2028}\u{202e}{}",
            "x".repeat(9000)
        );
        for error in [
            Error::from_service(Service::S3, &code, 400, &message),
            Error::no_answer(Service::S3, &message),
            Error::new(ErrorKind::TargetNotAccessible, message),
        ] {
            let error = error.while_doing("Reading\na");
            let told = format!("{}{error}", error.name());
            assert!(!told.contains(char::is_control), "{told:?}");
            assert!(!told.contains(['\u{2028}', '\u{202e}']), "{told:?}");
            assert!(error.name().len() <= 120, "{}", error.name());
            assert!(error.message.chars().count() <= 8000);
        }
        let error = Error::from_service(Service::S3, &code, 400, "");
        assert!(error.name().starts_with("S3.Throttling_Exception_xxx"));
    }

    #[test]
    fn what_is_secret_is_left_out() {
        let error = Error::invalid_request("no 'hush' at hush").without(&["hush", ""]);
        assert_eq!(error.message, "no '***' at ***");
    }

    #[test]
    fn the_message_keeps_the_service_code_and_what_was_being_done() {
        let error = Error::from_service(Service::ServiceCatalog, "SlowDown", 429, "easy");
        let diagnostic = Diagnostic::from(error.while_doing("Copying a to b"));
        assert_eq!(diagnostic.error_type, "ServiceCatalog.ThrottlingException");
        assert_eq!(
            diagnostic.error_message,
            "Copying a to b: Service Catalog answered SlowDown: easy"
        );
    }
}
