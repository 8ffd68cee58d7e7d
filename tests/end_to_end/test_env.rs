//! One emulator with the deployed stacks for all tests, and a new Service Catalog for each.

use std::{sync::LazyLock, time::Duration};

use anyhow::{Context, Result};
use fake_service_catalog::{
    FakeState, HUB_ACCOUNT, Operation, Place, Product, ServiceCatalog, Settings, Version,
};
use serde_json::{Value, json};
use testbed::{
    emulator::Emulator,
    inbox::Inbox,
    service_model::Models,
    stack::{REGION, Stack},
    state_machine::{Execution, HistoryEvent},
};
use tokio::{runtime::Runtime, sync::Mutex};

pub(crate) use fake_service_catalog::{SPOKE_ACCOUNT, TARGET_ROLE};

/// The Region that most tests copy to.
pub(crate) const TARGET: &str = "eu-west-1";

/// Far above what any execution here takes, so that only one that hangs reaches it.
const TIMEOUT: Duration = Duration::from_mins(2);

// One runtime for all tests: the fake lives on it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));
static TEST_ENV: LazyLock<Mutex<TestEnv>> = LazyLock::new(|| {
    let env = RUNTIME.block_on(TestEnv::deploy());
    Mutex::new(env.expect("the emulator and the stacks start"))
});

static MODELS: LazyLock<Models> = LazyLock::new(|| Models::read().expect("botocore has models"));

/// Asks for a copy to [`TARGET`].
pub(crate) fn request(source: &str) -> Value {
    json!({ "SourceProductArn": source, "Target": { "Region": TARGET } })
}

/// Runs a test alone, with an untouched Service Catalog, and checks all calls against what AWS publishes.
pub(crate) fn with_env(test: impl AsyncFnOnce(&TestEnv) -> Result<()>) -> Result<()> {
    let env = &*TEST_ENV;
    RUNTIME.block_on(async {
        let env = env.lock().await;
        *env.catalog.state() = FakeState::new(Settings::default());
        env.stack.empty_copies_table().await?;
        env.impatient.empty_copies_table().await?;
        test(&env).await?;
        let table_requests = env.emulator.table_faults().take_requests();
        MODELS.check_table_requests(&table_requests)?;
        MODELS.check_calls(&env.catalog.state().calls)
    })
}

/// A fake Service Catalog and an emulator in which Catalog Copy is deployed.
pub(crate) struct TestEnv {
    pub(crate) catalog: ServiceCatalog,
    pub(crate) stack: Stack,
    /// A second stack, whose copies have one second.
    pub(crate) impatient: Stack,
    /// The events and notifications of the second stack.
    pub(crate) inbox: Inbox,
    pub(crate) emulator: Emulator,
}

/// How an execution ended.
pub(crate) struct End {
    pub(crate) execution: Execution,
    pub(crate) status: String,
    pub(crate) output: Value,
    pub(crate) error: String,
    pub(crate) cause: String,
    /// How many states it entered.
    pub(crate) transitions: usize,
    /// The errors of each failed task, in order.
    pub(crate) task_errors: Vec<String>,
}

impl TestEnv {
    async fn deploy() -> Result<Self> {
        let catalog = ServiceCatalog::start(Settings::default()).await?;
        let emulator = Emulator::start(&catalog.endpoint(), 0.02).await?;
        let triggers = [
            ("CopyOnNewVersion", "true"),
            ("CopyOnSubscriptionChange", "true"),
        ];
        let stack = Stack::deploy(&emulator, "catalog-copy", &triggers).await?;
        let inbox = Inbox::open(&emulator, "impatient").await?;
        let parameters = [
            ("DeadlineSeconds", "1"),
            ("EventSource", "impatient"),
            ("NotificationTopicArn", inbox.topic_arn()),
        ];
        let impatient = Stack::deploy(&emulator, "impatient", &parameters).await?;
        Ok(Self {
            catalog,
            stack,
            impatient,
            inbox,
            emulator,
        })
    }

    /// Adds a source product with two versions and returns its ARN; the first is named VPC.
    pub(crate) fn add_product(&self) -> String {
        let name = match self.products(HUB_ACCOUNT, REGION).len() {
            0 => "VPC".to_owned(),
            n => format!("VPC {}", n + 1),
        };
        let product = Product::new(&name, "Platform team")
            .version(Version::new("v1", "Two subnets"))
            .version(Version::new("v2", "Three subnets"))
            .tag("cost-centre", "4711")
            .shared_with(SPOKE_ACCOUNT);
        let source = Place::new(HUB_ACCOUNT, REGION);
        self.catalog.state().add_product(&source, product)
    }

    /// The products of an account in a Region.
    pub(crate) fn products(&self, account: &str, region: &str) -> Vec<Product> {
        self.catalog.state().products(&Place::new(account, region))
    }

    /// The idempotency tokens that `CopyProduct` was called with, in order.
    pub(crate) fn tokens(&self) -> Vec<String> {
        let calls = self.catalog.state().calls_of(Operation::CopyProduct);
        calls
            .iter()
            .map(|it| it.idempotency_token().unwrap_or("none").to_owned())
            .collect()
    }

    /// How often an operation was called.
    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.catalog.state().calls_of(operation).len()
    }

    /// Runs an execution to its end.
    pub(crate) async fn run(&self, input: &Value) -> Result<End> {
        let execution = self.stack.state_machine()?;
        let execution = execution.start(&input.to_string(), None).await?;
        End::of(execution).await
    }

    /// Starts an execution.
    pub(crate) async fn start(&self, input: &Value) -> Result<Execution> {
        let machine = self.stack.state_machine()?;
        machine.start(&input.to_string(), None).await
    }

    /// Runs an execution to its end in the stack whose copies have one second.
    pub(crate) async fn run_impatient(&self, input: &Value) -> Result<End> {
        let machine = self.impatient.state_machine()?;
        End::of(machine.start(&input.to_string(), None).await?).await
    }

    /// Lets an execution that only waits have the lease of the copy to [`TARGET`] in that stack.
    pub(crate) async fn hold(&self, source: &str, name: &str) -> Result<Execution> {
        let definition =
            r#"{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":36000,"End":true}}}"#;
        let machine = self.emulator.create(name, definition).await?;
        let holder = machine.start("{}", None).await?;
        let place = format!("{HUB_ACCOUNT}/{TARGET}");
        let item = [
            ("Place", place.as_str()),
            ("Item", source),
            ("Holder", holder.arn()),
        ];
        self.impatient.put_copy(&item).await?;
        Ok(holder)
    }

    /// Runs a batch to its end.
    pub(crate) async fn run_batch(&self, input: &Value) -> Result<End> {
        let machine = self.stack.batch_machine()?;
        End::of(machine.start(&input.to_string(), None).await?).await
    }

    /// Copies a new product once, although its first call of `CopyProduct` gets no usable answer.
    pub(crate) async fn assert_copies_once_without_an_answer(&self) -> Result<()> {
        let end = self.copy().await?;
        end.succeeded();
        assert_eq!(end.task_errors, ["ServiceCatalog.SdkClientException"]);
        assert_eq!(self.catalog.state().accepted_copies(), 1);
        Ok(())
    }

    /// Copies a new product and runs to the end.
    pub(crate) async fn copy(&self) -> Result<End> {
        self.run(&json!({ "SourceProductArn": self.add_product() }))
            .await
    }
}

impl End {
    /// Waits for the end of an execution.
    pub(crate) async fn of(execution: Execution) -> Result<Self> {
        let end = execution.end(TIMEOUT).await?;
        let history = execution.history().await?;
        let output = end.output.as_deref().unwrap_or("null");
        Ok(Self {
            execution,
            status: end.status.as_str().to_owned(),
            output: serde_json::from_str(output).context("the output is JSON")?,
            error: end.error.unwrap_or_default(),
            cause: end.cause.unwrap_or_default(),
            transitions: history
                .iter()
                .filter(|it| it.state_entered_event_details().is_some())
                .count(),
            task_errors: history.iter().filter_map(task_error).collect(),
        })
    }

    /// Redrives it, and waits for its next end.
    pub(crate) async fn redriven(self) -> Result<Self> {
        self.execution.redrive().await?;
        Self::of(self.execution).await
    }

    /// Asserts that it failed with this error, and returns the cause.
    pub(crate) fn failed_with(&self, error: &str) -> &str {
        assert_eq!(
            (self.status.as_str(), self.error.as_str()),
            ("FAILED", error),
            "{}",
            self.cause
        );
        assert!(!self.cause.is_empty());
        &self.cause
    }

    /// Asserts that it succeeded, and returns the output.
    pub(crate) fn succeeded(&self) -> &Value {
        assert_eq!(self.status, "SUCCEEDED", "{}: {}", self.error, self.cause);
        assert_eq!(self.output["CopyProductStatus"], "SUCCEEDED");
        &self.output
    }
}

fn task_error(event: &HistoryEvent) -> Option<String> {
    let task = event.task_failed_event_details()?;
    task.error().map(str::to_owned)
}
