//! How each copy of a batch ended, from what the Map state wrote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    batch::Copy,
    error::{Error, NO_ANSWER_CODE},
    list_copies::CopiesListed,
    request::{Target, read},
    store::{Object, Store},
};

/// How one copy ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyOutcome {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The source.
    #[serde(default)]
    pub source_product_arn: String,
    /// The target, without the `ExternalId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// `SUCCEEDED`, `PLANNED` (a dry run) or `FAILED`.
    pub status: String,
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
/// [`Error::Storage`] says what cannot be read.
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
    results: &Object,
    copies: &BTreeMap<usize, Copy>,
) -> Result<BTreeMap<usize, CopyOutcome>, Error> {
    let mut known = BTreeMap::new();
    for key in files_in(&store.read(results).await?)? {
        let bucket = results.bucket.clone();
        known.extend(outcomes(store, &Object { bucket, key }).await?);
    }
    let outcome = |copy: &Copy| {
        let unknown = || CopyOutcome {
            index: copy.index,
            status: "FAILED".to_owned(),
            error: Some("OutcomeUnknown".to_owned()),
            cause: Some("the child execution of its target ended without telling".to_owned()),
            ..CopyOutcome::default()
        };
        let outcome: CopyOutcome = known.remove(&copy.index).unwrap_or_else(unknown);
        let target = copy.request.target.clone();
        let outcome = CopyOutcome {
            source_product_arn: copy.request.source_product_arn.clone(),
            target: target.map(Target::without_external_id),
            ..outcome
        };
        (copy.index, outcome)
    };
    Ok(copies.values().map(outcome).collect())
}

/// The outcomes in a file, by index.
pub(super) async fn outcomes(
    store: &Store,
    object: &Object,
) -> Result<BTreeMap<usize, CopyOutcome>, Error> {
    outcomes_in(&store.read(object).await?)
}

/// The keys of the files that a Map Run's manifest names: those of the children that succeeded.
///
/// # Errors
/// [`Error::Storage`] says what cannot be read.
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
/// [`Error::Storage`] says what cannot be read.
pub fn outcomes_in(text: &str) -> Result<BTreeMap<usize, CopyOutcome>, Error> {
    let outcomes = lines::<CopyOutcome>(text)?.into_iter();
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
    let unreadable = |reason: String| Error::Storage {
        code: NO_ANSWER_CODE.to_owned(),
        message: format!("what the Map state wrote cannot be read: {reason}"),
    };
    let value: Value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    read(value).map_err(|error| unreadable(error.to_string()))
}
