//! What goes wrong with the executions.

use std::time::Duration;

use crate::control::Control;
use crate::fault_case::{CopyTakes, End, FaultCase};
use crate::injection::Injection;
use crate::known_limitation::KnownLimitation;
use crate::machine::Machine;
use crate::runner::MOST_INPUT;
use crate::scenario::{
    Scenario,
    Then::{Anew, Redriven},
    When::{After, AtOnce, During},
};
use fake_service_catalog::Fault;
use fake_service_catalog::Moment::AfterAcceptance;
use fake_service_catalog::Operation::{CopyProduct, DescribeCopyProductStatus as Status};

pub(super) fn cases() -> Vec<FaultCase> {
    let slow = || Fault::Slow(AfterAcceptance, Duration::from_secs(1));
    let scenario = |name, end, scenario| {
        FaultCase::new(name, end)
            .scenario(scenario)
            .inject(Injection::Scenario)
    };
    vec![
        scenario(
            "one event twice, at once",
            End::Succeeds,
            Scenario::SameEvent(AtOnce),
        ),
        scenario(
            "one event again, during the copy",
            End::Succeeds,
            Scenario::SameEvent(During),
        )
        .copy_takes(CopyTakes::Long),
        scenario(
            "one event again, after the copy",
            End::Succeeds,
            Scenario::SameEvent(After),
        ),
        scenario(
            "two events for one product, at once",
            End::Succeeds,
            Scenario::TwoEvents(AtOnce),
        ),
        scenario(
            "a second event during the copy",
            End::Succeeds,
            Scenario::TwoEvents(During),
        )
        .copy_takes(CopyTakes::Long)
        .controls(&[Control::NoTable]),
        scenario(
            "a second event after the copy",
            End::Succeeds,
            Scenario::TwoEvents(After),
        ),
        scenario(
            "stopped in StartCopy, redriven",
            End::Succeeds,
            Scenario::Stopped(CopyProduct, Redriven),
        )
        .calls(CopyProduct, slow(), 1),
        scenario(
            "stopped in StartCopy, started anew",
            End::Succeeds,
            Scenario::Stopped(CopyProduct, Anew),
        )
        .calls(CopyProduct, slow(), 1),
        scenario(
            "stopped mid-copy, redriven",
            End::Succeeds,
            Scenario::Stopped(Status, Redriven),
        )
        .copy_takes(CopyTakes::Long),
        scenario(
            "stopped mid-copy, started anew",
            End::Succeeds,
            Scenario::Stopped(Status, Anew),
        )
        .copy_takes(CopyTakes::Long),
        scenario(
            "answer lost, a version published meanwhile",
            End::Succeeds,
            Scenario::Published,
        )
        .calls(CopyProduct, Fault::Reset(AfterAcceptance), 1)
        .copy_takes(CopyTakes::Longer)
        .limitation(KnownLimitation::LongerThanTheWaits),
        scenario(
            "input beyond 256 KiB, which is not started",
            End::Either,
            Scenario::LargeInput(MOST_INPUT + 1),
        ),
        scenario(
            "input of 256 KiB, beyond it with what StartCopy adds",
            End::Fails("States.DataLimitExceeded"),
            Scenario::LargeInput(MOST_INPUT),
        ),
        scenario("timeout of the machine", End::TimesOut, Scenario::TimedOut)
            .machine(Machine::ShortTimeout)
            .copy_takes(CopyTakes::Long),
        FaultCase::new(
            "old machine with new functions, answer lost ×1",
            End::Succeeds,
        )
        .machine(Machine::Earlier)
        .calls(CopyProduct, Fault::Reset(AfterAcceptance), 1),
        FaultCase::not_run(
            "new machine with old functions",
            "it takes functions of an earlier release, and there is none",
        ),
    ]
}
