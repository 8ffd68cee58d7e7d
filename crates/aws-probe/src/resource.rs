use std::fmt;

use anyhow::Result;

use super::calls::{Wait, failed, gone};
use super::{Bucket, Pace, RegionalCatalog, bucket::KEY};

/// Something whose name is of the form that a probe gives.
#[derive(Clone, Debug)]
pub struct Resource {
    kind: Kind,
    id: String,
    name: String,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Portfolio(RegionalCatalog),
    Product(RegionalCatalog),
    Bucket(Bucket),
}

impl Resource {
    pub(super) fn new(kind: Kind, id: &str, name: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            name: name.to_owned(),
        }
    }

    pub(super) fn bucket(bucket: Bucket) -> Self {
        let name = bucket.name.clone();
        Self::new(Kind::Bucket(bucket), &name, &name)
    }

    /// Shares this portfolio with nobody, and takes the products out of it; those that are not in it do no harm.
    pub(super) async fn empty(&self, products: &[Self]) -> Result<()> {
        let Kind::Portfolio(catalog) = &self.kind else {
            return Ok(());
        };
        let shares = catalog
            .client
            .list_portfolio_access()
            .portfolio_id(&self.id);
        let shares = shares.send().await.map_err(failed("ListPortfolioAccess"))?;
        for account in shares.account_ids() {
            let request = catalog.client.delete_portfolio_share();
            let request = request.portfolio_id(&self.id).account_id(account);
            gone(request.send().await, "DeletePortfolioShare")?;
        }
        for product in products {
            if !matches!(&product.kind, Kind::Product(its) if its.region == catalog.region) {
                continue;
            }
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

    /// The command that shows it, for a person to decide whose it is.
    pub(super) fn look(&self) -> String {
        let of = |what: &str, catalog: &RegionalCatalog| {
            let region = &catalog.region;
            format!(
                "aws servicecatalog describe-{what} --region {region} --id {}",
                self.id
            )
        };
        match &self.kind {
            Kind::Bucket(_) => format!("aws s3 ls s3://{}", self.id),
            Kind::Portfolio(catalog) => of("portfolio", catalog),
            Kind::Product(catalog) => of("product-as-admin", catalog),
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
            // Not by force: only a bucket that holds nothing else is deleted.
            Kind::Bucket(_) => {
                format!("aws s3 rm s3://{0}/{KEY} && aws s3 rb s3://{0}", self.id)
            }
            Kind::Portfolio(catalog) => of("portfolio", catalog),
            Kind::Product(catalog) => of("product", catalog),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, id, name } = self;
        match kind {
            Kind::Bucket(_) => write!(f, "bucket {name}"),
            Kind::Portfolio(catalog) => write!(f, "portfolio {id} ({name}) in {catalog}"),
            Kind::Product(catalog) => write!(f, "product {id} ({name}) in {catalog}"),
        }
    }
}
