//! State `CheckStatus`: calls `DescribeCopyProductStatus` in the target.

use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::Span;

use super::clients::Execution;
use crate::{
    aws::service_catalog::{Catalog, CopyProductStatus, CopyStatus},
    error::{Error, without},
    request::{StatusRequest, Target, TargetAccounts},
    telemetry::metrics,
};

/// What check-status answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StatusChecked {
    /// The answer of `DescribeCopyProductStatus`.
    #[serde(flatten)]
    pub status: CopyStatus,
    /// The copy that was asked for.
    pub copy_product_token: String,
    /// The source, where the request names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_product_arn: Option<String>,
    /// The target, without the `ExternalId`.
    pub target: Target,
    /// Whether Service Catalog does not know the copy of another execution, or not yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_found: bool,
    /// Why there will be no copy, as a message for people; only where the copy has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// Asks how far the copy is that a [`StatusRequest`] names. A failed copy is an answer, no error.
///
/// # Errors
/// `InvalidRequest`, `TargetNotAccessible`, `UnexpectedStatus` and errors of Service Catalog.
pub async fn handle(
    catalog: &Catalog,
    targets: &TargetAccounts,
    event: LambdaEvent<Value>,
) -> Result<StatusChecked, Error> {
    let request = StatusRequest::parse(event.payload)?;
    let execution = Execution::of(request.execution_id.as_deref(), &event.context);
    let target = request.target_place(catalog.region());
    Span::current().record("target", target.to_string());
    targets.check_target(request.target.as_ref(), &execution.account)?;

    let copy_product_token = &request.copy_product_token;
    let answer = catalog
        .at(&target, &execution.id)
        .await
        .describe_copy_product_status(&request)
        .await;
    // A Region that does not exist answers nothing, and must not become a metric.
    if answer.as_ref().err().is_none_or(Error::is_answer) {
        metrics::poll(&target.region);
    }
    let not_found = answer.as_ref().is_err_and(Error::is_not_found);
    let answer = match answer {
        Err(_) if not_found && request.taken_up == Some(true) => Ok(CopyStatus {
            copy_product_status: CopyProductStatus::Failed,
            target_product_id: None,
            status_detail: Some("Service Catalog does not know this copy".to_owned()),
        }),
        answer => answer,
    };
    let mut status = answer
        .inspect_err(|error| metrics::throttled(error, &target.region))
        .map_err(|error| {
            error.while_doing(format_args!(
                "Asking {target} for the status of {copy_product_token}"
            ))
        })?;
    if let Some(id) = &target.external_id {
        status.status_detail = status.status_detail.map(|detail| without(&detail, &[id]));
    }
    tracing::info!(
        copy_product_token,
        copy_product_status = ?status.copy_product_status,
        target_product_id = status.target_product_id,
        "status checked"
    );
    let mut checked = StatusChecked {
        status,
        target: target.public_target(),
        copy_product_token: request.copy_product_token,
        source_product_arn: request.source_product_arn,
        not_found,
        cause: None,
    };
    if checked.status.copy_product_status == CopyProductStatus::Failed {
        checked.cause = Some(checked.failure());
    }
    Ok(checked)
}

impl StatusChecked {
    /// Service Catalog gives no detail, or "Internal Failure", also where a product was not shared.
    fn failure(&self) -> String {
        let product = self.source_product_arn.as_deref().unwrap_or("a product");
        let detail = self.status.status_detail.as_deref().unwrap_or_default();
        let (detail, says_little) = match detail {
            "" => ("Service Catalog gave no StatusDetail", true),
            detail => (detail, detail.to_lowercase().contains("internal failure")),
        };
        let hint = if says_little {
            " Is a portfolio with the product shared in the source's Region, and is the share \
             accepted in the target's account? Portfolios that AWS Organizations shares are \
             reported not to be copied from."
        } else {
            ""
        };
        format!(
            "Copying {product} to {} failed: {detail}.{hint} CopyProductToken: {}",
            self.target, self.copy_product_token
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(source_product_arn: Option<&str>, status_detail: Option<&str>) -> String {
        let target = Target {
            region: Some("eu-west-1".to_owned()),
            ..Target::default()
        };
        let checked = StatusChecked {
            status: CopyStatus {
                copy_product_status: CopyProductStatus::Failed,
                target_product_id: None,
                status_detail: status_detail.map(str::to_owned),
            },
            copy_product_token: "copyproduct-1".to_owned(),
            source_product_arn: source_product_arn.map(str::to_owned),
            target,
            not_found: false,
            cause: None,
        };
        checked.failure()
    }

    #[test]
    fn a_failure_says_what_failed_and_why() {
        assert_eq!(
            failure(Some("arn:one"), Some("Limit exceeded")),
            "Copying arn:one to eu-west-1 failed: Limit exceeded. CopyProductToken: copyproduct-1"
        );
    }

    #[test]
    fn a_failure_that_says_little_asks_whether_the_product_is_shared() {
        let hint = " Is a portfolio with the product shared in the source's Region, and is the share \
                    accepted in the target's account? Portfolios that AWS Organizations shares are \
                    reported not to be copied from. CopyProductToken: ";
        for detail in [None, Some(""), Some("Internal Failure")] {
            let failure = failure(None, detail);
            assert!(failure.starts_with("Copying a product to eu-west-1"));
            assert!(failure.contains(hint), "{failure}");
        }
        assert!(failure(None, None).contains("gave no StatusDetail."));
    }
}
