use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpListener,
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinSet,
    time::timeout,
};

/// How long a function may take for anything, under callgrind too.
const TIMEOUT: Duration = Duration::from_mins(3);

/// Lambda's Runtime API for one function.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    events: UnboundedSender<String>,
    reports: UnboundedReceiver<Report>,
    _server: JoinSet<()>,
}

/// What a function has sent.
#[derive(Debug)]
enum Report {
    /// It asked for the next event.
    Asked(Instant),
    Answered(Answer),
}

/// How a function answered an event.
#[derive(Debug)]
pub(super) struct Answer {
    /// From when it got the event until its answer was here.
    pub(super) took: Duration,
    pub(super) at: Instant,
    pub(super) body: String,
}

struct Service {
    events: Mutex<UnboundedReceiver<String>>,
    reports: UnboundedSender<Report>,
    delivered: StdMutex<Instant>,
}

impl RuntimeApi {
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (events, to_deliver) = unbounded_channel();
        let (sender, reports) = unbounded_channel();
        let service = Arc::new(Service {
            events: Mutex::new(to_deliver),
            reports: sender,
            delivered: StdMutex::new(Instant::now()),
        });
        let mut server = JoinSet::new();
        server.spawn(listen(listener, service));
        Ok(Self {
            address,
            events,
            reports,
            _server: server,
        })
    }

    /// When the function asks for its next event.
    pub(super) async fn asked(&mut self) -> Result<Instant> {
        match self.report().await? {
            Report::Asked(at) => Ok(at),
            Report::Answered(answer) => {
                anyhow::bail!("an answer without an event: {}", answer.body)
            }
        }
    }

    /// Gives the function the event it has asked for.
    pub(super) async fn invoke(&mut self, event: &str) -> Result<Answer> {
        self.events.send(event.to_owned())?;
        match self.report().await? {
            Report::Answered(answer) => {
                ensure!(answer.body.contains(r#""Copy"#), "{}", answer.body);
                Ok(answer)
            }
            Report::Asked(_) => anyhow::bail!("it asked for another event instead of answering"),
        }
    }

    async fn report(&mut self) -> Result<Report> {
        let report = timeout(TIMEOUT, self.reports.recv()).await;
        report
            .context("it does not answer")?
            .context("it has ended")
    }
}

async fn listen(listener: TcpListener, service: Arc<Service>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // Otherwise the kernel may hold an answer back.
        let _ = stream.set_nodelay(true);
        let service = Arc::clone(&service);
        let serve = service_fn(move |request| Arc::clone(&service).serve(request));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), serve));
    }
}

impl Service {
    async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let mut response = Response::new(Full::default());
        if request.method() == Method::GET {
            let _ = self.reports.send(Report::Asked(Instant::now()));
            let event = self.events.lock().await.recv().await.unwrap_or_default();
            *response.body_mut() = Full::from(event);
            for (name, value) in headers() {
                let value = value.parse().expect("is a header");
                response.headers_mut().insert(name, value);
            }
            *self.delivered() = Instant::now();
        } else {
            let failed = !request.uri().path().ends_with("/response");
            let body = request.into_body().collect().await.unwrap_or_default();
            let (at, delivered) = (Instant::now(), *self.delivered());
            let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
            let body = if failed {
                format!("it failed: {body:?}")
            } else {
                body
            };
            let took = at - delivered;
            let answer = Answer { took, at, body };
            let _ = self.reports.send(Report::Answered(answer));
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        Ok(response)
    }

    fn delivered(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.delivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What Lambda says about an invocation.
fn headers() -> [(&'static str, String); 4] {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let deadline = now.unwrap_or_default() + TIMEOUT;
    let arn = "arn:aws:lambda:us-east-1:111122223333:function:bench";
    [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        (
            "lambda-runtime-deadline-ms",
            deadline.as_millis().to_string(),
        ),
        ("lambda-runtime-invoked-function-arn", arn.to_owned()),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned(),
        ),
    ]
}
