//! Prints what our wait between polls costs and gains, and draws it into the file it is given.

use std::{env, fs};

use anyhow::{Context, Result};
use polling::{plot, report};

fn main() -> Result<()> {
    let file = env::args_os().nth(1).context("give the file of the plot")?;
    fs::write(&file, plot()?).with_context(|| format!("writing {}", file.display()))?;
    print!("{}", report()?);
    Ok(())
}
