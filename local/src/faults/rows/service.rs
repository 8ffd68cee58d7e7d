//! What goes wrong on the way to Service Catalog, in it, and on the way back.

use std::time::Duration;

use serde_json::json;

use crate::faults::course::Course;
use crate::faults::injection::Injection;
use crate::faults::row::{CopyTakes, End, Limit, Row};
use crate::service_catalog::Fault;
use crate::service_catalog::Moment::{AfterAcceptance, BeforeAcceptance};
use crate::service_catalog::Operation::{
    CopyProduct, DescribeCopyProductStatus as Status, ListProvisioningArtifacts as Question,
};

const NO_ANSWER: &str = "ServiceCatalog.SdkClientException";

pub(super) fn rows() -> Vec<Row> {
    [transport(), slow(), refusals(), statuses()].concat()
}

fn transport() -> Vec<Row> {
    let lost = || Fault::Reset(AfterAcceptance);
    let reset = || Fault::Reset(BeforeAcceptance);
    vec![
        Row::new("answer lost ×1", End::Succeeds)
            .calls(CopyProduct, lost(), 1)
            .in_control(),
        Row::new(
            "answer lost ×3, the copy slower than the waits",
            End::Succeeds,
        )
        .calls(CopyProduct, lost(), 3)
        .copy_takes(CopyTakes::Long)
        .limit(Limit::LongerThanTheWaits)
        .in_control(),
        Row::new("answer lost always", End::Succeeds).every_call(CopyProduct, lost()),
        Row::new(
            "answer lost always, the copy slower than the waits, redriven",
            End::Succeeds,
        )
        .every_call(CopyProduct, lost())
        .copy_takes(CopyTakes::Long)
        .course(Course::Redriven(NO_ANSWER))
        .limit(Limit::LongerThanTheWaits),
        Row::new("answer of a question lost", End::Succeeds).one_call(Question, lost(), 3),
        Row::new("answer of the status lost", End::Succeeds).one_call(Status, lost(), 1),
        Row::new("reset before acceptance ×1", End::Succeeds).calls(CopyProduct, reset(), 1),
        Row::new("reset before acceptance always, redriven", End::Succeeds)
            .every_call(CopyProduct, reset())
            .course(Course::Redriven(NO_ANSWER)),
        Row::new("CopyProduct hangs before acceptance", End::Succeeds).calls(
            CopyProduct,
            Fault::Hang(BeforeAcceptance),
            1,
        ),
        Row::new("CopyProduct hangs after acceptance", End::Succeeds)
            .calls(CopyProduct, Fault::Hang(AfterAcceptance), 1)
            .in_control(),
        Row::new("status hangs", End::Succeeds).one_call(Status, Fault::Hang(AfterAcceptance), 1),
        Row::new("body of CopyProduct malformed", End::Succeeds)
            .calls(CopyProduct, Fault::Malformed, 1)
            .in_control(),
        Row::new("body of a question malformed", End::Succeeds).one_call(
            Question,
            Fault::Malformed,
            3,
        ),
        Row::new("body of the status malformed", End::Succeeds).one_call(
            Status,
            Fault::Malformed,
            1,
        ),
    ]
}

/// On both sides of each timeout: an attempt has 5 s, the one of `CopyProduct` 15 s, a call with its
/// retries 20 s.
fn slow() -> Vec<Row> {
    let late = |seconds| Fault::Slow(AfterAcceptance, Duration::from_secs(seconds));
    vec![
        Row::new("a question is answered in 4 of 5 s", End::Succeeds).one_call(
            Question,
            late(4),
            3,
        ),
        Row::new("a question is answered in 6 of 5 s", End::Succeeds).one_call(
            Question,
            late(6),
            3,
        ),
        Row::new(
            "a question is answered in 6 of 5 s, three times",
            End::Succeeds,
        )
        .calls(Question, late(6), 3),
        Row::new("CopyProduct is answered in 13 of 15 s", End::Succeeds).calls(
            CopyProduct,
            late(13),
            1,
        ),
        Row::new("CopyProduct is answered in 17 of 15 s", End::Succeeds).calls(
            CopyProduct,
            late(17),
            1,
        ),
    ]
}

fn refusals() -> Vec<Row> {
    let denied = || Fault::error(400, "AccessDeniedException");
    let full = Fault::error(400, "LimitExceededException");
    let throttling = "ServiceCatalog.ThrottlingException";
    vec![
        Row::new("CopyProduct answers 500 ×3", End::Succeeds).calls(
            CopyProduct,
            Fault::error(500, "InternalFailure"),
            3,
        ),
        Row::new("CopyProduct answers 500 always, redriven", End::Succeeds)
            .every_call(CopyProduct, Fault::error(500, "InternalFailure"))
            .course(Course::Redriven("ServiceCatalog.InternalFailure")),
        Row::new("status answers 503 ×4", End::Succeeds).calls(
            Status,
            Fault::error(503, "ServiceUnavailable"),
            4,
        ),
        Row::new("CopyProduct throttled in a burst", End::Succeeds).calls(
            CopyProduct,
            Fault::throttled(),
            5,
        ),
        Row::new("CopyProduct throttled for ever, redriven", End::Succeeds)
            .every_call(CopyProduct, Fault::throttled())
            .course(Course::Redriven(throttling)),
        Row::new("questions throttled in a burst", End::Succeeds).calls(
            Question,
            Fault::throttled(),
            4,
        ),
        Row::new("status throttled for ever, redriven", End::Succeeds)
            .every_call(Status, Fault::throttled())
            .course(Course::Redriven(throttling)),
        Row::new(
            "AccessDenied by CopyProduct",
            End::Fails("ServiceCatalog.AccessDeniedException"),
        )
        .every_call(CopyProduct, denied()),
        Row::new(
            "AccessDenied by the status",
            End::Fails("ServiceCatalog.AccessDeniedException"),
        )
        .every_call(Status, denied()),
        Row::new(
            "LimitExceeded",
            End::Fails("ServiceCatalog.LimitExceededException"),
        )
        .every_call(CopyProduct, full),
    ]
}

fn statuses() -> Vec<Row> {
    let failed = |detail| Fault::status("FAILED", detail);
    let succeeded = || Fault::status("SUCCEEDED", None);
    let nowhere = json!({ "CopyProductStatus": "SUCCEEDED", "TargetProductId": "prod-nowhere" });
    vec![
        Row::new("status unknown", End::Fails("UnexpectedStatus"))
            .every_call(Status, Fault::status("PAUSED", None)),
        Row::new("status without TargetProductId", End::Succeeds)
            .every_call(Status, succeeded())
            .copy_takes(CopyTakes::NoTime),
        Row::new("status not visible yet ×1 to ×3", End::Succeeds)
            .inject(Injection::StatusHidden(1..=3)),
        Row::new(
            "status never visible",
            End::Fails("ServiceCatalog.ResourceNotFoundException"),
        )
        .inject(Injection::StatusHidden(u32::MAX..=u32::MAX)),
        Row::new("FAILED with detail", End::Fails("CopyFailed"))
            .every_call(Status, failed(Some("The template could not be read")))
            .copy_takes(CopyTakes::ForEver),
        Row::new("FAILED without detail", End::Fails("CopyFailed"))
            .every_call(Status, failed(None))
            .copy_takes(CopyTakes::ForEver),
        Row::new("IN_PROGRESS for ever", End::Fails("CopyTimedOut"))
            .every_call(Status, Fault::status("IN_PROGRESS", None))
            .copy_takes(CopyTakes::ForEver),
        Row::new(
            "SUCCEEDED, but the target is missing",
            End::Fails("ServiceCatalog.ResourceNotFoundException"),
        )
        .every_call(Status, Fault::Answer(nowhere))
        .copy_takes(CopyTakes::ForEver),
        Row::new(
            "SUCCEEDED, but the versions are missing",
            End::Fails("CopyIncomplete"),
        )
        .every_call(Status, succeeded())
        .copy_takes(CopyTakes::ForEver),
    ]
}
