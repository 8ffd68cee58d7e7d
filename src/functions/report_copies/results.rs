//! How each copy of a batch ended, from what the Map state wrote.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    aws::s3::Store,
    batch::Copy,
    error::{Error, Service},
    functions::list_copies::CopiesListed,
    outcome::Failure,
    request::{Object, Target, read},
};

/// How one copy ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyResult {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The source.
    #[serde(default)]
    pub source_product_arn: String,
    /// The target, without the `ExternalId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// How it ended.
    pub status: CopyResultStatus,
    /// The product in the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// How many versions were copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied_versions: Option<usize>,
    /// The error's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The execution that copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_arn: Option<String>,
}

/// How a copy of a batch ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", from = "String")]
pub enum CopyResultStatus {
    /// It was made.
    Succeeded,
    /// It was planned, in a dry run.
    Planned,
    /// It was not made, or nothing says that it was.
    #[default]
    Failed,
}

impl From<String> for CopyResultStatus {
    fn from(status: String) -> Self {
        match status.as_str() {
            "SUCCEEDED" => Self::Succeeded,
            "PLANNED" => Self::Planned,
            _ => Self::Failed,
        }
    }
}

impl CopyResult {
    pub(super) fn has_failed(&self) -> bool {
        self.status == CopyResultStatus::Failed
    }
}

/// What the child execution of a copy ends with.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChildResult {
    #[serde(flatten)]
    result: CopyResult,
    /// Where the copy was not made: the `$states.errorOutput` of its task.
    error_output: Option<ErrorOutput>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ErrorOutput {
    error: String,
    cause: String,
}

impl From<ChildResult> for CopyResult {
    fn from(child: ChildResult) -> Self {
        let Some(ErrorOutput { error, cause }) = child.error_output else {
            return child.result;
        };
        let failure = Failure::of_task(&error, &cause);
        Self {
            error: Some(failure.error),
            cause: Some(failure.cause),
            execution_arn: failure.execution_arn,
            ..child.result
        }
    }
}

/// The copies that were to be made, by index.
pub(super) async fn copies(
    store: &Store,
    listed: &CopiesListed,
) -> Result<BTreeMap<usize, Copy>, Error> {
    match &listed.copies {
        Some(object) => by_index(store, object, copy_in).await,
        None => Ok(BTreeMap::new()),
    }
}

/// How each of these copies ended; one that nothing is known of has failed.
pub(super) async fn made(
    store: &Store,
    manifest: &Object,
    copies: &BTreeMap<usize, Copy>,
) -> Result<BTreeMap<usize, CopyResult>, Error> {
    let mut known = BTreeMap::new();
    for key in files_in(&store.read(manifest).await?)? {
        let bucket = manifest.bucket.clone();
        let object = Object { bucket, key };
        known.extend(by_index(store, &object, child_result_in).await?);
    }
    let outcome = |copy: &Copy| {
        let unknown = || CopyResult {
            index: copy.index,
            status: CopyResultStatus::Failed,
            error: Some("OutcomeUnknown".to_owned()),
            cause: Some("its child execution ended without a result".to_owned()),
            ..CopyResult::default()
        };
        let outcome: CopyResult = known.remove(&copy.index).unwrap_or_else(unknown);
        let target = copy.request.target.clone();
        let outcome = CopyResult {
            source_product_arn: copy.request.source_product_arn.clone(),
            target: target.map(Target::without_external_id),
            ..outcome
        };
        (copy.index, outcome)
    };
    Ok(copies.values().map(outcome).collect())
}

/// The results in a file that report-copies wrote, by index.
pub(super) async fn results(
    store: &Store,
    object: &Object,
) -> Result<BTreeMap<usize, CopyResult>, Error> {
    by_index(store, object, result_in).await
}

/// What is in the lines of a file, by the index of its copy.
async fn by_index<T>(
    store: &Store,
    object: &Object,
    read: fn(&str) -> Result<(usize, T), Error>,
) -> Result<BTreeMap<usize, T>, Error> {
    let mut found = BTreeMap::new();
    let insert = |line: &str| {
        if !line.trim().is_empty() {
            found.extend([read(line)?]);
        }
        Ok(())
    };
    store.read_lines(object, insert).await?;
    Ok(found)
}

/// The copy in a line that list-copies wrote, with its index.
///
/// # Errors
/// errors of S3 says what cannot be read.
pub fn copy_in(line: &str) -> Result<(usize, Copy), Error> {
    let copy: Copy = from_json(line)?;
    Ok((copy.index, copy))
}

/// The result in a line that a child execution ended with, with its index.
///
/// # Errors
/// errors of S3 says what cannot be read.
pub fn child_result_in(line: &str) -> Result<(usize, CopyResult), Error> {
    let child: ChildResult = from_json(line)?;
    let result = CopyResult::from(child);
    Ok((result.index, result))
}

/// The result in a line that report-copies wrote, with its index.
///
/// # Errors
/// errors of S3 says what cannot be read.
pub fn result_in(line: &str) -> Result<(usize, CopyResult), Error> {
    let result: CopyResult = from_json(line)?;
    Ok((result.index, result))
}

/// The keys of the files that a Map Run's manifest names: those of the children that succeeded.
///
/// # Errors
/// errors of S3 says what cannot be read.
pub fn files_in(manifest: &str) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Manifest {
        result_files: BTreeMap<String, Vec<ResultFile>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct ResultFile {
        key: String,
    }
    let mut manifest: Manifest = from_json(manifest)?;
    let files = manifest.result_files.remove("SUCCEEDED").into_iter();
    Ok(files.flatten().map(|it| it.key).collect())
}

/// JSON Lines.
pub(super) fn to_lines<T: Serialize>(items: impl IntoIterator<Item = T>) -> String {
    let lines = items.into_iter().map(|it| json!(it).to_string() + "\n");
    lines.collect()
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let unreadable = |reason: &dyn fmt::Display| {
        let reason = format!("what the Map state wrote cannot be read: {reason}");
        Error::no_answer(Service::S3, &reason)
    };
    let value: Value = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    read(value).map_err(|error| unreadable(&error))
}
