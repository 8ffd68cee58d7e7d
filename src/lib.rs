//! Catalog Copy copies AWS Service Catalog products to any Region and any account.
//!
//! ```text
//! bin/start-copy ──► start_copy ────┬──► catalog ──► AWS Service Catalog, AWS STS
//!                        │          │       │
//!                        ▼          │       ▼
//!                      token ──► request ──► error
//!                                   ▲
//! bin/check-status ► check_status ──┴──► catalog
//! ```
//!
//! Arrows run one way: a binary wires its handler, a handler reads its request and calls the
//! catalog, and every error has one of the names in [`error`].

pub mod catalog;
pub mod check_status;
pub mod error;
pub mod limits;
pub mod log;
pub mod request;
pub mod start_copy;
pub mod token;
