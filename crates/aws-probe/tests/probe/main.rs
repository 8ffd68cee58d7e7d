//! The probe against the fake: it says how the fake is set, and leaves nothing behind.

mod accounts;
mod cleaning;
mod state_machine;
mod verdicts;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::future::pending;
use std::time::Duration;

use anyhow::Result;
use aws_probe::{
    ACTIONS, Catalogs, Options, Outcome, Pace, Switch, Template, plan, policy, report, run,
};
use fake_service_catalog::{
    Fault, HUB_ACCOUNT, Operation, Outcome as CallOutcome, Place, SPOKE_ACCOUNT, ServiceCatalog,
    Settings, TARGET_ROLE,
};
use testbed::{sdk, service_model::Models};

const TARGET: &str = "eu-west-1";

const PACE: Pace = Pace {
    poll: Duration::from_millis(10),
    deadline: Duration::from_mins(1),
    retention: Duration::from_millis(200),
    trail: Some(Duration::ZERO),
};

fn ready() -> Settings {
    Settings {
        describes_before_available: Some(0),
        // However slow the machine is.
        available_after: None,
        ..Settings::default()
    }
}

async fn connect(fake: &ServiceCatalog, options: &[&str]) -> Result<Catalogs> {
    let arguments = ["--target-region", TARGET].iter().chain(options);
    let options = Options::parse(arguments.map(OsString::from))?;
    let config = sdk::config(&fake.endpoint());
    // Too large for the stack.
    Box::pin(Catalogs::connect(&config, &options)).await
}

fn template() -> Template {
    Template::At("https://example.com/template.json".to_owned())
}

async fn ask(fake: &ServiceCatalog, pace: Pace) -> Result<Outcome> {
    let catalogs = connect(fake, &[]).await?;
    let outcome = run(&catalogs, &template(), pace, async || pending().await).await;
    check_calls(fake)?;
    Ok(outcome)
}

/// Checks what was asked and answered against what AWS publishes; one question is how AWS refuses what it does not.
fn check_calls(fake: &ServiceCatalog) -> Result<()> {
    let mut calls = fake.state().calls.clone();
    calls.retain(|call| !matches!(call.outcome, CallOutcome::Refused(_)));
    Models::read()?.check_calls(&calls)
}

fn switches(outcome: &Outcome) -> Vec<Switch> {
    outcome.answers.iter().filter_map(|it| it.switch).collect()
}

/// The number of products and portfolios, wherever they are.
fn left(fake: &ServiceCatalog) -> usize {
    let mut state = fake.state();
    let places = [
        Place::new(HUB_ACCOUNT, "us-east-1"),
        Place::new(HUB_ACCOUNT, TARGET),
        Place::new(SPOKE_ACCOUNT, TARGET),
    ];
    places
        .iter()
        .map(|place| state.products(place).len() + state.portfolios(place).len())
        .sum()
}

#[tokio::test]
async fn the_policy_allows_what_is_called_and_no_more() -> Result<()> {
    let mut settings = ready();
    settings.shares_need_acceptance = true;
    settings.roles.insert(TARGET_ROLE.to_owned(), None);
    let fake = ServiceCatalog::start(settings).await?;
    let catalogs = connect(&fake, &["--role-arn", TARGET_ROLE]).await?;
    let outcome = run(&catalogs, &template(), PACE, async || pending().await).await;
    assert!(outcome.leftovers.is_empty(), "{outcome:?}");
    check_calls(&fake)?;
    let called = fake
        .state()
        .calls
        .iter()
        .map(|it| format!("{:?}", it.operation))
        .collect();
    let of_others = ["AssumeRole", "GetCallerIdentity", "LookupEvents"];
    let allowed: BTreeSet<_> = ACTIONS
        .iter()
        .chain(&of_others)
        .map(ToString::to_string)
        .collect();
    assert_eq!(allowed, called);
    assert!(policy().to_string().contains("cloudtrail:LookupEvents"));
    let not_shared = outcome
        .answers
        .iter()
        .find(|it| it.question.contains("not shared"));
    assert!(
        not_shared.is_some_and(|it| !it.answer.starts_with("not ")),
        "{not_shared:?}"
    );
    assert_eq!(left(&fake), 0);
    Ok(())
}

#[tokio::test]
async fn a_failed_copy_leaves_a_product_behind_or_not() -> Result<()> {
    for leaves in [false, true] {
        let mut settings = ready();
        settings.failed_copies_leave_product = leaves;
        settings.roles.insert(TARGET_ROLE.to_owned(), None);
        let fake = ServiceCatalog::start(settings).await?;
        let catalogs = connect(&fake, &["--role-arn", TARGET_ROLE]).await?;
        let outcome = run(&catalogs, &template(), PACE, async || pending().await).await;
        let expected = Switch::FailedCopiesLeaveProduct(leaves);
        assert!(switches(&outcome).contains(&expected), "{outcome:#?}");
        assert!(outcome.leftovers.is_empty(), "{outcome:?}");
        assert_eq!(left(&fake), 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_share_needs_acceptance_or_not() -> Result<()> {
    for needs in [false, true] {
        let mut settings = ready();
        settings.shares_need_acceptance = needs;
        settings.roles.insert(TARGET_ROLE.to_owned(), None);
        let fake = ServiceCatalog::start(settings).await?;
        let catalogs = connect(&fake, &["--role-arn", TARGET_ROLE]).await?;
        let outcome = run(&catalogs, &template(), PACE, async || pending().await).await;
        let expected = Switch::SharesNeedAcceptance(needs);
        assert!(switches(&outcome).contains(&expected), "{outcome:#?}");
        let accepted = fake.state().calls_of(Operation::AcceptPortfolioShare).len();
        assert_eq!(accepted, usize::from(needs));
        assert!(outcome.leftovers.is_empty(), "{outcome:?}");
        assert_eq!(left(&fake), 0);
        check_calls(&fake)?;
    }
    Ok(())
}

#[tokio::test]
async fn what_the_target_role_lacks_is_named() -> Result<()> {
    for lacks in [false, true] {
        let mut settings = ready();
        settings.roles.insert(TARGET_ROLE.to_owned(), None);
        let fake = ServiceCatalog::start(settings).await?;
        let catalogs = connect(&fake, &["--role-arn", TARGET_ROLE]).await?;
        if lacks {
            // The first is the source's own.
            let faults = &mut fake.state().faults;
            faults.next_call(Operation::AssociateProductWithPortfolio, None);
            let denied = Fault::error(403, "AccessDeniedException");
            faults.next_call(Operation::AssociateProductWithPortfolio, denied);
        }
        let outcome = run(&catalogs, &template(), PACE, async || pending().await).await;
        let report = report(&outcome.answers);
        assert!(report.contains("of ACCOUNT as"), "{report}");
        assert!(!report.contains(SPOKE_ACCOUNT), "{report}");
        let mut answers = outcome.answers.iter();
        let answer = answers.find(|it| it.question.contains("`target-role.yaml`"));
        let answer = answer.expect("it was asked");
        assert_eq!(
            answer.answer,
            if lacks { "no" } else { "yes" },
            "{answer:?}"
        );
        let is_named = answer.seen.contains("AssociateProductWithPortfolio");
        assert_eq!(is_named, lacks, "{answer:?}");
        let sessions = fake.state().calls_of(Operation::AssumeRole);
        let policies = sessions
            .iter()
            .filter_map(|it| it.request["Policy"].as_str());
        let policies: Vec<_> = policies.collect();
        assert_eq!(
            policies.len(),
            1,
            "one session has no more than the role's permissions"
        );
        assert!(policies[0].contains("arn:aws:catalog:*:444455556666:product/*"));
    }
    Ok(())
}

#[tokio::test]
async fn what_the_roles_of_the_functions_lack_is_named() -> Result<()> {
    let own = "arn:aws:iam::111122223333:role/Own";
    // So short that no token is sent again after a while.
    let pace = Pace {
        retention: Duration::ZERO,
        ..PACE
    };
    let mut copies = 0;
    for lacks in [None, Some("finish-copy"), Some("start-copy")] {
        let mut settings = ready();
        settings.roles.insert(own.to_owned(), None);
        let fake = ServiceCatalog::start(settings).await?;
        let catalogs = connect(&fake, &["--own-role-arn", own]).await?;
        let denied = Fault::error(403, "AccessDeniedException");
        let (operation, earlier) = match lacks {
            // The first is the source's own.
            Some("finish-copy") => (Operation::AssociateProductWithPortfolio, 1),
            _ => (
                Operation::CopyProduct,
                copies - usize::from(lacks.is_some()),
            ),
        };
        if lacks.is_some() {
            for _ in 0..earlier {
                fake.state().faults.next_call(operation, None);
            }
            fake.state().faults.next_call(operation, denied);
        }
        let outcome = run(&catalogs, &template(), pace, async || pending().await).await;
        copies = fake.state().calls_of(Operation::CopyProduct).len();
        let mut answers = outcome.answers.iter();
        let answer = answers.find(|it| it.question.contains("functions' own roles"));
        let answer = answer.expect("it was asked");
        match lacks {
            None => assert_eq!(answer.answer, "yes", "{answer:?}"),
            Some(function) => {
                assert_eq!(answer.answer, "no", "{answer:?}");
                let named = format!("denied: {function}: {operation:?}: ");
                assert!(answer.seen.starts_with(&named), "{answer:?}");
            }
        }
        let sessions = fake.state().calls_of(Operation::AssumeRole);
        let policies: BTreeSet<_> = sessions
            .iter()
            .filter_map(|it| it.request["Policy"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(
            policies.len(),
            3,
            "each function has its own: {policies:#?}"
        );
        assert!(outcome.leftovers.is_empty(), "{outcome:?}");
        assert_eq!(left(&fake), 0);
        check_calls(&fake)?;
    }
    Ok(())
}

#[tokio::test]
async fn the_status_in_the_event_of_a_new_version_is_told() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    let outcome = ask(&fake, PACE).await?;
    let mut answers = outcome.answers.iter();
    let answer = answers.find(|it| it.question.contains("CREATING in its CloudTrail event"));
    let answer = answer.expect("it was asked");
    assert_eq!(answer.answer, "yes", "{answer:?}");
    assert!(
        answer.seen.starts_with("CREATING, CREATING; "),
        "{answer:?}"
    );
    Ok(())
}

#[tokio::test]
async fn the_plan_says_how_many_calls_there_are() -> Result<()> {
    let own = "arn:aws:iam::111122223333:role/Own";
    for options in [
        &[][..],
        &["--role-arn", TARGET_ROLE],
        &["--role-arn", TARGET_ROLE, "--own-role-arn", own],
    ] {
        let mut settings = ready();
        for role in [own, TARGET_ROLE] {
            settings.roles.insert(role.to_owned(), None);
        }
        let fake = ServiceCatalog::start(settings).await?;
        let catalogs = connect(&fake, options).await?;
        let plan = plan(&catalogs, true, PACE);
        let (_, said) = plan.split_once("makes about ").expect("a number of calls");
        let (said, rest) = said.split_once(' ').expect("a number");
        let said: usize = said.parse()?;
        #[expect(clippy::cast_precision_loss, reason = "it is small")]
        let price = format!("${:.2}", said as f64 * 0.0007);
        assert!(rest.contains(&price), "{price} is not in {plan}");
        assert!(plan.contains("leaves nothing behind"), "{plan}");
        run(&catalogs, &template(), PACE, async || pending().await).await;
        let of_others = [
            Operation::AssumeRole,
            Operation::GetCallerIdentity,
            Operation::LookupEvents,
        ];
        let mut calls = fake.state().calls.clone();
        calls.retain(|it| !of_others.contains(&it.operation));
        // How often it looks depends on the machine.
        let made = calls.len();
        assert!(made <= 2 * said && said <= 2 * made, "{made} calls: {plan}");
    }
    Ok(())
}

#[tokio::test]
async fn the_docs_show_every_question() -> Result<()> {
    let fake = ServiceCatalog::start(ready()).await?;
    for answer in ask(&fake, PACE).await?.answers {
        let row = format!("| {} |", answer.question);
        assert!(
            include_str!("../../../../docs/aws-assumptions.md").contains(&row),
            "docs/aws-assumptions.md lacks {row}"
        );
    }
    Ok(())
}
