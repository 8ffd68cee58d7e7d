use super::token_behavior::TokenBehavior;

/// A way in which docs/aws-assumptions.md says that a second copy can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KnownLimitation {
    LongerThanTheWaits,
    TwoExecutions,
    SameEvent,
    TwoBatches,
}

impl KnownLimitation {
    pub(super) const ALL: [Self; 4] = [
        Self::LongerThanTheWaits,
        Self::TwoExecutions,
        Self::SameEvent,
        Self::TwoBatches,
    ];

    /// The token behaviours under which a second copy can then be made.
    pub(super) fn token_behaviors(self) -> &'static [TokenBehavior] {
        match self {
            Self::LongerThanTheWaits | Self::SameEvent => &TokenBehavior::FORGETFUL,
            Self::TwoExecutions | Self::TwoBatches => &TokenBehavior::ALL,
        }
    }

    /// Whether one request can then be accepted twice; else each of two is accepted once.
    pub(super) fn repeats(self) -> bool {
        matches!(self, Self::LongerThanTheWaits | Self::SameEvent)
    }

    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::LongerThanTheWaits => {
                "tokens are ignored or forgotten, and the copy takes longer than the waits after a lost answer"
            }
            Self::TwoExecutions => {
                "two executions, started on purpose, copy one product to one target at the same time"
            }
            Self::SameEvent => {
                "one event starts two executions at the same time, and tokens are ignored or forgotten"
            }
            Self::TwoBatches => "two batches copy to the same targets at the same time",
        }
    }
}
