//! Where the demo runs: a hub account with products and Catalog Copy, and a spoke account.

use std::time::Duration;

use anyhow::Result;
use demo::{EXTERNAL_ID, Products};
use fake_service_catalog::{
    CopyEnds, HUB_ACCOUNT, Operation, Place, Product, SPOKE_ACCOUNT, ServiceCatalog, Settings,
    TARGET_ROLE, Version,
};
use serde_json::{Value, json};
use testbed::{
    emulator::Emulator,
    stack::{REGION, Stack},
};
use tokio::time::sleep;

use crate::{
    table::Table,
    watch::{show_end, watch},
};

pub(crate) const SPOKE_REGION: &str = "eu-west-1";

/// How long the fake takes for a copy.
const COPY: Duration = Duration::from_secs(1);

/// Everything the demo runs; dropped, it is all stopped.
pub(crate) struct DemoEnv {
    pub(crate) products: Products,
    catalog: ServiceCatalog,
    stack: Stack,
    _emulator: Emulator,
}

impl DemoEnv {
    pub(crate) async fn start() -> Result<Self> {
        let catalog = ServiceCatalog::start(Settings {
            roles: [(TARGET_ROLE.to_owned(), Some(EXTERNAL_ID.to_owned()))].into(),
            copy_ends: CopyEnds::After(COPY),
            ..Settings::default()
        })
        .await?;
        let emulator = Emulator::start(&catalog.endpoint(), 1.0).await?;
        let parameters = [("MinWaitSeconds", "1")];
        let stack = Stack::deploy(&emulator, "catalog-copy", &parameters).await?;
        println!("  {}", stack.output("StateMachineArn")?);
        Ok(Self {
            products: Products::add_to(&catalog),
            catalog,
            stack,
            _emulator: emulator,
        })
    }

    /// Copies by an execution and shows it.
    pub(crate) async fn copy(&self, request: &Value) -> Result<()> {
        println!("  Input: {request}");
        let machine = self.stack.state_machine()?;
        watch(&machine.start(&request.to_string(), None).await?).await
    }

    /// Copies by an event and shows the execution it starts.
    pub(crate) async fn request(&self, detail: &Value) -> Result<()> {
        println!("  Detail: {detail}");
        let machine = self.stack.state_machine()?;
        let before = machine.executions().await?.len();
        let detail = detail.to_string();
        let event = self
            .stack
            .put_event("catalog-copy", "Copy Product Requested", &detail);
        println!("  Event {}", event.await?);
        loop {
            let mut executions = machine.executions().await?;
            if executions.len() > before {
                return watch(&executions.swap_remove(0)).await;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Copies two products to these targets in one batch and shows how each copy goes.
    pub(crate) async fn copy_all(&self, targets: &Value) -> Result<()> {
        let products = [
            (&self.products.vpc, "VPC"),
            (&self.products.bucket, "Encrypted bucket"),
        ];
        let named = targets.as_array().into_iter().flatten().map(|it| {
            let region = it["Region"].as_str().unwrap_or_default();
            let account = it["RoleArn"].as_str().and_then(|it| it.split(':').nth(4));
            (
                it.clone(),
                format!("{} {region}", &account.unwrap_or(HUB_ACCOUNT)[..4]),
            )
        });
        let mut table = Table::new(
            products
                .map(|(arn, name)| (arn.clone(), name.to_owned()))
                .into(),
            named.collect(),
        );
        let input = json!({
            "Products": products.map(|(arn, _)| json!({ "SourceProductArn": arn })),
            "Targets": targets,
        });
        println!("  Input: {input}");
        let batch = self
            .stack
            .batch_machine()?
            .start(&input.to_string(), None)
            .await?;
        table.fill(&batch, &self.stack.state_machine()?).await?;
        show_end(&batch.describe().await?);
        Ok(())
    }

    /// Publishes a version of the VPC product in the hub and deprecates its first.
    pub(crate) fn publish_and_deprecate(&self) {
        let mut state = self.catalog.state();
        let first = state.products(&Place::new(HUB_ACCOUNT, REGION))[0].versions[0]
            .id
            .clone();
        state.publish(&self.products.vpc, Version::new("v2.1", "Flow logs"));
        state.deprecate(&self.products.vpc, &first);
    }

    pub(crate) fn show_hub(&self) {
        println!("  Account {HUB_ACCOUNT}, {REGION}");
        let place = Place::new(HUB_ACCOUNT, REGION);
        show(&lines(&self.catalog.state().products(&place)), "    ");
    }

    pub(crate) fn show_spoke(&self) {
        println!("  Account {SPOKE_ACCOUNT}, {SPOKE_REGION}");
        show(&self.spoke(), "    ");
    }

    /// The products of the spoke, a line each version.
    pub(crate) fn spoke(&self) -> Vec<String> {
        let place = Place::new(SPOKE_ACCOUNT, SPOKE_REGION);
        lines(&self.catalog.state().products(&place))
    }

    /// Shows what has changed in the spoke since `before`.
    pub(crate) fn show_diff(&self, before: &[String]) {
        let after = self.spoke();
        let gone = before.iter().filter(|it| !after.contains(it));
        show(&gone.cloned().collect::<Vec<_>>(), "  - ");
        let new = after.iter().filter(|it| !before.contains(it));
        show(&new.cloned().collect::<Vec<_>>(), "  + ");
    }

    pub(crate) fn show_calls(&self) {
        let state = self.catalog.state();
        for operation in [
            Operation::AssumeRole,
            Operation::CopyProduct,
            Operation::DescribeCopyProductStatus,
            Operation::UpdateProvisioningArtifact,
        ] {
            println!("  {operation:?}: {} calls", state.calls_of(operation).len());
        }
    }
}

fn show(lines: &[String], lead: &str) {
    for line in lines {
        println!("{lead}{line}");
    }
}

fn lines(products: &[Product]) -> Vec<String> {
    let mut lines = Vec::new();
    for product in products {
        lines.push(format!("{}  {}", product.id, product.name));
        for version in &product.versions {
            let Version {
                id,
                name,
                guidance,
                description,
                ..
            } = version;
            lines.push(format!("  {id}  {name:<5} {guidance:<11}{description}"));
        }
        lines.extend(
            product
                .tags
                .iter()
                .map(|(key, value)| format!("  tag {key} = {value}")),
        );
    }
    lines
}
