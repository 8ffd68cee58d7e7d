//! Catalog Copy copies AWS Service Catalog products to any Region and any account.
//!
//! ```text
//! bin/start-copy ──► start_copy ──┐        ┌──► AWS Service Catalog, AWS STS
//! bin/check-status ► check_status ┼─► catalog
//! bin/finish-copy ─► finish_copy ─┘        └──► error ◄── every room
//!                        │
//!                        ├──► plan ───┐    which versions to copy and to change
//!                        └──► token ──┴──► request ──► limits ◄── metrics ◄── every handler
//!                                             ▲
//! bin/publish-outcome ► publish_outcome ─► outcome    how an execution ended
//!                        └──► bus ──► Amazon EventBridge
//! bin/list-copies ──► list_copies ───┬─► batch ──► request     what a batch asks for
//! bin/report-copies ► report_copies ─┴─► store ──► Amazon S3
//! ```
//!
//! Arrows run one way: a binary wires its handler, a handler reads its request and calls the
//! catalog, and every error has one of the names in [`error`].

pub mod batch;
pub mod bus;
pub mod catalog;
pub mod check_status;
pub mod error;
pub mod finish_copy;
pub mod limits;
pub mod list_copies;
pub mod log;
pub mod metrics;
pub mod outcome;
pub mod plan;
pub mod publish_outcome;
pub mod report_copies;
pub mod request;
pub mod sdk;
pub mod start_copy;
pub mod store;
pub mod token;
