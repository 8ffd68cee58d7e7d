//! Products of the account itself.

use aws_sdk_servicecatalog::types::{ProductSource, Tag};
use std::collections::BTreeMap;

use super::{MAX_ITEMS, Pages, RegionalCatalog, check_items, failure::explain};
use crate::error::{Error, Service};

/// A product, without its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// `prod-…`.
    pub id: String,
    /// Its ARN.
    pub arn: Option<String>,
    /// What a person sees.
    pub name: String,
    /// `CLOUD_FORMATION_TEMPLATE`, or what else launches it.
    pub product_type: Option<String>,
    /// What else is said of it.
    pub details: Details,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// What is said of a product besides its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// What it is.
    pub description: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Who has published it.
    pub distributor: Option<String>,
    /// How to get help.
    pub support_description: Option<String>,
    /// Whom to write to.
    pub support_email: Option<String>,
    /// Where to read on.
    pub support_url: Option<String>,
}

/// What of a product is changed; what is absent or empty stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductUpdate {
    /// Its name.
    pub name: Option<String>,
    /// What else is said of it.
    pub details: Details,
    /// Tags that are added, or whose value is changed.
    pub add_tags: BTreeMap<String, String>,
    /// The keys of tags that are removed.
    pub remove_tags: Vec<String>,
}

impl Details {
    /// What has to change to be as `wanted`. What `wanted` lacks stays.
    #[must_use]
    pub fn changes(&self, wanted: &Self) -> Self {
        let change = |has: &Option<String>, wanted: &Option<String>| {
            let is_other = |it: &String| !it.is_empty() && has.as_ref() != Some(it);
            wanted.clone().filter(is_other)
        };
        Self {
            description: change(&self.description, &wanted.description),
            owner: change(&self.owner, &wanted.owner),
            distributor: change(&self.distributor, &wanted.distributor),
            support_description: change(&self.support_description, &wanted.support_description),
            support_email: change(&self.support_email, &wanted.support_email),
            support_url: change(&self.support_url, &wanted.support_url),
        }
    }

    /// The names of those that are there, as `UpdateProduct` has them.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let members = [
            ("Description", &self.description),
            ("Owner", &self.owner),
            ("Distributor", &self.distributor),
            ("SupportDescription", &self.support_description),
            ("SupportEmail", &self.support_email),
            ("SupportUrl", &self.support_url),
        ];
        let there = members.into_iter().filter(|(_, value)| value.is_some());
        there.map(|(name, _)| name)
    }
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
        let incomplete = || {
            Error::no_answer(
                Service::ServiceCatalog,
                "DescribeProductAsAdmin answered without the product",
            )
        };
        let detail = answer.product_view_detail.ok_or_else(incomplete)?;
        let summary = detail.product_view_summary.ok_or_else(incomplete)?;
        Ok(Product {
            id: id.to_owned(),
            arn: detail.product_arn.filter(|arn| !arn.is_empty()),
            name: summary.name.ok_or_else(incomplete)?,
            product_type: summary.r#type.map(|it| it.as_str().to_owned()),
            details: Details {
                description: summary.short_description,
                owner: summary.owner,
                distributor: summary.distributor,
                support_description: summary.support_description,
                support_email: summary.support_email,
                support_url: summary.support_url,
            },
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
        let mut pages = Pages::default();
        let mut ids = Vec::new();
        loop {
            let page = self
                .0
                .search_products_as_admin()
                .product_source(ProductSource::Account)
                .page_size(PAGE)
                .set_page_token(pages.token.clone())
                .send()
                .await
                .map_err(|error| explain(&error, "is this Region in use?"))?;
            let details = page.product_view_details.unwrap_or_default().into_iter();
            let summaries = details.filter_map(|detail| detail.product_view_summary);
            ids.extend(
                summaries
                    .filter(|summary| summary.name.as_deref() == Some(name))
                    .filter_map(|summary| summary.product_id)
                    .filter(|id| !id.is_empty()),
            );
            check_items(ids.len(), MAX_ITEMS)?;
            if !pages.turn(page.next_page_token)? {
                return Ok(ids);
            }
        }
    }

    /// Changes a product.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn update_product(&self, id: &str, update: ProductUpdate) -> Result<(), Error> {
        let ProductUpdate {
            name,
            details,
            add_tags,
            remove_tags,
        } = update;
        let mut tags = Vec::new();
        for (key, value) in add_tags {
            let tag = Tag::builder().key(key).value(value).build();
            tags.push(tag.map_err(|error| Error::invalid_request(error.to_string()))?);
        }
        self.0
            .update_product()
            .id(id)
            .set_name(name)
            .set_description(details.description)
            .set_owner(details.owner)
            .set_distributor(details.distributor)
            .set_support_description(details.support_description)
            .set_support_email(details.support_email)
            .set_support_url(details.support_url)
            .set_add_tags((!tags.is_empty()).then_some(tags))
            .set_remove_tags((!remove_tags.is_empty()).then_some(remove_tags))
            .send()
            .await
            .map_err(|error| explain(&error, "was the product deleted in the meantime?"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use aws_sdk_servicecatalog::{
        Client,
        operation::{
            describe_product_as_admin::DescribeProductAsAdminOutput,
            search_products_as_admin::SearchProductsAsAdminOutput,
            update_product::UpdateProductOutput,
        },
        types::{ProductType, ProductViewDetail, ProductViewSummary},
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
    async fn a_list_that_does_not_end_is_an_error() {
        for next in ["same".to_owned(), String::new()] {
            let number = AtomicUsize::new(0);
            let rule = mock!(Client::search_products_as_admin).then_output(move || {
                let number = number.fetch_add(1, Ordering::Relaxed);
                let next = if next.is_empty() {
                    number.to_string()
                } else {
                    next.clone()
                };
                let page = SearchProductsAsAdminOutput::builder();
                page.next_page_token(next).build()
            });
            let catalog = RegionalCatalog(mock_client!(
                aws_sdk_servicecatalog,
                RuleMode::MatchAny,
                [&rule]
            ));
            let error = catalog.products_named("VPC").await.expect_err("never ends");
            assert_eq!(error.name(), "TooManyPages");
            assert!(rule.num_calls() <= 500, "{}", rule.num_calls());
        }
    }

    #[tokio::test]
    async fn a_product_is_described_with_all_its_details() {
        let rule = mock!(Client::describe_product_as_admin)
            .match_requests(|it| it.id() == Some("prod-1"))
            .then_output(|| {
                let tag = Tag::builder().key("team").value("network").build();
                let summary = ProductViewSummary::builder()
                    .name("VPC")
                    .r#type(ProductType::External)
                    .short_description("Two subnets")
                    .owner("Platform")
                    .distributor("Hub")
                    .support_description("Ask us")
                    .support_email("us@example.com")
                    .support_url("https://example.com");
                let detail = ProductViewDetail::builder()
                    .product_view_summary(summary.build())
                    .product_arn("arn:prod-1");
                DescribeProductAsAdminOutput::builder()
                    .product_view_detail(detail.build())
                    .tags(tag.expect("is a tag"))
                    .build()
            });
        let product = catalog(&[&rule]).describe_product_as_admin("prod-1").await;
        let text = |text: &str| Some(text.to_owned());
        let expected = Product {
            id: "prod-1".to_owned(),
            arn: text("arn:prod-1"),
            name: "VPC".to_owned(),
            product_type: text("EXTERNAL"),
            details: Details {
                description: text("Two subnets"),
                owner: text("Platform"),
                distributor: text("Hub"),
                support_description: text("Ask us"),
                support_email: text("us@example.com"),
                support_url: text("https://example.com"),
            },
            tags: BTreeMap::from([("team".to_owned(), "network".to_owned())]),
        };
        assert_eq!(product, Ok(expected));
    }

    #[tokio::test]
    async fn an_answer_without_an_arn_is_one() {
        for arn in [None, Some("")] {
            let rule = mock!(Client::describe_product_as_admin).then_output(move || {
                let summary = ProductViewSummary::builder().name("VPC").build();
                let detail = ProductViewDetail::builder().product_view_summary(summary);
                let detail = detail.set_product_arn(arn.map(str::to_owned)).build();
                DescribeProductAsAdminOutput::builder()
                    .product_view_detail(detail)
                    .build()
            });
            let product = catalog(&[&rule]).describe_product_as_admin("prod-1").await;
            assert_eq!(product.expect("is an answer").arn, None);
        }
    }

    #[test]
    fn what_the_source_lacks_stays() {
        let text = |text: &str| Some(text.to_owned());
        let has = Details {
            description: text("old"),
            owner: text("Platform"),
            support_url: text("https://example.com"),
            ..Details::default()
        };
        let wanted = Details {
            description: text("new"),
            owner: text("Platform"),
            distributor: text("Hub"),
            support_url: text(""),
            ..Details::default()
        };
        let changes = has.changes(&wanted);
        assert_eq!(
            changes.names().collect::<Vec<_>>(),
            ["Description", "Distributor"]
        );
        assert_eq!(changes.description, wanted.description);
        assert_eq!(wanted.changes(&wanted), Details::default());
    }

    #[tokio::test]
    async fn an_answer_without_the_product_or_its_name_is_no_answer() {
        let without_name = ProductViewDetail::builder().product_arn("arn:prod-1");
        for detail in [None, Some(without_name.build())] {
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
    async fn only_what_changes_is_sent() {
        let rule = mock!(Client::update_product)
            .match_requests(|it| {
                let added = it.add_tags().iter().map(|it| (it.key(), it.value()));
                it.id() == Some("prod-1")
                    && it.name() == Some("VPC")
                    && added.eq([("team", "network")])
                    && it.remove_tags.is_none()
                    && it.support_email() == Some("us@example.com")
                    && it.description().is_none()
            })
            .then_output(|| UpdateProductOutput::builder().build());
        let update = ProductUpdate {
            name: Some("VPC".to_owned()),
            details: Details {
                support_email: Some("us@example.com".to_owned()),
                ..Details::default()
            },
            add_tags: BTreeMap::from([("team".to_owned(), "network".to_owned())]),
            remove_tags: Vec::new(),
        };
        let catalog = catalog(&[&rule]);
        let done = catalog.update_product("prod-1", update);
        assert_eq!(done.await, Ok(()));
    }
}
