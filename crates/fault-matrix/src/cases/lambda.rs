//! What goes wrong with the functions.

use std::time::Duration;

use crate::control::Control;
use crate::fault_case::{End, FaultCase};
use crate::injection::Injection;
use crate::scenario::Scenario;
use fake_service_catalog::Fault;
use fake_service_catalog::Moment::{self, AfterAcceptance, BeforeAcceptance};
use fake_service_catalog::Operation::CopyProduct;
use testbed::lambda_faults::{FaultKind, Function, LambdaFault, PANIC};

const THROTTLED: &str = "Lambda.TooManyRequestsException";
const SERVICE: &str = "Lambda.ServiceException";
const EXIT: &str = "Runtime.ExitError";

pub(super) fn cases() -> Vec<FaultCase> {
    use FaultKind::{Exits, GoesOn, InitFails, Killed, NotRun, Run};
    use Function::{CheckStatus, FinishCopy, StartCopy};
    let two = fault(StartCopy, GoesOn, SERVICE, 1);
    let late = Fault::Slow(BeforeAcceptance, Duration::from_millis(1500));
    let once = |name, function, kind, error| {
        FaultCase::new(name, End::Succeeds).function(fault(function, kind, error, 1))
    };
    vec![
        FaultCase::new("start-copy throttled", End::Succeeds)
            .function(fault(StartCopy, NotRun, THROTTLED, 5)),
        FaultCase::new("check-status throttled", End::Succeeds).function(fault(
            CheckStatus,
            NotRun,
            THROTTLED,
            5,
        )),
        FaultCase::new("start-copy throttled for ever, redriven", End::Succeeds)
            .function(fault(StartCopy, NotRun, THROTTLED, 7))
            .scenario(Scenario::Redriven(THROTTLED)),
        once(
            "start-copy failed before it ran",
            StartCopy,
            NotRun,
            SERVICE,
        ),
        once("start-copy failed after it ran", StartCopy, Run, SERVICE).controls(&Control::BARE),
        once(
            "check-status failed after it ran",
            CheckStatus,
            Run,
            SERVICE,
        ),
        once("finish-copy failed after it ran", FinishCopy, Run, SERVICE),
        once(
            "start-copy ran into its 60 s",
            StartCopy,
            Run,
            "Sandbox.Timedout",
        ),
        once(
            "StartCopy ran into its 90 s",
            StartCopy,
            Run,
            "States.Timeout",
        ),
        ended("killed before acceptance", Killed, BeforeAcceptance),
        ended("killed after acceptance", Killed, AfterAcceptance).controls(&Control::BARE),
        ended("exit before acceptance", Exits, BeforeAcceptance),
        ended("exit after acceptance", Exits, AfterAcceptance),
        once(
            "panic of start-copy after acceptance, redriven",
            StartCopy,
            Run,
            PANIC,
        )
        .scenario(Scenario::Redriven(PANIC)),
        once("init of start-copy fails", StartCopy, InitFails, EXIT),
        once("init of finish-copy fails", FinishCopy, InitFails, EXIT),
        FaultCase::new("warm reuse after an error", End::Succeeds)
            .calls(CopyProduct, Fault::Reset(AfterAcceptance), 1)
            .inject(Injection::WarmReuse),
        FaultCase::new(
            "two sandboxes with one token, the first one's call late",
            End::Succeeds,
        )
        .function(two)
        .calls(CopyProduct, late, 1)
        .inject(Injection::TwoSandboxes),
    ]
}

/// The first `times` invocations of a function meet a fault.
fn fault(function: Function, kind: FaultKind, error: &'static str, times: usize) -> LambdaFault {
    LambdaFault {
        function,
        kind,
        error,
        times,
    }
}

/// The process ends while `CopyProduct` hangs.
fn ended(name: &'static str, kind: FaultKind, moment: Moment) -> FaultCase {
    FaultCase::new(name, End::Succeeds)
        .calls(CopyProduct, Fault::Hang(moment), 1)
        .function(fault(Function::StartCopy, kind, EXIT, 1))
        .scenario(Scenario::Killed)
}
