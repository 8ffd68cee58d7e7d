use fake_service_catalog::Operation;
use testbed::lambda_faults::Function;

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
    /// One execution that comes to its end in a state, and another that is started at once.
    HolderEnds(Held, Ends),
    /// One execution, stopped in a state; another that takes its lease over; and the first, redriven
    /// meanwhile.
    LostLease(Held),
    /// One execution; another is started when it has ended and something was changed since.
    Changed(Change),
    /// One execution, stopped before its call, and another that is started at once, whose clock is ahead
    /// by this many seconds.
    ClockAhead(i64),
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

/// Where an execution is that holds the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// In `StartCopy`: `CopyProduct` is noted, and accepted only later.
    BeforeCall,
    /// In `StartCopy`: `CopyProduct` is accepted, and answered only later.
    AfterCall,
    /// In `WaitForCopy`, or in `CheckStatus` between two waits.
    MidCopy,
    /// In `CheckStatus`: the answer comes only later.
    AtStatus,
    /// In `FinishCopy`: what was copied is noted only later.
    BeforeFinish,
    /// In `FinishCopy`: what was copied is noted, and answered only later.
    AfterFinish,
}

/// How it comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// Its function is killed; the state is tried again.
    Killed,
    Stopped,
    /// By the timeout of its machine.
    TimedOut,
}

/// What is changed after a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The item of the copy is deleted from the table.
    CopyDeleted,
    /// All items are deleted from the table.
    TableEmptied,
    /// An execution that does not exist holds the lease.
    HolderUnknown,
    /// An attribute of the copy's item is of another type.
    ItemUnreadable,
    /// A copied version is deleted from the target.
    VersionRemoved,
    /// The target product is deleted.
    ProductRemoved,
}

impl Held {
    pub(super) const ALL: [Self; 6] = [
        Self::BeforeCall,
        Self::AfterCall,
        Self::MidCopy,
        Self::AtStatus,
        Self::BeforeFinish,
        Self::AfterFinish,
    ];

    /// The states that it may be in.
    pub(super) fn states(self) -> &'static [&'static str] {
        match self {
            Self::BeforeCall | Self::AfterCall => &["StartCopy"],
            Self::MidCopy => &["WaitForCopy", "CheckStatus", "RouteOnStatus"],
            Self::AtStatus => &["CheckStatus"],
            Self::BeforeFinish | Self::AfterFinish => &["FinishCopy"],
        }
    }

    /// The function that runs then, if one does.
    pub(super) fn function(self) -> Option<Function> {
        match self {
            Self::BeforeCall | Self::AfterCall => Some(Function::StartCopy),
            Self::MidCopy => None,
            Self::AtStatus => Some(Function::CheckStatus),
            Self::BeforeFinish | Self::AfterFinish => Some(Function::FinishCopy),
        }
    }
}
