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
    contender::Contender,
    quota::Quota,
    runtime_api::{Answer, RuntimeApi},
    test_env::TestEnv,
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
        test_env: &TestEnv,
        contender: &Contender,
        wrapper: &[W],
    ) -> Result<(Self, Duration)> {
        let api = RuntimeApi::start().await?;
        let log = test_env.file("log");
        let output = File::create(&log)?;
        let arguments = wrapper.iter().map(AsRef::as_ref);
        let mut arguments = arguments.chain(contender.command.iter().map(AsRef::as_ref));
        let mut command = Command::new(arguments.next().context("has no program")?);
        command
            .args(arguments)
            .env_clear()
            .envs(test_env.environment(contender.trust))
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let spawned = Instant::now();
        let child = command.spawn().context("cannot be started")?;
        let mut function = Self {
            child,
            api,
            event: test_env.event(contender.task),
            log,
            spawned,
        };
        let ready = function.api.asked().await;
        let ready = ready.with_context(|| function.end_of_log())?;
        Ok((function, ready - spawned))
    }

    /// Invokes it, and waits until it asks for the next event.
    pub(super) async fn invoke(&mut self) -> Result<Answer> {
        let answer = self.api.invoke(&self.event).await;
        let answer = answer.with_context(|| self.end_of_log())?;
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
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|it| it.trim().strip_suffix(" kB"));
        let kilobytes: u64 = kilobytes.context("the kernel reports no VmHWM")?.parse()?;
        Ok(kilobytes * 1024)
    }

    /// Gives it no more of a core than Lambda does at 128 MB.
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

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        // The error of a bundled function may quote the whole bundle, in one line.
        let lines = log.lines().filter(|line| line.len() < 500);
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
