//! The probe compares what Step Functions says of an expression with what jsonata said here.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use aws_probe::{
    Disagreement, Sample, ask_step_functions, state_machine_plan, state_machine_report,
};
use aws_sdk_sfn::Client;
use aws_smithy_http_client::test_util::infallible_client_fn;
use hyper::Response;
use serde_json::{Value, json};
use testbed::sdk;

/// Step Functions whose `TestState` gives these answers, and what it was asked.
fn step_functions(
    answer: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static,
) -> (Client, Arc<Mutex<Vec<Value>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let http_client = infallible_client_fn(move |request| {
        assert_eq!(
            request.headers()["x-amz-target"],
            "AWSStepFunctions.TestState"
        );
        let body = request.body().bytes().expect("is in memory");
        let request = serde_json::from_slice(body).expect("is JSON");
        let (status, body) = answer(&request);
        seen.lock().expect("is sound").push(request);
        let response = Response::builder().status(status);
        response.body(body.to_string()).expect("is a response")
    });
    let config = sdk::config("http://127.0.0.1").into_builder();
    (Client::new(&config.http_client(http_client).build()), asked)
}

fn succeeded(output: &Value) -> (u16, Value) {
    (
        200,
        json!({ "status": "SUCCEEDED", "output": output.to_string() }),
    )
}

/// The value of the expression that is asked for, as the samples have it.
fn value_of(request: &Value) -> Value {
    let files = [
        include_str!("../../../../tests/contract/machines/jsonata/copy-product.json"),
        include_str!("../../../../tests/contract/machines/jsonata/copy-products.json"),
    ];
    let samples = files.map(|it| serde_json::from_str::<Vec<Value>>(it).expect("is JSON"));
    let member = |name: &str| -> Value {
        serde_json::from_str(request[name].as_str().expect("is text")).expect("is JSON")
    };
    let definition = member("definition");
    assert_eq!(definition["Type"], "Pass");
    assert_eq!(definition["QueryLanguage"], "JSONata");
    let variables = member("variables");
    let mut samples = samples.concat().into_iter().filter(|sample| {
        let expression = sample["expression"].as_str().expect("is text");
        let asked = expression
            .replace("$states.context", "$context")
            .replace("$states.result", "$result")
            .replace("$states.errorOutput", "$errorOutput")
            .replace("$millis()", "(0 * $millis() + 1800000000000)");
        let mut given = sample["variables"].clone();
        for (name, value) in sample["states"].as_object().expect("is an object") {
            if name != "input" {
                given[name] = value.clone();
            }
        }
        definition["Output"] == format!("{{% {asked} %}}")
            && variables == given
            && member("input") == sample["states"]["input"]
    });
    samples.next().expect("it is one of the samples")["value"].clone()
}

async fn ask(client: &Client) -> Result<Vec<Disagreement>> {
    ask_step_functions(client, &Sample::all(), Duration::ZERO).await
}

#[tokio::test]
async fn step_functions_is_asked_for_every_sample_and_agrees() -> Result<()> {
    let (client, asked) = step_functions(|request| succeeded(&value_of(request)));
    let samples = Sample::all().len();
    let disagreements = ask(&client).await?;
    assert!(disagreements.is_empty(), "{disagreements:#?}");
    assert_eq!(asked.lock().expect("is sound").len(), samples);
    let plan = state_machine_plan(&Sample::all(), Duration::ZERO);
    assert!(plan.contains(&format!(" {samples} times")), "{plan}");
    let expected = format!("{samples} of {samples} evaluations have the same value on AWS.\n");
    assert_eq!(state_machine_report(samples, &disagreements), expected);
    Ok(())
}

#[tokio::test]
async fn what_step_functions_says_otherwise_is_reported() -> Result<()> {
    let is_input = |request: &Value| {
        let definition = request["definition"].as_str().expect("is text");
        definition.contains("{% $states.input.Total = 0 %}")
    };
    let failed = json!({
        "status": "FAILED",
        "error": "States.QueryEvaluationError",
        "cause": "The JSONata expression returned nothing | for 111122223333",
    });
    let invalid = json!({ "__type": "InvalidDefinition", "message": "no such function" });
    for (answer, said) in [
        (succeeded(&json!("another")), r#""another""#),
        (
            (200, failed),
            r"FAILED: States.QueryEvaluationError: The JSONata expression returned nothing \| for ACCOUNT",
        ),
        ((400, invalid), "InvalidDefinition: no such function"),
    ] {
        let (client, _) = step_functions(move |request| {
            if is_input(request) {
                answer.clone()
            } else {
                succeeded(&value_of(request))
            }
        });
        let disagreements = ask(&client).await?;
        // The condition, both ways.
        assert_eq!(disagreements.len(), 2, "{disagreements:#?}");
        let report = state_machine_report(Sample::all().len(), &disagreements);
        for here in ["true", "false"] {
            let row = format!(
                "| CopyProducts | RouteOnList | $states.input.Total = 0 | {here} | {said} |"
            );
            assert!(report.contains(&row), "{row} is not in {report}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_reported_where_step_functions_cannot_be_asked() {
    let denied = json!({ "__type": "AccessDeniedException", "message": "not you" });
    let (client, asked) = step_functions(move |_| (400, denied.clone()));
    let error = ask(&client).await.expect_err("it was denied");
    assert!(error.to_string().contains("AccessDenied"), "{error}");
    assert_eq!(asked.lock().expect("is sound").len(), 1);
}
