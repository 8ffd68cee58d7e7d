//! Every AWS service at once, as bad as it can be.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

use super::{
    answers::{Hostile, good},
    http::{Request, answer},
};

/// A service that answers as it is told.
pub(super) struct Service {
    pub(super) endpoint: String,
    state: Arc<Mutex<State>>,
    /// How often a redirect to another host was followed.
    pub(super) followed: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

/// How the calls of one invocation are answered.
#[derive(Debug, Default)]
pub(super) struct State {
    /// What every object in S3 holds; absent: there is none.
    pub(super) object: Option<Vec<u8>>,
    /// The answer to calls from this one on; those before it get a good one. Absent: a refusal.
    pub(super) hostile: Option<(usize, Hostile)>,
    /// The names of the calls made.
    pub(super) calls: Vec<String>,
    /// The hostile answers given.
    pub(super) given: usize,
}

impl Service {
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let elsewhere = TcpListener::bind(("127.0.0.1", 0)).await?;
        let other = format!("http://{}/", elsewhere.local_addr()?);
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state: Arc<Mutex<State>> = Arc::default();
        let followed: Arc<AtomicUsize> = Arc::default();
        let mut tasks = JoinSet::new();
        let counter = Arc::clone(&followed);
        tasks.spawn(async move {
            while elsewhere.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let shared = Arc::clone(&state);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (state, other) = (Arc::clone(&shared), other.clone());
                connections.spawn(async move {
                    let _ = serve(stream, &state, &other).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self {
            endpoint,
            state,
            followed,
            _tasks: tasks,
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>, other: &str) -> Result<()> {
    let Some(request) = Request::read(&mut stream).await? else {
        return Ok(());
    };
    let name = name_of(&request);
    let (hostile, object) = {
        let mut state = lock(state);
        state.calls.push(name.clone());
        let number = state.calls.len() - 1;
        let hostile = state.hostile.clone();
        let is_hostile = |from: &usize| number >= *from;
        let is_now = hostile.as_ref().is_some_and(|(from, _)| is_hostile(from));
        state.given += usize::from(is_now);
        (
            hostile.map(|(_, it)| is_now.then_some(it)),
            state.object.clone(),
        )
    };
    if let Some(Some(hostile)) = hostile {
        return send(&mut stream, &hostile, other).await;
    }
    let bytes = match (name.as_str(), object) {
        ("GetObject", Some(object)) => answer(200, "", &object),
        ("GetObject", None) => answer(404, "", b"<Error><Code>NoSuchKey</Code></Error>"),
        ("PutObject", _) => answer(200, "", b""),
        _ if hostile.is_some() => answer(200, "", good(&name).as_bytes()),
        _ => answer(400, "", br#"{"__type":"ResourceNotFoundException"}"#),
    };
    stream.write_all(&bytes).await?;
    Ok(())
}

async fn send(stream: &mut TcpStream, hostile: &Hostile, other: &str) -> Result<()> {
    let open = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
    match hostile {
        Hostile::Bytes(bytes) => stream.write_all(bytes).await?,
        Hostile::Redirect(status) => {
            let headers = format!("location: {other}\r\n");
            stream.write_all(&answer(*status, &headers, b"")).await?;
        }
        Hostile::Endless => {
            stream.write_all(open).await?;
            let chunk = vec![b'['; 1 << 20];
            for _ in 0..256 {
                stream.write_all(&chunk).await?;
            }
        }
        Hostile::Drip => {
            stream.write_all(open).await?;
            loop {
                stream.write_all(b" ").await?;
                sleep(Duration::from_secs(1)).await;
            }
        }
        Hostile::Silence => sleep(Duration::from_mins(5)).await,
        Hostile::Pages => {
            let page: String = (0..16).map(|_| fastrand::alphanumeric()).collect();
            let body = format!(r#"{{"NextPageToken":"{page}"}}"#);
            stream.write_all(&answer(200, "", body.as_bytes())).await?;
        }
    }
    Ok(())
}

/// The operation that was called.
fn name_of(request: &Request) -> String {
    if let Some(target) = request.header("x-amz-target") {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    match request.method.as_str() {
        "GET" => "GetObject",
        "PUT" => "PutObject",
        _ => "AssumeRole",
    }
    .to_owned()
}
