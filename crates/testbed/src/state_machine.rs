//! State machines and their executions, on either engine.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::SdkError;
pub use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::operation::start_execution::StartExecutionError;
pub use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent, HistoryEventType};
use tokio::time::sleep;

use fake_service_catalog::HUB_ACCOUNT;

/// A deployed state machine.
#[derive(Clone, Debug)]
pub struct StateMachine {
    client: Client,
    arn: String,
}

impl StateMachine {
    pub(crate) fn new(client: Client, arn: impl Into<String>) -> Self {
        Self {
            client,
            arn: arn.into(),
        }
    }

    /// Creates a state machine from a definition without substitutions left in it.
    pub(crate) async fn create(client: Client, name: &str, definition: &str) -> Result<Self> {
        let create = client.create_state_machine().name(name);
        let role = format!("arn:aws:iam::{HUB_ACCOUNT}:role/{name}");
        let created = create.definition(definition).role_arn(role).send().await?;
        Ok(Self::new(client, created.state_machine_arn))
    }

    /// Starts an execution, under a name of its own if none is given.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn start(&self, input: &str, name: Option<&str>) -> Result<Execution> {
        let started = self
            .client
            .start_execution()
            .state_machine_arn(&self.arn)
            .input(input)
            .set_name(name.map(str::to_owned))
            .send()
            .await?;
        Ok(self.execution(started.execution_arn))
    }

    /// Whether this error of [`Self::start`] says that the input is refused.
    #[must_use]
    pub fn has_refused_input(error: &anyhow::Error) -> bool {
        let error = error.downcast_ref::<SdkError<StartExecutionError>>();
        error
            .and_then(SdkError::as_service_error)
            .is_some_and(StartExecutionError::is_invalid_execution_input)
    }

    /// All executions, the newest first.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn executions(&self) -> Result<Vec<Execution>> {
        let listed = self.statuses().await?.into_iter();
        Ok(listed.map(|(execution, _)| execution).collect())
    }

    /// All executions, the newest first, each with its status.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn statuses(&self) -> Result<Vec<(Execution, ExecutionStatus)>> {
        let listed = self
            .client
            .list_executions()
            .state_machine_arn(&self.arn)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await?;
        Ok(listed
            .into_iter()
            .map(|item| (self.execution(item.execution_arn), item.status))
            .collect())
    }

    fn execution(&self, arn: String) -> Execution {
        Execution {
            client: self.client.clone(),
            arn,
        }
    }
}

/// One execution of a state machine.
#[derive(Clone, Debug)]
pub struct Execution {
    client: Client,
    arn: String,
}

impl Execution {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// Its status now, with output or error once it has ended.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn describe(&self) -> Result<DescribeExecutionOutput> {
        let describe = self.client.describe_execution().execution_arn(&self.arn);
        Ok(describe.send().await?)
    }

    /// Runs it on from the state that failed.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn redrive(&self) -> Result<()> {
        let redrive = self.client.redrive_execution().execution_arn(&self.arn);
        redrive.send().await?;
        Ok(())
    }

    /// Stops it, whatever it is doing.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn stop(&self) -> Result<()> {
        let stop = self.client.stop_execution().execution_arn(&self.arn);
        stop.send().await?;
        Ok(())
    }

    /// Waits until it has ended, in whatever way.
    ///
    /// # Errors
    /// When it has not ended within `limit`, or the engine refuses.
    pub async fn end(&self, limit: Duration) -> Result<DescribeExecutionOutput> {
        let deadline = Instant::now() + limit;
        loop {
            let execution = self.describe().await?;
            if execution.status != ExecutionStatus::Running {
                return Ok(execution);
            }
            ensure!(
                Instant::now() < deadline,
                "{} is still running after {limit:?}",
                self.arn
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Its whole history so far.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn history(&self) -> Result<Vec<HistoryEvent>> {
        self.client
            .get_execution_history()
            .execution_arn(&self.arn)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .with_context(|| format!("no history of {}", self.arn))
    }
}
