use std::collections::BTreeMap;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::limits::{self, MOST_VERSIONS};
use super::{FakeState, Product, Version, VersionStatus, protocol, read_versions};

/// What a version is made of.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct VersionParameters {
    name: Option<String>,
    description: Option<String>,
    info: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateVersion {
    product_id: Option<String>,
    parameters: Option<VersionParameters>,
    idempotency_token: Option<String>,
    accept_language: Option<String>,
}

/// Answers `CreateProvisioningArtifact`.
pub(super) fn create(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: CreateVersion = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    limits::IDEMPOTENCY_TOKEN.required(input.idempotency_token.as_ref())?;
    let id = limits::PRODUCT_ID.required(input.product_id.as_ref())?;
    let parameters = input.parameters.as_ref();
    let missing = || limits::violation("parameters", "Member must not be null");
    let version = parameters.ok_or_else(missing)?.version()?;

    let mut product = state.find(&caller.place, id)?.clone();
    if product.versions.len() == MOST_VERSIONS {
        let message = format!("A product has at most {MOST_VERSIONS} versions.");
        return Err(Refusal::new("LimitExceededException", message));
    }
    product.versions.push(version);
    state.give_ids(&mut product);
    let members = product.versions.last().map(|version| {
        json!({
            "ProvisioningArtifactDetail": read_versions::detail(version),
            "Status": version.status,
        })
    });
    state.begin_creation(&product);
    *state.find_mut(&caller.place, id)? = product;
    Ok(Answer::updated(members.unwrap_or_default()))
}

impl FakeState {
    /// Notes when the creation of a product's last version began.
    pub(super) fn begin_creation(&mut self, product: &Product) {
        if let Some(version) = product.versions.last() {
            self.creations.insert(version.id.clone(), Instant::now());
        }
    }

    /// Makes every version available whose time has come.
    pub(super) fn end_creations(&mut self) {
        let Some(time) = self.settings.available_after else {
            return;
        };
        let due = self
            .creations
            .extract_if(|_, since| since.elapsed() >= time);
        let due: Vec<_> = due.map(|(id, _)| id).collect();
        if due.is_empty() {
            return;
        }
        let products = self.products.values_mut().flatten();
        for version in products.flat_map(|product| &mut product.versions) {
            if version.status == VersionStatus::Creating && due.contains(&version.id) {
                version.status = VersionStatus::Available;
            }
        }
    }
}

impl VersionParameters {
    /// The version, which is `CREATING` at first.
    pub(super) fn version(&self) -> Result<Version, Refusal> {
        let name = limits::VERSION_NAME.optional(self.name.as_ref())?;
        let description = limits::VERSION_DESCRIPTION.optional(self.description.as_ref())?;
        let info = self.info.iter().flatten();
        let mut urls = info.filter(|(key, _)| *key == "LoadTemplateFromURL");
        let Some((_, url)) = urls.find(|(_, url)| url.starts_with("https://")) else {
            let message = "Info needs the https URL of a template as LoadTemplateFromURL.";
            return Err(Refusal::invalid(message));
        };
        let version = Version::new(name.unwrap_or_default(), description.unwrap_or_default());
        Ok(version.creating().template(url))
    }
}
