use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::operation::{Answer, Caller, Refusal};
use super::paging::Paging;
use super::world::parse_product_arn;
use super::{Place, World, limits, protocol};

/// A portfolio and what is in it.
#[derive(Debug)]
pub(super) struct Portfolio {
    id: String,
    name: String,
    place: Place,
    /// Its products by id, each with how often its portfolios were listed since.
    products: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Associate {
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

impl World {
    /// Adds an empty portfolio and returns its id.
    pub fn add_portfolio(&mut self, place: &Place, name: &str) -> String {
        let id = self.new_id("port-");
        self.portfolios.push(Portfolio {
            id: id.clone(),
            name: name.to_owned(),
            place: place.clone(),
            products: BTreeMap::new(),
        });
        id
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
    world: &mut World,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: Associate = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let product = limits::PRODUCT_ID.required(input.product_id.as_ref())?;
    let id = limits::PORTFOLIO_ID.required(input.portfolio_id.as_ref())?;
    world.find(&caller.place, product)?;
    let mut portfolios = world.portfolios.iter_mut();
    let found = portfolios.find(|other| other.place == caller.place && other.id == id);
    let portfolio = found.ok_or_else(|| Refusal::not_found(id))?;
    portfolio.products.entry(product.to_owned()).or_default();
    Ok(Answer::updated(json!({})))
}

/// Answers `ListPortfoliosForProduct`.
pub(super) fn list(world: &mut World, caller: &Caller, request: &Value) -> Result<Answer, Refusal> {
    let input: ListPortfolios = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let product = limits::PRODUCT_ID.required(input.product_id.as_ref())?;
    world.find(&caller.place, product)?;

    let hidden = world.settings.lists_before_associated;
    let mut details = Vec::new();
    for portfolio in &mut world.portfolios {
        if portfolio.place != caller.place {
            continue;
        }
        let Some(lists) = portfolio.products.get_mut(product) else {
            continue;
        };
        *lists += u32::from(input.paging.is_first());
        if *lists > hidden {
            details.push(json!({
                "Id": portfolio.id,
                "ARN": portfolio.place.arn("portfolio", &portfolio.id),
                "DisplayName": portfolio.name,
            }));
        }
    }
    input.paging.page("PortfolioDetails", &details, 100)
}
