//! Prints what our wait between polls costs and gains, and draws it into the file it is given.

use std::{env, fs};

use anyhow::{Context, Result};
use catalog_copy_local::polling;

fn main() -> Result<()> {
    let file = env::args_os().nth(1).context("give the file of the plot")?;
    fs::write(&file, polling::plot()?).with_context(|| format!("writing {}", file.display()))?;
    print!("{}", polling::report()?);
    Ok(())
}
