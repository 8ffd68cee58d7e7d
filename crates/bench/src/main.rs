//! Measures our functions against others and writes the tables into a file, or, with `--limits` and a file,
//! checks that ours execute no more instructions than it allows.

use std::{env, fs, path::Path};

use anyhow::{Context, Result, ensure};
use bench::check_instructions;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [file] => report(Path::new(file)).await,
        ["--limits", file] => check_instructions(Path::new(file)).await,
        _ => anyhow::bail!("usage: bench FILE | bench --limits FILE"),
    }
}

async fn report(file: &Path) -> Result<()> {
    let rounds = env::var("ROUNDS").ok().filter(|it| !it.is_empty());
    let rounds = rounds.map_or(Ok(20), |it| it.parse()).context("ROUNDS")?;
    ensure!(rounds > 0, "ROUNDS must be at least 1");
    let tables = bench::report(rounds).await?;
    print!("{tables}");
    fs::write(file, tables)?;
    Ok(())
}
