//! Amazon `EventBridge`: the default event bus, which gets an event of each execution that ended.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};
use serde::Serialize;

use super::sdk::{CallLimits, reasons};
use crate::error::{Error, ErrorKind};

const LIMITS: CallLimits = CallLimits {
    attempt: Duration::from_secs(5),
    operation: Duration::from_secs(20),
    attempts: 3,
};

/// The default event bus of the function's account and Region.
#[derive(Clone, Debug)]
pub struct EventBus {
    client: Client,
    source: String,
}

impl EventBus {
    /// Takes credentials, Region, endpoints and HTTP client from `config`; `source` is that of the
    /// events.
    #[must_use]
    pub fn new(config: &SdkConfig, source: String) -> Self {
        Self {
            client: Client::new(&LIMITS.apply(config)),
            source,
        }
    }

    /// Puts one event on the bus.
    ///
    /// # Errors
    /// `NotPublished`, also where the call succeeded and the bus refused the event.
    pub async fn put(
        &self,
        detail_type: &str,
        resource: &str,
        detail: &impl Serialize,
    ) -> Result<(), Error> {
        let not_published = |reason: String| {
            Error::new(
                ErrorKind::NotPublished,
                format!("EventBridge did not take {detail_type}: {reason}"),
            )
        };
        let detail = serde_json::to_string(detail).map_err(|it| not_published(it.to_string()))?;
        let event = PutEventsRequestEntry::builder()
            .source(&self.source)
            .detail_type(detail_type)
            .resources(resource)
            .detail(detail)
            .build();
        let answer = self.client.put_events().entries(event).send().await;
        let answer = answer.map_err(|it| not_published(reasons(&it)))?;
        match answer.entries().iter().find_map(|it| it.error_code()) {
            None if answer.failed_entry_count() == 0 => Ok(()),
            code => {
                let message = answer.entries().iter().find_map(|it| it.error_message());
                Err(not_published(format!(
                    "{}: {}",
                    code.unwrap_or("no code"),
                    message.unwrap_or("no message")
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_eventbridge::{
        operation::put_events::{PutEventsError, PutEventsOutput},
        types::{PutEventsResultEntry, error::InternalException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use serde_json::json;

    use super::*;

    fn bus(rule: &Rule) -> EventBus {
        EventBus {
            client: mock_client!(aws_sdk_eventbridge, RuleMode::Sequential, [rule]),
            source: "catalog-copy".to_owned(),
        }
    }

    impl EventBus {
        /// A bus that answers each call, and refuses each event.
        pub(crate) fn refusing() -> Self {
            let refused = || {
                let entry = PutEventsResultEntry::builder()
                    .error_code("ThrottlingException")
                    .error_message("easy");
                PutEventsOutput::builder()
                    .failed_entry_count(1)
                    .entries(entry.build())
                    .build()
            };
            bus(&mock!(Client::put_events).then_output(refused))
        }
    }

    #[tokio::test]
    async fn an_event_carries_source_resource_and_detail() {
        let rule = mock!(Client::put_events)
            .match_requests(|it| {
                let [event] = it.entries() else { return false };
                event.source() == Some("catalog-copy")
                    && event.detail_type() == Some("Copy Product Failed")
                    && event.resources() == ["execution"]
                    && event.detail() == Some(r#"{"Status":"FAILED"}"#)
                    && event.event_bus_name().is_none()
            })
            .then_output(|| PutEventsOutput::builder().build());
        let detail = json!({ "Status": "FAILED" });
        let put = bus(&rule)
            .put("Copy Product Failed", "execution", &detail)
            .await;
        assert_eq!(put, Ok(()));
    }

    #[tokio::test]
    async fn an_event_the_bus_refuses_is_an_error() {
        let put = EventBus::refusing()
            .put("Copy Product Failed", "execution", &json!({}))
            .await;
        let reason =
            "EventBridge did not take Copy Product Failed: ThrottlingException: easy".to_owned();
        assert_eq!(put, Err(Error::new(ErrorKind::NotPublished, reason)));
    }

    #[tokio::test]
    async fn a_call_that_fails_is_an_error() {
        let rule = mock!(Client::put_events).then_error(|| {
            let why = InternalException::builder().message("oops").build();
            PutEventsError::InternalException(why)
        });
        let put = bus(&rule).put("type", "execution", &json!({})).await;
        let message = put.expect_err("is an error").to_string();
        assert!(message.contains("oops"), "{message}");
    }
}
