//! How AWS SDK clients reach the engines on this machine.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

/// The Region everything is deployed to.
pub const REGION: &str = "us-east-1";

/// What the engines accept as an access key and as a secret.
pub(crate) const KEY: &str = "test";

pub(crate) fn config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            KEY, KEY, None, None, "local",
        )))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}
