use aws_sdk_servicecatalog::types::{ProductViewFilterBy, ProvisioningArtifactGuidance};

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
