//! Scripted faults of the invocations that state machines make; `lambda_faults.py` reads the script.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

/// The name that `lambda_runtime` gives a panic.
pub const PANIC: &str = "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>";

/// How long an invocation may go on after its execution has ended.
const TIMEOUT: Duration = Duration::from_mins(2);

/// A function of the template, by its name there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names are the template's")]
pub enum Function {
    #[serde(rename = "StartCopyFunction")]
    StartCopy,
    #[serde(rename = "CheckStatusFunction")]
    CheckStatus,
    #[serde(rename = "FinishCopyFunction")]
    FinishCopy,
}

/// What happens to an invocation, and how far its function gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum FaultKind {
    /// It has not run when the engine sees the error.
    NotRun,
    /// It has run when the engine sees the error.
    Run,
    /// It is still running when the engine sees the error.
    GoesOn,
    /// Its process is killed when [`LambdaFaults::kill`] is called.
    Killed,
    /// Its process is asked to exit when [`LambdaFaults::kill`] is called.
    Exits,
    /// Its sandbox is gone, and it has not run; what comes next is a cold start.
    InitFails,
}

/// A fault of some invocations of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LambdaFault {
    /// Which function.
    pub function: Function,
    /// What happens.
    pub kind: FaultKind,
    /// The error that the engine sees, where no process makes it.
    pub error: &'static str,
    /// How many invocations meet it.
    pub times: usize,
}

/// One invocation, as the emulator noted its beginning or its end.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Invocation {
    id: usize,
    /// The function's name in the stack.
    pub function: String,
    /// `Started` or `Ended`.
    pub phase: String,
    /// Whether it ended with an error.
    pub has_failed: bool,
    /// The id of the runtime process that ran it to its end.
    pub sandbox: Option<u32>,
}

/// Scripts an emulator's faults, and reads what it noted of invocations.
#[derive(Debug)]
pub struct LambdaFaults {
    folder: PathBuf,
    scripts: AtomicUsize,
}

impl LambdaFaults {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            scripts: AtomicUsize::default(),
        }
    }

    /// Sets all faults to come and forgets the invocations so far; random tokens are new in every call.
    ///
    /// # Errors
    /// When the script cannot be written.
    pub fn script(&self, faults: &[LambdaFault], has_random_tokens: bool) -> Result<()> {
        let id = 1 + self.scripts.fetch_add(1, Ordering::Relaxed);
        let script = serde_json::json!({
            "Id": id,
            "Faults": faults,
            "HasRandomTokens": has_random_tokens,
        });
        let part = self.folder.join("lambda-faults.part");
        fs::write(&part, script.to_string())?;
        Ok(fs::rename(part, self.folder.join("lambda-faults.json"))?)
    }

    /// Ends the processes of faults that are `Killed` or `Exits`.
    ///
    /// # Errors
    /// When the file that asks for it cannot be written.
    pub fn kill(&self) -> Result<()> {
        Ok(fs::write(
            self.folder.join(format!("kill-{}", self.id())),
            "",
        )?)
    }

    /// The beginnings and ends of invocations since the faults were set.
    ///
    /// # Errors
    /// When the emulator's notes cannot be read.
    pub fn invocations(&self) -> Result<Vec<Invocation>> {
        let mut all = self.all_invocations()?;
        all.retain(|it| it.id == self.id());
        Ok(all)
    }

    /// The same since the emulator was started.
    ///
    /// # Errors
    /// When the emulator's notes cannot be read.
    pub fn all_invocations(&self) -> Result<Vec<Invocation>> {
        let notes = self.folder.join("invocations.jsonl");
        if !notes.exists() {
            return Ok(Vec::new());
        }
        let notes = fs::read_to_string(notes)?;
        // A line that is being written is read the next time.
        let all = notes.lines().filter_map(|it| serde_json::from_str(it).ok());
        Ok(all.collect())
    }

    /// Waits until every invocation that has begun has ended.
    ///
    /// # Errors
    /// When one goes on for too long.
    pub async fn idle(&self) -> Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let invocations = self.invocations()?;
            let ended = invocations.iter().filter(|it| it.phase == "Ended").count();
            if invocations.len() == 2 * ended {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "an invocation does not end");
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn id(&self) -> usize {
        self.scripts.load(Ordering::Relaxed)
    }
}
