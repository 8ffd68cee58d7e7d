//! `CopyProduct` and `DescribeCopyProductStatus`.

use std::{collections::HashMap, time::Duration};

use aws_sdk_servicecatalog::{
    config::{Config, retry::RetryConfig, timeout::TimeoutConfig},
    types::{CopyOption, CopyProductStatus as SdkStatus, ProvisioningArtifactPropertyName},
};
use serde::{Deserialize, Serialize};

use super::{RegionalCatalog, failure::explain};
use crate::{
    error::{Error, ErrorKind, Service, one_line},
    request::{CopyRequest, StatusRequest, VersionIdentifier, limits},
};

/// Longest wait for the answer of `CopyProduct`, which is not asked twice.
const COPY_TIMEOUT: Duration = Duration::from_secs(15);

/// The most of a `StatusDetail` that is told, in characters.
const MAX_DETAIL: usize = 2000;

/// The answer of `DescribeCopyProductStatus`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyStatus {
    /// How far the copy is.
    pub copy_product_status: CopyProductStatus,
    /// The product in the target, once Service Catalog answers with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// What Service Catalog says of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_detail: Option<String>,
}

/// The statuses that Service Catalog documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CopyProductStatus {
    /// The copy is there.
    Succeeded,
    /// The copy is under way.
    InProgress,
    /// There will be no copy.
    Failed,
}

impl CopyProductStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Succeeded, Self::InProgress, Self::Failed];
}

impl RegionalCatalog {
    /// Starts a copy and returns its `CopyProductToken`.
    ///
    /// It is called once: whether to call again after an answer was lost is for the caller to
    /// decide, who can look at the target first.
    ///
    /// # Errors
    /// errors of Service Catalog and `TargetNotAccessible`.
    pub async fn copy_product(
        &self,
        request: &CopyRequest,
        idempotency_token: &str,
    ) -> Result<String, Error> {
        let identifiers = request
            .source_provisioning_artifact_identifiers
            .as_ref()
            .map(|identifiers| {
                let identifier = |it: &VersionIdentifier| {
                    HashMap::from([(ProvisioningArtifactPropertyName::Id, it.id.clone())])
                };
                identifiers.iter().map(identifier).collect()
            });
        let options = request.copy_options.as_ref();
        let options =
            options.map(|all| all.iter().map(|it| CopyOption::from(it.as_str())).collect());
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(COPY_TIMEOUT);
        let once = Config::builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts.build());
        let answer = self
            .0
            .copy_product()
            .source_product_arn(&request.source_product_arn)
            .set_target_product_id(request.target_product_id.clone())
            .set_target_product_name(request.target_product_name.clone())
            .set_source_provisioning_artifact_identifiers(identifiers)
            .set_copy_options(options)
            .set_accept_language(request.accept_language.clone())
            .idempotency_token(idempotency_token)
            .customize()
            .config_override(once)
            .send()
            .await
            .map_err(|error| {
                let not_found = "does the product exist, is a portfolio with it shared in the \
                                 source's Region, and is the share accepted in the target's account?";
                explain(&error, not_found)
            })?;
        id("CopyProductToken", answer.copy_product_token)?.ok_or_else(|| {
            Error::no_answer(
                Service::ServiceCatalog,
                "CopyProduct answered without a CopyProductToken",
            )
        })
    }

    /// Asks how far a copy is.
    ///
    /// # Errors
    /// errors of Service Catalog, `TargetNotAccessible` and `UnexpectedStatus`.
    pub async fn describe_copy_product_status(
        &self,
        request: &StatusRequest,
    ) -> Result<CopyStatus, Error> {
        let answer = self
            .0
            .describe_copy_product_status()
            .copy_product_token(&request.copy_product_token)
            .set_accept_language(request.accept_language.clone())
            .send()
            .await
            .map_err(|error| {
                let not_found = "was the copy started with this token, in this Region and account?";
                explain(&error, not_found)
            })?;
        let copy_product_status = match answer.copy_product_status {
            Some(SdkStatus::Succeeded) => CopyProductStatus::Succeeded,
            Some(SdkStatus::InProgress) => CopyProductStatus::InProgress,
            Some(SdkStatus::Failed) => CopyProductStatus::Failed,
            other => {
                let status = other.as_ref().map_or("no status", SdkStatus::as_str);
                let status = one_line(status, 100);
                return Err(Error::new(
                    ErrorKind::UnexpectedStatus,
                    format!(
                        "Service Catalog answered {status}; this version knows SUCCEEDED, IN_PROGRESS and FAILED"
                    ),
                ));
            }
        };
        Ok(CopyStatus {
            copy_product_status,
            // No id is empty.
            target_product_id: id(
                "TargetProductId",
                answer.target_product_id.filter(|id| !id.is_empty()),
            )?,
            status_detail: answer
                .status_detail
                .map(|detail| one_line(&detail, MAX_DETAIL)),
        })
    }
}

/// An id in an answer, where it can be one.
fn id(member: &str, id: Option<String>) -> Result<Option<String>, Error> {
    if let Some(id) = id.as_deref().filter(|id| !id.is_empty()) {
        limits::ID
            .check(member, id)
            .map_err(|error| Error::no_answer(Service::ServiceCatalog, &error.message))?;
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_servicecatalog::{
        Client, config::http::HttpResponse, operation::copy_product::CopyProductOutput,
        operation::describe_copy_product_status::DescribeCopyProductStatusOutput,
    };
    use aws_smithy_mocks::{Rule, mock, mock_client};
    use serde_json::json;

    fn catalog(rule: &Rule) -> RegionalCatalog {
        RegionalCatalog(mock_client!(aws_sdk_servicecatalog, [rule]))
    }

    fn request() -> CopyRequest {
        let arn = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";
        CopyRequest::parse(json!({
            "SourceProductArn": arn,
            "TargetProductId": "prod-target",
            "TargetProductName": "VPC (copied)",
            "SourceProvisioningArtifactIdentifiers": [{ "Id": "pa-1" }, { "Id": "pa-2" }],
            "CopyOptions": ["CopyTags"],
            "AcceptLanguage": "jp",
        }))
        .expect("is valid")
    }

    async fn name_of(http_status: u16, body: &'static str) -> String {
        let rule = mock!(Client::copy_product).then_http_response(move || {
            HttpResponse::new(http_status.try_into().expect("is a status"), body.into())
        });
        let error = catalog(&rule).copy_product(&request(), "t").await;
        error.expect_err("is an error").name()
    }

    async fn status(answer: DescribeCopyProductStatusOutput) -> Result<CopyStatus, Error> {
        let rule = mock!(Client::describe_copy_product_status).then_output(move || answer.clone());
        let request = StatusRequest::parse(json!({ "CopyProductToken": "copyproduct-a" }))?;
        catalog(&rule).describe_copy_product_status(&request).await
    }

    #[tokio::test]
    async fn every_member_is_passed_on() {
        let rule = mock!(Client::copy_product)
            .match_requests(|it| {
                let ids = it.source_provisioning_artifact_identifiers();
                it.source_product_arn() == Some(&request().source_product_arn)
                    && it.target_product_id() == Some("prod-target")
                    && it.target_product_name() == Some("VPC (copied)")
                    && ids.iter().flat_map(HashMap::values).eq(["pa-1", "pa-2"])
                    && ids[0].contains_key(&ProvisioningArtifactPropertyName::Id)
                    && it.copy_options() == [CopyOption::CopyTags]
                    && it.accept_language() == Some("jp")
                    && it.idempotency_token() == Some("token")
            })
            .then_output(|| {
                CopyProductOutput::builder()
                    .copy_product_token("copyproduct-a")
                    .build()
            });
        let token = catalog(&rule).copy_product(&request(), "token").await;
        assert_eq!(token, Ok("copyproduct-a".to_owned()));
    }

    #[tokio::test]
    async fn each_code_has_its_name() {
        for code in [
            "ResourceNotFoundException",
            "InvalidParametersException",
            "AccessDeniedException",
            "LimitExceededException",
            "ThrottlingException",
        ] {
            let body = format!(r#"{{"__type":"{code}","Message":"why"}}"#).leak();
            assert_eq!(name_of(400, body).await, format!("ServiceCatalog.{code}"));
        }
        let fault = name_of(500, r#"{"__type":"InternalFailure"}"#).await;
        assert_eq!(fault, "ServiceCatalog.InternalFailure");
    }

    #[tokio::test]
    async fn a_malformed_answer_is_no_answer() {
        let name = name_of(200, "<html>").await;
        assert_eq!(name, "ServiceCatalog.SdkClientException");
    }

    #[tokio::test]
    async fn an_answer_without_a_token_is_no_answer() {
        let name = name_of(200, "{}").await;
        assert_eq!(name, "ServiceCatalog.SdkClientException");
    }

    #[tokio::test]
    async fn an_id_that_can_be_none_is_no_answer() {
        let body = r#"{"CopyProductToken":"a\n{\"level\":\"ERROR\"}"}"#;
        assert_eq!(
            name_of(200, body).await,
            "ServiceCatalog.SdkClientException"
        );
        let answer = DescribeCopyProductStatusOutput::builder()
            .copy_product_status(SdkStatus::Succeeded)
            .target_product_id("p".repeat(101));
        let error = status(answer.build()).await.expect_err("is too long");
        assert_eq!(error.name(), "ServiceCatalog.SdkClientException");
    }

    #[tokio::test]
    async fn a_status_detail_is_one_short_line() {
        let answer = DescribeCopyProductStatusOutput::builder()
            .copy_product_status(SdkStatus::Failed)
            .status_detail(format!("a\n{}", "b".repeat(100_000)));
        let detail = status(answer.build())
            .await
            .expect("is known")
            .status_detail;
        let detail = detail.expect("is told");
        assert_eq!(detail.len(), 2000);
        assert!(detail.starts_with("a b"), "{detail}");
    }

    #[tokio::test]
    async fn every_member_of_the_status_is_answered() {
        let answer = DescribeCopyProductStatusOutput::builder()
            .copy_product_status(SdkStatus::Failed)
            .target_product_id("prod-t")
            .status_detail("Internal Failure")
            .build();
        let status = serde_json::to_value(status(answer).await.expect("is known"));
        assert_eq!(
            status.expect("serializes"),
            json!({
                "CopyProductStatus": "FAILED",
                "TargetProductId": "prod-t",
                "StatusDetail": "Internal Failure",
            })
        );
    }

    #[tokio::test]
    async fn an_empty_target_product_id_is_none() {
        let answer = DescribeCopyProductStatusOutput::builder()
            .copy_product_status(SdkStatus::Succeeded)
            .target_product_id("")
            .build();
        let status = status(answer).await.expect("is known");
        assert_eq!(status.target_product_id, None);
    }

    #[tokio::test]
    async fn an_unknown_or_missing_status_is_an_error() {
        for answer in [
            DescribeCopyProductStatusOutput::builder()
                .copy_product_status("PAUSED".into())
                .build(),
            DescribeCopyProductStatusOutput::builder().build(),
        ] {
            let error = status(answer).await.expect_err("is unknown");
            assert_eq!(error.name(), "UnexpectedStatus");
        }
    }
}
