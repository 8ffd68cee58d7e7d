//! Local.

pub mod service_catalog;
