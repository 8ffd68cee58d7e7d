//! What our wait between polls costs and gains against fixed intervals and doubling.
//!
//! ```text
//! report (Markdown) ──┐              ┌──► rule      when a rule polls
//! plot (SVG) ─────────┴─► measure ───┴──► lateness and polls, averaged over copies
//! ```

mod measure;
mod plot;
mod report;
mod rule;

pub use measure::{Measure, Spread};
pub use plot::plot;
pub use report::report;
pub use rule::{EXPRESSION, Rule, others, ours};
