use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::{FakeState, limits, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteProduct {
    id: Option<String>,
    accept_language: Option<String>,
}

/// Answers `DeleteProduct`: its versions go with it.
pub(super) fn delete(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: DeleteProduct = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let id = limits::ID.required(input.id.as_ref())?;
    state.find(&caller.place, id)?;
    let mut portfolios = state.portfolios.iter();
    if portfolios.any(|it| it.place == caller.place && it.products.contains_key(id)) {
        let message = format!("{id} is in a portfolio.");
        return Err(Refusal::new("ResourceInUseException", message));
    }
    let here = state.products.entry(caller.place.clone()).or_default();
    here.retain(|product| product.id != id);
    Ok(Answer::updated(json!({})))
}
