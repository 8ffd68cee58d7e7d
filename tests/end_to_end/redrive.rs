//! Every error that a state machine finds ends at a Task, so that a redrive goes on.

use std::time::Duration;

use anyhow::{Context, Result};
use fake_service_catalog::{CopyEnds, HUB_ACCOUNT, Operation, Place, Version, VersionStatus};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::test_env::{End, SPOKE_ACCOUNT, TARGET, TARGET_ROLE, TestEnv, request, with_env};

fn bare(source: &str) -> Value {
    let mut request = request(source);
    request["Plan"] = "NONE".into();
    request
}

/// From now on, the role may be assumed.
fn trust(env: &TestEnv, role: &str) {
    let mut state = env.catalog.state();
    state.settings.roles.insert(role.to_owned(), None);
}

/// Products and versions in the targets, and how often `CopyProduct` was called.
fn made(env: &TestEnv) -> [usize; 3] {
    let mut copies = env.products(HUB_ACCOUNT, TARGET);
    copies.extend(env.products(SPOKE_ACCOUNT, TARGET));
    let versions = copies.iter().map(|copy| copy.versions.len()).sum();
    [copies.len(), versions, env.count(Operation::CopyProduct)]
}

async fn timed_out(env: &TestEnv, input: &Value) -> Result<End> {
    env.catalog.state().settings.copy_ends = CopyEnds::After(Duration::MAX);
    let end = env.run_impatient(input).await?;
    end.failed_with("CopyTimedOut");
    env.catalog.state().settings.copy_ends = CopyEnds::AfterDescribes(1);
    Ok(end)
}

/// The `CopyProductToken` that a cause names.
fn token_in(cause: &str) -> Result<&str> {
    let (_, rest) = cause.split_once("CopyProductToken: ").context("names it")?;
    rest.split('.').next().context("has an end")
}

#[test]
fn a_failed_copy_is_made_again() -> Result<()> {
    with_env(async |env| {
        trust(env, TARGET_ROLE);
        for plan in ["MISSING", "NONE"] {
            let source = env.add_product();
            let share = |accounts: &[&str]| {
                let mut state = env.catalog.state();
                let product = state.product_mut(&source).expect("the source");
                product.shared_with = accounts.iter().map(|it| (*it).to_owned()).collect();
            };
            share(&[]);
            let [products, versions, calls] = made(env);
            let target = json!({ "Region": TARGET, "RoleArn": TARGET_ROLE });
            let input = json!({ "SourceProductArn": source, "Target": target, "Plan": plan });
            let end = env.run_impatient(&input).await?;
            let cause = end.failed_with("CopyFailed");
            assert!(cause.contains("redrive this execution"), "{cause}");
            // Redriven too soon, it fails in the same way.
            let end = end.redriven().await?;
            end.failed_with("CopyFailed");
            share(&[SPOKE_ACCOUNT]);
            end.redriven().await?.succeeded();
            assert_eq!(made(env), [products + 1, versions + 2, calls + 3], "{plan}");
        }
        Ok(())
    })
}

#[test]
fn a_copy_that_timed_out_is_waited_for() -> Result<()> {
    with_env(async |env| {
        for request in [request, bare] {
            let source = env.add_product();
            let before = made(env);
            let end = timed_out(env, &request(&source)).await?;
            end.redriven().await?.succeeded();
            let [products, versions, calls] = before;
            assert_eq!(made(env), [products + 1, versions + 2, calls + 1]);
        }
        Ok(())
    })
}

#[test]
fn a_copy_that_timed_out_is_taken_up_by_the_same_request() -> Result<()> {
    with_env(async |env| {
        let input = request(&env.add_product());
        let end = timed_out(env, &input).await?;
        assert!(end.cause.contains("The same request"), "{}", end.cause);
        env.run_impatient(&input).await?.succeeded();
        assert_eq!(made(env), [1, 2, 1]);
        // Redriven after all, the first finds nothing missing.
        end.redriven().await?.succeeded();
        assert_eq!(made(env), [1, 2, 1]);
        Ok(())
    })
}

#[test]
fn a_bare_copy_that_timed_out_is_taken_up_by_its_token() -> Result<()> {
    with_env(async |env| {
        let end = timed_out(env, &bare(&env.add_product())).await?;
        let token = token_in(&end.cause)?;
        let input = json!({ "CopyProductToken": token, "Target": { "Region": TARGET } });
        let end = env.run_impatient(&input).await?;
        assert_eq!(end.succeeded()["CopyProductToken"], token);
        assert_eq!(made(env), [1, 2, 1]);
        Ok(())
    })
}

#[test]
fn a_wait_that_was_taken_up_goes_on() -> Result<()> {
    with_env(async |env| {
        let end = timed_out(env, &bare(&env.add_product())).await?;
        let token = token_in(&end.cause)?;
        let input = json!({ "CopyProductToken": token, "Target": { "Region": TARGET } });
        let end = timed_out(env, &input).await?;
        end.redriven().await?.succeeded();
        assert_eq!(made(env), [1, 2, 1]);
        Ok(())
    })
}

#[test]
fn a_target_that_was_busy_is_waited_for() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let holder = env.hold(&source, "busy").await?;
        let end = env.run_impatient(&request(&source)).await?;
        end.failed_with("TargetBusy");
        holder.stop().await?;
        end.redriven().await?.succeeded();
        assert_eq!(made(env), [1, 2, 1]);
        Ok(())
    })
}

#[test]
fn a_version_that_was_not_ready_is_copied() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.catalog.state().settings.describes_before_available = None;
        let version = Version::new("v3", "Four subnets").creating();
        env.catalog.state().publish(&source, version);
        let end = env.run_impatient(&request(&source)).await?;
        end.failed_with("VersionNotReady");
        let become_available = || {
            let mut state = env.catalog.state();
            let product = state.product_mut(&source).expect("the source");
            product.versions[2].status = VersionStatus::Available;
        };
        become_available();
        end.redriven().await?.succeeded();
        assert_eq!(made(env), [1, 3, 2]);
        Ok(())
    })
}

#[test]
fn a_portfolio_that_did_not_show_the_copy_is_looked_at_again() -> Result<()> {
    with_env(async |env| {
        let place = Place::new(HUB_ACCOUNT, TARGET);
        let portfolio = env.catalog.state().add_portfolio(&place, "Networks");
        env.catalog.state().settings.lists_before_associated = u32::MAX;
        let mut request = request(&env.add_product());
        request["PortfolioIds"] = json!([portfolio]);
        let end = env.run_impatient(&request).await?;
        end.failed_with("PortfoliosNotVisible");
        env.catalog.state().settings.lists_before_associated = 0;
        end.redriven().await?.succeeded();
        assert_eq!(made(env), [1, 2, 1]);
        Ok(())
    })
}

/// Another execution may have its lease by then, and may have gone on.
#[test]
fn an_execution_that_was_stopped_asks_for_its_lease_again() -> Result<()> {
    with_env(async |env| {
        let input = request(&env.add_product());
        env.catalog.state().settings.copy_ends = CopyEnds::After(Duration::MAX);
        let stopped = env.start(&input).await?;
        while env.count(Operation::DescribeCopyProductStatus) == 0 {
            sleep(Duration::from_millis(50)).await;
        }
        stopped.stop().await?;
        env.catalog.state().settings.copy_ends = CopyEnds::AfterDescribes(1);
        env.run(&input).await?.succeeded();
        let end = End::of(stopped).await?.redriven().await?;
        assert_eq!(end.succeeded()["CopiedVersions"], json!([]));
        assert_eq!(made(env), [1, 2, 1]);
        Ok(())
    })
}

/// What failed is no Fail state either where a Task gave the error.
#[test]
fn a_role_that_was_missing_is_assumed_after_it_was_made() -> Result<()> {
    with_env(async |env| {
        let mut request = request(&env.add_product());
        let role = "arn:aws:iam::444455556666:role/Late";
        request["Target"]["RoleArn"] = role.into();
        let end = env.run_impatient(&request).await?;
        end.failed_with("TargetNotAccessible");
        trust(env, role);
        end.redriven().await?.succeeded();
        Ok(())
    })
}
