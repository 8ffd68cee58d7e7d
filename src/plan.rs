//! Which versions to copy and which to change: decided from what both sides have, calling nothing.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind},
    request::{OnSourceRemoved, Versions},
    version::{Guidance, Readiness, UpdatedVersion, Version},
};

/// The most versions a product may have (AWS Service Catalog quotas).
pub const MAX_VERSIONS: usize = 100;

/// The name of the version that Service Catalog Factory makes before there is a real one.
const PLACEHOLDER: &str = "-";

/// What a copy will do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The versions to copy.
    pub copied: Vec<CopiedVersion>,
    /// The versions asked for that are not copied.
    pub skipped: Vec<SkippedVersion>,
}

/// A version that is copied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopiedVersion {
    /// The version in the source.
    pub source_id: String,
    /// The version in the target, once it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// The name of both.
    pub name: String,
}

/// A version that is not copied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SkippedVersion {
    /// The version in the source.
    pub source_id: String,
    /// Its name.
    pub name: String,
    /// Why it is not copied.
    pub reason: Reason,
}

/// Why a version is not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The target has a version of this name.
    AlreadyInTarget,
    /// It stands in for a version that is still to come.
    Placeholder,
    /// It is inactive, and inactive ones were not asked for.
    Inactive,
    /// It is still being made.
    Creating,
    /// It could not be made.
    Failed,
    /// A newer version of the source has the same name.
    Superseded,
}

/// Plans the copy of the versions asked for that the target lacks, by name.
///
/// # Errors
/// `VersionNotFound` when a version asked for is not in the source, and
/// `QuotaExceeded` when the target would have more than [`MAX_VERSIONS`].
pub fn plan(source: &[Version], target: &[Version], asked: &Versions) -> Result<Plan, Error> {
    let plan = compare(source, target, asked)?;
    match target.len() + plan.copied.len() {
        0..=MAX_VERSIONS => Ok(plan),
        _ => Err(Error::new(
            ErrorKind::QuotaExceeded,
            format!(
                "the target has {} versions and lacks {}, but a product has at most {MAX_VERSIONS}",
                target.len(),
                plan.copied.len()
            ),
        )),
    }
}

/// The plan, whether or not the target has room for it.
///
/// The newest version of a name stands for it: where that one can't be copied, no older one is in
/// its place, for it would keep the newest out for ever.
///
/// # Errors
/// `VersionNotFound` when a version asked for is not in the source.
pub fn compare(source: &[Version], target: &[Version], asked: &Versions) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    let mut asked_for = choose(source, asked)?;
    asked_for.sort_by_key(|it| it.created);
    let mut newer_names = HashSet::new();
    for version in asked_for.into_iter().rev() {
        let is_newest = newer_names.insert(&version.name);
        let reason = if version.name == PLACEHOLDER {
            Some(Reason::Placeholder)
        } else if !version.active && matches!(asked, Versions::Active | Versions::Latest) {
            Some(Reason::Inactive)
        } else if target.iter().any(|it| it.name == version.name) {
            Some(Reason::AlreadyInTarget)
        } else if !is_newest {
            Some(Reason::Superseded)
        } else {
            match version.readiness {
                Readiness::Available => None,
                Readiness::Creating => Some(Reason::Creating),
                Readiness::Failed => Some(Reason::Failed),
            }
        };
        let (source_id, name) = (version.id.clone(), version.name.clone());
        match reason {
            Some(reason) => plan.skipped.push(SkippedVersion {
                source_id,
                name,
                reason,
            }),
            None => plan.copied.push(CopiedVersion {
                source_id,
                target_id: None,
                name,
            }),
        }
    }
    // As they were published.
    plan.copied.reverse();
    plan.skipped.reverse();
    Ok(plan)
}

/// The newest version of a name, the last one where two are equally new.
fn newest<'a>(versions: &'a [Version], name: &str) -> Option<&'a Version> {
    let same_name = versions.iter().filter(|it| it.name == name);
    same_name.max_by_key(|it| it.created)
}

/// The versions of the source that a request asks for.
fn choose<'a>(source: &'a [Version], asked: &Versions) -> Result<Vec<&'a Version>, Error> {
    let one_of = |wanted: &[String], key: fn(&Version) -> &String| {
        if let Some(missing) = wanted
            .iter()
            .find(|it| !source.iter().any(|v| key(v) == *it))
        {
            let has: Vec<_> = source.iter().map(|it| key(it).as_str()).collect();
            return Err(Error::new(
                ErrorKind::VersionNotFound,
                format!(
                    "the source has no version {missing}, it has {}",
                    has.join(", ")
                ),
            ));
        }
        Ok(source
            .iter()
            .filter(|it| wanted.contains(key(it)))
            .collect())
    };
    match asked {
        Versions::Names(names) => one_of(names, |it| &it.name),
        Versions::Ids(ids) => one_of(ids, |it| &it.id),
        Versions::Active | Versions::All => Ok(source.iter().collect()),
        Versions::Latest => {
            let real = source.iter().filter(|it| {
                it.active && it.name != PLACEHOLDER && newest(source, &it.name) == Some(it)
            });
            Ok(real.max_by_key(|it| it.created).into_iter().collect())
        }
    }
}

/// The changes that bring the versions of the target in line with those of the same name in the
/// source; a description that the source lacks stays.
#[must_use]
pub fn updates(
    source: &[Version],
    target: &[Version],
    on_source_removed: OnSourceRemoved,
) -> Vec<UpdatedVersion> {
    let real = target.iter().filter(|it| it.name != PLACEHOLDER);
    real.filter_map(|old| {
        let (active, guidance, description) = match newest(source, &old.name) {
            Some(new) => (
                new.active,
                new.guidance,
                new.description.clone().or(old.description.clone()),
            ),
            None => match on_source_removed {
                OnSourceRemoved::Keep => return None,
                OnSourceRemoved::Deprecate => {
                    (old.active, Guidance::Deprecated, old.description.clone())
                }
                OnSourceRemoved::Deactivate => (false, old.guidance, old.description.clone()),
            },
        };
        let update = UpdatedVersion {
            target_id: old.id.clone(),
            name: old.name.clone(),
            active: (active != old.active).then_some(active),
            guidance: (guidance != old.guidance).then_some(guidance),
            description: description.filter(|it| Some(it) != old.description.as_ref()),
        };
        let changes =
            update.active.is_some() || update.guidance.is_some() || update.description.is_some();
        changes.then_some(update)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::{collection::vec, option::of, prelude::*, sample::select};

    fn version(id: &str, name: &str) -> Version {
        Version {
            id: id.to_owned(),
            name: name.to_owned(),
            active: true,
            ..Version::default()
        }
    }

    /// Versions as they are listed; two may have one name, and two may be equally new.
    fn versions(prefix: &'static str, most: usize) -> impl Strategy<Value = Vec<Version>> {
        let name = select(vec!["v1", "v2", "v3", "v4", PLACEHOLDER]);
        let guidance = select(vec![Guidance::Default, Guidance::Deprecated]);
        let description = of(select(vec!["", "one", "two"]));
        let readiness = select(vec![
            Readiness::Available,
            Readiness::Available,
            Readiness::Creating,
            Readiness::Failed,
        ]);
        let state = (any::<bool>(), guidance, description, 0..4_i64, readiness);
        vec((name, state), 0..most).prop_map(move |all| {
            let numbered = all.into_iter().enumerate();
            numbered
                .map(
                    |(n, (name, (active, guidance, description, created, readiness)))| Version {
                        description: description.map(str::to_owned),
                        active,
                        guidance,
                        created,
                        readiness,
                        ..version(&format!("{prefix}-{n}"), name)
                    },
                )
                .collect()
        })
    }

    /// A source with a choice of its versions.
    fn source_and_choice() -> impl Strategy<Value = (Vec<Version>, Versions)> {
        versions("pa", 8).prop_flat_map(|source| {
            let some = prop::sample::subsequence(source.clone(), 0..=source.len()).boxed();
            let list = |all: Vec<Version>, key: fn(Version) -> String| {
                all.into_iter().map(key).collect::<Vec<_>>()
            };
            let choice = prop_oneof![
                Just(Versions::Active),
                Just(Versions::All),
                Just(Versions::Latest),
                some.clone()
                    .prop_map(move |all| Versions::Names(list(all, |it| it.name))),
                some.prop_map(move |all| Versions::Ids(list(all, |it| it.id))),
            ];
            (Just(source), choice)
        })
    }

    /// The versions that a person who chose like this means.
    fn meant<'a>(source: &'a [Version], asked: &Versions) -> Vec<&'a Version> {
        let all = source.iter();
        match asked {
            Versions::Active | Versions::All => all.collect(),
            Versions::Names(names) => all.filter(|it| names.contains(&it.name)).collect(),
            Versions::Ids(ids) => all.filter(|it| ids.contains(&it.id)).collect(),
            Versions::Latest => {
                let mut newest_last: Vec<_> = all.collect();
                newest_last.sort_by_key(|it| it.created);
                let mut newer = BTreeSet::from([PLACEHOLDER]);
                let mut newest_first = newest_last.into_iter().rev();
                let latest = newest_first.find(|it| newer.insert(&it.name) && it.active);
                latest.into_iter().collect()
            }
        }
    }

    /// The target once the plan was carried out, as a service that keeps nothing but the name would.
    fn copied_into(target: &[Version], plan: &Plan) -> Vec<Version> {
        let arrived = plan.copied.iter().map(|it| version("new", &it.name));
        target.iter().cloned().chain(arrived).collect()
    }

    /// The target once the updates were made.
    fn updated(target: &[Version], updates: &[UpdatedVersion]) -> Vec<Version> {
        let mut target = target.to_vec();
        for update in updates {
            let mut versions = target.iter_mut();
            let version = versions.find(|it| it.id == update.target_id);
            let version = version.expect("is in the target");
            version.active = update.active.unwrap_or(version.active);
            version.guidance = update.guidance.unwrap_or(version.guidance);
            if update.description.is_some() {
                version.description.clone_from(&update.description);
            }
        }
        target
    }

    proptest! {
        #[test]
        fn a_copied_version_was_asked_for_and_lacking_and_is_the_only_one_of_its_name(
            (source, asked) in source_and_choice(),
            target in versions("target", 5),
        ) {
            let plan = plan(&source, &target, &asked).expect("has room");
            let meant = meant(&source, &asked);
            let mut names = BTreeSet::new();
            for copied in &plan.copied {
                let version = source.iter().find(|it| it.id == copied.source_id);
                let version = version.expect("is in the source");
                prop_assert_eq!(&version.name, &copied.name);
                prop_assert!(names.insert(&copied.name), "{:?} is copied twice", copied.name);
                prop_assert!(!target.iter().any(|it| it.name == copied.name));
                prop_assert!(meant.contains(&version));
                prop_assert!(copied.name != PLACEHOLDER);
                prop_assert_eq!(version.readiness, Readiness::Available);
                let only_active = matches!(asked, Versions::Active | Versions::Latest);
                prop_assert!(version.active || !only_active);
                let mut same_name = meant.iter().filter(|it| it.name == version.name);
                let newest = same_name.all(|it| it.created <= version.created);
                prop_assert!(newest, "{version:?} is not the newest of its name");
            }
        }

        #[test]
        fn each_version_asked_for_is_either_copied_or_skipped(
            (source, asked) in source_and_choice(),
            target in versions("target", 5),
        ) {
            let plan = plan(&source, &target, &asked).expect("has room");
            let copied = plan.copied.iter().map(|it| &it.source_id);
            let mut planned: Vec<_> = copied.chain(plan.skipped.iter().map(|it| &it.source_id)).collect();
            planned.sort();
            let meant = meant(&source, &asked).into_iter();
            let mut expected: Vec<_> = meant.map(|it| &it.id).collect();
            expected.sort();
            prop_assert_eq!(planned, expected);
        }

        #[test]
        fn a_plan_after_the_copy_copies_nothing(
            (source, asked) in source_and_choice(),
            target in versions("target", 5),
        ) {
            let first = plan(&source, &target, &asked).expect("has room");
            let target = copied_into(&target, &first);
            let second = plan(&source, &target, &asked).expect("has room");
            prop_assert_eq!(second.copied, []);
        }

        #[test]
        fn updates_bring_every_name_in_line_and_a_second_time_change_nothing(
            source in versions("pa", 8),
            target in versions("target", 5),
            removed in select(vec![
                OnSourceRemoved::Keep,
                OnSourceRemoved::Deprecate,
                OnSourceRemoved::Deactivate,
            ]),
        ) {
            let after = updated(&target, &updates(&source, &target, removed));
            prop_assert_eq!(updates(&source, &after, removed), []);
            for (before, after) in target.iter().zip(&after) {
                let same_name = source.iter().filter(|it| it.name == after.name);
                let mut expected = before.clone();
                if after.name == PLACEHOLDER {
                    // Nobody launches it.
                } else if let Some(newest) = same_name.max_by_key(|it| it.created) {
                    expected.active = newest.active;
                    expected.guidance = newest.guidance;
                    if newest.description.is_some() {
                        expected.description.clone_from(&newest.description);
                    }
                } else {
                    match removed {
                        OnSourceRemoved::Keep => {}
                        OnSourceRemoved::Deprecate => expected.guidance = Guidance::Deprecated,
                        OnSourceRemoved::Deactivate => expected.active = false,
                    }
                }
                prop_assert_eq!(&expected, after);
            }
        }
    }

    fn skipped(source: &[Version], asked: &Versions) -> Vec<(String, Reason)> {
        let target = [version("target-1", "there")];
        let plan = plan(source, &target, asked).expect("has room");
        assert_eq!(plan.copied, []);
        let skipped = plan.skipped.into_iter();
        skipped.map(|it| (it.source_id, it.reason)).collect()
    }

    #[test]
    fn each_version_left_out_has_its_reason() {
        let named = |name: &str| version("pa-1", name);
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
    fn a_newer_version_supersedes_one_of_the_same_name_even_while_it_is_being_made() {
        let newer = Version {
            created: 1,
            readiness: Readiness::Creating,
            ..version("pa-newer", "v1")
        };
        let source = [newer, version("pa-older", "v1")];
        let skipped = skipped(&source, &Versions::All);
        let expected = [
            ("pa-older", Reason::Superseded),
            ("pa-newer", Reason::Creating),
        ];
        assert_eq!(skipped, expected.map(|(id, why)| (id.to_owned(), why)));
    }

    #[test]
    fn the_last_of_two_equally_new_versions_stands_for_their_name_in_a_copy_and_an_update() {
        let last = Version {
            guidance: Guidance::Deprecated,
            ..version("pa-last", "v1")
        };
        let source = [version("pa-first", "v1"), last];
        let plan = plan(&source, &[], &Versions::All).expect("has room");
        assert_eq!(plan.copied[0].source_id, "pa-last");
        let target = [version("target-1", "v1")];
        let updates = updates(&source, &target, OnSourceRemoved::Keep);
        assert_eq!(updates[0].guidance, Some(Guidance::Deprecated));
    }

    #[test]
    fn a_version_asked_for_by_id_is_copied_though_a_newer_one_has_its_name() {
        let newer = Version {
            created: 1,
            ..version("pa-newer", "v1")
        };
        let source = [version("pa-older", "v1"), newer];
        let asked = Versions::Ids(vec!["pa-older".to_owned()]);
        let plan = plan(&source, &[], &asked).expect("has room");
        assert_eq!(plan.copied[0].source_id, "pa-older");
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
            let plan = plan(std::slice::from_ref(&inactive), &[], &asked).expect("has room");
            assert_eq!(plan.copied.len(), 1, "{asked:?}");
        }
    }

    #[test]
    fn the_latest_version_is_the_newest_active_one_whose_name_no_newer_one_has() {
        let number = |n: i64, name: &str, active| Version {
            created: n,
            active,
            ..version(&format!("pa-{n}"), name)
        };
        let source = [
            number(5, PLACEHOLDER, true),
            number(4, "v2", false),
            number(3, "v2", true),
            number(2, "v1", true),
            number(1, "v0", true),
        ];
        let plan = plan(&source, &[], &Versions::Latest).expect("has room");
        assert_eq!(plan.copied[0].source_id, "pa-2");
        assert_eq!((plan.copied.len(), plan.skipped.len()), (1, 0));
    }

    #[test]
    fn a_plan_lists_versions_as_they_were_published() {
        let number = |n: i64| Version {
            created: n,
            ..version(&format!("pa-{n}"), &format!("v{n}"))
        };
        let plan = plan(&[number(3), number(1), number(2)], &[], &Versions::All);
        let copied = plan.expect("has room").copied;
        let ids: Vec<_> = copied.iter().map(|it| it.source_id.as_str()).collect();
        assert_eq!(ids, ["pa-1", "pa-2", "pa-3"]);
    }

    #[test]
    fn a_version_that_the_source_lacks_is_an_error_that_names_those_it_has() {
        let source = [version("pa-1", "v1"), version("pa-2", "v2")];
        let names = Versions::Names(vec!["v2".to_owned(), "v3".to_owned()]);
        let ids = Versions::Ids(vec!["pa-3".to_owned()]);
        for (asked, message) in [
            (names, "the source has no version v3, it has v1, v2"),
            (ids, "the source has no version pa-3, it has pa-1, pa-2"),
        ] {
            let error = plan(&source, &[], &asked).expect_err("lacks one");
            assert_eq!(
                error,
                Error::new(ErrorKind::VersionNotFound, message.to_owned())
            );
        }
    }

    #[test]
    fn a_target_is_filled_up_to_its_quota_and_no_further() {
        let target: Vec<_> = (1..MAX_VERSIONS)
            .map(|n| version(&format!("target-{n}"), &format!("old-{n}")))
            .collect();
        let two = [version("pa-1", "v1"), version("pa-2", "v2")];
        let one = plan(&two[..1], &target, &Versions::All).expect("has room");
        assert_eq!(one.copied.len(), 1);
        let error = plan(&two, &target, &Versions::All).expect_err("has no room");
        assert_eq!(error.name(), "QuotaExceeded");
        let compared = compare(&two, &target, &Versions::All).expect("needs no room");
        assert_eq!(compared.copied.len(), 2);
    }
}
