//! It deletes what it made, and nothing else.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use aws_probe::{Bucket, OWNER, PREFIX, TAG, Template, delete, find, run, run_name};
use fake_service_catalog::{
    CopyEnds, Fault, HUB_ACCOUNT, Moment, Operation, Place, Product, ServiceCatalog, Tokens,
};
use testbed::emulator::Emulator;
use testbed::sdk;
use tokio::time::sleep;

use super::{PACE, TARGET, ask, connect, left, ready, template};

#[tokio::test]
async fn nothing_stays_behind_when_a_call_is_refused() -> Result<()> {
    for operation in [
        Operation::CreateProduct,
        Operation::CreateProvisioningArtifact,
        Operation::CreatePortfolio,
        Operation::AssociateProductWithPortfolio,
        Operation::UpdateProvisioningArtifact,
        Operation::DescribeCopyProductStatus,
    ] {
        let fake = ServiceCatalog::start(ready()).await?;
        let refused = Fault::error(400, "AccessDeniedException");
        fake.state().faults.next_call(operation, refused);
        let outcome = ask(&fake, PACE).await?;
        let text = format!("{:?} {:?}", outcome.answers, outcome.error);
        assert!(
            text.contains("AccessDeniedException"),
            "{operation:?}: {text}"
        );
        assert!(outcome.leftovers.is_empty(), "{operation:?}: {outcome:?}");
        assert_eq!(left(&fake), 0, "{operation:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_copy_whose_answer_was_lost_is_reported_as_perhaps_left() -> Result<()> {
    let mut settings = ready();
    settings.copy_ends = CopyEnds::After(Duration::ZERO);
    let fake = ServiceCatalog::start(settings).await?;
    // The first three are refused.
    for fault in [
        None,
        None,
        None,
        Some(Fault::Reset(Moment::AfterAcceptance)),
    ] {
        fake.state().faults.next_call(Operation::CopyProduct, fault);
    }
    let outcome = ask(&fake, PACE).await?;
    let [leftover] = &outcome.leftovers[..] else {
        panic!("{:?}", outcome.leftovers);
    };
    assert!(leftover.what.contains("1 CopyProduct call"), "{leftover}");
    assert!(leftover.command.contains("--clean"), "{leftover}");
    assert_eq!(left(&fake), 0, "what could be found was deleted");
    Ok(())
}

#[tokio::test]
async fn what_could_not_be_deleted_is_reported_and_deleted_later() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    let refused = Fault::error(400, "AccessDeniedException");
    fake.state()
        .faults
        .every_call(Operation::DeletePortfolio, refused);
    let outcome = ask(&fake, PACE).await?;
    let [leftover] = &outcome.leftovers[..] else {
        panic!("{:?}", outcome.leftovers);
    };
    let command = "aws servicecatalog delete-portfolio --region us-east-1 --id port-";
    assert!(leftover.command.starts_with(command), "{leftover}");
    assert!(leftover.what.contains("AccessDenied"), "{leftover}");
    assert_eq!(left(&fake), 1);

    fake.state().faults.clear(Operation::DeletePortfolio);
    fake.state()
        .add_portfolio(&Place::new(HUB_ACCOUNT, "us-east-1"), "A user's");
    let found = find(&connect(&fake, &[]).await?, None, None).await;
    assert!(found.unseen.is_empty(), "{found:?}");
    assert!(delete(&found.made, PACE).await.is_empty());
    assert_eq!(left(&fake), 1, "the user's portfolio stays");
    Ok(())
}

#[tokio::test]
async fn what_is_still_in_use_is_deleted_a_little_later() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    for operation in [Operation::DeletePortfolio, Operation::DeleteProduct] {
        let in_use = Fault::error(400, "ResourceInUseException");
        fake.state().faults.next_call(operation, in_use);
    }
    let outcome = ask(&fake, PACE).await?;
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    assert_eq!(left(&fake), 0);
    Ok(())
}

#[tokio::test]
async fn its_bucket_goes_too_and_no_other() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    let emulator = Emulator::start(&fake.endpoint(), 1.0).await?;
    let s3 = aws_sdk_s3::Client::new(&sdk::config(emulator.endpoint()));
    let users = [
        "a-users".to_owned(),
        format!("{PREFIX}aaaaaaaa"),
        format!("{PREFIX}users"),
    ];
    for name in &users {
        s3.create_bucket().bucket(name).send().await?;
    }
    let buckets = async || -> Result<Vec<String>> {
        let answer = s3.list_buckets().send().await?;
        let names = answer.buckets().iter().filter_map(|it| it.name());
        Ok(names.map(ToOwned::to_owned).collect())
    };
    let catalogs = connect(&fake, &[]).await?;

    let template = Template::InBucket(s3.clone());
    let outcome = run(&catalogs, &template, PACE, async || pending().await).await;
    assert!(outcome.error.is_none(), "{outcome:?}");
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    assert_eq!(buckets().await?, users);

    let of_a_killed_run = run_name();
    let bucket = Bucket::new(s3.clone(), "us-east-1", &of_a_killed_run);
    bucket.make().await?;
    assert!(buckets().await?.contains(&of_a_killed_run));
    let found = find(&catalogs, Some(&s3), None).await;
    assert!(found.unseen.is_empty(), "{found:?}");
    assert_eq!(found.unmarked.len(), 1, "{found:?}");
    assert!(delete(&found.made, PACE).await.is_empty());
    assert_eq!(buckets().await?, users);
    Ok(())
}

#[tokio::test]
async fn what_only_looks_like_a_probe_s_stays() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    let (hub, target) = (
        Place::new(HUB_ACCOUNT, "us-east-1"),
        Place::new(HUB_ACCOUNT, TARGET),
    );
    let run = format!("{PREFIX}aaaaaaaa");
    let copy = format!("{run}-copy");
    let users = [
        Product::new(&run, "A user"),
        Product::new(&copy, "A user").tag(TAG, &format!("{PREFIX}bbbbbbbb")),
        Product::new(&format!("{PREFIX}users"), OWNER),
        Product::new(&format!("{PREFIX}aaaaaaaaa"), OWNER),
        Product::new(&format!("{PREFIX}AAAAAAAA"), OWNER),
        Product::new(&format!("{run}-mine"), OWNER).tag(TAG, &run),
        Product::new(&format!("a-{run}"), OWNER),
    ];
    let probes = [
        Product::new(&run, OWNER),
        Product::new(&copy, "Another owner").tag(TAG, &run),
    ];
    for product in users.iter().chain(&probes) {
        fake.state().add_product(&target, product.clone());
    }
    fake.state().add_product(&hub, users[0].clone());
    fake.state().add_portfolio(&hub, &run);
    let client = aws_sdk_servicecatalog::Client::new(&sdk::config(&fake.endpoint()));
    for name in [&copy, &format!("{PREFIX}users")] {
        let portfolio = client.create_portfolio().display_name(name);
        portfolio.provider_name(OWNER).send().await?;
    }

    let outcome = ask(&fake, PACE).await?;
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    let found = find(&connect(&fake, &[]).await?, None, None).await;
    assert!(found.unseen.is_empty(), "{found:?}");
    assert_eq!(found.unmarked.len(), 4, "{found:?}");
    assert_eq!(found.made.len(), probes.len(), "{found:?}");
    assert!(delete(&found.made, PACE).await.is_empty());
    let names = |place| {
        let names = fake
            .state()
            .products(place)
            .into_iter()
            .map(|it| (it.name, it.owner));
        names.collect::<Vec<_>>()
    };
    let expected = users.clone().map(|it| (it.name, it.owner));
    assert_eq!(names(&target), expected);
    assert_eq!(names(&hub), expected[..1]);
    let portfolios = fake.state().portfolios(&hub);
    assert_eq!(portfolios, [run, copy, format!("{PREFIX}users")]);
    Ok(())
}

#[tokio::test]
async fn what_a_killed_run_left_is_found_by_its_names_and_marks() -> Result<()> {
    let mut settings = ready();
    settings.tokens = Tokens::Ignored;
    let fake = ServiceCatalog::start(settings).await?;
    let refused = Fault::error(400, "AccessDeniedException");
    for operation in [Operation::DeletePortfolio, Operation::DeleteProduct] {
        fake.state().faults.every_call(operation, refused.clone());
    }
    let outcome = ask(&fake, PACE).await?;
    assert!(outcome.error.is_none(), "{outcome:?}");
    assert_eq!(outcome.leftovers.len(), left(&fake));
    assert!(left(&fake) >= 6, "{outcome:?}");

    for operation in [Operation::DeletePortfolio, Operation::DeleteProduct] {
        fake.state().faults.clear(operation);
    }
    let found = find(&connect(&fake, &[]).await?, None, None).await;
    assert!(found.unmarked.is_empty(), "{found:?}");
    assert!(delete(&found.made, PACE).await.is_empty());
    assert_eq!(left(&fake), 0);
    Ok(())
}

#[tokio::test]
async fn a_copy_that_brought_no_mark_is_known_by_its_id() -> Result<()> {
    let mut settings = ready();
    settings.copy_ends = CopyEnds::After(Duration::MAX);
    let fake = ServiceCatalog::start(settings).await?;
    let target = Place::new(HUB_ACCOUNT, TARGET);
    let is_stopped = AtomicBool::new(false);
    let stop = async || {
        if is_stopped.swap(true, Ordering::Relaxed) {
            pending::<()>().await;
        }
        let looks = || fake.state().calls_of(Operation::DescribeCopyProductStatus);
        while looks().is_empty() {
            sleep(Duration::from_millis(1)).await;
        }
        let mut state = fake.state();
        state.settings.copy_ends = CopyEnds::After(Duration::ZERO);
        let copies = state.products(&target);
        let arn = target.product_arn(&copies[0].id);
        let copy = state.product_mut(&arn).expect("the copy");
        copy.tags.clear();
        "Nobody".clone_into(&mut copy.owner);
    };
    let catalogs = connect(&fake, &[]).await?;
    let outcome = run(&catalogs, &template(), PACE, stop).await;
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    assert_eq!(left(&fake), 0);
    Ok(())
}

#[tokio::test]
async fn a_stopped_probe_deletes_what_it_made() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    let catalogs = connect(&fake, &[]).await?;
    let is_stopped = AtomicBool::new(false);
    let stop = async || {
        if is_stopped.swap(true, Ordering::Relaxed) {
            pending::<()>().await;
        }
        while fake.state().accepted_copies() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let outcome = run(&catalogs, &template(), PACE, stop).await;
    assert!(
        outcome
            .error
            .is_some_and(|it| it.to_string() == "it was stopped")
    );
    assert!(fake.state().accepted_copies() > 0);
    assert_eq!(left(&fake), 0);
    Ok(())
}
