use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::scenario::{Change, Ends, Held, Scenario, Then, When};
use super::setup::{Setup, TARGET_REGION, target};
use super::test_env::TestEnv;
use fake_service_catalog::Operation::{self, CopyProduct, DescribeCopyProductStatus};
use fake_service_catalog::{CopyEnds, FakeState, Fault, Faults, Version};
use testbed::lambda_faults::LambdaFault;
use testbed::stack::AttributeValue;
use testbed::state_machine::{Execution, ExecutionStatus, StateMachine};
use testbed::table_faults::TableCall;

/// Far above what any execution here takes: only one that hangs reaches it.
const TIMEOUT: Duration = Duration::from_mins(2);

/// The bytes of input that AWS lets an execution have.
pub(super) const MOST_INPUT: usize = 256 << 10;

/// What came of a scenario.
#[derive(Debug, Default)]
pub(super) struct ScenarioResult {
    /// What was started, and then what that has started.
    pub(super) executions: Vec<Execution>,
    /// How many of them were started from here.
    pub(super) started: usize,
    /// Whether it went as the scenario says.
    pub(super) hit: bool,
    /// The versions of each source when its copy was asked for, by its ARN.
    pub(super) asked: BTreeMap<String, Vec<String>>,
    /// The versions that were taken away from a target.
    pub(super) removed: BTreeSet<String>,
}

/// Runs one scenario.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    pub(super) test_env: &'a TestEnv,
    pub(super) setup: &'a Setup,
    pub(super) functions: Vec<LambdaFault>,
    pub(super) has_random_tokens: bool,
    pub(super) machine: StateMachine,
    /// Members that every request has as well.
    pub(super) members: Value,
}

impl Runner<'_> {
    /// Runs a scenario until every execution has ended, or has run for too long.
    #[allow(clippy::too_many_lines)] // One arm a scenario.
    pub(super) async fn run(&self, scenario: Scenario) -> Result<ScenarioResult> {
        let script = self.test_env.emulator.lambda_faults();
        script.script(&self.functions, self.has_random_tokens)?;
        match scenario {
            Scenario::Batch => return self.batches(1).await,
            Scenario::TwoBatches => return self.batches(2).await,
            _ => {}
        }
        let mut result = ScenarioResult::default();
        let request = self.publish("VPC", &mut result);
        if let Scenario::LargeInput(bytes) = scenario {
            result
                .executions
                .extend(self.large_input(request, bytes).await?);
            result.hit = result.executions.is_empty() == (bytes > MOST_INPUT);
            return self.to_the_end(result).await;
        }
        let first = self.start(&event(&request, "first")).await?;
        result.executions.push(first.clone());
        match scenario {
            Scenario::Redriven(error) => {
                let end = first.end(TIMEOUT).await?;
                result.hit = end.error() == Some(error);
                self.state(|it| it.faults = Faults::default());
                self.test_env.emulator.table_faults().end();
                self.copies_over().await?;
                first.redrive().await?;
            }
            Scenario::Killed => {
                self.until(|state| {
                    state
                        .calls
                        .iter()
                        .any(|call| matches!(call.fault, Some(Fault::Hang(_))))
                })
                .await?;
                self.test_env.emulator.lambda_faults().kill()?;
            }
            Scenario::SameEvent(when) | Scenario::TwoEvents(when) => {
                match when {
                    When::AtOnce => {}
                    When::During => self.until(|it| it.accepted_copies() > 0).await?,
                    When::After => drop(first.end(TIMEOUT).await),
                }
                result.hit = is_running(&first).await? != matches!(when, When::After);
                let is_same = matches!(scenario, Scenario::SameEvent(_));
                let again = event(&request, if is_same { "first" } else { "second" });
                result.executions.push(self.start(&again).await?);
            }
            Scenario::HolderEnds(held, ends) => {
                self.until_held(held).await?;
                match ends {
                    Ends::Killed => self.test_env.emulator.lambda_faults().kill()?,
                    Ends::Stopped => first.stop().await?,
                    Ends::TimedOut => drop(first.end(TIMEOUT).await?),
                }
                result.hit = is_in(&first, held).await?;
                result.executions.push(self.start_next(&request).await?);
            }
            Scenario::LostLease(held) => {
                self.until_held(held).await?;
                first.stop().await?;
                result.hit = is_in(&first, held).await?;
                let next = self.start_next(&request).await?;
                self.until_item("Holder", next.arn()).await?;
                first.redrive().await?;
                result.hit &= is_running(&next).await?;
                result.executions.push(next);
            }
            Scenario::Changed(change) => {
                result.hit = first.end(TIMEOUT).await?.status == ExecutionStatus::Succeeded;
                self.change(change, &mut result).await?;
                result.executions.push(self.start_next(&request).await?);
            }
            Scenario::ClockAhead(seconds) => {
                self.until_held(Held::BeforeCall).await?;
                first.stop().await?;
                result.hit = is_in(&first, Held::BeforeCall).await?;
                self.shift_clock(seconds).await?;
                result.executions.push(self.start_next(&request).await?);
            }
            Scenario::Stopped(operation, then) => {
                self.until(|it| !it.calls_of(operation).is_empty()).await?;
                first.stop().await?;
                result.hit = self.was_stopped_in(operation, &first).await?;
                self.copies_over().await?;
                match then {
                    Then::Redriven => first.redrive().await?,
                    Then::Anew => result
                        .executions
                        .push(self.start(&event(&request, "anew")).await?),
                }
            }
            Scenario::Published => {
                self.until(|it| it.accepted_copies() > 0).await?;
                let arn = request["SourceProductArn"].as_str().unwrap_or_default();
                let before = self.state(|state| {
                    state.publish(arn, Version::new("published meanwhile", "A version"));
                    state.calls_of(CopyProduct).len()
                });
                drop(first.end(TIMEOUT).await);
                let after = self.state(|it| it.calls_of(CopyProduct).len());
                result.hit = before == 1 && after > before;
            }
            Scenario::TimedOut => {
                result.hit = first.end(TIMEOUT).await?.status == ExecutionStatus::TimedOut;
            }
            Scenario::Once | Scenario::LargeInput(_) | Scenario::Batch | Scenario::TwoBatches => {}
        }
        self.to_the_end(result).await
    }

    /// Waits until nothing goes on any more.
    async fn to_the_end(&self, mut result: ScenarioResult) -> Result<ScenarioResult> {
        result.started = result.executions.len();
        for execution in &result.executions {
            // One that does not end is counted, not an error.
            drop(execution.end(TIMEOUT).await);
        }
        self.test_env.emulator.lambda_faults().idle().await?;
        self.copies_over().await?;
        Ok(result)
    }

    /// Starts an execution with an input of this many bytes, unless it is refused for that.
    async fn large_input(&self, mut request: Value, bytes: usize) -> Result<Option<Execution>> {
        let mut name = String::new();
        request["TargetProductName"] = name.clone().into();
        let rest = bytes.saturating_sub(event(&request, "first").to_string().len());
        name.extend(std::iter::repeat_n('x', rest));
        request["TargetProductName"] = name.into();
        match self.start(&event(&request, "first")).await {
            Err(error) if StateMachine::has_refused_input(&error) => Ok(None),
            started => started.map(Some),
        }
    }

    /// Whether an execution was stopped before `StartCopy` had its answer, or else while the copy was under way.
    async fn was_stopped_in(&self, operation: Operation, execution: &Execution) -> Result<bool> {
        let history = execution.history().await?;
        let mut events = history.iter();
        let is_in_time = if operation == CopyProduct {
            events.all(|it| it.task_succeeded_event_details().is_none())
        } else {
            self.state(|it| it.copies().iter().any(|copy| copy.has_arrived.is_none()))
        };
        Ok(is_in_time && execution.describe().await?.status == ExecutionStatus::Aborted)
    }

    /// Waits until an execution is in a state that a fault holds it in.
    async fn until_held(&self, held: Held) -> Result<()> {
        let table = self.test_env.emulator.table_faults();
        match held {
            Held::BeforeCall => self.until_item("CalledBy", "").await,
            Held::AfterCall => self.until(|it| it.accepted_copies() > 0).await,
            Held::MidCopy | Held::AtStatus => {
                self.until(|it| !it.calls_of(DescribeCopyProductStatus).is_empty())
                    .await
            }
            Held::BeforeFinish | Held::AfterFinish => {
                self.until(|_| table.calls().iter().any(|it| it.0 == TableCall::Finish))
                    .await
            }
        }
    }

    /// Waits until the item of the copy has an attribute that contains a text.
    async fn until_item(&self, attribute: &str, text: &str) -> Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let items = self.test_env.stack.copies().await?;
            let mut values = items
                .iter()
                .filter_map(|item| item.get(attribute)?.as_s().ok());
            if values.any(|value| value.contains(text)) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "no item has {attribute} {text}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Has the call that is under way begun earlier by this many seconds.
    async fn shift_clock(&self, seconds: i64) -> Result<()> {
        for mut item in self.test_env.stack.copies().await? {
            if let Some(AttributeValue::N(since)) = item.get_mut("CallingSince") {
                *since = (since.parse::<i64>()? - seconds).to_string();
                self.test_env.stack.put_item(item).await?;
            }
        }
        Ok(())
    }

    async fn change(&self, change: Change, result: &mut ScenarioResult) -> Result<()> {
        let stack = &self.test_env.stack;
        match change {
            Change::TableEmptied => return stack.empty_copies_table().await,
            Change::CopyDeleted | Change::HolderUnknown | Change::ItemUnreadable => {
                for mut item in stack.copies().await? {
                    // A claim has no lease.
                    if !item.contains_key("LeaseNumber") {
                        continue;
                    }
                    if change == Change::CopyDeleted {
                        stack.delete_item(item).await?;
                        continue;
                    }
                    let arn = result.executions[0].arn();
                    let (attribute, value) = match change {
                        Change::ItemUnreadable => ("Versions", "no map".to_owned()),
                        _ => ("Holder", format!("{arn}-unknown")),
                    };
                    item.insert(attribute.to_owned(), AttributeValue::S(value));
                    stack.put_item(item).await?;
                }
            }
            Change::VersionRemoved => self.state(|state| {
                for (place, product) in state.copied_products() {
                    let Some(last) = product.versions.last() else {
                        continue;
                    };
                    state.remove_version(&place.product_arn(&product.id), &last.id);
                    result.removed.extend(last.copied_from.clone());
                }
            }),
            Change::ProductRemoved => self.state(|state| {
                for (place, product) in state.copied_products() {
                    state.remove_product(&place.product_arn(&product.id));
                    let versions = product.versions.into_iter();
                    result
                        .removed
                        .extend(versions.filter_map(|it| it.copied_from));
                }
            }),
        }
        Ok(())
    }

    async fn batches(&self, number: usize) -> Result<ScenarioResult> {
        let mut result = ScenarioResult::default();
        let products = ["VPC", "Database"]
            .map(|name| self.publish(name, &mut result))
            .map(|mut request| {
                // The batch has its own.
                if let Some(members) = request.as_object_mut() {
                    members.remove("Target");
                }
                request
            });
        let targets = json!([
            { "Region": TARGET_REGION },
            { "Region": "eu-west-2" },
            target(&self.test_env.external_id),
        ]);
        let input = json!({ "Products": products, "Targets": targets }).to_string();
        let machine = self.test_env.stack.batch_machine()?;
        let copies = self.test_env.stack.state_machine()?;
        let before = copies.executions().await?.len();
        for _ in 0..number {
            result.executions.push(machine.start(&input, None).await?);
        }
        result.hit = true;
        for execution in &result.executions {
            result.hit &= is_running(execution).await?;
        }
        let mut result = self.to_the_end(result).await?;
        let mut children = copies.executions().await?;
        children.truncate(children.len() - before);
        result.executions.extend(children);
        Ok(result)
    }

    fn publish(&self, name: &str, result: &mut ScenarioResult) -> Value {
        let (mut request, asked) =
            self.state(|state| self.setup.publish(state, name, &self.test_env.external_id));
        result.asked.extend([asked]);
        for (member, value) in self.members.as_object().into_iter().flatten() {
            request[member] = value.clone();
        }
        request
    }

    /// Starts the same request with another event, in the machine of the stack.
    async fn start_next(&self, request: &Value) -> Result<Execution> {
        let machine = self.test_env.stack.state_machine()?;
        machine
            .start(&event(request, "next").to_string(), None)
            .await
    }

    async fn start(&self, input: &Value) -> Result<Execution> {
        self.machine.start(&input.to_string(), None).await
    }

    fn state<T>(&self, change: impl FnOnce(&mut FakeState) -> T) -> T {
        change(&mut self.test_env.catalog.state())
    }

    /// Waits until every copy that arrives at all has.
    async fn copies_over(&self) -> Result<()> {
        self.until(|state| {
            let never = matches!(state.settings.copy_ends, CopyEnds::After(Duration::MAX));
            never || state.copies().iter().all(|copy| copy.has_arrived.is_some())
        })
        .await
    }

    async fn until(&self, is_so: impl Fn(&mut FakeState) -> bool) -> Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        while !self.state(&is_so) {
            ensure!(
                Instant::now() < deadline,
                "the scenario waits for something that does not happen"
            );
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

/// Whether an execution is in a state, or was in it when it ended.
async fn is_in(execution: &Execution, held: Held) -> Result<bool> {
    let history = execution.history().await?;
    let mut entered = history
        .iter()
        .rev()
        .filter_map(|it| it.state_entered_event_details());
    Ok(entered
        .next()
        .is_some_and(|last| held.states().contains(&last.name())))
}

async fn is_running(execution: &Execution) -> Result<bool> {
    Ok(execution.describe().await?.status == ExecutionStatus::Running)
}

/// The copy request as `EventBridge` hands it to the machine.
fn event(request: &Value, id: &str) -> Value {
    json!({ "id": id, "detail-type": "Copy Product Requested", "detail": request })
}
