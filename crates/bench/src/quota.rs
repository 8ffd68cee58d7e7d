use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Result;
use nix::{
    sys::signal::{Signal, kill},
    time::ClockId,
    unistd::Pid,
};

/// Lambda's, as far as a function can see.
const PERIOD: Duration = Duration::from_millis(20);

/// A whole core is what Lambda gives at 1769 MB.
const SHARE: f64 = 128.0 / 1769.0;

/// The pause between two checks whether the share is used up.
const CHECK_INTERVAL: Duration = Duration::from_micros(50);

/// Stops a process in every period once it has had its share of a core; ends when dropped.
///
/// What the kernel does for a cgroup; making one would take rights that we may not have.
#[derive(Debug)]
pub(super) struct Quota {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Quota {
    pub(super) fn start(pid: Pid) -> Result<Self> {
        let clock = ClockId::pid_cpu_clock_id(pid)?;
        let (stop, stopped) = channel();
        let thread = thread::spawn(move || {
            // A process that has ended needs no quota.
            let _ = throttle(pid, clock, &stopped);
        });
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn throttle(pid: Pid, clock: ClockId, stopped: &Receiver<()>) -> nix::Result<()> {
    let used = || clock.now().map(Duration::from);
    let mut limit = used()?;
    let mut end = Instant::now();
    loop {
        // Unused time is lost; overused time is owed.
        limit = limit.min(used()?) + PERIOD.mul_f64(SHARE);
        end += PERIOD;
        while Instant::now() < end {
            let is_over = used()? >= limit;
            if is_over {
                kill(pid, Signal::SIGSTOP)?;
            }
            let left = end.saturating_duration_since(Instant::now());
            let wait = if is_over {
                left
            } else {
                left.min(CHECK_INTERVAL)
            };
            let is_stopped = stopped.recv_timeout(wait) == Err(RecvTimeoutError::Disconnected);
            if is_over {
                kill(pid, Signal::SIGCONT)?;
            }
            if is_stopped {
                return Ok(());
            }
        }
    }
}
