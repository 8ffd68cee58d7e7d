//! Each error name, as it stands in the history of an execution, and what a person reads.

use std::time::Duration;

use anyhow::Result;
use fake_service_catalog::{CopyEnds, Fault, HUB_ACCOUNT, Moment, Operation, Version};
use serde_json::{Value, json};

use crate::test_env::{TestEnv, with_env};

fn fault_once(env: &TestEnv, operation: Operation, fault: Fault) {
    env.catalog.state().faults.next_call(operation, fault);
}

fn fault_always(env: &TestEnv, operation: Operation, fault: Fault) {
    env.catalog.state().faults.every_call(operation, fault);
}

#[test]
fn an_invalid_request_names_the_member_and_calls_nothing() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        let role_arn = "arn:aws:iam::444455556666:role/CatalogCopyTarget";
        let long = |n: usize| "x".repeat(n);
        let rows = [
            ("SourceProductArn", json!(7)),
            ("SourceProductArn", json!("prod-abcdefghijklm")),
            ("SourceProductArn", json!(format!("{arn}{}", long(1224)))),
            ("TargetProductId", json!(long(101))),
            ("TargetProductId", json!("prod/1")),
            ("TargetProductName", json!(long(8192))),
            (
                "SourceProvisioningArtifactIdentifiers[0]",
                json!([{ "Name": "v1" }]),
            ),
            ("CopyOptions[0]", json!(["CopyEverything"])),
            ("CopyOptions", json!("CopyTags")),
            ("AcceptLanguage", json!(long(101))),
            ("IdempotencyToken", json!(long(129))),
            ("IdempotencyToken", json!("_")),
            ("Target", json!("eu-west-1")),
            ("Target.Region", json!({ "Region": "Ireland" })),
            ("Target.RoleArn", json!({ "RoleArn": "CatalogCopyTarget" })),
            (
                "Target.ExternalId",
                json!({ "RoleArn": role_arn, "ExternalId": "x" }),
            ),
            ("TargetRegion", json!("eu-west-1")),
        ];
        for (member, value) in rows {
            let mut input = json!({ "SourceProductArn": arn });
            let top = member.split(['.', '[']).next().expect("has a first part");
            input[top] = value;
            let end = env.run(&input).await?;
            let cause = end.failed_with("InvalidRequest");
            assert!(cause.contains(member), "{cause} names {member}");
            assert_eq!(end.task_errors, ["InvalidRequest"], "not retried");
        }
        assert_eq!(env.catalog.state().calls, []);
        Ok(())
    })
}

#[test]
fn an_input_that_is_no_request_is_an_invalid_request() -> Result<()> {
    with_env(async |env| {
        for input in [json!({}), json!([]), json!("x"), json!(1), Value::Null] {
            env.run(&input).await?.failed_with("InvalidRequest");
        }
        let event = json!({ "id": "1", "detail-type": "Copy Product Requested", "detail": [] });
        env.run(&event).await?.failed_with("InvalidRequest");
        assert_eq!(env.catalog.state().calls, []);
        Ok(())
    })
}

#[test]
fn a_source_that_is_not_there_is_not_found() -> Result<()> {
    with_env(async |env| {
        let arn = "arn:aws:catalog:us-east-1:111122223333:product/prod-nowhere";
        let planned = json!({ "SourceProductArn": arn });
        let bare = json!({ "SourceProductArn": arn, "Plan": "NONE" });
        for (input, copies, hint) in [
            (planned, 0, "in this Region and account?"),
            (bare, 1, "is the share accepted in the target's account?"),
        ] {
            let end = env.run(&input).await?;
            let cause = end.failed_with("ServiceCatalog.ResourceNotFoundException");
            assert!(cause.contains(arn) && cause.contains(hint), "{cause}");
            assert_eq!(end.task_errors.len(), 1, "not retried");
            assert_eq!(env.count(Operation::CopyProduct), copies);
        }
        Ok(())
    })
}

#[test]
fn a_throttled_call_succeeds_after_retries() -> Result<()> {
    with_env(async |env| {
        // A question is asked three times in one invocation, CopyProduct once.
        for _ in 0..2 {
            fault_once(env, Operation::CopyProduct, Fault::throttled());
        }
        for _ in 0..4 {
            let operation = Operation::DescribeCopyProductStatus;
            fault_once(env, operation, Fault::throttled());
        }
        let end = env.copy().await?;
        end.succeeded();
        assert_eq!(end.task_errors, ["ServiceCatalog.ThrottlingException"; 3]);
        assert_eq!(env.catalog.state().accepted_copies(), 1);
        Ok(())
    })
}

#[test]
fn throttling_that_only_the_message_tells_is_tried_again() -> Result<()> {
    with_env(async |env| {
        for operation in [
            Operation::ListProvisioningArtifacts,
            Operation::CopyProduct,
            Operation::DescribeCopyProductStatus,
        ] {
            let fault = Fault::error(400, "ValidationException").saying("Rate exceeded");
            fault_once(env, operation, fault);
        }
        let end = env.copy().await?;
        end.succeeded();
        assert_eq!(end.task_errors, ["ServiceCatalog.ThrottlingException"; 3]);
        assert_eq!(env.catalog.state().accepted_copies(), 1);
        Ok(())
    })
}

#[test]
fn throttling_without_end_fails_under_its_name() -> Result<()> {
    with_env(async |env| {
        fault_always(env, Operation::CopyProduct, Fault::throttled());
        let end = env.copy().await?;
        end.failed_with("ServiceCatalog.ThrottlingException");
        assert_eq!(end.task_errors.len(), 7, "one try and six retries");
        Ok(())
    })
}

#[test]
fn a_server_fault_is_retried() -> Result<()> {
    with_env(async |env| {
        for code in ["InternalFailure", "ServiceUnavailable", "SomethingNew"] {
            fault_once(env, Operation::CopyProduct, Fault::error(503, code));
        }
        let end = env.copy().await?;
        end.succeeded();
        assert_eq!(end.task_errors, ["ServiceCatalog.InternalFailure"; 3]);
        Ok(())
    })
}

#[test]
fn a_permanent_error_is_never_retried() -> Result<()> {
    with_env(async |env| {
        for code in [
            "AccessDeniedException",
            "InvalidParametersException",
            "LimitExceededException",
        ] {
            let before = env.count(Operation::CopyProduct);
            fault_once(env, Operation::CopyProduct, Fault::error(400, code));
            let end = env.copy().await?;
            end.failed_with(&format!("ServiceCatalog.{code}"));
            assert_eq!(env.count(Operation::CopyProduct), before + 1, "{code}");
        }
        assert_eq!(env.catalog.state().accepted_copies(), 0);
        Ok(())
    })
}

#[test]
fn a_region_that_is_not_enabled_is_told_at_once() -> Result<()> {
    with_env(async |env| {
        let fault = Fault::error(400, "UnrecognizedClientException");
        env.catalog.state().faults.every_call_in("eu-west-1", fault);
        let target = json!({ "Region": "eu-west-1" });
        let request = json!({ "SourceProductArn": env.add_product(), "Target": target });
        let end = env.run(&request).await?;
        let cause = end.failed_with("ServiceCatalog.UnrecognizedClientException");
        assert!(cause.contains("eu-west-1") && cause.contains("is this Region enabled"));
        assert_eq!(end.task_errors.len(), 1, "not retried");
        assert_eq!(env.count(Operation::CopyProduct), 0);
        Ok(())
    })
}

#[test]
fn a_target_product_id_that_is_empty_is_none() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings.copy_ends = CopyEnds::After(Duration::ZERO);
        let empty = json!({ "CopyProductStatus": "SUCCEEDED", "TargetProductId": "" });
        fault_always(
            env,
            Operation::DescribeCopyProductStatus,
            Fault::Answer(empty),
        );
        let target = json!({ "Region": "eu-west-1" });
        let request = json!({ "SourceProductArn": env.add_product(), "Target": target });
        let end = env.run(&request).await?;
        let copy = env.products(HUB_ACCOUNT, "eu-west-1").remove(0);
        assert_eq!(end.succeeded()["TargetProductId"], copy.id);
        Ok(())
    })
}

#[test]
fn a_copy_into_another_product_than_the_one_asked_for_fails() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let target = json!({ "Region": "eu-west-1" });
        let request = json!({ "SourceProductArn": source, "Target": target });
        env.run(&request).await?.succeeded();
        env.catalog.state().publish(&source, Version::new("v3", ""));
        let other = json!({ "CopyProductStatus": "SUCCEEDED", "TargetProductId": "prod-other" });
        fault_always(
            env,
            Operation::DescribeCopyProductStatus,
            Fault::Answer(other),
        );
        let end = env.run(&request).await?;
        let cause = end.failed_with("UnexpectedTarget");
        assert!(cause.contains("prod-other"), "{cause}");
        assert_eq!(end.task_errors.len(), 1, "not retried");
        Ok(())
    })
}

#[test]
fn a_version_that_is_listed_late_is_waited_for() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings.lists_before_copied = 8;
        let target = json!({ "Region": "eu-west-1" });
        let request = json!({ "SourceProductArn": env.add_product(), "Target": target });
        let end = env.run(&request).await?;
        end.succeeded();
        assert_eq!(end.task_errors, ["CopyIncomplete"; 8]);
        assert_eq!(env.count(Operation::CopyProduct), 1);
        Ok(())
    })
}

#[test]
fn a_status_that_may_not_be_read_names_the_token() -> Result<()> {
    with_env(async |env| {
        let fault = Fault::error(400, "AccessDeniedException");
        fault_always(env, Operation::DescribeCopyProductStatus, fault);
        let end = env.copy().await?;
        let cause = end.failed_with("ServiceCatalog.AccessDeniedException");
        assert!(cause.contains("copyproduct-"), "{cause}");
        assert_eq!(env.count(Operation::DescribeCopyProductStatus), 1);
        Ok(())
    })
}

#[test]
fn a_hung_connection_is_no_answer_and_makes_one_copy() -> Result<()> {
    with_env(async |env| {
        let hang = Fault::Hang(Moment::AfterAcceptance);
        fault_once(env, Operation::CopyProduct, hang);
        env.assert_copies_once_without_an_answer().await
    })
}

#[test]
fn a_malformed_answer_is_no_answer_and_makes_one_copy() -> Result<()> {
    with_env(async |env| {
        fault_once(env, Operation::CopyProduct, Fault::Malformed);
        env.assert_copies_once_without_an_answer().await
    })
}

#[test]
fn a_status_that_is_not_visible_yet_is_asked_for_again() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings.describes_before_visible = 3;
        let end = env.copy().await?;
        end.succeeded();
        assert_eq!(end.task_errors.len(), 3);
        Ok(())
    })
}

#[test]
fn a_status_that_never_becomes_visible_fails() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings.describes_before_visible = u32::MAX;
        let end = env.copy().await?;
        end.failed_with("ServiceCatalog.ResourceNotFoundException");
        assert_eq!(env.count(Operation::DescribeCopyProductStatus), 4);
        Ok(())
    })
}

#[test]
fn an_unknown_status_is_an_error() -> Result<()> {
    with_env(async |env| {
        let unknown = Fault::status("PAUSED", None);
        fault_always(env, Operation::DescribeCopyProductStatus, unknown);
        let end = env.copy().await?;
        let cause = end.failed_with("UnexpectedStatus");
        assert!(
            cause.contains("PAUSED") && cause.contains("copyproduct-"),
            "{cause}"
        );
        assert_eq!(env.count(Operation::DescribeCopyProductStatus), 1);
        Ok(())
    })
}

#[test]
fn a_failed_copy_says_why() -> Result<()> {
    with_env(async |env| {
        let failed = Fault::status("FAILED", Some("The template could not be read"));
        fault_always(env, Operation::DescribeCopyProductStatus, failed);
        let end = env.copy().await?;
        let cause = end.failed_with("CopyFailed");
        assert!(
            cause.contains("failed: The template could not be read."),
            "{cause}"
        );
        assert!(cause.contains("CopyProductToken: copyproduct-"), "{cause}");
        assert!(
            !cause.contains("shared"),
            "no hint where none fits: {cause}"
        );
        Ok(())
    })
}

#[test]
fn a_copy_that_failed_without_a_reason_gets_a_hint() -> Result<()> {
    with_env(async |env| {
        for detail in [None, Some("Internal Failure")] {
            let failed = Fault::status("FAILED", detail);
            fault_always(env, Operation::DescribeCopyProductStatus, failed);
            let end = env.copy().await?;
            let cause = end.failed_with("CopyFailed");
            assert!(
                cause.contains(detail.unwrap_or("gave no StatusDetail")),
                "{cause}"
            );
            let hint = "shared in the source's Region, and is the share accepted in the target's";
            assert!(cause.contains(hint), "{cause}");
        }
        Ok(())
    })
}
