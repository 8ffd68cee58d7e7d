//! What a function lets others see of its work.

pub mod log;
pub mod metrics;
