//! What goes wrong on the way to Service Catalog and back.

use std::time::Duration;

use crate::control::Control;
use crate::fault_case::{CopyTakes, End, FaultCase};
use crate::known_limitation::KnownLimitation;
use crate::scenario::Scenario;
use fake_service_catalog::Fault;
use fake_service_catalog::Moment::{AfterAcceptance, BeforeAcceptance};
use fake_service_catalog::Operation::{
    CopyProduct, DescribeCopyProductStatus as Status, ListProvisioningArtifacts as Question,
};

const NO_ANSWER: &str = "ServiceCatalog.SdkClientException";

pub(super) fn cases() -> Vec<FaultCase> {
    [transport(), slow()].concat()
}

fn transport() -> Vec<FaultCase> {
    let lost = || Fault::Reset(AfterAcceptance);
    let reset = || Fault::Reset(BeforeAcceptance);
    vec![
        FaultCase::new("answer lost ×1", End::Succeeds)
            .calls(CopyProduct, lost(), 1)
            .controls(&Control::BARE),
        FaultCase::new(
            "answer lost ×2, the copy slower than the waits",
            End::Succeeds,
        )
        .calls(CopyProduct, lost(), 2)
        .copy_takes(CopyTakes::Longer)
        .limitation(KnownLimitation::LongerThanTheWaits)
        .controls(&Control::BARE),
        FaultCase::new("answer lost always", End::Succeeds).every_call(CopyProduct, lost()),
        FaultCase::new(
            "answer lost always, the copy slower than the waits, redriven",
            End::Succeeds,
        )
        .every_call(CopyProduct, lost())
        .copy_takes(CopyTakes::Longer)
        .scenario(Scenario::Redriven(NO_ANSWER))
        .limitation(KnownLimitation::LongerThanTheWaits),
        FaultCase::new("answer of a question lost", End::Succeeds).one_call(Question, lost(), 3),
        FaultCase::new("answer of the status lost", End::Succeeds).one_call(Status, lost(), 1),
        FaultCase::new("reset before acceptance ×1", End::Succeeds).calls(CopyProduct, reset(), 1),
        FaultCase::new("reset before acceptance always, redriven", End::Succeeds)
            .every_call(CopyProduct, reset())
            .scenario(Scenario::Redriven(NO_ANSWER)),
        FaultCase::new(
            "the first question hangs on a stale connection",
            End::Succeeds,
        )
        .calls(Question, Fault::Hang(BeforeAcceptance), 1),
        FaultCase::new(
            "the first question resets a stale connection",
            End::Succeeds,
        )
        .calls(Question, reset(), 1),
        FaultCase::new("CopyProduct hangs before acceptance", End::Succeeds).calls(
            CopyProduct,
            Fault::Hang(BeforeAcceptance),
            1,
        ),
        FaultCase::new("CopyProduct hangs after acceptance", End::Succeeds)
            .calls(CopyProduct, Fault::Hang(AfterAcceptance), 1)
            .controls(&Control::BARE),
        FaultCase::new("status hangs", End::Succeeds).one_call(
            Status,
            Fault::Hang(AfterAcceptance),
            1,
        ),
        FaultCase::new("body of CopyProduct malformed", End::Succeeds)
            .calls(CopyProduct, Fault::Malformed, 1)
            .controls(&Control::BARE),
        FaultCase::new("body of a question malformed", End::Succeeds).one_call(
            Question,
            Fault::Malformed,
            3,
        ),
        FaultCase::new("body of the status malformed", End::Succeeds).one_call(
            Status,
            Fault::Malformed,
            1,
        ),
    ]
}

/// On both sides of each timeout: an attempt has 5 s, the one of `CopyProduct` 15 s, a call with its
/// retries 20 s.
fn slow() -> Vec<FaultCase> {
    let late = |seconds| Fault::Slow(AfterAcceptance, Duration::from_secs(seconds));
    vec![
        FaultCase::new("a question is answered in 4 of 5 s", End::Succeeds)
            .one_call(Question, late(4), 3)
            .gives_up(0),
        FaultCase::new("a question is answered in 6 of 5 s", End::Succeeds)
            .one_call(Question, late(6), 3)
            .gives_up(1),
        FaultCase::new(
            "a question is answered in 6 of 5 s, three times",
            End::Succeeds,
        )
        .calls(Question, late(6), 3)
        .gives_up(3),
        FaultCase::new("CopyProduct is answered in 13 of 15 s", End::Succeeds)
            .calls(CopyProduct, late(13), 1)
            .gives_up(0),
        FaultCase::new("CopyProduct is answered in 17 of 15 s", End::Succeeds)
            .calls(CopyProduct, late(17), 1)
            .gives_up(1),
    ]
}
