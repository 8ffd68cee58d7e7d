use std::collections::BTreeMap;
use std::time::SystemTime;

use anyhow::Result;
use serde_json::Value;

use super::hub::Hub;
use super::runner::Led;
use fake_service_catalog::{AcceptedCopy, Call, HUB_ACCOUNT, Place, Product, SPOKE_ACCOUNT};
use testbed::lambda_faults::Invocation;
use testbed::state_machine::{Execution, ExecutionStatus};

/// The states whose output is their input, with the `ExternalId` that may be in it.
const HAND_ON: [&str; 2] = ["ReadInput", "RouteOnInput"];

/// What the fake and the engine saw of a run.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) executions: Vec<Seen>,
    pub(super) calls: Vec<Call>,
    pub(super) copies: Vec<AcceptedCopy>,
    pub(super) targets: Vec<(Place, Product)>,
    pub(super) invocations: Vec<Invocation>,
    pub(super) course_hit: bool,
    /// The versions of each source, by its ARN.
    pub(super) sources: BTreeMap<String, Vec<String>>,
    /// Those of them that were there when a copy was asked for.
    pub(super) asked: BTreeMap<String, Vec<String>>,
}

/// An execution at its end.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) status: ExecutionStatus,
    pub(super) ended: Option<SystemTime>,
    /// The event, else the execution that started it, else it itself.
    pub(super) started_by: String,
    pub(super) request: Value,
    pub(super) output: Value,
    pub(super) error: String,
    pub(super) cause: String,
    pub(super) events: usize,
    /// What its tasks and it have answered.
    pub(super) outputs: String,
    /// What its states give each other, but for those that hand the input on.
    pub(super) between: String,
    /// The error of each task that failed, and whether the task was tried again.
    pub(super) task_errors: Vec<(String, bool)>,
}

impl Evidence {
    pub(super) async fn collect(hub: &Hub, led: &Led) -> Result<Self> {
        let mut executions = Vec::new();
        for execution in &led.executions {
            executions.push(Seen::of(execution).await?);
        }
        let invocations = hub.emulator.lambda_faults().invocations()?;
        let mut world = hub.catalog.world();
        let arns = executions.iter().filter_map(|it| it.source());
        let sources = arns.map(|arn| {
            let product = world.product_mut(arn).cloned().unwrap_or_default();
            (arn.to_owned(), ids(&product))
        });
        Ok(Self {
            sources: sources.collect(),
            asked: led.asked.clone(),
            calls: world.calls.clone(),
            copies: world.copies(),
            targets: world.copied_products(),
            invocations,
            course_hit: led.hit,
            executions,
        })
    }

    /// How often a version is in a target, or is on its way there.
    pub(super) fn arrivals(&self, place: &Place, version: &str) -> usize {
        let on_its_way = self.copies_of(place, version);
        let on_its_way = on_its_way.filter(|it| it.has_arrived.is_none());
        self.there(place, version) + on_its_way.count()
    }

    /// Whether a version was in a target by then, and still is.
    pub(super) fn was_there(&self, place: &Place, version: &str, by: Option<SystemTime>) -> bool {
        let mut copies = self.copies_of(place, version).peekable();
        // What no copy brings was there before.
        let is_in_time = copies.peek().is_none()
            || copies.any(|it| it.has_arrived == Some(true) && it.ended <= by);
        is_in_time && self.there(place, version) > 0
    }

    fn there(&self, place: &Place, version: &str) -> usize {
        let here = self.targets.iter().filter(|(it, _)| it == place);
        let versions = here.flat_map(|(_, product)| &product.versions);
        let there = versions.filter(|it| it.copied_from.as_deref() == Some(version));
        there.count()
    }

    fn copies_of(&self, place: &Place, version: &str) -> impl Iterator<Item = &AcceptedCopy> {
        let here = self.copies.iter().filter(move |it| it.place == *place);
        here.filter(move |it| self.brings(it, version))
    }

    /// Whether a copy brings a version.
    fn brings(&self, copy: &AcceptedCopy, version: &str) -> bool {
        self.versions(copy).iter().any(|it| it == version)
    }

    /// The versions that a copy brings.
    pub(super) fn versions(&self, copy: &AcceptedCopy) -> Vec<String> {
        if let Some(all) = copy.request["SourceProvisioningArtifactIdentifiers"].as_array() {
            let ids = all.iter().filter_map(|it| it["Id"].as_str());
            return ids.map(str::to_owned).collect();
        }
        let arn = copy.request["SourceProductArn"].as_str();
        let all = self.sources.get(arn.unwrap_or_default());
        all.cloned().unwrap_or_default()
    }
}

fn ids(product: &Product) -> Vec<String> {
    product.versions.iter().map(|it| it.id.clone()).collect()
}

impl Seen {
    async fn of(execution: &Execution) -> Result<Self> {
        let end = execution.describe().await?;
        let history = execution.history().await?;
        let json = |text: Option<&str>| -> Value {
            text.and_then(|it| serde_json::from_str(it).ok())
                .unwrap_or_default()
        };
        let mut input = json(end.input());
        let id = input["id"].as_str();
        let started_by = id
            .or(input["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"].as_str())
            .unwrap_or(execution.arn())
            .to_owned();
        let request = input.get_mut("detail").map_or(Value::Null, Value::take);
        let mut task_errors: Vec<(String, bool)> = Vec::new();
        let mut between = String::new();
        let mut outputs = end.output().unwrap_or_default().to_owned();
        for event in &history {
            if let Some(failed) = event.task_failed_event_details() {
                task_errors.push((failed.error().unwrap_or_default().to_owned(), false));
            }
            if event.task_scheduled_event_details().is_some()
                && let Some(last) = task_errors.last_mut()
            {
                last.1 = true;
            }
            if event.execution_redriven_event_details().is_some() {
                // What comes next is a person's decision.
                task_errors.push((String::new(), false));
            }
            outputs += event
                .task_succeeded_event_details()
                .and_then(|it| it.output())
                .unwrap_or_default();
            if let Some(exited) = event.state_exited_event_details()
                && !HAND_ON.contains(&exited.name())
            {
                between += exited.output().unwrap_or_default();
            }
        }
        Ok(Self {
            status: end.status.clone(),
            ended: end.stop_date.and_then(|it| it.try_into().ok()),
            started_by,
            request: if request.is_null() { input } else { request },
            output: json(end.output()),
            error: end.error().unwrap_or_default().to_owned(),
            cause: end.cause().unwrap_or_default().to_owned(),
            events: history.len(),
            outputs,
            between,
            task_errors,
        })
    }

    /// The product that it copies, if it copies one.
    pub(super) fn source(&self) -> Option<&str> {
        self.request["SourceProductArn"].as_str()
    }

    /// Where it copies to.
    pub(super) fn place(&self) -> Place {
        let target = &self.request["Target"];
        let account = if target["RoleArn"].is_string() {
            SPOKE_ACCOUNT
        } else {
            HUB_ACCOUNT
        };
        Place::new(
            account,
            target["Region"].as_str().unwrap_or(testbed::sdk::REGION),
        )
    }

    pub(super) fn has_succeeded(&self) -> bool {
        self.status == ExecutionStatus::Succeeded
    }
}
