//! Asks AWS, in the user's own account, what it does not document, and cleans up behind itself.
//!
//! ```text
//! main ──────► options ─► confirm ─► run ─┬─► source_product  what is made to ask with
//!                                         ├─► questions       observe, then judge ─► answer ─► switch
//!                                         ├─► find, clean     bucket, portfolio, products
//!                                         └─► report          a table, and `Settings` to paste
//! ```
//!
//! `main` asks Step Functions about the expressions of both state machines through `state_machine`.
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
mod name;
mod options;
mod pace;
mod policy;
mod questions;
mod report;
mod resource;
mod run;
mod source_product;
mod state_machine;
mod switch;

pub use answer::Answer;
pub use bucket::Bucket;
pub use catalogs::{Catalogs, RegionalCatalog};
pub use clean::{Leftover, delete};
pub use confirm::{confirm, plan};
pub use endpoints::only_aws;
pub use find::{Found, Run, find};
pub use name::{OWNER, PREFIX, TAG, run_name};
pub use options::{HELP, Mode, Options};
pub use pace::Pace;
pub use policy::{ACTIONS, policy};
pub use report::report;
pub use resource::Resource;
pub use run::{Outcome, Template, run};
pub use state_machine::{
    Disagreement, Sample, ask_step_functions, state_machine_plan, state_machine_report,
};
pub use switch::{Bounds, Switch};
