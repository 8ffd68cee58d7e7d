//! A part of the fault matrix, and that it can fail.

use anyhow::Result;
use fault_matrix::{Selection, TokenBehavior, matrix};

/// The shortest cases of each kind; `make faults` runs all.
const CASES: [&str; 11] = [
    "answer lost ×1",
    "answer lost always",
    "body of CopyProduct malformed",
    "AccessDenied by CopyProduct",
    "status without TargetProductId",
    "SUCCEEDED, but the versions are missing",
    "start-copy failed after it ran",
    "killed after acceptance",
    "warm reuse after an error",
    "one event again, after the copy",
    "input beyond 256 KiB, which is not started",
];

#[tokio::test]
async fn no_violation_where_tokens_are_ignored_or_a_mismatch_is_rejected() -> Result<()> {
    let report = matrix(&Selection {
        cases: CASES.map(str::to_owned).into(),
        token_behaviors: vec![TokenBehavior::Ignored, TokenBehavior::MismatchRejected],
        seeds: 1..=1,
        test_envs: 2,
    })
    .await?;
    assert!(report.is_good(), "\n{report}");
    Ok(())
}
