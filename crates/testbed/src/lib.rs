//! Catalog Copy on this machine: an emulator, the deployed stack, and the messages that it sends.
//!
//! ```text
//! emulator          ministack, a child process: Lambda, Step Functions, EventBridge …
//! ├ lambda_faults   what goes wrong with the invocations of state machines
//! └ table_faults    what goes wrong with the copies table
//! stack             the real template, deployed to it by the real `sam deploy`
//! inbox             what the event bus and a notification topic send
//! state_machine     starts and watches executions
//! second_engine     moto's Step Functions, for what ministack ignores
//! dynamodb          a table in memory, with faults, for what runs in this process
//! https             HTTPS in front of any of them
//! service_model     what AWS publishes of a service, and whether calls are so
//! sdk, sam          how SDK clients and the SAM command line reach them
//! ```

pub mod dynamodb;
pub mod emulator;
pub mod https;
pub mod inbox;
pub mod lambda_faults;
pub mod process;
mod sam;
pub mod sdk;
pub mod second_engine;
pub mod service_model;
pub mod stack;
pub mod state_machine;
pub mod table_faults;
