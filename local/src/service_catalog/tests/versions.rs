use aws_sdk_servicecatalog::types::{ProvisioningArtifactGuidance, Status};

use super::*;

/// A version's name, status, Active and Guidance.
async fn described(client: &Client, arn: &str, id: &str) -> (String, Status, bool, String) {
    let request = client
        .describe_provisioning_artifact()
        .product_id(id_of(arn));
    let answer = request.provisioning_artifact_id(id).send().await;
    let answer = answer.expect("the version");
    let detail = answer.provisioning_artifact_detail().expect("a detail");
    assert_eq!(detail.id(), Some(id));
    (
        detail.name().expect("a name").to_owned(),
        answer.status().expect("a status").clone(),
        detail.active().expect("active or not"),
        detail.guidance().expect("a guidance").to_string(),
    )
}

#[tokio::test]
async fn a_version_is_described_with_its_status() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    for (version, status, active, guidance) in [
        (Version::new("a", ""), Status::Available, true, "DEFAULT"),
        (
            Version::new("b", "").creating(),
            Status::Creating,
            true,
            "DEFAULT",
        ),
        (
            Version::new("c", "").failed().inactive(),
            Status::Failed,
            false,
            "DEFAULT",
        ),
        (
            Version::new("d", "").deprecated(),
            Status::Available,
            true,
            "DEPRECATED",
        ),
    ] {
        let name = version.name.clone();
        let id = fake.world().publish(&arn, version);
        let expected = (name, status, active, guidance.to_owned());
        assert_eq!(described(&client, &arn, &id).await, expected);
    }
}

#[tokio::test]
async fn a_version_is_described_only_where_it_is_and_by_both_ids() {
    let (fake, arn) = fake_with_product().await;
    let version = fake.world().products(&hub())[0].versions[0].id.clone();
    let here = hub_client(&fake, "us-east-1");
    let elsewhere = hub_client(&fake, "eu-west-1");
    for (client, product, version, error) in [
        (
            &here,
            Some(id_of(&arn)),
            Some("pa-absent"),
            "ResourceNotFoundException",
        ),
        (
            &here,
            Some("prod-absent"),
            Some(version.as_str()),
            "ResourceNotFoundException",
        ),
        (
            &elsewhere,
            Some(id_of(&arn)),
            Some(version.as_str()),
            "ResourceNotFoundException",
        ),
        (
            &here,
            None,
            Some(version.as_str()),
            "InvalidParametersException",
        ),
        (&here, Some(id_of(&arn)), None, "InvalidParametersException"),
        (
            &here,
            Some(id_of(&arn)),
            Some("pa/1"),
            "ValidationException",
        ),
    ] {
        let request = client.describe_provisioning_artifact();
        let request = request.set_product_id(product.map(str::to_owned));
        let request = request.set_provisioning_artifact_id(version.map(str::to_owned));
        assert_eq!(code(request.send().await), error, "{product:?} {version:?}");
    }
}

#[tokio::test]
async fn a_version_is_available_after_some_descriptions_when_told_to() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let id = fake
        .world()
        .publish(&arn, Version::new("v3", "").creating());
    for (switch, expected) in [
        (None, Status::Creating),
        (None, Status::Creating),
        (Some(3), Status::Creating),
        (Some(3), Status::Available),
        (None, Status::Available),
    ] {
        fake.world().settings.describes_before_available = switch;
        let (_, status, ..) = described(&client, &arn, &id).await;
        assert_eq!(status, expected);
    }
}

#[tokio::test]
async fn a_listed_version_was_created_later_than_those_before_it() {
    let (fake, arn) = fake_with_product().await;
    fake.world().publish(&arn, Version::new("v3", ""));
    let client = hub_client(&fake, "us-east-1");
    let answer = client.list_provisioning_artifacts().product_id(id_of(&arn));
    let answer = answer.send().await.expect("the versions");
    let details = answer.provisioning_artifact_details();
    let times: Vec<_> = details
        .iter()
        .map(|detail| detail.created_time().expect("a time").secs())
        .collect();
    assert_eq!(times.len(), 3);
    assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
    assert!(times[0] > 1_767_225_600, "in 2026");
}

#[tokio::test]
async fn a_copied_version_is_newer_than_what_was_there_and_keeps_its_status() {
    let (fake, arn) = fake_with_product().await;
    fake.world()
        .publish(&arn, Version::new("v3", "").creating());
    let existing = Product::new("Ours", "Us").version(Version::new("v0", ""));
    let existing = fake.world().add_product(&spoke(), existing);
    copy_into(&fake, &arn, &existing).await;
    let versions = fake.world().products(&spoke())[0].versions.clone();
    assert!(versions.is_sorted_by(|a, b| a.created < b.created));
    let statuses: Vec<_> = versions.iter().map(|version| version.status).collect();
    let available = VersionStatus::Available;
    assert_eq!(
        statuses,
        [available, available, available, VersionStatus::Creating]
    );
}

#[tokio::test]
async fn a_version_is_updated_in_the_members_given_and_in_no_others() {
    let (fake, arn) = fake_with_product().await;
    let id = fake.world().products(&hub())[0].versions[0].id.clone();
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
        let version = fake.world().products(&hub())[0].versions[0].clone();
        let now = (version.name.as_str(), version.description.as_str());
        let now = (now.0, now.1, version.active, version.guidance.as_str());
        assert_eq!(now, expected);
    }
}

#[tokio::test]
async fn a_version_is_not_updated_through_a_share_nor_beyond_its_limits() {
    let (fake, arn) = fake_with_product().await;
    let before = fake.world().products(&hub());
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
    assert_eq!(fake.world().products(&hub()), before);
}
