//! The real template, the real binaries and the real state machine, against a fake Service Catalog.

mod batches;
mod entry_points;
mod exactly_once;
mod failures;
mod idempotency;
mod logs;
mod outcomes;
mod redrive;
mod sync;
mod targets;
mod test_env;
mod triggers;
