//! The handlers and the fake Service Catalog, in this process.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_servicecatalog::config::{
    AsyncSleep, Credentials, SharedAsyncSleep, SharedCredentialsProvider, Sleep,
};
use catalog_copy::{aws::service_catalog::Catalog, functions::finish_copy::CopyFinished};
use fake_service_catalog::{
    FakeState, Faults, HUB_ACCOUNT, Operation, Place, Product, ServiceCatalog, Settings,
};
use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseError};
use serde_json::{Value, json};
use tokio::{runtime::Runtime, time::sleep};

use super::{
    check::{self, Asked},
    machine::{Execution, Failed, LANDED, Machine},
    sequence::{Copy, Sequence, Step, Target},
};

const SPOKE_ACCOUNT: &str = "444455556666";
const ROLE: &str = "arn:aws:iam::444455556666:role/CatalogCopyTarget";
const EXTERNAL_ID: &str = "catalog-copy-test";
const COPY_NAME: &str = "Network (copied)";

const TARGETS: [Target; 3] = [Target::OtherRegion, Target::OtherAccount, Target::SamePlace];

pub(crate) struct Harness {
    runtime: Runtime,
    fake: ServiceCatalog,
    catalog: Catalog,
    machine: Machine,
    executions: Cell<u64>,
    outcomes: RefCell<BTreeMap<String, u64>>,
}

/// What is in the targets at the end of a sequence.
pub(crate) struct End {
    targets: BTreeMap<Target, Vec<Product>>,
    pub(crate) accepted_copies: usize,
}

/// Backs off for no time to speak of; what is longer is a timeout.
#[derive(Debug)]
struct Hurry;

impl AsyncSleep for Hurry {
    fn sleep(&self, duration: Duration) -> Sleep {
        let backoff = duration < Duration::from_secs(4);
        let duration = if backoff { Duration::ZERO } else { duration };
        Sleep::new(sleep(duration))
    }
}

impl Target {
    fn place(self) -> Place {
        match self {
            Self::OtherRegion => Place::new(HUB_ACCOUNT, "eu-west-1"),
            Self::OtherAccount => Place::new(SPOKE_ACCOUNT, "us-east-1"),
            Self::SamePlace => Place::new(HUB_ACCOUNT, "us-east-1"),
        }
    }

    /// The name of the copy.
    pub(crate) fn name(self, source: &Product) -> &str {
        match self {
            Self::OtherRegion => COPY_NAME,
            Self::OtherAccount | Self::SamePlace => &source.name,
        }
    }

    fn members(self) -> Value {
        match self {
            Self::OtherRegion => {
                json!({ "Target": { "Region": "eu-west-1" }, "TargetProductName": COPY_NAME })
            }
            Self::OtherAccount => {
                json!({ "Target": { "RoleArn": ROLE, "ExternalId": EXTERNAL_ID } })
            }
            Self::SamePlace => json!({}),
        }
    }
}

impl End {
    /// The names of all versions in the products there, in the order they came.
    pub(crate) fn versions(&self, target: Target) -> Vec<&str> {
        let versions = self.targets[&target].iter().flat_map(|it| &it.versions);
        versions.map(|it| it.name.as_str()).collect()
    }

    /// Whether a version of the source is twice in one target, under one name.
    pub(crate) fn doubled(&self) -> bool {
        self.targets.values().any(|products| {
            let mut seen = BTreeSet::new();
            let versions = products
                .iter()
                .flat_map(|it| it.versions.iter().map(move |version| (&it.name, version)));
            versions
                .map(|(product, it)| (product, &it.name, &it.copied_from))
                .any(|it| !seen.insert(it))
        })
    }
}

impl Harness {
    pub(crate) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let fake = runtime
            .block_on(ServiceCatalog::start(Settings::default()))
            .expect("a free port");
        let key = Credentials::new("test", "test", None, None, "test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(fake.endpoint())
            .credentials_provider(SharedCredentialsProvider::new(key))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .sleep_impl(SharedAsyncSleep::new(Hurry));
        let config = runtime.block_on(config.load());
        Self {
            runtime,
            fake,
            catalog: Catalog::new(&config),
            machine: Machine::read(),
            executions: Cell::new(0),
            outcomes: RefCell::default(),
        }
    }

    /// How many executions there were, and how they ended.
    pub(crate) fn statistics(&self) -> String {
        let outcomes = self.outcomes.borrow();
        format!("{} executions: {outcomes:?}", self.executions.get())
    }

    /// Starts over with the source alone, and returns its ARN.
    fn reset(&self, sequence: &Sequence) -> String {
        let role = (ROLE.to_owned(), Some(EXTERNAL_ID.to_owned()));
        let settings = Settings {
            roles: BTreeMap::from([role]),
            ..sequence.settings.clone()
        };
        let source = Product::new("Network", "Platform")
            .shared_with(SPOKE_ACCOUNT)
            .tag("team", "1");
        let mut state = self.fake.state();
        *state = FakeState::new(settings);
        state.add_product(&Target::SamePlace.place(), source)
    }

    fn execution(&self, sequence: &Sequence) -> Execution<'_> {
        self.executions.set(self.executions.get() + 1);
        Execution {
            catalog: &self.catalog,
            machine: &self.machine,
            id: format!("execution-{}", self.executions.get()),
            retries_at_once: sequence.retries_at_once,
        }
    }

    /// Runs a sequence as shipped, and checks all that must hold after each copy.
    pub(crate) fn run(&self, sequence: &Sequence) -> Result<End, TestCaseError> {
        let arn = self.reset(sequence);
        let mut asked = Asked::default();
        for step in &sequence.steps {
            match step {
                Step::Change(change) => change.apply(&mut self.fake.state(), &arn),
                Step::Copy(copy) => self
                    .runtime
                    .block_on(self.copy(sequence, &arn, copy, &mut asked))?,
            }
        }
        Ok(self.end(&arn))
    }

    /// Runs the copies of a sequence with the bare call of `CopyProduct` and a new token each time.
    ///
    /// They name the product of an earlier copy, so that it is not for want of that if they double.
    pub(crate) fn run_bare(&self, sequence: &Sequence) -> End {
        let arn = self.reset(sequence);
        let tokens = Cell::new(0);
        for step in &sequence.steps {
            let copy = match step {
                Step::Change(change) => {
                    change.apply(&mut self.fake.state(), &arn);
                    continue;
                }
                Step::Copy(copy) => copy,
            };
            self.script(copy);
            let known = self.copies(copy.target, &arn).pop();
            let request = || {
                tokens.set(tokens.get() + 1);
                let mut request = copy.target.members();
                request["SourceProductArn"] = arn.clone().into();
                request["TargetProductId"] = known.as_ref().map(|it| it.id.clone()).into();
                request["Plan"] = "NONE".into();
                request["IdempotencyToken"] = format!("random-{}", tokens.get()).into();
                request
            };
            self.runtime.block_on(async {
                let result = self.execution(sequence).run(request).await;
                self.count("bare", &result.map(|_| ()));
                sleep(LANDED).await;
            });
        }
        self.end(&arn)
    }

    fn end(&self, arn: &str) -> End {
        let targets = TARGETS.map(|it| (it, self.copies(it, arn)));
        End {
            targets: targets.into(),
            accepted_copies: self.fake.state().accepted_copies(),
        }
    }

    /// All products in the target but the source.
    fn copies(&self, target: Target, arn: &str) -> Vec<Product> {
        let mut products = self.fake.state().products(&target.place());
        products.retain(|it| !arn.ends_with(&it.id));
        products
    }

    fn source(&self, arn: &str) -> Product {
        let mut state = self.fake.state();
        state.product_mut(arn).expect("the source").clone()
    }

    /// Scripts what goes wrong with a copy, and forgets what was left of the one before.
    fn script(&self, copy: &Copy) {
        let mut state = self.fake.state();
        state.faults = Faults::default();
        for trouble in &copy.troubles {
            let fault = trouble.fault();
            state.faults.next_call(Operation::CopyProduct, fault);
        }
        for (operation, trouble) in &copy.elsewhere {
            state.faults.next_call(*operation, trouble.fault());
        }
    }

    fn count(&self, what: &str, result: &Result<(), Failed>) {
        let name = match result {
            Ok(()) => what.to_owned(),
            Err(error) => format!("{what}: {error}"),
        };
        *self.outcomes.borrow_mut().entry(name).or_default() += 1;
    }

    fn request(&self, arn: &str, copy: &Copy) -> Value {
        let mut request = copy.target.members();
        request["SourceProductArn"] = arn.into();
        request["Versions"] = copy.versions.member();
        request["OnSourceRemoved"] = copy.on_source_removed.into();
        if copy.tags {
            request["CopyOptions"] = json!(["CopyTags"]);
        }
        if copy.portfolio {
            let mut state = self.fake.state();
            let portfolio = state.add_portfolio(&copy.target.place(), "Shop");
            request["PortfolioIds"] = json!([portfolio]);
        }
        request
    }

    async fn copy(
        &self,
        sequence: &Sequence,
        arn: &str,
        copy: &Copy,
        asked: &mut Asked,
    ) -> Result<(), TestCaseError> {
        let source = self.source(arn);
        let before = self.copies(copy.target, arn);
        let request = self.request(arn, copy);
        self.script(copy);
        let writes = self.fake.state().writing_calls();
        let result = self.execution(sequence).run(|| request.clone()).await;
        if result.is_err() {
            sleep(LANDED).await;
        }
        let writes = self.fake.state().writing_calls() - writes;
        let after = self.copies(copy.target, arn);
        let counted = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.count("planned", &counted);

        asked.note(copy, &source);
        asked.check_safe(copy.target, &after)?;
        let finished = match result {
            Ok(finished) => finished.expect("a planned copy has an output"),
            Err(error) => {
                let failure = check::Failure {
                    error: &error,
                    writes,
                };
                return failure.check(sequence, copy, &source, &before);
            }
        };
        check::succeeded(copy, &source, &before, &after, &finished)?;
        self.again(sequence, &request).await?;
        let unchanged = self.copies(copy.target, arn);
        prop_assert_eq!(after, unchanged, "the second run changed the target");
        Ok(())
    }

    /// The second run right after the first.
    async fn again(&self, sequence: &Sequence, request: &Value) -> Result<(), TestCaseError> {
        self.script(&Copy::to(Target::OtherRegion));
        let before = self.fake.state().calls.len();
        let result = self.execution(sequence).run(|| request.clone()).await;
        let finished: CopyFinished = match result {
            Ok(finished) => finished.expect("a planned copy has an output"),
            Err(error) => return Err(TestCaseError::fail(format!("second run: {error}"))),
        };
        let calls = self.fake.state().calls.split_off(before);
        let writes: Vec<_> = calls.iter().filter(|it| it.operation.writes()).collect();
        prop_assert!(writes.is_empty(), "the second run wrote: {writes:?}");
        prop_assert_eq!(finished.copied_versions, []);
        prop_assert_eq!(finished.updated_versions, []);
        let others = (
            finished.added_tags,
            finished.removed_tags,
            finished.added_portfolio_ids,
        );
        prop_assert_eq!(others, (BTreeMap::new(), vec![], vec![]));
        Ok(())
    }
}
