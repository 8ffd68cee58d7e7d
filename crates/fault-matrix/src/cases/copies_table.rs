//! What goes wrong with the copies table.

use std::time::Duration;

use crate::fault_case::{CopyTakes, End, FaultCase};
use crate::injection::Injection;
use crate::known_limitation::KnownLimitation;
use crate::scenario::{Change, Scenario};
use fake_service_catalog::{
    Fault,
    Moment::{AfterAcceptance, BeforeAcceptance},
};
use testbed::table_faults::TableCall;

/// The SDK's attempts of a call.
const ATTEMPTS: usize = 4;

const DENIED: &str = "AccessDeniedException";

pub(super) fn cases() -> Vec<FaultCase> {
    let writes = TableCall::WRITES.into_iter();
    let at_writes = writes.flat_map(at_write);
    at_writes.chain(for_ever()).chain(changes()).collect()
}

/// What may happen at a write, on both sides of the SDK's own retries and of its 2 s.
fn at_write(call: TableCall) -> [FaultCase; 8] {
    let at = write(call);
    let case = |what, fault, times| {
        FaultCase::new(format!("{at}: {what}"), End::Succeeds).table(call, fault, times)
    };
    let late = Duration::from_secs(3);
    let broken = || Fault::error(500, "InternalServerError");
    [
        case("throttled ×4", Fault::throttled(), ATTEMPTS),
        case("answered 500 ×4", broken(), ATTEMPTS),
        case(
            "dropped before it is done ×4",
            Fault::Reset(BeforeAcceptance),
            ATTEMPTS,
        ),
        case(
            "done, but the answer lost ×1",
            Fault::Reset(AfterAcceptance),
            1,
        ),
        case(
            "done, but the answer lost ×4",
            Fault::Reset(AfterAcceptance),
            ATTEMPTS,
        ),
        case(
            "answered in 3 of 2 s",
            Fault::Slow(AfterAcceptance, late),
            1,
        ),
        case(
            "done after 3 of 2 s",
            Fault::Slow(BeforeAcceptance, late),
            1,
        ),
        FaultCase::new(format!("{at}: denied always, redriven"), End::Succeeds)
            .every_table_call(call, Fault::error(400, DENIED))
            .scenario(Scenario::Redriven("DynamoDB.AccessDeniedException")),
    ]
}

fn write(call: TableCall) -> &'static str {
    match call {
        TableCall::Take => "taking the lease",
        TableCall::NoteCall => "noting the call",
        TableCall::NoteToken => "noting the token",
        TableCall::ForgetCall => "forgetting the call",
        TableCall::Claim => "claiming the product",
        TableCall::Finish => "noting what was copied",
        TableCall::Read => "reading",
    }
}

fn for_ever() -> [FaultCase; 5] {
    let take = |name, fault, error| {
        FaultCase::new(name, End::Succeeds)
            .every_table_call(TableCall::Take, fault)
            .scenario(Scenario::Redriven(error))
    };
    [
        take(
            "the table throttles always, redriven",
            Fault::throttled(),
            "DynamoDB.ThrottlingException",
        ),
        take(
            "the table answers 500 always, redriven",
            Fault::error(500, "InternalServerError"),
            "DynamoDB.InternalFailure",
        ),
        take(
            "the table does not answer, redriven",
            Fault::Reset(BeforeAcceptance),
            "DynamoDB.SdkClientException",
        ),
        take(
            "there is no table, redriven",
            Fault::error(400, "ResourceNotFoundException"),
            "DynamoDB.ResourceNotFoundException",
        ),
        FaultCase::new(
            "noting the token: answered 500 ×4, the copy slower than the waits",
            End::Succeeds,
        )
        .table(
            TableCall::NoteToken,
            Fault::error(500, "InternalServerError"),
            ATTEMPTS,
        )
        .copy_takes(CopyTakes::Longer)
        .limitation(KnownLimitation::LongerThanTheWaits),
    ]
}

fn changes() -> [FaultCase; 6] {
    let case = |name, end, change| {
        FaultCase::new(name, end)
            .scenario(Scenario::Changed(change))
            .inject(Injection::Scenario)
    };
    let succeeds = End::Succeeds;
    [
        case(
            "the item of the copy deleted, then the next run",
            succeeds,
            Change::CopyDeleted,
        ),
        case(
            "all items deleted, then the next run",
            End::NextFails("NameTaken"),
            Change::TableEmptied,
        )
        .new_product(),
        case(
            "the holder in the table does not exist",
            succeeds,
            Change::HolderUnknown,
        ),
        case(
            "the item of the copy cannot be read, then the next run",
            End::NextFails("UnreadableItem"),
            Change::ItemUnreadable,
        ),
        case(
            "a version in the table was deleted from the target",
            succeeds,
            Change::VersionRemoved,
        ),
        case(
            "the product in the table was deleted from the target",
            succeeds,
            Change::ProductRemoved,
        ),
    ]
}
