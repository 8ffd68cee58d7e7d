//! Amazon `DynamoDB` in memory: an HTTP client for the SDK, with faults.
//!
//! It has one table, and knows `GetItem`, `PutItem` and `UpdateItem` with what stands in their
//! condition and update expressions here. What it does not know it refuses.

mod expression;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::{self, Debug},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use tokio::sync::Notify;

use expression::Expression;
pub use expression::{Item, filter, update};

/// A table in memory. Its clones are the same table.
#[derive(Clone)]
pub struct DynamoDb {
    key: [&'static str; 2],
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    items: BTreeMap<[String; 2], Item>,
    faults: VecDeque<Option<Fault>>,
    calls: Vec<Call>,
    paused: Arc<Notify>,
    resumed: Arc<Notify>,
}

/// A call that arrived, whatever came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// `UpdateItem`.
    pub operation: String,
    /// Its members.
    pub request: Value,
}

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done, and the answer is this HTTP status with this code.
    Error(u16, &'static str),
    /// The connection breaks before the call is done.
    LostBefore,
    /// The call is done, and the connection breaks before the answer has come.
    LostAfter,
    /// The call waits for [`DynamoDb::resume`], and is done then.
    PausedBefore,
    /// The call is done, and the answer waits for [`DynamoDb::resume`].
    PausedAfter,
}

impl Fault {
    /// A call above the table's rate.
    pub const THROTTLED: Self = Self::Error(400, "ThrottlingException");
    /// A fault of the service.
    pub const FAILED: Self = Self::Error(500, "InternalServerError");
}

impl DynamoDb {
    /// An empty table with these two attributes for a key.
    #[must_use]
    pub fn with_key(key: [&'static str; 2]) -> Self {
        let state = Arc::default();
        Self { key, state }
    }

    /// Sends the calls of an SDK client here.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Forgets items, faults and calls.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    /// Queues what happens to the next call that nothing is queued for; `None` is nothing.
    pub fn next_call(&self, fault: impl Into<Option<Fault>>) {
        self.state().faults.push_back(fault.into());
    }

    /// Forgets the faults that were not met.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// The calls so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// All items.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        self.state().items.values().cloned().collect()
    }

    /// The item with this key.
    #[must_use]
    pub fn item(&self, key: [&str; 2]) -> Option<Item> {
        self.state().items.get(&key.map(str::to_owned)).cloned()
    }

    /// Puts an item there as it is, in the place of one with its key.
    ///
    /// # Panics
    /// Where the item lacks its key.
    pub fn put(&self, item: Value) {
        let Value::Object(item) = item else {
            panic!("{item} is no item")
        };
        let part = |name: &str| item[name]["S"].as_str().map(str::to_owned);
        let key = self.key.map(|name| part(name).expect("the key is text"));
        self.state().items.insert(key, item);
    }

    /// Deletes all items that are to go.
    pub fn delete(&self, mut goes: impl FnMut(&Item) -> bool) {
        self.state().items.retain(|_, item| !goes(item));
    }

    /// Comes back once a call is paused.
    pub async fn paused(&self) {
        let paused = Arc::clone(&self.state().paused);
        paused.notified().await;
    }

    /// Lets the paused call go on.
    pub fn resume(&self) {
        self.state().resumed.notify_one();
    }

    /// Does a call: the HTTP status of its answer, and the answer.
    #[must_use]
    pub fn apply(&self, call: &Call) -> (u16, Value) {
        match self.state().apply(self.key, call) {
            Ok(members) => (200, members),
            Err(refused) => (400, refused),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_fault(&self) -> Option<Fault> {
        self.state().faults.pop_front().flatten()
    }

    async fn pause(&self) {
        let resumed = {
            let state = self.state();
            state.paused.notify_one();
            Arc::clone(&state.resumed)
        };
        resumed.notified().await;
    }

    async fn answer(self, call: Call) -> Result<HttpResponse, ConnectorError> {
        let lost = || ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into());
        let fault = self.take_fault();
        self.state().calls.push(call.clone());
        match fault {
            Some(Fault::LostBefore) => return Err(lost()),
            Some(Fault::Error(status, code)) => {
                return Ok(response(status, &refusal(code, "scripted")));
            }
            Some(Fault::PausedBefore) => self.pause().await,
            _ => {}
        }
        let (status, members) = self.apply(&call);
        match fault {
            Some(Fault::LostAfter) => return Err(lost()),
            Some(Fault::PausedAfter) => self.pause().await,
            _ => {}
        }
        Ok(response(status, &members))
    }
}

impl State {
    fn apply(&mut self, key: [&str; 2], call: &Call) -> Result<Value, Value> {
        let request = &call.request;
        let invalid = |reason: &str| refusal("ValidationException", reason);
        let given = match call.operation.as_str() {
            "GetItem" | "UpdateItem" => &request["Key"],
            "PutItem" => &request["Item"],
            operation => return Err(refusal("UnknownOperationException", operation)),
        };
        let part = |name: &str| given[name]["S"].as_str().map(str::to_owned);
        let (Some(first), Some(second)) = (part(key[0]), part(key[1])) else {
            return Err(invalid("the key has two attributes, both of them text"));
        };
        let at = [first, second];
        let old = self.items.get(&at).cloned();
        if call.operation == "GetItem" {
            return Ok(old.map_or_else(|| json!({}), |item| json!({ "Item": item })));
        }

        let expression = Expression::new(request);
        let unchanged = old.clone().unwrap_or_default();
        let holds = expression.condition(&unchanged);
        let new = if call.operation == "PutItem" {
            Ok(given.as_object().cloned().unwrap_or_default())
        } else {
            let mut item = unchanged.clone();
            item.extend(given.as_object().cloned().unwrap_or_default());
            expression.update(&item)
        };
        let new = new.map_err(|reason| invalid(&reason))?;
        let holds = holds.map_err(|reason| invalid(&reason))?;
        expression.all_used().map_err(|reason| invalid(&reason))?;
        if !holds {
            let mut refused = refusal(
                "ConditionalCheckFailedException",
                "The conditional request failed",
            );
            if request["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
                && let Some(old) = old
            {
                refused["Item"] = old.into();
            }
            return Err(refused);
        }
        self.items.insert(at, new.clone());
        Ok(match request["ReturnValues"].as_str() {
            Some("ALL_NEW") => json!({ "Attributes": new }),
            _ => json!({}),
        })
    }
}

impl HttpConnector for DynamoDb {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let request = serde_json::from_slice(body).unwrap_or_default();
        HttpConnectorFuture::new(self.clone().answer(Call { operation, request }))
    }
}

impl HttpClient for DynamoDb {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl Debug for DynamoDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDb").finish_non_exhaustive()
    }
}

fn refusal(code: &str, message: &str) -> Value {
    json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message })
}

fn response(status: u16, members: &Value) -> HttpResponse {
    let status = status.try_into().expect("is a status");
    HttpResponse::new(status, SdkBody::from(members.to_string()))
}
