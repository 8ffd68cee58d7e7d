//! Asks AWS, in the user's own account, what it does not document, and cleans up behind itself.
//!
//! ```text
//! main ──────► options ─► confirm ─► run ─┬─► throwaway   what is made to ask with
//!                                         ├─► questions   observe, then judge ─► answer ─► switch
//!                                         ├─► find, clean bucket, portfolio, products
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
mod endpoints;
mod find;
mod made;
mod name;
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
pub use clean::{Leftover, delete};
pub use confirm::{confirm, plan};
pub use endpoints::only_aws;
pub use find::{Found, Run, find};
pub use made::Made;
pub use name::run_name;
pub use options::{HELP, Mode, Options};
pub use policy::{ACTIONS, policy};
pub use report::report;
pub use run::{Outcome, Template, run};
pub use switch::{Bounds, Switch};

use std::time::Duration;

/// What the name of everything that a probe makes begins with.
pub const PREFIX: &str = "catalog-copy-probe-";

/// The key of the tag of everything that a probe makes; its value is the run's name.
pub const TAG: &str = "catalog-copy-probe";

/// Who is said to own the products that a probe makes, and to provide its portfolio.
pub const OWNER: &str = "Catalog Copy probe";

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
