use std::time::Duration;

use crate::service_catalog::{CopyEnds, Settings, Tokens};

/// A field of the fake's [`Settings`] and the value that AWS showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the fields")]
pub enum Switch {
    CopyEnds(CopyEnds),
    Tokens(Tokens),
    ReusedTokenIsRejected(bool),
    DescribesBeforeVisible(u32),
    RecopyDuplicatesVersions(bool),
    CopiesKeepGuidance(bool),
    DescribesBeforeAvailable(Option<u32>),
    ListsBeforeAssociated(u32),
}

impl Switch {
    /// Turns the fake's switch to this position.
    pub fn set(self, settings: &mut Settings) {
        match self {
            Self::CopyEnds(value) => settings.copy_ends = value,
            Self::Tokens(value) => settings.tokens = value,
            Self::ReusedTokenIsRejected(value) => settings.reused_token_is_rejected = value,
            Self::DescribesBeforeVisible(value) => settings.describes_before_visible = value,
            Self::RecopyDuplicatesVersions(value) => settings.recopy_duplicates_versions = value,
            Self::CopiesKeepGuidance(value) => settings.copies_keep_guidance = value,
            Self::DescribesBeforeAvailable(value) => settings.describes_before_available = value,
            Self::ListsBeforeAssociated(value) => settings.lists_before_associated = value,
        }
    }

    /// Whether the fake's switch is in this position unless it is turned.
    #[must_use]
    pub fn is_default(self) -> bool {
        let mut settings = Settings::default();
        self.set(&mut settings);
        settings == Settings::default()
    }

    /// The field and its value, in Rust.
    #[must_use]
    pub fn in_rust(self) -> String {
        match self {
            Self::CopyEnds(CopyEnds::After(time)) => {
                format!("copy_ends: CopyEnds::After({})", duration(time))
            }
            Self::CopyEnds(value) => format!("copy_ends: CopyEnds::{value:?}"),
            Self::Tokens(Tokens::HonouredFor(time)) => {
                format!("tokens: Tokens::HonouredFor({})", duration(time))
            }
            Self::Tokens(value) => format!("tokens: Tokens::{value:?}"),
            Self::ReusedTokenIsRejected(value) => format!("reused_token_is_rejected: {value}"),
            Self::DescribesBeforeVisible(value) => format!("describes_before_visible: {value}"),
            Self::RecopyDuplicatesVersions(value) => {
                format!("recopy_duplicates_versions: {value}")
            }
            Self::CopiesKeepGuidance(value) => format!("copies_keep_guidance: {value}"),
            Self::DescribesBeforeAvailable(value) => {
                format!("describes_before_available: {value:?}")
            }
            Self::ListsBeforeAssociated(value) => format!("lists_before_associated: {value}"),
        }
    }
}

fn duration(time: Duration) -> String {
    format!("Duration::from_millis({})", time.as_millis())
}
