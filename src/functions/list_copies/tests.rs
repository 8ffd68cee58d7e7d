use lambda_runtime::Context;
use serde_json::json;

use super::*;
use crate::aws::s3::tests::{Objects, in_memory};

const ARN: &str = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";

async fn listed(objects: &Objects, input: Value) -> Result<CopiesListed, Error> {
    listed_for(objects, "", input).await
}

async fn listed_for(
    objects: &Objects,
    accounts: &str,
    input: Value,
) -> Result<CopiesListed, Error> {
    let stack = Stack {
        name: "catalog-copy".to_owned(),
        target_role_name: "CatalogCopyTarget".to_owned(),
        targets: TargetAccounts::parse(accounts).expect("is right"),
    };
    let execution = "arn:aws:states:us-east-1:111122223333:execution:CopyProducts:mine";
    let event = json!({ "Input": input, "ExecutionId": execution });
    let event = LambdaEvent::new(event, Context::default());
    handle(&in_memory(objects).await, &stack, event).await
}

fn with_subscriptions(subscriptions: &Value) -> Objects {
    let objects = Objects::default();
    objects.lock().expect("is not poisoned").insert(
        "/copies/subscriptions.json".to_owned(),
        subscriptions.to_string(),
    );
    objects
}

#[tokio::test]
async fn each_copy_is_listed_with_what_started_it() {
    let objects = Objects::default();
    let input = json!({ "Copies": [{ "SourceProductArn": ARN }], "MaxConcurrency": 3 });
    let listed = listed(&objects, input).await.expect("is right");
    assert_eq!((listed.total, listed.max_concurrency), (1, 3));
    let objects = objects.lock().expect("is not poisoned");
    let line: Value =
        serde_json::from_str(&objects["/copies/batches/mine/copies.jsonl"]).expect("is JSON");
    assert_eq!(line["Request"], json!({ "SourceProductArn": ARN }));
    assert!(
        line["StartedBy"]
            .as_str()
            .is_some_and(|it| it.ends_with(":mine"))
    );
}

#[tokio::test]
async fn a_mistake_lists_nothing() {
    let objects = Objects::default();
    let input = json!({ "Copies": [{ "SourceProductArn": ARN }, {}] });
    let error = listed(&objects, input).await.expect_err("has a mistake");
    assert_eq!(error.name(), "InvalidRequest");
    assert!(objects.lock().expect("is not poisoned").is_empty());
}

#[tokio::test]
async fn a_manifest_that_is_not_there_is_named() {
    let input = json!({ "Manifest": { "Key": "none.csv" } });
    let error = listed(&Objects::default(), input)
        .await
        .expect_err("is not there");
    assert_eq!(error.name(), "InvalidRequest");
    assert!(error.message.contains("s3://copies/none.csv"), "{error}");
}

#[tokio::test]
async fn what_a_batch_has_written_is_no_manifest() {
    let line = json!({ "SourceProductArn": ARN }).to_string();
    let objects = Objects::default();
    for path in ["/copies/batches/a/b.jsonl", "/other/batches/a/b.jsonl"] {
        let mut objects = objects.lock().expect("is not poisoned");
        objects.insert(path.to_owned(), line.clone());
    }
    for own in [json!({}), json!({ "Bucket": "copies" })] {
        let mut manifest = own;
        manifest["Key"] = "batches/a/b.jsonl".into();
        let error = listed(&objects, json!({ "Manifest": manifest })).await;
        let error = error.expect_err("is another request's");
        assert_eq!(error.name(), "InvalidRequest");
        assert!(error.message.contains("redrive their batch"), "{error}");
    }
    // Another bucket may have such a folder.
    let manifest = json!({ "Bucket": "other", "Key": "batches/a/b.jsonl" });
    let listed = listed(&objects, json!({ "Manifest": manifest })).await;
    assert_eq!(listed.expect("is a manifest").total, 1);
}

#[tokio::test]
async fn a_batch_for_an_account_that_may_be_no_target_lists_nothing() {
    let allowed = "444455556666";
    let [role, other] = [allowed, "111122223333"]
        .map(|it| json!({ "RoleArn": format!("arn:aws:iam::{it}:role/CatalogCopyTarget") }));
    // In the Region of the product, it would be left out.
    let mut elsewhere: Value = other.clone();
    elsewhere["Region"] = "eu-west-1".into();
    let product = json!({ "SourceProductArn": ARN });
    let to = |targets: Value| json!({ "Products": [product], "Targets": targets });
    let subscriptions =
        with_subscriptions(&json!([{ "SourceProductArn": ARN, "Targets": [elsewhere, role] }]));
    let manifest = Objects::default();
    let line = json!({ "SourceProductArn": ARN, "Target": other }).to_string();
    let path = "/copies/a.jsonl".to_owned();
    manifest.lock().expect("is not poisoned").insert(path, line);
    for (objects, input, named) in [
        (
            Objects::default(),
            to(json!([role, other])),
            "not in 111122223333",
        ),
        (Objects::default(), to(json!([{}])), "Target must be"),
        (
            Objects::default(),
            json!({ "Copies": [product] }),
            "(444455556666)",
        ),
        (
            manifest,
            json!({ "Manifest": { "Key": "a.jsonl" } }),
            "Target.RoleArn must be",
        ),
        (
            subscriptions,
            json!({ "Subscriptions": [ARN] }),
            "Target.RoleArn must be",
        ),
    ] {
        let before = objects.lock().expect("is not poisoned").len();
        let error = listed_for(&objects, allowed, input).await;
        let error = error.expect_err("is refused");
        assert_eq!(error.name(), "InvalidRequest");
        assert!(
            error.message.contains(named) && error.message.contains(ARN),
            "{error}"
        );
        assert_eq!(objects.lock().expect("is not poisoned").len(), before);
    }
    let listed = listed_for(&Objects::default(), allowed, to(json!([role]))).await;
    assert_eq!(listed.expect("is allowed").total, 1);
}

#[tokio::test]
async fn a_product_without_a_subscription_ends_with_the_reason() {
    let objects = with_subscriptions(&json!([]));
    let event = serde_json::from_str(include_str!("../../../events/version-published.json"));
    let listed = listed(&objects, event.expect("is JSON"))
        .await
        .expect("is right");
    assert_eq!(listed.total, 0);
    assert_eq!(
        listed.reason.as_deref(),
        Some("no subscription asks for a copy")
    );
}

#[tokio::test]
async fn before_anybody_subscribes_there_is_no_subscription() {
    let input = json!({ "Subscriptions": "ALL" });
    let listed = listed(&Objects::default(), input).await;
    let reason = listed.expect("is right").reason;
    assert_eq!(reason.as_deref(), Some("no subscription asks for a copy"));
}

#[tokio::test]
async fn nothing_is_copied_back_to_where_it_comes_from() {
    let objects = with_subscriptions(&json!([{ "SourceProductArn": ARN, "Targets": [
        {},
        { "Region": "us-east-1" },
        { "Region": "us-east-1", "RoleArn": "arn:aws:iam::111122223333:role/CatalogCopyTarget" },
        { "Region": "us-east-1", "RoleArn": "arn:aws:iam::444455556666:role/CatalogCopyTarget" },
        { "Region": "eu-west-1" },
    ] }]));
    let listed = listed(&objects, json!({ "Subscriptions": "ALL" })).await;
    assert_eq!(listed.expect("is right").total, 2);
}
