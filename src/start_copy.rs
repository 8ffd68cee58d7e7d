//! State `StartCopy`: calls `CopyProduct` in the target.

use lambda_runtime::LambdaEvent;
use serde::Serialize;
use serde_json::Value;
use tracing::{Span, field::Empty};

use crate::{catalog::Catalog, error::Error, request::CopyRequest, token::idempotency_token};

/// What start-copy answers.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyStarted {
    /// Asks for the status of the copy, in the same Region and account.
    pub copy_product_token: String,
}

/// Starts the copy that a [`CopyRequest`] asks for.
///
/// # Errors
/// Each of [`Error`] but `UnexpectedStatus`.
#[tracing::instrument(skip_all, fields(requestId = event.context.request_id, executionId = Empty, target = Empty))]
pub async fn handle(catalog: &Catalog, event: LambdaEvent<Value>) -> Result<CopyStarted, Error> {
    start(catalog, event)
        .await
        .inspect_err(|error| tracing::error!(errorType = error.name(), "{error}"))
}

async fn start(catalog: &Catalog, event: LambdaEvent<Value>) -> Result<CopyStarted, Error> {
    let request = CopyRequest::parse(event.payload)?;
    let request_id = event.context.request_id;
    let execution_id = request.execution_id.as_ref().unwrap_or(&request_id);
    let target = request.target.clone().unwrap_or_default();
    Span::current().record("executionId", execution_id);
    Span::current().record("target", target.to_string());

    let idempotency_token = request.idempotency_token.clone().unwrap_or_else(|| {
        let started_by = request.started_by.as_ref().unwrap_or(execution_id);
        idempotency_token(started_by, &request)
    });
    let source = &request.source_product_arn;
    let copy_product_token = catalog
        .copy_product(&request, &idempotency_token, execution_id)
        .await
        .map_err(|error| error.while_doing(&format!("Copying {source} to {target}")))?;
    tracing::info!(
        source,
        idempotency_token,
        copy_product_token,
        "copy accepted"
    );
    Ok(CopyStarted { copy_product_token })
}
