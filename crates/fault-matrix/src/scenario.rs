use fake_service_catalog::Operation;

/// What is started, stopped and redriven.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scenario {
    /// One execution.
    Once,
    /// One execution that fails with this error, and is redriven when the faults are over.
    Redriven(&'static str),
    /// One execution, whose function is killed while a call hangs.
    Killed,
    /// One event starts two executions.
    SameEvent(When),
    /// Two events start an execution each.
    TwoEvents(When),
    /// One execution, stopped as soon as the operation has been called, and what follows once the copy
    /// has arrived.
    Stopped(Operation, Then),
    /// One execution; a version is published as soon as a copy has been accepted.
    Published,
    /// One execution, whose machine has a timeout that is too short for it.
    TimedOut,
    /// One execution, with an input of this many bytes.
    LargeInput(usize),
    /// Two products to three targets.
    Batch,
    /// The same twice at the same time.
    TwoBatches,
}

/// When the second execution starts.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    AtOnce,
    /// As soon as the first one's copy has been accepted.
    During,
    After,
}

/// What follows after a stop.
#[derive(Clone, Copy, Debug)]
pub(super) enum Then {
    Redriven,
    Anew,
}
