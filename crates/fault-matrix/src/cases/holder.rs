//! What becomes of the lease when its holder comes to an end.

use std::time::Duration;

use crate::control::Control;
use crate::fault_case::{CopyTakes, End, FaultCase};
use crate::injection::Injection;
use crate::known_limitation::KnownLimitation;
use crate::machine::Machine;
use crate::scenario::{
    Ends::{self, Killed, Stopped, TimedOut},
    Held, Scenario,
};
use fake_service_catalog::{
    Fault,
    Moment::{AfterAcceptance, BeforeAcceptance},
    Operation::{CopyProduct, DescribeCopyProductStatus as Status},
};
use testbed::{
    lambda_faults::{FaultKind, LambdaFault},
    table_faults::TableCall::Finish,
};

const SECOND: Duration = Duration::from_secs(1);

/// For a call that is made after its caller has come to its end: on AWS that is below the 90 s that a
/// call may still be made, here it is below what whole seconds leave of 2 s.
const CALL: Duration = Duration::from_millis(900);

pub(super) fn cases() -> Vec<FaultCase> {
    let every = [Killed, Stopped, TimedOut]
        .into_iter()
        .flat_map(|ends| Held::ALL.into_iter().map(move |held| (held, ends)));
    let ends = every.filter_map(|(held, ends)| holder_ends(held, ends));
    ends.chain(lost_leases()).chain(clocks()).collect()
}

fn holder_ends(held: Held, ends: Ends) -> Option<FaultCase> {
    let (how, end, time) = match ends {
        Killed => ("killed", End::Succeeds, SECOND),
        Stopped => ("stopped", End::Succeeds, SECOND),
        // Longer than the machine has.
        TimedOut => ("timed out", End::NextSucceeds, 3 * SECOND),
    };
    let name = format!("{how} {}, then the next run", place(held));
    let case = held_in(FaultCase::new(name, end), held, time)
        .scenario(Scenario::HolderEnds(held, ends))
        .inject(Injection::Scenario);
    Some(match ends {
        Killed => case.function(LambdaFault {
            // Nobody can kill what does not run.
            function: held.function()?,
            kind: FaultKind::Killed,
            error: "Runtime.ExitError",
            times: 1,
        }),
        Stopped if held == Held::MidCopy => case.controls(&[Control::NoTable]),
        Stopped => case,
        TimedOut if held == Held::BeforeCall => case.machine(Machine::ShorterTimeout),
        TimedOut => case.machine(Machine::ShortTimeout),
    })
}

fn lost_leases() -> impl Iterator<Item = FaultCase> {
    [Held::AfterCall, Held::MidCopy].into_iter().map(|held| {
        let name = format!(
            "stopped {}, redriven when the next run has its lease",
            place(held)
        );
        held_in(FaultCase::new(name, End::Succeeds), held, SECOND)
            .copy_takes(CopyTakes::Long)
            .scenario(Scenario::LostLease(held))
            .inject(Injection::Scenario)
    })
}

fn clocks() -> [FaultCase; 2] {
    let case = |name, seconds| {
        held_in(
            FaultCase::new(name, End::Succeeds),
            Held::BeforeCall,
            SECOND,
        )
        .scenario(Scenario::ClockAhead(seconds))
        .inject(Injection::Scenario)
    };
    [
        case(
            "stopped before the call, the next run's clock 2 s behind",
            -2,
        ),
        case(
            "stopped before the call, the next run's clock an hour ahead",
            3600,
        )
        .limitation(KnownLimitation::LongerThanTheWaits),
    ]
}

fn place(held: Held) -> &'static str {
    match held {
        Held::BeforeCall => "in StartCopy before the call",
        Held::AfterCall => "in StartCopy after the call",
        Held::MidCopy => "in WaitForCopy",
        Held::AtStatus => "in CheckStatus",
        Held::BeforeFinish => "in FinishCopy before its note",
        Held::AfterFinish => "in FinishCopy after its note",
    }
}

/// Holds the first execution in a state for that time, unless it is about to call.
fn held_in(case: FaultCase, held: Held, time: Duration) -> FaultCase {
    match held {
        Held::BeforeCall => case.calls(CopyProduct, Fault::Slow(BeforeAcceptance, CALL), 1),
        Held::AfterCall => case.calls(CopyProduct, Fault::Slow(AfterAcceptance, time), 1),
        Held::MidCopy => case.copy_takes(CopyTakes::Long),
        Held::AtStatus => case.calls(Status, Fault::Slow(AfterAcceptance, time), 1),
        Held::BeforeFinish => case.table(Finish, Fault::Slow(BeforeAcceptance, time), 1),
        Held::AfterFinish => case.table(Finish, Fault::Slow(AfterAcceptance, time), 1),
    }
}
