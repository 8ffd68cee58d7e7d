//! How each copy of a batch ended, from what the Map state wrote.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    aws::s3::Store,
    batch::Copy,
    error::{Error, Service},
    functions::list_copies::CopiesListed,
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

/// The copies that were to be made, by index.
pub(super) async fn copies(
    store: &Store,
    listed: &CopiesListed,
) -> Result<BTreeMap<usize, Copy>, Error> {
    match &listed.copies {
        Some(object) => copies_in(&store.read(object).await?),
        None => Ok(BTreeMap::new()),
    }
}

/// The copies in a file that list-copies wrote, by index.
///
/// # Errors
/// errors of S3 says what cannot be read.
pub fn copies_in(text: &str) -> Result<BTreeMap<usize, Copy>, Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Group {
        copies: Vec<Copy>,
    }
    let groups = lines::<Group>(text)?.into_iter();
    let copies = groups.flat_map(|it| it.copies);
    Ok(copies.map(|it| (it.index, it)).collect())
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
        known.extend(results(store, &Object { bucket, key }).await?);
    }
    let outcome = |copy: &Copy| {
        let unknown = || CopyResult {
            index: copy.index,
            status: CopyResultStatus::Failed,
            error: Some("OutcomeUnknown".to_owned()),
            cause: Some("the child execution of its target ended without telling".to_owned()),
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

/// The outcomes in a file, by index.
pub(super) async fn results(
    store: &Store,
    object: &Object,
) -> Result<BTreeMap<usize, CopyResult>, Error> {
    results_in(&store.read(object).await?)
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

/// The outcomes in the lines of such a file, by index.
///
/// # Errors
/// errors of S3 says what cannot be read.
pub fn results_in(text: &str) -> Result<BTreeMap<usize, CopyResult>, Error> {
    let outcomes = lines::<CopyResult>(text)?.into_iter();
    Ok(outcomes.map(|it| (it.index, it)).collect())
}

/// The items of JSON Lines.
pub(super) fn lines<T: for<'de> Deserialize<'de>>(text: &str) -> Result<Vec<T>, Error> {
    let lines = text.lines().filter(|it| !it.trim().is_empty());
    lines.map(from_json).collect()
}

/// JSON Lines.
pub(super) fn to_lines<T: Serialize>(items: impl IntoIterator<Item = T>) -> String {
    let lines = items.into_iter().map(|it| json!(it).to_string() + "\n");
    lines.collect()
}

fn from_json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Error> {
    let unreadable = |reason: &dyn fmt::Display| {
        let reason = format!("what the Map state wrote cannot be read: {reason}");
        Error::no_answer(Service::S3, &reason)
    };
    let value: Value = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    read(value).map_err(|error| unreadable(&error))
}
