use super::token_behavior::TokenBehavior;

/// A way in which docs/aws-assumptions.md says that a second copy can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KnownLimitation {
    LongerThanTheWaits,
}

impl KnownLimitation {
    pub(super) const ALL: [Self; 1] = [Self::LongerThanTheWaits];

    /// The token behaviours under which a second copy can then be made.
    pub(super) fn token_behaviors(self) -> &'static [TokenBehavior] {
        match self {
            Self::LongerThanTheWaits => &TokenBehavior::FORGETFUL,
        }
    }

    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::LongerThanTheWaits => {
                "the answer of `CopyProduct` does not reach the copies table, tokens are ignored or forgotten, and the copy takes longer than the wait until the call is made again, which a clock that is ahead makes shorter"
            }
        }
    }
}
