//! Runs the handlers as the state machine does, a state a step, with the `Retry` of the machine itself.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    mem,
    time::Duration,
};

use catalog_copy::{
    error::Error,
    functions::{
        Clients, check_status,
        finish_copy::{self, CopyFinished},
        start_copy,
    },
};
use lambda_runtime::{Context, LambdaEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio::time::sleep;

/// Longer than any copy takes: what every wait of the state machine waits here.
pub(crate) const LANDED: Duration = Duration::from_millis(4);

/// `DeadlineSeconds`.
const DEADLINE: i64 = 600;

/// Between two looks at what another execution does, or what is not ready.
const POLL: i64 = 120;

/// More steps than any execution takes.
const MOST_STEPS: u32 = 2000;

/// The execution's ARN up to its name.
const EXECUTIONS: &str = "arn:aws:states:us-east-1:111122223333:execution:CopyProduct";

/// Why an execution failed: the error's name.
pub(crate) type Failed = String;

thread_local! {
    static CLOCK: Cell<i64> = const { Cell::new(1_800_000_000) };
}

/// The time that the handlers see.
pub(crate) fn now() -> i64 {
    CLOCK.get()
}

/// Lets time pass without waiting for it.
pub(crate) fn pass(seconds: i64) {
    CLOCK.set(now() + seconds);
}

/// What each state tries again, and which executions there are.
pub(crate) struct Machine {
    retriers: BTreeMap<&'static str, Vec<Retrier>>,
    /// The status of each execution, as `DescribeExecution` answers it.
    statuses: RefCell<BTreeMap<String, &'static str>>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Retrier {
    error_equals: Vec<String>,
    interval_seconds: u32,
    max_attempts: u32,
}

/// How an execution has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) error: Option<Failed>,
    /// The output; also of one that failed because a version was not ready.
    pub(crate) finished: Option<CopyFinished>,
}

/// One execution.
pub(crate) struct Execution<'a> {
    clients: &'a Clients,
    machine: &'a Machine,
    id: String,
    request: Value,
    retries_at_once: bool,
    state: &'static str,
    retriers: Vec<Retrier>,
    /// Seconds to wait before the state is entered.
    wait: Option<i64>,
    deadline: i64,
    steps: u32,
    started: Value,
    started_by: String,
    status: Value,
    finished: Value,
    resume: Map<String, Value>,
    /// Whether no Task has succeeded since it was redriven.
    redriven: bool,
    ended: Option<Ended>,
}

impl Machine {
    pub(crate) fn read() -> Self {
        let text = include_str!("../../../statemachine/copy-product.asl.json");
        let machine: Value = serde_json::from_str(text).expect("is JSON");
        let states = ["StartCopy", "CheckStatus", "FinishCopy"];
        let retriers = states.map(|state| {
            let retriers = machine["States"][state]["Retry"].clone();
            (
                state,
                serde_json::from_value(retriers).expect("are retriers"),
            )
        });
        Self {
            retriers: retriers.into(),
            statuses: RefCell::default(),
        }
    }

    /// Starts an execution.
    pub(crate) fn start<'a>(
        &'a self,
        clients: &'a Clients,
        name: u64,
        request: &Value,
        retries_at_once: bool,
    ) -> Execution<'a> {
        let id = format!("{EXECUTIONS}:execution-{name}");
        self.statuses.borrow_mut().insert(id.clone(), "RUNNING");
        let mut execution = Execution {
            clients,
            machine: self,
            started_by: id.clone(),
            id,
            request: defined(request.clone()),
            retries_at_once,
            state: "",
            retriers: Vec::new(),
            wait: None,
            deadline: now() + DEADLINE,
            steps: 0,
            started: Value::Null,
            status: Value::Null,
            finished: Value::Null,
            resume: Map::new(),
            redriven: false,
            ended: None,
        };
        execution.enter("StartCopy");
        execution
    }

    /// What `DescribeExecution` answers once an execution was stopped.
    pub(crate) fn stopped(&self, id: &str) {
        self.end(id, "ABORTED");
    }

    fn end(&self, id: &str, status: &'static str) {
        self.statuses.borrow_mut().insert(id.to_owned(), status);
    }
}

impl Execution<'_> {
    /// Runs to the end.
    pub(crate) async fn run(&mut self) {
        while !self.has_ended() {
            self.step().await;
        }
    }

    /// Waits, or runs one state.
    pub(crate) async fn step(&mut self) {
        if let Some(seconds) = self.wait.take() {
            pass(seconds);
            if !self.retries_at_once {
                sleep(LANDED).await;
            }
            return;
        }
        let answer = match self.state {
            "DescribeHolder" => return self.describe_holder(),
            "StartCopy" => {
                let mut payload = self.request.clone();
                payload["ExecutionId"] = self.id.clone().into();
                payload["StartedBy"] = self.started_by.clone().into();
                payload["Resume"] = self.resume.clone().into();
                answer(Box::pin(start_copy::handle(self.clients, event(payload))).await)
            }
            "CheckStatus" => {
                let payload = defined(json!({
                    "CopyProductToken": self.started["CopyProductToken"],
                    "SourceProductArn": self.request["SourceProductArn"],
                    "Target": self.request["Target"],
                    "TakenUp": self.is_taken_up(),
                    "ExecutionId": self.id,
                }));
                let Clients {
                    catalog, targets, ..
                } = self.clients;
                answer(Box::pin(check_status::handle(catalog, targets, event(payload))).await)
            }
            _ => {
                let payload = json!({
                    "Request": self.request,
                    "Started": self.started,
                    "Status": self.status,
                    "CopyProductToken": self.started["CopyProductToken"],
                    "Finished": self.finished,
                    "ExecutionId": self.id,
                });
                answer(Box::pin(finish_copy::handle(self.clients, event(payload))).await)
            }
        };
        self.steps += 1;
        match answer {
            Err(error) => self.retry(error),
            Ok(_) if self.steps > MOST_STEPS => self.end(Some("is stuck"), Value::Null),
            Ok(answer) => self.route(answer),
        }
    }

    /// What the state's `Retry` does about an error.
    #[allow(clippy::needless_pass_by_value)] // It has ended.
    pub(crate) fn retry(&mut self, error: Failed) {
        let mut retriers = self.retriers.iter_mut();
        let retrier = retriers.find(|it| it.error_equals.contains(&error));
        match retrier {
            Some(retrier) if retrier.max_attempts > 0 => {
                retrier.max_attempts -= 1;
                let long = retrier.interval_seconds >= 60;
                self.wait = long.then(|| retrier.interval_seconds.into());
            }
            _ => self.end(Some(&error), Value::Null),
        }
    }

    /// `StopExecution`.
    pub(crate) fn stop(&mut self) {
        self.machine.stopped(&self.id);
        let error = Some("stopped".to_owned());
        let finished = None;
        self.ended = Some(Ended { error, finished });
    }

    pub(crate) fn set_token(&mut self, token: String) {
        self.request["IdempotencyToken"] = token.into();
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.wait.is_some()
    }

    pub(crate) fn end_of_it(&self) -> Ended {
        self.ended.clone().expect("has ended")
    }

    fn is_taken_up(&self) -> bool {
        self.started.get("TakenUpFrom").is_some()
    }

    fn route(&mut self, answer: Value) {
        let has = |name: &str| answer.get(name).is_some();
        let redriven = mem::take(&mut self.redriven);
        match self.state {
            "CheckStatus"
                if redriven && (self.is_taken_up() || self.started.get("Lease").is_some()) =>
            {
                self.resume.clear();
                self.enter("StartCopy");
            }
            "StartCopy" => {
                let without = self.resume.remove("WithoutNotReady");
                self.resume.clear();
                self.resume
                    .extend(without.map(|it| ("WithoutNotReady".to_owned(), it)));
                self.started = answer.clone();
                if has("HeldBy") {
                    self.enter("DescribeHolder");
                } else if let Some(seconds) = answer["RetryAfterSeconds"].as_i64() {
                    let not_ready = has("NotReadyVersions");
                    if not_ready && now() >= self.deadline {
                        self.resume
                            .insert("WithoutNotReady".to_owned(), true.into());
                    } else {
                        self.wait = Some(if not_ready { POLL } else { seconds });
                    }
                    self.enter("StartCopy");
                } else if has("CopyProductToken") {
                    self.deadline = now() + DEADLINE;
                    self.wait = Some(1);
                    self.enter("CheckStatus");
                } else if answer["CopyProductStatus"] == "SUCCEEDED" {
                    self.enter("FinishCopy");
                } else {
                    self.end(Some("UnexpectedAnswer"), Value::Null);
                }
            }
            "CheckStatus" => self.route_on_status(answer),
            _ => {
                self.finished = answer.clone();
                if has("PendingPortfolioIds") {
                    self.enter("FinishCopy");
                } else if self.started.get("NotReadyVersions").is_some() {
                    self.end(Some("VersionNotReady"), answer);
                } else {
                    self.end(None, answer);
                }
            }
        }
    }

    fn route_on_status(&mut self, answer: Value) {
        let status = answer["CopyProductStatus"].as_str().unwrap_or_default();
        if self.is_taken_up() && answer["NotFound"] == true {
            let token = answer["CopyProductToken"].clone();
            self.resume.insert("CopyNotFound".to_owned(), token);
            self.enter("StartCopy");
        } else if self.is_taken_up() && status != "IN_PROGRESS" {
            self.resume.insert("CopyEnded".to_owned(), answer);
            self.enter("StartCopy");
        } else if status == "SUCCEEDED" && self.started.get("CopiedVersions").is_some() {
            self.status = answer;
            self.enter("FinishCopy");
        } else if status == "SUCCEEDED" {
            self.end(None, Value::Null);
        } else if status == "FAILED" {
            self.resume = Map::from_iter([("CopyEnded".to_owned(), answer)]);
            self.end(Some("CopyFailed"), Value::Null);
        } else {
            self.wait = Some(1);
            self.enter("CheckStatus");
        }
    }

    /// `DescribeHolder` and what follows.
    fn describe_holder(&mut self) {
        let holder = self.started["HeldBy"].as_str().expect("names the holder");
        let status = self.machine.statuses.borrow().get(holder).copied();
        if status != Some("RUNNING") {
            self.resume.insert("HolderEnded".to_owned(), holder.into());
            self.enter("StartCopy");
        } else if now() >= self.deadline {
            self.end(Some("TargetBusy"), Value::Null);
        } else {
            self.wait = Some(10);
        }
    }

    /// `RedriveExecution`: the failed Task again; what `FailCopy` has ended goes on at `StartCopy`.
    pub(crate) fn redrive(&mut self) {
        let error = self.ended.take().and_then(|it| it.error);
        self.machine.end(&self.id, "RUNNING");
        self.redriven = true;
        self.deadline = now() + DEADLINE;
        let of_fail_copy = ["CopyFailed", "TargetBusy", "VersionNotReady"];
        if error.is_some_and(|error| of_fail_copy.contains(&error.as_str())) {
            self.started_by.push_str(" redriven");
            self.enter("StartCopy");
        } else {
            self.enter(self.state);
        }
    }

    fn enter(&mut self, state: &'static str) {
        self.state = state;
        let retriers = self.machine.retriers.get(state);
        self.retriers = retriers.cloned().unwrap_or_default();
    }

    fn end(&mut self, error: Option<&str>, output: Value) {
        let status = if error.is_some() {
            "FAILED"
        } else {
            "SUCCEEDED"
        };
        self.machine.end(&self.id, status);
        self.ended = Some(Ended {
            error: error.map(str::to_owned),
            finished: serde_json::from_value(output).expect("is an output"),
        });
    }
}

fn answer<T: Serialize>(answer: Result<T, Error>) -> Result<Value, Failed> {
    let answer = answer.map_err(|error| error.name())?;
    Ok(serde_json::to_value(answer).expect("serializes"))
}

/// Without the members that `JSONata` would leave out.
fn defined(mut value: Value) -> Value {
    let members = value.as_object_mut().expect("is an object");
    members.retain(|_, member| !member.is_null());
    value
}

fn event(payload: Value) -> LambdaEvent<Value> {
    LambdaEvent::new(payload, Context::default())
}
