//! The fault matrix: the real machines and binaries under seeded faults and four behaviours of idempotency tokens.
//!
//! ```text
//! matrix (`make faults`)      every case with every token behaviour and seed, in a few environments side by side
//!   ├─► test_env            a fake Service Catalog, an emulator, the deployed stack
//!   ├─► run                 one job: a case, a token behaviour, a seed; control: without what helps
//!   │     ├─► cases         what goes wrong, by group; fault_case: what a case says
//!   │     ├─► setup         what the seed decides
//!   │     └─► runner        starts, stops and redrives, as the scenario says; machine: which one
//!   ├─► evidence            what the fake and the engine saw; hits: how often that was the case's fault
//!   │     └─► violations    what must not be; known_limitation: what can be
//!   └─► report              the sums; table: in Markdown
//! ```

mod cases;
mod control;
mod evidence;
mod fault_case;
mod hits;
mod injection;
mod job;
mod known_limitation;
mod machine;
mod matrix;
mod report;
mod run;
mod runner;
mod scenario;
mod setup;
mod table;
mod test_env;
mod token_behavior;
mod violations;

pub use cases::cases;
pub use fault_case::FaultCase;
pub use matrix::{Selection, matrix};
pub use report::Report;
pub use token_behavior::TokenBehavior;
