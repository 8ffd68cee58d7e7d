//! The local stack, as a script uses it: started in the background, found by its stack.json, stopped by a signal.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_servicecatalog::config::Region;
use aws_sdk_servicecatalog::types::{
    ProductType, ProvisioningArtifactProperties, ProvisioningArtifactType,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use testbed::process::root;
use testbed::sdk;
use tokio::net::TcpStream;
use tokio::time::sleep;

const TIMEOUT: Duration = Duration::from_mins(3);

/// The program, killed if a test fails before it is stopped.
struct LocalStack {
    child: Child,
    lines: Receiver<String>,
}

impl LocalStack {
    fn start(options: &[&str]) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local-stack"))
            .args(options)
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().context("a pipe")?;
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                println!("{line}");
                let _ = sender.send(line);
            }
        });
        Ok(Self { child, lines })
    }

    /// The next line that has all these parts.
    fn line(&self, parts: &[&str]) -> Result<String> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left);
            let line = line.with_context(|| format!("no line with {parts:?}"))?;
            if parts.iter().all(|part| line.contains(part)) {
                return Ok(line);
            }
        }
    }

    /// Where its stack.json is, once it is ready.
    fn file(&self) -> Result<PathBuf> {
        let line = self.line(&["Ready: "])?;
        let (_, path) = line.split_once("Ready: ").context("a path")?;
        Ok(path.into())
    }

    /// Stops it and says how it ended.
    fn stop(&mut self) -> Result<Option<i32>> {
        let id = Pid::from_raw(self.child.id().try_into()?);
        kill(id, Signal::SIGTERM)?;
        Ok(self.child.wait()?.code())
    }
}

impl Drop for LocalStack {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that a script knows.
struct Stack(Value);

impl Stack {
    fn read(file: &Path) -> Result<Self> {
        Ok(Self(serde_json::from_str(&fs::read_to_string(file)?)?))
    }

    fn text(&self, pointer: &str) -> Result<&str> {
        let text = self.0.pointer(pointer).and_then(Value::as_str);
        text.with_context(|| format!("no {pointer} in {}", self.0))
    }

    fn catalog(&self, region: &str) -> Result<aws_sdk_servicecatalog::Client> {
        let config = sdk::config(self.text("/ServiceCatalogEndpoint")?);
        let config = aws_sdk_servicecatalog::config::Builder::from(&config);
        let config = config.region(Region::new(region.to_owned())).build();
        Ok(aws_sdk_servicecatalog::Client::from_conf(config))
    }

    /// Makes a product of two versions, as any tool that publishes products does.
    async fn publish(&self, name: &str) -> Result<String> {
        let version = |name: &str| {
            ProvisioningArtifactProperties::builder()
                .name(name)
                .r#type(ProvisioningArtifactType::CloudFormationTemplate)
                .info("LoadTemplateFromURL", "https://example.com/template.json")
                .build()
        };
        let catalog = self.catalog(self.text("/Region")?)?;
        let create = catalog.create_product().name(name).owner("Somebody");
        let create = create.product_type(ProductType::CloudFormationTemplate);
        let create = create.provisioning_artifact_parameters(version("v1"));
        let created = create.send().await?;
        let view = created.product_view_detail().context("a view")?;
        let arn = view.product_arn().context("an ARN")?;
        let id = view.product_view_summary().and_then(|it| it.product_id());
        let more = catalog.create_provisioning_artifact();
        let more = more.product_id(id.context("an id")?);
        more.parameters(version("v2")).send().await?;
        Ok(arn.to_owned())
    }

    /// The names of the versions of the only product of this name in a Region, once there is one.
    async fn versions(&self, region: &str, name: &str) -> Result<Vec<String>> {
        let catalog = self.catalog(region)?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let found = catalog.search_products_as_admin().send().await?;
            let found = found.product_view_details().iter();
            let found = found.filter_map(|it| it.product_view_summary());
            let found: Vec<_> = found.filter(|it| it.name() == Some(name)).collect();
            if let [product] = found.as_slice() {
                let list = catalog.list_provisioning_artifacts();
                let list = list.set_product_id(product.product_id().map(str::to_owned));
                let listed = list.send().await?;
                let versions = listed.provisioning_artifact_details().iter();
                let versions = versions.filter_map(|it| it.name().map(str::to_owned));
                return Ok(versions.collect());
            }
            if found.len() > 1 || Instant::now() > deadline {
                bail!("{} products {name} in {region}", found.len());
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    async fn start_execution(&self, request: &Value) -> Result<()> {
        let client = aws_sdk_sfn::Client::new(&sdk::config(self.text("/Endpoint")?));
        let start = client.start_execution().input(request.to_string());
        let start = start.state_machine_arn(self.text("/Outputs/StateMachineArn")?);
        start.send().await?;
        Ok(())
    }

    async fn put_event(&self, request: &Value) -> Result<()> {
        let client = aws_sdk_eventbridge::Client::new(&sdk::config(self.text("/Endpoint")?));
        let entry = PutEventsRequestEntry::builder().source("catalog-copy");
        let entry = entry.detail_type("Copy Product Requested");
        let entry = entry.detail(request.to_string()).build();
        let put = client.put_events().entries(entry).send().await?;
        ensure!(put.failed_entry_count() == 0, "{put:?}");
        Ok(())
    }
}

/// The processes of an emulator and its functions, which all have a home in this folder.
fn processes(folder: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path();
        // Of a process that has ended meanwhile, or is another user's, there is nothing to read.
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        if String::from_utf8_lossy(&environment).contains(folder) {
            found.push(fs::read_to_string(path.join("cmdline")).unwrap_or_default());
        }
    }
    Ok(found)
}

#[tokio::test]
async fn a_product_made_there_is_copied_by_an_execution_and_by_an_event_and_nothing_stays()
-> Result<()> {
    let mut local = LocalStack::start(&[
        "--empty",
        "--copy-seconds=0.5",
        "--wait-scale=0.5",
        "--parameter=MinWaitSeconds=1",
    ])?;
    let file = local.file()?;
    let stack = Stack::read(&file)?;
    let machine = stack.text("/Outputs/StateMachineArn")?;
    ensure!(machine.contains(stack.text("/HubAccountId")?), "{machine}");
    for member in ["StsEndpoint", "TargetRoleArn", "ExternalId"] {
        stack.text(&format!("/{member}"))?;
    }
    let catalog = stack.catalog(stack.text("/Region")?)?;
    let products = catalog.search_products_as_admin().send().await?;
    assert_eq!(products.product_view_details(), []);

    let queue = stack.publish("Queue").await?;
    let topic = stack.publish("Topic").await?;
    let request =
        |arn: &str| json!({ "SourceProductArn": arn, "Target": { "Region": "eu-west-1" } });
    stack.start_execution(&request(&queue)).await?;
    stack.put_event(&request(&topic)).await?;
    assert_eq!(stack.versions("eu-west-1", "Queue").await?, ["v1", "v2"]);
    assert_eq!(stack.versions("eu-west-1", "Topic").await?, ["v1", "v2"]);

    stack.start_execution(&request("no-arn")).await?;
    local.line(&["CopyProduct", "STARTED", "no-arn"])?;
    local.line(&["CopyProduct", "FAILED", "SourceProductArn"])?;

    let folder = root().join(format!("target/local/emulator-{}-", local.child.id()));
    let folder = folder.display().to_string();
    let running = processes(&folder)?;
    let functions = running.iter().filter(|it| it.contains("bootstrap"));
    assert_ne!(functions.count(), 0, "{running:?}");
    assert_eq!(local.stop()?, Some(0));
    assert!(!file.exists());
    assert_eq!(processes(&folder)?, [""; 0]);
    for endpoint in ["/Endpoint", "/ServiceCatalogEndpoint"] {
        let address = stack.text(endpoint)?.trim_start_matches("http://");
        assert!(TcpStream::connect(address).await.is_err(), "{endpoint}");
    }
    Ok(())
}

#[test]
fn a_bad_option_ends_it_before_anything_is_started() -> Result<()> {
    let outcome = Command::new(env!("CARGO_BIN_EXE_local-stack"))
        .args(["--faults", "absent.json"])
        .output()?;
    let error = String::from_utf8(outcome.stderr)?;
    assert_eq!(outcome.status.code(), Some(1));
    assert!(error.contains("--faults absent.json"), "{error}");
    assert!(outcome.stdout.is_empty());
    Ok(())
}
