//! What start-copy and finish-copy call with.

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_config::SdkConfig;
use lambda_runtime::Context;
use tokio::join;

use crate::{
    aws::{dynamodb::CopiesTable, service_catalog::Catalog},
    request::TargetAccounts,
};

/// How long a call of `CopyProduct` may be made after it was noted: the function lives for 60 s,
/// and clocks differ. `StopExecution` does not end a function.
const CALL_SECONDS: i64 = 90;

/// Service Catalog in any place, and the copies table.
#[derive(Debug)]
pub struct Clients {
    /// Service Catalog.
    pub catalog: Catalog,
    /// The copies table.
    pub table: CopiesTable,
    /// The accounts that may be copied to.
    pub targets: TargetAccounts,
    /// How long a call that was noted may still be made. Tests make it shorter.
    pub call_seconds: i64,
    /// The time in seconds since 1970. Tests have a clock of their own.
    pub now: fn() -> i64,
}

/// The execution that invokes a function.
pub(super) struct Execution {
    /// Its ARN; without an execution, Lambda's id of the invocation.
    pub(super) id: String,
    /// The account it runs in.
    pub(super) account: String,
}

impl Clients {
    /// Takes the table's name from `COPIES_TABLE`, the accounts from `TARGET_ACCOUNT_IDS`, and opens
    /// both connections at the same time.
    ///
    /// # Errors
    /// When the environment lacks one of them.
    pub async fn connect(config: SdkConfig) -> Result<Self, lambda_runtime::Error> {
        let clients = Self {
            catalog: Catalog::new(&config),
            table: CopiesTable::new(&config, env::var("COPIES_TABLE")?),
            targets: target_accounts()?,
            call_seconds: match env::var("CALL_SECONDS") {
                Ok(seconds) => seconds.parse()?,
                Err(_) => CALL_SECONDS,
            },
            now,
        };
        join!(
            clients.catalog.open_connection(),
            clients.table.open_connection()
        );
        Ok(clients)
    }
}

/// The accounts that may be copied to: those of `TARGET_ACCOUNT_IDS`.
///
/// # Errors
/// When the environment does not say which.
pub fn target_accounts() -> Result<TargetAccounts, lambda_runtime::Error> {
    Ok(TargetAccounts::parse(&env::var("TARGET_ACCOUNT_IDS")?)?)
}

impl Execution {
    pub(super) fn of(id: Option<&str>, context: &Context) -> Self {
        let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
        let of_execution = id.and_then(account);
        let own = of_execution.or_else(|| account(&context.invoked_function_arn));
        Self {
            id: id.unwrap_or(&context.request_id).to_owned(),
            account: own.unwrap_or_default(),
        }
    }
}

fn now() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or(i64::MAX))
}
