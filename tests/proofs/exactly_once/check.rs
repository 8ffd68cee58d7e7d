//! What must hold after a copy, computed from the fake's products alone.

use std::collections::{BTreeMap, BTreeSet};

use catalog_copy::functions::finish_copy::CopyFinished;
use fake_service_catalog::{Product, Version, VersionStatus};
use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseError};

use super::sequence::{Choice, Copy, Sequence, Target};

const PLACEHOLDER: &str = "-";

/// The names of the versions that may be in each product of each target, as some copy asked for them.
#[derive(Default)]
pub(crate) struct Asked(BTreeMap<(Target, String), BTreeSet<String>>);

impl Asked {
    pub(crate) fn note(&mut self, copy: &Copy, source: &Product) {
        let name = copy.target.name(source).to_owned();
        let names = wanted(&copy.versions, source);
        let names = names.into_iter().map(|it| it.name.clone());
        self.0.entry((copy.target, name)).or_default().extend(names);
    }

    /// What holds whether or not the copy succeeded.
    pub(crate) fn check_safe(
        &self,
        target: Target,
        after: &[Product],
    ) -> Result<(), TestCaseError> {
        let mut product_names = BTreeSet::new();
        for product in after {
            let name = &product.name;
            prop_assert!(product_names.insert(name), "two products named {name}");
            let asked = self.0.get(&(target, name.clone()));
            let mut names = BTreeSet::new();
            for version in &product.versions {
                let it = &version.name;
                prop_assert!(names.insert(it), "version {it} is twice in {product:?}");
                prop_assert!(it != PLACEHOLDER, "a placeholder in {product:?}");
                let available = version.status == VersionStatus::Available;
                prop_assert!(available, "version {it} is not ready in {product:?}");
                let asked = asked.is_some_and(|asked| asked.contains(it));
                prop_assert!(asked, "nobody asked for {it} in {product:?}");
            }
        }
        Ok(())
    }
}

/// The newest version of each name.
fn newest(source: &Product) -> BTreeMap<&str, &Version> {
    let mut versions: Vec<&Version> = source.versions.iter().collect();
    versions.sort_by_key(|it| it.created);
    let named = versions.into_iter().map(|it| (it.name.as_str(), it));
    named.collect()
}

/// The versions of the source that belong in the target; the newest of a name stands for it.
fn wanted<'a>(choice: &Choice, source: &'a Product) -> Vec<&'a Version> {
    let versions = newest(source).into_values();
    let mut real: Vec<_> = versions.filter(|it| it.name != PLACEHOLDER).collect();
    match choice {
        Choice::Default | Choice::Active => real.retain(|it| it.active),
        Choice::All => {}
        Choice::Latest => {
            real.retain(|it| it.active);
            let latest = real.into_iter().max_by_key(|it| it.created);
            real = latest.into_iter().collect();
        }
        Choice::Names(names) => real.retain(|it| names.contains(&it.name.as_str())),
    }
    real.retain(|it| it.status == VersionStatus::Available);
    real
}

fn named<'a>(products: &'a [Product], name: &str) -> Option<&'a Product> {
    products.iter().find(|it| it.name == name)
}

/// What holds after a copy that succeeded.
pub(crate) fn succeeded(
    copy: &Copy,
    source: &Product,
    before: &[Product],
    after: &[Product],
    finished: &CopyFinished,
) -> Result<(), TestCaseError> {
    let name = copy.target.name(source);
    let target = named(after, name);
    let id = target.map(|it| it.id.clone());
    prop_assert_eq!(&finished.target_product_id, &id);
    let wanted = wanted(&copy.versions, source);
    let Some(target) = target else {
        let nothing = wanted.is_empty() && finished.copied_versions.is_empty();
        prop_assert!(nothing, "the target is missing");
        return Ok(());
    };

    for version in &wanted {
        let arrived = target.versions.iter().any(|it| it.name == version.name);
        prop_assert!(arrived, "{version:?} is not in {target:?}");
    }
    for copied in &finished.copied_versions {
        let from = wanted.iter().find(|it| it.id == copied.source_id);
        prop_assert_eq!(from.map(|it| &it.name), Some(&copied.name));
        let mut versions = target.versions.iter();
        let to = versions.find(|it| Some(&it.id) == copied.target_id.as_ref());
        prop_assert_eq!(to.map(|it| &it.name), Some(&copied.name));
    }
    if copy.tags {
        prop_assert_eq!(&target.tags, &source.tags);
    }

    let newest = newest(source);
    let before = named(before, name);
    for version in &target.versions {
        let state = |it: &Version| (it.active, it.guidance.clone(), it.description.clone());
        let expected = if let Some(newest) = newest.get(version.name.as_str()) {
            state(newest)
        } else {
            let mut versions = before.into_iter().flat_map(|it| &it.versions);
            let old = versions.find(|it| it.id == version.id);
            let old = old.expect("was there before").clone();
            match copy.on_source_removed {
                Some("DEPRECATE") => state(&old.deprecated()),
                Some("DEACTIVATE") => state(&old.inactive()),
                _ => state(&old),
            }
        };
        prop_assert_eq!(state(version), expected, "{}", version.name);
    }
    Ok(())
}

/// A copy that failed.
pub(crate) struct Failure<'a> {
    pub(crate) error: &'a str,
    pub(crate) writes: usize,
}

impl Failure<'_> {
    /// Whether it had to fail.
    pub(crate) fn check(
        &self,
        sequence: &Sequence,
        copy: &Copy,
        source: &Product,
        before: &[Product],
    ) -> Result<(), TestCaseError> {
        let Self { error, writes } = self;
        if *error == "VersionNotFound" {
            let Choice::Names(names) = &copy.versions else {
                return Err(TestCaseError::fail("VersionNotFound, but none is named"));
            };
            let has = |name: &&str| source.versions.iter().any(|it| it.name == **name);
            prop_assert!(!names.iter().all(has), "{names:?} are all in the source");
            prop_assert_eq!(*writes, 0);
            return Ok(());
        }
        // More than the machine's retriers take.
        if copy.trouble_count() > 3 {
            return Ok(());
        }
        // A version renamed since it was copied is the same to a service that knows its id.
        let target = named(before, copy.target.name(source));
        let there: Vec<&Version> = target.into_iter().flat_map(|it| &it.versions).collect();
        let renamed = wanted(&copy.versions, source).into_iter().any(|it| {
            there.iter().all(|other| other.name != it.name)
                && there
                    .iter()
                    .any(|other| other.copied_from.as_ref() == Some(&it.id))
        });
        let refused = [
            "CopyIncomplete",
            "ServiceCatalog.InvalidParametersException",
        ];
        prop_assert!(
            !sequence.settings.recopy_duplicates_versions && renamed && refused.contains(error),
            "the copy failed: {error}"
        );
        Ok(())
    }
}
