use std::fmt;

use super::token_behavior::TokenBehavior;

/// A run without what keeps a copy from being made twice; it must make duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Control {
    /// With a token that is new in every call, and without a plan.
    RandomToken,
    /// With our token, and without a plan.
    NoPlan,
}

impl Control {
    pub(super) const ALL: [Self; 2] = [Self::RandomToken, Self::NoPlan];

    /// The token behaviour under which only what it lacks could have helped.
    pub(super) fn tokens(self) -> TokenBehavior {
        match self {
            Self::RandomToken => TokenBehavior::Honoured,
            Self::NoPlan => TokenBehavior::Ignored,
        }
    }

    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::RandomToken => {
                "a token that is new in every call and `\"Plan\": \"NONE\"`, where tokens are honoured"
            }
            Self::NoPlan => "our token and `\"Plan\": \"NONE\"`, where tokens are ignored",
        }
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RandomToken => "control arm with random tokens",
            Self::NoPlan => "control arm without a plan",
        })
    }
}
