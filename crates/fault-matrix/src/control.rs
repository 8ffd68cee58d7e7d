use std::fmt;

use serde_json::{Value, json};

use super::token_behavior::TokenBehavior;

/// A run without what keeps a copy from being made twice; it must make duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Control {
    /// With a token that is new in every call, and without a plan.
    RandomToken,
    /// With our token, and without a plan.
    NoPlan,
    /// With all we have but the copies table: whoever asks finds it empty.
    NoTable,
}

impl Control {
    pub(super) const ALL: [Self; 3] = [Self::RandomToken, Self::NoPlan, Self::NoTable];

    /// Without a plan, which has no lease either.
    pub(super) const BARE: [Self; 2] = [Self::RandomToken, Self::NoPlan];

    /// The token behaviour under which only what it lacks could have helped.
    pub(super) fn tokens(self) -> TokenBehavior {
        match self {
            Self::RandomToken | Self::NoTable => TokenBehavior::Honoured,
            Self::NoPlan => TokenBehavior::Ignored,
        }
    }

    /// Members that every request has as well.
    pub(super) fn members(self) -> Value {
        match self {
            Self::RandomToken | Self::NoPlan => json!({ "Plan": "NONE" }),
            Self::NoTable => json!({}),
        }
    }

    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::RandomToken => {
                "a token that is new in every call and `\"Plan\": \"NONE\"`, where tokens are honoured"
            }
            Self::NoPlan => "our token and `\"Plan\": \"NONE\"`, where tokens are ignored",
            Self::NoTable => {
                "a plan and our token, but a table that is emptied whenever its lease is taken, where tokens are honoured"
            }
        }
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RandomToken => "control arm with random tokens",
            Self::NoPlan => "control arm without a plan",
            Self::NoTable => "control arm without the table",
        })
    }
}
