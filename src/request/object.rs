//! Where a file of a batch is.

use serde::{Deserialize, Serialize};

/// An object in Amazon S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = "an object"
)]
pub struct Object {
    /// Its bucket; absent: the stack's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Its key.
    pub key: String,
}
