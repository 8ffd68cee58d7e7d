use std::time::Duration;

use super::*;
use aws_sdk_servicecatalog::types::ProductType;

use crate::{CopyEnds, Tokens};

/// Sends the same request twice, the second time perhaps with another name for the target.
async fn twice(
    fake: &ServiceCatalog,
    arn: &str,
    second_name: &str,
) -> (String, Result<String, String>) {
    let client = spoke_client(fake).await;
    let send = |name: &str| {
        let request = client.copy_product().source_product_arn(arn);
        let request = request.target_product_name(name);
        request.idempotency_token("the-same").send()
    };
    let first = token(&send("Copy").await.expect("the copy is accepted"));
    let second = send(second_name).await;
    let second = match second {
        Ok(output) => Ok(token(&output)),
        refused => Err(code(refused)),
    };
    (first, second)
}

#[tokio::test]
async fn an_honoured_token_makes_one_copy_of_two_requests() {
    let (fake, arn) = fake_with_product().await;
    let (first, second) = twice(&fake, &arn, "Copy").await;
    assert_eq!(second, Ok(first));
    assert_eq!(fake.state().accepted_copies(), 1);
}

#[tokio::test]
async fn an_ignored_token_makes_two_copies() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.tokens = Tokens::Ignored;
    let (first, second) = twice(&fake, &arn, "Copy").await;
    assert_ne!(second.expect("a second copy"), first);
    assert_eq!(fake.state().accepted_copies(), 2);
}

#[tokio::test]
async fn a_token_is_forgotten_after_its_time_and_not_before() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.tokens = Tokens::HonouredFor(Duration::from_hours(1));
    let (first, second) = twice(&fake, &arn, "Copy").await;
    assert_eq!(second, Ok(first));
    assert_eq!(fake.state().accepted_copies(), 1);

    fake.state().settings.tokens = Tokens::HonouredFor(Duration::from_millis(1));
    tokio::time::sleep(Duration::from_millis(2)).await;
    copy_again(&fake, &arn).await;
    assert_eq!(fake.state().accepted_copies(), 2);
}

async fn copy_again(fake: &ServiceCatalog, arn: &str) {
    let client = spoke_client(fake).await;
    let request = client.copy_product().source_product_arn(arn);
    let request = request.idempotency_token("the-same");
    request.send().await.expect("the copy is accepted");
}

#[tokio::test]
async fn a_token_of_one_place_means_nothing_in_another() {
    let (fake, arn) = fake_with_product().await;
    for client in [spoke_client(&fake).await, hub_client(&fake, "eu-west-1")] {
        let request = client.copy_product().source_product_arn(&arn);
        let request = request.idempotency_token("the-same");
        request.send().await.expect("the copy is accepted");
    }
    assert_eq!(fake.state().accepted_copies(), 2);
}

#[tokio::test]
async fn a_reused_token_is_rejected() {
    let (fake, arn) = fake_with_product().await;
    let (_, second) = twice(&fake, &arn, "Another").await;
    assert_eq!(second, Err("InvalidParametersException".to_owned()));
}

#[tokio::test]
async fn a_reused_token_answers_the_first_copy_when_it_is_not_rejected() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.reused_token_is_rejected = false;
    let (first, second) = twice(&fake, &arn, "Another").await;
    assert_eq!(second, Ok(first));
}

/// The errors and statuses of five descriptions of a new copy.
async fn five_descriptions(fake: &ServiceCatalog, arn: &str) -> Vec<String> {
    let client = spoke_client(fake).await;
    let token = copy(&client, arn).await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        let request = client.describe_copy_product_status();
        answers.push(match request.copy_product_token(&token).send().await {
            Ok(answer) => answer.copy_product_status().expect("a status").to_string(),
            refused => code(refused),
        });
    }
    answers
}

#[tokio::test]
async fn a_status_is_visible_at_once() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.copy_ends = CopyEnds::AfterDescribes(2);
    assert_eq!(
        five_descriptions(&fake, &arn).await,
        [
            "IN_PROGRESS",
            "IN_PROGRESS",
            "SUCCEEDED",
            "SUCCEEDED",
            "SUCCEEDED"
        ]
    );
}

#[tokio::test]
async fn a_status_is_visible_after_some_descriptions() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.describes_before_visible = 3;
    assert_eq!(
        five_descriptions(&fake, &arn).await,
        [
            "ResourceNotFoundException",
            "ResourceNotFoundException",
            "ResourceNotFoundException",
            "IN_PROGRESS",
            "SUCCEEDED"
        ]
    );
}

#[tokio::test]
async fn a_copy_takes_as_long_as_the_switch_says_also_when_it_is_turned_meanwhile() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.copy_ends = CopyEnds::After(Duration::MAX);
    assert_eq!(five_descriptions(&fake, &arn).await, ["IN_PROGRESS"; 5]);

    fake.state().settings.copy_ends = CopyEnds::After(Duration::ZERO);
    assert_eq!(
        fake.state().products(&spoke()).len(),
        1,
        "with nobody asking"
    );
}

/// The number of versions after the same product was copied twice into the same target.
async fn versions_after_two_copies(fake: &ServiceCatalog, arn: &str) -> usize {
    let client = spoke_client(fake).await;
    let token_of_first = copy(&client, arn).await;
    let end = end_of(&client, &token_of_first).await;
    let target = end.target_product_id().expect("a target");
    let request = client.copy_product().source_product_arn(arn);
    let second = request.target_product_id(target).send().await;
    end_of(&client, &token(&second.expect("the copy is accepted"))).await;
    fake.state().products(&spoke())[0].versions.len()
}

#[tokio::test]
async fn a_version_copied_again_is_there_twice() {
    let (fake, arn) = fake_with_product().await;
    assert_eq!(versions_after_two_copies(&fake, &arn).await, 4);
}

#[tokio::test]
async fn a_version_copied_again_is_there_once_when_duplicates_are_off() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.recopy_duplicates_versions = false;
    assert_eq!(versions_after_two_copies(&fake, &arn).await, 2);
}

/// Whether the copy of the deprecated, inactive version is active, and its guidance.
async fn state_of_copied_version(fake: &ServiceCatalog, arn: &str) -> (bool, String) {
    let client = spoke_client(fake).await;
    let token = copy(&client, arn).await;
    end_of(&client, &token).await;
    let version = fake.state().products(&spoke())[0].versions[1].clone();
    (version.active, version.guidance)
}

#[tokio::test]
async fn a_copied_version_is_active_and_default() {
    let (fake, arn) = fake_with_product().await;
    let state = state_of_copied_version(&fake, &arn).await;
    assert_eq!(state, (true, "DEFAULT".to_owned()));
}

#[tokio::test]
async fn a_copied_version_keeps_its_state_when_the_switch_says_so() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.copies_keep_guidance = true;
    let state = state_of_copied_version(&fake, &arn).await;
    assert_eq!(state, (false, "DEPRECATED".to_owned()));
}

/// When the first version was created, and its copy.
async fn created(fake: &ServiceCatalog, arn: &str) -> (u64, u64) {
    let client = spoke_client(fake).await;
    let token = copy(&client, arn).await;
    end_of(&client, &token).await;
    let mut state = fake.state();
    let [source, copy] = [hub(), spoke()].map(|place| state.products(&place).remove(0));
    (source.versions[0].created, copy.versions[0].created)
}

#[tokio::test]
async fn a_copied_version_is_created_after_its_source_and_before_one_published_since() {
    let (fake, arn) = fake_with_product().await;
    let (source, copy) = created(&fake, &arn).await;
    assert!(source < copy, "{source}, {copy}");
    fake.state().publish(&arn, Version::new("v1", "Again"));
    let again = fake.state().products(&hub())[0].versions[2].created;
    assert!(copy < again, "{copy}, {again}");
}

#[tokio::test]
async fn a_copied_version_keeps_its_created_time_when_the_switch_says_so() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.copies_keep_created_time = true;
    let (source, copy) = created(&fake, &arn).await;
    assert_eq!(source, copy);
}

#[tokio::test]
async fn a_copied_version_is_listed_late_when_the_switch_says_so() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.lists_before_copied = 2;
    created(&fake, &arn).await;
    let id = fake.state().products(&spoke())[0].id.clone();
    let client = spoke_client(&fake).await;
    for expected in [0, 0, 2] {
        let answer = client.list_provisioning_artifacts().product_id(&id);
        let answer = answer.send().await.expect("the versions");
        assert_eq!(answer.provisioning_artifact_details().len(), expected);
    }
}

#[tokio::test]
async fn a_product_of_another_type_is_copied_or_not_as_the_switch_says() {
    for fails in [false, true] {
        let (fake, _) = fake_with_product().await;
        fake.state().settings.copies_of_other_types_fail = fails;
        let product = network().of_type("EXTERNAL").shared_with(SPOKE_ACCOUNT);
        let arn = fake.state().add_product(&hub(), product);
        let client = spoke_client(&fake).await;
        let token = copy(&client, &arn).await;
        let end = end_of(&client, &token).await;
        assert_eq!(end.target_product_id().is_none(), fails);
        let Some(id) = end.target_product_id() else {
            continue;
        };
        let described = client.describe_product_as_admin().id(id).send().await;
        let described = described.expect("is there").product_view_detail;
        let summary = described.and_then(|it| it.product_view_summary);
        assert_eq!(
            summary.and_then(|it| it.r#type),
            Some(ProductType::External)
        );
    }
}

#[tokio::test]
async fn a_failed_copy_leaves_a_product_behind_when_the_switch_says_so() {
    let (fake, _) = fake_with_product().await;
    let arn = fake.state().add_product(&hub(), network());
    fake.state().settings.failed_copies_leave_product = true;
    let client = spoke_client(&fake).await;
    let token = copy(&client, &arn).await;
    let end = end_of(&client, &token).await;
    assert_eq!(end.target_product_id(), None);
    let products = fake.state().products(&spoke());
    assert_eq!(products.len(), 1);
    assert_eq!(products[0].name, "Network");
    assert!(products[0].versions.is_empty());
}
