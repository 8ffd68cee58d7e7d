//! A part of the fault matrix, and that it can fail.

use anyhow::Result;
use fault_matrix::{Selection, TokenBehavior, matrix};

/// The shortest cases of each kind; `make faults` runs all.
const CASES: [&str; 9] = [
    "answer lost ×1",
    "AccessDenied by CopyProduct",
    "SUCCEEDED, but the versions are missing",
    "killed after acceptance",
    "two events for one product, at once",
    "input beyond 256 KiB, which is not started",
    "stopped in StartCopy after the call, redriven when the next run has its lease",
    "noting the call: done, but the answer lost ×1",
    "noting the token: denied always, redriven",
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
