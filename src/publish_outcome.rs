//! Rule `ExecutionEnded`: tells the world how an execution ended, by event and by metric.

use lambda_runtime::LambdaEvent;
use serde_json::Value;

use crate::{bus::Bus, error::Error, metrics, outcome::Outcome};

/// Publishes the [`Outcome`] of an execution; a dry run and a batch without copies have none.
///
/// # Errors
/// [`Error::InvalidRequest`] and [`Error::NotPublished`].
#[tracing::instrument(skip_all, fields(
    requestId = event.context.request_id,
    executionId = event.payload["detail"]["executionArn"].as_str(),
))]
pub async fn handle(bus: &Bus, event: LambdaEvent<Value>) -> Result<Option<Outcome>, Error> {
    Box::pin(publish(bus, &event.payload))
        .await
        .inspect_err(|error| tracing::error!(errorType = error.name(), "{error}"))
}

async fn publish(bus: &Bus, status_change: &Value) -> Result<Option<Outcome>, Error> {
    let Some(outcome) = Outcome::read(status_change)? else {
        tracing::info!("nothing was to be copied: no outcome");
        return Ok(None);
    };
    let detail_type = outcome.detail_type();
    bus.put(detail_type, &outcome.execution_arn, &outcome)
        .await?;
    // Only now: Lambda invokes again what failed, and a copy counts once.
    if !outcome.is_batch {
        let region = outcome.target.as_ref().and_then(|it| it.region.as_deref());
        metrics::copy_ended(region, outcome.metric(), outcome.duration_seconds);
    }
    tracing::info!(detail_type, status = outcome.status, "outcome published");
    Ok(Some(outcome))
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn nothing_is_published_where_nothing_was_to_be_copied() {
        let bus = Bus::refusing();
        for output in [r#"{"DryRun":true}"#, r#"{"Total":0}"#] {
            let status_change = json!({ "detail": {
                "executionArn": "e", "stateMachineArn": "m", "status": "SUCCEEDED",
                "startDate": 0, "stopDate": 1, "output": output,
            } });
            let event = LambdaEvent::new(status_change, Context::default());
            assert_eq!(handle(&bus, event).await, Ok(None));
        }
    }

    #[tokio::test]
    async fn what_the_bus_refuses_is_an_error() {
        let event = serde_json::from_str(include_str!("../events/publish-outcome.json"));
        let event = LambdaEvent::new(event.expect("is JSON"), Context::default());
        let refused = handle(&Bus::refusing(), event).await;
        let Err(Error::NotPublished(message)) = refused else {
            panic!("{refused:?}");
        };
        assert!(message.contains("ThrottlingException: easy"), "{message}");
    }
}
