use anyhow::{Result, bail};
use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// The services that a probe calls, as the SDK names them.
const SERVICES: [&str; 5] = ["STS", "Service Catalog", "S3", "CloudTrail", "SFN"];

/// Passes only when every service is asked where AWS has it, and not at an endpoint of the
/// environment's or the profile's, whose answers would pass for AWS's.
///
/// # Errors
/// When there is such an endpoint.
pub fn only_aws(config: &SdkConfig) -> Result<()> {
    for service in SERVICES {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()?;
        let own = config.service_config().and_then(|it| it.load_config(key));
        if let Some(endpoint) = own.as_deref().or(config.endpoint_url()) {
            bail!(
                "{service} would be asked at {endpoint}, not at AWS: nothing was done. Unset \
                 AWS_ENDPOINT_URL… and endpoint_url, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"
            );
        }
    }
    Ok(())
}
