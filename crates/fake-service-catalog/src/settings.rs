use std::collections::BTreeMap;
use std::time::Duration;

/// How the fake behaves where AWS leaves it open; every field can be changed while it runs.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// The roles `AssumeRole` knows by ARN, each with the `ExternalId` it asks for, if any.
    pub roles: BTreeMap<String, Option<String>>,
    /// When a copy is over (assumed: AWS publishes no typical durations).
    pub copy_ends: CopyEnds,
    /// How long an idempotency token is remembered (assumed: AWS publishes no retention).
    pub tokens: Tokens,
    /// Whether a token sent again with other parameters is an `InvalidParametersException`
    /// (assumed); if not, the first copy's token is answered and the new parameters are ignored.
    pub reused_token_is_rejected: bool,
    /// How often a new copy's status is `ResourceNotFoundException` before it is visible (assumed).
    pub describes_before_visible: u32,
    /// Whether copying a version again into the same product adds it a second time (assumed).
    pub recopy_duplicates_versions: bool,
    /// Whether a copied version keeps Active and Guidance (assumed); if not, it is active and DEFAULT.
    pub copies_keep_guidance: bool,
    /// How often a version is described as `CREATING` before it is `AVAILABLE` (assumed); `None` is
    /// always.
    pub describes_before_available: Option<u32>,
    /// How often a product's portfolios are listed without one it was associated with before that
    /// is visible (that it takes time is known, how long is assumed).
    pub lists_before_associated: u32,
    /// Whether a copy makes `CloudTrail` events of the versions that it brings (assumed), one each.
    pub copies_make_version_events: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            roles: BTreeMap::new(),
            copy_ends: CopyEnds::AfterDescribes(1),
            tokens: Tokens::Honoured,
            reused_token_is_rejected: true,
            describes_before_visible: 0,
            recopy_duplicates_versions: true,
            copies_keep_guidance: false,
            describes_before_available: None,
            lists_before_associated: 0,
            copies_make_version_events: false,
        }
    }
}

/// When a copy stops being `IN_PROGRESS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyEnds {
    /// This long after it was accepted; `Duration::MAX` is never.
    After(Duration),
    /// After its status was `IN_PROGRESS` this many times, however fast or slow the test is.
    AfterDescribes(u32),
}

/// How long a second request with the same token is the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tokens {
    /// For ever.
    Honoured,
    /// For this long.
    HonouredFor(Duration),
    /// Not at all: every request makes a copy.
    Ignored,
}

impl Tokens {
    pub(super) fn retention(self) -> Duration {
        match self {
            Self::Honoured => Duration::MAX,
            Self::HonouredFor(time) => time,
            Self::Ignored => Duration::ZERO,
        }
    }
}
