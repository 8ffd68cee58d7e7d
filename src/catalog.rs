//! AWS Service Catalog: one client per target, the calls we make, and what their errors mean.
//!
//! `CopyProduct` has no member for the target: the copy arrives where it is called from. So each
//! call is made in the target's Region with the target account's credentials.

mod failure;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, retry::RetryConfig, sts::AssumeRoleProvider,
    timeout::TimeoutConfig,
};
use aws_sdk_servicecatalog::{
    Client,
    config::Builder,
    types::{CopyOption, CopyProductStatus as SdkStatus, ProvisioningArtifactPropertyName},
};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use serde::Serialize;

use crate::{
    error::Error,
    request::{CopyRequest, StatusRequest, Target},
};
use failure::{LimitExceededIsPermanent, explain};

/// Longest wait for one answer. Below [`OPERATION_TIMEOUT`], below the function's 30 s, below the
/// task's 60 s, so that the innermost limit is the one that speaks.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time for one call with its retries.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);

/// Calls in all, the first included; the state machine retries too, and the two multiply.
const ATTEMPTS: u32 = 3;

/// Clients kept while the sandbox is warm.
const MAX_CLIENTS: usize = 100;

/// Service Catalog in any Region and account.
#[derive(Debug)]
pub struct Catalog {
    config: SdkConfig,
    clients: Mutex<HashMap<(Target, String), Client>>,
}

/// The answer of `DescribeCopyProductStatus`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopyStatus {
    /// How far the copy is.
    pub copy_product_status: CopyProductStatus,
    /// The product in the target, once Service Catalog tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// What Service Catalog says of the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_detail: Option<String>,
}

/// The statuses that Service Catalog documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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

impl Catalog {
    /// Reads credentials, Region and endpoints from the environment, as every AWS SDK does.
    pub async fn from_env() -> Self {
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        Self::new(
            aws_config::defaults(BehaviorVersion::v2026_01_12())
                .http_client(http_client)
                .load()
                .await,
        )
    }

    /// Takes credentials, Region, endpoints and HTTP client from `config`, retries and timeouts not.
    #[must_use]
    pub fn new(config: SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        Self {
            config: config
                .into_builder()
                .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
                .timeout_config(timeouts)
                .build(),
            clients: Mutex::default(),
        }
    }

    /// Starts a copy and returns its `CopyProductToken`.
    ///
    /// # Errors
    /// [`Error::ServiceCatalog`] and [`Error::TargetNotAccessible`].
    pub async fn copy_product(
        &self,
        request: &CopyRequest,
        idempotency_token: &str,
        session: &str,
    ) -> Result<String, Error> {
        let client = self.client(request.target.as_ref(), session).await;
        let identifiers = request
            .source_provisioning_artifact_identifiers
            .as_ref()
            .map(|identifiers| {
                identifiers
                    .iter()
                    .map(|it| {
                        it.iter()
                            .map(|(key, id)| {
                                (
                                    ProvisioningArtifactPropertyName::from(key.as_str()),
                                    id.clone(),
                                )
                            })
                            .collect()
                    })
                    .collect()
            });
        let options = request.copy_options.as_ref().map(|options| {
            options
                .iter()
                .map(|it| CopyOption::from(it.as_str()))
                .collect()
        });
        let answer = client
            .copy_product()
            .source_product_arn(&request.source_product_arn)
            .set_target_product_id(request.target_product_id.clone())
            .set_target_product_name(request.target_product_name.clone())
            .set_source_provisioning_artifact_identifiers(identifiers)
            .set_copy_options(options)
            .set_accept_language(request.accept_language.clone())
            .idempotency_token(idempotency_token)
            .send()
            .await
            .map_err(|error| {
                let not_found = "does the product exist, and is it shared with the target account?";
                explain(&error, not_found)
            })?;
        answer
            .copy_product_token
            .ok_or_else(|| Error::no_answer("CopyProduct answered without a CopyProductToken"))
    }

    /// Asks how far a copy is.
    ///
    /// # Errors
    /// [`Error::ServiceCatalog`], [`Error::TargetNotAccessible`] and [`Error::UnexpectedStatus`].
    pub async fn describe_copy_product_status(
        &self,
        request: &StatusRequest,
        session: &str,
    ) -> Result<CopyStatus, Error> {
        let answer = self
            .client(request.target.as_ref(), session)
            .await
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
                return Err(Error::UnexpectedStatus(format!(
                    "Service Catalog answered {status}; this version knows SUCCEEDED, IN_PROGRESS and FAILED"
                )));
            }
        };
        Ok(CopyStatus {
            copy_product_status,
            target_product_id: answer.target_product_id,
            status_detail: answer.status_detail,
        })
    }

    async fn client(&self, target: Option<&Target>, session: &str) -> Client {
        let target = target.cloned().unwrap_or_default();
        // A role session is named after one execution, so that the target's CloudTrail tells which.
        let session = target.role_arn.as_ref().map_or("", |_| session).to_owned();
        let key = (target, session);
        let known = self.clients().get(&key).cloned();
        if let Some(client) = known {
            return client;
        }
        let client = self.connect(&key.0, &key.1).await;
        let mut clients = self.clients();
        if clients.len() == MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(key, client.clone());
        client
    }

    fn clients(&self) -> std::sync::MutexGuard<'_, HashMap<(Target, String), Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self, target: &Target, session: &str) -> Client {
        let mut config = Builder::from(&self.config).retry_classifier(LimitExceededIsPermanent);
        if let Some(region) = &target.region {
            config = config.region(Region::new(region.clone()));
        }
        if let Some(role_arn) = &target.role_arn {
            let mut role = AssumeRoleProvider::builder(role_arn)
                .session_name(role_session_name(session))
                .configure(&self.config);
            if let Some(external_id) = &target.external_id {
                role = role.external_id(external_id);
            }
            config = config.credentials_provider(role.build().await);
        }
        Client::from_conf(config.build())
    }
}

/// The last part of the execution's ARN, as far as STS allows it: 2 to 64 of `[\w+=,.@-]`.
fn role_session_name(execution_id: &str) -> String {
    let name = execution_id.rsplit(':').next().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let kept = name.chars().map(|c| if allowed(c) { c } else { '-' });
    format!("{:->2}", kept.take(64).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_servicecatalog::{
        config::http::HttpResponse, operation::copy_product::CopyProductOutput,
        operation::describe_copy_product_status::DescribeCopyProductStatusOutput,
    };
    use aws_smithy_mocks::{Rule, mock, mock_client};
    use serde_json::json;

    fn catalog(rule: &Rule) -> Catalog {
        let catalog = Catalog::new(SdkConfig::builder().build());
        let client = mock_client!(aws_sdk_servicecatalog, [rule]);
        catalog.clients().insert(Default::default(), client);
        catalog
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
        let error = catalog(&rule).copy_product(&request(), "t", "s").await;
        error.expect_err("is an error").name()
    }

    async fn status(answer: DescribeCopyProductStatusOutput) -> Result<CopyStatus, Error> {
        let rule = mock!(Client::describe_copy_product_status).then_output(move || answer.clone());
        let request = StatusRequest::parse(json!({ "CopyProductToken": "copyproduct-a" }))?;
        catalog(&rule)
            .describe_copy_product_status(&request, "s")
            .await
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
        let token = catalog(&rule).copy_product(&request(), "token", "s").await;
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
    async fn every_member_of_the_status_is_told() {
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

    #[test]
    fn a_role_session_is_named_after_the_execution() {
        let arn = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:my copy";
        assert_eq!(role_session_name(arn), "my-copy");
        assert_eq!(role_session_name(&"x".repeat(80)).len(), 64);
        assert_eq!(role_session_name("a"), "-a");
    }
}
