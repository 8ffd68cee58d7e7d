//! What goes wrong with many copies.

use crate::course::Course;
use crate::injection::Injection;
use crate::limit::Limit;
use crate::row::{End, Row};
use fake_service_catalog::Fault;
use fake_service_catalog::Moment::AfterAcceptance;
use fake_service_catalog::Operation::CopyProduct;

pub(super) fn rows() -> Vec<Row> {
    let down = Fault::error(503, "ServiceUnavailable");
    let lost = Fault::Reset(AfterAcceptance);
    let batch = |name, end| Row::new(name, end).course(Course::Batch);
    vec![
        batch("batch, answers lost ×2", End::Succeeds).calls(CopyProduct, lost, 2),
        batch("batch, one Region down", End::Fails("CopiesFailed"))
            .inject(Injection::Region("eu-west-2", down)),
        batch(
            "batch, role denied for one target",
            End::Fails("CopiesFailed"),
        )
        .inject(Injection::RoleDenied),
        Row::new("two batches over the same targets, at once", End::Either)
            .course(Course::TwoBatches)
            .inject(Injection::Course)
            .limit(Limit::TwoBatches),
    ]
}
