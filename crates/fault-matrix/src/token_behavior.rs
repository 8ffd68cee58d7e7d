use std::fmt;
use std::time::Duration;

use fake_service_catalog::{Settings, Tokens};

/// Shorter than what `StartCopy` waits after a lost answer: 0.9 s here.
const RETENTION: Duration = Duration::from_millis(200);

/// What Service Catalog does with an idempotency token that it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenBehavior {
    /// The same token is the same copy, for ever.
    Honoured,
    /// The same token is the same copy, but not for as long as `StartCopy` waits.
    Expires,
    /// Every call is a copy.
    Ignored,
    /// As honoured, but with other parameters it is an error.
    MismatchRejected,
}

impl TokenBehavior {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self::Honoured,
        Self::Expires,
        Self::Ignored,
        Self::MismatchRejected,
    ];

    /// Where a second call with the same token can begin a second copy.
    pub(super) const FORGETFUL: [Self; 2] = [Self::Expires, Self::Ignored];

    pub(super) fn settings(self) -> Settings {
        Settings {
            tokens: match self {
                Self::Honoured | Self::MismatchRejected => Tokens::Honoured,
                Self::Expires => Tokens::HonouredFor(RETENTION),
                Self::Ignored => Tokens::Ignored,
            },
            reused_token_is_rejected: self == Self::MismatchRejected,
            ..Settings::default()
        }
    }
}

impl fmt::Display for TokenBehavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Honoured => "honoured",
            Self::Expires => "expires",
            Self::Ignored => "ignored",
            Self::MismatchRejected => "mismatch rejected",
        })
    }
}
