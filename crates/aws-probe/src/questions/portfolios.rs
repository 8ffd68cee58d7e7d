use anyhow::Result;

use super::Setup;
use crate::Switch;
use crate::answer::Finding;
use crate::calls::{Wait, count, failed, seconds};

/// How often a new association was not listed, and whether it was in the end.
pub(super) struct Association {
    wait: Wait,
    is_listed: bool,
}

/// Puts the source product into a portfolio and lists until it is there.
pub(super) async fn observe(setup: &Setup<'_>) -> Result<Association> {
    let client = &setup.catalogs.source.client;
    let (product, portfolio) = (&setup.source_product.id, &setup.source_product.portfolio);
    let request = client.associate_product_with_portfolio();
    let request = request.product_id(product).portfolio_id(portfolio);
    let answer = request.send().await;
    answer.map_err(failed("AssociateProductWithPortfolio"))?;

    let mut wait = Wait::new(setup.copies.pace);
    loop {
        let answer = client.list_portfolios_for_product().product_id(product);
        let answer = answer.send().await;
        let answer = answer.map_err(failed("ListPortfoliosForProduct"))?;
        let mut details = answer.portfolio_details().iter();
        let is_listed = details.any(|it| it.id() == Some(portfolio));
        if is_listed || !wait.goes_on().await {
            return Ok(Association { wait, is_listed });
        }
    }
}

pub(super) fn judge(Association { wait, is_listed }: &Association) -> Finding {
    let (looks, waited) = (count(wait.looks, "list"), seconds(wait.waited));
    let seen = format!("{looks} without it, for {waited}");
    if !is_listed {
        return Finding::not_known("it was not listed while the probe waited", seen);
    }
    let answer = if wait.looks == 0 { "yes" } else { "no" };
    Finding::new(answer, seen).sets(Switch::ListsBeforeAssociated(wait.looks))
}
