//! The AWS emulator that the real template is deployed to.

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result};

use crate::lambda_faults::LambdaFaults;
use crate::process::{Server, script, tool};
use crate::sdk;
use crate::state_machine::StateMachine;
use crate::table_faults::TableFaults;
use fake_service_catalog::HUB_ACCOUNT;

/// A running ministack, stopped with all its functions when dropped or when this process dies.
#[derive(Debug)]
pub struct Emulator {
    endpoint: String,
    lambda_faults: LambdaFaults,
    table_faults: TableFaults,
    _server: Server,
}

impl Emulator {
    /// Starts an emulator whose functions find Service Catalog and STS at `service_catalog`
    /// and whose state machines wait `wait_scale` times as long as their definitions say.
    ///
    /// # Errors
    /// When it does not start: with the end of its log.
    pub async fn start(service_catalog: &str, wait_scale: f64) -> Result<Self> {
        Self::start_with(service_catalog, wait_scale, call_seconds(wait_scale)).await
    }

    /// The same with functions that take a call for one that may still be made for so many seconds.
    /// As they count whole ones, it is up to one less.
    ///
    /// # Errors
    /// When it does not start: with the end of its log.
    pub async fn start_with(
        service_catalog: &str,
        wait_scale: f64,
        call_seconds: i64,
    ) -> Result<Self> {
        let mut attempt = 1;
        loop {
            match Self::try_start(service_catalog, wait_scale, call_seconds).await {
                // Another program may take the port between our look and the emulator's.
                Err(_) if attempt < 3 => attempt += 1,
                outcome => return outcome.context("the emulator did not start"),
            }
        }
    }

    async fn try_start(service_catalog: &str, wait_scale: f64, call_seconds: i64) -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let table_faults = TableFaults::start(SocketAddr::from(([127, 0, 0, 1], port))).await?;
        let environment = [
            ("BIND_HOST", "127.0.0.1".to_owned()),
            ("GATEWAY_PORT", port.to_string()),
            ("MINISTACK_ACCOUNT_ID", HUB_ACCOUNT.to_owned()),
            ("SFN_WAIT_SCALE", wait_scale.to_string()),
            // These would listen on fixed ports.
            ("IOT_MTLS_ENABLED", "0".to_owned()),
            ("SFTP_ENABLED", "0".to_owned()),
            // The functions inherit these.
            (
                "AWS_ENDPOINT_URL_SERVICE_CATALOG",
                service_catalog.to_owned(),
            ),
            ("AWS_ENDPOINT_URL_STS", service_catalog.to_owned()),
            // Waits are shorter here, but a clock is not.
            ("CALL_SECONDS", call_seconds.to_string()),
            ("AWS_ENDPOINT_URL_DYNAMODB", table_faults.endpoint()),
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        ];
        let command = [tool("python"), script("emulator.py")];
        let mut server = Server::start("emulator", &command, &environment)?;
        Ok(Self {
            endpoint: server.endpoint().await?,
            lambda_faults: LambdaFaults::new(server.scratch()),
            table_faults,
            _server: server,
        })
    }

    /// The URL to give an SDK or a command line tool as the endpoint of every service.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Creates a state machine beside those of a stack, from a definition without substitutions left in it.
    ///
    /// # Errors
    /// When the emulator refuses the definition.
    pub async fn create(&self, name: &str, definition: &str) -> Result<StateMachine> {
        let client = aws_sdk_sfn::Client::new(&sdk::config(&self.endpoint));
        StateMachine::create(client, name, definition).await
    }

    /// The faults of the invocations that state machines make.
    #[must_use]
    pub fn lambda_faults(&self) -> &LambdaFaults {
        &self.lambda_faults
    }

    /// The faults of the calls that functions make of the copies table.
    #[must_use]
    pub fn table_faults(&self) -> &TableFaults {
        &self.table_faults
    }
}

/// How long start-copy takes a call that it does not know the end of for one that may still be made:
/// as long as it waits on AWS, but no shorter than a process takes.
#[allow(clippy::cast_possible_truncation)] // At most a day.
fn call_seconds(wait_scale: f64) -> i64 {
    (90.0 * wait_scale).floor().clamp(1.0, 86_400.0) as i64
}
