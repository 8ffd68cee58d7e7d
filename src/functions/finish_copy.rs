//! State `FinishCopy`: verifies a copy and brings what is in the target in line with the source.

use std::collections::BTreeMap;

use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Span;

use super::{
    Clients,
    clients::Execution,
    start_copy::{CopyStarted, LeaseTaken},
    target_product::Finder,
    warnings,
};
use crate::{
    aws::{
        dynamodb::Finished,
        service_catalog::{
            CopyProductStatus, CopyStatus, Details, Product, ProductUpdate, RegionalCatalog,
        },
    },
    error::{Error, ErrorKind},
    plan::{CopiedVersion, ReplacedVersion, Sides, SkippedVersion},
    record::{CopyKey, Known, target_key},
    request::{CopyRequest, Target, read},
    telemetry::metrics,
    version::{UpdatedVersion, Version},
};

/// What belongs to a product, and is not copied.
const NOT_COPIED: [&str; 8] = [
    "Constraints",
    "Principals",
    "TagOptions",
    "ServiceActions",
    "Budgets",
    "Portfolios",
    "ProvisionedProducts",
    "SourceConnection",
];

/// What finish-copy is asked with: what the states before it were asked with and have answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct FinishRequest {
    request: Value,
    started: CopyStarted,
    status: Option<CopyStatus>,
    copy_product_token: Option<String>,
    finished: Option<CopyFinished>,
    execution_id: Option<String>,
}

impl FinishRequest {
    /// Reads what finish-copy is asked with.
    ///
    /// # Errors
    /// `InvalidRequest` names the member that breaks a rule and what is allowed.
    pub fn parse(input: Value) -> Result<(Self, CopyRequest), Error> {
        let mut finish: Self = read(input)?;
        let request = CopyRequest::parse(finish.request.take())?;
        Ok((finish, request))
    }
}

/// What finish-copy answers: the output of the execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyFinished {
    /// Always `SUCCEEDED`.
    pub copy_product_status: CopyProductStatus,
    /// The product in the target; absent where there was nothing to copy and none is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// Its ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_arn: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_name: Option<String>,
    /// What Service Catalog says of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_detail: Option<String>,
    /// The token of the copy; absent where none was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_product_token: Option<String>,
    /// The source.
    pub source_product_arn: String,
    /// The target, without the `ExternalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The versions that this execution has copied.
    pub copied_versions: Vec<CopiedVersion>,
    /// The versions asked for that it has not copied.
    pub skipped_versions: Vec<SkippedVersion>,
    /// The versions in the target that it has changed.
    pub updated_versions: Vec<UpdatedVersion>,
    /// The versions in the target that it has retired, because they were published again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_versions: Vec<ReplacedVersion>,
    /// The versions in the target that have the name of one in the source, but are not known to be
    /// its copy. They stay as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_versions: Vec<String>,
    /// The name that the product in the target had, where it was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_target_product_name: Option<String>,
    /// What else of the product it has changed, as `UpdateProduct` names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updated_product_members: Vec<String>,
    /// The tags it has added or changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub added_tags: BTreeMap<String, String>,
    /// The keys of the tags it has removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed_tags: Vec<String>,
    /// The portfolios it has added the product to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added_portfolio_ids: Vec<String>,
    /// The portfolios that the product is not visible in yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending_portfolio_ids: Vec<String>,
    /// What belongs to the source and stayed behind.
    pub not_copied: Vec<String>,
    /// What is there as asked, and may not launch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Finishes the copy that a [`FinishRequest`] describes; run again, it changes nothing.
///
/// # Errors
/// `InvalidRequest`, `TargetNotAccessible`, `TargetTaken`, `UnexpectedTarget`, `CopyIncomplete` and
/// errors of Service Catalog and `DynamoDB`.
pub async fn handle(clients: &Clients, event: LambdaEvent<Value>) -> Result<CopyFinished, Error> {
    let (finish, request) = FinishRequest::parse(event.payload)?;
    let execution = Execution::of(finish.execution_id.as_deref(), &event.context);
    let catalog = &clients.catalog;
    let target_place = request.target_place(catalog.region());
    Span::current().record("target", target_place.to_string());
    clients.targets.check(&request, &execution.account)?;

    let source_place = request.source_place(catalog.region());
    let source = catalog.at(&source_place, &execution.id).await;
    let target = catalog.at(&target_place, &execution.id).await;
    let status = finish.status;
    let mut finished = finish.finished.unwrap_or_else(|| CopyFinished {
        copy_product_status: CopyProductStatus::Succeeded,
        target_product_id: None,
        target_product_arn: None,
        target_product_name: None,
        status_detail: status.as_ref().and_then(|it| it.status_detail.clone()),
        copy_product_token: finish.copy_product_token,
        source_product_arn: request.source_product_arn.clone(),
        target: Some(target_place.public_target()),
        copied_versions: finish.started.copied_versions.unwrap_or_default(),
        skipped_versions: finish.started.skipped_versions.unwrap_or_default(),
        updated_versions: Vec::new(),
        replaced_versions: Vec::new(),
        unknown_versions: Vec::new(),
        previous_target_product_name: None,
        updated_product_members: Vec::new(),
        added_tags: BTreeMap::new(),
        removed_tags: Vec::new(),
        added_portfolio_ids: Vec::new(),
        pending_portfolio_ids: Vec::new(),
        not_copied: not_copied(&request),
        warnings: finish.started.warnings,
    });
    let answered = status.and_then(|status| status.target_product_id);
    let asked = finish.started.target_product_id;
    let key = CopyKey::of(&request, &target_place, &execution.account);
    let finishing = Finishing {
        clients,
        finder: Finder::new(clients, &source, &target, &request, &key),
        lease: finish.started.lease.unwrap_or_default(),
        execution: &execution.id,
    };
    let source_arn = &request.source_product_arn;
    finishing
        .finish(asked, answered, &mut finished)
        .await
        .inspect_err(|error| metrics::throttled(error, &target_place.region))
        .map_err(|error| {
            error.while_doing(format_args!("Finishing {source_arn} in {target_place}"))
        })?;
    tracing::info!(
        source = source_arn,
        target_product_id = finished.target_product_id,
        copied_versions = finished.copied_versions.len(),
        updated_versions = finished.updated_versions.len(),
        pending_portfolios = finished.pending_portfolio_ids.len(),
        "copy finished"
    );
    Ok(finished)
}

/// A copy that is being finished.
struct Finishing<'a> {
    clients: &'a Clients,
    finder: Finder<'a>,
    lease: LeaseTaken,
    execution: &'a str,
}

impl Finishing<'_> {
    async fn finish(
        &self,
        asked: Option<String>,
        answered: Option<String>,
        finished: &mut CopyFinished,
    ) -> Result<(), Error> {
        let mut known = self.lease.known.clone();
        let id = match (asked, answered) {
            (Some(asked), Some(answered)) if asked != answered => {
                return Err(Error::new(
                    ErrorKind::UnexpectedTarget,
                    format!(
                        "Service Catalog has copied into {answered}, and was asked to copy into {asked}"
                    ),
                ));
            }
            (Some(id), _) | (None, Some(id)) => Some(id),
            _ if finished.copied_versions.is_empty() => None,
            _ => Some(self.new_product().await?),
        };
        if let Some(id) = &id {
            let way = target_key(self.finder.request);
            if known.target_product_ids.get(&way) != Some(id) {
                self.finder.claim(id).await?;
                known.target_product_ids.insert(way, id.clone());
            }
            self.align(id, &mut known, finished).await?;
        }
        if finished.pending_portfolio_ids.is_empty() && self.lease.number > 0 {
            let done = Finished {
                execution: self.execution,
                lease_number: self.lease.number,
                known: &known,
                at: (self.clients.now)(),
            };
            let was_held = self.clients.table.finish(self.finder.key, done).await?;
            if !was_held {
                tracing::warn!("the lease was lost: what is known was not noted");
            }
        }
        Ok(())
    }

    /// The product that the copy has made, where Service Catalog has not said which.
    async fn new_product(&self) -> Result<String, Error> {
        let name = match &self.lease.product_name {
            Some(name) => name.clone(),
            None => self.finder.product_name().await?,
        };
        let mut ids = self.finder.namesakes(&name).await?;
        ids.retain(|id| !self.lease.namesakes.contains(id));
        match ids.len() {
            1 => Ok(ids.remove(0)),
            0 => Err(Error::new(
                ErrorKind::CopyIncomplete,
                "the product is not in the target",
            )),
            _ => Err(Error::new(
                ErrorKind::TargetAmbiguous,
                format!("any of these may be the copy: {}", ids.join(", ")),
            )),
        }
    }

    async fn align(
        &self,
        target_id: &str,
        known: &mut Known,
        finished: &mut CopyFinished,
    ) -> Result<(), Error> {
        let Finder {
            source,
            target,
            request,
            ..
        } = self.finder;
        let source_id = request.source_product_id();
        let source_versions = source.list_provisioning_artifacts(source_id).await?;
        let target_versions = target.list_provisioning_artifacts(target_id).await?;
        known.learn(
            &source_versions,
            &target_versions,
            &finished.copied_versions,
        );
        let sides = Sides::new(&source_versions, &target_versions, &known.versions);
        verify(&mut finished.copied_versions, &sides)?;

        let updates = sides.updates(
            request.on_source_removed.unwrap_or_default(),
            request.on_version_replaced.unwrap_or_default(),
        );
        for update in updates.updated {
            target
                .update_provisioning_artifact(target_id, &update)
                .await?;
            finished.updated_versions.push(update);
        }
        finished.replaced_versions.extend(updates.replaced);
        finished.unknown_versions = unknown_versions(&sides);

        let product = target.describe_product_as_admin(target_id).await?;
        let wanted = if follows_source(request) {
            Some(source.describe_product_as_admin(source_id).await?)
        } else {
            None
        };
        let wanted = wanted.as_ref();
        align_product(target, request, wanted, &product, finished).await?;
        add_to_portfolios(target, request, target_id, finished).await?;
        let name = wanted_name(request, wanted, &product);
        finished.target_product_name = Some(name.to_owned());
        finished.target_product_id = Some(product.id);
        finished.target_product_arn = product.arn;
        let warning = product.product_type.as_deref().and_then(warnings::of_type);
        let is_new = |it: &String| !finished.warnings.contains(it);
        finished.warnings.extend(warning.filter(is_new));
        prune(known, &source_versions, &target_versions);
        Ok(())
    }
}

/// Fills in the versions in the target that were copied.
fn verify(copied: &mut [CopiedVersion], sides: &Sides<'_>) -> Result<(), Error> {
    let pairs = sides.pairs();
    for version in copied {
        let pair = pairs
            .iter()
            .find(|pair| pair.source.id == version.source_id);
        // One that was deleted in the source meanwhile has only its name left.
        let is_deleted = !sides.source.iter().any(|it| it.id == version.source_id);
        let mut same_name = sides.target.iter().filter(|it| it.name == version.name);
        let arrived = match pair {
            Some(pair) => Some(pair.target),
            None if is_deleted => same_name.next_back(),
            None => None,
        };
        let Some(arrived) = arrived else {
            let (name, id) = (&version.name, &version.source_id);
            return Err(Error::new(
                ErrorKind::CopyIncomplete,
                format!(
                    "Service Catalog answered SUCCEEDED, but version {name} ({id}) is not in the target"
                ),
            ));
        };
        version.target_id = Some(arrived.id.clone());
    }
    Ok(())
}

/// Versions that have the name of one in the source, but are not known to be a copy.
fn unknown_versions(sides: &Sides<'_>) -> Vec<String> {
    let is_in_source = |name: &str| sides.source.iter().any(|version| version.name == name);
    let versions = sides.target.iter();
    let unknown = versions.filter(|it| !sides.known.contains_key(&it.id) && is_in_source(&it.name));
    unknown.map(|version| version.id.clone()).collect()
}

/// Forgets versions that are on neither side any more. Of more than one target product, only one is
/// looked at.
fn prune(known: &mut Known, source: &[Version], target: &[Version]) {
    if known.target_product_ids.len() > 1 {
        return;
    }
    let is_in = |versions: &[Version], id: &str| versions.iter().any(|version| version.id == id);
    known
        .versions
        .retain(|target_id, source_id| is_in(target, target_id) || is_in(source, source_id));
}

/// What stays behind: tags are copied where that is asked for.
fn not_copied(request: &CopyRequest) -> Vec<String> {
    let tags = (!request.copies_tags()).then_some("Tags");
    let all = NOT_COPIED.into_iter().chain(tags);
    all.map(str::to_owned).collect()
}

/// Whether the product in the target has anything of the source's.
fn follows_source(request: &CopyRequest) -> bool {
    request.copies_tags() || has_details(request)
}

/// Whether what is said of the product is what is said of the source. Where a person has chosen the
/// product, it is theirs.
fn has_details(request: &CopyRequest) -> bool {
    request.target_product_id.is_none()
}

/// The name that the product in the target is to have.
fn wanted_name<'a>(
    request: &'a CopyRequest,
    wanted: Option<&'a Product>,
    product: &'a Product,
) -> &'a str {
    match (
        &request.target_product_name,
        &request.target_product_id,
        wanted,
    ) {
        (Some(name), _, _) => name,
        (None, None, Some(wanted)) => &wanted.name,
        // A person has chosen that product, and its name.
        _ => &product.name,
    }
}

/// Brings name, tags and what else is said of the product in line.
async fn align_product(
    target: &RegionalCatalog,
    request: &CopyRequest,
    wanted: Option<&Product>,
    product: &Product,
    finished: &mut CopyFinished,
) -> Result<(), Error> {
    let name = wanted_name(request, wanted, product);
    let new_name = (name != product.name).then_some(name);
    let (mut added, mut removed) = (BTreeMap::new(), Vec::new());
    if let Some(wanted) = wanted
        && request.copies_tags()
    {
        // AWS gives these itself.
        let ours = |key: &String| !key.starts_with("aws:");
        added = wanted
            .tags
            .iter()
            .filter(|(key, value)| ours(key) && product.tags.get(*key) != Some(value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        // A product that a person has chosen may have tags of its own.
        if has_details(request) {
            removed = product
                .tags
                .keys()
                .filter(|key| ours(key) && !wanted.tags.contains_key(*key))
                .cloned()
                .collect();
        }
    }
    let details = wanted
        .filter(|_| has_details(request))
        .map_or_else(Details::default, |wanted| {
            product.details.changes(&wanted.details)
        });
    let update = ProductUpdate {
        name: new_name.map(str::to_owned),
        details,
        add_tags: added,
        remove_tags: removed,
    };
    if update == ProductUpdate::default() {
        return Ok(());
    }
    target.update_product(&product.id, update.clone()).await?;
    if update.name.is_some() {
        finished.previous_target_product_name = Some(product.name.clone());
    }
    let members = update.details.names().map(str::to_owned);
    finished.updated_product_members.extend(members);
    finished.added_tags.extend(update.add_tags);
    finished.removed_tags.extend(update.remove_tags);
    Ok(())
}

async fn add_to_portfolios(
    target: &RegionalCatalog,
    request: &CopyRequest,
    target_id: &str,
    finished: &mut CopyFinished,
) -> Result<(), Error> {
    finished.pending_portfolio_ids.clear();
    let Some(wanted) = &request.portfolio_ids else {
        return Ok(());
    };
    let visible = target.list_portfolios_for_product(target_id).await?;
    for id in wanted.iter().filter(|it| !visible.contains(it)) {
        if !finished.added_portfolio_ids.contains(id) {
            target
                .associate_product_with_portfolio(target_id, id)
                .await?;
            finished.added_portfolio_ids.push(id.clone());
        }
        finished.pending_portfolio_ids.push(id.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
