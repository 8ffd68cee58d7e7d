use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::paging::Paging;
use super::portfolio::Portfolio;
use super::{FakeState, Place, Product, limits, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Share {
    portfolio_id: Option<String>,
    account_id: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AcceptShare {
    portfolio_id: Option<String>,
    portfolio_share_type: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListAccess {
    portfolio_id: Option<String>,
    accept_language: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

impl FakeState {
    /// Whether a product is shared with an account: by itself, or by a portfolio that it is in.
    pub(super) fn is_shared(&self, place: &Place, product: &Product, account: &str) -> bool {
        let has = |portfolio: &Portfolio| {
            let share = portfolio.shares.get(account);
            portfolio.place == *place
                && portfolio.products.contains_key(&product.id)
                && share.is_some_and(|accepted| *accepted || !self.settings.shares_need_acceptance)
        };
        product.shared_with.contains(account) || self.portfolios.iter().any(has)
    }
}

/// Answers `CreatePortfolioShare` for one account; a second time it changes nothing (assumed).
pub(super) fn create(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: Share = protocol::members(request)?;
    let (portfolio, account) = input.ends(state, caller)?;
    portfolio.shares.entry(account.to_owned()).or_default();
    Ok(Answer::updated(json!({})))
}

/// Answers `DeletePortfolioShare`.
pub(super) fn delete(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: Share = protocol::members(request)?;
    let (portfolio, account) = input.ends(state, caller)?;
    let removed = portfolio.shares.remove(account);
    removed.ok_or_else(|| Refusal::not_found(account))?;
    Ok(Answer::updated(json!({})))
}

impl Share {
    /// The portfolio, which is the caller's, and the other account.
    fn ends<'s, 'i>(
        &'i self,
        state: &'s mut FakeState,
        caller: &Caller,
    ) -> Result<(&'s mut Portfolio, &'i str), Refusal> {
        limits::accept_language(self.accept_language.as_ref())?;
        let id = limits::PORTFOLIO_ID.required(self.portfolio_id.as_ref())?;
        let portfolio = state.portfolio(&caller.place, id)?;
        let account = limits::ACCOUNT_ID.optional(self.account_id.as_ref())?;
        let account = account.filter(|account| *account != caller.place.account);
        let account = account.ok_or_else(|| Refusal::invalid("Another AccountId is needed."))?;
        Ok((portfolio, account))
    }
}

/// Answers `AcceptPortfolioShare`, by the account that a portfolio is shared with.
pub(super) fn accept(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: AcceptShare = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let id = limits::PORTFOLIO_ID.required(input.portfolio_id.as_ref())?;
    if let Some(kind) = &input.portfolio_share_type {
        let kinds = ["IMPORTED", "AWS_SERVICECATALOG", "AWS_ORGANIZATIONS"];
        limits::one_of("portfolioShareType", kind, &kinds)?;
    }
    let here = state.portfolios.iter_mut();
    let mut here = here.filter(|it| it.place.region == caller.place.region && it.id == id);
    let share = here.find_map(|portfolio| portfolio.shares.get_mut(&caller.place.account));
    *share.ok_or_else(|| Refusal::not_found(id))? = true;
    Ok(Answer::updated(json!({})))
}

/// Answers `ListPortfolioAccess`.
pub(super) fn list(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: ListAccess = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let id = limits::PORTFOLIO_ID.required(input.portfolio_id.as_ref())?;
    let shares = &state.portfolio(&caller.place, id)?.shares;
    let accounts: Vec<_> = shares.keys().map(|account| json!(account)).collect();
    input.paging.page("AccountIds", &accounts, 100)
}
