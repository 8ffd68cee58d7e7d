//! A version of a product: a provisioning artifact.

use serde::{Deserialize, Serialize};

/// A version of a product.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Version {
    /// `pa-…`.
    pub id: String,
    /// What a person sees; empty for a version without a name.
    pub name: String,
    /// What is new in it.
    pub description: Option<String>,
    /// Whether it can be launched.
    pub active: bool,
    /// What its users are advised.
    pub guidance: Guidance,
    /// When it was made, in milliseconds since 1970.
    pub created: i64,
    /// Whether it is ready to be copied.
    pub readiness: Readiness,
    /// Where its template was read from, where that was asked for.
    pub template_url: Option<String>,
}

/// What the users of a version are advised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Guidance {
    /// Nothing.
    #[default]
    Default,
    /// Not to launch it any more.
    Deprecated,
}

/// Whether Service Catalog has finished making a version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Readiness {
    /// It can be copied.
    #[default]
    Available,
    /// It is being made.
    Creating,
    /// It could not be made.
    Failed,
}

/// What is changed in a version of the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdatedVersion {
    /// The version in the target.
    pub target_id: String,
    /// Its name until now.
    pub name: String,
    /// Its name from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_name: Option<String>,
    /// Whether it can be launched from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// What its users are advised from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guidance: Option<Guidance>,
    /// Its description from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
