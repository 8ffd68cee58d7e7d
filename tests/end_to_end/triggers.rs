//! Batches that start by themselves.

use std::time::Duration;

use anyhow::Result;
use fake_service_catalog::{HUB_ACCOUNT, Operation, SPOKE_ACCOUNT, Version};
use serde_json::{Value, json};
use testbed::state_machine::Execution;

use crate::test_env::{End, TestEnv, with_env};

/// The first batch that starts after these, once it has ended.
async fn next_batch(env: &TestEnv, before: usize) -> Result<End> {
    let machine = env.stack.batch_machine()?;
    loop {
        let mut executions: Vec<Execution> = machine.executions().await?;
        if executions.len() > before {
            return End::of(executions.swap_remove(0)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn batches(env: &TestEnv) -> Result<usize> {
    Ok(env.stack.batch_machine()?.executions().await?.len())
}

/// A subscription of the product to two Regions.
async fn subscribe(env: &TestEnv, arn: &str) -> Result<()> {
    let targets = json!([{ "Region": "eu-west-1" }, { "Region": "eu-west-2" }]);
    let subscriptions =
        json!([{ "SourceProductArn": arn, "Targets": targets, "CopyOptions": ["CopyTags"] }]);
    let before = batches(env).await?;
    env.stack
        .put_object("subscriptions.json", &subscriptions.to_string())
        .await?;
    next_batch(env, before).await?;
    Ok(())
}

fn version_published(arn: &str) -> Value {
    let text = include_str!("../../events/version-published.json");
    let mut event: Value = serde_json::from_str(text).expect("is JSON");
    event["detail"]["requestParameters"]["productId"] = arn.rsplit('/').next().into();
    event
}

/// Publishes a third version, and returns the event of `CloudTrail` about it.
fn publish(env: &TestEnv, arn: &str) -> Value {
    let version = Version::new("v3", "Four subnets");
    env.catalog.state().publish(arn, version);
    version_published(arn)
}

#[test]
fn a_batch_is_requested_by_an_event() -> Result<()> {
    with_env(async |env| {
        let before = batches(env).await?;
        let detail = json!({ "Copies": [{ "SourceProductArn": env.add_product(), "Target": { "Region": "eu-west-1" } }] });
        env.stack
            .put_event(
                "catalog-copy",
                "Copy Products Requested",
                &detail.to_string(),
            )
            .await?;
        let end = next_batch(env, before).await?;
        assert_eq!(end.output["Succeeded"], 1, "{}", end.cause);
        assert_eq!(env.products(HUB_ACCOUNT, "eu-west-1").len(), 1);
        Ok(())
    })
}

#[test]
fn changed_subscriptions_copy_what_is_new() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        subscribe(env, &arn).await?;
        assert_eq!(env.products(HUB_ACCOUNT, "eu-west-1").len(), 1);
        assert_eq!(env.count(Operation::CopyProduct), 2);
        // The same again: nothing is new.
        subscribe(env, &arn).await?;
        assert_eq!(env.count(Operation::CopyProduct), 2);
        Ok(())
    })
}

#[test]
fn a_published_version_reaches_every_subscriber() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        subscribe(env, &arn).await?;
        let event = publish(env, &arn);
        let rules = env.stack.matching_rules(&event).await?;
        assert_eq!(rules.len(), 1, "{rules:?}");
        assert!(rules[0].contains("VersionChanged"), "{rules:?}");
        let end = env.run_batch(&event).await?;
        assert_eq!(end.output["Total"], 2, "{}", end.cause);
        for region in ["eu-west-1", "eu-west-2"] {
            let products = env.products(HUB_ACCOUNT, region);
            assert_eq!(products.len(), 1, "{region}");
            assert_eq!(products[0].versions.len(), 3, "{region}");
        }
        Ok(())
    })
}

#[test]
fn one_event_delivered_twice_makes_one_copy_of_each() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        subscribe(env, &arn).await?;
        let event = publish(env, &arn);
        let machine = env.stack.batch_machine()?;
        let input = event.to_string();
        let (first, second) =
            tokio::try_join!(machine.start(&input, None), machine.start(&input, None))?;
        for execution in [first, second] {
            assert_eq!(End::of(execution).await?.output["Failed"], 0);
        }
        for region in ["eu-west-1", "eu-west-2"] {
            let products = env.products(HUB_ACCOUNT, region);
            assert_eq!(products[0].versions.len(), 3, "{region}");
        }
        Ok(())
    })
}

#[test]
fn a_product_without_a_subscription_ends_succeeded_with_the_reason() -> Result<()> {
    with_env(async |env| {
        subscribe(env, &env.add_product()).await?;
        let calls = env.catalog.state().calls.len();
        let end = env
            .run_batch(&version_published(&env.add_product()))
            .await?;
        assert_eq!(end.status, "SUCCEEDED", "{}", end.cause);
        assert_eq!(
            end.output,
            json!({ "Total": 0, "Succeeded": 0, "Failed": 0, "Reason": "no subscription asks for a copy" })
        );
        assert_eq!(env.catalog.state().calls.len(), calls);
        Ok(())
    })
}

#[test]
fn failed_calls_and_calls_by_our_own_roles_start_nothing() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        let mut failed = version_published(&arn);
        failed["detail"]["errorCode"] = "AccessDenied".into();
        assert_eq!(env.stack.matching_rules(&failed).await?, [""; 0]);
        let mut own = version_published(&arn);
        own["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
            "arn:aws:iam::111122223333:role/catalog-copy/catalog-copy-FinishCopyFunctionRole"
                .into();
        for (event, reason) in [
            (failed, "failed with AccessDenied"),
            (own, "a role of Catalog Copy"),
        ] {
            let end = env.run_batch(&event).await?;
            let said = end.output["Reason"].as_str().unwrap_or_default();
            assert!(said.contains(reason), "{said} {}", end.cause);
        }
        assert_eq!(env.catalog.state().calls, []);
        Ok(())
    })
}

/// A bus may let other accounts put events, also with our source.
#[test]
fn an_event_of_another_account_starts_nothing() -> Result<()> {
    with_env(async |env| {
        let published = version_published(&env.add_product());
        let mut events = vec![published.clone()];
        for detail_type in ["Copy Product Requested", "Copy Products Requested"] {
            let mut requested = published.clone();
            requested["source"] = "catalog-copy".into();
            requested["detail-type"] = detail_type.into();
            events.push(requested);
        }
        for mut event in events {
            assert_eq!(env.stack.matching_rules(&event).await?.len(), 1, "{event}");
            event["account"] = SPOKE_ACCOUNT.into();
            assert_eq!(env.stack.matching_rules(&event).await?, [""; 0], "{event}");
        }
        Ok(())
    })
}

#[test]
fn a_schedule_copies_all_subscriptions() -> Result<()> {
    with_env(async |env| {
        subscribe(env, &env.add_product()).await?;
        let event = json!({ "id": "one", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} });
        let end = env.run_batch(&event).await?;
        assert_eq!(end.output["Total"], 2, "{}", end.cause);
        Ok(())
    })
}

#[test]
fn triggers_are_off_by_default() -> Result<()> {
    with_env(async |env| {
        // The impatient stack was deployed without any; the request proves that events arrive.
        let machine = env.impatient.batch_machine()?;
        let before = machine.executions().await?.len();
        env.impatient.put_object("subscriptions.json", "[]").await?;
        let event = version_published(&env.add_product());
        assert_eq!(env.impatient.matching_rules(&event).await?, [""; 0]);
        assert_eq!(env.stack.matching_rules(&event).await?.len(), 1);
        env.stack
            .put_event(
                "impatient",
                "Copy Products Requested",
                r#"{"Subscriptions": "ALL"}"#,
            )
            .await?;
        while machine.executions().await?.len() == before {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(machine.executions().await?.len(), before + 1);
        Ok(())
    })
}

#[test]
fn a_mistake_in_the_subscriptions_is_named_as_soon_as_they_change() -> Result<()> {
    with_env(async |env| {
        let targets = json!([{ "Region": "Ireland" }]);
        let subscriptions = json!([{ "SourceProductArn": env.add_product(), "Targets": targets }]);
        let before = batches(env).await?;
        env.stack
            .put_object("subscriptions.json", &subscriptions.to_string())
            .await?;
        let end = next_batch(env, before).await?;
        let cause = end.failed_with("InvalidRequest");
        assert!(
            cause.contains("Subscriptions[0].Targets[0]: Target.Region must be"),
            "{cause}"
        );
        assert_eq!(env.catalog.state().calls, []);
        Ok(())
    })
}
