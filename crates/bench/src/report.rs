use anyhow::{Context, Result};
use indicatif::ProgressBar;

use super::{
    callgrind::Instructions,
    contender::{Contender, contenders},
    round::Round,
    tables::{self, Row},
    test_env::TestEnv,
};

/// Measures every contender once a round, and writes the tables.
///
/// # Errors
/// When a contender fails.
pub async fn report(rounds: u64) -> Result<String> {
    let test_env = TestEnv::start().await?;
    let contenders = contenders();
    let mut measured = vec![Vec::new(); contenders.len()];
    let progress = ProgressBar::new(rounds);
    for _ in 0..rounds {
        for (contender, measured) in contenders.iter().zip(&mut measured) {
            let round = Round::run(&test_env, contender).await;
            measured.push(round.with_context(|| contender.name)?);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    let mut rows = Vec::new();
    for (contender, measured) in contenders.iter().zip(&measured) {
        let row = row(&test_env, contender, measured).await;
        rows.push(row.with_context(|| contender.name)?);
    }
    tables::all(&rows, rounds)
}

async fn row(test_env: &TestEnv, contender: &Contender, measured: &[Round]) -> Result<Row> {
    let instructions = if contender.is_compiled {
        Some(Instructions::count(test_env, contender).await?)
    } else {
        None
    };
    Ok(Row {
        name: contender.name,
        medians: Round::medians(measured),
        zip_size: contender.zip_size()?,
        instructions,
    })
}
