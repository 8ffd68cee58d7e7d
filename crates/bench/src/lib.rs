//! Our functions against others: how fast they start and answer, and what they take.
//!
//! ```text
//! report ──► round ───────┐              ┌──► runtime_api    what Lambda is to a function
//! gate ────► callgrind ───┴─► function ──┼──► stage ─► https, the fake Service Catalog
//!              tables         a process  └──► quota          a core's part at 128 MB
//! rival      who takes part
//! ```

mod callgrind;
mod function;
mod gate;
mod quota;
mod report;
mod rival;
mod round;
mod runtime_api;
mod stage;
mod tables;

pub use gate::check_instructions;
pub use report::report;
