//! Which versions to copy and which to change: decided from what both sides have, calling nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind},
    request::{OnSourceRemoved, OnVersionReplaced, Versions},
    version::{Guidance, Readiness, UpdatedVersion, Version},
};

/// The most versions a product may have (AWS Service Catalog quotas).
pub const MAX_VERSIONS: usize = 100;

/// The name of the version that Service Catalog Factory makes before there is a real one.
const PLACEHOLDER: &str = "-";

/// The versions of a product on both sides, and what is known of them.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The versions of the source.
    pub source: &'a [Version],
    /// The versions of the target.
    pub target: &'a [Version],
    /// The version in the source by the version in the target that is its copy.
    pub known: &'a BTreeMap<String, String>,
}

/// A version and its copy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair<'a> {
    /// The version in the source.
    pub source: &'a Version,
    /// Its copy in the target.
    pub target: &'a Version,
    /// Whether that is known; if not, their names and times of creation say so.
    pub is_known: bool,
}

/// What a copy will do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The versions to copy.
    pub copied: Vec<CopiedVersion>,
    /// The versions asked for that are not copied.
    pub skipped: Vec<SkippedVersion>,
}

/// What brings the target in line with the source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Updates {
    /// The versions to change.
    pub updated: Vec<UpdatedVersion>,
    /// Those of them that a newly published version replaces.
    pub replaced: Vec<ReplacedVersion>,
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

/// A version of the target whose source was published again under its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReplacedVersion {
    /// The version in the target that is retired.
    pub target_id: String,
    /// The version in the target that is in its place.
    pub replaced_by: String,
    /// The name that it had.
    pub name: String,
}

/// Why a version is not copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The target has a copy of it.
    AlreadyInTarget,
    /// It stands in for a version that is still to come.
    Placeholder,
    /// It is inactive, and inactive ones were not asked for.
    Inactive,
    /// It is still being made.
    Creating,
    /// It could not be made.
    Failed,
}

impl<'a> Sides<'a> {
    /// Both sides, and the version in the source by its copy in the target, where that is known.
    #[must_use]
    pub fn new(
        source: &'a [Version],
        target: &'a [Version],
        known: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            source,
            target,
            known,
        }
    }

    /// The versions that are on both sides.
    ///
    /// Ids that are known come first. Versions of which nothing is known are the same where their
    /// names are equal, one to one in the order of creation. A version of the target that is older
    /// than the source's cannot have its content.
    #[must_use]
    pub fn pairs(&self) -> Vec<Pair<'a>> {
        let mut pairs = Vec::new();
        for target in self.target {
            let source_id = self.known.get(&target.id);
            let source = self.source.iter().find(|it| Some(&it.id) == source_id);
            if let Some(source) = source {
                let is_known = true;
                pairs.push(Pair {
                    source,
                    target,
                    is_known,
                });
            }
        }
        let mut unknown: Vec<&Version> = self
            .target
            .iter()
            .filter(|version| !self.known.contains_key(&version.id) && is_real(version))
            .collect();
        unknown.sort_by_key(|version| version.created);
        for source in self.by_creation() {
            if !is_real(source) || pairs.iter().any(|pair| pair.source.id == source.id) {
                continue;
            }
            let same = unknown
                .iter()
                .position(|target| target.name == source.name && target.created >= source.created);
            if let Some(position) = same {
                pairs.push(Pair {
                    source,
                    target: unknown.remove(position),
                    is_known: false,
                });
            }
        }
        pairs
    }

    /// Plans the copy of the versions asked for that the target lacks.
    ///
    /// # Errors
    /// `VersionNotFound` when a version asked for is not in the source.
    pub fn plan(&self, asked: &Versions) -> Result<Plan, Error> {
        let pairs = self.pairs();
        let mut plan = Plan::default();
        let asked_for = self.choose(asked)?;
        for version in self.by_creation() {
            if !asked_for.contains(&version) {
                continue;
            }
            let is_there = pairs.iter().any(|pair| pair.source.id == version.id);
            let only_active = matches!(asked, Versions::Active | Versions::Latest);
            let reason = match version.readiness {
                _ if !is_real(version) => Some(Reason::Placeholder),
                _ if !version.active && only_active => Some(Reason::Inactive),
                _ if is_there => Some(Reason::AlreadyInTarget),
                Readiness::Available => None,
                Readiness::Creating => Some(Reason::Creating),
                Readiness::Failed => Some(Reason::Failed),
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
        Ok(plan)
    }

    /// Refuses a plan that the target has no room for.
    ///
    /// # Errors
    /// `QuotaExceeded` when the target would have more than [`MAX_VERSIONS`].
    pub fn check_room(&self, plan: &Plan) -> Result<(), Error> {
        let (has, lacks) = (self.target.len(), plan.copied.len());
        if has + lacks <= MAX_VERSIONS {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::QuotaExceeded,
            format!(
                "the target has {has} versions and lacks {lacks}, but a product has at most \
                 {MAX_VERSIONS}"
            ),
        ))
    }

    /// The changes that bring the copies that are known in line with the source. Others belong to
    /// whoever made them. A description that the source lacks stays.
    #[must_use]
    pub fn updates(
        &self,
        on_source_removed: OnSourceRemoved,
        on_version_replaced: OnVersionReplaced,
    ) -> Updates {
        let pairs = self.pairs();
        let mut updates = Updates::default();
        for old in self.target {
            if !self.known.contains_key(&old.id) {
                continue;
            }
            let mut new = old.clone();
            if let Some(pair) = pairs.iter().find(|pair| pair.target.id == old.id) {
                let source = pair.source;
                (new.active, new.guidance) = (source.active, source.guidance);
                if source.description.is_some() {
                    new.description.clone_from(&source.description);
                }
                if !source.name.is_empty() {
                    new.name.clone_from(&source.name);
                }
            } else if let Some(replacement) = replacement(&pairs, old) {
                if on_version_replaced == OnVersionReplaced::Keep {
                    continue;
                }
                new.active = false;
                new.name = format!("{} (replaced by {})", old.name, replacement.id);
                if on_source_removed == OnSourceRemoved::Deprecate {
                    new.guidance = Guidance::Deprecated;
                }
                updates.replaced.push(ReplacedVersion {
                    target_id: old.id.clone(),
                    replaced_by: replacement.id.clone(),
                    name: old.name.clone(),
                });
            } else {
                match on_source_removed {
                    OnSourceRemoved::Keep => {}
                    OnSourceRemoved::Deprecate => new.guidance = Guidance::Deprecated,
                    OnSourceRemoved::Deactivate => new.active = false,
                }
            }
            updates.updated.extend(change(old, &new));
        }
        updates
    }

    fn by_creation(&self) -> Vec<&'a Version> {
        let mut source: Vec<&Version> = self.source.iter().collect();
        source.sort_by_key(|version| version.created);
        source
    }

    /// The versions of the source that a request asks for.
    fn choose(&self, asked: &Versions) -> Result<Vec<&'a Version>, Error> {
        let one_of = |wanted: &[String], member: &str, key: fn(&Version) -> &String| {
            let has = |wanted: &String| self.source.iter().any(|version| key(version) == wanted);
            if let Some(missing) = wanted.iter().position(|wanted| !has(wanted)) {
                let has: Vec<_> = self.source.iter().map(|it| key(it).as_str()).collect();
                // Not what was asked for: it may be an ExternalId in a wrong place.
                return Err(Error::new(
                    ErrorKind::VersionNotFound,
                    format!(
                        "the source does not have {member}[{missing}], it has {}",
                        has.join(", ")
                    ),
                ));
            }
            let source = self.source.iter();
            Ok(source
                .filter(|version| wanted.contains(key(version)))
                .collect())
        };
        match asked {
            Versions::Names(names) => one_of(names, "Versions", |version| &version.name),
            Versions::Ids(ids) => {
                let member = "SourceProvisioningArtifactIdentifiers";
                one_of(ids, member, |version| &version.id)
            }
            Versions::Active | Versions::All => Ok(self.source.iter().collect()),
            Versions::Latest => {
                let mut newest_first = self.by_creation().into_iter().rev();
                let latest = newest_first.find(|version| version.active && is_real(version));
                Ok(latest.into_iter().collect())
            }
        }
    }
}

fn is_real(version: &Version) -> bool {
    version.name != PLACEHOLDER
}

/// The copy of a version that was published under the name of `old` after `old` was made.
fn replacement<'a>(pairs: &[Pair<'a>], old: &Version) -> Option<&'a Version> {
    let newer = pairs.iter().filter(|pair| {
        pair.is_known && pair.source.name == old.name && pair.source.created > old.created
    });
    newer
        .max_by_key(|pair| pair.source.created)
        .map(|pair| pair.target)
}

fn change(old: &Version, new: &Version) -> Option<UpdatedVersion> {
    let update = UpdatedVersion {
        target_id: old.id.clone(),
        name: old.name.clone(),
        new_name: (new.name != old.name).then(|| new.name.clone()),
        active: (new.active != old.active).then_some(new.active),
        guidance: (new.guidance != old.guidance).then_some(new.guidance),
        description: (new.description != old.description)
            .then(|| new.description.clone())
            .flatten(),
    };
    let changes = update.new_name.is_some()
        || update.active.is_some()
        || update.guidance.is_some()
        || update.description.is_some();
    changes.then_some(update)
}

#[cfg(test)]
mod tests;
