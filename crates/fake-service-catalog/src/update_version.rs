use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::{FakeState, limits, protocol, read_versions};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateVersion {
    product_id: Option<String>,
    provisioning_artifact_id: Option<String>,
    name: Option<String>,
    description: Option<String>,
    active: Option<bool>,
    guidance: Option<String>,
    accept_language: Option<String>,
}

/// Answers `UpdateProvisioningArtifact`: members not given stay as they are.
pub(super) fn update(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: UpdateVersion = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let product = limits::PRODUCT_ID.required(input.product_id.as_ref())?;
    let id = limits::VERSION_ID.required(input.provisioning_artifact_id.as_ref())?;
    limits::VERSION_NAME.optional(input.name.as_ref())?;
    limits::VERSION_DESCRIPTION.optional(input.description.as_ref())?;
    if let Some(guidance) = &input.guidance {
        limits::one_of("guidance", guidance, &["DEFAULT", "DEPRECATED"])?;
    }

    let version = read_versions::find_mut(state.find_mut(&caller.place, product)?, id)?;
    set(&mut version.name, input.name);
    set(&mut version.description, input.description);
    set(&mut version.active, input.active);
    set(&mut version.guidance, input.guidance);
    Ok(Answer::updated(json!({
        "ProvisioningArtifactDetail": read_versions::detail(version),
        "Status": version.status,
    })))
}

fn set<T>(member: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *member = value;
    }
}
