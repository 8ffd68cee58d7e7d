use aws_sdk_servicecatalog::types::{ProductSource, ProductViewDetail, ProductViewFilterBy};

use super::*;

#[tokio::test]
async fn a_search_gives_the_products_page_by_page() {
    let (fake, _) = fake_with_product().await;
    for number in 2..=45 {
        let product = Product::new(&format!("Product {number}"), "Platform");
        fake.state().add_product(&hub(), product);
    }
    let client = hub_client(&fake, "us-east-1");
    let pages = client.search_products_as_admin().into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.expect("all pages");
    let sizes: Vec<_> = pages
        .iter()
        .map(|page| page.product_view_details().len())
        .collect();
    assert_eq!(sizes, [20, 20, 5]);

    let too_large = client.search_products_as_admin().page_size(21).send();
    assert_eq!(code(too_large.await), "ValidationException");
    let no_token = client.search_products_as_admin().page_token("x").send();
    assert_eq!(code(no_token.await), "InvalidParametersException");
}

#[tokio::test]
async fn a_search_finds_what_was_copied_from_a_product() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;
    fake.state().add_product(&spoke(), network());
    let token = copy(&client, &arn).await;
    let end = end_of(&client, &token).await;

    for (filter, value, found) in [
        (ProductViewFilterBy::SourceProductId, id_of(&arn), 1),
        (ProductViewFilterBy::FullTextSearch, "network", 2),
        (ProductViewFilterBy::FullTextSearch, "database", 0),
        (ProductViewFilterBy::Owner, "Platform", 2),
        (ProductViewFilterBy::Owner, "Nobody", 0),
    ] {
        let request = client.search_products_as_admin();
        let request = request.filters(filter.clone(), vec![value.to_owned()]);
        let answer = request.send().await.expect("a page");
        let views = answer.product_view_details();
        assert_eq!(views.len(), found, "{filter}: {value}");
        if filter == ProductViewFilterBy::SourceProductId {
            let summary = views[0].product_view_summary().expect("a summary");
            assert_eq!(summary.product_id(), end.target_product_id());
        }
    }
}

#[tokio::test]
async fn a_full_text_search_finds_more_than_the_exact_name() {
    let (fake, _) = fake_with_product().await;
    for name in ["Network (copied)", "VPC", "network-vpc", "Database"] {
        let product = Product::new(name, "Platform");
        fake.state().add_product(&hub(), product);
    }
    let client = hub_client(&fake, "us-east-1");
    for (text, expected) in [
        (
            "Network (copied)",
            vec!["Network", "Network (copied)", "network-vpc"],
        ),
        ("vpc", vec!["VPC", "network-vpc"]),
        ("(", vec!["Network (copied)"]),
        ("!", vec![]),
    ] {
        let request = client.search_products_as_admin();
        let filter = ProductViewFilterBy::FullTextSearch;
        let request = request.filters(filter, vec![text.to_owned()]);
        let answer = request.send().await.expect("a page");
        assert_eq!(names(answer.product_view_details()), expected, "{text}");
    }
    let request = client.search_products_as_admin();
    let request = request.filters("Colour".into(), vec!["blue".to_owned()]);
    assert_eq!(code(request.send().await), "ValidationException");
}

#[tokio::test]
async fn a_search_of_the_accounts_own_products_leaves_out_those_shared_with_it() {
    let (fake, _) = fake_with_product().await;
    let there = Place::new(SPOKE_ACCOUNT, "us-east-1");
    fake.state().add_product(&there, Product::new("Ours", "Us"));
    fake.state()
        .add_product(&hub(), Product::new("Secret", "Platform"));
    let client = client(&fake, "us-east-1", spoke_credentials(&fake).await);
    let search = || client.search_products_as_admin();

    let own = search().product_source(ProductSource::Account).send();
    let own = own.await.expect("a page");
    assert_eq!(names(own.product_view_details()), ["Ours"]);
    let all = search().send().await.expect("a page");
    assert_eq!(names(all.product_view_details()), ["Network", "Ours"]);
    let unknown = search().product_source("PORTFOLIO".into()).send().await;
    assert_eq!(code(unknown), "ValidationException");
}

#[tokio::test]
async fn a_page_of_size_nought_is_a_whole_one_and_a_token_holds_for_any_size() {
    let (fake, _) = fake_with_product().await;
    for number in 2..=25 {
        let product = Product::new(&format!("Product {number}"), "Platform");
        fake.state().add_product(&hub(), product);
    }
    let client = hub_client(&fake, "us-east-1");
    let page = async |size, token: Option<String>| {
        let request = client.search_products_as_admin().page_size(size);
        let answer = request.set_page_token(token).send().await;
        let answer = answer.expect("a page");
        let found = answer.product_view_details().len();
        (found, answer.next_page_token().map(str::to_owned))
    };
    let (found, token) = page(0, None).await;
    assert_eq!(found, 20);
    let (found, token) = page(4, token).await;
    assert_eq!(found, 4);
    assert_eq!(page(1, token).await, (1, None), "no token after the last");
    let negative = client.search_products_as_admin().page_size(-1).send();
    assert_eq!(code(negative.await), "ValidationException");
}

fn names(views: &[ProductViewDetail]) -> Vec<&str> {
    let summaries = views.iter().filter_map(|view| view.product_view_summary());
    summaries.filter_map(|summary| summary.name()).collect()
}
