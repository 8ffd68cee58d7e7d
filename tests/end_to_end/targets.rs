//! Other Regions and other accounts.

use anyhow::Result;
use fake_service_catalog::{HUB_ACCOUNT, Operation, Place};
use serde_json::{Value, json};

use crate::test_env::{SPOKE_ACCOUNT, TARGET_ROLE, TestEnv, with_env};

const EXTERNAL_ID: &str = "what-only-we-know";

fn spoke(env: &TestEnv) -> Value {
    let external_id = Some(EXTERNAL_ID.to_owned());
    let roles = &mut env.catalog.state().settings.roles;
    roles.insert(TARGET_ROLE.to_owned(), external_id);
    json!({ "Region": "eu-west-1", "RoleArn": TARGET_ROLE, "ExternalId": EXTERNAL_ID })
}

#[test]
fn a_product_is_copied_to_another_region() -> Result<()> {
    with_env(async |env| {
        let target = json!({ "Region": "ap-southeast-2" });
        let request = json!({ "SourceProductArn": env.add_product(), "Target": target });
        let end = env.run(&request).await?;
        assert_eq!(end.succeeded()["Target"], target);
        assert_eq!(env.products(HUB_ACCOUNT, "ap-southeast-2").len(), 1);
        assert_eq!(env.products(HUB_ACCOUNT, "us-east-1").len(), 1);
        Ok(())
    })
}

#[test]
fn a_product_is_copied_to_another_account_and_region() -> Result<()> {
    with_env(async |env| {
        let request = json!({ "SourceProductArn": env.add_product(), "Target": spoke(env) });
        let end = env.run(&request).await?;
        end.succeeded();
        assert_eq!(env.products(SPOKE_ACCOUNT, "eu-west-1").len(), 1);
        let place = Place::new(SPOKE_ACCOUNT, "eu-west-1");
        let state = env.catalog.state();
        for operation in [Operation::CopyProduct, Operation::DescribeCopyProductStatus] {
            for call in state.calls_of(operation) {
                assert_eq!(call.place, place);
                let name = end.execution.arn().rsplit(':').next();
                assert_eq!(call.role_session_name.as_deref(), name);
            }
        }
        Ok(())
    })
}

#[test]
fn a_role_is_assumed_once_while_the_sandbox_is_warm() -> Result<()> {
    with_env(async |env| {
        let request = json!({ "SourceProductArn": env.add_product(), "Target": spoke(env) });
        env.catalog.state().settings.copy_ends = fake_service_catalog::CopyEnds::AfterDescribes(6);
        env.run(&request).await?.succeeded();
        let polls = env.count(Operation::DescribeCopyProductStatus);
        let sessions = env.count(Operation::AssumeRole);
        assert!(sessions < polls, "{sessions} sessions for {polls} polls");
        Ok(())
    })
}

#[test]
fn a_role_that_cannot_be_assumed_is_named() -> Result<()> {
    with_env(async |env| {
        let mut wrong_external_id = spoke(env);
        wrong_external_id["ExternalId"] = "a-guess".into();
        let no_external_id = json!({ "RoleArn": TARGET_ROLE });
        let no_such_role = json!({ "RoleArn": "arn:aws:iam::444455556666:role/Nobody" });
        for target in [wrong_external_id, no_external_id, no_such_role] {
            let request = json!({ "SourceProductArn": env.add_product(), "Target": target });
            let end = env.run(&request).await?;
            let cause = end.failed_with("TargetNotAccessible");
            assert!(cause.contains("AccessDenied"), "{cause}");
            assert!(cause.contains("arn:aws:iam::444455556666:role/"), "{cause}");
            assert!(!cause.contains("a-guess"), "{cause}");
            assert_eq!(end.task_errors, ["TargetNotAccessible"]);
        }
        assert_eq!(env.count(Operation::CopyProduct), 0);
        Ok(())
    })
}
