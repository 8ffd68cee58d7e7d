use std::fmt;

use super::control::Control;
use super::row::Row;
use super::token_world::TokenWorld;

/// One row in one world with one seed.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) row: Row,
    pub(super) arm: Arm,
    pub(super) seed: u64,
}

/// Where a row is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arm {
    Ours(TokenWorld),
    Control(Control),
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ours(world) => world.fmt(f),
            Self::Control(control) => control.fmt(f),
        }
    }
}
