//! Any sequence of changes, copies and faults leaves each wanted version in the target exactly once.
//!
//! ```text
//! sequence   what happens: changes of the source, copies, and what goes wrong meanwhile
//! harness    the handlers and the fake Service Catalog, in this process
//! machine    runs the handlers as the state machine does, with its own Retry
//! check      what must hold after a copy, computed from the fake's products alone
//! ```
//!
//! Run a failure again with `PROPTEST_RNG_SEED=<seed> cargo test --test proofs exactly_once::<test>`;
//! `PROPTEST_CASES` sets how many sequences each test runs.

mod check;
mod harness;
mod machine;
mod sequence;

use std::{
    collections::BTreeMap,
    env,
    fmt::Write,
    time::{Duration, SystemTime},
};

use fake_service_catalog::{CopyEnds, Settings, Tokens};
use harness::Harness;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngSeed, TestRunner},
};
use sequence::{CallFault, Change, Copy, Kind, Sequence, Step, Target, sequence};

/// Gone before an answer can be lost and asked for again.
const SHORT: Tokens = Tokens::HonouredFor(Duration::from_millis(1));

/// A runner with a seed of its own or the one asked for, and the seed.
fn runner(cases: u32) -> (TestRunner, u64) {
    let config = Config::default();
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => {
            let now = SystemTime::UNIX_EPOCH.elapsed().expect("is after 1970");
            u64::from(now.subsec_nanos())
        }
    };
    let asked = env::var_os("PROPTEST_CASES").map(|_| config.cases);
    let runner = TestRunner::new(Config {
        cases: asked.unwrap_or(cases),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..config
    });
    (runner, seed)
}

fn holds(test: &str, tokens: Tokens) {
    let (mut runner, seed) = runner(150);
    let cases = runner.config().cases;
    let rerun = format!("PROPTEST_RNG_SEED={seed} cargo test --test proofs exactly_once::{test}");
    println!("{cases} sequences; {rerun}");
    let harness = Harness::new();
    let result = runner.run(&sequence(tokens), |sequence| {
        harness.run(&sequence).map(|_| ())
    });
    if let Err(error) = result {
        panic!("{error}\nRun it again: {rerun}");
    }
    println!("{}", harness.statistics());
}

#[test]
fn each_version_arrives_once_where_tokens_are_honoured() {
    holds(
        "each_version_arrives_once_where_tokens_are_honoured",
        Tokens::Honoured,
    );
}

#[test]
fn each_version_arrives_once_where_tokens_are_soon_forgotten() {
    holds(
        "each_version_arrives_once_where_tokens_are_soon_forgotten",
        SHORT,
    );
}

#[test]
fn each_version_arrives_once_where_tokens_are_ignored() {
    holds(
        "each_version_arrives_once_where_tokens_are_ignored",
        Tokens::Ignored,
    );
}

/// The control: it shows that the faults are real, and that what guards against them is the plan.
#[test]
fn the_bare_call_copies_versions_twice_under_the_same_faults() {
    let (mut runner, seed) = runner(25);
    let harness = Harness::new();
    let mut report = format!("PROPTEST_RNG_SEED={seed}");
    let cases = runner.config().cases;
    let behaviors = BTreeMap::from([
        ("honoured", Tokens::Honoured),
        ("forgotten", SHORT),
        ("ignored", Tokens::Ignored),
    ]);
    for (name, tokens) in behaviors {
        let (mut planned, mut bare, mut by_faults) = (0, 0, 0);
        for _ in 0..cases {
            let tree = sequence(tokens).new_tree(&mut runner);
            let sequence = tree.expect("is a sequence").current();
            let end = harness.run(&sequence).expect("each version arrives once");
            planned += u32::from(end.has_duplicates());
            bare += u32::from(harness.run_bare(&sequence).has_duplicates());
            let mut once = sequence;
            once.settings.recopy_duplicates_versions = false;
            by_faults += u32::from(harness.run_bare(&once).has_duplicates());
        }
        write!(
            report,
            "\ntokens {name}: of {cases} sequences, with a plan {planned} copied a version twice, with \
             the bare call {bare}, {by_faults} of them even in a service that copies nothing twice \
             into one product"
        )
        .expect("is text");
        assert!(
            planned == 0 && bare > 0 && by_faults > 0,
            "the bare call must copy versions twice, a plan must not\n{report}"
        );
    }
    println!("{report}");
}

/// A copy to the other account whose answer is lost, and another one.
fn lost_answer() -> Sequence {
    let copy = |faults: &[CallFault]| {
        Step::Copy(Copy {
            faults: faults.to_vec(),
            ..Copy::to(Target::OtherAccount)
        })
    };
    Sequence {
        steps: vec![
            Step::Change(Change::Publish("v1", "first", Kind::Ready)),
            Step::Change(Change::Publish("v2", "second", Kind::Ready)),
            copy(&[CallFault::LostAfter]),
            Step::Change(Change::Publish("v3", "third", Kind::Ready)),
            copy(&[CallFault::LostAfter]),
        ],
        settings: Settings {
            tokens: Tokens::Ignored,
            copy_ends: CopyEnds::After(Duration::ZERO),
            recopy_duplicates_versions: true,
            ..Settings::default()
        },
        retries_at_once: false,
    }
}

#[test]
fn a_lost_answer_copies_nothing_twice_where_tokens_are_ignored_and_recopies_duplicate() {
    let harness = Harness::new();
    let end = harness.run(&lost_answer()).expect("each version is there");
    assert_eq!(end.versions(Target::OtherAccount), ["v1", "v2", "v3"]);
    assert_eq!(end.accepted_copies, 2);

    let bare = harness.run_bare(&lost_answer());
    let duplicated = ["v1", "v2", "v1", "v2", "v1", "v2", "v3", "v1", "v2", "v3"];
    assert_eq!(bare.versions(Target::OtherAccount), duplicated);
}

#[test]
fn without_its_items_a_copy_is_a_product_of_the_name_until_it_is_adopted() {
    let copy = |on_name_taken| {
        Step::Copy(Copy {
            on_name_taken,
            ..Copy::to(Target::OtherAccount)
        })
    };
    let sequence = Sequence {
        steps: vec![
            Step::Change(Change::Publish("v1", "first", Kind::Ready)),
            copy(None),
            Step::EmptyTable,
            copy(None),
            copy(Some("ADOPT")),
            Step::Change(Change::Rename(0, "v1.0")),
            copy(None),
        ],
        ..lost_answer()
    };
    let harness = Harness::new();
    let end = harness.run(&sequence).expect("is adopted");
    assert_eq!(end.versions(Target::OtherAccount), ["v1.0"]);
    assert_eq!(end.accepted_copies, 1);
    assert_eq!(harness.outcome("alone: NameTaken"), 1);
}
