use std::{fs, io::Write, path::PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, write::DeflateEncoder};

use super::test_env::{Task, Trust};
use testbed::process::root;

/// A function that is measured, and how.
pub(super) struct Contender {
    pub(super) name: &'static str,
    /// The program, and what it is given.
    pub(super) command: Vec<PathBuf>,
    pub(super) trust: Trust,
    pub(super) task: Task,
    /// Whether it is machine code from its first instruction, which callgrind can count.
    pub(super) is_compiled: bool,
}

/// The name of the function that does nothing.
pub(super) const HELLO: &str = "hello: no call";

/// Ours, with the bare `CopyProduct` that the others make.
pub(super) const START_COPY: &str = "start-copy";

/// Ours, with the call of every poll.
pub(super) const CHECK_STATUS: &str = "check-status";

/// All contenders, in the order of the table.
pub(super) fn contenders() -> Vec<Contender> {
    let python = [
        root().join("target/bench/venv/bin/python"),
        // As on Lambda, where the function's directory cannot be written to.
        "-B".into(),
        root().join("crates/bench/contenders/python/bootstrap.py"),
    ];
    let node = ["node", "bootstrap.cjs"].map(|it| root().join("target/bench/node").join(it));
    let [start_copy, check_status] = ours();
    vec![
        compiled(HELLO, "bench-hello"),
        compiled("raw: rustls, no SDK", "bench-raw"),
        start_copy,
        Contender {
            trust: Trust::Machine,
            ..compiled("start-copy that trusts all", START_COPY)
        },
        Contender {
            task: Task::PlannedCopy,
            ..compiled("start-copy with a plan: 5 calls", START_COPY)
        },
        check_status,
        Contender {
            trust: Trust::Machine,
            ..compiled("Rust SDK, all default features", "bench-defaults")
        },
        interpreted("Node.js, SDK v3, bundled", &node),
        interpreted("Python, boto3", &python),
    ]
}

/// Ours as they are shipped, start-copy first: check-status asks for its copy.
pub(super) fn ours() -> [Contender; 2] {
    [
        compiled(START_COPY, START_COPY),
        Contender {
            task: Task::Status,
            ..compiled(CHECK_STATUS, CHECK_STATUS)
        },
    ]
}

fn compiled(name: &'static str, binary: &str) -> Contender {
    Contender {
        name,
        command: vec![root().join("target/release").join(binary)],
        trust: Trust::Amazon,
        task: Task::Copy,
        is_compiled: true,
    }
}

fn interpreted(name: &'static str, command: &[PathBuf]) -> Contender {
    Contender {
        command: command.to_vec(),
        trust: Trust::Machine,
        is_compiled: false,
        ..compiled(name, "")
    }
}

impl Contender {
    /// The bytes of what is deployed, deflated as in a zip; the SDK that Lambda brings is not.
    pub(super) fn zip_size(&self) -> Result<u64> {
        let file = self.command.last().context("has no program")?;
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
        let content = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        deflated.write_all(&content)?;
        Ok(deflated.finish()?.len().try_into()?)
    }
}
