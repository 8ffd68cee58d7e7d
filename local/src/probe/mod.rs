//! Asks AWS, in the user's own account, what it does not document, and cleans up behind itself.
//!
//! ```text
//! bin/probe ─► options ─► confirm ─► run ─┬─► throwaway   what is made to ask with
//!                                         ├─► questions   observe, then judge ─► answer ─► switch
//!                                         ├─► clean       bucket, portfolio, products
//!                                         └─► report      a table, and `Settings` to paste
//! ```
//!
//! The fake and AWS are asked by the same code. What was seen decides an answer; what could not be
//! seen is "not known", and the other questions go on.

mod answer;
mod bucket;
mod calls;
mod catalogs;
mod clean;
mod confirm;
mod copies;
mod made;
mod options;
mod policy;
mod questions;
mod report;
mod run;
mod switch;
mod throwaway;

pub use answer::Answer;
pub use bucket::Bucket;
pub use catalogs::{Catalogs, RegionalCatalog};
pub use clean::{Leftover, delete, find};
pub use confirm::{confirm, plan};
pub use made::Made;
pub use options::{HELP, Mode, Options};
pub use policy::{ACTIONS, policy};
pub use report::report;
pub use run::{Outcome, Template, run};
pub use switch::Switch;

use std::time::Duration;

/// What the name of everything that a probe makes begins with.
pub const PREFIX: &str = "catalog-copy-probe-";

/// The key of the tag of everything that a probe makes; its value is the run's name.
pub const TAG: &str = "catalog-copy-probe";

/// How often a probe looks, and how long it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The pause between two looks.
    pub poll: Duration,
    /// The longest wait for one thing.
    pub deadline: Duration,
    /// How long after a copy began its token is sent for the last time.
    pub retention: Duration,
}

/// A name for one run and everything it makes.
#[must_use]
pub fn run_name() -> String {
    let random = std::iter::repeat_with(fastrand::lowercase).take(8);
    PREFIX.chars().chain(random).collect()
}
