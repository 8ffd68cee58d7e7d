//! The fault matrix: the real machines and binaries under seeded faults, in four worlds of tokens.
//!
//! ```text
//! matrix (`make faults`)      every row in every world with every seed, on a few hubs side by side
//!   ├─► hub                 a fake Service Catalog, an emulator, the deployed stack
//!   ├─► run                 one job: a row, a world, a seed; control: without what helps
//!   │     ├─► rows          what goes wrong, by group; row: what a row says; limit: what can happen
//!   │     ├─► scenario      what the seed decides
//!   │     └─► runner        starts, stops and redrives, as the course says; machine: which one
//!   ├─► evidence            what the fake and the engine saw; hits: how often that was what the row is about
//!   │     └─► invariants    what must hold
//!   └─► report              the sums; table: in Markdown
//! ```

mod control;
mod course;
mod evidence;
mod hits;
mod hub;
mod injection;
mod invariants;
mod job;
mod limit;
mod machine;
mod matrix;
mod report;
mod row;
mod rows;
mod run;
mod runner;
mod scenario;
mod table;
mod token_world;

pub use matrix::{Selection, matrix};
pub use report::Report;
pub use row::Row;
pub use rows::rows;
pub use token_world::TokenWorld;
