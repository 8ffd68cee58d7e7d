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
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use aws_sdk_servicecatalog::{Client, config::Builder};

use super::sdk::CallLimits;
use crate::{
    error::{Error, ErrorKind},
    request::Place,
};
pub use copies::{CopyProductStatus, CopyStatus};
pub use products::{Details, Product, ProductUpdate};

const LIMITS: CallLimits = CallLimits {
    attempt: Duration::from_secs(5),
    operation: Duration::from_secs(20),
    attempts: 3,
};

/// Clients kept while the sandbox is warm; no more than the SDK caches credentials for.
const MAX_CLIENTS: usize = 64;

/// Service Catalog in any Region and account.
#[derive(Debug)]
pub struct Catalog {
    config: SdkConfig,
    clients: Mutex<HashMap<(Place, String), Client>>,
}

/// Service Catalog in one Region, as seen with the credentials of one account.
#[derive(Clone, Debug)]
pub struct RegionalCatalog(Client);

impl Catalog {
    /// Takes credentials, Region, endpoints and HTTP client from `config`, retries and timeouts not.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            config: LIMITS.apply(config),
            clients: Mutex::default(),
        }
    }

    /// The same, with a connection to the function's own Region that is open already.
    pub async fn connect(config: &SdkConfig) -> Self {
        let catalog = Self::new(config);
        catalog.open_connection().await;
        catalog
    }

    /// The function's own Region.
    #[must_use]
    pub fn region(&self) -> &str {
        self.config.region().map_or("", AsRef::as_ref)
    }

    /// Service Catalog at a place, for one execution.
    ///
    /// A role is assumed at the first call, in a session named after the execution, so that the
    /// account's `CloudTrail` shows which one called.
    pub async fn at(&self, place: &Place, execution_id: &str) -> RegionalCatalog {
        let session = place.role_arn.as_ref().map(|_| execution_id.to_owned());
        let key = (place.clone(), session.unwrap_or_default());
        let known = self.clients().get(&key).cloned();
        if let Some(client) = known {
            return RegionalCatalog(client);
        }
        let client = self.client(&key.0, &key.1).await;
        let mut clients = self.clients();
        if clients.len() == MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(key, client.clone());
        RegionalCatalog(client)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<(Place, String), Client>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn client(&self, place: &Place, session: &str) -> Client {
        let region = Region::new(place.region.clone());
        let mut config = Builder::from(&self.config).region(region);
        if let Some(role_arn) = &place.role_arn {
            let mut role = AssumeRoleProvider::builder(role_arn)
                .session_name(role_session_name(session))
                .configure(&self.config);
            if let Some(external_id) = &place.external_id {
                role = role.external_id(external_id);
            }
            config = config.credentials_provider(TargetRole(role.build().await));
        }
        Client::from_conf(config.build())
    }
}

/// The most pages of a list that are read.
const MAX_PAGES: usize = 500;

/// The most items of a list that are kept.
const MAX_ITEMS: usize = 10_000;

/// Refuses a list with more items than there can be.
fn check_items(items: usize, most: usize) -> Result<(), Error> {
    if items <= most {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TooManyPages,
        format!("Service Catalog answered with a list of {items} items; at most {most} are read"),
    ))
}

/// The pages of a list so far.
#[derive(Default)]
struct Pages {
    number: usize,
    token: Option<String>,
}

impl Pages {
    /// Whether there is a next page, whose token is then [`Self::token`].
    ///
    /// # Errors
    /// `TooManyPages`, also where a page is its own next.
    fn turn(&mut self, next: Option<String>) -> Result<bool, Error> {
        let next = next.filter(|token| !token.is_empty());
        self.number += 1;
        let is_last = next.is_none();
        if !is_last && (self.number == MAX_PAGES || next == self.token) {
            let number = self.number;
            return Err(Error::new(
                ErrorKind::TooManyPages,
                format!("Service Catalog answered with a list that does not end: {number} pages"),
            ));
        }
        self.token = next;
        Ok(!is_last)
    }
}

/// The credentials of a role. What cannot be sent fails the call that asked for it: it would be kept,
/// and fail every call until it expires.
#[derive(Debug)]
struct TargetRole(AssumeRoleProvider);

impl ProvideCredentials for TargetRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.0.provide_credentials().await?;
            if can_be_sent(&credentials) {
                return Ok(credentials);
            }
            Err(CredentialsError::provider_error(
                "STS answered with credentials that cannot be sent",
            ))
        })
    }
}

/// Whether key and token may stand in a header.
fn can_be_sent(credentials: &Credentials) -> bool {
    let fits = |text: &str, most| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    fits(credentials.access_key_id(), MAX_KEY)
        && fits(credentials.secret_access_key(), MAX_KEY)
        && credentials
            .session_token()
            .is_none_or(|token| fits(token, MAX_TOKEN))
}

/// The most bytes of a key, and of a session token, which AWS lets grow.
const MAX_KEY: usize = 128;
const MAX_TOKEN: usize = 16 << 10;

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
    use crate::request::Target;

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
            let place = Target::default().place(&format!("eu-west-{n}"));
            catalog.at(&place, "one").await;
            catalog.at(&place, "another").await;
            assert_eq!(catalog.clients().len(), n + 1);
        }
        catalog
            .at(&Target::default().place("us-east-1"), "one")
            .await;
        assert_eq!(catalog.clients().len(), 1);
    }
}
