//! How an execution ended: what Step Functions says of it, told as an event of our own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    error::Error,
    request::{Target, without_value},
};

/// The most of a cause that is told, in characters.
const MAX_CAUSE: usize = 1000;

/// The detail of our own event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outcome {
    /// Whether a batch has ended, not a copy; the event's detail type says so.
    #[serde(skip)]
    pub is_batch: bool,
    /// One line for a person, without `"` and `\`, so that a notification can quote it.
    pub summary: String,
    /// `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`: that of the execution.
    pub status: String,
    /// The execution.
    pub execution_arn: String,
    /// How long it took.
    pub duration_seconds: f64,
    /// The product that was to be copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_product_arn: Option<String>,
    /// Where it was to be copied to, without the `ExternalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The product in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// The names of the versions copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied_versions: Option<Vec<String>>,
    /// The name of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The sentence that came with it, at most 1,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The copies of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Those that succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succeeded: Option<u64>,
    /// Those that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// `Bucket` and `Key` of the file that lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Value>,
}

/// The detail of a "Step Functions Execution Status Change".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusChange {
    execution_arn: String,
    state_machine_arn: String,
    status: String,
    start_date: f64,
    stop_date: f64,
    input: Option<String>,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

impl Outcome {
    /// Reads what Step Functions says; a dry run and a batch without copies have no outcome.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where it is not the status change of an execution that ended.
    pub fn read(event: &Value) -> Result<Option<Self>, Error> {
        let change = StatusChange::deserialize(&event["detail"]).map_err(|error| {
            Error::InvalidRequest(format!("detail: {}", without_value(&error.to_string())))
        })?;
        let input = json(change.input.as_deref());
        let output = json(change.output.as_deref());
        if output["DryRun"] == true || output["Total"] == 0 {
            return Ok(None);
        }
        // An execution takes a whole event, too.
        let request = match &input["SourceProductArn"] {
            Value::Null if input["detail"].is_object() => &input["detail"],
            _ => &input,
        };
        let told = |member: &str| match &output[member] {
            Value::Null => request[member].clone(),
            it => it.clone(),
        };
        let versions = output["CopiedVersions"].as_array();
        let mut outcome = Self {
            is_batch: change.state_machine_arn.ends_with("-CopyProducts"),
            summary: String::new(),
            status: change.status,
            execution_arn: change.execution_arn,
            duration_seconds: (change.stop_date - change.start_date) / 1000.0,
            source_product_arn: text(&told("SourceProductArn")),
            target: target(&told("Target")),
            target_product_id: text(&told("TargetProductId")),
            copied_versions: versions
                .map(|all| all.iter().filter_map(|it| text(&it["Name"])).collect()),
            error: change.error,
            cause: change.cause.as_deref().map(sentence),
            total: output["Total"].as_u64(),
            succeeded: output["Succeeded"].as_u64(),
            failed: output["Failed"].as_u64(),
            results: Some(output["Results"].clone()).filter(Value::is_object),
        };
        outcome.summary = outcome.summarize();
        Ok(Some(outcome))
    }

    /// The detail type of our own event.
    #[must_use]
    pub fn detail_type(&self) -> &'static str {
        match (self.is_batch, self.status == "SUCCEEDED") {
            (false, true) => "Copy Product Succeeded",
            (false, false) => "Copy Product Failed",
            (true, true) => "Copy Products Succeeded",
            (true, false) => "Copy Products Failed",
        }
    }

    /// What the copy counts as: at our own deadline its execution has `FAILED`, not `TIMED_OUT`.
    #[must_use]
    pub fn metric(&self) -> &str {
        match self.error.as_deref() {
            Some("CopyTimedOut") => "TIMED_OUT",
            _ => &self.status,
        }
    }

    fn summarize(&self) -> String {
        let what = if self.is_batch {
            "a batch".to_owned()
        } else {
            let source = self.source_product_arn.as_deref().unwrap_or("a product");
            let place = self.target.clone().unwrap_or_default();
            format!("{source} to {place}")
        };
        let ended = match (&self.error, &self.cause) {
            (Some(error), Some(cause)) => format!("{error}: {cause}"),
            _ => format!("Copying {what} ended {}", self.status),
        };
        let numbers = match (self.total, self.failed) {
            (Some(total), Some(failed)) => format!(", {failed} of {total} copies failed"),
            _ => String::new(),
        };
        let results = self.results.as_ref().and_then(|it| {
            let (bucket, key) = (it["Bucket"].as_str()?, it["Key"].as_str()?);
            Some(format!(", see s3://{bucket}/{key}"))
        });
        let summary = [ended, numbers, results.unwrap_or_default()].concat();
        let quotable = summary.chars().map(|c| match c {
            '"' => '\'',
            '\\' => '/',
            c if c.is_control() => ' ',
            c => c,
        });
        quotable.collect()
    }
}

/// Step Functions leaves out what is too large, and says null.
fn json(text: Option<&str>) -> Value {
    text.and_then(|it| serde_json::from_str(it).ok())
        .unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn target(value: &Value) -> Option<Target> {
    value.is_object().then(|| Target {
        region: text(&value["Region"]),
        role_arn: text(&value["RoleArn"]),
        external_id: None,
    })
}

/// The cause itself: that of a function is in Lambda's JSON.
fn sentence(cause: &str) -> String {
    let message = text(&json(Some(cause))["errorMessage"]);
    let cause = message.as_deref().unwrap_or(cause);
    cause.chars().take(MAX_CAUSE).collect()
}

#[cfg(test)]
mod tests;
