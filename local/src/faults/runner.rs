use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::course::{Course, Then, When};
use super::hub::Hub;
use super::scenario::{Scenario, TARGET_REGION, target};
use crate::lambda_faults::LambdaFault;
use crate::service_catalog::{CopyEnds, Fault, Faults, Version, World};
use crate::state_machine::{Execution, ExecutionStatus};

/// Far above what any execution here takes, so that only one that hangs reaches it.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a course has led to.
#[derive(Debug, Default)]
pub(super) struct Led {
    /// What was started, and then what that has started.
    pub(super) executions: Vec<Execution>,
    /// How many of them were started from here.
    pub(super) started: usize,
    /// Whether it went as the course says.
    pub(super) hit: bool,
}

/// A course that is being run.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    pub(super) hub: &'a Hub,
    pub(super) scenario: &'a Scenario,
    pub(super) functions: Vec<LambdaFault>,
    /// Members that every request has besides.
    pub(super) members: Value,
}

impl Runner<'_> {
    /// Runs it until every execution has ended, or has not for too long.
    pub(super) async fn run(&self, course: Course) -> Result<Led> {
        self.hub.emulator.lambda_faults().script(&self.functions)?;
        match course {
            Course::Batch => return self.batches(1).await,
            Course::TwoBatches => return self.batches(2).await,
            _ => {}
        }
        let mut request = self.publish("VPC");
        if matches!(course, Course::LargeInput) {
            request["TargetProductName"] = "x".repeat(300 << 10).into();
        }
        let again = match course {
            Course::TwoEvents(_) => event(&request, "second"),
            _ => event(&request, "first"),
        };
        let first = self.start(&event(&request, "first")).await?;
        let mut led = Led {
            executions: vec![first.clone()],
            started: 1,
            hit: true,
        };
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
                let is_running = first.describe().await?.status == ExecutionStatus::Running;
                led.hit = is_running != matches!(when, When::After);
                led.executions.push(self.start(&again).await?);
            }
            Course::Stopped(operation, then) => {
                self.until(|it| !it.calls_of(operation).is_empty()).await?;
                first.stop().await?;
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
                self.world(|it| it.publish(arn, Version::new("published meanwhile", "A version")));
            }
            Course::Once | Course::LargeInput | Course::Batch | Course::TwoBatches => {}
        }
        for execution in &led.executions {
            // One that does not end is counted, not an error.
            drop(execution.end(PATIENCE).await);
        }
        self.hub.emulator.lambda_faults().idle().await?;
        self.copies_over().await?;
        led.started = led.executions.len();
        Ok(led)
    }

    async fn batches(&self, number: usize) -> Result<Led> {
        let products = [self.publish("VPC"), self.publish("Database")]
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
        let mut led = Led {
            started: number,
            hit: true,
            ..Led::default()
        };
        for _ in 0..number {
            led.executions.push(machine.start(&input, None).await?);
        }
        for execution in &led.executions {
            drop(execution.end(PATIENCE).await);
        }
        self.hub.emulator.lambda_faults().idle().await?;
        self.copies_over().await?;
        let mut children = copies.executions().await?;
        children.truncate(children.len() - before);
        led.executions.extend(children);
        Ok(led)
    }

    fn publish(&self, name: &str) -> Value {
        let mut request = self.world(|it| self.scenario.publish(it, name, &self.hub.external_id));
        for (member, value) in self.members.as_object().into_iter().flatten() {
            request[member] = value.clone();
        }
        request
    }

    async fn start(&self, input: &Value) -> Result<Execution> {
        let machine = self.hub.stack.state_machine()?;
        machine.start(&input.to_string(), None).await
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

/// The copy request as `EventBridge` hands it to the machine.
fn event(request: &Value, id: &str) -> Value {
    json!({ "id": id, "detail-type": "Copy Product Requested", "detail": request })
}
