//! The probe finds how the fake's switches are set.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use aws_probe::{Bounds, Outcome, Pace, Switch};
use aws_sdk_servicecatalog::Client;
use aws_sdk_servicecatalog::config::{Builder, Region};
use fake_service_catalog::{CopyEnds, Fault, Operation, ServiceCatalog, Settings, Tokens};
use serde_json::json;
use testbed::sdk;

use super::{PACE, TARGET, ask, left, ready, switches};

/// What no question finds out, and why.
const NOT_ASKED: [(&str, &str); 5] = [
    (
        "roles",
        "who may assume a role is the user's own setting, not AWS's behaviour",
    ),
    (
        "available_after",
        "how often a version is described before it is AVAILABLE says it",
    ),
    (
        "shares_need_acceptance",
        "needs another account: a_share_needs_acceptance_or_not",
    ),
    (
        "copies_of_other_types_fail",
        "needs a provisioning engine, or a subscription in AWS Marketplace",
    ),
    (
        "failed_copies_leave_product",
        "needs another account: a_failed_copy_leaves_a_product_behind_or_not",
    ),
];

/// The name of the field that a switch is of.
fn field(switch: Switch) -> String {
    let text = switch.in_rust();
    let (field, _) = text.split_once(':').expect("a field and its value");
    field.to_owned()
}

/// The fields of the fake's settings.
fn fields() -> BTreeSet<String> {
    let settings = format!("{:#?}", Settings::default());
    let own = settings.lines().filter_map(|line| {
        let member = line.strip_prefix("    ")?;
        let (field, _) = member.split_once(':')?;
        (!field.starts_with(' ')).then(|| field.to_owned())
    });
    own.collect()
}

fn asked() -> BTreeSet<String> {
    let mut asked = fields();
    for (field, _) in NOT_ASKED {
        assert!(asked.remove(field), "there is no {field}");
    }
    asked
}

/// Asks a fake that is set like this, and compares; of a time only bounds can be found.
async fn finds(settings: Settings, pace: Pace) -> Result<()> {
    let fake = ServiceCatalog::start(settings.clone()).await?;
    let began = Instant::now();
    let outcome = ask(&fake, pace).await?;
    let ran = began.elapsed();
    assert!(outcome.error.is_none(), "{outcome:?}");
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    assert_eq!(left(&fake), 0);

    let switches = switches(&outcome);
    let mut expected = asked();
    let found = switches
        .iter()
        .map(|it| field(*it))
        .collect::<BTreeSet<_>>();
    // Where tokens are ignored, or forgotten by then, none is ever reused.
    if settings.tokens != Tokens::Honoured && !found.contains("reused_token_is_rejected") {
        expected.remove("reused_token_is_rejected");
    }
    assert_eq!(found, expected, "{:#?}", outcome.answers);
    let mut found = settings.clone();
    for switch in switches {
        match (switch, settings.copy_ends, settings.tokens) {
            (Switch::CopyEndsAfter(seen), CopyEnds::After(time), _)
            | (Switch::TokensHonouredFor(seen), _, Tokens::HonouredFor(time)) => {
                let Bounds { least, most } = seen;
                let is_within = least <= time && time <= most && most <= ran;
                assert!(is_within, "{seen:?} in {ran:?}: {:#?}", outcome.answers);
            }
            // The machine may be too slow to see it honoured.
            (Switch::TokensIgnored(after), _, Tokens::HonouredFor(time)) => {
                assert!(after >= time, "{after:?}: {:#?}", outcome.answers);
            }
            _ => switch.set(&mut found),
        }
    }
    assert_eq!(found, settings, "{:#?}", outcome.answers);
    Ok(())
}

#[tokio::test]
async fn each_switch_is_found_in_each_position() -> Result<()> {
    // Each differs in one thing from the first.
    let positions: [fn(&mut Settings); 15] = [
        |_| (),
        |it| it.describes_before_available = Some(2),
        |it| it.lists_before_associated = 2,
        |it| it.describes_before_visible = 2,
        |it| it.copies_keep_guidance = true,
        |it| it.copies_keep_created_time = true,
        |it| it.lists_before_copied = 2,
        |it| it.tokens = Tokens::Ignored,
        |it| it.reused_token_is_rejected = false,
        |it| it.recopy_duplicates_versions = false,
        |it| it.copies_make_version_events = true,
        |it| it.copy_ends = CopyEnds::AfterDescribes(0),
        |it| it.copy_ends = CopyEnds::AfterDescribes(3),
        |it| it.copy_ends = CopyEnds::After(Duration::ZERO),
        |it| it.copy_ends = CopyEnds::After(Duration::from_millis(300)),
    ];
    for turn in positions {
        let mut settings = ready();
        turn(&mut settings);
        finds(settings, PACE).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_version_that_is_never_available_finds() -> Result<()> {
    let deadline = Duration::from_secs(3);
    let mut settings = ready();
    settings.describes_before_available = None;
    finds(settings, Pace { deadline, ..PACE }).await
}

#[tokio::test]
async fn a_retention_is_found_within_its_bounds() -> Result<()> {
    let retention = Duration::from_secs(4);
    for is_rejected in [false, true] {
        let mut settings = ready();
        settings.tokens = Tokens::HonouredFor(Duration::from_secs(2));
        settings.reused_token_is_rejected = is_rejected;
        finds(settings, Pace { retention, ..PACE }).await?;
    }
    Ok(())
}

#[tokio::test]
async fn all_switches_are_found_together() -> Result<()> {
    let settings = Settings {
        copy_ends: CopyEnds::AfterDescribes(2),
        tokens: Tokens::Honoured,
        reused_token_is_rejected: false,
        describes_before_visible: 2,
        recopy_duplicates_versions: false,
        copies_keep_guidance: true,
        copies_keep_created_time: true,
        lists_before_copied: 2,
        describes_before_available: Some(2),
        lists_before_associated: 2,
        copies_make_version_events: true,
        ..ready()
    };
    finds(settings, PACE).await
}

#[tokio::test]
async fn a_token_is_sent_again_whenever_its_copy_is_twice_as_old() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    let outcome = ask(&fake, PACE).await?;
    let calls = fake.state().calls_of(Operation::CopyProduct);
    let tokens = calls.iter().filter_map(|it| it.idempotency_token());
    let sent = tokens.filter(|it| it.ends_with("-token")).count();
    // First, at once, with another request, and after 10, 20, 40, 80, 160 and 200 ms.
    assert_eq!(sent, 9);
    let mut honoured = switches(&outcome).into_iter().filter_map(|it| match it {
        Switch::TokensHonoured(least) => Some(least),
        _ => None,
    });
    let least = honoured.next().expect("an answer");
    assert!(least >= PACE.retention, "{least:?}");
    let said = format!("/* {} ms at least */", least.as_millis());
    assert!(Switch::TokensHonoured(least).in_rust().ends_with(&said));
    Ok(())
}

#[tokio::test]
async fn an_unrelated_refusal_says_nothing_about_tokens() -> Result<()> {
    for (call, question) in [(6, "sent again"), (7, "another request with the same")] {
        let fake = ServiceCatalog::start(ready()).await?;
        for _ in 0..call {
            fake.state().faults.next_call(Operation::CopyProduct, None);
        }
        let fault = Fault::throttled();
        fake.state().faults.next_call(Operation::CopyProduct, fault);
        let outcome = ask(&fake, PACE).await?;
        let answer = outcome
            .answers
            .iter()
            .find(|it| it.question.contains(question));
        let answer = answer.expect("the question");
        assert!(answer.answer.starts_with("not known"), "{answer:?}");
        assert!(answer.seen.contains("Throttling"), "{answer:?}");
        assert_eq!(answer.switch, None);
    }
    Ok(())
}

#[tokio::test]
async fn a_copy_may_have_taken_no_time_only_if_the_first_look_found_its_end() -> Result<()> {
    for takes in [Duration::ZERO, Duration::from_millis(300)] {
        let mut settings = ready();
        settings.copy_ends = CopyEnds::After(takes);
        let fake = ServiceCatalog::start(settings).await?;
        let outcome = ask(&fake, PACE).await?;
        let least = least_duration(&outcome);
        let copies = fake.state().copies();
        let mut first = copies.iter().filter(|it| {
            let name = it.request["TargetProductName"].as_str();
            name.is_some_and(|name| name.ends_with("-copy"))
        });
        let token = &first.next().expect("the first copy").token;
        let looks = fake.state().calls_of(Operation::DescribeCopyProductStatus);
        let looks = looks
            .iter()
            .filter(|it| it.request["CopyProductToken"] == **token);
        // The last look is the cleaning's.
        assert_eq!(
            least.is_zero(),
            looks.count() == 2,
            "{:#?}",
            outcome.answers
        );
    }
    Ok(())
}

fn least_duration(outcome: &Outcome) -> Duration {
    let mut durations = switches(outcome).into_iter().filter_map(|it| match it {
        Switch::CopyEndsAfter(seen) => Some(seen.least),
        _ => None,
    });
    durations.next().expect("a duration")
}

#[tokio::test]
async fn late_events_are_waited_for() -> Result<()> {
    let mut settings = ready();
    settings.copies_make_version_events = true;
    let fake = ServiceCatalog::start(settings).await?;
    let there = Builder::from(&sdk::config(&fake.endpoint())).region(Region::new(TARGET));
    let client = Client::from_conf(there.build());
    // More than a page of events.
    for _ in 0..60 {
        client.list_portfolios().send().await?;
    }
    let none = Fault::Answer(json!({ "Events": [] }));
    for _ in 0..2 {
        let none = none.clone();
        fake.state().faults.next_call(Operation::LookupEvents, none);
    }
    let trail = Some(PACE.deadline);
    let outcome = ask(&fake, Pace { trail, ..PACE }).await?;
    let switches = switches(&outcome);
    assert!(
        switches.contains(&Switch::CopiesMakeVersionEvents(true)),
        "{outcome:#?}"
    );

    fake.state()
        .faults
        .every_call(Operation::LookupEvents, none);
    let trail = Some(Duration::from_millis(50));
    let outcome = ask(&fake, Pace { trail, ..PACE }).await?;
    let answer = outcome
        .answers
        .iter()
        .find(|it| it.question.contains("CloudTrail"));
    let answer = answer.expect("the question");
    assert!(answer.answer.starts_with("not known"), "{answer:?}");
    assert_eq!(answer.switch, None);
    Ok(())
}
