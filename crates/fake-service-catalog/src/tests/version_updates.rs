use aws_sdk_servicecatalog::types::{ProvisioningArtifactGuidance, Status};

use super::*;

#[tokio::test]
async fn a_version_is_updated_in_the_members_given_and_in_no_others() {
    let (fake, arn) = fake_with_product().await;
    let id = fake.state().products(&hub())[0].versions[0].id.clone();
    let client = hub_client(&fake, "us-east-1");
    let update = || {
        let request = client.update_provisioning_artifact();
        let request = request.product_id(id_of(&arn));
        request.provisioning_artifact_id(&id)
    };
    let deprecated = ProvisioningArtifactGuidance::Deprecated;
    let steps = [
        (update(), ("v1", "Two subnets", true, "DEFAULT")),
        (
            update().active(false),
            ("v1", "Two subnets", false, "DEFAULT"),
        ),
        (
            update().guidance(deprecated),
            ("v1", "Two subnets", false, "DEPRECATED"),
        ),
        (
            update().name("v1.0"),
            ("v1.0", "Two subnets", false, "DEPRECATED"),
        ),
        (
            update().description("").active(true),
            ("v1.0", "", true, "DEPRECATED"),
        ),
    ];
    for (request, expected) in steps {
        let answer = request.send().await.expect("an update");
        let detail = answer.provisioning_artifact_detail().expect("a detail");
        assert_eq!(detail.name(), Some(expected.0));
        assert_eq!(answer.status(), Some(&Status::Available));
        let version = fake.state().products(&hub())[0].versions[0].clone();
        let now = (version.name.as_str(), version.description.as_str());
        let now = (now.0, now.1, version.active, version.guidance.as_str());
        assert_eq!(now, expected);
    }
}

#[tokio::test]
async fn a_version_is_not_updated_through_a_share_nor_beyond_its_limits() {
    let (fake, arn) = fake_with_product().await;
    let before = fake.state().products(&hub());
    let id = before[0].versions[0].id.clone();
    let owner = hub_client(&fake, "us-east-1");
    let sharer = client(&fake, "us-east-1", spoke_credentials(&fake).await);
    let update = |client: &Client| {
        let request = client.update_provisioning_artifact().active(false);
        let request = request.product_id(id_of(&arn));
        request.provisioning_artifact_id(&id)
    };
    let long = "x".repeat(8193);
    for (request, error) in [
        (update(&sharer), "ResourceNotFoundException"),
        (
            update(&owner).provisioning_artifact_id("pa-absent"),
            "ResourceNotFoundException",
        ),
        (
            update(&owner).set_product_id(Some(String::new())),
            "ValidationException",
        ),
        (
            update(&owner).guidance("BEST".into()),
            "ValidationException",
        ),
        (update(&owner).name(&long), "ValidationException"),
        (update(&owner).description(&long), "ValidationException"),
    ] {
        assert_eq!(code(request.send().await), error);
    }
    assert_eq!(fake.state().products(&hub()), before);
}
