//! How the AWS SDK is set up: credentials, Region, endpoints, HTTP client and whom it trusts.

use std::{env, error::Error, time::Duration};

use aws_config::{
    BehaviorVersion, SdkConfig,
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        connector_metadata::ConnectorMetadata,
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpClient, SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        result::SdkError,
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
    http::Response,
};
use aws_smithy_types::{body::SdkBody, config_bag::ConfigBag};
use http_body_util::Limited;

/// The five authorities that <https://www.amazontrust.com/repository/> recommends for a trust store
/// of one's own: Amazon Root CA 1 to 4, and Starfield Services Root Certificate Authority - G2.
const AMAZON_TRUST_SERVICES: &str = include_str!("amazon-trust-services.pem");

/// How long a connection may be idle and still be used. AWS closes idle ones later, but what it says
/// of it does not reach a sandbox that is frozen: a call on such a connection may get no answer.
const IDLE: Duration = Duration::from_secs(10);

/// Reads credentials, Region and endpoints from the environment, as every AWS SDK does.
///
/// Trusts Amazon Trust Services, or the authorities in `SSL_CERT_FILE` or `SSL_CERT_DIR` in
/// their place: to read all that a machine trusts takes longer than the rest of the start.
pub async fn from_env() -> SdkConfig {
    let given = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(env::var_os);
    let trust = if given.iter().any(Option::is_some) {
        TrustStore::default()
    } else {
        amazon()
    };
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        // Lambda gives both in the environment; other places need not be made ready to be asked.
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .region(EnvironmentVariableRegionProvider::new())
        .http_client(http_client(trust, IDLE))
        .load()
        .await
}

fn amazon() -> TrustStore {
    TrustStore::empty().with_pem_certificate(AMAZON_TRUST_SERVICES)
}

fn http_client(trust: TrustStore, idle: Duration) -> SharedHttpClient {
    let tls = TlsContext::builder().with_trust_store(trust).build();
    let https = aws_smithy_http_client::Builder::new()
        .pool_idle_timeout(idle)
        .tls_provider(Provider::rustls(CryptoMode::Ring))
        .tls_context(tls.expect("a trust store is all it needs"))
        .build_https();
    bounded(https)
}

/// The most bytes of an answer: what is read of it may take many times as much of the function's
/// memory. The list of 100 versions with the longest descriptions has less.
const MAX_ANSWER: usize = 1 << 20;

/// The most bytes of a page of products: what is read of each takes the most memory.
const MAX_PAGE: usize = 384 << 10;

/// A client that reads no more than [`MAX_ANSWER`] of each answer. An object is left out, which only
/// S3 is asked for, and with GET: whoever reads it bounds it.
fn bounded(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Bounded(client))
}

#[derive(Debug)]
struct Bounded<Inner>(Inner);

impl HttpClient for Bounded<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Bounded(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

impl HttpConnector for Bounded<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_get = request.method() == "GET";
        let operation = request.headers().get("x-amz-target").unwrap_or_default();
        let most = if operation.ends_with(".SearchProductsAsAdmin") {
            MAX_PAGE
        } else {
            MAX_ANSWER
        };
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if is_get && answer.status().is_success() {
                return Ok(answer);
            }
            let limited = |body| SdkBody::from_body_1_x(Limited::new(body, most));
            Ok(answer.map(limited))
        })
    }
}

/// The error of a call that could not even be built: another try cannot help.
pub(super) fn not_built<E>(error: &SdkError<E, Response>) -> Option<crate::error::Error>
where
    E: Error + 'static,
{
    let is_built = match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::DispatchFailure(failure) => !failure.is_user(),
        _ => true,
    };
    (!is_built).then(|| {
        let reasons = reasons(error);
        crate::error::Error::invalid_request(format!("the call cannot be made: {reasons}"))
    })
}

/// How long a call may take, and how often it is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallLimits {
    /// Longest wait for one answer.
    pub(super) attempt: Duration,
    /// Longest time for a call with its retries. It is below the function's 60 s and the task's
    /// 90 s, so that the innermost limit is the one that speaks.
    pub(super) operation: Duration,
    /// Calls in all, the first included. The state machine retries too, and the two multiply.
    pub(super) attempts: u32,
}

impl CallLimits {
    /// `config` with these limits.
    pub(super) fn apply(self, config: &SdkConfig) -> SdkConfig {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation);
        let retries = RetryConfig::standard().with_max_attempts(self.attempts);
        let config = config.to_builder();
        config
            .retry_config(retries)
            .timeout_config(timeouts.build())
            .build()
    }
}

/// An error and what it comes from, the outermost first.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&it| it.source())
}

/// An error and what it comes from, in words.
pub(super) fn reasons(error: &(dyn Error + 'static)) -> String {
    let reasons: Vec<String> = chain(error).map(ToString::to_string).collect();
    reasons.join(": ")
}

#[cfg(test)]
mod tests {
    use std::{future::pending, net::SocketAddr};

    use aws_sdk_servicecatalog::Client;
    use aws_smithy_http_client::test_util::infallible_client_fn;
    use fake_service_catalog::{ServiceCatalog, Settings};
    use rustls_pki_types::{CertificateDer, pem::PemObject};
    use sha2::{Digest, Sha256};
    use testbed::https::Https;
    use tokio::{
        io::copy_bidirectional,
        net::{TcpListener, TcpStream},
        time::{sleep, timeout},
    };

    use super::*;

    /// What becomes of a call to a server whose certificate another authority has signed.
    async fn call(https: &Https, trust: TrustStore) -> String {
        let config = testbed::sdk::config(&https.endpoint())
            .to_builder()
            .http_client(http_client(trust, IDLE))
            .retry_config(RetryConfig::disabled())
            .build();
        let call = Client::new(&config).list_provisioning_artifacts();
        let answer = call.product_id("prod-none").send().await;
        reasons(&answer.expect_err("there is no such product"))
    }

    #[tokio::test]
    async fn only_amazons_authorities_are_trusted() {
        let catalog = ServiceCatalog::start(Settings::default()).await;
        let catalog = catalog.expect("starts");
        let https = Https::start(catalog.address()).await.expect("starts");
        let answer = call(&https, amazon()).await;
        assert!(answer.contains("UnknownIssuer"), "{answer}");
        let trusting = TrustStore::empty().with_pem_certificate(https.authority.as_str());
        let answer = call(&https, trusting).await;
        assert!(answer.contains("ResourceNotFoundException"), "{answer}");
        // No machine trusts ours, so that alone does not show it.
        let trust = format!("{:?}", amazon());
        assert!(trust.contains("enable_native_roots: false"), "{trust}");
    }

    /// How long each connection of [`going_silent`] is served.
    const SERVED: Duration = Duration::from_millis(200);

    /// Passes each connection on for a while, and then leaves it open and silent. Answers with its
    /// endpoint.
    async fn going_silent(behind: SocketAddr) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
        let address = listener.local_addr().expect("has an address");
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut server = TcpStream::connect(behind).await.expect("connects");
                    let served =
                        timeout(SERVED, copy_bidirectional(&mut client, &mut server)).await;
                    if served.is_err() {
                        pending::<()>().await;
                    }
                });
            }
        });
        format!("http://{address}")
    }

    /// What becomes of a call on a connection that has gone silent since the one before.
    async fn call_after_silence(idle: Duration, attempts: u32) -> String {
        let catalog = ServiceCatalog::start(Settings::default()).await;
        let catalog = catalog.expect("starts");
        let endpoint = going_silent(catalog.address()).await;
        let limits = CallLimits {
            attempt: Duration::from_secs(2),
            operation: Duration::from_secs(10),
            attempts,
        };
        let config = testbed::sdk::config(&endpoint).to_builder();
        let config = config.http_client(http_client(amazon(), idle)).build();
        let client = Client::new(&limits.apply(&config));
        let call = || client.list_provisioning_artifacts().product_id("prod-none");
        let before = call().send().await;
        assert!(reasons(&before.expect_err("is not there")).contains("ResourceNotFound"));
        sleep(2 * SERVED).await;
        reasons(&call().send().await.expect_err("is not there"))
    }

    #[tokio::test]
    async fn a_connection_that_was_idle_for_long_is_not_used_again() {
        let answer = call_after_silence(SERVED / 2, 1).await;
        assert!(answer.contains("ResourceNotFound"), "{answer}");
    }

    #[tokio::test]
    async fn a_silent_connection_costs_one_attempt_and_is_left() {
        let answer = call_after_silence(Duration::from_secs(90), 1).await;
        assert!(answer.contains("timeout"), "{answer}");
        let answer = call_after_silence(Duration::from_secs(90), 2).await;
        assert!(answer.contains("ResourceNotFound"), "{answer}");
    }

    /// What becomes of a call whose answer is this long.
    async fn answered(bytes: usize) -> String {
        let answers = infallible_client_fn(move |_| {
            let body = format!(r#"{{"__type":"{}"}}"#, "x".repeat(bytes));
            let status = 400.try_into().expect("is a status");
            let answer = Response::new(status, SdkBody::from(body));
            answer.try_into_http1x().expect("is an answer")
        });
        let config = testbed::sdk::config("http://localhost").to_builder();
        let config = config
            .http_client(bounded(answers))
            .retry_config(RetryConfig::disabled())
            .build();
        let call = Client::new(&config).list_provisioning_artifacts();
        let answer = call.product_id("prod-none").send().await;
        reasons(&answer.expect_err("is no list"))
            .chars()
            .take(500)
            .collect()
    }

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_limit() {
        let answer = answered(MAX_ANSWER - 100).await;
        assert!(answer.contains("service error"), "{answer}");
        let answer = answered(MAX_ANSWER + 1).await;
        assert!(answer.contains("length limit exceeded"), "{answer}");
    }

    #[test]
    fn the_authorities_are_those_that_amazon_publishes() {
        let certificates = CertificateDer::pem_slice_iter(AMAZON_TRUST_SERVICES.as_bytes());
        let fingerprints = certificates.map(|it| Sha256::digest(it.expect("is a certificate")));
        assert_eq!(
            fingerprints.map(hex::encode).collect::<Vec<_>>(),
            [
                "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
                "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
                "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
                "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
                "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
            ]
        );
    }
}
