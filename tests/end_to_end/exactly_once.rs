//! Exactly once, whoever asks, however often.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fake_service_catalog::{
    CopyEnds, HUB_ACCOUNT, Operation, Place, Product, Settings, Tokens, Version,
};
use serde_json::json;
use testbed::stack::REGION;
use tokio::time::sleep;

use crate::test_env::{End, TARGET, TARGET_ROLE, TestEnv, request, with_env};

fn copies(env: &TestEnv) -> Vec<Product> {
    env.products(HUB_ACCOUNT, TARGET)
}

/// The names of the versions of the one product in the target.
fn version_names(env: &TestEnv) -> Vec<String> {
    let copies = copies(env);
    assert_eq!(copies.len(), 1, "{copies:?}");
    let versions = copies[0].versions.iter();
    versions.map(|version| version.name.clone()).collect()
}

fn add_to_target(env: &TestEnv, product: Product) -> String {
    let place = Place::new(HUB_ACCOUNT, TARGET);
    env.catalog.state().add_product(&place, product)
}

fn slow_copies(env: &TestEnv, tokens: Tokens) {
    env.catalog.state().settings = Settings {
        tokens,
        copy_ends: CopyEnds::After(Duration::from_millis(1500)),
        ..Settings::default()
    };
}

/// Waits until something holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn six_executions_of_one_request_at_once_make_one_copy() -> Result<()> {
    with_env(async |env| {
        slow_copies(env, Tokens::Ignored);
        let request = request(&env.add_product());
        let mut executions = Vec::new();
        for _ in 0..6 {
            executions.push(env.start(&request).await?);
        }
        for execution in executions {
            End::of(execution).await?.succeeded();
        }
        assert_eq!(version_names(env), ["v1", "v2"]);
        assert_eq!(env.catalog.state().accepted_copies(), 1);
        Ok(())
    })
}

#[test]
fn the_copy_of_an_execution_that_was_stopped_is_taken_up_and_finished() -> Result<()> {
    with_env(async |env| {
        slow_copies(env, Tokens::Ignored);
        let request = request(&env.add_product());
        let first = env.start(&request).await?;
        until("a copy", || env.catalog.state().accepted_copies() == 1).await;
        sleep(Duration::from_millis(300)).await;
        first.stop().await?;
        let second = env.run(&request).await?;
        assert_eq!(second.succeeded()["CopiedVersions"], json!([]));
        assert_eq!(version_names(env), ["v1", "v2"]);
        assert_eq!(env.catalog.state().accepted_copies(), 1);
        Ok(())
    })
}

#[test]
fn no_item_of_the_table_holds_a_secret() -> Result<()> {
    with_env(async |env| {
        const SECRET: &str = "what-only-we-know";
        slow_copies(env, Tokens::Honoured);
        let role = (TARGET_ROLE.to_owned(), Some(SECRET.to_owned()));
        env.catalog.state().settings.roles = [role].into();
        let input = json!({
            "SourceProductArn": env.add_product(),
            "Target": { "Region": TARGET, "RoleArn": TARGET_ROLE, "ExternalId": SECRET },
        });
        let execution = env.start(&input).await?;
        until("a copy", || env.catalog.state().accepted_copies() == 1).await;
        sleep(Duration::from_millis(300)).await;
        let under_way = format!("{:?}", env.stack.copies().await?);
        assert!(under_way.contains("copyproduct-"), "{under_way}");
        assert!(!under_way.contains(SECRET), "{under_way}");
        End::of(execution).await?.succeeded();
        let finished = format!("{:?}", env.stack.copies().await?);
        assert!(!finished.contains(SECRET), "{finished}");
        Ok(())
    })
}

#[test]
fn a_version_published_while_a_stopped_execution_copied_arrives_too() -> Result<()> {
    with_env(async |env| {
        slow_copies(env, Tokens::Honoured);
        let source = env.add_product();
        let first = env.start(&request(&source)).await?;
        until("a copy", || env.catalog.state().accepted_copies() == 1).await;
        sleep(Duration::from_millis(300)).await;
        first.stop().await?;
        let version = Version::new("v3", "Four subnets");
        env.catalog.state().publish(&source, version);
        env.run(&request(&source)).await?.succeeded();
        assert_eq!(version_names(env), ["v1", "v2", "v3"]);
        Ok(())
    })
}

#[test]
fn two_batches_at_once_copy_everything_once() -> Result<()> {
    with_env(async |env| {
        slow_copies(env, Tokens::Ignored);
        let products = [env.add_product(), env.add_product()];
        let input = json!({
            "Products": products.map(|arn| json!({ "SourceProductArn": arn })),
            "Targets": [{ "Region": TARGET }, { "Region": "eu-central-1" }],
        });
        let machine = env.stack.batch_machine()?;
        let first = machine.start(&input.to_string(), None).await?;
        let second = machine.start(&input.to_string(), None).await?;
        for batch in [first, second] {
            let end = End::of(batch).await?;
            assert_eq!(end.status, "SUCCEEDED", "{}", end.cause);
            assert_eq!(end.output["Succeeded"], 4);
        }
        for region in [TARGET, "eu-central-1"] {
            let versions = env.products(HUB_ACCOUNT, region);
            let versions: Vec<_> = versions.iter().map(|it| it.versions.len()).collect();
            assert_eq!(versions, [2, 2], "{region}");
        }
        Ok(())
    })
}

#[test]
fn a_version_published_again_under_its_name_arrives_and_retires_the_old_one() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.run(&request(&source)).await?.succeeded();
        let old = env.products(HUB_ACCOUNT, REGION)[0].versions[1].id.clone();
        let again = Version::new("v2", "Three subnets and a gateway");
        env.catalog.state().publish(&source, again);
        env.catalog.state().remove_version(&source, &old);
        let end = env.run(&request(&source)).await?;
        let output = end.succeeded();
        assert_eq!(output["CopiedVersions"][0]["Name"], "v2");
        let copy = copies(env).pop().context("there is a copy")?;
        let [_, replaced, new] = &copy.versions[..] else {
            panic!("{:?}", copy.versions);
        };
        assert_eq!(new.name, "v2");
        assert_eq!(new.description, "Three subnets and a gateway");
        assert!(new.active && !replaced.active);
        assert_eq!(replaced.description, "Three subnets");
        assert_eq!(replaced.name, format!("v2 (replaced by {})", new.id));
        assert_eq!(output["ReplacedVersions"][0]["TargetId"], replaced.id);
        let before = env.catalog.state().writing_calls();
        env.run(&request(&source)).await?.succeeded();
        assert_eq!(env.catalog.state().writing_calls(), before);
        Ok(())
    })
}

#[test]
fn two_products_of_one_name_have_two_copies() -> Result<()> {
    with_env(async |env| {
        let hub = Place::new(HUB_ACCOUNT, REGION);
        let add = |tag: &str| {
            let product = Product::new("Network", "Platform team")
                .version(Version::new("v1", "First"))
                .tag("team", tag);
            env.catalog.state().add_product(&hub, product)
        };
        for source in [add("blue"), add("green")] {
            let mut request = request(&source);
            request["CopyOptions"] = json!(["CopyTags"]);
            env.run(&request).await?.succeeded();
        }
        let teams: Vec<_> = copies(env)
            .iter()
            .map(|it| it.tags["team"].clone())
            .collect();
        assert_eq!(teams, ["blue", "green"]);
        Ok(())
    })
}

#[test]
fn a_rename_in_the_source_is_carried_over() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.run(&request(&source)).await?.succeeded();
        let first = env.products(HUB_ACCOUNT, REGION)[0].versions[0].id.clone();
        env.catalog.state().rename_product(&source, "Network");
        env.catalog
            .state()
            .rename_version(&source, &first, "v1 (old)");
        let end = env.run(&request(&source)).await?;
        assert_eq!(end.succeeded()["CopiedVersions"], json!([]));
        assert_eq!(end.succeeded()["PreviousTargetProductName"], "VPC");
        assert_eq!(version_names(env), ["v1 (old)", "v2"]);
        assert_eq!(copies(env)[0].name, "Network");
        Ok(())
    })
}

#[test]
fn each_version_without_a_name_arrives() -> Result<()> {
    with_env(async |env| {
        let product = Product::new("Nameless", "Platform team")
            .version(Version::new("", "one"))
            .version(Version::new("", "two"))
            .version(Version::new("", "three"));
        let hub = Place::new(HUB_ACCOUNT, REGION);
        let source = env.catalog.state().add_product(&hub, product);
        env.run(&request(&source)).await?.succeeded();
        assert_eq!(version_names(env), ["", "", ""]);
        let before = env.catalog.state().writing_calls();
        env.run(&request(&source)).await?.succeeded();
        assert_eq!(env.catalog.state().writing_calls(), before);
        Ok(())
    })
}

#[test]
fn a_product_of_the_name_that_is_not_known_to_be_a_copy_is_left_alone() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let theirs = Product::new("VPC", "Another team")
            .version(Version::new("v1", "Ours, not yours"))
            .tag("owner", "them");
        add_to_target(env, theirs);
        let before = copies(env);
        let end = env.run(&request(&source)).await?;
        let cause = end.failed_with("NameTaken");
        assert!(
            cause.contains(&before[0].id) && cause.contains("ADOPT"),
            "{cause}"
        );
        assert_eq!(copies(env), before);

        let mut new = request(&source);
        new["OnNameTaken"] = "NEW".into();
        env.run(&new).await?.succeeded();
        assert_eq!(copies(env).len(), 2);
        assert_eq!(copies(env)[0], before[0]);
        Ok(())
    })
}

#[test]
fn a_product_of_the_name_is_adopted_where_that_is_asked_for() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let earlier = Product::new("VPC", "Platform team").version(Version::new("v1", "Old text"));
        let earlier = add_to_target(env, earlier);
        let mut adopt = request(&source);
        adopt["OnNameTaken"] = "ADOPT".into();
        let end = env.run(&adopt).await?;
        let id = end.succeeded()["TargetProductId"]
            .as_str()
            .context("an id")?;
        assert!(earlier.ends_with(id));
        assert_eq!(version_names(env), ["v1", "v2"]);
        assert_eq!(copies(env)[0].versions[0].description, "Two subnets");

        // Another source cannot have it.
        let mut other = request(&env.add_product());
        other["TargetProductId"] = id.into();
        let end = env.run(&other).await?;
        let cause = end.failed_with("TargetTaken");
        assert!(cause.contains(&source), "{cause}");
        Ok(())
    })
}

#[test]
fn a_persons_version_in_the_copy_is_never_touched() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.run(&request(&source)).await?.succeeded();
        let target = Place::new(HUB_ACCOUNT, TARGET).product_arn(&copies(env)[0].id);
        env.catalog
            .state()
            .publish(&target, Version::new("v9", "A person's own"));
        let theirs = copies(env)[0].versions[2].clone();
        let mut withdraw = request(&source);
        withdraw["OnSourceRemoved"] = "DEACTIVATE".into();
        env.run(&withdraw).await?.succeeded();
        assert_eq!(copies(env)[0].versions[2], theirs);
        Ok(())
    })
}

#[test]
fn a_version_that_is_being_made_is_waited_for() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.catalog.state().settings.describes_before_available = Some(2);
        let version = Version::new("v3", "Four subnets").creating();
        env.catalog.state().publish(&source, version);
        env.run(&request(&source)).await?.succeeded();
        assert_eq!(version_names(env), ["v1", "v2", "v3"]);
        Ok(())
    })
}

#[test]
fn a_version_that_never_becomes_available_ends_failed_and_the_others_are_copied() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.catalog.state().settings.describes_before_available = None;
        let version = Version::new("v3", "Four subnets").creating();
        env.catalog.state().publish(&source, version);
        let end = env.run_impatient(&request(&source)).await?;
        let cause = end.failed_with("VersionNotReady");
        assert!(cause.contains("v3"), "{cause}");
        assert_eq!(version_names(env), ["v1", "v2"]);
        Ok(())
    })
}

#[test]
fn a_target_that_stays_busy_ends_failed_and_names_the_holder() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let holder = env.hold(&source, "holder").await?;
        let end = env.run_impatient(&request(&source)).await?;
        let cause = end.failed_with("TargetBusy");
        assert!(cause.contains(holder.arn()), "{cause}");
        assert_eq!(env.count(Operation::CopyProduct), 0);

        holder.stop().await?;
        env.run_impatient(&request(&source)).await?.succeeded();
        Ok(())
    })
}

#[test]
fn a_target_product_that_somebody_deleted_is_made_again() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.run(&request(&source)).await?.succeeded();
        let id = copies(env)[0].id.clone();
        let copy = Place::new(HUB_ACCOUNT, TARGET).product_arn(&id);
        env.catalog.state().remove_product(&copy);
        env.run(&request(&source)).await?.succeeded();
        assert_eq!(version_names(env), ["v1", "v2"]);
        assert_ne!(copies(env)[0].id, id);
        Ok(())
    })
}
