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
use catalog_copy::{
    aws::{dynamodb::CopiesTable, service_catalog::Catalog},
    functions::Clients,
    request::TargetAccounts,
};
use fake_service_catalog::{
    FakeState, Faults, HUB_ACCOUNT, Operation, Place, Product, ServiceCatalog, Settings,
};
use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseError};
use serde_json::{Value, json};
use testbed::dynamodb::{DynamoDb, Fault};
use tokio::{runtime::Runtime, select, time::sleep};

use super::{
    check::{History, Sides},
    machine::{self, Ended, Execution, LANDED, Machine},
    sequence::{Afterwards, Copy, Interruption, Sequence, Step, Target},
};

const SPOKE_ACCOUNT: &str = "444455556666";
const ROLE: &str = "arn:aws:iam::444455556666:role/CatalogCopyTarget";
const EXTERNAL_ID: &str = "catalog-copy-test";
const COPY_NAME: &str = "Network (copied)";

const TARGETS: [Target; 3] = [Target::OtherRegion, Target::OtherAccount, Target::SamePlace];

pub(crate) struct Harness {
    runtime: Runtime,
    fake: ServiceCatalog,
    dynamodb: DynamoDb,
    clients: Clients,
    machine: Machine,
    executions: Cell<u64>,
    outcomes: RefCell<BTreeMap<String, u64>>,
}

/// What is in the targets at the end of a sequence.
pub(crate) struct End {
    targets: BTreeMap<Target, Vec<Product>>,
    pub(crate) accepted_copies: usize,
}

/// How long a call of `CopyProduct` that was noted may still be made.
const CALL_SECONDS: i64 = 90;

/// Longer than a copy that has arrived may stay invisible.
const LONG: i64 = 1000;

/// More often than the SDK calls.
const MORE_THAN_SDK_ATTEMPTS: usize = 4;

/// Waits for timeouts, but not between tries. Backoffs are drawn from a range, timeouts are whole tenths.
#[derive(Debug)]
struct NoBackoff;

impl AsyncSleep for NoBackoff {
    fn sleep(&self, duration: Duration) -> Sleep {
        let is_timeout = duration.subsec_nanos().is_multiple_of(100_000_000);
        let duration = if is_timeout { duration } else { Duration::ZERO };
        Sleep::new(sleep(duration))
    }
}

impl Target {
    pub(crate) fn place(self) -> Place {
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

    /// Whether a version of the source is twice in one target.
    pub(crate) fn has_duplicates(&self) -> bool {
        self.targets.values().any(|products| {
            let mut seen = BTreeSet::new();
            let versions = products.iter().flat_map(|it| &it.versions);
            let mut sources = versions.filter_map(|it| it.copied_from.as_ref());
            sources.any(|it| !seen.insert(it))
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
            .sleep_impl(SharedAsyncSleep::new(NoBackoff));
        let config = runtime.block_on(config.load());
        let dynamodb = DynamoDb::with_key(["Place", "Item"]);
        let table = config
            .to_builder()
            .http_client(dynamodb.http_client())
            .build();
        Self {
            runtime,
            fake,
            clients: Clients {
                catalog: Catalog::new(&config),
                table: CopiesTable::new(&table, "Copies".to_owned()),
                targets: TargetAccounts::default(),
                call_seconds: CALL_SECONDS,
                now: machine::now,
            },
            dynamodb,
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

    /// How many executions ended so.
    pub(crate) fn outcome(&self, name: &str) -> u64 {
        let outcomes = self.outcomes.borrow();
        outcomes.get(name).copied().unwrap_or_default()
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
        self.dynamodb.clear();
        let mut state = self.fake.state();
        *state = FakeState::new(settings);
        state.add_product(&Target::SamePlace.place(), source)
    }

    fn start(&self, sequence: &Sequence, request: &Value) -> Execution<'_> {
        self.executions.set(self.executions.get() + 1);
        let at_once = sequence.retries_at_once;
        let name = self.executions.get();
        self.machine.start(&self.clients, name, request, at_once)
    }

    /// Runs a sequence as shipped, and checks all that must hold after each copy.
    pub(crate) fn run(&self, sequence: &Sequence) -> Result<End, TestCaseError> {
        let arn = self.reset(sequence);
        let mut history = History::default();
        for step in &sequence.steps {
            match step {
                Step::Change(change) => {
                    machine::pass(LONG);
                    // Nobody can tell what a person makes meanwhile from what is copied.
                    if change.makes().is_some_and(|it| self.is_under_way(it, &arn)) {
                        continue;
                    }
                    history.deleted |= change.deletes();
                    change.apply(&mut self.fake.state(), &arn);
                }
                Step::EmptyTable => {
                    history.emptied = true;
                    self.dynamodb.delete(|_| true);
                }
                Step::Copy(copy) => {
                    self.runtime
                        .block_on(self.copy(sequence, &arn, copy, &mut history))?;
                }
            }
        }
        Ok(self.end(&arn))
    }

    /// Whether the table knows a copy that nobody has seen the end of.
    fn is_under_way(&self, target: Target, arn: &str) -> bool {
        let Place { account, region } = target.place();
        let item = self.dynamodb.item([&format!("{account}/{region}"), arn]);
        item.is_some_and(|item| item.contains_key("Call"))
    }

    /// Runs the copies of a sequence with the bare call of `CopyProduct` and a new token each time.
    ///
    /// They name the product of an earlier copy, so that a duplicate is not for want of that.
    pub(crate) fn run_bare(&self, sequence: &Sequence) -> End {
        let arn = self.reset(sequence);
        let tokens = Cell::new(0);
        for step in &sequence.steps {
            let copy = match step {
                Step::Change(change) => {
                    change.apply(&mut self.fake.state(), &arn);
                    continue;
                }
                Step::EmptyTable => continue,
                Step::Copy(copy) => copy,
            };
            self.script(copy);
            let mut known = self.copies(copy.target, &arn).into_iter();
            let known = known.rfind(|it| it.copied_from.is_some());
            let mut request = copy.target.members();
            request["SourceProductArn"] = arn.clone().into();
            request["TargetProductId"] = known.as_ref().map(|it| it.id.clone()).into();
            request["Plan"] = "NONE".into();
            self.runtime.block_on(async {
                let mut execution = self.start(sequence, &request);
                while !execution.has_ended() {
                    tokens.set(tokens.get() + 1);
                    execution.set_token(format!("random-{}", tokens.get()));
                    execution.step().await;
                }
                self.count("bare", &execution.end_of_it());
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
        self.dynamodb.clear_faults();
        for fault in &copy.table {
            for _ in 0..fault.after_calls {
                self.dynamodb.next_call(None);
            }
            let times = if fault.persists {
                MORE_THAN_SDK_ATTEMPTS
            } else {
                1
            };
            for _ in 0..times {
                self.dynamodb.next_call(fault.fault);
            }
        }
        let mut state = self.fake.state();
        state.faults = Faults::default();
        for fault in &copy.faults {
            let fault = fault.fault();
            state.faults.next_call(Operation::CopyProduct, fault);
        }
        for (operation, fault) in &copy.elsewhere {
            state.faults.next_call(*operation, fault.fault());
        }
    }

    fn count(&self, what: &str, end: &Ended) {
        let name = match &end.error {
            None => what.to_owned(),
            Some(error) => format!("{what}: {error}"),
        };
        *self.outcomes.borrow_mut().entry(name).or_default() += 1;
    }

    fn request(&self, arn: &str, copy: &Copy) -> Value {
        let mut request = copy.target.members();
        request["SourceProductArn"] = arn.into();
        request["Versions"] = copy.versions.member();
        request["OnSourceRemoved"] = copy.on_source_removed.into();
        request["OnNameTaken"] = copy.on_name_taken.into();
        if copy.keeps_replaced {
            request["OnVersionReplaced"] = "KEEP".into();
        }
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
        history: &mut History,
    ) -> Result<(), TestCaseError> {
        let before = self.copies(copy.target, arn);
        let request = self.request(arn, copy);
        self.script(copy);
        let writes = self.fake.state().writing_calls();
        let mut last = self.disturbed(sequence, copy, &request).await;
        let mut end = last.end_of_it();
        if end.error.is_some() {
            sleep(LANDED).await;
        }
        let writes = self.fake.state().writing_calls() - writes;
        let source = self.source(arn);
        history.note(copy, &source, &before);
        let after = self.copies(copy.target, arn);
        let mut sides = Sides {
            copy,
            source: &source,
            before: &before,
            after: &after,
        };
        history.check_safe(&sides)?;
        let after;
        if let Some(error) = failure(&end) {
            if copy.is_undisturbed() && error != "CopyIncomplete" {
                history.check_failed(&sides, error, writes)?;
            }
            self.script(&Copy::to(copy.target));
            end = match copy.afterwards {
                Afterwards::Nothing => return Ok(()),
                Afterwards::StartAgain => self.finish(sequence, "next", &request).await,
                Afterwards::Redrive => {
                    last.redrive();
                    last.run().await;
                    let end = last.end_of_it();
                    self.count("redriven", &end);
                    end
                }
            };
            if history.deleted && failure(&end) == Some("CopyIncomplete") {
                machine::pass(LONG);
                end = self.finish(sequence, "next", &request).await;
            }
            after = self.copies(copy.target, arn);
            sides.after = &after;
            history.check_safe(&sides)?;
            if let Some(error) = failure(&end) {
                return history.check_failed(&sides, error, writes);
            }
        }
        let finished = end.finished.as_ref().expect("has an output");
        history.check_succeeded(&sides, finished)?;
        let unchanged = sides.after;
        self.again(sequence, &request).await?;
        let again = self.copies(copy.target, arn);
        prop_assert_eq!(unchanged, again, "the second run changed the target");
        Ok(())
    }

    async fn finish(&self, sequence: &Sequence, what: &str, request: &Value) -> Ended {
        let mut execution = self.start(sequence, request);
        execution.run().await;
        let end = execution.end_of_it();
        self.count(what, &end);
        end
    }

    /// Runs a copy with another one beside it or in its place, as it says, and returns the one that
    /// ended last.
    async fn disturbed(&self, sequence: &Sequence, copy: &Copy, request: &Value) -> Execution<'_> {
        let mut first = self.start(sequence, request);
        if copy.is_undisturbed() {
            first.run().await;
            self.count("alone", &first.end_of_it());
            return first;
        }
        let mut second = self.start(sequence, request);
        if let Some(interruption) = copy.interruption {
            self.interrupt(&mut first, &mut second, interruption).await;
        }
        let mut turns = copy.turns.clone().unwrap_or_default().into_iter();
        let mut last_is_second = true;
        loop {
            let seconds_turn = turns.next().unwrap_or(!last_is_second);
            let is_second = match (first.has_ended(), second.has_ended()) {
                (true, true) => break,
                (true, false) => true,
                (false, true) => false,
                (false, false) => seconds_turn,
            };
            let next = if is_second { &mut second } else { &mut first };
            next.step().await;
            last_is_second = is_second;
        }
        self.count("first", &first.end_of_it());
        self.count("second", &second.end_of_it());
        if last_is_second { second } else { first }
    }

    /// Pauses a function of the first execution while the second one goes on until it waits.
    async fn interrupt(
        &self,
        first: &mut Execution<'_>,
        second: &mut Execution<'_>,
        interruption: Interruption,
    ) {
        self.dynamodb.clear_faults();
        for _ in 0..interruption.after_calls {
            self.dynamodb.next_call(None);
        }
        self.dynamodb.next_call(if interruption.is_done {
            Fault::PausedAfter
        } else {
            Fault::PausedBefore
        });
        while !first.has_ended() {
            let id = first.id().to_owned();
            let mut step = Box::pin(first.step());
            select! {
                biased;
                () = &mut step => continue,
                () = self.dynamodb.paused() => {}
            }
            if interruption.is_stopped {
                self.machine.stopped(&id);
            }
            while !second.has_ended() && !second.is_waiting() {
                second.step().await;
            }
            if interruption.goes_on {
                self.dynamodb.resume();
                step.await;
            } else {
                drop(step);
                first.retry("Sandbox.Timedout".to_owned());
            }
            if interruption.is_stopped {
                first.stop();
            }
            break;
        }
    }

    /// The second run right after the first.
    async fn again(&self, sequence: &Sequence, request: &Value) -> Result<(), TestCaseError> {
        self.script(&Copy::to(Target::OtherRegion));
        let before = self.fake.state().calls.len();
        let end = self.finish(sequence, "again", request).await;
        let calls = self.fake.state().calls.split_off(before);
        let writes: Vec<_> = calls.iter().filter(|it| it.operation.writes()).collect();
        prop_assert!(writes.is_empty(), "the second run wrote: {writes:?}");
        let Some(finished) = end.finished else {
            return Err(TestCaseError::fail(format!("second run: {end:?}")));
        };
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

/// Why a copy has to be started again.
fn failure(end: &Ended) -> Option<&str> {
    let error = end.error.as_deref();
    error.filter(|error| *error != "VersionNotReady")
}
