use std::fmt;

use super::control::Control;
use super::fault_case::FaultCase;
use super::token_behavior::TokenBehavior;

/// One case under one token behaviour with one seed.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) case: FaultCase,
    pub(super) arm: Arm,
    pub(super) seed: u64,
}

/// With what a case is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arm {
    Ours(TokenBehavior),
    Control(Control),
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(tokens) => tokens.fmt(f),
            Self::Control(control) => control.fmt(f),
        }
    }
}
