use serde_json::{Value, json};

use super::*;
use crate::Operation;

const SIGNED: &str = "authorization: AWS4-HMAC-SHA256 Credential=hub/20260101/us-east-1/servicecatalog/aws4_request, SignedHeaders=host, Signature=none";

/// The name of the error that `CopyProduct` gives, after setting one member of a good request.
async fn refused(member: &str, value: Value) -> String {
    let (fake, arn) = fake_with_product().await;
    let mut request = json!({ "SourceProductArn": arn, "IdempotencyToken": "one" });
    request[member] = value;
    error_of(&fake, "CopyProduct", &request.to_string()).await
}

/// The name of the error that the operation gives, or the whole answer when it is none.
async fn error_of(fake: &ServiceCatalog, operation: &str, body: &str) -> String {
    let headers = format!("x-amz-target: AWS242ServiceCatalogService.{operation}\r\n{SIGNED}");
    let answer = raw(fake, &headers, body).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    if head.starts_with("HTTP/1.1 200") {
        return answer;
    }
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert!(head.contains("content-type: application/x-amz-json-1.1"));
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert!(body["Message"].is_string());
    body["__type"].as_str().expect("a name").to_owned()
}

#[tokio::test]
async fn a_member_outside_its_limits_is_a_validation_exception() {
    let long_id = format!("arn:aws:catalog:us-east-1:1:{}", "x".repeat(1025));
    let part = "x".repeat(63);
    let long_arn = format!("arn:{part}:{part}:{part}:{part}:{}", "x".repeat(970));
    for (member, value) in [
        ("SourceProductArn", Value::Null),
        ("SourceProductArn", json!("")),
        ("SourceProductArn", json!("prod-abcdefghijklm")),
        (
            "SourceProductArn",
            json!("arn:aws:catalog:US-EAST-1:1:product/p"),
        ),
        ("SourceProductArn", json!(long_id)),
        ("SourceProductArn", json!(long_arn)),
        ("TargetProductId", json!("")),
        ("TargetProductId", json!("prod/1")),
        ("TargetProductId", json!("x".repeat(101))),
        ("TargetProductName", json!("x".repeat(8192))),
        ("IdempotencyToken", Value::Null),
        ("IdempotencyToken", json!("")),
        ("IdempotencyToken", json!("-x")),
        ("IdempotencyToken", json!("x".repeat(129))),
        ("AcceptLanguage", json!("x".repeat(101))),
        ("CopyOptions", json!(["CopyEverything"])),
        (
            "SourceProvisioningArtifactIdentifiers",
            json!([{ "Name": "v1" }]),
        ),
    ] {
        let shown = format!("{member}: {value}");
        assert_eq!(
            refused(member, value).await,
            "ValidationException",
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_member_at_its_limit_is_accepted() {
    for (member, value) in [
        ("TargetProductName", json!("é\n".repeat(4095))),
        ("IdempotencyToken", json!("x".repeat(128))),
        ("AcceptLanguage", json!("jp")),
        ("CopyOptions", json!([])),
        ("TargetProductId", Value::Null),
    ] {
        let answer = refused(member, value).await;
        assert!(answer.contains("CopyProductToken"), "{member}: {answer}");
    }
}

#[tokio::test]
async fn a_member_of_the_wrong_type_is_a_serialization_exception() {
    for (member, value) in [
        ("SourceProductArn", json!(1)),
        ("CopyOptions", json!("CopyTags")),
        ("SourceProvisioningArtifactIdentifiers", json!(["pa-1"])),
    ] {
        assert_eq!(refused(member, value).await, "SerializationException");
    }
}

#[tokio::test]
async fn a_value_that_only_the_service_can_judge_is_an_invalid_parameter() {
    for (member, value) in [
        ("AcceptLanguage", json!("de")),
        ("SourceProductArn", json!("arn:aws:s3:::bucket")),
        ("SourceProductArn", json!("arn:aws:s3:x:1:product/p")),
        (
            "SourceProvisioningArtifactIdentifiers",
            json!([{ "Id": "pa-1" }]),
        ),
    ] {
        assert_eq!(refused(member, value).await, "InvalidParametersException");
    }
}

#[tokio::test]
async fn a_product_that_does_not_exist_is_not_found() {
    let absent = spoke().product_arn("prod-absent");
    for (member, value) in [
        ("SourceProductArn", json!(absent)),
        ("TargetProductId", json!("prod-absent")),
    ] {
        assert_eq!(refused(member, value).await, "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn a_target_product_must_be_in_the_callers_own_place() {
    let (fake, arn) = fake_with_product().await;
    let elsewhere = fake.state().add_product(&hub(), network());
    let client = spoke_client(&fake).await;
    let request = client.copy_product().source_product_arn(arn);
    let result = request.target_product_id(id_of(&elsewhere)).send().await;
    assert_eq!(code(result), "ResourceNotFoundException");
}

#[tokio::test]
async fn a_status_needs_a_token_the_service_knows() {
    let (fake, _) = fake_with_product().await;
    let describe = "DescribeCopyProductStatus";
    for (body, expected) in [
        ("{}", "ValidationException"),
        (r#"{"CopyProductToken":""}"#, "ValidationException"),
        (
            r#"{"CopyProductToken":"copyproduct-absent"}"#,
            "ResourceNotFoundException",
        ),
        (
            r#"{"CopyProductToken":"c","AcceptLanguage":"de"}"#,
            "InvalidParametersException",
        ),
        (r#"{"CopyProductToken":7}"#, "SerializationException"),
        ("{", "SerializationException"),
    ] {
        assert_eq!(error_of(&fake, describe, body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn nothing_refused_is_a_copy() {
    let (fake, _) = fake_with_product().await;
    error_of(&fake, "CopyProduct", "{}").await;
    assert_eq!(fake.state().accepted_copies(), 0);
    assert_eq!(fake.state().calls_of(Operation::CopyProduct).len(), 1);
}

#[tokio::test]
async fn an_unknown_operation_is_refused() {
    let (fake, _) = fake_with_product().await;
    let error = error_of(&fake, "DeleteServiceAction", "{}").await;
    assert_eq!(error, "UnknownOperationException");
}

#[tokio::test]
async fn an_unsigned_call_is_refused() {
    let (fake, _) = fake_with_product().await;
    let target = "x-amz-target: AWS242ServiceCatalogService.CopyProduct";
    let answer = raw(&fake, target, "{}").await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(answer.contains("MissingAuthenticationTokenException"));
}
