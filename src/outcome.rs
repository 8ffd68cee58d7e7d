//! How an execution ended: what Step Functions says of it, as an event of our own.

mod cause;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    error::Error,
    request::{Object, Target, without_value},
};
pub use cause::Failure;
use cause::sentence;

/// Errors that come only after the target has answered.
const OF_THE_TARGET: [&str; 5] = [
    "CopyFailed",
    "CopyTimedOut",
    "CopyIncomplete",
    "VersionNotReady",
    "PortfoliosNotVisible",
];

/// How an execution ended: the detail of our own event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outcome {
    /// One line for a person, without `"` and `\`, so that a notification can quote it.
    pub summary: String,
    /// That of the execution.
    pub status: ExecutionStatus,
    /// The execution.
    pub execution_arn: String,
    /// How long it took.
    pub duration_seconds: f64,
    /// What was copied.
    #[serde(flatten)]
    pub copied: Copied,
    /// The name of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The sentence that came with it, at most 1,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// What an execution has copied or was to copy.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Copied {
    /// One product: an execution of `CopyProduct`.
    Product(CopiedProduct),
    /// A batch of them: an execution of `CopyProducts`.
    Batch(CopiedBatch),
}

/// A product that was to be copied, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopiedProduct {
    /// The source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_product_arn: Option<String>,
    /// The target, without the `ExternalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The product in the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// The names of the versions copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied_versions: Option<Vec<String>>,
}

/// The copies of a batch, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopiedBatch {
    /// How many there were to make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// How many succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succeeded: Option<u64>,
    /// How many failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// The file that lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Object>,
}

/// How Step Functions says that an execution has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// It has an output.
    Succeeded,
    /// It has an error.
    Failed,
    /// It ran into the timeout of the state machine.
    TimedOut,
    /// Somebody stopped it.
    Aborted,
}

/// The detail of a "Step Functions Execution Status Change".
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusChange {
    execution_arn: String,
    state_machine_arn: String,
    status: ExecutionStatus,
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
    /// `InvalidRequest` where it is not the status change of an execution that ended.
    pub fn read(event: &Value) -> Result<Option<Self>, Error> {
        let change = StatusChange::deserialize(&event["detail"]).map_err(|error| {
            Error::invalid_request(format!("detail: {}", without_value(&error.to_string())))
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
        let copied = if change.state_machine_arn.ends_with("-CopyProducts") {
            Copied::Batch(CopiedBatch::read(&output))
        } else {
            Copied::Product(CopiedProduct::read(request, &output))
        };
        let mut outcome = Self {
            summary: String::new(),
            status: change.status,
            execution_arn: change.execution_arn,
            duration_seconds: (change.stop_date - change.start_date) / 1000.0,
            copied,
            error: change.error,
            cause: change.cause.as_deref().map(sentence),
        };
        outcome.summary = outcome.summarize();
        Ok(Some(outcome))
    }

    /// The detail type of our own event.
    #[must_use]
    pub fn detail_type(&self) -> &'static str {
        match (&self.copied, self.status == ExecutionStatus::Succeeded) {
            (Copied::Product(_), true) => "Copy Product Succeeded",
            (Copied::Product(_), false) => "Copy Product Failed",
            (Copied::Batch(_), true) => "Copy Products Succeeded",
            (Copied::Batch(_), false) => "Copy Products Failed",
        }
    }

    /// What the copy counts as: at our own deadline its execution has `FAILED`, not `TIMED_OUT`.
    #[must_use]
    pub fn metric(&self) -> ExecutionStatus {
        match self.error.as_deref() {
            Some("CopyTimedOut") => ExecutionStatus::TimedOut,
            _ => self.status,
        }
    }

    /// Whether the target has answered for sure: a made-up Region has not.
    #[must_use]
    pub fn target_answered(&self) -> bool {
        let error = self.error.as_deref().unwrap_or_default();
        self.status == ExecutionStatus::Succeeded || OF_THE_TARGET.contains(&error)
    }

    fn summarize(&self) -> String {
        let ended = match (&self.error, &self.cause) {
            (Some(error), Some(cause)) => format!("{error}: {cause}"),
            _ => format!("Copying {} ended {}", self.copied, self.status),
        };
        let numbers = match &self.copied {
            Copied::Batch(batch) => batch.numbers(),
            Copied::Product(_) => String::new(),
        };
        let quotable = ended.chars().chain(numbers.chars()).map(|c| match c {
            '"' => '\'',
            '\\' => '/',
            c if c.is_control() => ' ',
            c => c,
        });
        quotable.collect()
    }
}

impl CopiedProduct {
    fn read(request: &Value, output: &Value) -> Self {
        let member = |name: &str| match &output[name] {
            Value::Null => request[name].clone(),
            value => value.clone(),
        };
        let versions = output["CopiedVersions"].as_array();
        let names = |versions: &Vec<Value>| {
            let names = versions.iter().filter_map(|version| text(&version["Name"]));
            names.collect()
        };
        Self {
            source_product_arn: text(&member("SourceProductArn")),
            target: target(&member("Target")),
            target_product_id: text(&member("TargetProductId")),
            copied_versions: versions.map(names),
        }
    }
}

impl CopiedBatch {
    fn read(output: &Value) -> Self {
        Self {
            total: output["Total"].as_u64(),
            succeeded: output["Succeeded"].as_u64(),
            failed: output["Failed"].as_u64(),
            results: Object::deserialize(&output["Results"]).ok(),
        }
    }

    fn numbers(&self) -> String {
        let numbers = match (self.total, self.failed) {
            (Some(total), Some(failed)) => format!(", {failed} of {total} copies failed"),
            _ => String::new(),
        };
        let results = self.results.as_ref().and_then(|results| {
            let bucket = results.bucket.as_ref()?;
            Some(format!(", see s3://{bucket}/{}", results.key))
        });
        numbers + &results.unwrap_or_default()
    }
}

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Product(product) = self else {
            return f.write_str("a batch");
        };
        let source = product.source_product_arn.as_deref();
        f.write_str(source.unwrap_or("a product"))?;
        match &product.target {
            Some(target) => write!(f, " to {target}"),
            None => write!(f, " to {}", Target::default()),
        }
    }
}

impl fmt::Display for ExecutionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        })
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

#[cfg(test)]
mod tests;
