//! Catalog Copy on this machine, never shipped.
//!
//! ```text
//! main (the demo), the end-to-end tests
//!   ├─► service_catalog   a fake Service Catalog and STS, in this process
//!   ├─► emulator          ministack, a child process: Lambda, Step Functions, EventBridge …
//!   ├─► stack             the real template, deployed to it by the real `sam deploy`
//!   ├─► inbox             what the event bus and a notification topic tell others
//!   ├─► state_machine     starts and watches executions
//!   └─► second_engine     moto's Step Functions, for what ministack ignores
//! probe (make probe)      what AWS does not document, asked of AWS or of the fake
//! faults (make faults)    the fault matrix, with lambda_faults for those of invocations
//! polling (make polling)  our wait between polls against others, worked out
//! bench (make bench)      our functions against others: what they take, and how fast they are
//! ```

pub mod bench;
pub mod emulator;
pub mod faults;
pub mod https;
pub mod inbox;
pub mod lambda_faults;
pub mod polling;
pub mod probe;
mod process;
mod sam;
pub mod sdk;
pub mod second_engine;
pub mod service_catalog;
pub mod stack;
pub mod state_machine;
