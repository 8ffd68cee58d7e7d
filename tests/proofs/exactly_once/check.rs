//! What must hold after a copy, computed from the fake's products alone.
//!
//! A version is identified by the id of the one that it was copied from, never by its name.

use std::collections::{BTreeMap, BTreeSet};

use catalog_copy::functions::finish_copy::CopyFinished;
use fake_service_catalog::{Product, Version, VersionStatus};
use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseError};

use super::sequence::{Choice, Copy, Target};

const PLACEHOLDER: &str = "-";

/// What the copies so far have asked for, adopted and finished.
#[derive(Default)]
pub(crate) struct History {
    /// The versions of the source that some copy has asked for.
    asked: BTreeMap<Target, BTreeSet<String>>,
    /// The products and versions of persons that were to be adopted.
    adopted: BTreeSet<String>,
    /// The versions in the targets that a copy has finished while the source had them.
    finished: BTreeSet<String>,
    /// Whether somebody has deleted something in a target.
    pub(crate) deleted: bool,
    /// Whether somebody has emptied the table.
    pub(crate) emptied: bool,
}

/// What there was before a copy, and what there is after it.
pub(crate) struct Sides<'a> {
    pub(crate) copy: &'a Copy,
    pub(crate) source: &'a Product,
    pub(crate) before: &'a [Product],
    pub(crate) after: &'a [Product],
}

impl History {
    pub(crate) fn note(&mut self, copy: &Copy, source: &Product, before: &[Product]) {
        let ids = wanted(&copy.versions, source).into_iter();
        let ids = ids.map(|it| it.id.clone());
        self.asked.entry(copy.target).or_default().extend(ids);
        let ours = before.iter().any(|product| self.is_ours(product, source));
        let unclaimed = self.unclaimed(copy, source, before);
        if copy.on_name_taken == Some("ADOPT") && !ours && unclaimed.len() == 1 {
            let versions = unclaimed[0].versions.iter().map(|it| it.id.clone());
            self.adopted
                .extend(versions.chain([unclaimed[0].id.clone()]));
        }
    }

    fn is_ours(&self, product: &Product, source: &Product) -> bool {
        product.copied_from.as_ref() == Some(&source.id) || self.adopted.contains(&product.id)
    }

    /// The products of persons that have the copy's name.
    fn unclaimed<'p>(
        &self,
        copy: &Copy,
        source: &Product,
        products: &'p [Product],
    ) -> Vec<&'p Product> {
        let name = copy.target.name(source);
        let named = products.iter().filter(|it| it.name == name);
        named.filter(|it| !self.is_ours(it, source)).collect()
    }

    /// What holds whether or not a copy succeeded.
    pub(crate) fn check_safe(&self, sides: &Sides<'_>) -> Result<(), TestCaseError> {
        let Sides {
            copy,
            source,
            before,
            after,
        } = sides;
        let ours = after.iter().filter(|it| self.is_ours(it, source));
        prop_assert!(ours.count() <= 1, "two products are copies: {after:?}");
        let mut seen = BTreeSet::new();
        for version in after.iter().flat_map(|it| &it.versions) {
            let Some(from) = &version.copied_from else {
                continue;
            };
            prop_assert!(seen.insert(from), "{from} is twice in {after:?}");
            let available = version.status == VersionStatus::Available;
            prop_assert!(available, "{version:?} is not ready");
            let asked = self.asked.get(&copy.target);
            let asked = asked.is_some_and(|asked| asked.contains(from));
            prop_assert!(asked, "nobody asked for {version:?}");
        }
        prop_assert_eq!(self.of_persons(before), self.of_persons(after));
        Ok(())
    }

    /// What no copy may change: products, without the versions, and versions.
    fn of_persons(&self, products: &[Product]) -> (Vec<Product>, Vec<Version>) {
        let is_theirs =
            |id: &String, from: &Option<String>| from.is_none() && !self.adopted.contains(id);
        let theirs = products
            .iter()
            .filter(|it| is_theirs(&it.id, &it.copied_from));
        let versions = products.iter().flat_map(|it| &it.versions);
        let versions = versions.filter(|it| is_theirs(&it.id, &it.copied_from));
        (theirs.cloned().collect(), versions.cloned().collect())
    }

    /// What holds after a copy that succeeded.
    pub(crate) fn check_succeeded(
        &mut self,
        sides: &Sides<'_>,
        finished: &CopyFinished,
    ) -> Result<(), TestCaseError> {
        let Sides {
            copy,
            source,
            before,
            after,
        } = sides;
        let target = after.iter().find(|it| self.is_ours(it, source));
        let id = target.map(|it| it.id.clone());
        prop_assert_eq!(&finished.target_product_id, &id);
        let wanted = wanted(&copy.versions, source);
        let Some(target) = target else {
            let nothing = wanted.is_empty() && finished.copied_versions.is_empty();
            prop_assert!(nothing, "the target is missing");
            return Ok(());
        };
        prop_assert_eq!(target.name.as_str(), copy.target.name(source));
        if copy.tags {
            prop_assert_eq!(&target.tags, &source.tags);
        }
        for version in &wanted {
            let is_copy = |it: &Version| it.copied_from.as_ref() == Some(&version.id);
            let stands_for_it = |it: &Version| {
                let unknown = finished.unknown_versions.contains(&it.id);
                let known = unknown || self.adopted.contains(&it.id);
                it.copied_from.is_none() && known && it.created >= version.created
            };
            let arrived = target
                .versions
                .iter()
                .any(|it| is_copy(it) || stands_for_it(it));
            prop_assert!(arrived, "{version:?} is not in {target:?}");
        }
        for copied in &finished.copied_versions {
            let from = wanted.iter().find(|it| it.id == copied.source_id);
            prop_assert!(from.is_some(), "{copied:?} was not wanted");
            let mut versions = target.versions.iter();
            let to = versions.find(|it| Some(&it.id) == copied.target_id.as_ref());
            let from = to.and_then(|it| it.copied_from.as_ref());
            prop_assert_eq!(from, Some(&copied.source_id));
        }
        let old = before.iter().find(|it| it.id == target.id);
        for version in &target.versions {
            let Some(from) = &version.copied_from else {
                continue;
            };
            if let Some(source) = source.versions.iter().find(|it| it.id == *from) {
                let mut expected = state(source);
                if source.name.is_empty() {
                    expected.0.clone_from(&version.name);
                }
                prop_assert_eq!(state(version), expected);
                self.finished.insert(version.id.clone());
                continue;
            }
            let was = old.and_then(|old| old.versions.iter().find(|it| it.id == version.id));
            if let Some(was) = was.filter(|it| self.finished.contains(&it.id)) {
                check_removed(sides, target, was, version)?;
            }
        }
        Ok(())
    }

    /// Whether a copy had to fail.
    pub(crate) fn check_failed(
        &self,
        sides: &Sides<'_>,
        error: &str,
        writes: usize,
    ) -> Result<(), TestCaseError> {
        let Sides {
            copy,
            source,
            before,
            ..
        } = sides;
        let unclaimed = self.unclaimed(copy, source, before).len();
        let had_to = match error {
            "VersionNotFound" => match &copy.versions {
                Choice::Names(names) => {
                    let has = |name: &&str| source.versions.iter().any(|it| it.name == **name);
                    !names.iter().all(has) && writes == 0
                }
                _ => false,
            },
            "NameTaken" => {
                let is_taken = unclaimed > 0 || self.emptied;
                copy.on_name_taken.is_none() && is_taken && writes == 0
            }
            "TargetAmbiguous" => copy.on_name_taken == Some("ADOPT") && unclaimed > 1,
            _ => false,
        };
        // More than the machine's retriers take.
        prop_assert!(had_to || copy.fault_count() > 3, "the copy failed: {error}");
        Ok(())
    }
}

/// A version that the source no longer has.
fn check_removed(
    sides: &Sides<'_>,
    target: &Product,
    was: &Version,
    is: &Version,
) -> Result<(), TestCaseError> {
    let Sides { copy, source, .. } = sides;
    let has_copy = |source: &Version| {
        let mut versions = target.versions.iter();
        versions.any(|it| it.copied_from.as_ref() == Some(&source.id))
    };
    let replaced = source
        .versions
        .iter()
        .any(|it| it.name == was.name && it.created > was.created && has_copy(it));
    let mut expected = state(was);
    match copy.on_source_removed {
        _ if replaced && copy.keeps_replaced => {}
        Some("DEPRECATE") => "DEPRECATED".clone_into(&mut expected.2),
        Some("DEACTIVATE") => expected.1 = false,
        _ => {}
    }
    if replaced && !copy.keeps_replaced {
        let retired = format!("{} (replaced by ", was.name);
        prop_assert!(is.name.starts_with(&retired), "{is:?} is not retired");
        expected.0.clone_from(&is.name);
        expected.1 = false;
    }
    prop_assert_eq!(state(is), expected);
    Ok(())
}

/// Name, whether it is active, guidance and description.
fn state(version: &Version) -> (String, bool, String, String) {
    let Version {
        name,
        active,
        guidance,
        description,
        ..
    } = version.clone();
    (name, active, guidance, description)
}

/// The versions of the source that belong in the target.
fn wanted<'a>(choice: &Choice, source: &'a Product) -> Vec<&'a Version> {
    let versions = source.versions.iter();
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
