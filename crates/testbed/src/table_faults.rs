//! A proxy between the functions and the emulator's `DynamoDB`, which makes what goes wrong with the
//! copies table.

use std::{
    fmt, future, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    client::conn::http1 as client,
    http::request::Parts,
    server::conn::http1 as server,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use fake_service_catalog::{
    Fault,
    Moment::{AfterAcceptance, BeforeAcceptance},
};

/// A call of the copies table, by what its expression says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableCall {
    /// Takes the lease.
    Take,
    /// Notes a call of `CopyProduct` before it is made.
    NoteCall,
    /// Notes the `CopyProductToken`.
    NoteToken,
    /// Forgets a call that was refused.
    ForgetCall,
    /// Notes what is known, and releases the lease.
    Finish,
    /// Claims a target product.
    Claim,
    /// Reads an item.
    Read,
}

/// Scripts the faults of an emulator's copies tables, and knows the calls that the functions made.
#[derive(Debug)]
pub struct TableFaults {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    server: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    scripted: Vec<Scripted>,
    forgets: bool,
    calls: Vec<(TableCall, Option<Fault>)>,
    requests: Vec<(String, Value)>,
}

#[derive(Debug)]
struct Scripted {
    call: TableCall,
    fault: Fault,
    times: usize,
}

type Answer = Response<Full<Bytes>>;

/// hyper closes the connection when the service fails.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

impl TableCall {
    /// All that write in a copy that succeeds, in their order.
    pub const WRITES: [Self; 5] = [
        Self::Take,
        Self::NoteCall,
        Self::NoteToken,
        Self::Claim,
        Self::Finish,
    ];

    fn of(operation: &str, request: &Value) -> Option<Self> {
        let update = request["UpdateExpression"].as_str().unwrap_or_default();
        let updates = [
            ("ADD LeaseNumber", Self::Take),
            ("SET CalledBy", Self::NoteCall),
            ("SET CopyProductToken", Self::NoteToken),
            ("SET TargetProductIds", Self::Finish),
            ("REMOVE CalledBy", Self::ForgetCall),
        ];
        match operation {
            "GetItem" => Some(Self::Read),
            "PutItem" => Some(Self::Claim),
            "UpdateItem" => updates
                .iter()
                .find(|(words, _)| update.contains(words))
                .map(|(_, call)| *call),
            _ => None,
        }
    }
}

impl TableFaults {
    /// Starts a proxy on a port of its own in front of the emulator at `behind`.
    pub(crate) async fn start(behind: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::default();
        Ok(Self {
            address,
            server: tokio::spawn(listen(listener, behind, Arc::clone(&state))),
            state,
        })
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next `times` calls of a kind meet a fault, after those scripted before.
    pub fn next_calls(&self, call: TableCall, fault: Fault, times: usize) {
        let scripted = Scripted { call, fault, times };
        lock(&self.state).scripted.push(scripted);
    }

    /// Whether a table knows nothing of a copy whenever its lease is taken.
    pub fn forgets(&self, forgets: bool) {
        lock(&self.state).forgets = forgets;
    }

    /// Nothing goes wrong any more.
    pub fn end(&self) {
        lock(&self.state).scripted.clear();
    }

    /// The same, and the calls so far are forgotten.
    pub fn reset(&self) {
        *lock(&self.state) = State::default();
    }

    /// The requests since this was last asked, each with its operation.
    #[must_use]
    pub fn take_requests(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut lock(&self.state).requests)
    }

    /// The calls so far, each with the fault that it met.
    #[must_use]
    pub fn calls(&self) -> Vec<(TableCall, Option<Fault>)> {
        lock(&self.state).calls.clone()
    }
}

impl Drop for TableFaults {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    /// Notes a call, and answers with the fault that it meets.
    fn take(&mut self, call: TableCall) -> Option<Fault> {
        let mut scripted = self.scripted.iter_mut();
        let due = scripted.find(|it| it.call == call && it.times > 0);
        let fault = due.map(|scripted| {
            scripted.times -= 1;
            scripted.fault.clone()
        });
        self.calls.push((call, fault.clone()));
        fault
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: TcpListener, behind: SocketAddr, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let state = Arc::clone(&state);
        let service = service_fn(move |request| serve(behind, Arc::clone(&state), request));
        connections.spawn(server::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn serve(
    behind: SocketAddr,
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Answer, Dropped> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    // A task of its own, so that a call is passed on even when its caller has gone.
    let answer = tokio::spawn(answer(behind, state, head, body));
    match answer.await.map_err(|_| Dropped)? {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => future::pending().await,
        Err(_) => Err(Dropped),
    }
}

/// The answer to a call; `None`: it never comes.
async fn answer(
    behind: SocketAddr,
    state: Arc<Mutex<State>>,
    head: Parts,
    body: Bytes,
) -> Result<Option<Answer>> {
    let target = head.headers.get("x-amz-target");
    let target = target.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let call = TableCall::of(&operation, &request);
    let asked = (operation.clone(), request.clone());
    lock(&state).requests.push(asked);
    let fault = call.and_then(|call| lock(&state).take(call));
    if call == Some(TableCall::Take) && lock(&state).forgets {
        let key = json!({ "TableName": request["TableName"], "Key": request["Key"] });
        let mut delete = head.clone();
        let target = target.replace(&operation, "DeleteItem");
        delete.headers.insert("x-amz-target", target.parse()?);
        delete.headers.remove("content-length");
        pass_on(behind, delete, key.to_string().into()).await?;
    }
    match &fault {
        Some(Fault::Error { status, code, .. }) => return error(*status, code).map(Some),
        Some(Fault::Reset(BeforeAcceptance)) => return Err(Dropped.into()),
        Some(Fault::Hang(BeforeAcceptance)) => return Ok(None),
        Some(Fault::Slow(BeforeAcceptance, time)) => sleep(*time).await,
        _ => {}
    }
    let answer = pass_on(behind, head, body).await?;
    match fault {
        Some(Fault::Reset(AfterAcceptance)) => return Err(Dropped.into()),
        Some(Fault::Hang(AfterAcceptance)) => return Ok(None),
        Some(Fault::Slow(AfterAcceptance, time)) => sleep(time).await,
        _ => {}
    }
    Ok(Some(answer))
}

async fn pass_on(behind: SocketAddr, head: Parts, body: Bytes) -> Result<Answer> {
    let stream = TcpStream::connect(behind).await?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = Request::from_parts(head, Full::new(body));
    let (mut head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await.context("the answer breaks off")?;
    head.headers.remove("transfer-encoding");
    Ok(Response::from_parts(head, Full::new(body.to_bytes())))
}

fn error(status: u16, code: &str) -> Result<Answer> {
    let body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "Scripted by a test.",
    });
    let answer = Response::builder()
        .status(StatusCode::from_u16(status)?)
        .header("content-type", "application/x-amz-json-1.0");
    Ok(answer.body(Full::from(body.to_string()))?)
}
