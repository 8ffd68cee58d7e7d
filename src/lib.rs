//! Catalog Copy copies AWS Service Catalog products to any Region and any account.
//!
//! ```text
//! bin ──► functions ──┬──► aws ──────────► Service Catalog, S3, EventBridge
//!                     ├──► plan ─► version
//!                     ├──► batch, outcome, token ─► request
//!                     └──► telemetry
//! ```
//!
//! Arrows run down: see docs/architecture.md.

pub mod aws;
pub mod batch;
pub mod error;
pub mod functions;
pub mod outcome;
pub mod plan;
pub mod request;
pub mod telemetry;
pub mod token;
pub mod version;
