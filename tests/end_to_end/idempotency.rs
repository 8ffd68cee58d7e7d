//! What sends the same idempotency token, and what does not.

use std::time::Duration;

use anyhow::Result;
use fake_service_catalog::{CopyEnds, Fault, Moment, Operation, Settings, Tokens};
use serde_json::{Value, json};

use crate::test_env::{TestEnv, with_env};

fn lose_an_answer(env: &TestEnv) {
    let lost = Fault::Reset(Moment::AfterAcceptance);
    let faults = &mut env.catalog.state().faults;
    faults.next_call(Operation::CopyProduct, lost);
}

#[test]
fn a_lost_answer_makes_one_copy() -> Result<()> {
    with_env(async |env| {
        lose_an_answer(env);
        let end = env.copy().await?;
        end.succeeded();
        assert_eq!(end.task_errors, ["ServiceCatalog.SdkClientException"]);
        let tokens = env.tokens();
        assert_eq!(tokens.len(), 2);
        assert_eq!(tokens[0], tokens[1]);
        assert_eq!(env.catalog.state().accepted_copies(), 1);
        Ok(())
    })
}

#[test]
fn a_lost_answer_makes_one_copy_even_where_tokens_are_ignored() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings = Settings {
            tokens: Tokens::Ignored,
            copy_ends: CopyEnds::After(Duration::from_millis(100)),
            ..Settings::default()
        };
        lose_an_answer(env);
        env.assert_copies_once_without_an_answer().await
    })
}

#[test]
fn a_lost_answer_makes_two_copies_without_a_plan_where_tokens_are_ignored() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings.tokens = Tokens::Ignored;
        lose_an_answer(env);
        let input = json!({ "SourceProductArn": env.add_product(), "Plan": "NONE" });
        env.run(&input).await?.succeeded();
        assert_eq!(env.catalog.state().accepted_copies(), 2);
        Ok(())
    })
}

#[test]
fn an_event_delivered_twice_makes_one_copy() -> Result<()> {
    with_env(async |env| {
        let text = include_str!("../../events/copy-product-requested.json");
        let mut event: Value = serde_json::from_str(text)?;
        event["detail"]["SourceProductArn"] = env.add_product().into();
        let first = env.run(&event).await?;
        let second = env.run(&event).await?;
        let id = &first.succeeded()["TargetProductId"];
        assert_eq!(*id, second.succeeded()["TargetProductId"]);
        assert_eq!(env.catalog.state().accepted_copies(), 1);
        Ok(())
    })
}

#[test]
fn an_outer_execution_run_again_makes_one_copy() -> Result<()> {
    with_env(async |env| {
        let input = json!({
            "SourceProductArn": env.add_product(),
            "Plan": "NONE",
            "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID":
                "arn:aws:states:us-east-1:111122223333:execution:Outer:1",
        });
        env.run(&input).await?.succeeded();
        env.run(&input).await?.succeeded();
        assert_eq!(env.catalog.state().accepted_copies(), 1);
        Ok(())
    })
}

#[test]
fn two_executions_on_purpose_make_two_requests() -> Result<()> {
    with_env(async |env| {
        let input = json!({ "SourceProductArn": env.add_product(), "Plan": "NONE" });
        env.run(&input).await?.succeeded();
        env.run(&input).await?.succeeded();
        let tokens = env.tokens();
        assert_ne!(tokens[0], tokens[1]);
        assert_eq!(env.catalog.state().accepted_copies(), 2);
        Ok(())
    })
}

#[test]
fn a_token_given_is_sent_as_it_is() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let input =
            json!({ "SourceProductArn": source, "Plan": "NONE", "IdempotencyToken": "mine" });
        env.run(&input).await?.succeeded();
        env.run(&input).await?.succeeded();
        assert_eq!(env.tokens(), ["mine", "mine"]);
        assert_eq!(env.catalog.state().accepted_copies(), 1);
        Ok(())
    })
}

#[test]
fn a_token_for_another_request_is_answered_as_service_catalog_does() -> Result<()> {
    with_env(async |env| {
        for reused_token_is_rejected in [true, false] {
            env.catalog.state().settings = Settings {
                reused_token_is_rejected,
                ..Settings::default()
            };
            let token = format!("mine-{reused_token_is_rejected}");
            for name in ["first", "second"] {
                let input = json!({
                    "SourceProductArn": env.add_product(),
                    "TargetProductName": name,
                    "IdempotencyToken": token,
                    "Plan": "NONE",
                });
                let end = env.run(&input).await?;
                if name == "second" && reused_token_is_rejected {
                    end.failed_with("ServiceCatalog.InvalidParametersException");
                } else {
                    end.succeeded();
                }
            }
        }
        assert_eq!(env.catalog.state().accepted_copies(), 2);
        Ok(())
    })
}
