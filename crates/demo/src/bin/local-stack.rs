//! Catalog Copy on this machine, until it is stopped: for requests by hand and for other tools.

use std::env;
use std::process::ExitCode;

use demo::local_stack::{HELP, Options, run};

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Options::parse(env::args_os().skip(1)) {
        Ok(Some(options)) => run(options).await,
        Ok(None) => {
            print!("{HELP}");
            Ok(())
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
