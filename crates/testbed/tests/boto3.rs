//! The fake Service Catalog as boto3 sees it over CBOR.

use std::env;

use anyhow::{Result, ensure};
use fake_service_catalog::{
    HUB_ACCOUNT, Operation, Place, Product, ServiceCatalog, Settings, Version,
};
use serde_json::{Value, json};
use testbed::process::root;
use testbed::service_model::Models;
use tokio::process::Command;

#[tokio::test]
async fn boto3_copies_a_product_in_cbor() -> Result<()> {
    let catalog = ServiceCatalog::start(Settings::default()).await?;
    let product = Product::new("Network – ä", "Platform team")
        .version(Version::new("v1", "Two subnets"))
        .version(Version::new("v2", "Three subnets"))
        .tag("cost-centre", "42");
    let hub = Place::new(HUB_ACCOUNT, "us-east-1");
    let source = catalog.state().add_product(&hub, product);

    let output = Command::new(root().join(".venv/bin/python"))
        .arg(root().join("crates/testbed/boto3_calls.py"))
        .args([&catalog.endpoint(), &source])
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .output()
        .await?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut saw: Value = serde_json::from_slice(&output.stdout)?;
    let versions = saw["Versions"].take();
    assert_eq!(
        saw,
        json!({
            "Protocol": "rpc-v2-cbor",
            "Name": "Network – ä",
            "Status": "SUCCEEDED",
            "Versions": null,
            "Error": {
                "Code": "ResourceNotFoundException",
                "Message": "prod-not-there not found.",
            },
        })
    );
    let versions = versions.as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(versions.len(), 2);
    for (version, name) in versions.iter().zip(["v1", "v2"]) {
        assert_eq!(
            (&version[0], &version[1]),
            (&json!(name), &json!("datetime"))
        );
        assert!(version[2].as_u64() > Some(2000), "{version}");
    }
    let copies = catalog.state().calls_of(Operation::CopyProduct);
    assert_eq!(copies[0].request["CopyOptions"], json!(["CopyTags"]));
    Models::read()?.check_calls(&catalog.state().calls)
}
