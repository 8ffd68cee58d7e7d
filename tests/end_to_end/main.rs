//! The real template, the real binaries and the real state machine, against a fake Service Catalog.

mod batches;
mod doors;
mod failures;
mod hub;
mod idempotency;
mod logs;
mod outcomes;
mod sync;
mod targets;
mod triggers;
