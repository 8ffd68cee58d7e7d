use fake_service_catalog::{Details, Operation, Product, Version as Published};
use lambda_runtime::Context;
use serde_json::json;

use super::{CopyFinished, CopyStarted, Error, LambdaEvent, Value, handle};
use crate::{
    functions::{
        check_status,
        start_copy::tests::{Fixture, execution, target},
    },
    request::TargetAccounts,
};

/// What finish-copy answers, where Service Catalog has not said which product it is.
async fn finish(
    fixture: &Fixture,
    name: &str,
    request: Value,
    started: &CopyStarted,
) -> Result<CopyFinished, Error> {
    let status = json!({ "CopyProductStatus": "SUCCEEDED" });
    finish_with(fixture, name, request, started, status).await
}

async fn finish_with(
    fixture: &Fixture,
    name: &str,
    request: Value,
    started: &CopyStarted,
    status: Value,
) -> Result<CopyFinished, Error> {
    let event = json!({
        "Request": request,
        "Started": started,
        "Status": status,
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
    for (is_chosen, copies_tags, sides) in [(false, false, 2), (true, false, 1), (true, true, 2)] {
        let fixture = Fixture::new().await;
        let mut request = fixture.request();
        if is_chosen {
            let product = Product::new("Chosen", "a person");
            fixture.fake.state().add_product(&target(), product);
            request["TargetProductId"] = fixture.copies()[0].id.clone().into();
        }
        if copies_tags {
            request["CopyOptions"] = json!(["CopyTags"]);
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
        assert_eq!(describes() - before, sides, "{is_chosen} {copies_tags}");
    }
}

/// What is said of a product besides its name and its owner.
fn details(text: &str) -> Details {
    let text = || Some(text.to_owned());
    Details {
        description: text(),
        distributor: text(),
        support_description: text(),
        support_email: text(),
        support_url: text(),
    }
}

#[tokio::test]
async fn what_is_said_of_the_product_follows_the_source() {
    let fixture = Fixture::new().await;
    assert!(copy(&fixture, "a").await.updated_product_members.is_empty());
    {
        let mut state = fixture.fake.state();
        let source = state.product_mut(&fixture.source).expect("is there");
        "Another team".clone_into(&mut source.owner);
        source.details = details("new");
    }
    let finished = copy(&fixture, "b").await;
    let members = [
        "Description",
        "Owner",
        "Distributor",
        "SupportDescription",
        "SupportEmail",
        "SupportUrl",
    ];
    assert_eq!(finished.updated_product_members, members);
    let copied = fixture.copies().remove(0);
    assert_eq!(copied.owner, "Another team");
    assert_eq!(copied.details, details("new"));
    // What the source lacks stays, and a second time nothing changes.
    {
        let mut state = fixture.fake.state();
        let source = state.product_mut(&fixture.source).expect("is there");
        source.details = Details::default();
    }
    assert!(copy(&fixture, "c").await.updated_product_members.is_empty());
    assert_eq!(fixture.copies()[0].details, details("new"));
}

#[tokio::test]
async fn what_is_said_of_a_product_that_a_person_has_chosen_stays() {
    let fixture = Fixture::new().await;
    let mut product = Product::new("Chosen", "a person");
    product.details = details("theirs");
    fixture.fake.state().add_product(&target(), product);
    let mut request = fixture.request();
    request["TargetProductId"] = fixture.copies()[0].id.clone().into();
    let started = fixture.start_with(request.clone(), "a", json!({})).await;
    let finished = finish(&fixture, "a", request, &started.expect("is started")).await;
    let members = finished.expect("is finished").updated_product_members;
    assert!(members.is_empty(), "{members:?}");
    let chosen = fixture.copies().remove(0);
    assert_eq!(
        (chosen.owner.as_str(), chosen.details),
        ("a person", details("theirs"))
    );
}

#[tokio::test]
async fn what_stays_behind_is_listed_with_the_tags_unless_they_are_copied() {
    let fixture = Fixture::new().await;
    let not_copied = copy(&fixture, "a").await.not_copied;
    assert!(not_copied.contains(&"Tags".to_owned()), "{not_copied:?}");
    let mut request = fixture.request();
    request["CopyOptions"] = json!(["CopyTags"]);
    let started = fixture.start_with(request.clone(), "b", json!({})).await;
    let finished = finish(&fixture, "b", request, &started.expect("is started")).await;
    let not_copied = finished.expect("is finished").not_copied;
    assert!(!not_copied.contains(&"Tags".to_owned()), "{not_copied:?}");
    assert!(
        not_copied.contains(&"Constraints".to_owned()),
        "{not_copied:?}"
    );
}

#[tokio::test]
async fn what_may_not_launch_is_a_warning() {
    let fixture = Fixture::new().await;
    assert!(copy(&fixture, "a").await.warnings.is_empty());
    let url = "https://s3.us-east-1.amazonaws.com/templates/v2.json";
    {
        let mut state = fixture.fake.state();
        let version = Published::new("v2", "").template(url);
        state.publish(&fixture.source, version);
        let copy = target().product_arn(&state.products(&target())[0].id);
        let copy = state.product_mut(&copy).expect("is there");
        copy.product_type = Some("EXTERNAL".to_owned());
    }
    let started = fixture.start("b", json!({})).await.expect("is started");
    let finished = finish(&fixture, "b", fixture.request(), &started).await;
    let warnings = finished.expect("is finished").warnings;
    let [templates, product_type] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    assert!(templates.contains("v2 (pa-") && templates.contains("eu-west-1"));
    assert!(product_type.contains("EXTERNAL"), "{product_type}");
}

#[tokio::test]
async fn a_product_that_was_not_asked_for_is_left_alone() {
    let fixture = Fixture::new().await;
    copy(&fixture, "a").await;
    let published = Published::new("v2", "");
    fixture.fake.state().publish(&fixture.source, published);
    let started = fixture.start("b", json!({})).await.expect("is started");
    let other = Product::new("Another", "a person");
    fixture.fake.state().add_product(&target(), other);
    let other = fixture.copies().remove(1);
    let status = json!({ "CopyProductStatus": "SUCCEEDED", "TargetProductId": other.id });
    let finished = finish_with(&fixture, "b", fixture.request(), &started, status).await;
    let error = finished.expect_err("is another product");
    assert_eq!(error.name(), "UnexpectedTarget");
    assert!(error.message.contains(&other.id), "{error}");
    assert_eq!(fixture.copies()[1], other);
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

#[tokio::test]
async fn nothing_is_called_for_an_account_that_may_be_no_target() {
    let mut fixture = Fixture::new().await;
    fixture.clients.targets = TargetAccounts::parse("444455556666").expect("is right");
    let request = fixture.request();
    let started = fixture.start("a", json!({})).await;
    let finished = finish(&fixture, "a", request.clone(), &CopyStarted::default()).await;
    let asked = json!({
        "CopyProductToken": "copyproduct-1",
        "Target": request["Target"],
        "ExecutionId": execution("a"),
    });
    let asked = LambdaEvent::new(asked, Context::default());
    let clients = &fixture.clients;
    let status = check_status::handle(&clients.catalog, &clients.targets, asked).await;
    for error in [started.err(), finished.err(), status.err()] {
        let error = error.expect("is refused");
        assert_eq!(error.name(), "InvalidRequest");
        assert!(
            error.message.contains("TargetAccountIds (444455556666)"),
            "{error}"
        );
    }
    assert_eq!(fixture.fake.state().calls, []);
    assert!(operations(&fixture).is_empty());
}

#[tokio::test]
async fn a_chosen_product_that_nobody_has_copied_keeps_all_of_its_own() {
    let fixture = Fixture::new().await;
    let mut product = Product::new("Chosen", "a person")
        .version(Published::new("v0", "theirs"))
        .version(Published::new("v1", "theirs"))
        .tag("team", "theirs");
    product.details = details("theirs");
    fixture.fake.state().add_product(&target(), product);
    let before = fixture.copies().remove(0);
    let is_theirs = |id: &String| before.versions.iter().any(|it| it.id == *id);
    for on_source_removed in ["KEEP", "DEPRECATE", "DEACTIVATE"] {
        {
            let mut state = fixture.fake.state();
            let source = state.product_mut(&fixture.source).expect("is there");
            source.versions.clear();
            state.publish(&fixture.source, Published::new("v2", on_source_removed));
        }
        let mut request = fixture.request();
        request["TargetProductId"] = before.id.clone().into();
        request["CopyOptions"] = json!(["CopyTags"]);
        request["OnSourceRemoved"] = on_source_removed.into();
        request["OnVersionReplaced"] = "RETIRE".into();
        let started = fixture
            .start_with(request.clone(), on_source_removed, json!({}))
            .await;
        let started = started.expect("is started");
        let finished = finish(&fixture, on_source_removed, request, &started).await;
        let finished = finished.expect("is finished");
        assert_eq!(finished.copied_versions.len(), 1);
        let mut updated = finished.updated_versions.iter();
        assert!(
            !updated.any(|it| is_theirs(&it.target_id)),
            "{on_source_removed}"
        );
        let mut replaced = finished.replaced_versions.iter();
        assert!(
            !replaced.any(|it| is_theirs(&it.target_id)),
            "{on_source_removed}"
        );
        assert!(
            finished.removed_tags.is_empty(),
            "{:?}",
            finished.removed_tags
        );
        let mut after = fixture.copies().remove(0);
        after.versions.truncate(before.versions.len());
        assert_eq!(after, before, "{on_source_removed}");
    }
}
