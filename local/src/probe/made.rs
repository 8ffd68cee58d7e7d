use std::fmt;

use anyhow::Result;
use aws_sdk_servicecatalog::types::ProductSource;

use super::calls::{Wait, failed, gone};
use super::{Bucket, Catalogs, Pace, RegionalCatalog};

/// Something a probe made, known by its name.
#[derive(Clone, Debug)]
pub struct Made {
    kind: Kind,
    id: String,
    name: String,
}

#[derive(Clone, Debug)]
enum Kind {
    Portfolio(RegionalCatalog),
    Product(RegionalCatalog),
    Bucket(Bucket),
}

impl Made {
    pub(super) fn bucket(bucket: Bucket) -> Self {
        Self {
            id: bucket.name.clone(),
            name: bucket.name.clone(),
            kind: Kind::Bucket(bucket),
        }
    }

    /// The portfolios of the source whose names begin like this.
    pub(super) async fn portfolios(catalogs: &Catalogs, prefix: &str) -> Result<Vec<Self>> {
        let catalog = &catalogs.source;
        let mut pages = catalog.client.list_portfolios().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed("ListPortfolios"))?;
            let details = page.portfolio_details().iter();
            let named = details.filter_map(|it| Some((it.id()?, it.display_name()?)));
            let kind = Kind::Portfolio(catalog.clone());
            found.extend(Self::prefixed(prefix, &kind, named));
        }
        Ok(found)
    }

    /// The catalogue's own products whose names begin like this: all are listed, as what a search
    /// for a text finds is not documented.
    pub(super) async fn products(catalog: &RegionalCatalog, prefix: &str) -> Result<Vec<Self>> {
        let search = catalog.client.search_products_as_admin();
        let search = search.product_source(ProductSource::Account);
        let mut pages = search.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(failed("SearchProductsAsAdmin"))?;
            let views = page.product_view_details().iter();
            let views = views.filter_map(|it| it.product_view_summary());
            let named = views.filter_map(|it| Some((it.product_id()?, it.name()?)));
            let kind = Kind::Product(catalog.clone());
            found.extend(Self::prefixed(prefix, &kind, named));
        }
        Ok(found)
    }

    fn prefixed<'n>(
        prefix: &str,
        kind: &Kind,
        named: impl Iterator<Item = (&'n str, &'n str)>,
    ) -> impl Iterator<Item = Self> {
        let ours = named.filter(move |(_, name)| name.starts_with(prefix));
        ours.map(|(id, name)| Self {
            kind: kind.clone(),
            id: id.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Takes the products out of this portfolio; those that are not in it do no harm.
    pub(super) async fn empty(&self, products: &[Self]) -> Result<()> {
        let Kind::Portfolio(catalog) = &self.kind else {
            return Ok(());
        };
        for product in products {
            let request = catalog.client.disassociate_product_from_portfolio();
            let request = request.portfolio_id(&self.id).product_id(&product.id);
            gone(request.send().await, "DisassociateProductFromPortfolio")?;
        }
        Ok(())
    }

    /// Deletes it, again while it is still in use.
    pub(super) async fn delete(&self, pace: Pace) -> Result<()> {
        let mut wait = Wait::new(pace);
        loop {
            match self.delete_once().await {
                Err(error) if format!("{error}").contains("ResourceInUseException") => {
                    if !wait.goes_on().await {
                        return Err(error);
                    }
                }
                done => return done,
            }
        }
    }

    async fn delete_once(&self) -> Result<()> {
        match &self.kind {
            Kind::Bucket(bucket) => bucket.delete().await,
            Kind::Portfolio(catalog) => {
                let request = catalog.client.delete_portfolio().id(&self.id);
                gone(request.send().await, "DeletePortfolio")
            }
            Kind::Product(catalog) => {
                let request = catalog.client.delete_product().id(&self.id);
                gone(request.send().await, "DeleteProduct")
            }
        }
    }

    /// The command that deletes it.
    pub(super) fn command(&self) -> String {
        let of = |kind: &str, catalog: &RegionalCatalog| {
            let role = catalog.role.as_ref();
            let as_role = role.map_or_else(String::new, |role| format!(" # as {role}"));
            format!(
                "aws servicecatalog delete-{kind} --region {} --id {}{as_role}",
                catalog.region, self.id
            )
        };
        match &self.kind {
            Kind::Bucket(_) => format!("aws s3 rb s3://{} --force", self.id),
            Kind::Portfolio(catalog) => of("portfolio", catalog),
            Kind::Product(catalog) => of("product", catalog),
        }
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, id, name } = self;
        match kind {
            Kind::Bucket(_) => write!(f, "bucket {name}"),
            Kind::Portfolio(catalog) => write!(f, "portfolio {id} ({name}) in {}", catalog.region),
            Kind::Product(catalog) => write!(f, "product {id} ({name}) in {}", catalog.region),
        }
    }
}
