//! Many copies in one execution.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fake_service_catalog::{CopyEnds, HUB_ACCOUNT, Operation};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::test_env::{End, SPOKE_ACCOUNT, TARGET_ROLE, TestEnv, with_env};

/// Two Regions of the hub's own account and one of a spoke.
fn targets(env: &TestEnv) -> Vec<Value> {
    env.catalog
        .state()
        .settings
        .roles
        .insert(TARGET_ROLE.to_owned(), None);
    vec![
        json!({ "Region": "eu-west-1" }),
        json!({ "Region": "eu-west-2" }),
        json!({ "Region": "eu-west-1", "RoleArn": TARGET_ROLE }),
    ]
}

/// A batch of two products to three targets, of which the spoke is broken.
fn broken(env: &TestEnv) -> Value {
    let products = [env.add_product(), env.add_product()];
    let targets = targets(env);
    env.catalog.state().settings.roles.clear();
    let products = products.map(|it| json!({ "SourceProductArn": it }));
    json!({ "Products": products, "Targets": targets })
}

fn counts(output: &Value) -> [&Value; 3] {
    ["Total", "Succeeded", "Failed"].map(|it| &output[it])
}

#[test]
fn every_product_is_copied_to_every_target() -> Result<()> {
    with_env(async |env| {
        let products =
            [env.add_product(), env.add_product()].map(|it| json!({ "SourceProductArn": it }));
        let end = env
            .run_batch(&json!({ "Products": products, "Targets": targets(env) }))
            .await?;
        assert_eq!(end.status, "SUCCEEDED", "{}", end.cause);
        assert_eq!(counts(&end.output), [6, 6, 0]);
        for (account, region) in [
            (HUB_ACCOUNT, "eu-west-1"),
            (HUB_ACCOUNT, "eu-west-2"),
            (SPOKE_ACCOUNT, "eu-west-1"),
        ] {
            let products = env.products(account, region);
            assert_eq!(products.len(), 2, "{account} {region}");
            assert!(products.iter().all(|it| it.versions.len() == 2));
        }
        let rows = env.stack.results(&end.execution).await?;
        assert_eq!(json!(rows), end.output["Copies"]);
        for row in rows {
            assert_eq!(row["Status"], "SUCCEEDED");
            assert_eq!(row["CopiedVersions"], 2);
            assert!(row["TargetProductId"].is_string() && row["ExecutionArn"].is_string());
        }
        assert_eq!(env.count(Operation::CopyProduct), 6);
        Ok(())
    })
}

#[test]
fn a_list_of_copies_is_made() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        let copies = json!([
            { "SourceProductArn": arn, "Target": { "Region": "eu-west-1" } },
            { "SourceProductArn": arn, "Target": { "Region": "eu-west-2" }, "DryRun": true },
        ]);
        let end = env.run_batch(&json!({ "Copies": copies })).await?;
        assert_eq!(counts(&end.output), [2, 2, 0]);
        let status: Vec<_> = env
            .stack
            .results(&end.execution)
            .await?
            .iter()
            .map(|it| it["Status"].clone())
            .collect();
        assert_eq!(status, ["SUCCEEDED", "PLANNED"]);
        assert_eq!(env.products(HUB_ACCOUNT, "eu-west-2").len(), 0);
        Ok(())
    })
}

#[test]
fn a_manifest_of_either_format_is_read() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        let line = json!({ "SourceProductArn": arn, "Target": { "Region": "eu-west-1" } });
        env.stack
            .put_object("manifests/a.jsonl", &line.to_string())
            .await?;
        let csv = format!("SourceProductArn,Target.Region\n{arn},eu-west-2\n{arn},eu-west-3\n");
        env.stack.put_object("manifests/b.csv", &csv).await?;
        for (key, total) in [("manifests/a.jsonl", 1), ("manifests/b.csv", 2)] {
            let bucket = env.stack.output("CopiesBucketName")?;
            let manifest = json!({ "Bucket": bucket, "Key": key });
            let end = env.run_batch(&json!({ "Manifest": manifest })).await?;
            assert_eq!(counts(&end.output), [total, total, 0], "{}", end.cause);
        }
        for region in ["eu-west-1", "eu-west-2", "eu-west-3"] {
            assert_eq!(env.products(HUB_ACCOUNT, region).len(), 1);
        }
        Ok(())
    })
}

#[test]
fn a_mistake_in_any_form_is_named_before_anything_is_copied() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        let right = json!({ "SourceProductArn": arn });
        let bad = json!({ "SourceProductArn": arn, "CopyOptions": ["All"] });
        env.stack
            .put_object("manifests/bad.jsonl", &format!("{right}\n{bad}"))
            .await?;
        env.stack
            .put_object(
                "manifests/bad.csv",
                &format!("SourceProductArn,Target.Region\n{arn},\n{arn},Ireland\n"),
            )
            .await?;
        for (input, named) in [
            (
                json!({ "Products": [right, bad], "Targets": [{}] }),
                "Products[1]: CopyOptions[0] must be",
            ),
            (
                json!({ "Products": [right], "Targets": [{ "Region": "Ireland" }] }),
                "Targets[0]: Target.Region must be",
            ),
            (
                json!({ "Copies": [right, bad] }),
                "Copies[1]: CopyOptions[0] must be",
            ),
            (
                json!({ "Manifest": { "Key": "manifests/bad.jsonl" } }),
                "manifests/bad.jsonl line 2: CopyOptions[0] must be",
            ),
            (
                json!({ "Manifest": { "Key": "manifests/bad.csv" } }),
                "manifests/bad.csv line 3: Target.Region must be",
            ),
            (
                json!({ "Manifest": { "Key": "manifests/none.csv" } }),
                "manifests/none.csv: NoSuchKey",
            ),
            (
                json!({ "Manifest": { "Key": "batches/another/copies.jsonl" } }),
                "Manifest.Key must not begin with batches/",
            ),
            (
                json!({ "Copies": [right], "MaxConcurrency": 0 }),
                "MaxConcurrency must be 1 to 1000",
            ),
            (json!("copy"), "the input must be an object"),
        ] {
            let end = env.run_batch(&input).await?;
            let cause = end.failed_with("InvalidRequest");
            assert!(cause.contains(named), "{named} is not in {cause}");
        }
        assert_eq!(env.catalog.state().calls, []);
        Ok(())
    })
}

#[test]
fn a_broken_target_fails_the_batch_and_stops_no_other() -> Result<()> {
    with_env(async |env| {
        let end = env.run_batch(&broken(env)).await?;
        let cause = end.failed_with("CopiesFailed");
        for part in [
            "2 of 6 copies failed",
            "TargetNotAccessible",
            "results.jsonl",
            "redrive this execution",
        ] {
            assert!(cause.contains(part), "{part} is not in {cause}");
        }
        let rows = env.stack.results(&end.execution).await?;
        let failed: Vec<_> = rows.iter().filter(|it| it["Status"] == "FAILED").collect();
        assert_eq!((rows.len(), failed.len()), (6, 2));
        for row in failed {
            assert_eq!(row["Error"], "TargetNotAccessible");
            assert_eq!(row["Target"]["RoleArn"], TARGET_ROLE);
            let cause = row["Cause"].as_str().context("has a cause")?;
            assert!(cause.starts_with("Copying arn:aws:catalog"), "{cause}");
        }
        assert_eq!(env.products(HUB_ACCOUNT, "eu-west-2").len(), 2);
        Ok(())
    })
}

#[test]
fn a_tolerated_failure_ends_succeeded_and_is_reported() -> Result<()> {
    with_env(async |env| {
        let mut input = broken(env);
        input["ToleratedFailurePercentage"] = 34.into();
        let end = env.run_batch(&input).await?;
        assert_eq!(end.status, "SUCCEEDED", "{}", end.cause);
        assert_eq!(counts(&end.output), [6, 4, 2]);
        Ok(())
    })
}

#[test]
fn a_redriven_batch_makes_only_what_failed() -> Result<()> {
    with_env(async |env| {
        let end = env.run_batch(&broken(env)).await?;
        end.failed_with("CopiesFailed");
        let before = env.tokens();
        assert_eq!(before.len(), 4);

        env.catalog
            .state()
            .settings
            .roles
            .insert(TARGET_ROLE.to_owned(), None);
        end.execution.redrive().await?;
        let end = End::of(end.execution).await?;
        assert_eq!(end.status, "SUCCEEDED", "{}", end.cause);
        assert_eq!(counts(&end.output), [6, 6, 0]);
        let after = env.tokens();
        assert_eq!(after.len(), 6, "only what failed is copied again");
        assert_eq!(env.products(SPOKE_ACCOUNT, "eu-west-1").len(), 2);
        Ok(())
    })
}

#[test]
fn copies_to_one_target_are_made_at_once() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings.copy_ends = CopyEnds::After(Duration::MAX);
        let products = [(); 5].map(|()| json!({ "SourceProductArn": env.add_product() }));
        let input = json!({ "Products": products, "Targets": [{ "Region": "eu-west-1" }] });
        let machine = env.stack.batch_machine()?;
        let batch = machine.start(&input.to_string(), None).await?;
        let started = Instant::now();
        while env.count(Operation::CopyProduct) < products.len() {
            ensure!(
                started.elapsed() < Duration::from_mins(1),
                "{} copies at once",
                env.count(Operation::CopyProduct)
            );
            sleep(Duration::from_millis(50)).await;
        }
        env.catalog.state().settings.copy_ends = CopyEnds::AfterDescribes(1);
        let end = End::of(batch).await?;
        assert_eq!(counts(&end.output), [5, 5, 0], "{}", end.cause);
        assert_eq!(env.products(HUB_ACCOUNT, "eu-west-1").len(), 5);
        Ok(())
    })
}

#[test]
fn one_batch_twice_at_once_makes_each_copy_once() -> Result<()> {
    with_env(async |env| {
        env.catalog.state().settings.copy_ends = CopyEnds::After(Duration::from_millis(200));
        let products = [(); 2].map(|()| json!({ "SourceProductArn": env.add_product() }));
        let input = json!({ "Products": products, "Targets": targets(env) }).to_string();
        let machine = env.stack.batch_machine()?;
        let batches = [
            machine.start(&input, None).await?,
            machine.start(&input, None).await?,
        ];
        for batch in batches {
            let end = End::of(batch).await?;
            assert_eq!(counts(&end.output), [6, 6, 0], "{}", end.cause);
        }
        assert_eq!(env.count(Operation::CopyProduct), 6);
        Ok(())
    })
}

#[test]
fn copies_of_one_product_to_one_place_wait_for_each_other() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        // The same product to the same target, said in two ways.
        let copies = json!([
            { "SourceProductArn": arn, "Target": { "Region": "us-east-1" }, "TargetProductName": "Copy" },
            { "SourceProductArn": arn, "TargetProductName": "Copy", "CopyOptions": ["CopyTags"] },
        ]);
        let end = env.run_batch(&json!({ "Copies": copies })).await?;
        assert_eq!(counts(&end.output), [2, 2, 0]);
        assert_eq!(env.products(HUB_ACCOUNT, "us-east-1").len(), 2);
        assert_eq!(
            env.count(Operation::CopyProduct),
            1,
            "the second finds nothing missing"
        );
        Ok(())
    })
}

#[test]
fn a_copy_started_twice_by_one_batch_sends_one_token() -> Result<()> {
    with_env(async |env| {
        let arn = env.add_product();
        let id = "arn:aws:states:us-east-1:111122223333:execution:Outer:1";
        let input = json!({
            "Copies": [{ "SourceProductArn": arn, "Plan": "NONE", "Target": { "Region": "eu-west-1" } }],
            "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": id,
        });
        for _ in 0..2 {
            assert_eq!(counts(&env.run_batch(&input).await?.output), [1, 1, 0]);
        }
        let tokens = env.tokens();
        assert_eq!(tokens.len(), 2);
        assert_eq!(tokens[0], tokens[1]);
        assert_eq!(env.products(HUB_ACCOUNT, "eu-west-1").len(), 1);
        Ok(())
    })
}
