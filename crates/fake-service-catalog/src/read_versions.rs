use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::{FakeState, Product, Version, VersionStatus, limits, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeVersion {
    product_id: Option<String>,
    provisioning_artifact_id: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListVersions {
    product_id: Option<String>,
    accept_language: Option<String>,
}

/// Answers `DescribeProvisioningArtifact` by ids.
pub(super) fn describe(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: DescribeVersion = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let product = limits::PRODUCT_ID.optional(input.product_id.as_ref())?;
    let version = limits::VERSION_ID.optional(input.provisioning_artifact_id.as_ref())?;
    let (Some(product), Some(id)) = (product, version) else {
        let message = "ProductId and ProvisioningArtifactId are needed.";
        return Err(Refusal::invalid(message));
    };

    let creating = state.settings.describes_before_available;
    let describes = state.version_describes.get(id).copied().unwrap_or_default();
    let version = find_mut(state.find_mut(&caller.place, product)?, id)?;
    if version.status == VersionStatus::Creating && creating.is_some_and(|most| describes >= most) {
        version.status = VersionStatus::Available;
    }
    let mut answer =
        json!({ "ProvisioningArtifactDetail": detail(version), "Status": version.status });
    if let Some(url) = &version.template_url {
        answer["Info"] = json!({ "TemplateUrl": url });
    }
    state.version_describes.insert(id.to_owned(), describes + 1);
    Ok(answer.into())
}

/// Answers `ListProvisioningArtifacts`.
pub(super) fn list(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: ListVersions = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let id = limits::PRODUCT_ID.required(input.product_id.as_ref())?;
    let mut versions = state.find(&caller.place, id)?.versions.clone();
    let hidden = state.settings.lists_before_copied;
    versions.retain(|version| {
        let lists = state.version_lists.entry(version.id.clone()).or_default();
        *lists += 1;
        version.copied_from.is_none() || *lists > hidden
    });
    let details: Vec<_> = versions.iter().map(detail).collect();
    Ok(json!({ "ProvisioningArtifactDetails": details }).into())
}

pub(super) fn find_mut<'p>(product: &'p mut Product, id: &str) -> Result<&'p mut Version, Refusal> {
    let mut versions = product.versions.iter_mut();
    let found = versions.find(|version| version.id == id);
    found.ok_or_else(|| Refusal::not_found(id))
}

pub(super) fn detail(version: &Version) -> Value {
    json!({
        "Id": version.id,
        "Name": version.name,
        "Description": version.description,
        "Type": "CLOUD_FORMATION_TEMPLATE",
        "CreatedTime": version.created,
        "Active": version.active,
        "Guidance": version.guidance,
    })
}
