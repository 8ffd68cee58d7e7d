//! The real state machines where machine timeouts, delay caps and jitter count; only its numbers are changed.

use std::time::Duration;

use anyhow::{Context, Result};
use aws_smithy_types::DateTime;
use serde_json::{Value, json};
use testbed::second_engine::SecondEngine;
use testbed::state_machine::{Execution, ExecutionStatus, HistoryEventType};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const MACHINE: &str = include_str!("../../../statemachine/copy-product.asl.json");
const BATCH_MACHINE: &str = include_str!("../../../statemachine/copy-products.asl.json");
const REQUEST: &str =
    r#"{"SourceProductArn": "arn:aws:catalog:us-east-1:111122223333:product/prod-a"}"#;
const TIMEOUT: Duration = Duration::from_mins(2);

#[tokio::test]
async fn the_machine_ends_at_its_own_timeout() -> Result<()> {
    let engine = SecondEngine::start(functions(Functions::CopyForever).await?).await?;
    let mut machine = machine()?;
    machine["TimeoutSeconds"] = json!(2);

    let machine = engine.create("timeout", &machine.to_string()).await?;
    let end = machine.start(REQUEST, None).await?.end(TIMEOUT).await?;

    assert_eq!(
        end.status,
        ExecutionStatus::TimedOut,
        "{:?}: {:?}",
        end.error,
        end.cause
    );
    Ok(())
}

#[tokio::test]
async fn a_cap_keeps_growing_delays_short() -> Result<()> {
    let engine = SecondEngine::start(functions(Functions::Throttle).await?).await?;
    let mut machine = machine()?;
    // Without the cap, the second delay is one of up to eleven days.
    let retry = &mut machine["States"]["StartCopy"]["Retry"][0];
    retry["IntervalSeconds"] = json!(1);
    retry["BackoffRate"] = json!(1_000_000);
    retry["MaxAttempts"] = json!(3);
    retry["MaxDelaySeconds"] = json!(1);
    let capped = engine.create("capped", &machine.to_string()).await?;
    machine["States"]["StartCopy"]["Retry"][0]["MaxDelaySeconds"] = json!(31_622_400);
    let uncapped = engine.create("uncapped", &machine.to_string()).await?;

    let uncapped = uncapped.start(REQUEST, None).await?;
    let capped = capped.start(REQUEST, None).await?;
    let end = capped.end(TIMEOUT).await?;

    assert_eq!(end.error(), Some("ServiceCatalog.ThrottlingException"));
    assert_eq!(delays(&capped).await?.len(), 3);
    assert_eq!(
        uncapped.describe().await?.status,
        ExecutionStatus::Running,
        "the same delays without the cap are still going on"
    );
    Ok(())
}

#[tokio::test]
async fn executions_throttled_together_do_not_retry_together() -> Result<()> {
    let engine = SecondEngine::start(functions(Functions::Throttle).await?).await?;
    let mut machine = machine()?;
    machine["States"]["StartCopy"]["Retry"][0]["MaxAttempts"] = json!(1);
    let machine = engine.create("jitter", &machine.to_string()).await?;

    let mut executions = Vec::new();
    for number in 0..20 {
        let name = format!("throttled-{number}");
        executions.push(machine.start(REQUEST, Some(&name)).await?);
    }
    let mut waited = Vec::new();
    for execution in executions {
        execution.end(TIMEOUT).await?;
        waited.extend(delays(&execution).await?);
    }

    // Twenty delays with full jitter stay within a factor of two once in half a million runs.
    let shortest = waited.iter().copied().fold(f64::INFINITY, f64::min);
    let longest = waited.iter().copied().fold(0.0, f64::max);
    assert!(longest > 2.0 * shortest, "{waited:?}");
    Ok(())
}

/// This engine knows no JSON Lines and no nested execution under `JSONata`: a function stands for the
/// execution, and the Distributed Map is left out.
#[tokio::test]
async fn a_child_of_a_batch_ends_with_the_error_of_its_copy() -> Result<()> {
    let engine = SecondEngine::start(functions(Functions::Throttle).await?).await?;
    let batch: Value = serde_json::from_str(BATCH_MACHINE)?;
    let mut child = batch["States"]["CopyEach"]["ItemProcessor"].clone();
    let child_members = child.as_object_mut().context("is an object")?;
    child_members.remove("ProcessorConfig");
    child_members.insert("QueryLanguage".to_owned(), json!("JSONata"));
    let copy = &mut child["States"]["CopyProduct"];
    copy["Resource"] = json!("arn:aws:states:::lambda:invoke");
    copy["Arguments"] =
        json!({ "FunctionName": "copy-product", "Payload": copy["Arguments"]["Input"] });
    let copy = json!({ "Index": 7, "Name": "7", "StartedBy": "event", "Request": {} });

    let child = engine.create("child", &child.to_string()).await?;
    let end = child.start(&copy.to_string(), None).await?;
    let end = end.end(TIMEOUT).await?;

    let output: Value = serde_json::from_str(end.output().context("has an output")?)?;
    let cause = output["ErrorOutput"]["Cause"].as_str();
    let cause: Value = serde_json::from_str(cause.context("has a cause")?)?;
    assert_eq!(cause["errorMessage"], "Rate exceeded");
    assert_eq!(
        [
            &output["Index"],
            &output["Status"],
            &output["ErrorOutput"]["Error"]
        ],
        [
            &json!(7),
            &json!("FAILED"),
            &json!("ServiceCatalog.ThrottlingException")
        ]
    );
    Ok(())
}

/// The state machine as deployed, without a minimum wait.
fn machine() -> Result<Value> {
    let mut text = MACHINE.to_owned();
    for (name, value) in [
        ("Partition", "aws"),
        ("StartCopyFunctionArn", "start-copy"),
        ("CheckStatusFunctionArn", "check-status"),
        ("FinishCopyFunctionArn", "finish-copy"),
        ("MinWaitSeconds", "1"),
        ("MaxWaitSeconds", "1"),
        ("DeadlineSeconds", "600"),
    ] {
        text = text.replace(&format!("${{{name}}}"), value);
    }
    Ok(serde_json::from_str(&text)?)
}

/// How long an execution waited between each failure of its task and the next attempt, in seconds.
async fn delays(execution: &Execution) -> Result<Vec<f64>> {
    let history = execution.history().await?;
    let times_of = |wanted: HistoryEventType| {
        let events = history.iter().filter(move |event| event.r#type == wanted);
        events.map(|event| DateTime::as_secs_f64(&event.timestamp))
    };
    let attempts = times_of(HistoryEventType::TaskScheduled).skip(1);
    let failures = times_of(HistoryEventType::TaskFailed);
    Ok(attempts
        .zip(failures)
        .map(|(attempt, failure)| attempt - failure)
        .collect())
}

/// What both functions do.
#[derive(Clone, Copy)]
enum Functions {
    CopyForever,
    Throttle,
}

/// Serves Lambda's Invoke and answers with the port.
async fn functions(functions: Functions) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(functions.answer(connection));
        }
    });
    Ok(port)
}

impl Functions {
    async fn answer(self, connection: TcpStream) -> Result<()> {
        let mut connection = BufReader::new(connection);
        let mut length = 0;
        loop {
            let mut line = String::new();
            connection.read_line(&mut line).await?;
            let Some((name, value)) = line.split_once(':') else {
                if line.trim().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().context("Content-Length")?;
            }
        }
        connection.read_exact(&mut vec![0; length]).await?;

        let (header, body) = match self {
            Self::CopyForever => (
                "",
                r#"{"CopyProductToken":"copyproduct-a","CopyProductStatus":"IN_PROGRESS"}"#,
            ),
            Self::Throttle => (
                "X-Amz-Function-Error: Unhandled\r\n",
                // As the Lambda runtime writes it, errorType first.
                r#"{"errorType":"ServiceCatalog.ThrottlingException","errorMessage":"Rate exceeded"}"#,
            ),
        };
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{header}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(answer.as_bytes()).await?;
        Ok(())
    }
}
