//! A function as Lambda runs it: the real program, over Lambda's Runtime API.

use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex as AsyncMutex, Notify, mpsc},
    task::JoinSet,
    time::timeout,
};

use super::{
    http::{Request, answer},
    marks::KEYS,
};

/// The timeout of every function, as the template has it.
pub const TIMEOUT: Duration = Duration::from_mins(1);

/// Longest wait for an answer: a function that misses its own timeout is a finding, and no hang.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running function; killed when dropped.
pub(super) struct Function {
    child: Child,
    events: mpsc::UnboundedSender<Vec<u8>>,
    answers: mpsc::UnboundedReceiver<Answer>,
    lines: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

/// How a function has answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The error's name, where it has failed.
    pub(super) error: Option<String>,
    pub(super) body: String,
    pub(super) took: Duration,
}

impl Function {
    pub(super) async fn start(program: &Path, memory: u64, service: &str) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let (events, to_deliver) = mpsc::unbounded_channel();
        let (sender, answers) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let asked = Arc::new(Notify::new());
        tasks.spawn(runtime_api(
            listener,
            to_deliver,
            sender,
            Arc::clone(&asked),
        ));
        let memory = memory.to_string();
        let mut child = Command::new(program)
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "hostile"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
                ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", KEYS[0]),
                ("AWS_SESSION_TOKEN", KEYS[1]),
                ("AWS_ENDPOINT_URL", service),
                ("BUCKET", "catalog-copy-copiesbucket"),
                ("COPIES_TABLE", "catalog-copy-copies"),
                ("EVENT_SOURCE", "catalog-copy"),
                ("STACK_NAME", "catalog-copy"),
                ("TARGET_ACCOUNT_IDS", ""),
                ("TARGET_ROLE_NAME", "CatalogCopyTarget"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let lines = Arc::default();
        tasks.spawn(read(
            child.stdout.take().context("a pipe")?,
            Arc::clone(&lines),
        ));
        tasks.spawn(read(
            child.stderr.take().context("a pipe")?,
            Arc::clone(&lines),
        ));
        // What it calls before is not because of an event.
        let asked = timeout(PATIENCE, asked.notified()).await;
        asked.context("it asks for no event")?;
        Ok(Self {
            child,
            events,
            answers,
            lines,
            _tasks: tasks,
        })
    }

    /// Its answer to an event, or nothing where it has ended or never answers.
    pub(super) async fn invoke(&mut self, event: &[u8]) -> Option<Answer> {
        self.events.send(event.to_vec()).ok()?;
        tokio::select! {
            answer = timeout(PATIENCE, self.answers.recv()) => answer.ok()?,
            _ = self.child.wait() => None,
        }
    }

    /// What it has logged since.
    pub(super) fn logged(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The most memory it has held, in MB, as far as the kernel still knows it.
    pub(super) fn peak(&self) -> u64 {
        let id = self.child.id().unwrap_or_default();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|it| it.trim().strip_suffix(" kB"));
        kilobytes.map_or(0, |it| it.parse().unwrap_or(0)) / 1024
    }
}

async fn read(output: impl AsyncRead + Unpin, lines: Arc<Mutex<Vec<String>>>) {
    let mut output = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = output.next_segment().await {
        let line = String::from_utf8_lossy(&line).into_owned();
        lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line);
    }
}

/// Lambda's Runtime API: gives an event to whoever asks for the next, and takes the answer.
async fn runtime_api(
    listener: TcpListener,
    events: mpsc::UnboundedReceiver<Vec<u8>>,
    answers: mpsc::UnboundedSender<Answer>,
    asked: Arc<Notify>,
) {
    let events = Arc::new(AsyncMutex::new(events));
    let delivered = Arc::new(Mutex::new(Instant::now()));
    let mut connections = JoinSet::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let (events, delivered) = (Arc::clone(&events), Arc::clone(&delivered));
        let (answers, asked) = (answers.clone(), Arc::clone(&asked));
        connections.spawn(async move {
            let request = Request::read(&mut stream).await.ok().flatten()?;
            if request.method == "GET" {
                asked.notify_one();
                let event = events.lock().await.recv().await?;
                *delivered.lock().ok()? = Instant::now();
                let deadline = SystemTime::now().duration_since(UNIX_EPOCH).ok()? + TIMEOUT;
                let headers = format!(
                    "lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n\
                     lambda-runtime-deadline-ms: {}\r\n\
                     lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:111122223333:function:a\r\n\
                     lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n",
                    deadline.as_millis()
                );
                stream.write_all(&answer(200, &headers, &event)).await.ok()?;
            } else {
                let took = delivered.lock().ok()?.elapsed();
                let body = String::from_utf8_lossy(&request.body).into_owned();
                let has_failed = request.path.ends_with("/error");
                let error = has_failed.then(|| {
                    let body: Value = serde_json::from_str(&body).unwrap_or_default();
                    body["errorType"].as_str().unwrap_or_default().to_owned()
                });
                stream.write_all(&answer(202, "", b"")).await.ok()?;
                answers.send(Answer { error, body, took }).ok()?;
            }
            Some(())
        });
    }
}
