//! Our functions against others: how fast they start and answer, and what they take.
//!
//! ```text
//! report ──► round ───────┐              ┌──► runtime_api    what Lambda is to a function
//! gate ────► callgrind ───┴─► function ──┼──► test_env ─► https, the fake Service Catalog
//!              tables         a process  └──► quota          a core's part at 128 MB
//! contender  a function that is measured
//! ```

mod callgrind;
mod contender;
mod copies_table;
mod function;
mod gate;
mod quota;
mod report;
mod round;
mod runtime_api;
mod tables;
mod test_env;

pub use gate::check_instructions;
pub use report::report;
