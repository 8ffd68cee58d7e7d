//! How the end of an execution is published: events, notifications and metrics.

use std::time::Duration;

use anyhow::{Context, Result};
use fake_service_catalog::CopyEnds;
use serde_json::{Value, json};

use crate::test_env::{End, TestEnv, with_env};

/// Runs one state machine of the stack with an inbox to its end, and returns the messages about it.
async fn messages(
    env: &TestEnv,
    is_batch: bool,
    input: &Value,
    count: usize,
) -> Result<Vec<Value>> {
    let machine = if is_batch {
        env.impatient.batch_machine()
    } else {
        env.impatient.state_machine()
    };
    let end = End::of(machine?.start(&input.to_string(), None).await?).await?;
    let mut messages = Vec::new();
    while messages.len() < count {
        let message = env.inbox.next().await?;
        // Other tests use this stack too.
        if message.to_string().contains(end.execution.arn()) {
            messages.push(message);
        }
    }
    // Events are objects, notifications text.
    messages.sort_by_key(Value::is_string);
    Ok(messages)
}

#[test]
fn a_copy_that_succeeded_is_published_as_an_event() -> Result<()> {
    with_env(async |env| {
        let request =
            json!({ "SourceProductArn": env.add_product(), "Target": { "Region": "eu-west-1" } });
        let messages = messages(env, false, &request, 1).await?;
        let event = &messages[0];
        assert_eq!(event["source"], "impatient");
        assert_eq!(event["detail-type"], "Copy Product Succeeded");
        let detail = &event["detail"];
        assert_eq!(detail["SourceProductArn"], request["SourceProductArn"]);
        assert_eq!(detail["Target"], request["Target"]);
        assert_eq!(detail["CopiedVersions"], json!(["v1", "v2"]));
        assert!(detail["TargetProductId"].is_string() && detail["DurationSeconds"].is_f64());
        Ok(())
    })
}

#[test]
fn a_copy_that_failed_is_published_and_notified() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings.copy_ends = CopyEnds::After(Duration::MAX);
        let request = json!({ "SourceProductArn": env.add_product() });
        let messages = messages(env, false, &request, 2).await?;
        assert_eq!(messages[0]["detail-type"], "Copy Product Failed");
        assert_eq!(messages[0]["detail"]["Error"], "CopyTimedOut");
        let words = messages[1].as_str().context("is text")?;
        for part in [
            "Copy Product Failed (FAILED after",
            "CopyTimedOut: Still IN_PROGRESS after",
            // A link on AWS: the emulator knows no partition in conditions.
            ":execution:impatient-CopyProduct:",
        ] {
            assert!(words.contains(part), "{part} is not in {words}");
        }
        Ok(())
    })
}

#[test]
fn a_batch_is_published_and_notified() -> Result<()> {
    with_env(async |env| {
        let request = json!({ "Copies": [{ "SourceProductArn": env.add_product(), "Target": { "Region": "eu-west-1" } }] });
        let messages = messages(env, true, &request, 2).await?;
        assert_eq!(messages[0]["detail-type"], "Copy Products Succeeded");
        let detail = &messages[0]["detail"];
        assert_eq!(
            [&detail["Total"], &detail["Succeeded"], &detail["Failed"]],
            [1, 1, 0]
        );
        let words = messages[1].as_str().context("is text")?;
        assert!(words.contains("0 of 1 copies failed"), "{words}");
        Ok(())
    })
}

#[test]
fn the_functions_write_metrics_into_their_logs() -> Result<()> {
    with_env(async |env| {
        env.copy().await?.succeeded();
        let metric = |lines: &[Value], name: &str| -> Vec<Value> {
            let lines = lines
                .iter()
                .filter(|it| it[name].is_number() && it["_aws"].is_object());
            lines.cloned().collect()
        };
        let polls = metric(&env.stack.logs("CheckStatusFunction").await?, "Polls");
        let last = polls.last().context("there are polls")?;
        assert_eq!(last["StackName"], "catalog-copy");
        assert_eq!(last["TargetRegion"], "us-east-1");
        for _ in 0..100 {
            let lines = env.stack.logs("PublishOutcomeFunction").await?;
            let copies = metric(&lines, "Copies");
            if let Some(last) = copies.last() {
                assert_eq!(last["Outcome"], "SUCCEEDED");
                assert_eq!(copies.len(), metric(&lines, "CopyDuration").len());
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("no copy was counted")
    })
}
