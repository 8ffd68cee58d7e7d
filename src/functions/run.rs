//! How every function is run.

use aws_config::SdkConfig;
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use tokio::runtime::Builder;
use tracing::{Instrument, Span, field::Empty, info_span};

use crate::{aws::sdk, error::Error, telemetry::log};

/// Runs a function until Lambda ends it: `connect` makes what it calls with, once a sandbox, and
/// `handle` answers each invocation. An error is logged and answered under its name.
///
/// # Errors
/// What keeps the function from starting.
#[allow(clippy::needless_pass_by_value)] // A reference to a function reads odd in six places.
pub fn run<Clients, Answer: Serialize>(
    connect: impl AsyncFnOnce(SdkConfig) -> Result<Clients, lambda_runtime::Error>,
    handle: impl AsyncFn(&Clients, LambdaEvent<Value>) -> Result<Answer, Error>,
) -> Result<(), lambda_runtime::Error> {
    log::init();
    // One thread: a sandbox answers one invocation at a time.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let clients = &connect(sdk::from_env().await).await?;
        let handle = &handle;
        let service = service_fn(move |raw| invoke(clients, handle, raw));
        lambda_runtime::run(service).await
    })
}

async fn invoke<Clients, Answer>(
    clients: &Clients,
    handle: &impl AsyncFn(&Clients, LambdaEvent<Value>) -> Result<Answer, Error>,
    raw: LambdaEvent<Box<RawValue>>,
) -> Result<Answer, Error> {
    let request_id = raw.context.request_id.as_str();
    let span = info_span!(
        "",
        requestId = request_id,
        executionId = Empty,
        target = Empty
    );
    let answer = async {
        let event = event(raw)?;
        if let Some(execution) = execution_id(&event.payload) {
            Span::current().record("executionId", execution);
        }
        // Boxed, because a future this large would be copied by each layer of the runtime.
        Box::pin(handle(clients, event)).await
    };
    let logged = async {
        answer
            .await
            .inspect_err(|error| tracing::error!(errorType = error.name(), "{error}"))
    };
    logged.instrument(span).await
}

/// The event of an invocation. It is read here and not by the runtime, so that an input that is
/// no JSON to us, such as one nested too deep, gets an error with a name.
///
/// # Errors
/// `InvalidRequest` says what is wrong.
pub fn event(raw: LambdaEvent<Box<RawValue>>) -> Result<LambdaEvent<Value>, Error> {
    let payload = serde_json::from_str(raw.payload.get())
        .map_err(|error| Error::invalid_request(format!("the input cannot be read: {error}")))?;
    Ok(LambdaEvent::new(payload, raw.context))
}

/// The execution that an input is of: the one that invokes, or the one that has ended.
fn execution_id(input: &Value) -> Option<&str> {
    let ended = || input["detail"]["executionArn"].as_str();
    input["ExecutionId"].as_str().or_else(ended)
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;

    use super::*;

    #[test]
    fn an_input_nested_too_deep_is_an_invalid_request() {
        let text = format!("{{\"Target\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        let payload = RawValue::from_string(text).expect("is JSON");
        let error = event(LambdaEvent::new(payload, Context::default()));
        let error = error.expect_err("is too deep");
        assert_eq!(error.name(), "InvalidRequest");
        assert!(error.message.contains("recursion limit"), "{error}");
    }
}
