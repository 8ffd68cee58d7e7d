use aws_sdk_servicecatalog::types::ProvisioningArtifactGuidance;

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
