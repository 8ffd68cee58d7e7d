use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::paging::Paging;
use super::portfolio::Portfolio;
use super::state::parse_product_arn;
use super::{FakeState, Place, limits, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Association {
    product_id: Option<String>,
    portfolio_id: Option<String>,
    accept_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListPortfolios {
    product_id: Option<String>,
    accept_language: Option<String>,
    #[serde(flatten)]
    paging: Paging,
}

impl FakeState {
    /// Adds an empty portfolio, without a provider's name, and returns its id.
    pub fn add_portfolio(&mut self, place: &Place, name: &str) -> String {
        let id = self.new_id("port-");
        self.portfolios.push(Portfolio {
            id: id.clone(),
            name: name.to_owned(),
            provider: "Platform team".to_owned(),
            place: place.clone(),
            products: BTreeMap::new(),
            shares: BTreeMap::new(),
        });
        id
    }

    pub(super) fn portfolio(&mut self, place: &Place, id: &str) -> Result<&mut Portfolio, Refusal> {
        let mut portfolios = self.portfolios.iter_mut();
        let found = portfolios.find(|it| it.place == *place && it.id == id);
        found.ok_or_else(|| Refusal::not_found(id))
    }

    /// The names of the portfolios of an account in a Region.
    #[must_use]
    pub fn portfolios(&self, place: &Place) -> Vec<String> {
        let here = self.portfolios.iter().filter(|it| it.place == *place);
        here.map(|portfolio| portfolio.name.clone()).collect()
    }

    /// The ids of the portfolios a product is in, visible to callers or not yet.
    #[must_use]
    pub fn portfolios_of(&self, arn: &str) -> Vec<String> {
        let product = parse_product_arn(arn);
        let has = |portfolio: &&Portfolio| {
            product.as_ref().is_some_and(|(place, id)| {
                portfolio.place == *place && portfolio.products.contains_key(*id)
            })
        };
        let found = self.portfolios.iter().filter(has);
        found.map(|portfolio| portfolio.id.clone()).collect()
    }
}

/// Answers `AssociateProductWithPortfolio`; a second time it changes nothing (assumed).
pub(super) fn associate(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: Association = protocol::members(request)?;
    let (portfolio, product) = input.ends(state, caller)?;
    portfolio.products.entry(product.to_owned()).or_default();
    Ok(Answer::updated(json!({})))
}

/// Answers `DisassociateProductFromPortfolio`.
pub(super) fn disassociate(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: Association = protocol::members(request)?;
    let (portfolio, product) = input.ends(state, caller)?;
    let removed = portfolio.products.remove(product);
    removed.ok_or_else(|| Refusal::not_found(product))?;
    Ok(Answer::updated(json!({})))
}

impl Association {
    /// The portfolio and the id of the product, both of which exist.
    fn ends<'s, 'i>(
        &'i self,
        state: &'s mut FakeState,
        caller: &Caller,
    ) -> Result<(&'s mut Portfolio, &'i str), Refusal> {
        limits::accept_language(self.accept_language.as_ref())?;
        let product = limits::PRODUCT_ID.required(self.product_id.as_ref())?;
        let id = limits::PORTFOLIO_ID.required(self.portfolio_id.as_ref())?;
        state.find(&caller.place, product)?;
        Ok((state.portfolio(&caller.place, id)?, product))
    }
}

/// Answers `ListPortfoliosForProduct`.
pub(super) fn list(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: ListPortfolios = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let product = limits::PRODUCT_ID.required(input.product_id.as_ref())?;
    state.find(&caller.place, product)?;

    let hidden = state.settings.lists_before_associated;
    let mut details = Vec::new();
    for portfolio in &mut state.portfolios {
        if portfolio.place != caller.place {
            continue;
        }
        let Some(lists) = portfolio.products.get_mut(product) else {
            continue;
        };
        *lists += u32::from(input.paging.is_first());
        if *lists > hidden {
            details.push(portfolio.detail());
        }
    }
    input.paging.page("PortfolioDetails", &details, 100)
}
