//! Portfolios that a product is in.

use super::{MAX_ITEMS, Pages, RegionalCatalog, check_items, failure::explain};
use crate::error::Error;

impl RegionalCatalog {
    /// The ids of the portfolios that a product is visible in.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn list_portfolios_for_product(
        &self,
        product_id: &str,
    ) -> Result<Vec<String>, Error> {
        let mut pages = Pages::default();
        let mut ids = Vec::new();
        loop {
            let request = self.0.list_portfolios_for_product().product_id(product_id);
            let page = request.set_page_token(pages.token.clone()).send().await;
            let page = page.map_err(|error| explain(&error, "was the product deleted?"))?;
            let portfolios = page.portfolio_details.unwrap_or_default();
            ids.extend(portfolios.into_iter().filter_map(|it| it.id));
            check_items(ids.len(), MAX_ITEMS)?;
            if !pages.turn(page.next_page_token)? {
                return Ok(ids);
            }
        }
    }

    /// Adds a product to a portfolio; it becomes visible there some time later.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn associate_product_with_portfolio(
        &self,
        product_id: &str,
        portfolio_id: &str,
    ) -> Result<(), Error> {
        self.0
            .associate_product_with_portfolio()
            .product_id(product_id)
            .portfolio_id(portfolio_id)
            .send()
            .await
            .map_err(|error| explain(&error, "is there such a portfolio in the target?"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_servicecatalog::{
        Client,
        operation::{
            associate_product_with_portfolio::AssociateProductWithPortfolioOutput,
            list_portfolios_for_product::ListPortfoliosForProductOutput,
        },
        types::PortfolioDetail,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    fn catalog(rules: &[&Rule]) -> RegionalCatalog {
        RegionalCatalog(mock_client!(
            aws_sdk_servicecatalog,
            RuleMode::Sequential,
            rules
        ))
    }

    fn portfolio(id: &str) -> PortfolioDetail {
        PortfolioDetail::builder().id(id).build()
    }

    #[tokio::test]
    async fn the_portfolios_of_a_product_are_on_every_page() {
        let first = mock!(Client::list_portfolios_for_product)
            .match_requests(|it| it.product_id() == Some("prod-1") && it.page_token().is_none())
            .then_output(|| {
                ListPortfoliosForProductOutput::builder()
                    .portfolio_details(portfolio("port-1"))
                    .portfolio_details(portfolio("port-2"))
                    .next_page_token("more")
                    .build()
            });
        let second = mock!(Client::list_portfolios_for_product)
            .match_requests(|it| it.page_token() == Some("more"))
            .then_output(|| {
                ListPortfoliosForProductOutput::builder()
                    .portfolio_details(portfolio("port-3"))
                    .build()
            });
        let catalog = catalog(&[&first, &second]);
        let listed = catalog.list_portfolios_for_product("prod-1").await;
        let expected = ["port-1", "port-2", "port-3"].map(str::to_owned);
        assert_eq!(listed, Ok(expected.to_vec()));
    }

    #[tokio::test]
    async fn a_product_is_added_to_the_portfolio() {
        let rule = mock!(Client::associate_product_with_portfolio)
            .match_requests(|it| {
                it.product_id() == Some("prod-1") && it.portfolio_id() == Some("port-1")
            })
            .then_output(|| AssociateProductWithPortfolioOutput::builder().build());
        let catalog = catalog(&[&rule]);
        let done = catalog.associate_product_with_portfolio("prod-1", "port-1");
        assert_eq!(done.await, Ok(()));
    }
}
