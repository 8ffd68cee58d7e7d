//! Local.

pub mod emulator;
mod process;
mod sam;
mod sdk;
pub mod second_engine;
pub mod service_catalog;
pub mod stack;
pub mod state_machine;
