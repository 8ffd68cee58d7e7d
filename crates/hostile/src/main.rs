//! Fires all hostile inputs and answers at the programs in a folder, and writes the table into a file.

use std::{env, fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use hostile::{Extent, TIMEOUT, fire};

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [programs, file] = &arguments[..] else {
        bail!("usage: hostile FOLDER FILE");
    };
    let seed = env::var("SEED").ok().filter(|it| !it.is_empty());
    let seed = seed.map_or(Ok(18), |it| it.parse()).context("SEED")?;
    let extent = Extent {
        inputs: 50_000,
        answers: 1000,
        all: true,
        seed,
    };
    let report = fire(Path::new(programs), extent).await?;
    print!("{report}");
    for wrong in report.wrong.iter().take(20) {
        println!("{wrong}");
    }
    ensure!(
        report.wrong.is_empty(),
        "{} must not happen",
        report.wrong.len()
    );
    ensure!(
        report.followed == 0,
        "a redirect to another host was followed"
    );
    let half = TIMEOUT / 2;
    ensure!(
        report.slowest() < half,
        "{:?} is not under {half:?}",
        report.slowest()
    );
    let number = report.number();
    let text = format!(
        "{number} inputs and answers, made of the seed {seed}, to the functions as `sam build` builds them:\n\n{report}"
    );
    fs::write(file, text)?;
    Ok(())
}
