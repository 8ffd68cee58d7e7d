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
