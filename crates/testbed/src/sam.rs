//! The AWS SAM command line, pointed at an emulator.

use std::env;
use std::fs;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::process::{root, tool};
use crate::sdk;

/// Runs `sam` as a person would, but away from that person's own AWS configuration.
///
/// # Errors
/// When it cannot be run or fails: with all it printed.
pub(crate) async fn sam(endpoint: &str, arguments: &[&str]) -> Result<String> {
    let home = root().join("target/local/sam");
    fs::create_dir_all(&home)?;
    let output = Command::new(tool("sam"))
        .args(arguments)
        .current_dir(root())
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env("HOME", &home)
        .env("TMPDIR", &home)
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_DEFAULT_REGION", sdk::REGION)
        .env("AWS_ACCESS_KEY_ID", sdk::KEY)
        .env("AWS_SECRET_ACCESS_KEY", sdk::KEY)
        .env("SAM_CLI_TELEMETRY", "0")
        // The default of 5 seconds is meant for AWS.
        .env("SAM_CLI_POLL_DELAY", "0.1")
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("cannot run {}", tool("sam").display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`sam {}` failed:\n{printed}{errors}", arguments.join(" "));
    }
    Ok(printed.into_owned())
}
