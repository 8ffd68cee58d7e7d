//! Catalog Copy on this machine, until it is stopped.
//!
//! ```text
//! options      the command line and its files, checked before anything starts
//! └ parameters what the template allows for a parameter
//! stack_file   stack.json, there while the stack is
//! commands     commands to paste
//! executions   a line for each execution that starts or ends
//! ```

mod commands;
mod executions;
mod options;
mod parameters;
mod stack_file;

use std::process;
use std::time::Duration;

use anyhow::Result;
use fake_service_catalog::{HUB_ACCOUNT, ServiceCatalog, TARGET_ROLE};
use testbed::emulator::Emulator;
use testbed::stack::{REGION, Stack};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use self::commands::Commands;
use self::executions::Executions;
pub use self::options::{HELP, Options};
use self::stack_file::{Place, StackJson};
use crate::Products;

/// The pause between two listings of the executions.
const LOOK: Duration = Duration::from_millis(200);

/// Runs the stack until Ctrl-C, SIGTERM or SIGHUP.
///
/// # Errors
/// When it does not start, or the emulator fails.
pub async fn run(options: Options) -> Result<()> {
    let signals = [
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ];
    let stopped = signals.map(|mut signal| {
        Box::pin(async move {
            signal.recv().await;
        })
    });
    let [interrupted, terminated, hung_up] = stopped;
    tokio::select! {
        biased;
        () = interrupted => {}
        () = terminated => {}
        () = hung_up => {}
        outcome = stack(options) => outcome?,
    }
    println!("\nStopped.");
    Ok(())
}

async fn stack(options: Options) -> Result<()> {
    let place = Place::take()?;
    println!("Starting; this takes a few seconds.");
    let catalog = ServiceCatalog::start(options.settings).await?;
    let emulator = Emulator::start(&catalog.endpoint(), options.wait_scale).await?;
    let parameters: Vec<_> = options
        .parameters
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let stack = Stack::deploy(&emulator, "catalog-copy", &parameters).await?;
    let products = (!options.is_empty).then(|| Products::add_to(&catalog));
    // Not before: what is seeded and deployed meets no fault.
    catalog.state().faults = options.faults;

    let external_id = catalog.state().settings.roles[TARGET_ROLE].clone();
    let commands = Commands {
        endpoint: emulator.endpoint(),
        service_catalog: &catalog.endpoint(),
        machine: stack.output("StateMachineArn")?,
        event_source: options.parameters.get("EventSource").map(String::as_str),
        external_id: external_id.as_deref(),
        product: products.as_ref().map(|products| products.vpc.as_str()),
    };
    let commands = commands.to_string();
    let file = place.write(&StackJson {
        endpoint: emulator.endpoint(),
        service_catalog_endpoint: &catalog.endpoint(),
        sts_endpoint: &catalog.endpoint(),
        region: REGION,
        hub_account_id: HUB_ACCOUNT,
        target_role_arn: TARGET_ROLE,
        external_id: external_id.as_deref(),
        outputs: stack.outputs(),
    })?;
    println!("Ready: {}", file.path().display());
    println!("Ctrl-C or `kill {}` stops it.\n\n{commands}", process::id());

    let mut executions = Executions::of([
        ("CopyProduct", stack.state_machine()?),
        ("CopyProducts", stack.batch_machine()?),
    ]);
    loop {
        executions.show_changes().await?;
        sleep(LOOK).await;
    }
}
