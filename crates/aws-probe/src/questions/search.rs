use anyhow::Result;
use aws_sdk_servicecatalog::types::ProductViewFilterBy::SourceProductId;

use super::Setup;
use super::first_copy::FirstCopy;
use crate::answer::{Finding, same};
use crate::calls::failed;

/// The copy, and the products that a search by their source finds.
pub(super) struct Search {
    copy: String,
    found: Vec<String>,
}

pub(super) async fn observe(setup: &Setup<'_>, first: &Result<FirstCopy>) -> Result<Search> {
    let copy = first.as_ref().map_err(same)?.end.target()?.to_owned();
    let search = setup.catalogs.target.client.search_products_as_admin();
    let search = search.filters(SourceProductId, vec![setup.source_product.id.clone()]);
    let answer = search.send().await;
    let answer = answer.map_err(failed("SearchProductsAsAdmin"))?;
    let views = answer.product_view_details().iter();
    let summaries = views.filter_map(|it| it.product_view_summary());
    let found = summaries.filter_map(|it| it.product_id().map(str::to_owned));
    let found = found.collect();
    Ok(Search { copy, found })
}

pub(super) fn judge(Search { copy, found }: &Search) -> Finding {
    let answer = if found.contains(copy) { "yes" } else { "no" };
    Finding::new(answer, format!("{} found, {copy} looked for", found.len()))
}
