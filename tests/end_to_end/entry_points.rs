//! The ways to start a copy.

use std::time::Duration;

use anyhow::{Context, Result};
use fake_service_catalog::{HUB_ACCOUNT, Operation};
use serde_json::{Value, json};

use crate::test_env::{End, with_env};

#[test]
fn an_execution_copies_a_product() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let end = env.run(&json!({ "SourceProductArn": source })).await?;
        let products = env.products(HUB_ACCOUNT, "us-east-1");
        assert_eq!(products.len(), 2);
        assert_eq!(products[1].name, "VPC");
        assert_eq!(products[1].versions.len(), 2);
        let output = end.succeeded();
        assert_eq!(output["TargetProductId"], products[1].id);
        assert_eq!(output["SourceProductArn"], source);
        assert!(output["CopyProductToken"].is_string());
        let polls = env.count(Operation::DescribeCopyProductStatus);
        assert_eq!(polls, 2);
        assert_eq!(end.transitions, 7 + 3 * polls, "as docs/cost.md says");
        Ok(())
    })
}

#[test]
fn every_member_of_a_copy_request_reaches_service_catalog() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let version = env.products(HUB_ACCOUNT, "us-east-1")[0].versions[1]
            .id
            .clone();
        let request = json!({
            "SourceProductArn": source,
            "TargetProductName": "VPC (copied)",
            "SourceProvisioningArtifactIdentifiers": [{ "Id": version }],
            "CopyOptions": ["CopyTags"],
            "AcceptLanguage": "jp",
            "IdempotencyToken": "mine",
        });
        env.run(&request).await?.succeeded();
        let call = &env.catalog.state().calls_of(Operation::CopyProduct)[0];
        assert_eq!(call.request, request);
        let copy = env.products(HUB_ACCOUNT, "us-east-1").pop();
        let copy = copy.context("there is a copy")?;
        assert_eq!(copy.name, "VPC (copied)");
        assert_eq!(copy.versions.len(), 1);
        assert_eq!(
            copy.tags.get("cost-centre").map(String::as_str),
            Some("4711")
        );

        let mut again = request;
        again["TargetProductId"] = copy.id.into();
        again["IdempotencyToken"] = "another".into();
        env.run(&again).await?.succeeded();
        assert_eq!(env.products(HUB_ACCOUNT, "us-east-1").len(), 2);
        Ok(())
    })
}

#[test]
fn an_event_copies_a_product() -> Result<()> {
    with_env(async |env| {
        let detail = json!({ "SourceProductArn": env.add_product() }).to_string();
        let machine = env.stack.state_machine()?;
        let before = machine.executions().await?.len();
        let put = env
            .stack
            .put_event("catalog-copy", "Copy Product Requested", &detail);
        put.await?;
        let execution = loop {
            let mut executions = machine.executions().await?;
            if executions.len() > before {
                break executions.swap_remove(0);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        End::of(execution).await?.succeeded();
        assert_eq!(env.products(HUB_ACCOUNT, "us-east-1").len(), 2);
        Ok(())
    })
}

#[test]
fn an_event_of_another_type_copies_nothing() -> Result<()> {
    with_env(async |env| {
        let detail = json!({ "SourceProductArn": env.add_product() }).to_string();
        let machine = env.stack.state_machine()?;
        let before = machine.executions().await?.len();
        env.stack
            .put_event("catalog-copy", "Something Else", &detail)
            .await?;
        env.stack
            .put_event("someone-else", "Copy Product Requested", &detail)
            .await?;
        // Delivered after the two, so that its execution proves they had their chance.
        let put = env
            .stack
            .put_event("catalog-copy", "Copy Product Requested", &detail);
        put.await?;
        while machine.executions().await?.len() == before {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(machine.executions().await?.len(), before + 1);
        let execution = machine.executions().await?.swap_remove(0);
        End::of(execution).await?.succeeded();
        Ok(())
    })
}

#[test]
fn an_event_pasted_into_the_console_copies_a_product() -> Result<()> {
    with_env(async |env| {
        let text = include_str!("../../events/copy-product-requested.json");
        let mut event: Value = serde_json::from_str(text)?;
        event["detail"]["SourceProductArn"] = env.add_product().into();
        env.run(&event).await?.succeeded();
        assert_eq!(env.products(HUB_ACCOUNT, "eu-west-1").len(), 1);
        Ok(())
    })
}

#[test]
fn each_function_works_alone() -> Result<()> {
    with_env(async |env| {
        let mut event: Value = serde_json::from_str(include_str!("../../events/start-copy.json"))?;
        event["SourceProductArn"] = env.add_product().into();
        let event = event.to_string();
        let started = env.stack.invoke("StartCopyFunction", &event);
        let started = started.await?.expect("starts");

        let mut event: Value =
            serde_json::from_str(include_str!("../../events/check-status.json"))?;
        event["CopyProductToken"] = started["CopyProductToken"].clone();
        let event = event.to_string();
        let status = env.stack.invoke("CheckStatusFunction", &event);
        let status = status.await?.expect("is asked for");
        assert_eq!(status["CopyProductStatus"], "IN_PROGRESS");
        assert_eq!(status["CopyProductToken"], started["CopyProductToken"]);
        assert_eq!(status["Target"], json!({ "Region": "eu-west-1" }));

        let refused = env.stack.invoke("CheckStatusFunction", "{}").await?;
        let refused = refused.expect_err("has no token");
        assert_eq!(refused["errorType"], "InvalidRequest");
        Ok(())
    })
}
