//! What Service Catalog answers.

use serde_json::json;

use crate::fault_case::{CopyTakes, End, FaultCase};
use crate::injection::Injection;
use crate::scenario::Scenario;
use crate::setup::TARGET_REGION;
use fake_service_catalog::Fault;
use fake_service_catalog::Operation::{
    CopyProduct, DescribeCopyProductStatus as Status, ListProvisioningArtifacts as Question,
};

pub(super) fn cases() -> Vec<FaultCase> {
    [refusals(), statuses()].concat()
}

fn refusals() -> Vec<FaultCase> {
    let denied = || Fault::error(400, "AccessDeniedException");
    let full = Fault::error(400, "LimitExceededException");
    let throttling = "ServiceCatalog.ThrottlingException";
    let rate_exceeded = || Fault::error(400, "ValidationException").saying("Rate exceeded");
    vec![
        // One of the four tries comes too early here: the waits are scaled, the life of a call is not.
        FaultCase::new("CopyProduct answers 500 ×2", End::Succeeds).calls(
            CopyProduct,
            Fault::error(500, "InternalFailure"),
            2,
        ),
        FaultCase::new("CopyProduct answers 500 always, redriven", End::Succeeds)
            .every_call(CopyProduct, Fault::error(500, "InternalFailure"))
            .scenario(Scenario::Redriven("ServiceCatalog.InternalFailure")),
        FaultCase::new("status answers 503 ×4", End::Succeeds).calls(
            Status,
            Fault::error(503, "ServiceUnavailable"),
            4,
        ),
        FaultCase::new("CopyProduct throttled in a burst", End::Succeeds).calls(
            CopyProduct,
            Fault::throttled(),
            5,
        ),
        FaultCase::new("CopyProduct throttled for ever, redriven", End::Succeeds)
            .every_call(CopyProduct, Fault::throttled())
            .scenario(Scenario::Redriven(throttling)),
        FaultCase::new("questions throttled in a burst", End::Succeeds).calls(
            Question,
            Fault::throttled(),
            4,
        ),
        FaultCase::new(
            "CopyProduct throttled as ValidationException",
            End::Succeeds,
        )
        .calls(CopyProduct, rate_exceeded(), 5),
        FaultCase::new("questions throttled as ValidationException", End::Succeeds).calls(
            Question,
            rate_exceeded(),
            4,
        ),
        FaultCase::new("status throttled as ValidationException", End::Succeeds).calls(
            Status,
            rate_exceeded(),
            4,
        ),
        FaultCase::new("status throttled for ever, redriven", End::Succeeds)
            .every_call(Status, Fault::throttled())
            .scenario(Scenario::Redriven(throttling)),
        FaultCase::new(
            "AccessDenied by CopyProduct",
            End::Fails("ServiceCatalog.AccessDeniedException"),
        )
        .every_call(CopyProduct, denied()),
        FaultCase::new(
            "AccessDenied by the status",
            End::Fails("ServiceCatalog.AccessDeniedException"),
        )
        .every_call(Status, denied()),
        FaultCase::new(
            "the target's Region is not enabled",
            End::Fails("ServiceCatalog.UnrecognizedClientException"),
        )
        .inject(Injection::Region(
            TARGET_REGION,
            Fault::error(400, "UnrecognizedClientException"),
        )),
        FaultCase::new(
            "LimitExceeded",
            End::Fails("ServiceCatalog.LimitExceededException"),
        )
        .every_call(CopyProduct, full),
    ]
}

fn statuses() -> Vec<FaultCase> {
    let failed = |detail| Fault::status("FAILED", detail);
    let succeeded = || Fault::status("SUCCEEDED", None);
    let nowhere = json!({ "CopyProductStatus": "SUCCEEDED", "TargetProductId": "prod-nowhere" });
    vec![
        FaultCase::new("status unknown", End::Fails("UnexpectedStatus"))
            .every_call(Status, Fault::status("PAUSED", None)),
        FaultCase::new("status without TargetProductId", End::Succeeds)
            .every_call(Status, succeeded())
            .copy_takes(CopyTakes::NoTime),
        FaultCase::new("status not visible yet ×1 to ×3", End::Succeeds)
            .inject(Injection::StatusHidden(1..=3)),
        FaultCase::new(
            "status never visible",
            End::Fails("ServiceCatalog.ResourceNotFoundException"),
        )
        .inject(Injection::StatusHidden(u32::MAX..=u32::MAX)),
        FaultCase::new("FAILED with detail", End::Fails("CopyFailed"))
            .every_call(Status, failed(Some("The template could not be read")))
            .copy_takes(CopyTakes::ForEver),
        FaultCase::new("FAILED without detail", End::Fails("CopyFailed"))
            .every_call(Status, failed(None))
            .copy_takes(CopyTakes::ForEver),
        FaultCase::new("IN_PROGRESS for ever", End::Fails("CopyTimedOut"))
            .every_call(Status, Fault::status("IN_PROGRESS", None))
            .copy_takes(CopyTakes::ForEver),
        FaultCase::new("FAILED, redriven", End::Succeeds)
            .every_call(Status, failed(None))
            .copy_takes(CopyTakes::NoTime)
            .scenario(Scenario::Redriven("CopyFailed")),
        FaultCase::new("IN_PROGRESS at the deadline, redriven", End::Succeeds)
            .every_call(Status, Fault::status("IN_PROGRESS", None))
            .copy_takes(CopyTakes::NoTime)
            .scenario(Scenario::Redriven("CopyTimedOut")),
        FaultCase::new(
            "SUCCEEDED, but the target is missing",
            End::Fails("ServiceCatalog.ResourceNotFoundException"),
        )
        .every_call(Status, Fault::Answer(nowhere))
        .copy_takes(CopyTakes::ForEver)
        .new_product(),
        FaultCase::new("copied versions are listed late ×8", End::Succeeds)
            .inject(Injection::ListedLate(8))
            .copy_takes(CopyTakes::NoTime)
            .new_product(),
        FaultCase::new(
            "SUCCEEDED, but the versions are missing",
            End::Fails("CopyIncomplete"),
        )
        .every_call(Status, succeeded())
        .copy_takes(CopyTakes::ForEver),
    ]
}
