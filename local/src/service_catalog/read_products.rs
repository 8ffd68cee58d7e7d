use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::limits::{self, violation};
use super::operation::{Answer, Caller, Refusal};
use super::{Place, Product, Version, World, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeProduct {
    id: Option<String>,
    name: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListVersions {
    product_id: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Search {
    filters: Option<BTreeMap<String, Vec<String>>>,
    page_size: Option<usize>,
    page_token: Option<String>,
    accept_language: Option<String>,
}

/// Answers `DescribeProductAsAdmin`.
pub(super) fn describe(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: DescribeProduct = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let product = match (&input.id, &input.name) {
        (Some(id), _) => world.find(&caller.place, id)?,
        (None, Some(name)) => world
            .products_in(&caller.place)
            .find(|product| product.name == *name)
            .ok_or_else(|| Refusal::not_found(name))?,
        (None, None) => {
            let message = "Id or Name is needed.";
            return Err(Refusal::new("InvalidParametersException", message));
        }
    };
    let tags = product.tags.iter();
    let tags = tags.map(|(key, value)| json!({ "Key": key, "Value": value }));
    let summary = |version: &Version| json!({ "Id": version.id, "Name": version.name, "Description": version.description });
    let members = json!({
        "ProductViewDetail": view(&caller.place, product),
        "ProvisioningArtifactSummaries": product.versions.iter().map(summary).collect::<Vec<_>>(),
        "Tags": tags.collect::<Vec<_>>(),
    });
    Ok(members.into())
}

/// Answers `ListProvisioningArtifacts`.
pub(super) fn list_versions(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: ListVersions = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let id = limits::PRODUCT_ID.required(input.product_id.as_ref())?;
    let product = world.find(&caller.place, id)?;
    let detail = |version: &Version| {
        json!({
            "Id": version.id,
            "Name": version.name,
            "Description": version.description,
            "Type": "CLOUD_FORMATION_TEMPLATE",
            "Active": version.active,
            "Guidance": version.guidance,
        })
    };
    let details: Vec<_> = product.versions.iter().map(detail).collect();
    Ok(json!({ "ProvisioningArtifactDetails": details }).into())
}

/// Answers `SearchProductsAsAdmin` for the caller's own products.
pub(super) fn search(
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    const LARGEST_PAGE: usize = 20;
    let input: Search = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let size = input.page_size.unwrap_or(LARGEST_PAGE);
    if size > LARGEST_PAGE {
        let rule = "Member must have value less than or equal to 20";
        return Err(violation("pageSize", rule));
    }
    // A page token is the number of products already seen.
    let seen = input.page_token.as_deref().unwrap_or("0");
    let seen: usize = seen
        .parse()
        .map_err(|_| Refusal::new("InvalidParametersException", "The page token is not valid."))?;

    let filters = input.filters.unwrap_or_default();
    let found = world.products_in(&caller.place);
    let found = found.filter(|product| matches(product, &filters));
    let views: Vec<_> = found.map(|product| view(&caller.place, product)).collect();
    let end = views.len().min(seen + size);
    let page = views.get(seen..end).unwrap_or_default();
    let mut members = json!({ "ProductViewDetails": page });
    if end < views.len() {
        members["NextPageToken"] = end.to_string().into();
    }
    Ok(members.into())
}

fn matches(product: &Product, filters: &BTreeMap<String, Vec<String>>) -> bool {
    filters.iter().all(|(filter, values)| {
        values.iter().any(|value| match filter.as_str() {
            "FullTextSearch" => product.name.to_lowercase().contains(&value.to_lowercase()),
            "Owner" => product.owner == *value,
            "SourceProductId" => product.copied_from.as_ref() == Some(value),
            _ => false,
        })
    })
}

fn view(place: &Place, product: &Product) -> Value {
    json!({
        "ProductViewSummary": {
            "ProductId": product.id,
            "Name": product.name,
            "Owner": product.owner,
            "Type": "CLOUD_FORMATION_TEMPLATE",
        },
        "Status": "AVAILABLE",
        "ProductARN": place.product_arn(&product.id),
    })
}
