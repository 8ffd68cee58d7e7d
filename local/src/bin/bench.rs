//! Measures our functions against others and writes the tables into docs/bench.md and the README;
//! or, given a file of limits, checks that ours execute no more instructions than it allows.

use std::{env, fs, path::Path};

use anyhow::{Context, Result, ensure};
use catalog_copy_local::bench;

const TABLES: &str = "docs/bench.md";
const README: &str = "README.md";

#[tokio::main]
async fn main() -> Result<()> {
    if let Some(limits) = env::args_os().nth(1) {
        return bench::check_instructions(Path::new(&limits)).await;
    }
    let rounds = env::var("ROUNDS").ok().filter(|it| !it.is_empty());
    let rounds = rounds.map_or(Ok(20), |it| it.parse()).context("ROUNDS")?;
    ensure!(rounds > 0, "ROUNDS must be at least 1");
    let tables = bench::report(rounds).await?;
    print!("{tables}");
    let [old, readme] = [TABLES, README].map(fs::read_to_string);
    let (old, readme) = (old?, readme?);
    ensure!(readme.contains(&old), "{README} does not hold {TABLES}");
    fs::write(README, readme.replace(&old, &tables))?;
    fs::write(TABLES, tables)?;
    Ok(())
}
