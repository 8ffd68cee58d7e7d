use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use anyhow::Result;
use serde_json::Value;

use super::runner::ScenarioResult;
use super::test_env::TestEnv;
use fake_service_catalog::{AcceptedCopy, Call, Fault, HUB_ACCOUNT, Place, Product, SPOKE_ACCOUNT};
use testbed::lambda_faults::Invocation;
use testbed::state_machine::{Execution, ExecutionStatus};
use testbed::table_faults::TableCall;

/// The states whose output is their input, which may hold an `ExternalId`.
const PASS_THROUGH: [&str; 2] = ["ReadInput", "RouteOnInput"];

/// What the fake and the engine saw of a run.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) executions: Vec<ObservedExecution>,
    pub(super) calls: Vec<Call>,
    pub(super) copies: Vec<AcceptedCopy>,
    pub(super) targets: Vec<(Place, Product)>,
    pub(super) invocations: Vec<Invocation>,
    /// The calls of the copies table, each with the fault that it met.
    pub(super) table_calls: Vec<(TableCall, Option<Fault>)>,
    pub(super) scenario_hit: bool,
    /// The versions of each source, by its ARN.
    pub(super) sources: BTreeMap<String, Vec<String>>,
    /// Those of them that existed when a copy was asked for.
    pub(super) asked: BTreeMap<String, Vec<String>>,
    /// Those of them that were taken away from the target again.
    pub(super) removed: BTreeSet<String>,
}

/// An execution at its end.
#[derive(Debug)]
pub(super) struct ObservedExecution {
    pub(super) status: ExecutionStatus,
    pub(super) ended: Option<SystemTime>,
    pub(super) request: Value,
    pub(super) output: Value,
    pub(super) error: String,
    pub(super) cause: String,
    pub(super) events: usize,
    /// The outputs of its tasks, and its own.
    pub(super) outputs: String,
    /// What its states pass to each other, but for `PASS_THROUGH`.
    pub(super) between_states: String,
    /// The error of each task that failed, and whether the task was tried again.
    pub(super) task_errors: Vec<(String, bool)>,
}

impl Evidence {
    pub(super) async fn collect(test_env: &TestEnv, result: &ScenarioResult) -> Result<Self> {
        let mut executions = Vec::new();
        for execution in &result.executions {
            executions.push(ObservedExecution::of(execution).await?);
        }
        let invocations = test_env.emulator.lambda_faults().invocations()?;
        let mut state = test_env.catalog.state();
        let arns = executions.iter().filter_map(|execution| execution.source());
        let sources = arns.map(|arn| {
            let product = state.product_mut(arn).cloned().unwrap_or_default();
            (arn.to_owned(), ids(&product))
        });
        Ok(Self {
            sources: sources.collect(),
            asked: result.asked.clone(),
            calls: state.calls.clone(),
            copies: state.copies(),
            targets: state.copied_products(),
            invocations,
            table_calls: test_env.emulator.table_faults().calls(),
            removed: result.removed.clone(),
            scenario_hit: result.hit,
            executions,
        })
    }

    /// How often a version is in a target, or is on its way there.
    pub(super) fn arrivals(&self, place: &Place, version: &str) -> usize {
        let on_its_way = self.copies_of(place, version);
        let on_its_way = on_its_way.filter(|copy| copy.has_arrived.is_none());
        self.in_target(place, version) + on_its_way.count()
    }

    /// Whether a version was in a target by then, and still is.
    pub(super) fn was_there(&self, place: &Place, version: &str, by: Option<SystemTime>) -> bool {
        let mut copies = self.copies_of(place, version).peekable();
        // What no copy has brought was in the target from the start, and so was what was taken away
        // and may have been copied after that only.
        let is_in_time = copies.peek().is_none()
            || self.removed.contains(version)
            || copies.any(|copy| copy.has_arrived == Some(true) && copy.ended <= by);
        is_in_time && self.in_target(place, version) > 0
    }

    fn in_target(&self, place: &Place, version: &str) -> usize {
        let here = self.targets.iter().filter(|(target, _)| target == place);
        let versions = here.flat_map(|(_, product)| &product.versions);
        let copies = versions.filter(|copied| copied.copied_from.as_deref() == Some(version));
        copies.count()
    }

    fn copies_of(&self, place: &Place, version: &str) -> impl Iterator<Item = &AcceptedCopy> {
        let here = self.copies.iter().filter(move |copy| copy.place == *place);
        here.filter(move |copy| self.brings(copy, version))
    }

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

impl ObservedExecution {
    async fn of(execution: &Execution) -> Result<Self> {
        let end = execution.describe().await?;
        let history = execution.history().await?;
        let json = |text: Option<&str>| -> Value {
            text.and_then(|it| serde_json::from_str(it).ok())
                .unwrap_or_default()
        };
        let mut input = json(end.input());
        let request = input.get_mut("detail").map_or(Value::Null, Value::take);
        let mut task_errors: Vec<(String, bool)> = Vec::new();
        let mut between_states = String::new();
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
                // What follows was started by hand, and is no retry.
                task_errors.push((String::new(), false));
            }
            outputs += event
                .task_succeeded_event_details()
                .and_then(|it| it.output())
                .unwrap_or_default();
            if let Some(exited) = event.state_exited_event_details()
                && !PASS_THROUGH.contains(&exited.name())
            {
                between_states += exited.output().unwrap_or_default();
            }
        }
        Ok(Self {
            status: end.status.clone(),
            ended: end.stop_date.and_then(|it| it.try_into().ok()),
            request: if request.is_null() { input } else { request },
            output: json(end.output()),
            error: end.error().unwrap_or_default().to_owned(),
            cause: end.cause().unwrap_or_default().to_owned(),
            events: history.len(),
            outputs,
            between_states,
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
