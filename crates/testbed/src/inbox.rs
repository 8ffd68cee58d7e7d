//! A queue that gets what the event bus and a notification topic send.

use anyhow::{Context, Result};
use aws_sdk_eventbridge::types::Target;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::sdk;

const NAME: &str = "inbox";

/// A queue, subscribed to the default event bus and to a topic.
#[derive(Debug)]
pub struct Inbox {
    sqs: aws_sdk_sqs::Client,
    queue: String,
    topic_arn: String,
}

impl Inbox {
    /// Creates the queue and the topic; of the events, only those of one source arrive.
    ///
    /// # Errors
    /// When the emulator refuses.
    pub async fn open(emulator: &Emulator, source: &str) -> Result<Self> {
        let config = sdk::config(emulator.endpoint());
        let sqs = aws_sdk_sqs::Client::new(&config);
        let queue = sqs.create_queue().queue_name(NAME).send().await?;
        let queue = queue.queue_url.context("the queue has no URL")?;
        let sns = aws_sdk_sns::Client::new(&config);
        let topic = sns.create_topic().name(NAME).send().await?;
        let topic_arn = topic.topic_arn.context("the topic has no ARN")?;
        let queue_arn = topic_arn.replace(":sns:", ":sqs:");
        let subscribe = sns.subscribe().topic_arn(&topic_arn).protocol("sqs");
        let subscribe = subscribe.attributes("RawMessageDelivery", "true");
        subscribe.endpoint(&queue_arn).send().await?;

        let events = aws_sdk_eventbridge::Client::new(&config);
        let pattern = json!({ "source": [source], "detail-type": [{ "prefix": "Copy" }] });
        let rule = events
            .put_rule()
            .name(NAME)
            .event_pattern(pattern.to_string());
        rule.send().await?;
        let target = Target::builder().id(NAME).arn(queue_arn).build()?;
        events
            .put_targets()
            .rule(NAME)
            .targets(target)
            .send()
            .await?;
        Ok(Self {
            sqs,
            queue,
            topic_arn,
        })
    }

    /// The topic's ARN.
    #[must_use]
    pub fn topic_arn(&self) -> &str {
        &self.topic_arn
    }

    /// The next message: an event as an object, a notification as its text.
    ///
    /// # Errors
    /// When there is none within 20 seconds.
    pub async fn next(&self) -> Result<Value> {
        let receive = self.sqs.receive_message().queue_url(&self.queue);
        let received = receive.wait_time_seconds(20).send().await?;
        let message = received.messages.and_then(|mut it| it.pop());
        let message = message.context("no message came")?;
        let handle = message.receipt_handle.context("cannot be deleted")?;
        let delete = self.sqs.delete_message().queue_url(&self.queue);
        delete.receipt_handle(handle).send().await?;
        let body = message.body.context("has no body")?;
        Ok(serde_json::from_str(&body).unwrap_or(body.into()))
    }
}
