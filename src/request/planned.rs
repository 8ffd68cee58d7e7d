//! What only a planned copy can be asked for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether to look at the target before copying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlanMode {
    /// Copy what the target lacks, into the product that is there, and finish the copy.
    Missing,
    /// The bare call of `CopyProduct`.
    None,
}

/// The versions that a plan is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Versions {
    /// The newest active one.
    Latest,
    /// All active ones.
    Active,
    /// All, inactive ones too.
    All,
    /// Those with these ids, inactive ones too; written as `SourceProvisioningArtifactIdentifiers`.
    #[serde(skip)]
    Ids(Vec<String>),
    /// Those with these names, inactive ones too.
    #[serde(untagged)]
    Names(Vec<String>),
}

impl Versions {
    /// Whether a version is named by its id.
    #[must_use]
    pub fn names(&self, id: &str) -> bool {
        matches!(self, Self::Ids(ids) if ids.iter().any(|it| it == id))
    }
}

impl TryFrom<Value> for Versions {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value.as_str() {
            Some("LATEST") => return Ok(Self::Latest),
            Some("ACTIVE") => return Ok(Self::Active),
            Some("ALL") => return Ok(Self::All),
            _ => {}
        }
        match serde_json::from_value(value) {
            Ok(names) => Ok(Self::Names(names)),
            Err(_) => Err("must be LATEST, ACTIVE, ALL or a list of version names".to_owned()),
        }
    }
}

/// What becomes of versions that the source no longer has; nothing is ever deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnSourceRemoved {
    /// They stay as they are.
    #[default]
    Keep,
    /// Their guidance becomes `DEPRECATED`.
    Deprecate,
    /// They become inactive.
    Deactivate,
}

/// What becomes of a copy whose source was published again under its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnVersionReplaced {
    /// It becomes inactive, and its name says what replaced it.
    #[default]
    Retire,
    /// It stays as it is.
    Keep,
}

/// What to do where the target has a product of the copy's name that nobody knows to be a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnNameTaken {
    /// End with `NameTaken`.
    #[default]
    Fail,
    /// Take it for the copy, and its versions of equal names for copies of the versions.
    Adopt,
    /// Make one more product of that name.
    New,
}

/// What the state machine has learned since start-copy answered last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
pub struct Resume {
    /// The execution that held the lease, and has ended.
    pub holder_ended: Option<String>,
    /// The last status of another execution's copy, which has ended.
    pub copy_ended: Option<CopyEnded>,
    /// The token of another execution's copy that Service Catalog does not know, or not yet.
    pub copy_not_found: Option<String>,
    /// Versions that are not ready are not waited for any longer.
    pub without_not_ready: bool,
}

/// How a copy has ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyEnded {
    /// Which copy.
    pub copy_product_token: String,
    /// `SUCCEEDED` or `FAILED`.
    pub copy_product_status: String,
    /// The product in the target that it has made or copied into.
    pub target_product_id: Option<String>,
}
