//! What others are told: events, notifications and metrics.

use std::time::Duration;

use anyhow::{Context, Result};
use fake_service_catalog::CopyEnds;
use serde_json::{Value, json};

use crate::test_env::{End, Hub, with_hub};

/// Runs one state machine of the stack with an inbox to its end, and returns what is told of it.
async fn told(hub: &Hub, is_batch: bool, input: &Value, messages: usize) -> Result<Vec<Value>> {
    let machine = if is_batch {
        hub.impatient.batch_machine()
    } else {
        hub.impatient.state_machine()
    };
    let end = End::of(machine?.start(&input.to_string(), None).await?).await?;
    let mut told = Vec::new();
    while told.len() < messages {
        let message = hub.inbox.next().await?;
        // Other tests use this stack too.
        if message.to_string().contains(end.execution.arn()) {
            told.push(message);
        }
    }
    // Events are objects, notifications text.
    told.sort_by_key(Value::is_string);
    Ok(told)
}

#[test]
fn a_copy_that_succeeded_is_told_by_event() -> Result<()> {
    with_hub(async |hub| {
        let request =
            json!({ "SourceProductArn": hub.add_product(), "Target": { "Region": "eu-west-1" } });
        let told = told(hub, false, &request, 1).await?;
        let event = &told[0];
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
fn a_copy_that_failed_is_told_by_event_and_in_words() -> Result<()> {
    with_hub(async |hub| {
        hub.catalog.world().settings.copy_ends = CopyEnds::After(Duration::MAX);
        let request = json!({ "SourceProductArn": hub.add_product() });
        let told = told(hub, false, &request, 2).await?;
        assert_eq!(told[0]["detail-type"], "Copy Product Failed");
        assert_eq!(told[0]["detail"]["Error"], "CopyTimedOut");
        let words = told[1].as_str().context("is text")?;
        for part in [
            "Copy Product Failed (FAILED after",
            "CopyTimedOut: Still IN_PROGRESS after",
            "https://us-east-1.console",
        ] {
            assert!(words.contains(part), "{part} is not in {words}");
        }
        Ok(())
    })
}

#[test]
fn a_batch_is_told_by_event_and_in_words() -> Result<()> {
    with_hub(async |hub| {
        let request = json!({ "Copies": [{ "SourceProductArn": hub.add_product(), "Target": { "Region": "eu-west-1" } }] });
        let told = told(hub, true, &request, 2).await?;
        assert_eq!(told[0]["detail-type"], "Copy Products Succeeded");
        let detail = &told[0]["detail"];
        assert_eq!(
            [&detail["Total"], &detail["Succeeded"], &detail["Failed"]],
            [1, 1, 0]
        );
        let words = told[1].as_str().context("is text")?;
        assert!(words.contains("0 of 1 copies failed"), "{words}");
        Ok(())
    })
}

#[test]
fn the_functions_write_metrics_into_their_logs() -> Result<()> {
    with_hub(async |hub| {
        hub.copy().await?.succeeded();
        let metric = |lines: &[Value], name: &str| -> Vec<Value> {
            let lines = lines
                .iter()
                .filter(|it| it[name].is_number() && it["_aws"].is_object());
            lines.cloned().collect()
        };
        let polls = metric(&hub.stack.logs("CheckStatusFunction").await?, "Polls");
        let last = polls.last().context("there are polls")?;
        assert_eq!(last["StackName"], "catalog-copy");
        assert_eq!(last["TargetRegion"], "us-east-1");
        for _ in 0..100 {
            let lines = hub.stack.logs("PublishOutcomeFunction").await?;
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
