//! Copies 20 products to 50 targets in one batch, with throttling and a broken target, and counts.
//!
//! With `--twice`, the same batch is started twice at once.

use std::{
    collections::BTreeMap,
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use fake_service_catalog::{
    Fault, HUB_ACCOUNT, Operation, Outcome, Place, Product, SPOKE_ACCOUNT, ServiceCatalog,
    Settings, TARGET_ROLE, Version,
};
use serde_json::{Value, json};
use testbed::{
    emulator::Emulator,
    stack::{REGION, Stack},
    state_machine::Execution,
};

const PRODUCTS: usize = 20;
const REGIONS: usize = 25;
const VERSIONS: usize = 2;
const BROKEN_REGION: &str = "eu-west-7";

/// One call in this many is throttled.
const THROTTLED: usize = 10;

/// Waits and retry delays are this part of what they are on AWS.
const WAIT_SCALE: f64 = 0.02;

const TIMEOUT: Duration = Duration::from_hours(1);

#[tokio::main]
async fn main() -> ExitCode {
    let batches = match env::args().nth(1).as_deref() {
        None => 1,
        Some("--twice") => 2,
        Some(other) => {
            eprintln!("The only option is --twice, not {other}");
            return ExitCode::FAILURE;
        }
    };
    match scale(batches).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Not every copy is accounted for: {error:?}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the batch this many times at once.
async fn scale(batches: usize) -> Result<()> {
    let catalog = ServiceCatalog::start(Settings {
        roles: [(TARGET_ROLE.to_owned(), None)].into(),
        ..Settings::default()
    })
    .await?;
    let emulator = Emulator::start(&catalog.endpoint(), WAIT_SCALE).await?;
    let stack = Stack::deploy(&emulator, "catalog-copy", &[]).await?;
    let products: Vec<Value> = (1..=PRODUCTS).map(|n| publish(&catalog, n)).collect();
    let targets: Vec<Value> = (1..=REGIONS).flat_map(targets).collect();
    for operation in [
        Operation::CopyProduct,
        Operation::DescribeCopyProductStatus,
        Operation::ListProvisioningArtifacts,
    ] {
        let fault = Fault::throttled();
        let faults = &mut catalog.state().faults;
        faults.every_nth_call(operation, THROTTLED, fault);
    }

    let total = products.len() * targets.len();
    println!(
        "{PRODUCTS} products to {} targets: {total} copies",
        targets.len()
    );
    let started = Instant::now();
    let batch =
        json!({ "Products": products, "Targets": targets, "ToleratedFailurePercentage": 2 });
    let (machine, batch) = (stack.batch_machine()?, batch.to_string());
    let mut executions = Vec::new();
    for _ in 0..batches {
        executions.push(machine.start(&batch, None).await?);
    }
    for execution in &executions {
        let end = execution.end(TIMEOUT).await?;
        let seconds = started.elapsed().as_secs();
        println!("Execution {} after {seconds} s", end.status);
        ensure!(end.error.is_none(), "{:?}: {:?}", end.error, end.cause);
        let output = end.output.context("has no output")?;
        check_results(&stack, execution, &serde_json::from_str(&output)?, total).await?;
    }
    check_targets(&catalog)?;
    show_calls(&catalog);
    let (begun, wanted) = (catalog.state().accepted_copies(), total - PRODUCTS);
    println!("Copies that Service Catalog began: {begun}");
    ensure!(begun == wanted, "not the {wanted} copies that were missing");
    println!("Every copy is accounted for: none is lost, none was made twice.");
    Ok(())
}

/// A product of the hub account, as a copy request.
fn publish(catalog: &ServiceCatalog, n: usize) -> Value {
    let product = (1..=VERSIONS).fold(
        Product::new(&format!("Product {n}"), "Platform team").shared_with(SPOKE_ACCOUNT),
        |product, version| product.version(Version::new(&format!("v{version}"), "A version")),
    );
    let hub = Place::new(HUB_ACCOUNT, REGION);
    json!({ "SourceProductArn": catalog.state().add_product(&hub, product) })
}

/// Both accounts in a Region; one of them is broken, because nobody may assume its role.
fn targets(n: usize) -> [Value; 2] {
    let region = format!("eu-west-{n}");
    let role = match region.as_str() {
        BROKEN_REGION => "arn:aws:iam::444455556666:role/Nobody",
        _ => TARGET_ROLE,
    };
    [
        json!({ "Region": region }),
        json!({ "Region": region, "RoleArn": role }),
    ]
}

/// The result file has a line for each copy, and the output counts them right.
async fn check_results(
    stack: &Stack,
    execution: &Execution,
    output: &Value,
    total: usize,
) -> Result<()> {
    let rows = stack.results(execution).await?;
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows {
        let end = row["Error"].as_str().or(row["Status"].as_str());
        *ends.entry(end.unwrap_or("?").to_owned()).or_default() += 1;
    }
    println!("Result file: {} rows, {ends:?}", rows.len());
    let mut indexes: Vec<_> = rows.iter().filter_map(|it| it["Index"].as_u64()).collect();
    indexes.sort_unstable();
    indexes.dedup();
    ensure!(
        indexes.len() == total && rows.len() == total,
        "a row is missing or twice"
    );
    let [succeeded, failed] = [total - PRODUCTS, PRODUCTS];
    ensure!(
        ends.get("SUCCEEDED") == Some(&succeeded),
        "not all others succeeded"
    );
    ensure!(
        ends.get("TargetNotAccessible") == Some(&failed),
        "the broken target"
    );
    ensure!(
        output["Total"] == total && output["Succeeded"] == succeeded,
        "{output}"
    );
    Ok(())
}

/// Each target but the broken one has each product and version once.
fn check_targets(catalog: &ServiceCatalog) -> Result<()> {
    let mut versions = 0;
    for n in 1..=REGIONS {
        let region = format!("eu-west-{n}");
        for account in [HUB_ACCOUNT, SPOKE_ACCOUNT] {
            let products = catalog.state().products(&Place::new(account, &region));
            let is_broken = account == SPOKE_ACCOUNT && region == BROKEN_REGION;
            let expected = if is_broken { 0 } else { PRODUCTS };
            ensure!(
                products.len() == expected,
                "{account} {region}: {}",
                products.len()
            );
            for product in products {
                ensure!(product.versions.len() == VERSIONS, "{product:?}");
                versions += product.versions.len();
            }
        }
    }
    println!(
        "Targets: {versions} versions, {VERSIONS} of each product in each target but the broken"
    );
    Ok(())
}

fn show_calls(catalog: &ServiceCatalog) {
    let state = catalog.state();
    let mut calls: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for call in &state.calls {
        let counts = calls.entry(format!("{:?}", call.operation)).or_default();
        counts[0] += 1;
        let throttled = Outcome::Refused("ThrottlingException".to_owned());
        counts[1] += usize::from(call.outcome == throttled);
    }
    println!("{:<32} {:>6} {:>10}", "Calls", "all", "throttled");
    for (operation, [all, throttled]) in &calls {
        println!("{operation:<32} {all:>6} {throttled:>10}");
    }
}
