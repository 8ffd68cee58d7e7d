//! State `StartCopy`: plans the copy and calls `CopyProduct` in the target.

use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Span;

use super::target_product;
use crate::{
    aws::service_catalog::{Catalog, CopyProductStatus, RegionalCatalog},
    error::Error,
    plan::{CopiedVersion, Plan, SkippedVersion, compare, plan, updates},
    request::{CopyRequest, Target, VersionIdentifier},
    telemetry::metrics,
    token::idempotency_token,
    version::UpdatedVersion,
};

/// What start-copy answers: what it has started, or with a dry run what it would start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CopyStarted {
    /// Asks for the status of the copy, in the same Region and account; absent: none was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_product_token: Option<String>,
    /// `SUCCEEDED` where the target lacks nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_product_status: Option<CopyProductStatus>,
    /// True in the answer to a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// The source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_product_arn: Option<String>,
    /// The target, without the `ExternalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The product that is copied into, where there is one already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// The versions being copied; absent without a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied_versions: Option<Vec<CopiedVersion>>,
    /// The versions asked for that are not copied; absent without a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped_versions: Option<Vec<SkippedVersion>>,
    /// The versions in the target that finish-copy would change; only in the answer to a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_versions: Option<Vec<UpdatedVersion>>,
}

/// Starts the copy that a [`CopyRequest`] asks for.
///
/// # Errors
/// `InvalidRequest`, `TargetNotAccessible`, `TargetAmbiguous`, `VersionNotFound`, `QuotaExceeded` and
/// errors of Service Catalog.
pub async fn handle(catalog: &Catalog, event: LambdaEvent<Value>) -> Result<CopyStarted, Error> {
    let request = CopyRequest::parse(event.payload)?;
    let request_id = event.context.request_id;
    let execution_id = request.execution_id.as_ref().unwrap_or(&request_id);
    let target_place = request.target_place(catalog.region());
    Span::current().record("target", target_place.to_string());

    let idempotency_token = request.idempotency_token.clone().unwrap_or_else(|| {
        let started_by = request.started_by.as_ref().unwrap_or(execution_id);
        idempotency_token(started_by, &request)
    });
    let copy = async {
        let target = catalog.at(&target_place, execution_id).await;
        if request.is_planned() {
            let source_place = request.source_place(catalog.region());
            let source = catalog.at(&source_place, execution_id).await;
            return copy_missing(&source, &target, &request, &idempotency_token).await;
        }
        let token = target.copy_product(&request, &idempotency_token).await?;
        Ok(CopyStarted {
            copy_product_token: Some(token),
            ..CopyStarted::default()
        })
    };
    let source_arn = &request.source_product_arn;
    let started = copy
        .await
        .inspect_err(|error| metrics::throttled(error, &target_place.region))
        .map_err(|error| {
            error.while_doing(format_args!("Copying {source_arn} to {target_place}"))
        })?;
    tracing::info!(
        source = source_arn,
        idempotency_token,
        copy_product_token = started.copy_product_token,
        copied_versions = started.copied_versions.as_ref().map(Vec::len),
        skipped_versions = started.skipped_versions.as_ref().map(Vec::len),
        "copy {}",
        match (&started.copy_product_token, started.dry_run) {
            (Some(_), _) => "accepted",
            (None, Some(true)) => "planned",
            (None, _) => "not needed",
        }
    );
    Ok(CopyStarted {
        source_product_arn: Some(request.source_product_arn),
        target: Some(target_place.public_target()),
        ..started
    })
}

/// Copies the versions that the target lacks into the product that is there.
async fn copy_missing(
    source: &RegionalCatalog,
    target: &RegionalCatalog,
    request: &CopyRequest,
    idempotency_token: &str,
) -> Result<CopyStarted, Error> {
    let source_id = request.source_product_id();
    let target_product_id = target_product::find(source, target, request).await?;
    let mut source_versions = source.list_provisioning_artifacts(source_id).await?;
    let target_versions = match &target_product_id {
        Some(id) => target.list_provisioning_artifacts(id).await?,
        None => Vec::new(),
    };
    let asked = request.asked_versions();
    // Without knowing what is ready: those are all that may be copied.
    let candidates = compare(&source_versions, &target_versions, &asked)?.copied;
    for version in &mut source_versions {
        if candidates
            .iter()
            .any(|candidate| candidate.source_id == version.id)
        {
            let ready = source.describe_provisioning_artifact(source_id, &version.id);
            version.readiness = ready.await?;
        }
    }
    let Plan { copied, skipped } = plan(&source_versions, &target_versions, &asked)?;

    let mut started = CopyStarted {
        target_product_id: target_product_id.clone(),
        skipped_versions: Some(skipped),
        ..CopyStarted::default()
    };
    if request.dry_run == Some(true) {
        let on_source_removed = request.on_source_removed.unwrap_or_default();
        started.dry_run = Some(true);
        started.updated_versions = Some(updates(
            &source_versions,
            &target_versions,
            on_source_removed,
        ));
    } else if copied.is_empty() {
        started.copy_product_status = Some(CopyProductStatus::Succeeded);
    } else {
        let identifiers = copied.iter().map(|version| VersionIdentifier {
            id: version.source_id.clone(),
        });
        let missing = CopyRequest {
            target_product_id,
            source_provisioning_artifact_identifiers: Some(identifiers.collect()),
            ..request.clone()
        };
        started.copy_product_token = Some(target.copy_product(&missing, idempotency_token).await?);
    }
    started.copied_versions = Some(copied);
    Ok(started)
}
