//! AWS Service Catalog: one client per target, the calls we make, and what their errors mean.
//!
//! `CopyProduct` has no member for the target: the copy arrives where it is called from. So each
//! call is made in the target's Region with the target account's credentials.

mod copies;
mod failure;
mod first_connection;
mod portfolios;
mod products;
mod versions;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_config::{Region, SdkConfig, sts::AssumeRoleProvider};
use aws_sdk_servicecatalog::{Client, config::Builder};

use crate::{request::Target, sdk::limited};
pub use copies::{CopyProductStatus, CopyStatus};
pub use products::Product;

/// Longest wait for one answer. Below [`OPERATION_TIMEOUT`], below the function's 60 s, below the
/// task's 90 s, so that the innermost limit is the one that speaks.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest time for one call with its retries.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(20);

/// Calls in all, the first included; the state machine retries too, and the two multiply.
const ATTEMPTS: u32 = 3;

/// Clients kept while the sandbox is warm; no more than the SDK caches credentials for.
const MAX_CLIENTS: usize = 64;

/// Service Catalog in any Region and account.
#[derive(Debug)]
pub struct Catalog {
    config: SdkConfig,
    clients: Mutex<HashMap<(Target, String), Client>>,
}

/// Service Catalog in one Region, as seen with the credentials of one account.
#[derive(Clone, Debug)]
pub struct RegionalCatalog(Client);

impl Catalog {
    /// Takes credentials, Region, endpoints and HTTP client from `config`, retries and timeouts not.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            config: limited(config, ATTEMPT_TIMEOUT, OPERATION_TIMEOUT, ATTEMPTS),
            clients: Mutex::default(),
        }
    }

    /// Service Catalog at a place, for one execution.
    ///
    /// A role is assumed at the first call, in a session named after the execution, so that the
    /// account's `CloudTrail` tells which one called.
    pub async fn at(&self, place: &Target, execution_id: &str) -> RegionalCatalog {
        let session = place.role_arn.as_ref().map(|_| execution_id.to_owned());
        let key = (place.clone(), session.unwrap_or_default());
        let known = self.clients().get(&key).cloned();
        if let Some(client) = known {
            return RegionalCatalog(client);
        }
        let client = self.connect(&key.0, &key.1).await;
        let mut clients = self.clients();
        if clients.len() == MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(key, client.clone());
        RegionalCatalog(client)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<(Target, String), Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connect(&self, place: &Target, session: &str) -> Client {
        let mut config = Builder::from(&self.config);
        if let Some(region) = &place.region {
            config = config.region(Region::new(region.clone()));
        }
        if let Some(role_arn) = &place.role_arn {
            let mut role = AssumeRoleProvider::builder(role_arn)
                .session_name(role_session_name(session))
                .configure(&self.config);
            if let Some(external_id) = &place.external_id {
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
    use aws_config::BehaviorVersion;

    use super::*;

    #[test]
    fn a_role_session_is_named_after_the_execution() {
        let arn = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct:my copy";
        assert_eq!(role_session_name(arn), "my-copy");
        assert_eq!(role_session_name(&"x".repeat(80)).len(), 64);
        assert_eq!(role_session_name("a"), "-a");
    }

    #[tokio::test]
    async fn a_client_is_made_once_a_place_and_their_number_is_limited() {
        let version = BehaviorVersion::v2026_01_12();
        let catalog = Catalog::new(&SdkConfig::builder().behavior_version(version).build());
        for n in 0..MAX_CLIENTS {
            let place = Target {
                region: Some(format!("eu-west-{n}")),
                ..Target::default()
            };
            catalog.at(&place, "one").await;
            catalog.at(&place, "another").await;
            assert_eq!(catalog.clients().len(), n + 1);
        }
        catalog.at(&Target::default(), "one").await;
        assert_eq!(catalog.clients().len(), 1);
    }
}
