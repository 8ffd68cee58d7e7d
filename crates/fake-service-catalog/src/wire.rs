use std::fmt;
use std::future;
use std::sync::{Arc, Mutex};

use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Moment::{AfterAcceptance, BeforeAcceptance};
use super::answer::{Answer, Refusal};
use super::dispatch::dispatch;
use super::protocol::{self, HttpResponse, Protocol};
use super::state::lock;
use super::{Call, FakeState, Fault, Outcome};

/// What is done with a connection on which a call came in.
enum Reply {
    Send(HttpResponse),
    Drop,
    Hang,
}

/// hyper closes the connection when the service fails.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

/// Serves until it is aborted, which takes all connections with it.
pub(super) async fn listen(listener: TcpListener, state: Arc<Mutex<FakeState>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let state = Arc::clone(&state);
        let service = service_fn(move |request| serve(Arc::clone(&state), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        connections.spawn(connection);
    }
}

async fn serve(
    state: Arc<Mutex<FakeState>>,
    request: Request<Incoming>,
) -> Result<HttpResponse, Dropped> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let protocol = Protocol::of(&head);
    let reply = match protocol.read(&head, &body) {
        Ok(request) => {
            // A task of its own, so that a call is done even when its caller has gone.
            let answer = tokio::spawn(in_time(state, protocol, request));
            answer.await.map_err(|_| Dropped)?
        }
        Err(refusal) => Reply::Send(protocol.refusal(&refusal)),
    };
    match reply {
        Reply::Send(response) => Ok(response),
        Reply::Drop => Err(Dropped),
        Reply::Hang => future::pending().await,
    }
}

async fn in_time(
    state: Arc<Mutex<FakeState>>,
    protocol: Protocol,
    request: protocol::Request,
) -> Reply {
    let fault = {
        let faults = &mut lock(&state).faults;
        faults.take(request.operation, &request.region)
    };
    if let Some(Fault::Slow(BeforeAcceptance, time)) = fault {
        sleep(time).await;
    }
    let reply = answer(&mut lock(&state), protocol, request, fault.clone());
    if let Some(Fault::Slow(AfterAcceptance, time)) = fault {
        sleep(time).await;
    }
    reply
}

fn answer(
    state: &mut FakeState,
    protocol: Protocol,
    request: protocol::Request,
    fault: Option<Fault>,
) -> Reply {
    let operation = request.operation;
    let caller = state.caller(&request.access_key, &request.region);
    let result = match &fault {
        Some(Fault::Error {
            status,
            code,
            message,
        }) => Err(Refusal {
            status: *status,
            ..Refusal::new(code, message)
        }),
        Some(Fault::Answer(members)) => Ok(Answer::not_done(members.clone())),
        Some(Fault::Reset(BeforeAcceptance) | Fault::Hang(BeforeAcceptance)) => {
            Ok(Answer::not_done(Value::Null))
        }
        _ => dispatch(operation, state, &caller, &request.members),
    };
    state.calls.push(Call {
        operation,
        place: caller.place,
        role_session_name: caller.role_session_name,
        request: request.members,
        answer: match &result {
            Ok(answer) => answer.members.clone(),
            Err(_) => Value::Null,
        },
        outcome: match &result {
            Ok(answer) => answer.outcome.clone(),
            Err(refusal) => Outcome::Refused(refusal.code.clone()),
        },
        fault: fault.clone(),
    });
    match (fault, result) {
        (Some(Fault::Reset(_)), _) => Reply::Drop,
        (Some(Fault::Hang(_)), _) => Reply::Hang,
        (Some(Fault::Malformed), _) => Reply::Send(protocol.malformed()),
        (_, Ok(answer)) => Reply::Send(protocol.answer(operation, &answer.members)),
        (_, Err(refusal)) => Reply::Send(protocol.refusal(&refusal)),
    }
}
