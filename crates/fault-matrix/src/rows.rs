//! The rows, by group.

mod answers;
mod batch;
mod lambda;
mod orchestration;
mod transport;

use super::row::Row;

/// Every row, in the order of the table.
#[must_use]
pub fn rows() -> Vec<Row> {
    let groups = [
        transport::rows(),
        answers::rows(),
        lambda::rows(),
        orchestration::rows(),
        batch::rows(),
    ];
    groups.into_iter().flatten().collect()
}
