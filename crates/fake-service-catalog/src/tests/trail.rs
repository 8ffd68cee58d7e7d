//! The fake's `CloudTrail` events.

use aws_sdk_cloudtrail::types::Event;

use super::*;

/// The events of the hub in a Region.
async fn events(fake: &ServiceCatalog, region: &'static str) -> Vec<Event> {
    let config = aws_sdk_cloudtrail::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(fake.endpoint())
        .http_client(Builder::new().build_http())
        .region(Region::from_static(region))
        .credentials_provider(Credentials::new("hub", "secret", None, None, "test"));
    let client = aws_sdk_cloudtrail::Client::from_conf(config.build());
    let pages = client.lookup_events().into_paginator().items().send();
    pages.try_collect().await.expect("all events")
}

fn names(events: &[Event]) -> Vec<(&str, &str)> {
    let events = events.iter();
    let both = events.filter_map(|it| Some((it.event_name()?, it.read_only()?)));
    both.collect()
}

#[tokio::test]
async fn every_call_is_an_event_where_it_was_made() {
    let (fake, _) = fake_with_product().await;
    let client = hub_client(&fake, "us-east-1");
    for _ in 0..60 {
        client.list_portfolios().send().await.expect("a list");
    }
    let made = client.create_portfolio().display_name("Everyone");
    made.provider_name("Platform").send().await.expect("made");
    let there = spoke_client(&fake).await;
    there.list_portfolios().send().await.expect("a list");

    let here = events(&fake, "us-east-1").await;
    let names = names(&here);
    assert_eq!(names.len(), 61);
    assert_eq!(names[0], ("ListPortfolios", "true"));
    assert_eq!(names[60], ("CreatePortfolio", "false"));
    let record = here[60].cloud_trail_event().expect("a record");
    assert!(record.contains("Everyone"), "{record}");
    assert!(events(&fake, "eu-west-1").await.is_empty());
}

#[tokio::test]
async fn a_copy_makes_an_event_a_version_or_none() {
    for makes_events in [false, true] {
        let (fake, arn) = fake_with_product().await;
        fake.state().settings.copies_make_version_events = makes_events;
        let client = hub_client(&fake, "eu-west-1");
        let request = client.copy_product().source_product_arn(&arn);
        let token = token(&request.send().await.expect("the copy is accepted"));
        let end = end_of(&client, &token).await;
        let target = end.target_product_id().expect("the target");

        let events = events(&fake, "eu-west-1").await;
        let of_versions = events.iter().filter(|it| {
            let record = it.cloud_trail_event().expect("a record");
            it.event_name() == Some("CreateProvisioningArtifact") && record.contains(target)
        });
        assert_eq!(of_versions.count(), if makes_events { 2 } else { 0 });
        assert!(names(&events).contains(&("CopyProduct", "false")));
    }
}
