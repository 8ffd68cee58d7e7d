use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{DisplayErrorContext, ProvideErrorMetadata};
use aws_sdk_sfn::types::TestExecutionStatus;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::report::{table_row, without_accounts};

/// What tests have recorded of the expressions of each state machine.
const SAMPLES: [(&str, &str); 2] = [
    (
        "CopyProduct",
        include_str!("../../../tests/contract/machines/jsonata/copy-product.json"),
    ),
    (
        "CopyProducts",
        include_str!("../../../tests/contract/machines/jsonata/copy-products.json"),
    ),
];

/// The time of all samples.
const NOW: &str = "1800000000000";

/// Errors that are about the expression, so that the others are asked all the same.
const OF_THE_EXPRESSION: [&str; 3] = [
    "InvalidDefinition",
    "InvalidExecutionInput",
    "ValidationException",
];

/// An expression of a state machine, what it was evaluated with here, and its value.
#[derive(Clone, Debug)]
pub struct Sample {
    machine: &'static str,
    state: String,
    expression: String,
    states: Value,
    variables: Value,
    value: Value,
}

/// Why Step Functions does not agree with a sample.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// What Step Functions was asked about.
    pub sample: Sample,
    /// What it said.
    pub said: String,
}

impl Sample {
    /// All samples of both state machines.
    ///
    /// # Panics
    /// When a file of samples is not one.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let of = |(machine, text): (&'static str, &str)| {
            let samples: Vec<Value> = serde_json::from_str(text).expect("is JSON");
            let text = |sample: &Value, member: &str| {
                let text = sample[member].as_str().expect("is text");
                text.to_owned()
            };
            samples.into_iter().map(move |sample| Self {
                machine,
                state: text(&sample, "state"),
                expression: text(&sample, "expression"),
                states: sample["states"].clone(),
                variables: sample["variables"].clone(),
                value: sample["value"].clone(),
            })
        };
        SAMPLES.into_iter().flat_map(of).collect()
    }

    /// The expression as a Pass state can evaluate it, at the time of the samples.
    ///
    /// A Pass state has `$states.input`. The rest of `$states` is in variables: AWS takes a context
    /// with a mock only, and a Pass state has none.
    fn in_pass(&self) -> String {
        let expression = ["context", "result", "errorOutput"].iter().fold(
            self.expression.clone(),
            |expression, member| {
                expression.replace(&format!("$states.{member}"), &format!("${member}"))
            },
        );
        expression.replace("$millis()", &format!("(0 * $millis() + {NOW})"))
    }

    fn variables(&self) -> Value {
        let mut variables = self.variables.clone();
        for (member, value) in self.states.as_object().into_iter().flatten() {
            if member != "input" {
                variables[member] = value.clone();
            }
        }
        variables
    }

    /// What Step Functions says, if that is not what was recorded.
    async fn ask(&self, client: &Client) -> Result<Option<String>> {
        let definition = json!({
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Output": format!("{{% {} %}}", self.in_pass()),
            "End": true,
        });
        let request = client.test_state().definition(definition.to_string());
        let request = request.variables(self.variables().to_string());
        let request = request.input(self.states["input"].to_string());
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => match error.code() {
                Some(code) if OF_THE_EXPRESSION.contains(&code) => {
                    let message = error.message().unwrap_or_default();
                    return Ok(Some(format!("{code}: {message}")));
                }
                _ => bail!("TestState: {}", DisplayErrorContext(&error)),
            },
        };
        if answer.status() != Some(&TestExecutionStatus::Succeeded) {
            let [status, error, cause] = [
                answer.status().map(TestExecutionStatus::as_str),
                answer.error(),
                answer.cause(),
            ]
            .map(Option::unwrap_or_default);
            return Ok(Some(format!("{status}: {error}: {cause}")));
        }
        let output = answer.output().context("TestState answers no output")?;
        let said: Value = serde_json::from_str(output).context("the output is not JSON")?;
        Ok((!is_same(&said, &self.value)).then(|| output.to_owned()))
    }
}

/// Whether two values are the same, where 1 and 1.0 are.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_there = |(name, value): (&String, &Value)| {
                other.get(name).is_some_and(|other| is_same(value, other))
            };
            one.len() == other.len() && one.iter().all(is_there)
        }
        _ => one == other,
    }
}

/// What asking costs and makes, for the person who does.
#[must_use]
pub fn state_machine_plan(samples: &[Sample], pause: Duration) -> String {
    format!(
        "\
This calls TestState of Step Functions {calls} times, with a pause of {pause:?}. It makes nothing and needs no role.
AWS's price list does not name TestState. As state transitions they would cost ${price:.4}.
",
        calls = samples.len(),
        price = f64::from(u32::try_from(samples.len()).unwrap_or(u32::MAX)) * 0.000_025,
    )
}

/// Asks Step Functions for each sample.
///
/// # Errors
/// When it does not answer, or not about the expression.
pub async fn ask_step_functions(
    client: &Client,
    samples: &[Sample],
    pause: Duration,
) -> Result<Vec<Disagreement>> {
    let mut disagreements = Vec::new();
    for sample in samples {
        if let Some(said) = sample.ask(client).await? {
            let sample = sample.clone();
            disagreements.push(Disagreement { sample, said });
        }
        sleep(pause).await;
    }
    Ok(disagreements)
}

/// How many samples have the same value on AWS, and a Markdown table of the others, without the id
/// of an account.
#[must_use]
pub fn state_machine_report(asked: usize, disagreements: &[Disagreement]) -> String {
    let same = asked - disagreements.len();
    let mut report = format!("{same} of {asked} evaluations have the same value on AWS.\n");
    if !disagreements.is_empty() {
        report.push_str(
            "\n| state machine | state | expression | here | on AWS |\n|---|---|---|---|---|\n",
        );
    }
    for Disagreement { sample, said } in disagreements {
        let here = sample.value.to_string();
        let cells = [
            sample.machine,
            &sample.state,
            &sample.expression,
            &here,
            said,
        ];
        report.push_str(&table_row(cells));
    }
    without_accounts(&report)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Everything in a value that is an expression.
    fn expressions(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => {
                let expression = text
                    .strip_prefix("{% ")
                    .and_then(|it| it.strip_suffix(" %}"));
                found.extend(expression.map(str::to_owned));
            }
            Value::Array(items) => items.iter().for_each(|it| expressions(it, found)),
            Value::Object(members) => members.values().for_each(|it| expressions(it, found)),
            _ => {}
        }
    }

    #[test]
    fn every_expression_of_both_state_machines_has_a_sample() {
        let mut all = BTreeSet::new();
        for definition in [
            include_str!("../../../statemachine/copy-product.asl.json"),
            include_str!("../../../statemachine/copy-products.asl.json"),
        ] {
            // As the test that records them has it.
            let definition = definition
                .replace("${MinWaitSeconds}", "2")
                .replace("${MaxWaitSeconds}", "300")
                .replace("${DeadlineSeconds}", "7200");
            let definition = serde_json::from_str(&definition).expect("is JSON");
            expressions(&definition, &mut all);
        }
        let samples = Sample::all();
        let sampled: BTreeSet<_> = samples.iter().map(|it| it.expression.clone()).collect();
        assert_eq!(
            sampled, all,
            "run the tests of tests/contract/machines with WRITE_SAMPLES=1"
        );
    }

    #[test]
    fn a_pass_state_has_all_that_an_expression_needs() {
        let mut times = 0;
        for sample in Sample::all() {
            let expression = sample.in_pass();
            let others = expression.replace("$states.input", "");
            assert!(!others.contains("$states"), "{expression}");
            let variables = sample.variables();
            for member in ["context", "result", "errorOutput"] {
                let needs = sample.expression.contains(&format!("$states.{member}"));
                assert_eq!(variables.get(member).is_some(), needs, "{sample:?}");
            }
            if sample.expression == "$millis()" {
                times += 1;
                assert_eq!(sample.value.to_string(), NOW);
            }
        }
        assert!(times > 0, "the time of the samples is not known");
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        let value = json!({ "a": [1, null, { "b": "c" }] });
        assert!(is_same(&value, &json!({ "a": [1.0, null, { "b": "c" }] })));
        for other in [
            json!({ "a": [2, null, { "b": "c" }] }),
            json!({ "a": [1, null, { "b": "d" }] }),
            json!({ "a": [1, null, { "c": "c" }] }),
            json!({ "a": [1, null] }),
            json!({}),
        ] {
            assert!(!is_same(&value, &other), "{other}");
            assert!(!is_same(&other, &value), "{other}");
        }
    }
}
