use std::{
    ffi::OsStr,
    fs::{self, File},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    time::ClockId,
    unistd::Pid,
};

use super::{
    quota::Quota,
    rival::Rival,
    runtime_api::{Answer, RuntimeApi},
    stage::Stage,
};

/// A running function; killed when dropped.
pub(super) struct Function {
    child: Child,
    api: RuntimeApi,
    event: String,
    log: std::path::PathBuf,
    pub(super) spawned: Instant,
}

impl Function {
    /// Starts a function, by way of `wrapper` if there is one, and waits until it asks for an event.
    pub(super) async fn start<W: AsRef<OsStr>>(
        stage: &Stage,
        rival: &Rival,
        wrapper: &[W],
    ) -> Result<(Self, Duration)> {
        let api = RuntimeApi::start().await?;
        let log = stage.file("log");
        let output = File::create(&log)?;
        let words = wrapper.iter().map(AsRef::as_ref);
        let mut words = words.chain(rival.command.iter().map(AsRef::as_ref));
        let mut command = Command::new(words.next().context("has no program")?);
        command
            .args(words)
            .env_clear()
            .envs(stage.environment(rival.trust))
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let spawned = Instant::now();
        let child = command.spawn().context("cannot be started")?;
        let mut function = Self {
            child,
            api,
            event: stage.event(rival.task),
            log,
            spawned,
        };
        let ready = function.api.asked().await;
        let ready = ready.with_context(|| function.last_words())?;
        Ok((function, ready - spawned))
    }

    /// Invokes it, and waits until it asks for the next event.
    pub(super) async fn invoke(&mut self) -> Result<Answer> {
        let answer = self.api.invoke(&self.event).await;
        let answer = answer.with_context(|| self.last_words())?;
        self.api.asked().await?;
        Ok(answer)
    }

    /// The time of a core that it has taken since it began.
    pub(super) fn cpu(&self) -> Result<Duration> {
        Ok(ClockId::pid_cpu_clock_id(self.pid()?)?.now()?.into())
    }

    /// The most memory it has held, in bytes.
    pub(super) fn peak_memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|it| it.trim().strip_suffix(" kB"));
        let kilobytes: u64 = kilobytes.context("the kernel tells no VmHWM")?.parse()?;
        Ok(kilobytes * 1024)
    }

    /// Lets it have no more of a core than Lambda gives at 128 MB.
    pub(super) fn at_128_mb(&self) -> Result<Quota> {
        Quota::start(self.pid()?)
    }

    /// Ends it and waits until it has.
    pub(super) fn end(mut self) -> Result<()> {
        kill(self.pid()?, Signal::SIGTERM)?;
        self.child.wait()?;
        Ok(())
    }

    fn pid(&self) -> Result<Pid> {
        Ok(Pid::from_raw(self.child.id().try_into()?))
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        // A bundled function's words may quote a whole bundle, in one line.
        let lines = log.lines().filter(|it| it.len() < 500);
        format!(
            "the function says:\n{}",
            lines.collect::<Vec<_>>().join("\n")
        )
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
