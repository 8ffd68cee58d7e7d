//! Where a product is copied from and to.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{limits, read, refuse_null};
use crate::error::Error;

/// Where to copy to. Neither `Display` nor `Debug` shows the `ExternalId`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = "an object"
)]
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

/// Who may read the source, in the Region of its ARN.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = "an object"
)]
pub struct Source {
    /// The role to assume; absent: the function's own account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// What the role's trust policy asks for; 2 to 1224 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// A Region, and the credentials to call it with. Neither `Display` nor `Debug` shows the
/// `ExternalId`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Such as `eu-west-1`.
    pub region: String,
    /// The role to assume; absent: the function's own credentials.
    pub role_arn: Option<String>,
    /// What the role's trust policy asks for.
    pub external_id: Option<String>,
}

impl Target {
    /// Reads a target on its own.
    ///
    /// # Errors
    /// `InvalidRequest` names the member that breaks a rule and what is allowed.
    pub fn parse(input: Value) -> Result<Self, Error> {
        refuse_null(&input, "Target")?;
        let target: Self = read(input)?;
        target.check()?;
        Ok(target)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if let Some(region) = &self.region {
            limits::REGION.check("Target.Region", region)?;
        }
        check_role("Target", self.role_arn.as_ref(), self.external_id.as_ref())
    }

    /// The place it stands for, where `own_region` is the function's.
    #[must_use]
    pub fn place(&self, own_region: &str) -> Place {
        Place {
            region: self.region.as_deref().unwrap_or(own_region).to_owned(),
            role_arn: self.role_arn.clone(),
            external_id: self.external_id.clone(),
        }
    }

    /// The same without the `ExternalId`, to be shown.
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
        account(self.role_arn.as_ref())
    }
}

impl Source {
    pub(super) fn check(&self) -> Result<(), Error> {
        check_role("Source", self.role_arn.as_ref(), self.external_id.as_ref())
    }
}

impl Place {
    /// The account of the role, which is absent for the function's own.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        account(self.role_arn.as_ref())
    }

    /// The target that stands for it, without the `ExternalId`.
    #[must_use]
    pub fn public_target(&self) -> Target {
        Target {
            region: Some(self.region.clone()),
            role_arn: self.role_arn.clone(),
            external_id: None,
        }
    }
}

pub(super) fn account(role_arn: Option<&String>) -> Option<&str> {
    role_arn?.split(':').nth(4)
}

fn check_role(
    member: &str,
    role_arn: Option<&String>,
    external_id: Option<&String>,
) -> Result<(), Error> {
    if let Some(role_arn) = role_arn {
        limits::ROLE_ARN.check(&format!("{member}.RoleArn"), role_arn)?;
    }
    match external_id {
        Some(_) if role_arn.is_none() => Err(Error::invalid_request(format!(
            "{member}.ExternalId must come with a {member}.RoleArn"
        ))),
        Some(id) => limits::EXTERNAL_ID.check(&format!("{member}.ExternalId"), id),
        None => Ok(()),
    }
}

fn show(f: &mut fmt::Formatter<'_>, region: &str, role_arn: Option<&String>) -> fmt::Result {
    f.write_str(region)?;
    match role_arn {
        Some(role_arn) => write!(f, " as {role_arn}"),
        None => Ok(()),
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let region = self.region.as_deref().unwrap_or("the stack's own Region");
        show(f, region, self.role_arn.as_ref())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({:?})", self.role_arn)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(f, &self.region, self.role_arn.as_ref())
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}
