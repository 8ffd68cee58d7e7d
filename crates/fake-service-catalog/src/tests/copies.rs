use aws_sdk_servicecatalog::types::{
    CopyOption, CopyProductStatus, ProvisioningArtifactPropertyName,
};

use super::*;
use crate::{Operation, Outcome};

#[tokio::test]
async fn a_copy_brings_every_version_to_the_callers_account_and_region() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;

    let token = copy(&client, &arn).await;
    assert_eq!(fake.state().products(&spoke()), [], "not before its time");
    let end = end_of(&client, &token).await;

    assert_eq!(
        end.copy_product_status(),
        Some(&CopyProductStatus::Succeeded)
    );
    let products = fake.state().products(&spoke());
    let [product] = products.as_slice() else {
        panic!("one product expected: {products:?}");
    };
    assert_eq!(end.target_product_id(), Some(product.id.as_str()));
    assert_eq!(
        (product.name.as_str(), product.owner.as_str()),
        ("Network", "Platform")
    );
    let names: Vec<_> = product.versions.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["v1", "v2"]);
    assert_eq!(product.versions[1].description, "Three subnets");
    assert!(
        product.tags.is_empty(),
        "tags are copied only when asked for"
    );
    assert_eq!(product.copied_from.as_deref(), Some(id_of(&arn)));
}

#[tokio::test]
async fn a_copy_takes_the_name_the_versions_and_the_tags_asked_for() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;
    let second = fake.state().products(&hub())[0].versions[1].id.clone();

    let request = client
        .copy_product()
        .source_product_arn(&arn)
        .target_product_name("Network (copied)")
        .source_provisioning_artifact_identifiers(
            [(ProvisioningArtifactPropertyName::Id, second.clone())].into(),
        )
        .copy_options(CopyOption::CopyTags);
    let token = token(&request.send().await.expect("the copy is accepted"));
    end_of(&client, &token).await;

    let product = fake.state().products(&spoke()).remove(0);
    assert_eq!(product.name, "Network (copied)");
    assert_eq!(product.tags["cost-centre"], "42");
    assert_eq!(product.versions.len(), 1);
    assert_eq!(product.versions[0].copied_from.as_ref(), Some(&second));
    assert_ne!(product.versions[0].id, second);
}

#[tokio::test]
async fn a_copy_into_a_named_product_adds_to_it() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;
    let existing = Product::new("Ours", "Us").version(Version::new("v0", ""));
    let existing = fake.state().add_product(&spoke(), existing);

    let request = client.copy_product().source_product_arn(&arn);
    let request = request.target_product_id(id_of(&existing));
    let token = token(&request.send().await.expect("the copy is accepted"));
    let end = end_of(&client, &token).await;

    assert_eq!(end.target_product_id(), Some(id_of(&existing)));
    let products = fake.state().products(&spoke());
    assert_eq!(products.len(), 1);
    assert_eq!(products[0].versions.len(), 3);
}

#[tokio::test]
async fn a_copy_into_a_named_product_renames_it_only_when_given_a_name() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;
    let existing = fake
        .state()
        .add_product(&spoke(), Product::new("Ours", "Us"));

    for (given, expected) in [(None, "Ours"), (Some("Theirs"), "Theirs")] {
        let request = client.copy_product().source_product_arn(&arn);
        let request = request.target_product_id(id_of(&existing));
        let request = request.set_target_product_name(given.map(str::to_owned));
        let token = token(&request.send().await.expect("the copy is accepted"));
        end_of(&client, &token).await;
        assert_eq!(fake.state().products(&spoke())[0].name, expected);
    }
}

#[tokio::test]
async fn a_copy_to_another_region_of_the_same_account_needs_no_sharing() {
    let (fake, _) = fake_with_product().await;
    let arn = fake.state().add_product(&hub(), network());
    let client = hub_client(&fake, "eu-central-1");

    let token = copy(&client, &arn).await;
    end_of(&client, &token).await;

    let target = Place::new(crate::HUB_ACCOUNT, "eu-central-1");
    assert_eq!(fake.state().products(&target).len(), 1);
}

#[tokio::test]
async fn a_copy_of_a_product_that_is_not_shared_is_accepted_and_fails() {
    let (fake, _) = fake_with_product().await;
    let arn = fake.state().add_product(&hub(), network());
    let client = spoke_client(&fake).await;

    let token = copy(&client, &arn).await;
    let end = end_of(&client, &token).await;

    assert_eq!(end.copy_product_status(), Some(&CopyProductStatus::Failed));
    assert_eq!(end.status_detail(), Some("Internal Failure"));
    assert_eq!(end.target_product_id(), None);
    assert_eq!(fake.state().products(&spoke()), []);
}

#[tokio::test]
async fn a_copy_is_visible_only_in_the_place_it_was_begun_in() {
    let (fake, arn) = fake_with_product().await;
    let token = copy(&spoke_client(&fake).await, &arn).await;

    let elsewhere = hub_client(&fake, "eu-west-1");
    let request = elsewhere.describe_copy_product_status();
    let result = request.copy_product_token(token).send().await;

    assert_eq!(code(result), "ResourceNotFoundException");
}

#[tokio::test]
async fn the_log_has_who_asked_for_what_where_and_what_came_of_it() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;
    let send = || {
        let request = client.copy_product().source_product_arn(&arn);
        request.idempotency_token("one").send()
    };
    let first = token(&send().await.expect("the copy is accepted"));
    send().await.expect("the copy is accepted");
    end_of(&client, &first).await;

    let calls = fake.state().calls.clone();
    let operations: Vec<_> = calls.iter().map(|call| call.operation).collect();
    assert_eq!(
        operations,
        [
            Operation::AssumeRole,
            Operation::CopyProduct,
            Operation::CopyProduct,
            Operation::DescribeCopyProductStatus,
            Operation::DescribeCopyProductStatus,
        ]
    );
    assert_eq!(calls[0].place, Place::new("111122223333", "us-east-1"));
    assert_eq!(calls[1].place, spoke());
    assert_eq!(calls[1].role_session_name.as_deref(), Some("a-session"));
    assert_eq!(calls[1].idempotency_token(), Some("one"));
    assert_eq!(calls[1].request["SourceProductArn"], arn);
    assert_eq!(calls[1].outcome, Outcome::NewCopy(first.clone()));
    assert_eq!(calls[2].outcome, Outcome::SameCopy(first));
    assert_eq!(calls[3].outcome, Outcome::Answered);
    assert_eq!(fake.state().calls_of(Operation::CopyProduct), calls[1..3]);
    assert_eq!(fake.state().accepted_copies(), 1);
}

#[tokio::test]
async fn ids_look_real_and_are_the_same_in_every_run() {
    let (one, arn) = fake_with_product().await;
    let (_two, same) = fake_with_product().await;
    assert_eq!(arn, same);

    let token = copy(&spoke_client(&one).await, &arn).await;
    let version = &one.state().products(&hub())[0].versions[0].id;
    for (id, prefix) in [
        (id_of(&arn), "prod-"),
        (version.as_str(), "pa-"),
        (token.as_str(), "copyproduct-"),
    ] {
        let random = id.strip_prefix(prefix).expect(prefix);
        assert_eq!(random.len(), 13);
        assert!(
            random
                .chars()
                .all(|c| c.is_ascii_digit() || c.is_ascii_lowercase())
        );
    }
}

#[tokio::test]
async fn a_dropped_fake_listens_no_more() {
    let (fake, _) = fake_with_product().await;
    let address = fake.address;
    TcpStream::connect(address).await.expect("a listener");
    drop(fake);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(address).await.is_err());
}
