//! Child processes that cannot outlive this one.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::time::sleep;

/// How long a server may take to start on a busy machine.
const START_UP: Duration = Duration::from_mins(1);

/// The workspace's root.
///
/// # Panics
/// Never: this package is in the workspace's `crates`.
#[must_use]
pub fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("this package is in the workspace's `crates`")
}

/// A Python script of this package.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A program of the project's virtual environment.
pub(crate) fn tool(name: &str) -> PathBuf {
    root().join(".venv/bin").join(name)
}

/// A server and all that it starts; killed when dropped and when this process dies, however it dies.
#[derive(Debug)]
pub(crate) struct Server {
    watchdog: Child,
    log: PathBuf,
    scratch: PathBuf,
}

impl Server {
    /// Starts a server with this environment only, and a home and scratch directory of its own.
    pub(crate) fn start<P: AsRef<OsStr>>(
        name: &str,
        command: &[P],
        environment: &[(&str, String)],
    ) -> Result<Self> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let directory = root().join(format!("target/local/{name}-{}-{number}", process::id()));
        let scratch = directory.join("tmp");
        fs::create_dir_all(&directory)?;
        let log = directory.join("log");
        let output = File::create(&log)?;

        let watchdog = Command::new(tool("python"))
            .arg(script("watchdog.py"))
            .arg(&scratch)
            .args(command)
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", &scratch)
            .env("TMPDIR", &scratch)
            // ministack's, which would be below /tmp.
            .env("STATE_DIR", &scratch)
            .env("PYTHONUNBUFFERED", "1")
            // Nothing is left beside the sources.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .envs(environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            // Ctrl-C reaches our whole group, and the watchdog has to stay and clean up.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot run {}", tool("python").display()))?;
        Ok(Self {
            watchdog,
            log,
            scratch,
        })
    }

    /// The folder that is its own.
    pub(crate) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// The URL the server says it is running on. Unlike a port that answers, its own log cannot be another server's.
    pub(crate) async fn endpoint(&mut self) -> Result<String> {
        let deadline = Instant::now() + START_UP;
        loop {
            let log = fs::read_to_string(&self.log)?;
            if let Some((_, rest)) = log.split_once("Running on ")
                && let Some((url, _)) = rest.split_once(char::is_whitespace)
            {
                return Ok(url.to_owned());
            }
            if let Some(status) = self.watchdog.try_wait()? {
                bail!("it ended ({status}); {}", self.end_of_log());
            }
            if Instant::now() > deadline {
                bail!("not running after {START_UP:?}; {}", self.end_of_log());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let end = &lines[lines.len().saturating_sub(20)..];
        format!("the end of {}:\n{}", self.log.display(), end.join("\n"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // The watchdog ends by itself now; after waiting for it, nothing is left.
        let _ = self.watchdog.wait();
    }
}
