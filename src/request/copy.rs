//! The request to copy a product.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    OnNameTaken, OnSourceRemoved, OnVersionReplaced, Place, PlanMode, Resume, Source, Target,
    Versions, limits, read, refuse_null,
};
use crate::error::Error;

/// The members of `CopyProduct`, where to copy to, and what started the copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[serde(expecting = "an object")]
pub struct CopyRequest {
    /// The product to copy; 1 to 1224 characters.
    pub source_product_arn: String,
    /// The product to copy into; absent: a new one. 1 to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// The name of the copy; absent: the name of the source. At most 8191 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_name: Option<String>,
    /// The versions to copy, each `{ "Id": "pa-…" }`; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_provisioning_artifact_identifiers: Option<Vec<VersionIdentifier>>,
    /// `CopyTags` copies the tags too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_options: Option<Vec<String>>,
    /// `en` (default), `jp` or `zh`; at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_language: Option<String>,
    /// Sent as it is; absent, or in a planned request: made by [`crate::token`]. 1 to 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_token: Option<String>,
    /// Where to copy to; absent: the function's own account and Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Who may read the source; absent: the function's own account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Absent: [`PlanMode::Missing`], but [`PlanMode::None`] for a request that names versions by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanMode>,
    /// The versions to plan for; absent: [`Versions::Active`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<Versions>,
    /// Answers with the plan and changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// The portfolios of the target that the copy is associated with, each of 1 to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portfolio_ids: Option<Vec<String>>,
    /// What becomes of versions that the source no longer has; absent: [`OnSourceRemoved::Keep`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_source_removed: Option<OnSourceRemoved>,
    /// What becomes of a copy whose source was published again; absent:
    /// [`OnVersionReplaced::Retire`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_version_replaced: Option<OnVersionReplaced>,
    /// What to do where a product of the copy's name is not known to be a copy; absent:
    /// [`OnNameTaken::Fail`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_name_taken: Option<OnNameTaken>,
    /// The execution that copies, for logs and the role session; no part of the request itself.
    #[serde(skip_serializing)]
    pub execution_id: Option<String>,
    /// What started the copy, where it is not the execution; no part of the request itself.
    #[serde(skip_serializing)]
    pub started_by: Option<String>,
    /// What the state machine has learned since; no part of the request itself.
    #[serde(skip_serializing)]
    pub resume: Option<Resume>,
}

/// A version of the source, as `CopyProduct` names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = r#"an object with the one member "Id""#
)]
pub struct VersionIdentifier {
    /// `pa-…`.
    pub id: String,
}

impl CopyRequest {
    /// Reads a copy request.
    ///
    /// # Errors
    /// `InvalidRequest` names the member that breaks a rule and what is allowed.
    pub fn parse(input: Value) -> Result<Self, Error> {
        refuse_null(&input, "")?;
        let request: Self = read(input)?;
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), Error> {
        limits::PRODUCT_ARN.check("SourceProductArn", &self.source_product_arn)?;
        if let Some(id) = &self.target_product_id {
            limits::ID.check("TargetProductId", id)?;
            if self.source_product_arn.ends_with(&format!("product/{id}")) {
                return Err(Error::invalid_request(
                    "TargetProductId must not be the source product itself".to_owned(),
                ));
            }
        }
        if let Some(name) = &self.target_product_name {
            limits::PRODUCT_NAME.check("TargetProductName", name)?;
        }
        let lists = [
            (
                "SourceProvisioningArtifactIdentifiers",
                self.version_identifiers().count(),
                limits::MAX_VERSIONS,
            ),
            (
                "CopyOptions",
                self.copy_options.iter().flatten().count(),
                limits::MAX_COPY_OPTIONS,
            ),
            (
                "PortfolioIds",
                self.portfolio_ids.iter().flatten().count(),
                limits::MAX_PORTFOLIOS,
            ),
        ];
        for (member, items, most) in lists {
            limits::check_items(member, items, most)?;
        }
        if let Some(identifiers) = &self.source_provisioning_artifact_identifiers {
            let member = "SourceProvisioningArtifactIdentifiers";
            limits::check_not_empty(member, identifiers.len())?;
        }
        for (i, identifier) in self.version_identifiers().enumerate() {
            let member = format!("SourceProvisioningArtifactIdentifiers[{i}].Id");
            limits::PROVISIONING_ARTIFACT_ID.check(&member, &identifier.id)?;
        }
        for (i, option) in self.copy_options.iter().flatten().enumerate() {
            limits::COPY_OPTION.check(&format!("CopyOptions[{i}]"), option)?;
        }
        if let Some(Versions::Names(names)) = &self.versions {
            limits::check_not_empty("Versions", names.len())?;
            limits::check_items("Versions", names.len(), limits::MAX_VERSIONS)?;
            for (i, name) in names.iter().enumerate() {
                limits::VERSION_NAME.check(&format!("Versions[{i}]"), name)?;
            }
        }
        if let Some(token) = &self.idempotency_token {
            limits::IDEMPOTENCY_TOKEN.check("IdempotencyToken", token)?;
        }
        for (i, id) in self.portfolio_ids.iter().flatten().enumerate() {
            limits::PORTFOLIO_ID.check(&format!("PortfolioIds[{i}]"), id)?;
        }
        self.source.as_ref().map_or(Ok(()), Source::check)?;
        self.check_plan()?;
        if let Some(language) = &self.accept_language {
            limits::LANGUAGE.check("AcceptLanguage", language)?;
        }
        self.target.as_ref().map_or(Ok(()), Target::check)
    }

    fn check_plan(&self) -> Result<(), Error> {
        let named_twice = self.source_provisioning_artifact_identifiers.is_some();
        if named_twice && self.versions.is_some() {
            return Err(Error::invalid_request(
                "Versions must not come with SourceProvisioningArtifactIdentifiers".to_owned(),
            ));
        }
        let for_plans = [
            ("Source", self.source.is_some()),
            ("Versions", self.versions.is_some()),
            ("DryRun", self.dry_run == Some(true)),
            ("PortfolioIds", self.portfolio_ids.is_some()),
            ("OnSourceRemoved", self.on_source_removed.is_some()),
            ("OnVersionReplaced", self.on_version_replaced.is_some()),
            ("OnNameTaken", self.on_name_taken.is_some()),
        ];
        if let Some(region) = self.source_region()
            && self.is_planned()
        {
            limits::REGION.check("The Region in SourceProductArn", region)?;
        }
        match for_plans.into_iter().find(|(_, given)| *given) {
            Some((member, _)) if !self.is_planned() => Err(Error::invalid_request(format!(
                "{member} must come with the Plan MISSING, because the bare CopyProduct has none"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the target is looked at before and after the copy.
    #[must_use]
    pub fn is_planned(&self) -> bool {
        match self.plan {
            Some(mode) => mode == PlanMode::Missing,
            None => self.source_provisioning_artifact_identifiers.is_none(),
        }
    }

    /// The versions to plan for.
    #[must_use]
    pub fn asked_versions(&self) -> Versions {
        match &self.source_provisioning_artifact_identifiers {
            Some(identifiers) => {
                Versions::Ids(identifiers.iter().map(|it| it.id.clone()).collect())
            }
            None => self.versions.clone().unwrap_or(Versions::Active),
        }
    }

    /// Where to copy to, where `own_region` is the function's.
    #[must_use]
    pub fn target_place(&self, own_region: &str) -> Place {
        self.target.clone().unwrap_or_default().place(own_region)
    }

    /// Where the source is read: in the Region of its ARN.
    #[must_use]
    pub fn source_place(&self, own_region: &str) -> Place {
        let source = self.source.clone().unwrap_or_default();
        Place {
            region: self.source_region().unwrap_or(own_region).to_owned(),
            role_arn: source.role_arn,
            external_id: source.external_id,
        }
    }

    fn source_region(&self) -> Option<&str> {
        let region = self.source_product_arn.split(':').nth(3);
        region.filter(|region| !region.is_empty())
    }

    /// The id of the source: the last part of its ARN.
    #[must_use]
    pub fn source_product_id(&self) -> &str {
        self.source_product_arn
            .rsplit('/')
            .next()
            .unwrap_or_default()
    }

    /// Whether the tags are copied too.
    #[must_use]
    pub fn copies_tags(&self) -> bool {
        self.copy_options
            .iter()
            .flatten()
            .any(|option| option == "CopyTags")
    }

    fn version_identifiers(&self) -> impl Iterator<Item = &VersionIdentifier> {
        self.source_provisioning_artifact_identifiers
            .iter()
            .flatten()
    }
}
