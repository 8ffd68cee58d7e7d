use anyhow::{Context, Result};
use aws_sdk_servicecatalog::types::ProductSource;

use super::calls::failed;
use super::name::run_of;
use super::resource::{Kind, Resource};
use super::{Bucket, Catalogs, Leftover, OWNER, RegionalCatalog, TAG};

/// What has the names that probes give.
#[derive(Debug, Default)]
pub struct Found {
    /// What a probe made: portfolios first, so that products are in none when they are deleted.
    pub made: Vec<Resource>,
    /// What nothing but its name says a probe made, so that it may be the user's.
    pub unmarked: Vec<Resource>,
    /// What could not be looked for.
    pub unseen: Vec<Leftover>,
}

/// The run that is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Run<'r> {
    /// Its name.
    pub name: &'r str,
    /// The ids of the products that AWS said its copies made.
    pub copies: &'r [String],
}

/// Finds what is named as probes name it, those of one run or all.
pub async fn find(
    catalogs: &Catalogs,
    s3: Option<&aws_sdk_s3::Client>,
    run: Option<Run<'_>>,
) -> Found {
    let source = &catalogs.source;
    let mut looks = vec![
        portfolios(source, run)
            .await
            .with_context(|| source.to_string()),
    ];
    for catalog in catalogs.all() {
        let products = products(catalog, run).await;
        looks.push(products.with_context(|| catalog.to_string()));
    }
    if let Some(s3) = s3 {
        looks.push(buckets(s3, &source.region).await);
    }
    let mut found = Found::default();
    for look in looks {
        match look {
            Err(error) => found.unseen.push(Leftover::unseen(&error)),
            Ok(named) => {
                for (resource, is_marked) in named {
                    let group = if is_marked {
                        &mut found.made
                    } else {
                        &mut found.unmarked
                    };
                    group.push(resource);
                }
            }
        }
    }
    found
}

/// What has a name that probes give, and whether anything else says that a probe made it.
type Named = Vec<(Resource, bool)>;

async fn portfolios(catalog: &RegionalCatalog, run: Option<Run<'_>>) -> Result<Named> {
    let mut pages = catalog.client.list_portfolios().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("ListPortfolios"))?;
        for detail in page.portfolio_details() {
            let name = detail.display_name();
            let named = name.filter(|name| of(run, name) == Some(name));
            if let (Some(id), Some(name)) = (detail.id(), named) {
                let portfolio = Resource::new(Kind::Portfolio(catalog.clone()), id, name);
                found.push((portfolio, detail.provider_name() == Some(OWNER)));
            }
        }
    }
    Ok(found)
}

/// The catalogue's own products: all are listed, as what a search for a text finds is not documented.
async fn products(catalog: &RegionalCatalog, run: Option<Run<'_>>) -> Result<Named> {
    let search = catalog.client.search_products_as_admin();
    let search = search.product_source(ProductSource::Account);
    let mut pages = search.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("SearchProductsAsAdmin"))?;
        let views = page.product_view_details().iter();
        for summary in views.filter_map(|it| it.product_view_summary()) {
            let name = summary.name().and_then(|name| Some((name, of(run, name)?)));
            let (Some(id), Some((name, of))) = (summary.product_id(), name) else {
                continue;
            };
            // Whether a copy keeps the owner is not documented; that it has the tag is, of `CopyTags`.
            let is_marked = summary.owner() == Some(OWNER)
                || run.is_some_and(|run| run.copies.iter().any(|copy| copy == id))
                || is_tagged(catalog, id, of).await?;
            let product = Resource::new(Kind::Product(catalog.clone()), id, name);
            found.push((product, is_marked));
        }
    }
    Ok(found)
}

async fn buckets(s3: &aws_sdk_s3::Client, region: &str) -> Result<Named> {
    let mut found = Vec::new();
    for bucket in Bucket::find(s3, region).await? {
        let is_marked = bucket.is_tagged().await?;
        found.push((Resource::bucket(bucket), is_marked));
    }
    Ok(found)
}

/// The run that this is of by its name, if it is the one looked for.
fn of<'n>(run: Option<Run<'_>>, name: &'n str) -> Option<&'n str> {
    run_of(name).filter(|found| run.is_none_or(|run| run.name == *found))
}

async fn is_tagged(catalog: &RegionalCatalog, id: &str, run: &str) -> Result<bool> {
    let answer = catalog.client.describe_product_as_admin().id(id).send();
    let answer = answer.await.map_err(failed("DescribeProductAsAdmin"))?;
    let mut tags = answer.tags().iter();
    Ok(tags.any(|it| it.key() == TAG && it.value() == run))
}
