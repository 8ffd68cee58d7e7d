//! How every function is run.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use aws_config::SdkConfig;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, value::RawValue};
use tokio::{runtime::Builder, time::timeout};
use tracing::{Instrument, Span, field::Empty, info_span};

use crate::{
    aws::sdk,
    error::{Error, ErrorKind},
    telemetry::log,
};

/// The largest input that is read, in bytes. The state of an execution has 256 KiB; an input may be
/// written longer than it is.
const MAX_INPUT: usize = 1 << 20;

/// The longest execution ARN in a log line, in characters.
const MAX_EXECUTION_ID: usize = 300;

/// What is left of a function's time for its answer.
const TO_ANSWER: Duration = Duration::from_secs(4);

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

/// What Lambda has delivered. The runtime would name what is no JSON after a type of its own.
struct Input(Result<Box<RawValue>, String>);

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer);
        Ok(Self(raw.map_err(|error| error.to_string())))
    }
}

async fn invoke<Clients, Answer>(
    clients: &Clients,
    handle: &impl AsyncFn(&Clients, LambdaEvent<Value>) -> Result<Answer, Error>,
    raw: LambdaEvent<Input>,
) -> Result<Answer, Error> {
    let request_id = raw.context.request_id.as_str();
    let span = info_span!(
        "",
        requestId = request_id,
        executionId = Empty,
        target = Empty
    );
    let answer = async {
        let payload = raw.payload.0.map_err(|reason| unreadable(&reason))?;
        let event = event(LambdaEvent::new(payload, raw.context))?;
        if let Some(execution) = execution_id(&event.payload) {
            let start = execution.char_indices().nth(MAX_EXECUTION_ID);
            let end = start.map_or(execution.len(), |(end, _)| end);
            Span::current().record("executionId", &execution[..end]);
        }
        let mut secrets = Vec::new();
        external_ids(&event.payload, &mut secrets);
        let time = time_left(&event.context, SystemTime::now());
        // Boxed, because a future this large would be copied by each layer of the runtime.
        let answer = timeout(time, Box::pin(handle(clients, event))).await;
        answer
            .unwrap_or_else(|_| Err(timed_out()))
            .map_err(|error| {
                let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
                error.without(&secrets)
            })
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
    let text = raw.payload.get();
    if text.len() > MAX_INPUT {
        return Err(Error::invalid_request(format!(
            "the input must have at most {MAX_INPUT} bytes, not {}",
            text.len()
        )));
    }
    let payload = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    Ok(LambdaEvent::new(payload, raw.context))
}

fn unreadable(reason: &dyn fmt::Display) -> Error {
    Error::invalid_request(format!("the input cannot be read: {reason}"))
}

/// How long a function may work on an invocation: what it has not done by then, it does when it is
/// invoked again.
fn time_left(context: &Context, now: SystemTime) -> Duration {
    let left = context.deadline().duration_since(now).unwrap_or_default();
    left.saturating_sub(TO_ANSWER)
}

fn timed_out() -> Error {
    Error::new(
        ErrorKind::TimedOut,
        "the function had no time left; what it has done stays done",
    )
}

/// Each `ExternalId` in an input: no error may show one, whoever has repeated it.
fn external_ids(input: &Value, found: &mut Vec<String>) {
    match input {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(id) if name == "ExternalId" => found.push(id.clone()),
                    value => external_ids(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| external_ids(item, found)),
        // An event has the input of an execution as a text.
        Value::String(text) if text.contains("\"ExternalId\"") => {
            if let Ok(value) = serde_json::from_str(text) {
                external_ids(&value, found);
            }
        }
        _ => {}
    }
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

    fn input(text: &str, left: Duration) -> LambdaEvent<Input> {
        let mut context = Context::default();
        // In milliseconds since 1970.
        let deadline = SystemTime::now() + left;
        let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH);
        context.deadline = deadline
            .expect("is after 1970")
            .as_millis()
            .try_into()
            .expect("fits");
        let mut json = serde_json::Deserializer::from_str(text);
        let payload = Input::deserialize(&mut json).expect("never fails");
        LambdaEvent::new(payload, context)
    }

    async fn told(text: &str, answer: Result<Value, Error>) -> Error {
        let handle = async |(): &(), _| answer.clone();
        let answer = invoke(&(), &handle, input(text, Duration::from_mins(1))).await;
        answer.expect_err("is refused")
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_an_invalid_request() {
        let large = format!("[{}]", "0,".repeat(MAX_INPUT / 2 + 1) + "0");
        for text in ["", "{", "nonsense", "{\"a\":1e999}", "\"\\ud800\"", &large] {
            let error = told(text, Ok(Value::Null)).await;
            let start: String = text.chars().take(20).collect();
            assert_eq!(error.name(), "InvalidRequest", "{start}");
        }
    }

    #[tokio::test]
    async fn no_error_shows_an_external_id_of_the_input() {
        let input = r#"{ "Request": { "Target": { "ExternalId": "hush-hush" } }, "List": [{ "ExternalId": "quiet" }], "input": "{\"ExternalId\":\"still\"}" }"#;
        let repeated = Error::invalid_request("Value 'hush-hush', quiet or still fails");
        let error = told(input, Err(repeated)).await;
        assert_eq!(error.message, "Value '***', *** or *** fails");
    }

    #[tokio::test]
    async fn a_function_answers_before_its_time_is_over() {
        let handle = async |(): &(), _| -> Result<Value, Error> { std::future::pending().await };
        let left = TO_ANSWER + Duration::from_millis(20);
        let answer = invoke(&(), &handle, input("{}", left)).await;
        assert_eq!(answer.expect_err("never ends").name(), "Sandbox.Timedout");
    }

    #[test]
    fn the_time_for_an_answer_is_left() {
        let context = input("{}", Duration::from_mins(1)).context;
        let left = |seconds| time_left(&context, context.deadline() - Duration::from_secs(seconds));
        assert_eq!(left(60), Duration::from_secs(56));
        assert_eq!(left(2), Duration::ZERO);
    }
}
