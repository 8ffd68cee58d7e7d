//! The demo: copies products on this machine with the real template, state machine and functions.

mod demo_env;
mod table;
mod watch;

use std::process::ExitCode;

use anyhow::Result;
use console::style;
use demo::EXTERNAL_ID;
use serde_json::json;

use demo_env::{DemoEnv, SPOKE_REGION};
use fake_service_catalog::{SPOKE_ACCOUNT, TARGET_ROLE};

#[tokio::main]
async fn main() -> ExitCode {
    tokio::select! {
        result = demo() => match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("The demo failed: {error:?}");
                ExitCode::FAILURE
            }
        },
        _ = tokio::signal::ctrl_c() => {
            eprintln!("\nStopped.");
            ExitCode::from(130)
        }
    }
}

async fn demo() -> Result<()> {
    heading("Install: template.yaml by `sam deploy`, into an emulator with a fake Service Catalog");
    let env = DemoEnv::start().await?;
    env.show_hub();

    heading(&format!(
        "Copy VPC to {SPOKE_REGION} in account {SPOKE_ACCOUNT}, by an execution"
    ));
    let target =
        json!({ "Region": SPOKE_REGION, "RoleArn": TARGET_ROLE, "ExternalId": EXTERNAL_ID });
    env.copy(&json!({
        "SourceProductArn": env.products.vpc,
        "CopyOptions": ["CopyTags"],
        "Target": target,
    }))
    .await?;

    heading(
        "Publish VPC v2.1 in the hub, deprecate v1.0, and copy again: the target lacks one version",
    );
    env.publish_and_deprecate();
    let again = json!({ "SourceProductArn": env.products.vpc, "CopyOptions": ["CopyTags"], "Target": target });
    let before = env.spoke();
    env.copy(&again).await?;
    env.show_diff(&before);

    heading("Copy Encrypted bucket to the same target, by an EventBridge event");
    env.request(&json!({
        "SourceProductArn": env.products.bucket,
        "TargetProductName": "Encrypted bucket (from the hub)",
        "Target": target,
    }))
    .await?;

    heading("Copy Database, which the hub has not shared with that account: a failure");
    env.copy(&json!({ "SourceProductArn": env.products.database, "Target": target }))
        .await?;

    heading(
        "Copy both products to four targets in one batch; the last has been given a wrong ExternalId",
    );
    env.copy_all(&json!([
        { "Region": "us-west-2" },
        { "Region": "eu-central-1" },
        { "Region": "eu-north-1", "RoleArn": TARGET_ROLE, "ExternalId": EXTERNAL_ID },
        { "Region": "ap-southeast-2", "RoleArn": TARGET_ROLE, "ExternalId": "a-wrong-one" },
    ]))
    .await?;

    heading("Proof: what the target has now, and what Service Catalog was asked");
    env.show_spoke();
    env.show_calls();
    Ok(())
}

fn heading(text: &str) {
    println!("\n{}", style(text).bold());
}
