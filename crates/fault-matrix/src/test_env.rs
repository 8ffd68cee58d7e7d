use anyhow::{Result, ensure};
use serde_json::Value;

use super::machine::Machine;
use fake_service_catalog::{ServiceCatalog, Settings};
use testbed::emulator::Emulator;
use testbed::stack::Stack;
use testbed::state_machine::StateMachine;

/// Waits and retry delays are this part of what they are on AWS.
const WAIT_SCALE: f64 = 0.01;

/// Real seconds: longer than a held call, which is made after 0.9 s, and shorter than the second wait
/// after a lost answer.
const CALL_SECONDS: i64 = 2;

/// Real seconds, longer than every copy that ends: `$millis()` is not scaled.
const DEADLINE: &str = "12";

/// A Service Catalog and a deployed stack, for one run at a time.
#[derive(Debug)]
pub(super) struct TestEnv {
    pub(super) catalog: ServiceCatalog,
    pub(super) emulator: Emulator,
    pub(super) stack: Stack,
    earlier: StateMachine,
    short_timeout: StateMachine,
    shorter_timeout: StateMachine,
    pub(super) external_id: String,
}

impl TestEnv {
    pub(super) async fn start() -> Result<Self> {
        let catalog = ServiceCatalog::start(Settings::default()).await?;
        let emulator = Emulator::start_with(&catalog.endpoint(), WAIT_SCALE, CALL_SECONDS).await?;
        let parameters = [("DeadlineSeconds", DEADLINE)];
        let stack = Stack::deploy(&emulator, "catalog-copy", &parameters).await?;
        Ok(Self {
            earlier: create(&emulator, &stack, Machine::Earlier).await?,
            short_timeout: create(&emulator, &stack, Machine::ShortTimeout).await?,
            shorter_timeout: create(&emulator, &stack, Machine::ShorterTimeout).await?,
            catalog,
            emulator,
            stack,
            external_id: format!("external-id-{:016x}", fastrand::u64(..)),
        })
    }

    /// What nobody may be shown: the `ExternalId`, and the fake's credentials.
    pub(super) fn secrets(&self) -> [&str; 3] {
        [&self.external_id, "not-a-secret-", "not-a-session-"]
    }

    pub(super) fn machine(&self, machine: Machine) -> Result<StateMachine> {
        Ok(match machine {
            Machine::Deployed => self.stack.state_machine()?,
            Machine::Earlier => self.earlier.clone(),
            Machine::ShortTimeout => self.short_timeout.clone(),
            Machine::ShorterTimeout => self.shorter_timeout.clone(),
        })
    }

    /// Looks for secrets in every log group of the stack, and for a record of each function that has run.
    pub(super) async fn check_logs(&self) -> Result<usize> {
        let mut lines = 0;
        let ran = self.emulator.lambda_faults().all_invocations()?;
        let has_published = !self.stack.state_machine()?.executions().await?.is_empty();
        for (name, group) in self.stack.log_groups()? {
            let logged = self.stack.group_logs(&group).await?;
            lines += logged.len();
            let text = serde_json::to_string(&logged)?;
            for secret in self.secrets() {
                ensure!(!text.contains(secret), "{name} has {secret}…");
            }
            let mut ran = ran
                .iter()
                .filter(|invocation| invocation.phase == "Ended" && !invocation.has_failed);
            let function = format!("-{}Function-", name.trim_end_matches("Logs"));
            let has_run = ran.any(|it| it.function.contains(&function))
                || has_published && name == "PublishOutcomeLogs";
            ensure!(
                !has_run || logged.iter().any(Value::is_object),
                "{name} has no record, but its function has run"
            );
        }
        Ok(lines)
    }
}

/// One of the machines that the stack does not have, with its functions.
async fn create(emulator: &Emulator, stack: &Stack, machine: Machine) -> Result<StateMachine> {
    let definition = machine.definition(&[
        ("Partition", "aws"),
        (
            "StartCopyFunctionArn",
            stack.output("StartCopyFunctionName")?,
        ),
        (
            "CheckStatusFunctionArn",
            stack.output("CheckStatusFunctionName")?,
        ),
        (
            "FinishCopyFunctionArn",
            stack.output("FinishCopyFunctionName")?,
        ),
        ("MinWaitSeconds", "2"),
        ("MaxWaitSeconds", "300"),
        ("DeadlineSeconds", DEADLINE),
    ])?;
    emulator.create(&format!("{machine:?}"), &definition).await
}
