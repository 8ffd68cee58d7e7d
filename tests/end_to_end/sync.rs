//! Copying again: the plan before a copy and the finish after it.

use anyhow::{Context, Result};
use fake_service_catalog::{Fault, HUB_ACCOUNT, Operation, Place, Product, Version};
use serde_json::{Value, json};

use crate::test_env::{SPOKE_ACCOUNT, TARGET, TARGET_ROLE, TestEnv, request, with_env};

fn names(versions: &Value) -> Vec<&str> {
    let versions = versions.as_array().expect("is a list").iter();
    versions.filter_map(|it| it["Name"].as_str()).collect()
}

/// The one product in the target.
fn copy(env: &TestEnv) -> Result<Product> {
    let mut products = env.products(HUB_ACCOUNT, TARGET);
    assert_eq!(products.len(), 1);
    products.pop().context("there is a copy")
}

fn add_to_target(env: &TestEnv, product: Product) -> String {
    let place = Place::new(HUB_ACCOUNT, TARGET);
    env.catalog.state().add_product(&place, product)
}

#[test]
fn a_second_copy_brings_only_what_is_new_and_what_changed() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let first = env.run(&request(&source)).await?;
        assert_eq!(names(&first.succeeded()["CopiedVersions"]), ["v1", "v2"]);

        let old = env.products(HUB_ACCOUNT, "us-east-1")[0].versions[0]
            .id
            .clone();
        env.catalog
            .state()
            .publish(&source, Version::new("v3", "Four subnets"));
        env.catalog.state().deprecate(&source, &old);
        let second = env.run(&request(&source)).await?;
        let output = second.succeeded();
        let copy = copy(env)?;
        assert_eq!(output["TargetProductId"], copy.id);
        assert_eq!(output["TargetProductName"], "VPC");
        let arn = Place::new(HUB_ACCOUNT, TARGET).product_arn(&copy.id);
        assert_eq!(output["TargetProductArn"], arn);
        let [v1, v2, v3] = &copy.versions[..] else {
            panic!("{:?}", copy.versions);
        };
        assert_eq!([&v1.name, &v2.name, &v3.name], ["v1", "v2", "v3"]);
        let copied = &output["CopiedVersions"][0];
        assert_eq!(names(&output["CopiedVersions"]), ["v3"]);
        assert_eq!(copied["TargetId"], v3.id);
        assert_eq!(copied["SourceId"].as_str(), v3.copied_from.as_deref());
        let updated = json!([{ "TargetId": v1.id, "Name": "v1", "Guidance": "DEPRECATED" }]);
        assert_eq!(output["UpdatedVersions"], updated);
        assert_eq!(v1.guidance, "DEPRECATED");
        assert_eq!(names(&output["SkippedVersions"]), ["v1", "v2"]);
        assert_eq!(output["SkippedVersions"][0]["Reason"], "ALREADY_IN_TARGET");
        assert!(output["NotCopied"].to_string().contains("Constraints"));
        Ok(())
    })
}

#[test]
fn what_is_said_of_the_product_follows_the_source_and_what_may_not_launch_is_a_warning()
-> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.run(&request(&source)).await?.succeeded();
        {
            let mut state = env.catalog.state();
            let url = "https://s3.us-east-1.amazonaws.com/templates/v3.json";
            state.publish(&source, Version::new("v3", "").template(url));
            let product = state.product_mut(&source).context("is there")?;
            "Another team".clone_into(&mut product.owner);
            product.details.support_email = Some("us@example.com".to_owned());
        }
        let end = env.run(&request(&source)).await?;
        let output = end.succeeded();
        let copy = copy(env)?;
        assert_eq!(
            output["UpdatedProductMembers"],
            json!(["Owner", "SupportEmail"])
        );
        assert_eq!(copy.owner, "Another team");
        assert_eq!(
            copy.details.support_email.as_deref(),
            Some("us@example.com")
        );
        let warnings = output["Warnings"].as_array().context("is a list")?;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].to_string().contains("v3 (pa-"), "{warnings:?}");
        Ok(())
    })
}

#[test]
fn a_product_of_another_type_is_copied_with_a_warning_or_fails_as_the_service_says() -> Result<()> {
    with_env(async |env| {
        for fails in [false, true] {
            env.catalog.state().settings.copies_of_other_types_fail = fails;
            let product = Product::new(&format!("Terraform {fails}"), "Platform team");
            let product = product.of_type("EXTERNAL").version(Version::new("v1", ""));
            let home = Place::new(HUB_ACCOUNT, "us-east-1");
            let source = env.catalog.state().add_product(&home, product);
            let end = env.run(&request(&source)).await?;
            if fails {
                end.failed_with("CopyFailed");
            } else {
                let warnings = &end.succeeded()["Warnings"];
                assert!(warnings.to_string().contains("EXTERNAL"), "{warnings}");
            }
        }
        Ok(())
    })
}

#[test]
fn a_second_run_right_after_the_first_writes_nothing() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let place = Place::new(HUB_ACCOUNT, TARGET);
        let portfolio = env.catalog.state().add_portfolio(&place, "Networks");
        let mut request = request(&source);
        request["CopyOptions"] = json!(["CopyTags"]);
        request["PortfolioIds"] = json!([portfolio]);
        env.run(&request).await?.succeeded();
        let before = env.catalog.state().writing_calls();
        let second = env.run(&request).await?;
        assert_eq!(second.succeeded()["CopiedVersions"], json!([]));
        assert_eq!(second.succeeded()["UpdatedVersions"], json!([]));
        assert_eq!(env.catalog.state().writing_calls(), before);
        Ok(())
    })
}

#[test]
fn a_dry_run_answers_with_the_plan_and_changes_nothing() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        env.run(&request(&source)).await?.succeeded();
        let old = env.products(HUB_ACCOUNT, "us-east-1")[0].versions[0]
            .id
            .clone();
        env.catalog
            .state()
            .publish(&source, Version::new("v3", "Four subnets"));
        env.catalog
            .state()
            .publish(&source, Version::new("-", "To come"));
        env.catalog.state().deprecate(&source, &old);
        let before = env.catalog.state().writing_calls();
        let mut dry = request(&source);
        dry["DryRun"] = true.into();
        let end = env.run(&dry).await?;
        assert_eq!(end.status, "SUCCEEDED");
        assert_eq!(end.output["DryRun"], true);
        assert_eq!(
            end.output["CopyProductStatus"],
            Value::Null,
            "nothing was copied"
        );
        assert_eq!(names(&end.output["CopiedVersions"]), ["v3"]);
        assert_eq!(names(&end.output["UpdatedVersions"]), ["v1"]);
        assert_eq!(names(&end.output["SkippedVersions"]), ["v1", "v2", "-"]);
        assert_eq!(end.output["SkippedVersions"][2]["Reason"], "PLACEHOLDER");
        assert_eq!(env.catalog.state().writing_calls(), before);
        Ok(())
    })
}

#[test]
fn versions_are_chosen_by_name_or_by_word() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let arn = source.clone();
        env.catalog
            .state()
            .publish(&arn, Version::new("v3", "Withdrawn").inactive());
        for (versions, copied) in [
            (json!("LATEST"), vec!["v2"]),
            (json!(["v1"]), vec!["v1"]),
            (json!("ACTIVE"), vec![]),
            (json!("ALL"), vec!["v3"]),
        ] {
            let mut request = request(&source);
            request["Versions"] = versions;
            let end = env.run(&request).await?;
            assert_eq!(names(&end.succeeded()["CopiedVersions"]), copied);
        }
        let copy = copy(env)?;
        assert!(
            !copy.versions[2].active,
            "what is inactive in the source is so in the target"
        );

        let mut request = request(&source);
        request["Versions"] = json!(["v9"]);
        let end = env.run(&request).await?;
        let cause = end.failed_with("VersionNotFound");
        assert!(
            cause.contains("does not have Versions[0], it has v1, v2, v3"),
            "{cause}"
        );
        Ok(())
    })
}

#[test]
fn a_copy_is_added_to_its_portfolios_and_waited_for() -> Result<()> {
    with_env(async |env| {
        let place = Place::new(HUB_ACCOUNT, TARGET);
        let portfolio = env.catalog.state().add_portfolio(&place, "Networks");
        env.catalog.state().settings.lists_before_associated = 3;
        let mut request = request(&env.add_product());
        request["PortfolioIds"] = json!([portfolio]);
        let end = env.run(&request).await?;
        let output = end.succeeded();
        assert_eq!(output["AddedPortfolioIds"], json!([portfolio]));
        assert_eq!(output["PendingPortfolioIds"], Value::Null);
        assert_eq!(names(&output["CopiedVersions"]), ["v1", "v2"]);
        assert_eq!(env.count(Operation::AssociateProductWithPortfolio), 1);
        Ok(())
    })
}

#[test]
fn a_portfolio_that_never_shows_the_copy_is_named() -> Result<()> {
    with_env(async |env| {
        let place = Place::new(HUB_ACCOUNT, TARGET);
        let portfolio = env.catalog.state().add_portfolio(&place, "Networks");
        env.catalog.state().settings.lists_before_associated = u32::MAX;
        let mut request = request(&env.add_product());
        request["PortfolioIds"] = json!([portfolio]);
        let end = env.run_impatient(&request).await?;
        let cause = end.failed_with("PortfoliosNotVisible");
        assert!(cause.contains(&portfolio), "{cause}");
        Ok(())
    })
}

#[test]
fn tags_follow_the_source() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let mut request = request(&source);
        request["CopyOptions"] = json!(["CopyTags"]);
        env.run(&request).await?.succeeded();
        let tags = [("cost-centre", "4712"), ("owner", "network")];
        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        if let Some(product) = env.catalog.state().product_mut(&source) {
            product.tags = tags[..1].iter().cloned().collect();
        }
        let id = copy(env)?.id;
        let arn = Place::new(HUB_ACCOUNT, TARGET).product_arn(&id);
        if let Some(product) = env.catalog.state().product_mut(&arn) {
            product.tags = tags[1..].iter().cloned().collect();
        }
        let end = env.run(&request).await?;
        assert_eq!(
            end.succeeded()["AddedTags"],
            json!({ "cost-centre": "4712" })
        );
        assert_eq!(end.succeeded()["RemovedTags"], json!(["owner"]));
        assert_eq!(copy(env)?.tags, tags[..1].iter().cloned().collect());
        Ok(())
    })
}

#[test]
fn versions_gone_from_the_source_are_kept_deprecated_or_deactivated_but_never_deleted() -> Result<()>
{
    with_env(async |env| {
        let source = env.add_product();
        env.run(&request(&source)).await?.succeeded();
        let gone = env.products(HUB_ACCOUNT, "us-east-1")[0].versions[0]
            .id
            .clone();
        env.catalog.state().remove_version(&source, &gone);
        for (on_source_removed, active, guidance) in [
            ("KEEP", true, "DEFAULT"),
            ("DEPRECATE", true, "DEPRECATED"),
            ("DEACTIVATE", false, "DEPRECATED"),
        ] {
            let mut request = request(&source);
            request["OnSourceRemoved"] = on_source_removed.into();
            env.run(&request).await?.succeeded();
            let version = copy(env)?.versions.swap_remove(0);
            assert_eq!(
                (version.active, version.guidance.as_str()),
                (active, guidance)
            );
        }
        Ok(())
    })
}

#[test]
fn a_target_with_two_products_of_the_name_is_ambiguous() -> Result<()> {
    with_env(async |env| {
        let source = env.add_product();
        let first = add_to_target(env, Product::new("VPC", "someone"));
        let second = add_to_target(env, Product::new("VPC", "someone else"));
        add_to_target(env, Product::new("VPC endpoints", "someone"));
        let mut adopt = request(&source);
        adopt["OnNameTaken"] = "ADOPT".into();
        let end = env.run(&adopt).await?;
        let cause = end.failed_with("TargetAmbiguous");
        for arn in [first, second] {
            let id = arn.rsplit('/').next().unwrap_or_default();
            assert!(cause.contains(id), "{cause}");
        }
        assert_eq!(env.count(Operation::CopyProduct), 0);
        Ok(())
    })
}

#[test]
fn a_target_without_room_for_the_versions_is_not_copied_to() -> Result<()> {
    with_env(async |env| {
        let versions = (0..99).map(|n| Version::new(&format!("old {n}"), ""));
        let full = versions.fold(Product::new("VPC", "someone"), Product::version);
        add_to_target(env, full);
        let mut adopt = request(&env.add_product());
        adopt["OnNameTaken"] = "ADOPT".into();
        let end = env.run(&adopt).await?;
        let cause = end.failed_with("QuotaExceeded");
        assert!(cause.contains("has 99 versions and lacks 2"), "{cause}");
        assert_eq!(env.count(Operation::CopyProduct), 0);
        Ok(())
    })
}

#[test]
fn a_copy_that_is_not_there_is_no_success() -> Result<()> {
    with_env(async |env| {
        let empty = add_to_target(env, Product::new("Empty", "someone"));
        let id = empty.rsplit('/').next();
        let answer = json!({ "CopyProductStatus": "SUCCEEDED", "TargetProductId": id });
        env.catalog
            .state()
            .faults
            .every_call(Operation::DescribeCopyProductStatus, Fault::Answer(answer));
        let end = env.run(&request(&env.add_product())).await?;
        let cause = end.failed_with("CopyIncomplete");
        assert!(cause.contains("version v1"), "{cause}");
        Ok(())
    })
}

#[test]
fn a_source_in_another_account_is_read_with_its_role() -> Result<()> {
    with_env(async |env| {
        let roles = [(TARGET_ROLE.to_owned(), None)];
        env.catalog.state().settings.roles = roles.into();
        let product = Product::new("Queue", "Messaging")
            .version(Version::new("v1", "First in, first out"))
            .shared_with(HUB_ACCOUNT);
        let place = Place::new(SPOKE_ACCOUNT, "us-west-2");
        let source = env.catalog.state().add_product(&place, product);
        let mut request = request(&source);
        request["Source"] = json!({ "RoleArn": TARGET_ROLE });
        let end = env.run(&request).await?;
        assert_eq!(names(&end.succeeded()["CopiedVersions"]), ["v1"]);
        assert_eq!(copy(env)?.name, "Queue");
        Ok(())
    })
}
