//! Products of the account itself.

use aws_sdk_servicecatalog::types::{ProductSource, Tag};
use std::collections::BTreeMap;

use super::{RegionalCatalog, failure::explain};
use crate::error::{Error, Service};

/// A product, without its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// `prod-…`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// What a person sees.
    pub name: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Largest page of `SearchProductsAsAdmin`.
const PAGE: i32 = 20;

impl RegionalCatalog {
    /// A product of this account by its id.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn describe_product_as_admin(&self, id: &str) -> Result<Product, Error> {
        let answer = self
            .0
            .describe_product_as_admin()
            .id(id)
            .send()
            .await
            .map_err(|error| {
                explain(
                    &error,
                    "is there such a product in this Region and account?",
                )
            })?;
        let detail = answer.product_view_detail;
        let incomplete = || {
            Error::no_answer(
                Service::ServiceCatalog,
                "DescribeProductAsAdmin answered without the product",
            )
        };
        let arn = detail.as_ref().and_then(|it| it.product_arn.clone());
        let name = detail
            .and_then(|it| it.product_view_summary)
            .and_then(|it| it.name);
        Ok(Product {
            id: id.to_owned(),
            arn: arn.ok_or_else(incomplete)?,
            name: name.ok_or_else(incomplete)?,
            tags: answer
                .tags
                .unwrap_or_default()
                .into_iter()
                .map(|it| (it.key, it.value))
                .collect(),
        })
    }

    /// The ids of this account's own products with exactly this name.
    ///
    /// All are listed: what a search for a name finds is documented nowhere.
    ///
    /// # Errors
    /// Errors of Service Catalog and `TargetNotAccessible`.
    pub async fn products_named(&self, name: &str) -> Result<Vec<String>, Error> {
        let mut pages = self
            .0
            .search_products_as_admin()
            .product_source(ProductSource::Account)
            .page_size(PAGE)
            .into_paginator()
            .send();
        let mut ids = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| explain(&error, "is this Region in use?"))?;
            let details = page.product_view_details.unwrap_or_default().into_iter();
            let summaries = details.filter_map(|detail| detail.product_view_summary);
            ids.extend(
                summaries
                    .filter(|summary| summary.name.as_deref() == Some(name))
                    .filter_map(|summary| summary.product_id),
            );
        }
        Ok(ids)
    }

    /// Renames a product, and adds, changes and removes tags of it.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn update_product(
        &self,
        id: &str,
        name: Option<&str>,
        add_tags: &BTreeMap<String, String>,
        remove_tags: &[String],
    ) -> Result<(), Error> {
        let mut tags = Vec::new();
        for (key, value) in add_tags {
            let tag = Tag::builder().key(key).value(value).build();
            tags.push(
                tag.map_err(|error| Error::no_answer(Service::ServiceCatalog, &error.to_string()))?,
            );
        }
        self.0
            .update_product()
            .id(id)
            .set_name(name.map(str::to_owned))
            .set_add_tags((!tags.is_empty()).then_some(tags))
            .set_remove_tags((!remove_tags.is_empty()).then(|| remove_tags.to_vec()))
            .send()
            .await
            .map_err(|error| explain(&error, "was the product deleted in the meantime?"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_servicecatalog::{
        Client,
        operation::{
            describe_product_as_admin::DescribeProductAsAdminOutput,
            search_products_as_admin::SearchProductsAsAdminOutput,
            update_product::UpdateProductOutput,
        },
        types::{ProductViewDetail, ProductViewSummary},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    fn catalog(rules: &[&Rule]) -> RegionalCatalog {
        RegionalCatalog(mock_client!(
            aws_sdk_servicecatalog,
            RuleMode::Sequential,
            rules
        ))
    }

    fn detail(id: &str, name: &str) -> ProductViewDetail {
        let summary = ProductViewSummary::builder().product_id(id).name(name);
        ProductViewDetail::builder()
            .product_view_summary(summary.build())
            .product_arn(format!("arn:{id}"))
            .build()
    }

    #[tokio::test]
    async fn products_are_found_by_exactly_their_name_on_every_page() {
        let first = mock!(Client::search_products_as_admin)
            .match_requests(|it| {
                it.filters().is_none()
                    && it.product_source() == Some(&ProductSource::Account)
                    && it.page_token().is_none()
            })
            .then_output(|| {
                SearchProductsAsAdminOutput::builder()
                    .product_view_details(detail("prod-1", "VPC"))
                    .product_view_details(detail("prod-2", "VPC (old)"))
                    .product_view_details(detail("prod-3", "vpc"))
                    .next_page_token("more")
                    .build()
            });
        let second = mock!(Client::search_products_as_admin)
            .match_requests(|it| it.page_token() == Some("more"))
            .then_output(|| {
                SearchProductsAsAdminOutput::builder()
                    .product_view_details(detail("prod-4", "VPC"))
                    .build()
            });
        let found = catalog(&[&first, &second]).products_named("VPC").await;
        assert_eq!(found, Ok(vec!["prod-1".to_owned(), "prod-4".to_owned()]));
    }

    #[tokio::test]
    async fn a_product_is_described_with_its_arn_and_tags() {
        let rule = mock!(Client::describe_product_as_admin)
            .match_requests(|it| it.id() == Some("prod-1"))
            .then_output(|| {
                let tag = Tag::builder().key("team").value("network").build();
                DescribeProductAsAdminOutput::builder()
                    .product_view_detail(detail("prod-1", "VPC"))
                    .tags(tag.expect("is a tag"))
                    .build()
            });
        let product = catalog(&[&rule]).describe_product_as_admin("prod-1").await;
        let expected = Product {
            id: "prod-1".to_owned(),
            arn: "arn:prod-1".to_owned(),
            name: "VPC".to_owned(),
            tags: BTreeMap::from([("team".to_owned(), "network".to_owned())]),
        };
        assert_eq!(product, Ok(expected));
    }

    #[tokio::test]
    async fn an_answer_without_the_product_its_arn_or_its_name_is_no_answer() {
        let summary = ProductViewSummary::builder().name("VPC").build();
        let without_arn = ProductViewDetail::builder().product_view_summary(summary);
        let without_name = ProductViewDetail::builder().product_arn("arn:prod-1");
        for detail in [None, Some(without_arn.build()), Some(without_name.build())] {
            let rule = mock!(Client::describe_product_as_admin).then_output(move || {
                DescribeProductAsAdminOutput::builder()
                    .set_product_view_detail(detail.clone())
                    .build()
            });
            let error = catalog(&[&rule]).describe_product_as_admin("prod-1").await;
            let error = error.expect_err("is an error");
            assert_eq!(error.name(), "ServiceCatalog.SdkClientException");
        }
    }

    #[tokio::test]
    async fn only_the_tags_that_change_are_sent() {
        let rule = mock!(Client::update_product)
            .match_requests(|it| {
                let added = it.add_tags().iter().map(|it| (it.key(), it.value()));
                it.id() == Some("prod-1")
                    && it.name() == Some("VPC")
                    && added.eq([("team", "network")])
                    && it.remove_tags.is_none()
            })
            .then_output(|| UpdateProductOutput::builder().build());
        let added = BTreeMap::from([("team".to_owned(), "network".to_owned())]);
        let catalog = catalog(&[&rule]);
        let done = catalog.update_product("prod-1", Some("VPC"), &added, &[]);
        assert_eq!(done.await, Ok(()));
    }
}
