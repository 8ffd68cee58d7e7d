//! Where a product is copied from and to.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{read, refuse_null};
use crate::{error::Error, limits};

/// Where to copy to. Its `Display` leaves the `ExternalId` out, so that it can be logged.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[serde(expecting = "an object")]
pub struct Target {
    /// Absent: the function's own Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The role to assume; absent: the function's own account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// What the role's trust policy asks for; 2 to 1224 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.region.as_deref().unwrap_or("the stack's own Region"))?;
        match &self.role_arn {
            Some(role_arn) => write!(f, " as {role_arn}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

/// Who may read the source, in the Region of its ARN.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[serde(expecting = "an object")]
pub struct Source {
    /// The role to assume; absent: the function's own account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// What the role's trust policy asks for; 2 to 1224 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?})", self.role_arn)
    }
}

impl Target {
    /// Reads a target on its own.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] names the member that breaks a rule and what is allowed.
    pub fn parse(input: Value) -> Result<Self, Error> {
        refuse_null(&input, "Target")?;
        let target: Self = read(input)?;
        target.check()?;
        Ok(target)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if let Some(region) = &self.region {
            // It may be an ExternalId in the wrong place.
            limits::REGION.check_secret("Target.Region", region)?;
        }
        check_role("Target", self.role_arn.as_ref(), self.external_id.as_ref())
    }
}

impl Target {
    /// The same without the `ExternalId`, for whoever is told of it.
    #[must_use]
    pub fn without_external_id(self) -> Self {
        Self {
            external_id: None,
            ..self
        }
    }

    /// The account of the role, which is absent for the function's own.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.role_arn.as_ref()?.split(':').nth(4)
    }
}

impl Source {
    pub(super) fn check(&self) -> Result<(), Error> {
        check_role("Source", self.role_arn.as_ref(), self.external_id.as_ref())
    }
}

fn check_role(
    member: &str,
    role_arn: Option<&String>,
    external_id: Option<&String>,
) -> Result<(), Error> {
    if let Some(role_arn) = role_arn {
        limits::ROLE_ARN.check_secret(&format!("{member}.RoleArn"), role_arn)?;
    }
    match external_id {
        Some(_) if role_arn.is_none() => Err(Error::InvalidRequest(format!(
            "{member}.ExternalId must come with a {member}.RoleArn"
        ))),
        Some(it) => limits::EXTERNAL_ID.check_secret(&format!("{member}.ExternalId"), it),
        None => Ok(()),
    }
}
