use anyhow::{Context, Result};
use indicatif::ProgressBar;

use super::{
    callgrind::Instructions,
    rival::{Rival, rivals},
    round::Round,
    stage::Stage,
    tables::{self, Row},
};

/// Lets all take part in so many rounds, one after the other in each, and tells how they did.
///
/// # Errors
/// When one of them fails.
pub async fn report(rounds: u64) -> Result<String> {
    let stage = Stage::set().await?;
    let rivals = rivals();
    let mut measured = vec![Vec::new(); rivals.len()];
    let progress = ProgressBar::new(rounds);
    for _ in 0..rounds {
        for (rival, measured) in rivals.iter().zip(&mut measured) {
            let round = Round::run(&stage, rival).await;
            measured.push(round.with_context(|| rival.name)?);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    let mut rows = Vec::new();
    for (rival, measured) in rivals.iter().zip(&measured) {
        let row = row(&stage, rival, measured).await;
        rows.push(row.with_context(|| rival.name)?);
    }
    tables::all(&rows, rounds)
}

async fn row(stage: &Stage, rival: &Rival, measured: &[Round]) -> Result<Row> {
    let instructions = if rival.is_compiled {
        Some(Instructions::count(stage, rival).await?)
    } else {
        None
    };
    Ok(Row {
        name: rival.name,
        medians: Round::medians(measured),
        zip_size: rival.zip_size()?,
        instructions,
    })
}
