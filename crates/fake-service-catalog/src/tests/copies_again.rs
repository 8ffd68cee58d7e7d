use std::iter;

use aws_sdk_servicecatalog::types::{CopyOption, CopyProductStatus};

use super::*;

#[tokio::test]
async fn a_copy_without_a_target_makes_a_new_product_even_beside_one_of_that_name() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;
    for expected in 1..=3 {
        let token = copy(&client, &arn).await;
        end_of(&client, &token).await;
        let products = fake.state().products(&spoke());
        assert_eq!(products.len(), expected);
        assert!(products.iter().all(|product| product.name == "Network"));
        assert!(products.iter().all(|product| product.versions.len() == 2));
    }
}

/// The target's versions after the source was copied, had a version published, and was copied again.
async fn versions_after_publishing(fake: &ServiceCatalog, arn: &str) -> Vec<String> {
    let existing = Product::new("Ours", "Us").version(Version::new("v1", "Ours"));
    let existing = fake.state().add_product(&spoke(), existing);
    copy_into(fake, arn, &existing).await;
    fake.state().publish(arn, Version::new("v3", ""));
    copy_into(fake, arn, &existing).await;
    let product = fake.state().products(&spoke()).remove(0);
    product.versions.into_iter().map(|v| v.name).collect()
}

#[tokio::test]
async fn a_copy_again_adds_all_versions_when_it_duplicates() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.recopy_duplicates_versions = true;
    let versions = versions_after_publishing(&fake, &arn).await;
    assert_eq!(versions, ["v1", "v1", "v2", "v1", "v2", "v3"]);
}

#[tokio::test]
async fn a_copy_again_adds_only_what_was_not_copied_when_it_does_not_duplicate() {
    let (fake, arn) = fake_with_product().await;
    fake.state().settings.recopy_duplicates_versions = false;
    let versions = versions_after_publishing(&fake, &arn).await;
    assert_eq!(versions, ["v1", "v1", "v2", "v3"], "ours is not a copy");
}

/// A product in the spoke with this many versions and tags.
fn full(fake: &ServiceCatalog, versions: usize, tags: usize) -> String {
    let mut product = Product::new("Full", "Us");
    let version = iter::repeat_with(|| Version::new("old", ""));
    product.versions = version.take(versions).collect();
    let tag = |number| (format!("key{number}"), "value".to_owned());
    product.tags = (0..tags).map(tag).collect();
    fake.state().add_product(&spoke(), product)
}

#[tokio::test]
async fn a_copy_up_to_the_quotas_succeeds_and_one_beyond_them_fails_and_brings_nothing() {
    for (versions, tags, succeeds) in [(98, 19, true), (99, 19, false), (98, 20, false)] {
        let (fake, arn) = fake_with_product().await;
        let existing = full(&fake, versions, tags);
        let before = fake.state().products(&spoke());
        let client = spoke_client(&fake).await;
        let request = client.copy_product().source_product_arn(&arn);
        let request = request.target_product_id(id_of(&existing));
        let request = request.target_product_name("Renamed");
        let request = request.copy_options(CopyOption::CopyTags).send();
        let token = token(&request.await.expect("the copy is accepted"));
        let end = end_of(&client, &token).await;
        if succeeds {
            assert_eq!(end.target_product_id(), Some(id_of(&existing)));
            let product = fake.state().products(&spoke()).remove(0);
            assert_eq!((product.versions.len(), product.tags.len()), (100, 20));
            continue;
        }
        assert_eq!(end.copy_product_status(), Some(&CopyProductStatus::Failed));
        assert_eq!(end.status_detail(), Some("Limit exceeded"));
        assert_eq!(fake.state().products(&spoke()), before);
    }
}
