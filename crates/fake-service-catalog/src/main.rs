//! A fake Service Catalog that runs until it is stopped.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context, Result};
use fake_service_catalog::{Faults, ServiceCatalog, Settings};
use lexopt::{Arg, Parser, ValueExt};
use serde::de::DeserializeOwned;
use tokio::signal::unix::{SignalKind, signal};

const HELP: &str = "\
fake-service-catalog [options]    a fake AWS Service Catalog on this machine

  --port <number>      where it listens on 127.0.0.1, if not on a free port
  --settings <file>    JSON: its switches by name, as README.md lists them
  --faults <file>      JSON: by operation, what goes wrong, as README.md lists it
  --help               print this
";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let mut port = 0;
    let mut settings = Settings::default();
    let mut faults = Faults::default();
    let mut arguments = Parser::from_args(env::args_os().skip(1));
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("port") => port = arguments.value()?.parse().context("--port")?,
            Arg::Long("settings") => settings = read(&PathBuf::from(arguments.value()?))?,
            Arg::Long("faults") => faults = read(&PathBuf::from(arguments.value()?))?,
            Arg::Long("help") => {
                print!("{HELP}");
                return Ok(());
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    // Before the address is printed: whoever reads it may stop the program at once.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let catalog = ServiceCatalog::start_on(port, settings)
        .await
        .with_context(|| format!("cannot listen on port {port}"))?;
    catalog.state().faults = faults;
    println!("Listening on {}", catalog.endpoint());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn read<T: DeserializeOwned>(file: &PathBuf) -> Result<T> {
    let name = || file.display().to_string();
    let json = fs::read_to_string(file).with_context(name)?;
    serde_json::from_str(&json).with_context(name)
}
