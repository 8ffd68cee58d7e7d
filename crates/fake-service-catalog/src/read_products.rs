use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::paging::Paging;
use super::{FakeState, Place, Product, Version, limits, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeProduct {
    id: Option<String>,
    name: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Search {
    filters: Option<BTreeMap<String, Vec<String>>>,
    product_source: Option<String>,
    accept_language: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// Answers `DescribeProductAsAdmin`.
pub(super) fn describe(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: DescribeProduct = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let id = limits::ID.optional(input.id.as_ref())?;
    let name = limits::PRODUCT_NAME.optional(input.name.as_ref())?;
    let product = match (id, name) {
        (Some(id), _) => state.find(&caller.place, id)?,
        (None, Some(name)) => state
            .products_in(&caller.place)
            .find(|product| product.name == name)
            .ok_or_else(|| Refusal::not_found(name))?,
        (None, None) => return Err(Refusal::invalid("Id or Name is needed.")),
    };
    let summary = |version: &Version| {
        json!({
            "Id": version.id,
            "Name": version.name,
            "Description": version.description,
            "CreatedTime": version.created,
        })
    };
    let members = json!({
        "ProductViewDetail": view(&caller.place, product),
        "ProvisioningArtifactSummaries": product.versions.iter().map(summary).collect::<Vec<_>>(),
        "Tags": tags(product),
    });
    Ok(members.into())
}

/// Answers `SearchProductsAsAdmin`, for every portfolio at once and unsorted.
pub(super) fn search(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: Search = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let filters = input.filters.unwrap_or_default();
    for filter in filters.keys() {
        limits::one_of("filters", filter, &FILTERS)?;
    }
    if let Some(source) = &input.product_source {
        limits::one_of("productSource", source, &["ACCOUNT"])?;
    }
    let within = |place: &Place, product: &Product| {
        place.account == caller.place.account
            || (input.product_source.is_none()
                && state.is_shared(place, product, &caller.place.account))
    };

    let places = state.products.iter();
    let places = places.filter(|(place, _)| place.region == caller.place.region);
    let products =
        places.flat_map(|(place, here)| here.iter().map(move |product| (place, product)));
    let found = products
        .filter(|(place, product)| within(place, product) && matches(product, &filters))
        .map(|(place, product)| view(place, product));
    let found: Vec<_> = found.collect();
    input.paging.page("ProductViewDetails", &found, 20)
}

/// The type of a product that says no other.
pub(super) const CLOUD_FORMATION_TEMPLATE: &str = "CLOUD_FORMATION_TEMPLATE";

/// The types of a product.
pub(super) const TYPES: [&str; 5] = [
    CLOUD_FORMATION_TEMPLATE,
    "MARKETPLACE",
    "TERRAFORM_OPEN_SOURCE",
    "TERRAFORM_CLOUD",
    "EXTERNAL",
];

const FILTERS: [&str; 4] = ["FullTextSearch", "Owner", "ProductType", "SourceProductId"];

fn matches(product: &Product, filters: &BTreeMap<String, Vec<String>>) -> bool {
    filters.iter().all(|(filter, values)| {
        values.iter().any(|value| match filter.as_str() {
            "FullTextSearch" => names(&product.name, value),
            "Owner" => product.owner == *value,
            "SourceProductId" => product.copied_from.as_ref() == Some(value),
            _ => value == product_type(product),
        })
    })
}

/// Whether any word of the text, or all of it, is somewhere in the name.
fn names(name: &str, text: &str) -> bool {
    let (name, text) = (name.to_lowercase(), text.to_lowercase());
    let mut words = text.split(|character: char| !character.is_alphanumeric());
    name.contains(&text) || words.any(|word| !word.is_empty() && name.contains(word))
}

fn product_type(product: &Product) -> &str {
    let product_type = product.product_type.as_deref();
    product_type.unwrap_or(CLOUD_FORMATION_TEMPLATE)
}

pub(super) fn view(place: &Place, product: &Product) -> Value {
    let mut summary = product.details.members();
    summary["ProductId"] = json!(product.id);
    summary["Name"] = json!(product.name);
    summary["Owner"] = json!(product.owner);
    summary["Type"] = json!(product_type(product));
    json!({
        "ProductViewSummary": summary,
        "Status": "AVAILABLE",
        "ProductARN": place.product_arn(&product.id),
    })
}

pub(super) fn tags(product: &Product) -> Vec<Value> {
    let tags = product.tags.iter();
    tags.map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect()
}
