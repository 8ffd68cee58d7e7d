use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::course::{Course, Then, When};
use super::hub::Hub;
use super::scenario::{Scenario, TARGET_REGION, target};
use fake_service_catalog::Operation::{self, CopyProduct};
use fake_service_catalog::{CopyEnds, Fault, Faults, Version, World};
use testbed::lambda_faults::LambdaFault;
use testbed::state_machine::{Execution, ExecutionStatus, StateMachine};

/// Far above what any execution here takes, so that only one that hangs reaches it.
const PATIENCE: Duration = Duration::from_mins(2);

/// The bytes of input that AWS lets an execution have.
pub(super) const MOST_INPUT: usize = 256 << 10;

/// What a course has led to.
#[derive(Debug, Default)]
pub(super) struct Led {
    /// What was started, and then what that has started.
    pub(super) executions: Vec<Execution>,
    /// How many of them were started from here.
    pub(super) started: usize,
    /// Whether it went as the course says.
    pub(super) hit: bool,
    /// The versions of each source when its copy was asked for, by its ARN.
    pub(super) asked: BTreeMap<String, Vec<String>>,
}

/// A course that is being run.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    pub(super) hub: &'a Hub,
    pub(super) scenario: &'a Scenario,
    pub(super) functions: Vec<LambdaFault>,
    pub(super) has_random_tokens: bool,
    pub(super) machine: StateMachine,
    /// Members that every request has besides.
    pub(super) members: Value,
}

impl Runner<'_> {
    /// Runs it until every execution has ended, or has not for too long.
    pub(super) async fn run(&self, course: Course) -> Result<Led> {
        let script = self.hub.emulator.lambda_faults();
        script.script(&self.functions, self.has_random_tokens)?;
        match course {
            Course::Batch => return self.batches(1).await,
            Course::TwoBatches => return self.batches(2).await,
            _ => {}
        }
        let mut led = Led::default();
        let request = self.publish("VPC", &mut led);
        if let Course::LargeInput(bytes) = course {
            led.executions
                .extend(self.large_input(request, bytes).await?);
            led.hit = led.executions.is_empty() == (bytes > MOST_INPUT);
            return self.to_the_end(led).await;
        }
        let first = self.start(&event(&request, "first")).await?;
        led.executions.push(first.clone());
        match course {
            Course::Redriven(error) => {
                let end = first.end(PATIENCE).await?;
                led.hit = end.error() == Some(error);
                self.world(|it| it.faults = Faults::default());
                self.copies_over().await?;
                first.redrive().await?;
            }
            Course::Killed => {
                self.until(|it| {
                    it.calls
                        .iter()
                        .any(|call| matches!(call.fault, Some(Fault::Hang(_))))
                })
                .await?;
                self.hub.emulator.lambda_faults().kill()?;
            }
            Course::SameEvent(when) | Course::TwoEvents(when) => {
                match when {
                    When::AtOnce => {}
                    When::During => self.until(|it| it.accepted_copies() > 0).await?,
                    When::After => drop(first.end(PATIENCE).await),
                }
                led.hit = is_running(&first).await? != matches!(when, When::After);
                let is_same = matches!(course, Course::SameEvent(_));
                let again = event(&request, if is_same { "first" } else { "second" });
                led.executions.push(self.start(&again).await?);
            }
            Course::Stopped(operation, then) => {
                self.until(|it| !it.calls_of(operation).is_empty()).await?;
                first.stop().await?;
                led.hit = self.was_stopped_in(operation, &first).await?;
                self.copies_over().await?;
                match then {
                    Then::Redriven => first.redrive().await?,
                    Then::Anew => led
                        .executions
                        .push(self.start(&event(&request, "anew")).await?),
                }
            }
            Course::Published => {
                self.until(|it| it.accepted_copies() > 0).await?;
                let arn = request["SourceProductArn"].as_str().unwrap_or_default();
                let before = self.world(|it| {
                    it.publish(arn, Version::new("published meanwhile", "A version"));
                    it.calls_of(CopyProduct).len()
                });
                drop(first.end(PATIENCE).await);
                let after = self.world(|it| it.calls_of(CopyProduct).len());
                led.hit = before == 1 && after > before;
            }
            Course::TimedOut => {
                led.hit = first.end(PATIENCE).await?.status == ExecutionStatus::TimedOut;
            }
            Course::Once | Course::LargeInput(_) | Course::Batch | Course::TwoBatches => {}
        }
        self.to_the_end(led).await
    }

    /// Waits until nothing goes on any more.
    async fn to_the_end(&self, mut led: Led) -> Result<Led> {
        led.started = led.executions.len();
        for execution in &led.executions {
            // One that does not end is counted, not an error.
            drop(execution.end(PATIENCE).await);
        }
        self.hub.emulator.lambda_faults().idle().await?;
        self.copies_over().await?;
        Ok(led)
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
            self.world(|it| it.copies().iter().any(|copy| copy.has_arrived.is_none()))
        };
        Ok(is_in_time && execution.describe().await?.status == ExecutionStatus::Aborted)
    }

    async fn batches(&self, number: usize) -> Result<Led> {
        let mut led = Led::default();
        let products = ["VPC", "Database"]
            .map(|it| self.publish(it, &mut led))
            .map(|it| json!({ "SourceProductArn": it["SourceProductArn"] }));
        let targets = json!([
            { "Region": TARGET_REGION },
            { "Region": "eu-west-2" },
            target(&self.hub.external_id),
        ]);
        let input = json!({ "Products": products, "Targets": targets }).to_string();
        let machine = self.hub.stack.batch_machine()?;
        let copies = self.hub.stack.state_machine()?;
        let before = copies.executions().await?.len();
        for _ in 0..number {
            led.executions.push(machine.start(&input, None).await?);
        }
        led.hit = true;
        for execution in &led.executions {
            led.hit &= is_running(execution).await?;
        }
        let mut led = self.to_the_end(led).await?;
        let mut children = copies.executions().await?;
        children.truncate(children.len() - before);
        led.executions.extend(children);
        Ok(led)
    }

    fn publish(&self, name: &str, led: &mut Led) -> Value {
        let (mut request, asked) =
            self.world(|it| self.scenario.publish(it, name, &self.hub.external_id));
        led.asked.extend([asked]);
        for (member, value) in self.members.as_object().into_iter().flatten() {
            request[member] = value.clone();
        }
        request
    }

    async fn start(&self, input: &Value) -> Result<Execution> {
        self.machine.start(&input.to_string(), None).await
    }

    fn world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.hub.catalog.world())
    }

    /// Waits until every copy that arrives at all has.
    async fn copies_over(&self) -> Result<()> {
        self.until(|it| {
            let never = matches!(it.settings.copy_ends, CopyEnds::After(Duration::MAX));
            never || it.copies().iter().all(|copy| copy.has_arrived.is_some())
        })
        .await
    }

    async fn until(&self, is_so: impl Fn(&mut World) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.world(&is_so) {
            ensure!(
                Instant::now() < deadline,
                "what the course waits for does not come"
            );
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

async fn is_running(execution: &Execution) -> Result<bool> {
    Ok(execution.describe().await?.status == ExecutionStatus::Running)
}

/// The copy request as `EventBridge` hands it to the machine.
fn event(request: &Value, id: &str) -> Value {
    json!({ "id": id, "detail-type": "Copy Product Requested", "detail": request })
}
