//! State `CheckStatus`: calls `DescribeCopyProductStatus` in the target.

use lambda_runtime::LambdaEvent;
use serde_json::Value;
use tracing::{Span, field::Empty};

use crate::{
    catalog::{Catalog, CopyStatus},
    error::Error,
    metrics,
    request::StatusRequest,
};

/// Asks how far the copy is that a [`StatusRequest`] names; a failed copy is an answer, no error.
///
/// # Errors
/// [`Error::InvalidRequest`], [`Error::ServiceCatalog`], [`Error::TargetNotAccessible`] and
/// [`Error::UnexpectedStatus`].
#[tracing::instrument(skip_all, fields(
    requestId = event.context.request_id,
    executionId = event.payload["ExecutionId"].as_str(),
    target = Empty,
))]
pub async fn handle(catalog: &Catalog, event: LambdaEvent<Value>) -> Result<CopyStatus, Error> {
    Box::pin(check(catalog, event))
        .await
        .inspect_err(|error| tracing::error!(errorType = error.name(), "{error}"))
}

async fn check(catalog: &Catalog, event: LambdaEvent<Value>) -> Result<CopyStatus, Error> {
    let request = StatusRequest::parse(event.payload)?;
    let request_id = event.context.request_id;
    let execution_id = request.execution_id.as_ref().unwrap_or(&request_id);
    let target = request.target.clone().unwrap_or_default();
    Span::current().record("target", target.to_string());

    let region = target.region.as_deref();
    metrics::poll(region);
    let copy_product_token = &request.copy_product_token;
    let status = catalog
        .at(&target, execution_id)
        .await
        .describe_copy_product_status(&request)
        .await
        .inspect_err(|error| metrics::throttled(error, region))
        .map_err(|error| {
            error.while_doing(&format!(
                "Asking {target} for the status of {copy_product_token}"
            ))
        })?;
    tracing::info!(
        copy_product_token,
        copy_product_status = ?status.copy_product_status,
        target_product_id = status.target_product_id,
        "status told"
    );
    Ok(status)
}
