//! What must hold for anything that may happen: sequences, a model, and texts that a fuzzer makes up.

mod exactly_once;
mod fuzz_targets;
mod hostile;
mod protocol;
