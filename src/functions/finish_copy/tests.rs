use fake_service_catalog::{Operation, Version as Published};
use lambda_runtime::Context;
use serde_json::json;

use super::*;
use crate::functions::start_copy::tests::{Fixture, execution, target};

/// What finish-copy answers, where Service Catalog has not said which product it is.
async fn finish(
    fixture: &Fixture,
    name: &str,
    request: Value,
    started: &CopyStarted,
) -> Result<CopyFinished, Error> {
    let event = json!({
        "Request": request,
        "Started": started,
        "Status": { "CopyProductStatus": "SUCCEEDED" },
        "ExecutionId": execution(name),
    });
    let event = LambdaEvent::new(event, Context::default());
    Box::pin(handle(&fixture.clients, event)).await
}

/// A whole copy.
async fn copy(fixture: &Fixture, name: &str) -> CopyFinished {
    let started = fixture.start(name, json!({})).await.expect("is started");
    let finished = finish(fixture, name, fixture.request(), &started).await;
    finished.expect("is finished")
}

fn operations(fixture: &Fixture) -> Vec<String> {
    let calls = fixture.dynamodb.calls().into_iter();
    calls.map(|call| call.operation).collect()
}

#[tokio::test]
async fn a_copy_writes_four_times_and_reads_nothing_and_the_first_one_claims_its_product() {
    let fixture = Fixture::new().await;
    let finished = copy(&fixture, "a").await;
    let [take, call, token] = ["UpdateItem"; 3];
    let first = [take, call, token, "PutItem", "UpdateItem"];
    assert_eq!(operations(&fixture), first);
    let copied = &fixture.copies()[0];
    assert_eq!(finished.target_product_id.as_ref(), Some(&copied.id));
    let item = fixture.item();
    let copies = json!({ &copied.versions[0].id: { "S": copied.versions[0].copied_from } });
    assert_eq!(item["Versions"], json!({ "M": copies }));
    assert!(!item.contains_key("Holder") && !item.contains_key("Call"));

    let published = Published::new("v2", "");
    fixture.fake.state().publish(&fixture.source, published);
    copy(&fixture, "b").await;
    assert_eq!(operations(&fixture)[first.len()..], ["UpdateItem"; 4]);
    assert_eq!(fixture.copies()[0].versions.len(), 2);
}

#[tokio::test]
async fn the_source_product_is_asked_for_only_where_something_follows_it() {
    for (members, sides) in [
        (json!({}), 2),
        (json!({ "TargetProductName": "Named" }), 1),
        (
            json!({ "TargetProductName": "Named", "CopyOptions": ["CopyTags"] }),
            2,
        ),
    ] {
        let fixture = Fixture::new().await;
        let mut request = fixture.request();
        for (name, value) in members.as_object().into_iter().flatten() {
            request[name] = value.clone();
        }
        let started = fixture.start_with(request.clone(), "a", json!({})).await;
        let started = started.expect("is started");
        let describes = || {
            let state = fixture.fake.state();
            state.calls_of(Operation::DescribeProductAsAdmin).len()
        };
        let before = describes();
        let finished = finish(&fixture, "a", request, &started).await;
        finished.expect("is finished");
        assert_eq!(describes() - before, sides, "{members}");
    }
}

#[tokio::test]
async fn who_has_lost_the_lease_finishes_and_notes_nothing() {
    let fixture = Fixture::new().await;
    let started = fixture.start("a", json!({})).await.expect("is started");
    let resume = json!({ "HolderEnded": execution("a") });
    fixture.start("b", resume).await.expect("is taken up");
    let before = fixture.item();
    let finished = finish(&fixture, "a", fixture.request(), &started).await;
    let copied = finished.expect("is finished").copied_versions;
    assert!(copied[0].target_id.is_some());
    assert_eq!(fixture.item(), before);
}

#[tokio::test]
async fn a_portfolio_that_is_waited_for_keeps_the_lease() {
    let fixture = Fixture::new().await;
    let portfolio = {
        let mut state = fixture.fake.state();
        state.settings.lists_before_associated = 1;
        state.add_portfolio(&target(), "Shop")
    };
    let mut request = fixture.request();
    request["PortfolioIds"] = json!([portfolio]);
    let started = fixture.start_with(request.clone(), "a", json!({})).await;
    let started = started.expect("is started");
    let finished = finish(&fixture, "a", request, &started).await;
    let pending = finished.expect("is not visible").pending_portfolio_ids;
    assert_eq!(pending, [portfolio]);
    assert_eq!(fixture.item()["Holder"], json!({ "S": execution("a") }));
}

#[tokio::test]
async fn only_our_copy_of_a_version_is_retired_once_that_is_published_again() {
    let fixture = Fixture::new().await;
    copy(&fixture, "a").await;
    let copied = fixture.copies().remove(0);
    let arn = target().product_arn(&copied.id);
    {
        let mut state = fixture.fake.state();
        state.publish(&arn, Published::new("v1", "a person's"));
        let source = state.product_mut(&fixture.source).expect("is there");
        source.versions.clear();
        state.publish(&fixture.source, Published::new("v1", "again"));
    }
    let finished = copy(&fixture, "b").await;
    let copies = fixture.copies().remove(0).versions;
    let [old, persons, new] = &copies[..] else {
        panic!("{copies:?}");
    };
    assert!(!old.active && old.name == format!("v1 (replaced by {})", new.id));
    assert!(persons.active && persons.name == "v1" && persons.description == "a person's");
    assert!(new.active && new.name == "v1" && new.description == "again");
    let replaced = &finished.replaced_versions[..];
    assert_eq!(replaced.len(), 1);
    assert_eq!(
        (&replaced[0].target_id, &replaced[0].replaced_by),
        (&old.id, &new.id)
    );
}
