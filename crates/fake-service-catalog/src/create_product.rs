use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::create_version::VersionParameters;
use super::read_products::CLOUD_FORMATION_TEMPLATE;
use super::tag::{self, Tag};
use super::{Details, FakeState, Product, limits, protocol, read_products, read_versions};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateProduct {
    name: Option<String>,
    owner: Option<String>,
    #[serde(flatten)]
    details: Details,
    product_type: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    provisioning_artifact_parameters: Option<VersionParameters>,
    idempotency_token: Option<String>,
    accept_language: Option<String>,
}

/// Answers `CreateProduct` for a product with its first version.
pub(super) fn create(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: CreateProduct = protocol::members(request)?;
    let mut product = input.product()?;
    state.give_ids(&mut product);
    let members = json!({
        "ProductViewDetail": read_products::view(&caller.place, &product),
        "ProvisioningArtifactDetail": product.versions.first().map(read_versions::detail),
        "Tags": read_products::tags(&product),
    });
    state.begin_creation(&product);
    state.add_product(&caller.place, product);
    Ok(Answer::updated(members))
}

impl CreateProduct {
    fn product(&self) -> Result<Product, Refusal> {
        limits::accept_language(self.accept_language.as_ref())?;
        limits::IDEMPOTENCY_TOKEN.required(self.idempotency_token.as_ref())?;
        limits::details(&self.details)?;
        let name = limits::PRODUCT_NAME.required(self.name.as_ref())?;
        let owner = limits::PRODUCT_OWNER.required(self.owner.as_ref())?;
        let kind = self.product_type.as_deref().unwrap_or_default();
        limits::one_of("productType", kind, &read_products::TYPES)?;
        let tags = tag::within_limits("tags", &self.tags)?;
        let parameters = self.provisioning_artifact_parameters.as_ref();
        let missing = || Refusal::invalid("ProvisioningArtifactParameters is needed.");
        let version = parameters.ok_or_else(missing)?.version()?;
        let mut product = Product::new(name, owner).version(version);
        product.details = self.details.clone();
        product.product_type = (kind != CLOUD_FORMATION_TEMPLATE).then(|| kind.to_owned());
        for (key, value) in tags {
            product = product.tag(key, value);
        }
        Ok(product)
    }
}
