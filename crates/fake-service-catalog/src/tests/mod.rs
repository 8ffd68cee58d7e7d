//! The fake as the real AWS SDK sees it over HTTP.

mod copies;
mod copies_again;
mod fault_injection;
mod faults_file;
mod made;
mod portfolios;
mod products;
mod roles;
mod searches;
mod shares;
mod switches;
mod trail;
mod updates;
mod validation;
mod version_updates;
mod versions;

use std::time::{Duration, SystemTime};

use aws_sdk_servicecatalog::config::retry::RetryConfig;
use aws_sdk_servicecatalog::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_servicecatalog::error::ProvideErrorMetadata;
use aws_sdk_servicecatalog::operation::copy_product::CopyProductOutput;
use aws_sdk_servicecatalog::operation::describe_copy_product_status::DescribeCopyProductStatusOutput;
use aws_sdk_servicecatalog::types::CopyProductStatus;
use aws_sdk_servicecatalog::{Client, Config};
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_http_client::Builder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{
    Place, Product, SPOKE_ACCOUNT, ServiceCatalog, Settings, TARGET_ROLE as ROLE, Version,
    VersionStatus,
};

const EXTERNAL_ID: &str = "catalog-copy-test";

/// A fake with the spoke's role, and one product in the hub that is shared with the spoke.
async fn fake_with_product() -> (ServiceCatalog, String) {
    let mut settings = Settings::default();
    let external_id = Some(EXTERNAL_ID.to_owned());
    settings.roles.insert(ROLE.to_owned(), external_id);
    let fake = ServiceCatalog::start(settings).await.expect("a free port");
    let product = network().shared_with(SPOKE_ACCOUNT);
    let arn = fake.state().add_product(&hub(), product);
    (fake, arn)
}

fn network() -> Product {
    let second = Version::new("v2", "Three subnets");
    Product::new("Network", "Platform")
        .version(Version::new("v1", "Two subnets"))
        .version(second.inactive().deprecated())
        .tag("cost-centre", "42")
}

fn hub() -> Place {
    Place::new(super::HUB_ACCOUNT, "us-east-1")
}

fn spoke() -> Place {
    Place::new(SPOKE_ACCOUNT, "eu-west-1")
}

fn id_of(arn: &str) -> &str {
    arn.split_once('/').expect("a product ARN").1
}

fn client(fake: &ServiceCatalog, region: &str, credentials: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(fake.endpoint())
        .http_client(Builder::new().build_http())
        .region(Region::new(region.to_owned()))
        .credentials_provider(credentials)
        .retry_config(RetryConfig::disabled());
    Client::from_conf(config.build())
}

fn hub_client(fake: &ServiceCatalog, region: &str) -> Client {
    let credentials = Credentials::new("hub", "secret", None, None, "test");
    client(fake, region, credentials)
}

async fn spoke_client(fake: &ServiceCatalog) -> Client {
    client(fake, "eu-west-1", spoke_credentials(fake).await)
}

async fn spoke_credentials(fake: &ServiceCatalog) -> Credentials {
    let credentials = assume(fake, ROLE, Some(EXTERNAL_ID)).await;
    credentials.expect("the role is known")
}

/// Credentials of the role, asked for in the hub's name.
async fn assume(
    fake: &ServiceCatalog,
    role: &str,
    external_id: Option<&str>,
) -> Result<Credentials, SdkError<AssumeRoleError>> {
    assume_as(fake, role, external_id, "a-session").await
}

async fn assume_as(
    fake: &ServiceCatalog,
    role: &str,
    external_id: Option<&str>,
    session: &str,
) -> Result<Credentials, SdkError<AssumeRoleError>> {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(fake.endpoint())
        .http_client(Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("hub", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled());
    let answer = aws_sdk_sts::Client::from_conf(config.build())
        .assume_role()
        .role_arn(role)
        .role_session_name(session)
        .set_external_id(external_id.map(str::to_owned))
        .send()
        .await?;
    let given = answer.credentials().expect("credentials");
    let left = SystemTime::try_from(*given.expiration()).expect("a time");
    let left = left.duration_since(SystemTime::now()).expect("the future");
    assert!(left > Duration::from_mins(59) && left <= Duration::from_hours(1));
    let user = answer.assumed_role_user().expect("a user");
    assert_eq!(
        user.arn(),
        format!("arn:aws:sts::444455556666:assumed-role/CatalogCopyTarget/{session}")
    );
    Ok(Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        None,
        "test",
    ))
}

/// Copies the whole product and returns the copy's token.
async fn copy(client: &Client, arn: &str) -> String {
    let request = client.copy_product().source_product_arn(arn);
    token(&request.send().await.expect("the copy is accepted"))
}

/// Copies the whole product into one of the spoke's and waits until it is there.
async fn copy_into(fake: &ServiceCatalog, arn: &str, target: &str) {
    let client = spoke_client(fake).await;
    let request = client.copy_product().source_product_arn(arn);
    let request = request.target_product_id(id_of(target));
    let token = token(&request.send().await.expect("the copy is accepted"));
    let end = end_of(&client, &token).await;
    assert_eq!(end.target_product_id(), Some(id_of(target)));
}

fn token(output: &CopyProductOutput) -> String {
    output.copy_product_token().expect("a token").to_owned()
}

/// Waits until the copy is over.
async fn end_of(client: &Client, token: &str) -> DescribeCopyProductStatusOutput {
    for _ in 0..1000 {
        let request = client.describe_copy_product_status();
        let answer = request.copy_product_token(token).send().await;
        let answer = answer.expect("a status");
        if answer.copy_product_status() != Some(&CopyProductStatus::InProgress) {
            return answer;
        }
    }
    panic!("the copy never ended");
}

fn code<T>(result: Result<T, impl ProvideErrorMetadata>) -> String {
    let error = result.err().expect("an error");
    error.code().expect("the service's own error").to_owned()
}

/// The status line, headers and body that a request no SDK would send gets.
async fn raw(fake: &ServiceCatalog, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(fake.address).await.expect("a listener");
    let request = format!(
        "POST / HTTP/1.1\r\nhost: fake\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("it answers");
    answer
}
