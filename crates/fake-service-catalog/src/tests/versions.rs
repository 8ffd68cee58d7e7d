use std::time::{SystemTime, UNIX_EPOCH};

use aws_sdk_servicecatalog::types::Status;

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
        let id = fake.state().publish(&arn, version);
        let expected = (name, status, active, guidance.to_owned());
        assert_eq!(described(&client, &arn, &id).await, expected);
    }
}

#[tokio::test]
async fn a_version_is_described_only_where_it_is_and_by_both_ids() {
    let (fake, arn) = fake_with_product().await;
    let version = fake.state().products(&hub())[0].versions[0].id.clone();
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
async fn a_version_is_available_after_some_descriptions_when_the_switch_says_so() {
    let (fake, arn) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    let id = fake
        .state()
        .publish(&arn, Version::new("v3", "").creating());
    for (switch, expected) in [
        (None, Status::Creating),
        (None, Status::Creating),
        (Some(3), Status::Creating),
        (Some(3), Status::Available),
        (None, Status::Available),
    ] {
        fake.state().settings.describes_before_available = switch;
        let (_, status, ..) = described(&client, &arn, &id).await;
        assert_eq!(status, expected);
    }
}

#[tokio::test]
async fn a_listed_version_was_created_later_than_those_before_it() {
    let (fake, arn) = fake_with_product().await;
    fake.state().publish(&arn, Version::new("v3", ""));
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
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(now.expect("is later").as_secs()).expect("fits");
    assert!((now - 60..=now).contains(&times[0]), "{times:?} at {now}");
}

#[tokio::test]
async fn a_copied_version_is_newer_than_what_was_there_and_keeps_its_status() {
    let (fake, arn) = fake_with_product().await;
    fake.state()
        .publish(&arn, Version::new("v3", "").creating());
    let existing = Product::new("Ours", "Us").version(Version::new("v0", ""));
    let existing = fake.state().add_product(&spoke(), existing);
    copy_into(&fake, &arn, &existing).await;
    let versions = fake.state().products(&spoke())[0].versions.clone();
    assert!(versions.is_sorted_by(|a, b| a.created < b.created));
    let statuses: Vec<_> = versions.iter().map(|version| version.status).collect();
    let available = VersionStatus::Available;
    assert_eq!(
        statuses,
        [available, available, available, VersionStatus::Creating]
    );
}
