//! What goes wrong with the executions.

use std::time::Duration;

use crate::course::{
    Course,
    Then::{Anew, Redriven},
    When::{After, AtOnce, During},
};
use crate::injection::Injection;
use crate::limit::Limit;
use crate::machine::Machine;
use crate::row::{CopyTakes, End, Row};
use crate::runner::MOST_INPUT;
use fake_service_catalog::Fault;
use fake_service_catalog::Moment::AfterAcceptance;
use fake_service_catalog::Operation::{CopyProduct, DescribeCopyProductStatus as Status};

pub(super) fn rows() -> Vec<Row> {
    let slow = || Fault::Slow(AfterAcceptance, Duration::from_secs(1));
    let course = |name, end, course| Row::new(name, end).course(course).inject(Injection::Course);
    vec![
        course(
            "one event twice, at once",
            End::Either,
            Course::SameEvent(AtOnce),
        )
        .limit(Limit::SameEvent),
        course(
            "one event again, during the copy",
            End::Either,
            Course::SameEvent(During),
        )
        .copy_takes(CopyTakes::Long)
        .limit(Limit::SameEvent),
        course(
            "one event again, after the copy",
            End::Succeeds,
            Course::SameEvent(After),
        ),
        course(
            "two events for one product, at once",
            End::Either,
            Course::TwoEvents(AtOnce),
        )
        .limit(Limit::TwoExecutions),
        course(
            "a second event during the copy",
            End::Either,
            Course::TwoEvents(During),
        )
        .copy_takes(CopyTakes::Long)
        .limit(Limit::TwoExecutions),
        course(
            "a second event after the copy",
            End::Succeeds,
            Course::TwoEvents(After),
        ),
        course(
            "stopped in StartCopy, redriven",
            End::Succeeds,
            Course::Stopped(CopyProduct, Redriven),
        )
        .calls(CopyProduct, slow(), 1),
        course(
            "stopped in StartCopy, started anew",
            End::Succeeds,
            Course::Stopped(CopyProduct, Anew),
        )
        .calls(CopyProduct, slow(), 1),
        course(
            "stopped mid-copy, redriven",
            End::Succeeds,
            Course::Stopped(Status, Redriven),
        )
        .copy_takes(CopyTakes::Long),
        course(
            "stopped mid-copy, started anew",
            End::Succeeds,
            Course::Stopped(Status, Anew),
        )
        .copy_takes(CopyTakes::Long),
        course(
            "answer lost, a version published meanwhile",
            End::Either,
            Course::Published,
        )
        .calls(CopyProduct, Fault::Reset(AfterAcceptance), 1)
        .copy_takes(CopyTakes::Long)
        .limit(Limit::LongerThanTheWaits),
        course(
            "input beyond 256 KiB, which is not started",
            End::Either,
            Course::LargeInput(MOST_INPUT + 1),
        ),
        course(
            "input of 256 KiB, beyond it with what StartCopy adds",
            End::Fails("States.DataLimitExceeded"),
            Course::LargeInput(MOST_INPUT),
        ),
        course("timeout of the machine", End::TimesOut, Course::TimedOut)
            .machine(Machine::Hasty)
            .copy_takes(CopyTakes::Long),
        Row::new(
            "old machine with new functions, answer lost ×1",
            End::Succeeds,
        )
        .machine(Machine::Earlier)
        .calls(CopyProduct, Fault::Reset(AfterAcceptance), 1),
        Row::not_run(
            "new machine with old functions",
            "it takes functions of an earlier release, and there is none",
        ),
    ]
}
