use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::paging::Paging;
use super::portfolio::Portfolio;
use super::tag::{self, Tag};
use super::{FakeState, limits, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreatePortfolio {
    display_name: Option<String>,
    description: Option<String>,
    provider_name: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    idempotency_token: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeletePortfolio {
    id: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListPortfolios {
    accept_language: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

/// Answers `CreatePortfolio`; its tags are checked and forgotten.
pub(super) fn create(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: CreatePortfolio = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    limits::IDEMPOTENCY_TOKEN.required(input.idempotency_token.as_ref())?;
    limits::PORTFOLIO_DESCRIPTION.optional(input.description.as_ref())?;
    let provider = limits::PORTFOLIO_PROVIDER.required(input.provider_name.as_ref())?;
    let name = limits::PORTFOLIO_NAME.required(input.display_name.as_ref())?;
    tag::within_limits("tags", &input.tags)?;
    let id = state.add_portfolio(&caller.place, name);
    let portfolio = state.portfolio(&caller.place, &id)?;
    provider.clone_into(&mut portfolio.provider);
    Ok(Answer::updated(
        json!({ "PortfolioDetail": portfolio.detail() }),
    ))
}

/// Answers `DeletePortfolio`.
pub(super) fn delete(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: DeletePortfolio = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let id = limits::ID.required(input.id.as_ref())?;
    let portfolio = state.portfolio(&caller.place, id)?;
    if !portfolio.products.is_empty() || !portfolio.shares.is_empty() {
        let message = format!("{id} has products or is shared.");
        return Err(Refusal::new("ResourceInUseException", message));
    }
    state.portfolios.retain(|it| it.id != id);
    Ok(Answer::updated(json!({})))
}

/// Answers `ListPortfolios`.
pub(super) fn list(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: ListPortfolios = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let here = state
        .portfolios
        .iter()
        .filter(|it| it.place == caller.place);
    let details: Vec<_> = here.map(Portfolio::detail).collect();
    input.paging.page("PortfolioDetails", &details, 100)
}
