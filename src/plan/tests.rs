use std::collections::BTreeSet;

use proptest::{collection::vec, option::of, prelude::*, sample::select};

use super::*;
use crate::record::Known;

fn version(id: &str, name: &str) -> Version {
    Version {
        id: id.to_owned(),
        name: name.to_owned(),
        active: true,
        ..Version::default()
    }
}

fn created(created: i64, id: &str, name: &str) -> Version {
    Version {
        created,
        ..version(id, name)
    }
}

fn known(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(target, source)| ((*target).to_owned(), (*source).to_owned()))
        .collect()
}

/// Versions as they are listed. Names may repeat, and may be absent.
fn versions(prefix: &'static str, most: usize) -> impl Strategy<Value = Vec<Version>> {
    let name = select(vec!["v1", "v2", "v3", "", PLACEHOLDER]);
    let guidance = select(vec![Guidance::Default, Guidance::Deprecated]);
    let description = of(select(vec!["", "one", "two"]));
    let readiness = select(vec![
        Readiness::Available,
        Readiness::Available,
        Readiness::Creating,
        Readiness::Failed,
    ]);
    let state = (any::<bool>(), guidance, description, 0..6_i64, readiness);
    vec((name, state), 0..most).prop_map(move |all| {
        let numbered = all.into_iter().enumerate();
        let version = |(n, (name, state)): (usize, (&str, _))| {
            let (active, guidance, description, created, readiness): (bool, _, Option<&str>, _, _) =
                state;
            Version {
                description: description.map(str::to_owned),
                active,
                guidance,
                created,
                readiness,
                ..version(&format!("{prefix}-{n}"), name)
            }
        };
        numbered.map(version).collect()
    })
}

/// Both sides, with some of the target known to be copies, of the source's or of what is gone.
fn both_sides() -> impl Strategy<Value = (Vec<Version>, Vec<Version>, BTreeMap<String, String>)> {
    let known = vec((0..6_usize, 0..10_usize), 0..4);
    (versions("pa", 8), versions("target", 6), known).prop_map(|(source, target, pairs)| {
        let mut known = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for (to, from) in pairs {
            if to < target.len() && taken.insert(from) {
                known.insert(format!("target-{to}"), format!("pa-{from}"));
            }
        }
        (source, target, known)
    })
}

fn choice() -> impl Strategy<Value = Versions> {
    prop_oneof![
        Just(Versions::Active),
        Just(Versions::All),
        Just(Versions::Latest)
    ]
}

/// The target once the plan was carried out, as a service that keeps nothing but the name would.
fn copied_into(target: &[Version], plan: &Plan) -> Vec<Version> {
    let copies = plan.copied.iter().enumerate();
    let arrived = copies.map(|(n, copied)| created(100, &format!("new-{n}"), &copied.name));
    target.iter().cloned().chain(arrived).collect()
}

/// The target once the updates were made.
fn updated(target: &[Version], updates: &Updates) -> Vec<Version> {
    let mut target = target.to_vec();
    for update in &updates.updated {
        let mut versions = target.iter_mut();
        let version = versions.find(|version| version.id == update.target_id);
        let version = version.expect("is in the target");
        version.active = update.active.unwrap_or(version.active);
        version.guidance = update.guidance.unwrap_or(version.guidance);
        if let Some(name) = &update.new_name {
            name.clone_into(&mut version.name);
        }
        if update.description.is_some() {
            version.description.clone_from(&update.description);
        }
    }
    target
}

proptest! {
    #[test]
    fn no_version_has_two_copies_and_no_copy_two_versions((source, target, known) in both_sides()) {
        let pairs = Sides::new(&source, &target, &known).pairs();
        let sources: BTreeSet<_> = pairs.iter().map(|pair| &pair.source.id).collect();
        let targets: BTreeSet<_> = pairs.iter().map(|pair| &pair.target.id).collect();
        prop_assert_eq!(targets.len(), pairs.len());
        prop_assert_eq!(sources.len(), pairs.len());
    }

    #[test]
    fn versions_that_are_not_known_are_the_same_by_name_and_never_older(
        (source, target, known) in both_sides(),
    ) {
        for pair in Sides::new(&source, &target, &known).pairs() {
            let is_known = known.get(&pair.target.id) == Some(&pair.source.id);
            prop_assert_eq!(pair.is_known, is_known);
            if !is_known {
                prop_assert!(!known.contains_key(&pair.target.id));
                prop_assert_eq!(&pair.source.name, &pair.target.name);
                prop_assert!(pair.target.created >= pair.source.created);
            }
        }
    }

    #[test]
    fn each_version_asked_for_is_there_or_copied_or_has_its_reason(
        (source, target, known) in both_sides(),
        asked in choice(),
    ) {
        let sides = Sides::new(&source, &target, &known);
        let plan = sides.plan(&asked).expect("names nothing");
        let copied: Vec<_> = plan.copied.iter().map(|it| &it.source_id).collect();
        let skipped: Vec<_> = plan.skipped.iter().map(|it| &it.source_id).collect();
        prop_assert!(copied.iter().all(|id| !skipped.contains(id)));
        let pairs = sides.pairs();
        for version in &source {
            let is_copied = copied.contains(&&version.id);
            if is_copied {
                prop_assert!(version.name != PLACEHOLDER);
                prop_assert!(pairs.iter().all(|pair| pair.source.id != version.id));
                prop_assert_eq!(version.readiness, Readiness::Available);
                prop_assert!(version.active || asked == Versions::All);
            }
            if asked != Versions::Latest {
                prop_assert!(is_copied || skipped.contains(&&version.id));
            }
        }
    }

    #[test]
    fn a_plan_after_the_copy_copies_nothing(
        (source, target, known) in both_sides(),
        asked in choice(),
    ) {
        let first = Sides::new(&source, &target, &known).plan(&asked).expect("names nothing");
        let target = copied_into(&target, &first);
        let mut noted = Known { versions: known.clone(), ..Known::default() };
        noted.learn(&source, &target, &first.copied);
        let second = Sides::new(&source, &target, &noted.versions).plan(&asked);
        prop_assert_eq!(second.expect("names nothing").copied, []);
        // Known by their ids, they are found whatever becomes of their names.
        noted.adopt(&source, &target);
        let known = noted.versions;
        let renamed: Vec<_> = source
            .iter()
            .map(|it| Version { name: format!("{} again", it.name), ..it.clone() })
            .collect();
        if matches!(asked, Versions::All) && source.iter().all(|it| it.name != PLACEHOLDER) {
            let third = Sides::new(&renamed, &target, &known).plan(&asked).expect("names nothing");
            prop_assert_eq!(third.copied, []);
        }
    }

    #[test]
    fn updates_touch_only_what_is_known_and_a_second_time_change_nothing(
        (source, target, known) in both_sides(),
        removed in select(vec![
            OnSourceRemoved::Keep,
            OnSourceRemoved::Deprecate,
            OnSourceRemoved::Deactivate,
        ]),
        replaced in select(vec![OnVersionReplaced::Retire, OnVersionReplaced::Keep]),
    ) {
        let sides = Sides::new(&source, &target, &known);
        let updates = sides.updates(removed, replaced);
        for update in &updates.updated {
            prop_assert!(known.contains_key(&update.target_id));
        }
        let after = updated(&target, &updates);
        for pair in Sides::new(&source, &after, &known).pairs().iter().filter(|it| it.is_known) {
            prop_assert_eq!(pair.target.active, pair.source.active);
            prop_assert_eq!(pair.target.guidance, pair.source.guidance);
            if !pair.source.name.is_empty() {
                prop_assert_eq!(&pair.target.name, &pair.source.name);
            }
        }
        // A retired version has another name, so that it counts as one whose source is gone.
        if removed == OnSourceRemoved::Keep {
            let again = Sides::new(&source, &after, &known).updates(removed, replaced);
            prop_assert_eq!(again.updated, []);
        }
    }
}

fn skipped(source: &[Version], asked: &Versions) -> Vec<(String, Reason)> {
    let target = [created(9, "target-1", "there")];
    let known = BTreeMap::new();
    let plan = Sides::new(source, &target, &known).plan(asked);
    let skipped = plan.expect("names nothing").skipped.into_iter();
    skipped.map(|it| (it.source_id, it.reason)).collect()
}

fn copied(source: &[Version], target: &[Version], asked: &Versions) -> Vec<String> {
    let known = BTreeMap::new();
    let plan = Sides::new(source, target, &known).plan(asked);
    let copied = plan.expect("has what is asked for").copied.into_iter();
    copied.map(|version| version.source_id).collect()
}

#[test]
fn each_version_left_out_has_its_reason() {
    let named = |name| version("pa-1", name);
    let inactive = Version {
        active: false,
        ..named("v1")
    };
    let with = |readiness| Version {
        readiness,
        ..named("v1")
    };
    for (version, reason) in [
        (named("there"), Reason::AlreadyInTarget),
        (named(PLACEHOLDER), Reason::Placeholder),
        (inactive, Reason::Inactive),
        (with(Readiness::Creating), Reason::Creating),
        (with(Readiness::Failed), Reason::Failed),
    ] {
        let skipped = skipped(&[version], &Versions::Active);
        assert_eq!(skipped, [("pa-1".to_owned(), reason)]);
    }
}

#[test]
fn each_of_three_versions_without_a_name_is_copied() {
    let source = [
        version("pa-1", ""),
        version("pa-2", ""),
        version("pa-3", ""),
    ];
    let all = copied(&source, &[], &Versions::Active);
    assert_eq!(all, ["pa-1", "pa-2", "pa-3"]);
    let target = [created(1, "target-1", "")];
    let rest = copied(&source, &target, &Versions::Active);
    assert_eq!(rest, ["pa-2", "pa-3"]);
}

#[test]
fn a_version_published_again_under_its_name_is_copied() {
    let source = [created(5, "pa-new", "v1")];
    let target = [created(2, "target-old", "v1")];
    assert_eq!(copied(&source, &target, &Versions::Active), ["pa-new"]);
}

#[test]
fn a_known_copy_whose_source_was_published_again_is_retired_once_the_new_one_is_there() {
    let source = [created(5, "pa-new", "v1")];
    let old = created(2, "target-old", "v1");
    let pairs = known(&[("target-old", "pa-old"), ("target-new", "pa-new")]);
    let retire = |target: &[Version], known| {
        let sides = Sides::new(&source, target, known);
        sides.updates(OnSourceRemoved::Keep, OnVersionReplaced::Retire)
    };
    let before = retire(std::slice::from_ref(&old), &pairs);
    assert_eq!(before, Updates::default());

    let target = [old, created(7, "target-new", "v1")];
    let after = retire(&target, &pairs);
    let replaced = ReplacedVersion {
        target_id: "target-old".to_owned(),
        replaced_by: "target-new".to_owned(),
        name: "v1".to_owned(),
    };
    assert_eq!(after.replaced, [replaced]);
    assert_eq!(after.updated[0].active, Some(false));
    let name = after.updated[0].new_name.as_deref();
    assert_eq!(name, Some("v1 (replaced by target-new)"));

    let only_the_new_copy = known(&[("target-new", "pa-new")]);
    assert_eq!(retire(&target, &only_the_new_copy), Updates::default());
}

#[test]
fn a_rename_in_the_source_is_carried_over() {
    let source = [version("pa-1", "v1 (stable)")];
    let target = [version("target-1", "v1")];
    let known = known(&[("target-1", "pa-1")]);
    let sides = Sides::new(&source, &target, &known);
    assert_eq!(sides.plan(&Versions::All).expect("is there").copied, []);
    let updates = sides.updates(OnSourceRemoved::Keep, OnVersionReplaced::Retire);
    assert_eq!(updates.updated[0].new_name.as_deref(), Some("v1 (stable)"));
}

#[test]
fn inactive_versions_are_copied_when_all_are_asked_for_or_they_are_named() {
    let inactive = Version {
        active: false,
        ..version("pa-1", "v1")
    };
    let names = Versions::Names(vec!["v1".to_owned()]);
    let ids = Versions::Ids(vec!["pa-1".to_owned()]);
    for asked in [Versions::All, names, ids] {
        let copied = copied(std::slice::from_ref(&inactive), &[], &asked);
        assert_eq!(copied, ["pa-1"], "{asked:?}");
    }
}

#[test]
fn the_latest_version_is_the_newest_active_one() {
    let inactive = Version {
        active: false,
        ..created(4, "pa-4", "v2")
    };
    let source = [
        created(5, "pa-5", PLACEHOLDER),
        inactive,
        created(2, "pa-2", "v1"),
        created(1, "pa-1", "v0"),
    ];
    assert_eq!(copied(&source, &[], &Versions::Latest), ["pa-2"]);
}

#[test]
fn a_plan_lists_versions_as_they_were_published() {
    let source = [
        created(3, "pa-3", "v3"),
        created(1, "pa-1", "v1"),
        created(2, "pa-2", "v2"),
    ];
    let copied = copied(&source, &[], &Versions::All);
    assert_eq!(copied, ["pa-1", "pa-2", "pa-3"]);
}

#[test]
fn a_version_that_the_source_lacks_is_an_error_that_names_those_it_has() {
    let source = [version("pa-1", "v1"), version("pa-2", "v2")];
    let names = Versions::Names(vec!["v2".to_owned(), "v3".to_owned()]);
    let ids = Versions::Ids(vec!["pa-3".to_owned()]);
    for (asked, message) in [
        (names, "the source does not have Versions[1], it has v1, v2"),
        (
            ids,
            "the source does not have SourceProvisioningArtifactIdentifiers[0], it has pa-1, pa-2",
        ),
    ] {
        let known = BTreeMap::new();
        let error = Sides::new(&source, &[], &known).plan(&asked);
        let error = error.expect_err("lacks one");
        assert_eq!(error, Error::new(ErrorKind::VersionNotFound, message));
    }
}

#[test]
fn a_target_is_filled_up_to_its_quota_and_no_further() {
    let target: Vec<_> = (1..MAX_VERSIONS)
        .map(|n| version(&format!("target-{n}"), &format!("old-{n}")))
        .collect();
    let two = [version("pa-1", "v1"), version("pa-2", "v2")];
    let known = BTreeMap::new();
    let room = |source: &[Version]| {
        let sides = Sides::new(source, &target, &known);
        let plan = sides.plan(&Versions::All).expect("names nothing");
        sides.check_room(&plan)
    };
    assert_eq!(room(&two[..1]), Ok(()));
    let error = room(&two).expect_err("has no room");
    assert_eq!(error.name(), "QuotaExceeded");
}
