use aws_sdk_servicecatalog::types::{
    ProductSource, ProductViewDetail, ProductViewFilterBy, ProvisioningArtifactGuidance,
};

use super::*;

#[tokio::test]
async fn a_product_is_described_by_id_and_by_name() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let by_id = client.describe_product_as_admin().id(id_of(&arn)).send();
    let by_name = client.describe_product_as_admin().name("Network").send();
    for answer in [by_id.await, by_name.await] {
        let answer = answer.expect("the product");
        let view = answer.product_view_detail().expect("a view");
        assert_eq!(view.product_arn(), Some(arn.as_str()));
        let summary = view.product_view_summary().expect("a summary");
        assert_eq!(summary.name(), Some("Network"));
        assert_eq!(summary.owner(), Some("Platform"));
        assert_eq!(summary.product_id(), Some(id_of(&arn)));
        assert_eq!(
            answer.provisioning_artifact_summaries()[1].name(),
            Some("v2")
        );
        assert_eq!(answer.tags()[0].key(), "cost-centre");
    }
    let absent = client.describe_product_as_admin().name("Absent").send();
    assert_eq!(code(absent.await), "ResourceNotFoundException");
    let neither = client.describe_product_as_admin().send();
    assert_eq!(code(neither.await), "InvalidParametersException");
}

#[tokio::test]
async fn versions_are_listed_with_their_state() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let answer = client.list_provisioning_artifacts().product_id(id_of(&arn));
    let answer = answer.send().await.expect("the versions");
    let details = answer.provisioning_artifact_details();
    assert_eq!(details.len(), 2);
    assert!(details[0].id().expect("an id").starts_with("pa-"));
    assert_eq!(details[0].active(), Some(true));
    assert_eq!(details[1].active(), Some(false));
    assert_eq!(
        details[1].guidance(),
        Some(&ProvisioningArtifactGuidance::Deprecated)
    );
    assert_eq!(details[1].description(), Some("Three subnets"));

    let elsewhere = hub_client(&fake, "eu-west-1");
    let answer = elsewhere
        .list_provisioning_artifacts()
        .product_id(id_of(&arn));
    assert_eq!(code(answer.send().await), "ResourceNotFoundException");
}

#[tokio::test]
async fn a_search_gives_the_products_page_by_page() {
    let (fake, _) = fake_with_product().await;
    for number in 2..=45 {
        let product = Product::new(&format!("Product {number}"), "Platform");
        fake.world().add_product(&hub(), product);
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
    fake.world().add_product(&spoke(), network());
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
        fake.world().add_product(&hub(), product);
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
    fake.world().add_product(&there, Product::new("Ours", "Us"));
    fake.world()
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
async fn a_product_shared_with_an_account_is_not_described_to_it() {
    let (fake, arn) = fake_with_product().await;
    let client = client(&fake, "us-east-1", spoke_credentials(&fake).await);
    let by_id = client.describe_product_as_admin().id(id_of(&arn)).send();
    assert_eq!(code(by_id.await), "ResourceNotFoundException");
    let by_name = client.describe_product_as_admin().name("Network").send();
    assert_eq!(code(by_name.await), "ResourceNotFoundException");
    let versions = client.list_provisioning_artifacts().product_id(id_of(&arn));
    assert_eq!(code(versions.send().await), "ResourceNotFoundException");
}

#[tokio::test]
async fn a_page_of_size_nought_is_a_whole_one_and_a_token_holds_for_any_size() {
    let (fake, _) = fake_with_product().await;
    for number in 2..=25 {
        let product = Product::new(&format!("Product {number}"), "Platform");
        fake.world().add_product(&hub(), product);
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
