//! What goes wrong with many copies.

use crate::fault_case::{End, FaultCase};
use crate::injection::Injection;
use crate::scenario::Scenario;
use fake_service_catalog::Fault;
use fake_service_catalog::Moment::AfterAcceptance;
use fake_service_catalog::Operation::CopyProduct;

pub(super) fn cases() -> Vec<FaultCase> {
    let down = Fault::error(503, "ServiceUnavailable");
    let lost = Fault::Reset(AfterAcceptance);
    let batch = |name, end| FaultCase::new(name, end).scenario(Scenario::Batch);
    vec![
        batch("batch, answers lost ×2", End::Succeeds).calls(CopyProduct, lost, 2),
        batch("batch, one Region down", End::Fails("CopiesFailed"))
            .inject(Injection::Region("eu-west-2", down)),
        batch(
            "batch, role denied for one target",
            End::Fails("CopiesFailed"),
        )
        .inject(Injection::RoleDenied),
        FaultCase::new("two batches over the same targets, at once", End::Succeeds)
            .scenario(Scenario::TwoBatches)
            .inject(Injection::Scenario),
    ]
}
