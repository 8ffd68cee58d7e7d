//! Runs the handlers as the state machine does, with the `Retry` of the state machine itself.

use std::{collections::BTreeMap, time::Duration};

use catalog_copy::{
    aws::service_catalog::{Catalog, CopyProductStatus},
    error::Error,
    functions::{
        check_status,
        finish_copy::{self, CopyFinished},
        start_copy,
    },
};
use lambda_runtime::{Context, LambdaEvent};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

/// Longer than any copy takes: what a retrier that waits a minute or more waits here.
pub(crate) const LANDED: Duration = Duration::from_millis(4);

/// How often an execution waits for the same thing until it gives up.
const MOST_WAITS: u32 = 1000;

/// Why an execution failed: the error's name.
pub(crate) type Failed = String;

/// What each state tries again.
pub(crate) struct Machine(BTreeMap<String, Vec<Retrier>>);

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Retrier {
    error_equals: Vec<String>,
    interval_seconds: u32,
    max_attempts: u32,
}

/// One execution.
pub(crate) struct Execution<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) machine: &'a Machine,
    pub(crate) id: String,
    pub(crate) retries_at_once: bool,
}

impl Machine {
    pub(crate) fn read() -> Self {
        let text = include_str!("../../../statemachine/copy-product.asl.json");
        let machine: Value = serde_json::from_str(text).expect("is JSON");
        let states = ["StartCopy", "CheckStatus", "FinishCopy"];
        let retriers = states.map(|state| {
            let retriers = machine["States"][state]["Retry"].clone();
            let retriers = serde_json::from_value(retriers).expect("are retriers");
            (state.to_owned(), retriers)
        });
        Self(retriers.into())
    }
}

impl Execution<'_> {
    /// Runs to the end; `request` is asked for again at every try of start-copy.
    ///
    /// Without a plan there is nothing to finish, and no output.
    pub(crate) async fn run(
        &self,
        request: impl Fn() -> Value,
    ) -> Result<Option<CopyFinished>, Failed> {
        let started = self
            .task("StartCopy", async || {
                let mut payload = defined(request());
                payload["ExecutionId"] = self.id.clone().into();
                payload["StartedBy"] = self.id.clone().into();
                Box::pin(start_copy::handle(self.catalog, event(payload))).await
            })
            .await?;

        let mut status = None;
        if let Some(token) = &started.copy_product_token {
            let asked = defined(json!({
                "CopyProductToken": token,
                "Target": request()["Target"],
                "ExecutionId": self.id,
            }));
            for _ in 0..MOST_WAITS {
                let answer = self
                    .task("CheckStatus", async || {
                        Box::pin(check_status::handle(self.catalog, event(asked.clone()))).await
                    })
                    .await?;
                match answer.status.copy_product_status {
                    CopyProductStatus::Succeeded => {
                        status = Some(answer);
                        break;
                    }
                    CopyProductStatus::InProgress => sleep(Duration::from_millis(1)).await,
                    CopyProductStatus::Failed => return Err("CopyFailed".to_owned()),
                }
            }
            if status.is_none() {
                return Err("CopyTimedOut".to_owned());
            }
        }
        if started.copied_versions.is_none() {
            return Ok(None);
        }

        let mut finished = None;
        for _ in 0..MOST_WAITS {
            let asked = json!({
                "Request": defined(request()),
                "Started": started,
                "Status": status,
                "CopyProductToken": started.copy_product_token,
                "Finished": finished,
                "ExecutionId": self.id,
            });
            let done = self
                .task("FinishCopy", async || {
                    Box::pin(finish_copy::handle(self.catalog, event(asked.clone()))).await
                })
                .await?;
            if done.pending_portfolio_ids.is_empty() {
                return Ok(Some(done));
            }
            finished = Some(done);
        }
        Err("PortfoliosNotVisible".to_owned())
    }

    async fn task<T>(
        &self,
        state: &str,
        handler: impl AsyncFn() -> Result<T, Error>,
    ) -> Result<T, Failed> {
        let mut retriers = self.machine.0[state].clone();
        loop {
            let error = match handler().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error.name(),
            };
            let retrier = retriers
                .iter_mut()
                .find(|it| it.error_equals.contains(&error));
            match retrier {
                Some(retrier) if retrier.max_attempts > 0 => {
                    retrier.max_attempts -= 1;
                    if retrier.interval_seconds >= 60 && !self.retries_at_once {
                        sleep(LANDED).await;
                    }
                }
                _ => return Err(error),
            }
        }
    }
}

/// Without the members that `JSONata` would leave out.
fn defined(mut value: Value) -> Value {
    let members = value.as_object_mut().expect("is an object");
    members.retain(|_, member| !member.is_null());
    value
}

fn event(payload: Value) -> LambdaEvent<Value> {
    LambdaEvent::new(payload, Context::default())
}
