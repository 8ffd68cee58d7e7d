//! A second Step Functions engine, for what the emulator's ignores: machine timeouts, delay caps and jitter.

use anyhow::{Context, Result};
use aws_sdk_sfn::Client;

use crate::process::{Server, script, tool};
use crate::sdk;
use crate::state_machine::StateMachine;
use fake_service_catalog::HUB_ACCOUNT;

/// A running interpreter of state machines, stopped when dropped or when this process dies.
#[derive(Debug)]
pub struct SecondEngine {
    client: Client,
    _server: Server,
}

impl SecondEngine {
    /// Starts an engine whose tasks call Lambda on this port of this machine.
    ///
    /// # Errors
    /// When it does not start: with the end of its log.
    pub async fn start(lambda_port: u16) -> Result<Self> {
        let command = [tool("python"), script("second_engine.py")];
        let environment = [
            ("MOTO_PORT", lambda_port.to_string()),
            ("MOTO_ACCOUNT_ID", HUB_ACCOUNT.to_owned()),
        ];
        let mut server = Server::start("second-engine", &command, &environment)?;
        let endpoint = server
            .endpoint()
            .await
            .context("the second engine did not start")?;
        Ok(Self {
            client: Client::new(&sdk::config(&endpoint)),
            _server: server,
        })
    }

    /// Creates a state machine from a definition without substitutions left in it.
    ///
    /// # Errors
    /// When the engine refuses the definition.
    pub async fn create(&self, name: &str, definition: &str) -> Result<StateMachine> {
        StateMachine::create(self.client.clone(), name, definition).await
    }
}
