//! Catalog Copy copies AWS Service Catalog products to any Region and any account.
//!
//! ```text
//! bin ───────────────► functions, aws
//! functions ─────────► aws, record, plan, batch, outcome, token, telemetry, request, version, error
//! aws ───────────────► record, request, version, error
//! record ────────────► plan, request, version
//! plan ──────────────► request, version, error
//! batch, outcome ────► request, error
//! token ─────────────► request
//! telemetry ─────────► error
//! request ───────────► error
//! ```
//!
//! Only `aws` calls AWS. docs/architecture.md says what is in each module.

pub mod aws;
pub mod batch;
pub mod error;
pub mod functions;
pub mod outcome;
pub mod plan;
pub mod record;
pub mod request;
pub mod telemetry;
pub mod token;
pub mod version;
