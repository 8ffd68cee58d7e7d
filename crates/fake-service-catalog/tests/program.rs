//! The program as a person or a script runs it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use aws_sdk_servicecatalog::config::retry::RetryConfig;
use aws_sdk_servicecatalog::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_servicecatalog::{Client, Config};
use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_http_client::Builder;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const ROLE: &str = "arn:aws:iam::444455556666:role/Target";

/// A file of settings or of faults.
fn file(name: &str, json: &str) -> Result<PathBuf> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, json)?;
    Ok(file)
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fake-service-catalog"))
}

/// Starts it and waits for its address.
fn start(command: &mut Command) -> Result<(Child, String)> {
    let mut program = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(program.stdout.take().context("a pipe")?).read_line(&mut line)?;
    let endpoint = line.trim_end().strip_prefix("Listening on ");
    Ok((program, endpoint.context("an address")?.to_owned()))
}

fn stop(program: &mut Child, signal: Signal) -> Result<()> {
    kill(Pid::from_raw(program.id().try_into()?), signal)?;
    let status = program.wait()?;
    ensure!(status.success(), "{signal}: {status}");
    Ok(())
}

/// A client that calls once and no more.
fn client(endpoint: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .http_client(Builder::new().build_http())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("any", "any", None, None, "test"))
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

#[tokio::test]
async fn its_faults_go_wrong() -> Result<()> {
    let json = r#"{ "SearchProductsAsAdmin": [{ "Next": 1, "Fault": "Throttling" }] }"#;
    let file = file("faults.json", json)?;
    let (mut program, endpoint) = start(program().arg("--faults").arg(file))?;
    let search = || client(&endpoint).search_products_as_admin().send();
    let throttled = search().await.expect_err("the first call");
    assert_eq!(throttled.code(), Some("ThrottlingException"));
    search().await?;
    stop(&mut program, Signal::SIGTERM)
}

#[tokio::test]
async fn an_sdk_reaches_it_and_its_settings_hold() -> Result<()> {
    let json = format!(r#"{{ "Roles": {{ "{ROLE}": null }} }}"#);
    let file = file("roles.json", &json)?;
    let (mut program, endpoint) = start(program().arg("--settings").arg(file))?;

    let products = client(&endpoint).search_products_as_admin();
    assert!(products.send().await?.product_view_details().is_empty());

    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&endpoint)
        .http_client(Builder::new().build_http())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("any", "any", None, None, "test"));
    let sts = aws_sdk_sts::Client::from_conf(config.build());
    let assume = |role| sts.assume_role().role_arn(role).role_session_name("a-test");
    assume(ROLE).send().await?;
    let other = assume("arn:aws:iam::444455556666:role/Other").send().await;
    let error = other.expect_err("a role that it does not know");
    assert_eq!(error.code(), Some("AccessDenied"));

    stop(&mut program, Signal::SIGTERM)
}

#[test]
fn ctrl_c_ends_it_and_its_port_is_free_again() -> Result<()> {
    let (mut first, endpoint) = start(&mut program())?;
    let port = endpoint.rsplit(':').next().context("a port")?;
    let taken = program().args(["--port", port]).output()?;
    assert!(!taken.status.success());
    stop(&mut first, Signal::SIGINT)?;

    let (mut second, same) = start(program().args(["--port", port]))?;
    assert_eq!(same, endpoint);
    stop(&mut second, Signal::SIGINT)
}

#[test]
fn a_switch_that_it_does_not_know_is_named_with_the_file() -> Result<()> {
    let file = file("unknown.json", r#"{ "CopyEnd": { "AfterSeconds": 1 } }"#)?;
    let output = program().arg("--settings").arg(file).output()?;
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr)?;
    assert!(
        error.contains("unknown.json: unknown field `CopyEnd`"),
        "{error}"
    );
    Ok(())
}
