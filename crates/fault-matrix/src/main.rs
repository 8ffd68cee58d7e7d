//! Runs the fault matrix; `CASE`, a name or a part of names, `SEED` and `SEEDS` select. The table of
//! the whole, where nothing fails, goes into the file it is given.

use std::env;
use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use fault_matrix::{Selection, TokenBehavior, matrix};

/// At most, side by side: most of a run is waiting.
const TEST_ENVS: usize = 5;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let number = |name: &str| -> Result<Option<u64>> {
        let text = env::var(name).ok();
        let number = text.map(|text| {
            text.parse()
                .with_context(|| format!("{name} must be a number"))
        });
        number.transpose()
    };
    let case = env::var("CASE").ok();
    let seeds = match number("SEED")? {
        Some(seed) => seed..=seed,
        None => 1..=number("SEEDS")?.unwrap_or(1),
    };
    let selection = Selection {
        test_envs: TEST_ENVS,
        cases: case.into_iter().collect(),
        token_behaviors: TokenBehavior::ALL.into(),
        seeds,
    };
    let report = matrix(&selection).await?;
    print!("{report}");
    let is_result = selection.is_whole() && report.is_good();
    if let Some(file) = env::args_os().nth(1).filter(|_| is_result) {
        fs::write(&file, report.to_string())
            .with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(if report.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
