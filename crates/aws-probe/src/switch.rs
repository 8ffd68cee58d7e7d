use std::time::Duration;

use fake_service_catalog::{CopyEnds, Settings, Tokens};

/// A time of which only bounds were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Bounds {
    pub least: Duration,
    pub most: Duration,
}

/// A field of the fake's [`Settings`] and what AWS showed of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the fields")]
pub enum Switch {
    CopyEndsAfter(Bounds),
    CopyEndsAfterDescribes(u32),
    /// As long as was asked, which is this long; nobody can ask for ever.
    TokensHonoured(Duration),
    TokensHonouredFor(Bounds),
    /// From the first time that was asked, which is this long after the copy.
    TokensIgnored(Duration),
    ReusedTokenIsRejected(bool),
    DescribesBeforeVisible(u32),
    RecopyDuplicatesVersions(bool),
    CopiesKeepGuidance(bool),
    CopiesKeepCreatedTime(bool),
    ListsBeforeCopied(u32),
    FailedCopiesLeaveProduct(bool),
    DescribesBeforeAvailable(Option<u32>),
    ListsBeforeAssociated(u32),
    CopiesMakeVersionEvents(bool),
    SharesNeedAcceptance(bool),
}

impl Switch {
    /// Turns the fake's switch to this position, or to the one of those that fit.
    pub fn set(self, settings: &mut Settings) {
        match self {
            Self::CopyEndsAfter(seen) => settings.copy_ends = CopyEnds::After(seen.most),
            Self::CopyEndsAfterDescribes(times) => {
                settings.copy_ends = CopyEnds::AfterDescribes(times);
            }
            Self::TokensHonoured(_) => settings.tokens = Tokens::Honoured,
            Self::TokensHonouredFor(seen) => settings.tokens = Tokens::HonouredFor(seen.least),
            Self::TokensIgnored(_) => settings.tokens = Tokens::Ignored,
            Self::ReusedTokenIsRejected(value) => settings.reused_token_is_rejected = value,
            Self::DescribesBeforeVisible(value) => settings.describes_before_visible = value,
            Self::RecopyDuplicatesVersions(value) => settings.recopy_duplicates_versions = value,
            Self::CopiesKeepGuidance(value) => settings.copies_keep_guidance = value,
            Self::CopiesKeepCreatedTime(value) => settings.copies_keep_created_time = value,
            Self::ListsBeforeCopied(value) => settings.lists_before_copied = value,
            Self::FailedCopiesLeaveProduct(value) => settings.failed_copies_leave_product = value,
            Self::DescribesBeforeAvailable(value) => settings.describes_before_available = value,
            Self::ListsBeforeAssociated(value) => settings.lists_before_associated = value,
            Self::CopiesMakeVersionEvents(value) => settings.copies_make_version_events = value,
            Self::SharesNeedAcceptance(value) => settings.shares_need_acceptance = value,
        }
    }

    /// Whether the fake's switch is in this position unless it is turned.
    #[must_use]
    pub fn is_default(self) -> bool {
        let mut settings = Settings::default();
        self.set(&mut settings);
        settings == Settings::default()
    }

    /// The field and its value, in Rust, with what the value does not say.
    #[must_use]
    pub fn in_rust(self) -> String {
        match self {
            Self::CopyEndsAfter(seen) => {
                let (most, seen) = (in_millis(seen.most), between(seen));
                format!("copy_ends: CopyEnds::After({most}) /* {seen} */")
            }
            Self::CopyEndsAfterDescribes(times) => {
                format!("copy_ends: CopyEnds::AfterDescribes({times})")
            }
            Self::TokensHonoured(time) => {
                let least = time.as_millis();
                format!("tokens: Tokens::Honoured /* {least} ms at least */")
            }
            Self::TokensHonouredFor(seen) => {
                let (least, seen) = (in_millis(seen.least), between(seen));
                format!("tokens: Tokens::HonouredFor({least}) /* {seen} */")
            }
            Self::TokensIgnored(time) => {
                let most = time.as_micros().div_ceil(1000);
                format!("tokens: Tokens::Ignored /* after {most} ms */")
            }
            Self::ReusedTokenIsRejected(value) => format!("reused_token_is_rejected: {value}"),
            Self::DescribesBeforeVisible(value) => format!("describes_before_visible: {value}"),
            Self::RecopyDuplicatesVersions(value) => {
                format!("recopy_duplicates_versions: {value}")
            }
            Self::CopiesKeepGuidance(value) => format!("copies_keep_guidance: {value}"),
            Self::CopiesKeepCreatedTime(value) => format!("copies_keep_created_time: {value}"),
            Self::ListsBeforeCopied(value) => format!("lists_before_copied: {value}"),
            Self::FailedCopiesLeaveProduct(value) => {
                format!("failed_copies_leave_product: {value}")
            }
            Self::DescribesBeforeAvailable(value) => {
                format!("describes_before_available: {value:?}")
            }
            Self::ListsBeforeAssociated(value) => format!("lists_before_associated: {value}"),
            Self::CopiesMakeVersionEvents(value) => {
                format!("copies_make_version_events: {value}")
            }
            Self::SharesNeedAcceptance(value) => format!("shares_need_acceptance: {value}"),
        }
    }
}

fn in_millis(time: Duration) -> String {
    format!("Duration::from_millis({})", time.as_millis())
}

fn between(Bounds { least, most }: Bounds) -> String {
    let most = most.as_micros().div_ceil(1000);
    format!("{} to {most} ms", least.as_millis())
}
