//! What the copies table knows of one product in one place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    plan::{CopiedVersion, Sides},
    request::{CopyRequest, Place},
    version::Version,
};

/// Names a copy in the table: which product, and where it is copied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyKey {
    /// `<account>/<Region>` of the target.
    pub place: String,
    /// The product's ARN.
    pub source_product_arn: String,
}

/// What the table knows of a copy while an execution holds its lease.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopyRecord {
    /// The execution that holds the lease.
    pub holder: Option<String>,
    /// How often the lease was taken, this time included.
    pub lease_number: u64,
    /// A call of `CopyProduct` that nobody has seen the end of.
    pub under_way: Option<UnderWay>,
    /// What is known of the target.
    pub known: Known,
}

/// The products and versions of the target that are known to be copies of one source product.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Known {
    /// The target product by how a request names it: see [`target_key`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub target_product_ids: BTreeMap<String, String>,
    /// The version in the source by the version in the target.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub versions: BTreeMap<String, String>,
}

/// A call of `CopyProduct`: noted before it is made, so that it can be repeated as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct UnderWay {
    /// The execution that called.
    pub called_by: String,
    /// When it began to call, in seconds since 1970.
    pub calling_since: i64,
    /// Its idempotency token.
    pub idempotency_token: String,
    /// What `CopyProduct` was called with.
    pub call: Call,
    /// What start-copy answers once the call has an answer, as JSON.
    pub answer: String,
    /// The answer of `CopyProduct`; absent: it is not known, or has not come yet.
    pub copy_product_token: Option<String>,
    /// Whether it was not made before, so that where it is refused nothing is under way.
    pub is_first: bool,
}

/// What `CopyProduct` was called with, and what it found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Call {
    /// The request, with the versions to copy.
    pub request: CopyRequest,
    /// The name of a new product; absent: none was to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_name: Option<String>,
    /// Products of the copy's name that were in the target before.
    pub namesakes: Vec<String>,
}

/// Who tries to take the lease.
#[derive(Clone, Copy, Debug)]
pub struct Taker<'a> {
    /// The ARN of the execution.
    pub execution: &'a str,
    /// An execution that has ended, so that its lease may be taken over.
    pub ended: Option<&'a str>,
}

/// What became of the attempt to take a lease.
#[derive(Clone, Debug, PartialEq)]
pub enum Lease {
    /// It is the taker's.
    Taken(Box<CopyRecord>),
    /// Another execution has it.
    HeldBy(String),
}

impl CopyKey {
    /// The key of a request's copy, where `own_account` is the function's.
    #[must_use]
    pub fn of(request: &CopyRequest, target: &Place, own_account: &str) -> Self {
        Self {
            place: place_key(target, own_account),
            source_product_arn: request.source_product_arn.clone(),
        }
    }
}

/// `<account>/<Region>`.
#[must_use]
pub fn place_key(target: &Place, own_account: &str) -> String {
    let account = target.account().unwrap_or(own_account);
    format!("{account}/{}", target.region)
}

/// How a request names its target product, so that requests that name it in different ways have
/// products of their own.
#[must_use]
pub fn target_key(request: &CopyRequest) -> String {
    match (&request.target_product_id, &request.target_product_name) {
        (Some(id), _) => format!("TargetProductId={id}"),
        (None, Some(name)) => format!("TargetProductName={name}"),
        (None, None) => "SourceProductArn".to_owned(),
    }
}

impl Known {
    /// Takes all versions of equal names for copies.
    pub fn adopt(&mut self, source: &[Version], target: &[Version]) {
        let pairs = Sides::new(source, target, &self.versions).pairs();
        let ids = pairs
            .iter()
            .map(|pair| (pair.target.id.clone(), pair.source.id.clone()));
        let adopted: Vec<_> = ids.collect();
        self.versions.extend(adopted);
    }

    /// Whether one of these versions is known to be the copy of a version of the source.
    #[must_use]
    pub fn has_copy(&self, target: &[Version], source_id: &str) -> bool {
        let mut copies = target.iter().filter_map(|it| self.versions.get(&it.id));
        copies.any(|copied| copied == source_id)
    }

    /// Finds the copies of versions that were copied just now: of the versions of the name they had
    /// then that nothing is known of, the newest.
    pub fn learn(&mut self, source: &[Version], target: &[Version], copied: &[CopiedVersion]) {
        let copied_as = |version: &Version| {
            let copied = copied.iter().find(|it| it.source_id == version.id);
            copied.map(|it| it.name.as_str())
        };
        let newest_first = |versions: &mut Vec<&Version>| {
            versions.sort_by_key(|version| version.created);
            versions.reverse();
        };
        let mut copied: Vec<&Version> = source
            .iter()
            .filter(|version| copied_as(version).is_some())
            .filter(|version| !self.has_copy(target, &version.id))
            .collect();
        newest_first(&mut copied);
        let mut unknown: Vec<&Version> = target
            .iter()
            .filter(|version| !self.versions.contains_key(&version.id))
            .collect();
        newest_first(&mut unknown);
        for version in copied {
            let copy = unknown.iter().position(|target| {
                copied_as(version) == Some(target.name.as_str())
                    && target.created >= version.created
            });
            if let Some(copy) = copy {
                let copy = unknown.remove(copy);
                self.versions.insert(copy.id.clone(), version.id.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Target;

    fn version(created: i64, id: &str) -> Version {
        Version {
            id: id.to_owned(),
            name: "v1".to_owned(),
            created,
            ..Version::default()
        }
    }

    fn copied(source_id: &str) -> CopiedVersion {
        CopiedVersion {
            source_id: source_id.to_owned(),
            target_id: None,
            name: "v1".to_owned(),
        }
    }

    #[test]
    fn the_copy_of_a_version_has_the_name_that_it_had_when_it_was_copied() {
        let mut renamed = version(1, "pa-1");
        "v1.0".clone_into(&mut renamed.name);
        let mut known = Known::default();
        known.learn(&[renamed], &[version(5, "copy")], &[copied("pa-1")]);
        assert_eq!(known.versions["copy"], "pa-1");
    }

    #[test]
    fn a_version_whose_copy_is_in_another_product_or_gone_is_learned_again() {
        let elsewhere = ("elsewhere".to_owned(), "pa-1".to_owned());
        let mut known = Known {
            versions: BTreeMap::from([elsewhere]),
            ..Known::default()
        };
        let (source, target) = ([version(1, "pa-1")], [version(5, "copy")]);
        assert!(!known.has_copy(&target, "pa-1"));
        known.learn(&source, &target, &[copied("pa-1")]);
        assert!(known.has_copy(&target, "pa-1"));
    }

    #[test]
    fn the_copy_of_a_version_is_the_newest_of_its_name() {
        let source = [version(1, "pa-old"), version(2, "pa-new")];
        let target = [version(5, "a-persons"), version(7, "the-copy")];
        let mut known = Known::default();
        known.learn(&source, &target, &[copied("pa-new")]);
        let copies: Vec<_> = known.versions.iter().collect();
        assert_eq!(copies, [(&"the-copy".to_owned(), &"pa-new".to_owned())]);
    }

    #[test]
    fn two_versions_of_one_name_have_two_copies() {
        let source = [version(1, "pa-1"), version(2, "pa-2")];
        let target = [version(5, "copy-1"), version(5, "copy-2")];
        let mut known = Known::default();
        known.learn(&source, &target, &[copied("pa-1"), copied("pa-2")]);
        assert_eq!(known.versions["copy-1"], "pa-1");
        assert_eq!(known.versions["copy-2"], "pa-2");
    }

    #[test]
    fn a_place_is_the_account_and_the_region() {
        let role_arn = Some("arn:aws:iam::444455556666:role/CatalogCopyTarget".to_owned());
        let other = Target {
            role_arn,
            ..Target::default()
        };
        let key = |target: &Target| place_key(&target.place("eu-west-1"), "111122223333");
        assert_eq!(key(&other), "444455556666/eu-west-1");
        assert_eq!(key(&Target::default()), "111122223333/eu-west-1");
    }
}
