//! State `FinishCopy`: verifies a copy and brings what is in the target in line with the source.

use std::collections::BTreeMap;

use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Span;

use super::{start_copy::CopyStarted, target_product};
use crate::{
    aws::service_catalog::{Catalog, CopyProductStatus, CopyStatus, Product, RegionalCatalog},
    error::{Error, ErrorKind},
    plan::{CopiedVersion, SkippedVersion, updates},
    request::{CopyRequest, Target, read},
    telemetry::metrics,
    version::{UpdatedVersion, Version},
};

/// What belongs to a product, and no API copies.
const NOT_COPIED: [&str; 5] = [
    "Constraints",
    "Principals",
    "TagOptions",
    "ServiceActions",
    "Budgets",
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
    /// What belongs to the source and stayed behind, as no API copies it.
    pub not_copied: Vec<String>,
}

/// Finishes the copy that a [`FinishRequest`] describes; run again, it changes nothing.
///
/// # Errors
/// `InvalidRequest`, `TargetNotAccessible`, `TargetAmbiguous`, `CopyIncomplete` and errors of
/// Service Catalog.
pub async fn handle(catalog: &Catalog, event: LambdaEvent<Value>) -> Result<CopyFinished, Error> {
    let (finish, request) = FinishRequest::parse(event.payload)?;
    let request_id = event.context.request_id;
    let execution_id = finish.execution_id.as_ref().unwrap_or(&request_id);
    let target_place = request.target_place(catalog.region());
    Span::current().record("target", target_place.to_string());

    let source_place = request.source_place(catalog.region());
    let source = catalog.at(&source_place, execution_id).await;
    let target = catalog.at(&target_place, execution_id).await;
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
        added_tags: BTreeMap::new(),
        removed_tags: Vec::new(),
        added_portfolio_ids: Vec::new(),
        pending_portfolio_ids: Vec::new(),
        not_copied: NOT_COPIED.map(str::to_owned).into(),
    });
    let answered = status.and_then(|status| status.target_product_id);
    let known = answered.or(finish.started.target_product_id);
    let finishing = async {
        let id = match known {
            Some(id) => Some(id),
            None => target_product::find(&source, &target, &request).await?,
        };
        match id {
            Some(id) => align(&source, &target, &request, &id, &mut finished).await,
            None if finished.copied_versions.is_empty() => Ok(()),
            None => Err(Error::new(
                ErrorKind::CopyIncomplete,
                "the product is not in the target",
            )),
        }
    };
    let source_arn = &request.source_product_arn;
    finishing
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

async fn align(
    source: &RegionalCatalog,
    target: &RegionalCatalog,
    request: &CopyRequest,
    target_id: &str,
    finished: &mut CopyFinished,
) -> Result<(), Error> {
    let source_id = request.source_product_id();
    let source_versions = source.list_provisioning_artifacts(source_id).await?;
    let target_versions = target.list_provisioning_artifacts(target_id).await?;
    verify(&mut finished.copied_versions, &target_versions)?;

    let on_source_removed = request.on_source_removed.unwrap_or_default();
    for update in updates(&source_versions, &target_versions, on_source_removed) {
        target
            .update_provisioning_artifact(target_id, &update)
            .await?;
        finished.updated_versions.push(update);
    }

    let product = target.describe_product_as_admin(target_id).await?;
    if request.copies_tags() {
        let wanted = source.describe_product_as_admin(source_id).await?;
        align_tags(target, &wanted, &product, finished).await?;
    }
    add_to_portfolios(target, request, target_id, finished).await?;
    finished.target_product_id = Some(product.id);
    finished.target_product_arn = Some(product.arn);
    finished.target_product_name = Some(product.name);
    Ok(())
}

/// Fills in the versions in the target that were copied.
fn verify(copied: &mut [CopiedVersion], target: &[Version]) -> Result<(), Error> {
    for version in copied {
        let arrived = target.iter().find(|it| it.name == version.name);
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

async fn align_tags(
    target: &RegionalCatalog,
    wanted: &Product,
    product: &Product,
    finished: &mut CopyFinished,
) -> Result<(), Error> {
    // AWS gives these itself.
    let ours = |key: &String| !key.starts_with("aws:");
    let added: BTreeMap<String, String> = wanted
        .tags
        .iter()
        .filter(|(key, value)| ours(key) && product.tags.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let removed: Vec<String> = product
        .tags
        .keys()
        .filter(|key| ours(key) && !wanted.tags.contains_key(*key))
        .cloned()
        .collect();
    if !added.is_empty() || !removed.is_empty() {
        target.update_product(&product.id, &added, &removed).await?;
        finished.added_tags.extend(added);
        finished.removed_tags.extend(removed);
    }
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
