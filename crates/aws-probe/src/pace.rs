use std::time::Duration;

/// How often a probe looks, and how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The pause between two looks.
    pub poll: Duration,
    /// The longest wait for one thing.
    pub deadline: Duration,
    /// How long after a copy began its token is sent for the last time.
    pub retention: Duration,
    /// How long `CloudTrail` is asked for events, if it is.
    pub trail: Option<Duration>,
}
