//! The cases, by group.

mod answers;
mod batch;
mod copies_table;
mod holder;
mod lambda;
mod orchestration;
mod transport;

use super::fault_case::FaultCase;

/// Every case, in the order of the table.
#[must_use]
pub fn cases() -> Vec<FaultCase> {
    let groups = [
        transport::cases(),
        answers::cases(),
        lambda::cases(),
        orchestration::cases(),
        holder::cases(),
        copies_table::cases(),
        batch::cases(),
    ];
    groups.into_iter().flatten().collect()
}
