use std::fmt;

use anyhow::{Context, Result, ensure};
use aws_config::sts::AssumeRoleProvider;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_servicecatalog::Client;

use super::{Options, calls::failed, policy};

/// Service Catalog in one Region, as seen with the credentials of one account.
#[derive(Clone, Debug)]
pub struct RegionalCatalog {
    pub(super) client: Client,
    /// The account that the credentials are of.
    pub(super) account: String,
    pub(super) region: String,
    /// The role that was assumed, if any.
    pub(super) role: Option<String>,
}

impl fmt::Display for RegionalCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.role {
            None => f.write_str(&self.region),
            Some(role) => write!(f, "{} of {} as {role}", self.region, self.account),
        }
    }
}

/// Where a probe asks.
#[derive(Clone, Debug)]
pub struct Catalogs {
    /// Where products are copied from.
    pub source: RegionalCatalog,
    /// Where products are copied to: another Region of the same account.
    pub target: RegionalCatalog,
    /// The target Region in an account that the product is not shared with.
    pub other_account: Option<RegionalCatalog>,
    /// The source Region in that account.
    pub(super) acceptor: Option<RegionalCatalog>,
    /// The target Region in that account with no more permissions than `target-role.yaml` gives.
    pub(super) target_role: Option<RegionalCatalog>,
    /// The target with no more permissions than the roles of the functions have.
    pub(super) functions: Option<Functions>,
    /// The events of the source.
    pub(super) source_trail: aws_sdk_cloudtrail::Client,
    /// The events of the target.
    pub(super) trail: aws_sdk_cloudtrail::Client,
}

/// A place with no more permissions than the roles of the functions have.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    pub(super) start_copy: RegionalCatalog,
    pub(super) check_status: RegionalCatalog,
    pub(super) finish_copy: RegionalCatalog,
}

impl Catalogs {
    /// Finds out whose credentials these are, and where they lead.
    ///
    /// # Errors
    /// When there are no credentials, no source Region, one Region only, or one account only where
    /// another was named.
    pub async fn connect(config: &SdkConfig, options: &Options) -> Result<Self> {
        let source = options.source_region.clone();
        let source = source.or_else(|| config.region().map(ToString::to_string));
        let source = source.context("no source Region: give --source-region or set AWS_REGION")?;
        let target = options.target_region.clone();
        let target = target.context("no target Region: give --target-region")?;
        ensure!(source != target, "the target Region is the source Region");
        if let Some(provider) = config.credentials_provider() {
            let credentials = provider.provide_credentials().await;
            credentials.context("no usable AWS credentials (see --help)")?;
        }
        let config = in_region(config, &source);
        let account = account_of(&config).await?;
        let at = |region: &str| RegionalCatalog {
            client: client(&config, region),
            account: account.clone(),
            region: region.to_owned(),
            role: None,
        };
        let [mut other_account, mut acceptor, mut target_role] = [None, None, None];
        if let Some(role) = &options.role_arn {
            let full = assumed(&config, role, options, None).await;
            let of_role = account_of(&full).await.with_context(|| role.clone())?;
            ensure!(of_role != account, "{role} is of account {account} itself");
            let permissions = policy::of_target_role(role, &of_role);
            let limited = assumed(&config, role, options, Some(permissions)).await;
            let there = |config: &SdkConfig, region: &str| {
                Some(RegionalCatalog {
                    client: client(config, region),
                    account: of_role.clone(),
                    role: Some(role.clone()),
                    region: region.to_owned(),
                })
            };
            other_account = there(&full, &target);
            acceptor = there(&full, &source);
            target_role = there(&limited, &target);
        }
        let functions = match &options.own_role_arn {
            None => None,
            Some(role) => {
                let of_role = account_of(&assumed(&config, role, options, None).await).await;
                let of_role = of_role.with_context(|| role.clone())?;
                ensure!(of_role == account, "{role} is not of account {account}");
                let limited = async |function: &str| {
                    let permissions = policy::of_function(role, function);
                    let limited = assumed(&config, role, options, Some(permissions)).await;
                    RegionalCatalog {
                        client: client(&limited, &target),
                        account: account.clone(),
                        region: target.clone(),
                        role: Some(role.clone()),
                    }
                };
                Some(Functions {
                    start_copy: limited("StartCopyFunction").await,
                    check_status: limited("CheckStatusFunction").await,
                    finish_copy: limited("FinishCopyFunction").await,
                })
            }
        };
        Ok(Self {
            functions,
            source_trail: aws_sdk_cloudtrail::Client::new(&config),
            source: at(&source),
            target: at(&target),
            other_account,
            acceptor,
            target_role,
            trail: aws_sdk_cloudtrail::Client::new(&in_region(&config, &target)),
        })
    }

    /// The same credentials in the source Region.
    #[must_use]
    pub fn in_source(&self, config: &SdkConfig) -> SdkConfig {
        in_region(config, &self.source.region)
    }

    /// The accounts in which something is made or deleted.
    #[must_use]
    pub fn accounts(&self) -> Vec<&str> {
        let catalogs = [&self.source].into_iter().chain(&self.other_account);
        catalogs.map(|it| it.account.as_str()).collect()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &RegionalCatalog> {
        [&self.source, &self.target]
            .into_iter()
            .chain(&self.other_account)
    }
}

/// The credentials of a role, with no more permissions than a session policy gives.
async fn assumed(
    config: &SdkConfig,
    role: &str,
    options: &Options,
    session_policy: Option<String>,
) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(role)
        .session_name("catalog-copy-probe")
        .configure(config);
    if let Some(id) = &options.external_id {
        provider = provider.external_id(id);
    }
    if let Some(policy) = session_policy {
        provider = provider.policy(policy);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    let config = config.clone().into_builder();
    config.credentials_provider(provider).build()
}

fn in_region(config: &SdkConfig, region: &str) -> SdkConfig {
    let region = Region::new(region.to_owned());
    config.clone().into_builder().region(region).build()
}

fn client(config: &SdkConfig, region: &str) -> Client {
    Client::new(&in_region(config, region))
}

async fn account_of(config: &SdkConfig) -> Result<String> {
    let caller = aws_sdk_sts::Client::new(config).get_caller_identity();
    let caller = caller.send().await.map_err(failed("GetCallerIdentity"))?;
    let account = caller.account().context("the caller has no account")?;
    Ok(account.to_owned())
}
