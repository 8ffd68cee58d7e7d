//! The probe against the fake: it says how the fake is set, and leaves nothing behind.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::future::pending;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use catalog_copy_local::emulator::Emulator;
use catalog_copy_local::probe::{
    ACTIONS, Bucket, Catalogs, Options, Outcome, PREFIX, Pace, Switch, Template, confirm, delete,
    find, run,
};
use catalog_copy_local::sdk;
use catalog_copy_local::service_catalog::{
    CopyEnds, Fault, HUB_ACCOUNT, Moment, Operation, Place, SPOKE_ACCOUNT, ServiceCatalog,
    Settings, TARGET_ROLE, Tokens,
};
use tokio::time::sleep;

const TARGET: &str = "eu-west-1";

const PACE: Pace = Pace {
    poll: Duration::from_millis(10),
    deadline: Duration::from_secs(3),
    retention: Duration::from_millis(200),
};

fn ready() -> Settings {
    Settings {
        describes_before_available: Some(0),
        ..Settings::default()
    }
}

async fn connect(fake: &ServiceCatalog, options: &[&str]) -> Result<Catalogs> {
    let arguments = ["--target-region", TARGET].iter().chain(options);
    let options = Options::parse(arguments.map(OsString::from))?;
    Catalogs::connect(&sdk::config(&fake.endpoint()), &options).await
}

fn template() -> Template {
    Template::At("https://example.com/template.json".to_owned())
}

async fn ask(fake: &ServiceCatalog, pace: Pace) -> Result<Outcome> {
    let catalogs = connect(fake, &[]).await?;
    Ok(run(&catalogs, &template(), pace, async || pending().await).await)
}

fn switches(outcome: &Outcome) -> Vec<Switch> {
    outcome.answers.iter().filter_map(|it| it.switch).collect()
}

/// The number of products and portfolios, wherever they are.
fn left(fake: &ServiceCatalog) -> usize {
    let mut world = fake.world();
    let places = [
        Place::new(HUB_ACCOUNT, "us-east-1"),
        Place::new(HUB_ACCOUNT, TARGET),
        Place::new(SPOKE_ACCOUNT, TARGET),
    ];
    places
        .iter()
        .map(|place| world.products(place).len() + world.portfolios(place).len())
        .sum()
}

/// Asks a fake that is set like this, and compares; how long a copy takes is compared elsewhere.
async fn is_found(settings: Settings) -> Result<()> {
    let fake = ServiceCatalog::start(settings.clone()).await?;
    let outcome = ask(&fake, PACE).await?;
    assert!(outcome.trouble.is_none(), "{outcome:?}");
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    assert_eq!(left(&fake), 0);
    let switches = switches(&outcome);
    // Where tokens are ignored, none is ever reused.
    let expected = if settings.tokens == Tokens::Ignored {
        7
    } else {
        8
    };
    assert_eq!(switches.len(), expected, "{:#?}", outcome.answers);
    let mut told = settings.clone();
    for switch in switches {
        switch.set(&mut told);
    }
    told.copy_ends = settings.copy_ends;
    assert_eq!(told, settings, "{:#?}", outcome.answers);
    Ok(())
}

#[tokio::test]
async fn each_switch_is_found_in_each_position() -> Result<()> {
    for switch in [
        Switch::DescribesBeforeAvailable(Some(0)),
        Switch::DescribesBeforeAvailable(Some(2)),
        Switch::DescribesBeforeAvailable(None),
        Switch::ListsBeforeAssociated(2),
        Switch::DescribesBeforeVisible(2),
        Switch::CopiesKeepGuidance(true),
        Switch::Tokens(Tokens::Ignored),
        Switch::ReusedTokenIsRejected(false),
        Switch::RecopyDuplicatesVersions(false),
    ] {
        let mut settings = ready();
        switch.set(&mut settings);
        is_found(settings).await?;
    }
    Ok(())
}

#[tokio::test]
async fn all_switches_are_found_together() -> Result<()> {
    is_found(Settings {
        copy_ends: CopyEnds::AfterDescribes(2),
        tokens: Tokens::Honoured,
        reused_token_is_rejected: false,
        describes_before_visible: 2,
        recopy_duplicates_versions: false,
        copies_keep_guidance: true,
        describes_before_available: Some(2),
        lists_before_associated: 2,
        ..Settings::default()
    })
    .await
}

#[tokio::test]
async fn what_a_token_was_honoured_for_is_known_from_below() -> Result<()> {
    let honoured = Duration::from_secs(2);
    let mut settings = ready();
    settings.tokens = Tokens::HonouredFor(honoured);
    let fake = ServiceCatalog::start(settings).await?;
    let retention = honoured + Duration::from_millis(500);
    let outcome = ask(&fake, Pace { retention, ..PACE }).await?;
    let found = switches(&outcome).into_iter().find_map(|it| match it {
        Switch::Tokens(Tokens::HonouredFor(time)) => Some(time),
        _ => None,
    });
    assert!(found.is_some_and(|it| it <= honoured), "{outcome:#?}");
    assert_eq!(left(&fake), 0);
    Ok(())
}

#[tokio::test]
async fn a_copy_takes_as_long_as_it_takes() -> Result<()> {
    for (takes, is_watched) in [(Duration::ZERO, false), (Duration::from_secs(1), true)] {
        let mut settings = ready();
        settings.copy_ends = CopyEnds::After(takes);
        let fake = ServiceCatalog::start(settings).await?;
        let outcome = ask(&fake, PACE).await?;
        let mut found = outcome.answers.iter().filter_map(|it| match it.switch {
            Some(Switch::CopyEnds(CopyEnds::After(time))) => Some((time, &it.seen)),
            _ => None,
        });
        let (time, seen) = found.next().expect("a duration");
        assert!(time >= takes, "{time:?}");
        assert_eq!(
            !seen.contains("IN_PROGRESS at 0 looks"),
            is_watched,
            "{seen}"
        );
    }
    Ok(())
}

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
        fake.world().faults.next_call(operation, refused);
        let outcome = ask(&fake, PACE).await?;
        let told = format!("{:?} {:?}", outcome.answers, outcome.trouble);
        assert!(
            told.contains("AccessDeniedException"),
            "{operation:?}: {told}"
        );
        assert!(outcome.leftovers.is_empty(), "{operation:?}: {outcome:?}");
        assert_eq!(left(&fake), 0, "{operation:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_copy_whose_answer_was_lost_is_perhaps_left() -> Result<()> {
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
        fake.world().faults.next_call(Operation::CopyProduct, fault);
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
async fn what_could_not_be_deleted_is_told_and_deleted_later() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    let refused = Fault::error(400, "AccessDeniedException");
    fake.world()
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

    fake.world().faults.clear(Operation::DeletePortfolio);
    fake.world()
        .add_portfolio(&Place::new(HUB_ACCOUNT, "us-east-1"), "A user's");
    let (made, unseen) = find(&connect(&fake, &[]).await?, None, PREFIX).await;
    assert!(unseen.is_empty());
    assert!(delete(&made, PACE).await.is_empty());
    assert_eq!(left(&fake), 1, "the user's portfolio stays");
    Ok(())
}

#[tokio::test]
async fn what_is_still_in_use_is_deleted_a_little_later() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    for operation in [Operation::DeletePortfolio, Operation::DeleteProduct] {
        let in_use = Fault::error(400, "ResourceInUseException");
        fake.world().faults.next_call(operation, in_use);
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
    s3.create_bucket().bucket("a-users").send().await?;
    let buckets = async || -> Result<Vec<String>> {
        let answer = s3.list_buckets().send().await?;
        let names = answer.buckets().iter().filter_map(|it| it.name());
        Ok(names.map(ToOwned::to_owned).collect())
    };
    let catalogs = connect(&fake, &[]).await?;

    let template = Template::InBucket(s3.clone());
    let outcome = run(&catalogs, &template, PACE, async || pending().await).await;
    assert!(outcome.trouble.is_none(), "{outcome:?}");
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    assert_eq!(buckets().await?, ["a-users"]);

    let of_a_killed_run = format!("{PREFIX}killed");
    let bucket = Bucket::new(s3.clone(), "us-east-1", &of_a_killed_run);
    bucket.make().await?;
    assert_eq!(buckets().await?, ["a-users", &of_a_killed_run]);
    let (made, unseen) = find(&catalogs, Some(&s3), PREFIX).await;
    assert!(unseen.is_empty(), "{unseen:?}");
    assert!(delete(&made, PACE).await.is_empty());
    assert_eq!(buckets().await?, ["a-users"]);
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
        while fake.world().accepted_copies() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    let outcome = run(&catalogs, &template(), PACE, stop).await;
    assert!(
        outcome
            .trouble
            .is_some_and(|it| it.to_string() == "it was stopped")
    );
    assert!(fake.world().accepted_copies() > 0);
    assert_eq!(left(&fake), 0);
    Ok(())
}

#[tokio::test]
async fn the_policy_allows_what_is_called_and_no_more() -> Result<()> {
    let mut settings = ready();
    settings.roles.insert(TARGET_ROLE.to_owned(), None);
    let fake = ServiceCatalog::start(settings).await?;
    let catalogs = connect(&fake, &["--role-arn", TARGET_ROLE]).await?;
    let outcome = run(&catalogs, &template(), PACE, async || pending().await).await;
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    let called = fake
        .world()
        .calls
        .iter()
        .map(|it| format!("{:?}", it.operation))
        .collect();
    let of_sts = ["AssumeRole", "GetCallerIdentity"];
    let allowed: BTreeSet<_> = ACTIONS
        .iter()
        .chain(&of_sts)
        .map(ToString::to_string)
        .collect();
    assert_eq!(allowed, called);
    let stranger = outcome
        .answers
        .iter()
        .find(|it| it.question.contains("not shared"));
    assert!(
        stranger.is_some_and(|it| !it.answer.starts_with("not ")),
        "{stranger:?}"
    );
    assert_eq!(left(&fake), 0);
    Ok(())
}

#[tokio::test]
async fn the_readme_shows_every_question() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    for answer in ask(&fake, PACE).await?.answers {
        let row = format!("| {} |", answer.question);
        assert!(
            include_str!("../../README.md").contains(&row),
            "README.md lacks {row}"
        );
    }
    Ok(())
}

#[test]
fn only_the_account_s_id_confirms() {
    let typed = |line: &'static str| confirm(HUB_ACCOUNT, None, Some(line.as_bytes()));
    assert!(typed("111122223333\n").is_ok());
    assert!(confirm(HUB_ACCOUNT, Some(HUB_ACCOUNT), None::<&[u8]>).is_ok());
    for line in ["", "\n", "y\n", "444455556666\n"] {
        assert!(typed(line).is_err(), "{line:?}");
    }
    assert!(confirm(HUB_ACCOUNT, Some(SPOKE_ACCOUNT), None::<&[u8]>).is_err());
    let error = confirm(HUB_ACCOUNT, None, None::<&[u8]>).expect_err("nobody to ask");
    assert!(error.to_string().contains("--yes-in-account"), "{error}");
}

#[test]
fn a_wrong_account_or_option_is_told_before_anything_is_made() -> Result<()> {
    for (arguments, told) in [
        (
            vec!["--fake", "--yes-in-account", SPOKE_ACCOUNT],
            "nothing was done",
        ),
        (
            vec!["--fake", "--target-region", "us-east-1"],
            "the target Region is the source",
        ),
        (vec!["--fake", "--poll", "often"], "often is no number"),
        (vec!["--fake", "--region"], "--region"),
        (vec!["--fake", "eu-west-1"], "eu-west-1"),
    ] {
        let probe = Command::new(env!("CARGO_BIN_EXE_probe"))
            .args(&arguments)
            .output()?;
        let stderr = String::from_utf8(probe.stderr)?;
        assert!(!probe.status.success(), "{arguments:?}");
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
        assert!(probe.stdout.is_empty(), "{arguments:?}");
    }
    Ok(())
}
