//! Rule `ExecutionEnded`: reports how an execution ended, by event and by metric.

use std::env;

use lambda_runtime::LambdaEvent;
use serde_json::Value;

use crate::{
    aws::eventbridge::EventBus,
    error::Error,
    outcome::{Copied, Outcome},
    telemetry::metrics,
};

/// Publishes the [`Outcome`] of an execution; a dry run and a batch without copies have none.
///
/// # Errors
/// `InvalidRequest` and `NotPublished`.
pub async fn handle(
    event_bus: &EventBus,
    event: LambdaEvent<Value>,
) -> Result<Option<Outcome>, Error> {
    let Some(outcome) = Outcome::read(&event.payload)? else {
        tracing::info!("nothing was to be copied: no outcome");
        return Ok(None);
    };
    let detail_type = outcome.detail_type();
    let put = event_bus.put(detail_type, &outcome.execution_arn, &outcome);
    put.await?;
    // Only now: Lambda invokes again what failed, and a copy counts once.
    if let Copied::Product(product) = &outcome.copied {
        let target = product.target.as_ref();
        let region = target.and_then(|target| target.region.as_deref());
        let own = env::var("AWS_REGION").unwrap_or_default();
        let region = outcome.target_answered().then_some(region.unwrap_or(&own));
        let ended_as = outcome.metric().to_string();
        metrics::copy_ended(region, &ended_as, outcome.duration_seconds);
    }
    tracing::info!(detail_type, status = %outcome.status, "outcome published");
    Ok(Some(outcome))
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn nothing_is_published_where_nothing_was_to_be_copied() {
        let bus = EventBus::refusing();
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
        let event = serde_json::from_str(include_str!("../../events/publish-outcome.json"));
        let event = LambdaEvent::new(event.expect("is JSON"), Context::default());
        let refused = handle(&EventBus::refusing(), event).await;
        let error = refused.expect_err("is refused");
        assert_eq!(error.name(), "NotPublished");
        assert!(
            error.message.contains("ThrottlingException: easy"),
            "{error}"
        );
    }
}
