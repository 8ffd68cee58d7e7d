use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::limits::{self, MOST_TAGS};
use super::tag::{self, Tag};
use super::{Details, FakeState, protocol, read_products};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateProduct {
    id: Option<String>,
    name: Option<String>,
    owner: Option<String>,
    #[serde(flatten)]
    details: Details,
    #[serde(default)]
    add_tags: Vec<Tag>,
    #[serde(default)]
    remove_tags: Vec<String>,
    accept_language: Option<String>,
}

/// Answers `UpdateProduct`: members not given stay as they are; tags are removed first, then added (assumed).
pub(super) fn update(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: UpdateProduct = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let id = limits::ID.required(input.id.as_ref())?;
    limits::PRODUCT_NAME.optional(input.name.as_ref())?;
    limits::PRODUCT_OWNER.optional(input.owner.as_ref())?;
    limits::details(&input.details)?;
    let added = tag::within_limits("addTags", &input.add_tags)?;

    let product = state.find_mut(&caller.place, id)?;
    let mut tags = product.tags.clone();
    for key in &input.remove_tags {
        tags.remove(limits::TAG_KEY.required(Some(key))?);
    }
    for (key, value) in added {
        tags.insert(key.to_owned(), value.to_owned());
    }
    if tags.len() > MOST_TAGS {
        let message = format!("A product has at most {MOST_TAGS} tags.");
        return Err(Refusal::invalid(message));
    }
    product.tags = tags;
    if let Some(name) = input.name {
        product.name = name;
    }
    if let Some(owner) = input.owner {
        product.owner = owner;
    }
    product.details.update(input.details);
    Ok(Answer::updated(json!({
        "ProductViewDetail": read_products::view(&caller.place, product),
        "Tags": read_products::tags(product),
    })))
}
