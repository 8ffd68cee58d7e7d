use std::time::{Instant, SystemTime};

use serde_json::Value;

use super::{CopyEnds, Place, Product, Settings};

/// A copy that was accepted.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) token: String,
    pub(super) place: Place,
    pub(super) request: Value,
    /// What will arrive; nothing does when the source is not shared with the target.
    pub(super) arriving: Option<Product>,
    pub(super) accepted: Instant,
    pub(super) describes: u32,
    pub(super) end: Option<End>,
    pub(super) ended: Option<SystemTime>,
}

/// A copy that was accepted, as a test sees it.
#[derive(Clone, Debug)]
pub struct AcceptedCopy {
    /// Its `CopyProductToken`.
    pub token: String,
    /// Where it arrives.
    pub place: Place,
    /// The `CopyProduct` request.
    pub request: Value,
    /// Whether it has arrived; not known while it is under way.
    pub has_arrived: Option<bool>,
    /// When that was first to be seen.
    pub ended: Option<SystemTime>,
}

#[derive(Debug)]
pub(super) enum End {
    Succeeded { target: String },
    Failed { detail: &'static str },
}

impl Copy {
    pub(super) fn is_due(&self, settings: &Settings) -> bool {
        match settings.copy_ends {
            CopyEnds::After(time) => self.accepted.elapsed() >= time,
            CopyEnds::AfterDescribes(times) => {
                self.describes > times.saturating_add(settings.describes_before_visible)
            }
        }
    }
}
