//! The Lambda functions, one file a state, and how each of them is run.

mod clients;
mod run;
mod target_product;
mod warnings;

pub mod check_status;
pub mod fail_copy;
pub mod finish_copy;
pub mod list_copies;
pub mod publish_outcome;
pub mod report_copies;
pub mod start_copy;

pub use clients::{Clients, target_accounts};
pub use run::{event, run};
