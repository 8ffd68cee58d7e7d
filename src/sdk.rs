//! How the AWS SDK is set up: credentials, Region, endpoints and HTTP client.

use std::{error::Error, time::Duration};

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};

/// Reads credentials, Region and endpoints from the environment, as every AWS SDK does.
pub async fn from_env() -> SdkConfig {
    let http_client = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client)
        .load()
        .await
}

/// `config` with the longest waits for one answer and for a call with its retries, and with the
/// number of calls in all, the first included.
pub(crate) fn limited(
    config: &SdkConfig,
    attempt: Duration,
    operation: Duration,
    attempts: u32,
) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(attempt)
        .operation_timeout(operation);
    let config = config.to_builder();
    config
        .retry_config(RetryConfig::standard().with_max_attempts(attempts))
        .timeout_config(timeouts.build())
        .build()
}

/// An error and what it comes from, the outermost first.
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&it| it.source())
}

/// An error and what it comes from, in words.
pub(crate) fn reasons(error: &(dyn Error + 'static)) -> String {
    let reasons: Vec<String> = chain(error).map(ToString::to_string).collect();
    reasons.join(": ")
}
