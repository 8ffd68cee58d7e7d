use aws_sdk_servicecatalog::types::{ProductViewDetail, Tag};

use super::*;
use crate::{Operation, Outcome};

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().expect("a tag")
}

/// The product's tags as `key=value`.
fn tags(fake: &ServiceCatalog) -> Vec<String> {
    let product = fake.state().products(&hub()).remove(0);
    let tags = product.tags.iter();
    tags.map(|(key, value)| format!("{key}={value}")).collect()
}

#[tokio::test]
async fn tags_are_added_changed_and_removed() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let update = || client.update_product().id(id_of(&arn));
    let steps = [
        (
            update().add_tags(tag("équipe: réseau", "a@b")),
            vec!["cost-centre=42", "équipe: réseau=a@b"],
        ),
        (
            update().add_tags(tag("cost-centre", "43")),
            vec!["cost-centre=43", "équipe: réseau=a@b"],
        ),
        (
            update()
                .remove_tags("cost-centre")
                .remove_tags("équipe: réseau")
                .add_tags(tag("cost-centre", "44")),
            vec!["cost-centre=44"],
        ),
        (update().remove_tags("absent"), vec!["cost-centre=44"]),
    ];
    for (request, expected) in steps {
        let answer = request.send().await.expect("an update");
        assert_eq!(tags(&fake), expected);
        let view = answer.product_view_detail().expect("a view");
        assert_eq!(view.product_arn(), Some(arn.as_str()));
        let answered = answer.tags().iter();
        let answered = answered.map(|tag| format!("{}={}", tag.key(), tag.value()));
        assert_eq!(answered.collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_product_is_renamed_and_keeps_its_tags() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let request = client.update_product().id(id_of(&arn)).name("Subnets");
    let answer = request.send().await.expect("an update");
    let view = answer.product_view_detail().expect("a view");
    let summary = view.product_view_summary().expect("a summary");
    assert_eq!(summary.name(), Some("Subnets"));
    assert_eq!(fake.state().products(&hub())[0].name, "Subnets");
    assert_eq!(tags(&fake), ["cost-centre=42"]);
}

/// What a view of a product says of it.
fn said(view: Option<&ProductViewDetail>) -> [Option<&str>; 7] {
    let summary = view.and_then(|view| view.product_view_summary());
    let summary = summary.expect("a summary");
    [
        summary.name(),
        summary.owner(),
        summary.short_description(),
        summary.distributor(),
        summary.support_description(),
        summary.support_email(),
        summary.support_url(),
    ]
}

#[tokio::test]
async fn what_is_said_of_a_product_is_updated_kept_copied_and_given_back() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let update = || client.update_product().id(id_of(&arn));
    let request = update().owner("Networkers").description("Subnets");
    let request = request.distributor("IT").support_description("Ask us");
    let request = request.support_email("us@example.com");
    let request = request.support_url("https://example.com");
    let answer = request.send().await.expect("an update");
    let expected = [
        "Network",
        "Networkers",
        "Subnets",
        "IT",
        "Ask us",
        "us@example.com",
        "https://example.com",
    ]
    .map(Some);
    assert_eq!(said(answer.product_view_detail()), expected);
    let answer = update().name("Network").send().await.expect("an update");
    assert_eq!(said(answer.product_view_detail()), expected, "all is kept");

    let answer = client.describe_product_as_admin().id(id_of(&arn));
    let answer = answer.send().await.expect("the product");
    assert_eq!(said(answer.product_view_detail()), expected);
    let answer = client.search_products_as_admin().send().await;
    let answer = answer.expect("a page");
    assert_eq!(said(answer.product_view_details().first()), expected);

    let spoke = spoke_client(&fake).await;
    let token = copy(&spoke, &arn).await;
    end_of(&spoke, &token).await;
    let answer = spoke.search_products_as_admin().send().await;
    let answer = answer.expect("a page");
    assert_eq!(said(answer.product_view_details().first()), expected);
}

#[tokio::test]
async fn an_update_beyond_a_limit_changes_nothing() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let update = || client.update_product().id(id_of(&arn)).name("Changed");
    let twenty = || (1..=20).map(|number| tag(&format!("key{number}"), "value"));
    let (long, longer) = ("x".repeat(129), "x".repeat(257));
    let twenty_one = twenty().chain([tag("one-more", "value")]).collect();
    for (request, error) in [
        (
            update().set_add_tags(Some(twenty().collect())),
            "InvalidParametersException",
        ),
        (
            update().set_add_tags(Some(twenty_one)),
            "ValidationException",
        ),
        (update().add_tags(tag(&long, "v")), "ValidationException"),
        (update().add_tags(tag("k", &longer)), "ValidationException"),
        (update().add_tags(tag("k", "")), "ValidationException"),
        (update().add_tags(tag("k!", "v")), "ValidationException"),
        (update().remove_tags(""), "ValidationException"),
        (update().name("x".repeat(8192)), "ValidationException"),
        (update().owner("x".repeat(8192)), "ValidationException"),
        (
            update().description("x".repeat(8192)),
            "ValidationException",
        ),
        (
            update().distributor("x".repeat(8192)),
            "ValidationException",
        ),
        (
            update().support_description("x".repeat(8192)),
            "ValidationException",
        ),
        (
            update().support_email("x".repeat(255)),
            "ValidationException",
        ),
        (
            update().support_url("x".repeat(2084)),
            "ValidationException",
        ),
        (update().id("prod-absent"), "ResourceNotFoundException"),
    ] {
        assert_eq!(code(request.send().await), error);
        assert_eq!(tags(&fake), ["cost-centre=42"]);
        assert_eq!(fake.state().products(&hub())[0].name, "Network");
    }
    let request = update().remove_tags("cost-centre");
    let request = request.set_add_tags(Some(twenty().collect()));
    request.send().await.expect("room for twenty");
    assert_eq!(tags(&fake).len(), 20);
}

#[tokio::test]
async fn a_writing_call_counts_whatever_comes_of_it_and_a_reading_one_never() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let id = id_of(&arn);
    let version = fake.state().products(&hub())[0].versions[0].id.clone();
    let portfolio = fake.state().add_portfolio(&hub(), "Everyone");

    let read = client.describe_product_as_admin().id(id).send().await;
    read.expect("the product");
    let read = client.search_products_as_admin().send().await;
    read.expect("a page");
    let read = client.list_provisioning_artifacts().product_id(id).send();
    read.await.expect("the versions");
    let read = client.list_portfolios_for_product().product_id(id).send();
    read.await.expect("no portfolios");
    let read = client.describe_provisioning_artifact().product_id(id);
    let read = read.provisioning_artifact_id(&version).send().await;
    read.expect("the version");
    assert_eq!(fake.state().writing_calls(), 0);

    let token = copy(&client, &arn).await;
    assert_eq!(fake.state().writing_calls(), 1);
    end_of(&client, &token).await;
    let write = client.update_provisioning_artifact().product_id(id);
    let write = write.provisioning_artifact_id(&version).send().await;
    write.expect("an update");
    assert_eq!(fake.state().writing_calls(), 2);
    let write = client.update_product().id("prod-absent").send().await;
    assert_eq!(code(write), "ResourceNotFoundException");
    assert_eq!(fake.state().writing_calls(), 3);
    let write = client.associate_product_with_portfolio().product_id(id);
    let write = write.portfolio_id(portfolio).send().await;
    write.expect("an association");
    assert_eq!(fake.state().writing_calls(), 4);

    let outcome = |operation| fake.state().calls_of(operation)[0].outcome.clone();
    let associate = Operation::AssociateProductWithPortfolio;
    assert_eq!(outcome(associate), Outcome::Updated);
    assert_eq!(
        outcome(Operation::UpdateProvisioningArtifact),
        Outcome::Updated
    );
}

#[tokio::test]
async fn what_people_do_to_a_product_between_copies_is_seen_by_callers() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let second = fake.state().products(&hub())[0].versions[1].id.clone();
    let third = fake.state().publish(&arn, Version::new("v3", ""));
    let fourth = fake.state().publish(&arn, Version::new("v4", ""));
    fake.state().rename_version(&arn, &third, "v3.0");
    fake.state().deprecate(&arn, &third);
    fake.state().deactivate(&arn, &fourth);
    fake.state().remove_version(&arn, &second);
    fake.state().rename_product(&arn, "Subnets");

    let answer = client.describe_product_as_admin().name("Subnets").send();
    answer.await.expect("the product by its new name");
    let answer = client.list_provisioning_artifacts().product_id(id_of(&arn));
    let answer = answer.send().await.expect("the versions");
    let versions: Vec<_> = answer
        .provisioning_artifact_details()
        .iter()
        .map(|detail| {
            let guidance = detail.guidance().map(ToString::to_string);
            (detail.name().unwrap_or(""), detail.active(), guidance)
        })
        .collect();
    let (default, deprecated) = ("DEFAULT".to_owned(), "DEPRECATED".to_owned());
    assert_eq!(
        versions,
        [
            ("v1", Some(true), Some(default.clone())),
            ("v3.0", Some(true), Some(deprecated)),
            ("v4", Some(false), Some(default)),
        ]
    );
}
