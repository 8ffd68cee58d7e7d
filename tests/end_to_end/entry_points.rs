//! The ways to start a copy.

use std::time::Duration;

use anyhow::{Context, Result};
use fake_service_catalog::{CopyEnds, HUB_ACCOUNT, Operation, Settings};
use serde_json::{Value, json};

use crate::test_env::{End, with_hub};

#[test]
fn an_execution_copies_a_product() -> Result<()> {
    with_hub(async |hub| {
        let source = hub.add_product();
        let end = hub.run(&json!({ "SourceProductArn": source })).await?;
        let products = hub.products(HUB_ACCOUNT, "us-east-1");
        assert_eq!(products.len(), 2);
        assert_eq!(products[1].name, "VPC");
        assert_eq!(products[1].versions.len(), 2);
        let output = end.succeeded();
        assert_eq!(output["TargetProductId"], products[1].id);
        assert_eq!(output["SourceProductArn"], source);
        assert!(output["CopyProductToken"].is_string());
        let polls = hub.count(Operation::DescribeCopyProductStatus);
        assert_eq!(polls, 2);
        assert_eq!(end.transitions, 7 + 3 * polls, "as docs/cost.md says");
        Ok(())
    })
}

#[test]
fn every_member_of_a_copy_request_reaches_service_catalog() -> Result<()> {
    with_hub(async |hub| {
        let source = hub.add_product();
        let version = hub.products(HUB_ACCOUNT, "us-east-1")[0].versions[1]
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
        hub.run(&request).await?.succeeded();
        let call = &hub.catalog.world().calls_of(Operation::CopyProduct)[0];
        assert_eq!(call.request, request);
        let copy = hub.products(HUB_ACCOUNT, "us-east-1").pop();
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
        hub.run(&again).await?.succeeded();
        assert_eq!(hub.products(HUB_ACCOUNT, "us-east-1").len(), 2);
        Ok(())
    })
}

#[test]
fn an_event_copies_a_product() -> Result<()> {
    with_hub(async |hub| {
        let detail = json!({ "SourceProductArn": hub.add_product() }).to_string();
        let machine = hub.stack.state_machine()?;
        let before = machine.executions().await?.len();
        let put = hub
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
        assert_eq!(hub.products(HUB_ACCOUNT, "us-east-1").len(), 2);
        Ok(())
    })
}

#[test]
fn an_event_of_another_type_copies_nothing() -> Result<()> {
    with_hub(async |hub| {
        let detail = json!({ "SourceProductArn": hub.add_product() }).to_string();
        let machine = hub.stack.state_machine()?;
        let before = machine.executions().await?.len();
        hub.stack
            .put_event("catalog-copy", "Something Else", &detail)
            .await?;
        hub.stack
            .put_event("someone-else", "Copy Product Requested", &detail)
            .await?;
        // Delivered after the two, so that its execution proves they had their chance.
        let put = hub
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
    with_hub(async |hub| {
        let text = include_str!("../../events/copy-product-requested.json");
        let mut event: Value = serde_json::from_str(text)?;
        event["detail"]["SourceProductArn"] = hub.add_product().into();
        hub.run(&event).await?.succeeded();
        assert_eq!(hub.products(HUB_ACCOUNT, "eu-west-1").len(), 1);
        Ok(())
    })
}

#[test]
fn each_function_works_alone() -> Result<()> {
    with_hub(async |hub| {
        let mut event: Value = serde_json::from_str(include_str!("../../events/start-copy.json"))?;
        event["SourceProductArn"] = hub.add_product().into();
        let event = event.to_string();
        let started = hub.stack.invoke("StartCopyFunction", &event);
        let started = started.await?.expect("starts");

        let mut event: Value =
            serde_json::from_str(include_str!("../../events/check-status.json"))?;
        event["CopyProductToken"] = started["CopyProductToken"].clone();
        let event = event.to_string();
        let told = hub.stack.invoke("CheckStatusFunction", &event);
        assert_eq!(
            told.await?,
            Ok(json!({ "CopyProductStatus": "IN_PROGRESS" }))
        );

        let refused = hub.stack.invoke("CheckStatusFunction", "{}").await?;
        let refused = refused.expect_err("has no token");
        assert_eq!(refused["errorType"], "InvalidRequest");
        Ok(())
    })
}

#[test]
fn a_wait_that_timed_out_is_taken_up_again() -> Result<()> {
    with_hub(async |hub| {
        let never = CopyEnds::After(Duration::MAX);
        hub.catalog.world().settings = Settings {
            copy_ends: never,
            ..Settings::default()
        };
        let input = json!({
            "SourceProductArn": hub.add_product(),
            "Target": { "Region": "eu-west-1" },
        });
        let machine = hub.impatient.state_machine()?;
        let end = End::of(machine.start(&input.to_string(), None).await?).await?;
        let cause = end.failed_with("CopyTimedOut");

        let (_, taken_up) = cause
            .split_once("start an execution with ")
            .context("says how")?;
        let input: Value = serde_json::from_str(taken_up)?;
        hub.catalog.world().settings.copy_ends = CopyEnds::AfterDescribes(1);
        let end = hub.run(&input).await?;
        assert_eq!(
            end.succeeded()["CopyProductToken"],
            input["CopyProductToken"]
        );
        assert_eq!(hub.products(HUB_ACCOUNT, "eu-west-1").len(), 1);
        assert_eq!(hub.count(Operation::CopyProduct), 1);
        Ok(())
    })
}
