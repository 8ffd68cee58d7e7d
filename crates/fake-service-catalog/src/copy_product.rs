use std::collections::BTreeMap;
use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::copy::Copy;
use super::limits::{self, violation};
use super::state::parse_product_arn;
use super::{FakeState, Outcome, Product, Settings, Version, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CopyProduct {
    source_product_arn: Option<String>,
    target_product_id: Option<String>,
    target_product_name: Option<String>,
    source_provisioning_artifact_identifiers: Option<Vec<BTreeMap<String, String>>>,
    copy_options: Option<Vec<String>>,
    accept_language: Option<String>,
    idempotency_token: Option<String>,
}

/// Accepts a copy into the caller's account and Region.
pub(super) fn copy_product(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: CopyProduct = protocol::members(request)?;
    let arn = input.within_limits()?;
    if let Some(token) = state.earlier_copy(&caller.place, request)? {
        return Ok(accepted(token, Outcome::SameCopy));
    }

    let (place, id) = parse_product_arn(arn)
        .ok_or_else(|| Refusal::invalid(format!("{arn} is not the ARN of a product.")))?;
    let source = state.find(&place, id)?;
    if let Some(target) = &input.target_product_id {
        state.find(&caller.place, target)?;
    }
    let is_shared = place.account == caller.place.account
        || state.is_shared(&place, source, &caller.place.account);
    let arriving = is_shared.then(|| input.what_arrives(source, &state.settings));

    let arriving = arriving.transpose()?;
    let token = state.new_id("copyproduct-");
    state.copies.push(Copy {
        token: token.clone(),
        place: caller.place.clone(),
        request: request.clone(),
        arriving,
        accepted: Instant::now(),
        describes: 0,
        end: None,
        ended: None,
    });
    Ok(accepted(token, Outcome::NewCopy))
}

impl CopyProduct {
    /// Checks every member by itself and returns the one that is always needed.
    fn within_limits(&self) -> Result<&str, Refusal> {
        let arn = limits::SOURCE_PRODUCT_ARN.required(self.source_product_arn.as_ref())?;
        limits::TARGET_PRODUCT_ID.optional(self.target_product_id.as_ref())?;
        limits::TARGET_PRODUCT_NAME.optional(self.target_product_name.as_ref())?;
        limits::IDEMPOTENCY_TOKEN.required(self.idempotency_token.as_ref())?;
        limits::accept_language(self.accept_language.as_ref())?;
        for option in self.copy_options.iter().flatten() {
            limits::one_of("copyOptions", option, &["CopyTags"])?;
        }
        let identifiers = &self.source_provisioning_artifact_identifiers;
        let mut keys = identifiers.iter().flatten().flat_map(BTreeMap::keys);
        if keys.any(|key| key != "Id") {
            let rule = "Map keys must satisfy enum value set: [Id]";
            return Err(violation("sourceProvisioningArtifactIdentifiers", rule));
        }
        Ok(arn)
    }

    /// What will arrive in the target, of this source.
    fn what_arrives(&self, source: &Product, settings: &Settings) -> Result<Product, Refusal> {
        let versions = match &self.source_provisioning_artifact_identifiers {
            None => source.versions.clone(),
            Some(identifiers) => identifiers
                .iter()
                .flat_map(BTreeMap::values)
                .map(|id| version_of(source, id))
                .collect::<Result<_, _>>()?,
        };
        let copies = versions.into_iter().map(|version| {
            let copy = Version {
                status: version.status,
                created: if settings.copies_keep_created_time {
                    version.created
                } else {
                    0
                },
                copied_from: Some(version.id.clone()),
                ..Version::new(&version.name, &version.description)
            };
            if settings.copies_keep_guidance {
                Version {
                    active: version.active,
                    guidance: version.guidance,
                    ..copy
                }
            } else {
                copy
            }
        });
        let mut options = self.copy_options.iter().flatten();
        let tags = options.next().map(|_copy_tags| source.tags.clone());
        Ok(Product {
            name: self
                .target_product_name
                .as_ref()
                .unwrap_or(&source.name)
                .clone(),
            owner: source.owner.clone(),
            details: source.details.clone(),
            product_type: source.product_type.clone(),
            versions: copies.collect(),
            tags: tags.unwrap_or_default(),
            copied_from: Some(source.id.clone()),
            ..Product::default()
        })
    }
}

fn version_of(product: &Product, id: &str) -> Result<Version, Refusal> {
    let mut same = product.versions.iter().filter(|version| version.id == id);
    same.next()
        .cloned()
        .ok_or_else(|| Refusal::invalid(format!("{id} is not a version of {}.", product.id)))
}

fn accepted(token: String, outcome: fn(String) -> Outcome) -> Answer {
    Answer {
        members: json!({ "CopyProductToken": token }),
        outcome: outcome(token),
    }
}
