//! Fires hostile inputs and hostile answers at the functions, and tells what must not happen.
//!
//! ```text
//! inputs      what a function is asked, and what is in the files that it reads
//! answers     what the services answer
//! function    the real program, over Lambda's Runtime API
//! service     every service at once
//! marks       what nobody may see
//! report      classes, counts, worst memory and worst time
//! ```

mod answers;
mod function;
mod http;
mod inputs;
mod marks;
mod report;
mod service;

use std::{path::Path, sync::atomic::Ordering};

use anyhow::Result;
use fastrand::Rng;
use serde_json::Value;
use tokio::task::JoinSet;

use answers::Hostile;
pub use function::TIMEOUT;
use function::{Answer, Function};
use inputs::{TARGETS, Target};
use marks::{KEYS, SECRET};
pub use report::Report;
use service::Service;

/// Names of our own errors.
const NAMES: [&str; 17] = [
    "InvalidRequest",
    "TargetNotAccessible",
    "TargetTaken",
    "NameTaken",
    "LeaseLost",
    "UnreadableItem",
    "RegionNotFound",
    "UnexpectedTarget",
    "TargetAmbiguous",
    "VersionNotFound",
    "QuotaExceeded",
    "CopyIncomplete",
    "CopiesFailed",
    "UnexpectedStatus",
    "NotPublished",
    "TooManyPages",
    "Sandbox.Timedout",
];

/// How much is fired.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// How many inputs, at least.
    pub inputs: usize,
    /// How many answers, at least.
    pub answers: usize,
    /// Whether answers that take their time are fired, and inputs that are large.
    pub all: bool,
    /// What all of it is made of.
    pub seed: u64,
}

/// Fires at the programs in a folder of Cargo's, or of `sam build`.
///
/// # Errors
/// When a program cannot be started.
pub async fn fire(programs: &Path, extent: Extent) -> Result<Report> {
    let mut firing = JoinSet::new();
    for (i, target) in TARGETS.iter().enumerate() {
        let programs = programs.to_owned();
        let seed = extent.seed.wrapping_add(i as u64);
        firing.spawn(async move {
            let mut under_fire = UnderFire::new(target, &programs, seed).await?;
            under_fire.inputs(extent).await?;
            under_fire.answers(extent).await?;
            under_fire.report.followed += under_fire.service.followed.load(Ordering::Relaxed);
            anyhow::Ok(under_fire.report)
        });
    }
    let mut report = Report::default();
    while let Some(fired) = firing.join_next().await {
        report.add(fired??);
    }
    Ok(report)
}

/// One function under fire.
struct UnderFire {
    target: &'static Target,
    program: std::path::PathBuf,
    rng: Rng,
    service: Service,
    function: Function,
    report: Report,
}

impl UnderFire {
    async fn new(target: &'static Target, programs: &Path, seed: u64) -> Result<Self> {
        let built = programs.join(target.folder).join("bootstrap");
        let program = if built.exists() {
            built
        } else {
            programs.join(target.name)
        };
        let service = Service::start().await?;
        let function = Function::start(&program, target.memory, &service.endpoint).await?;
        Ok(Self {
            target,
            program,
            rng: Rng::with_seed(seed),
            service,
            function,
            report: Report::default(),
        })
    }

    async fn inputs(&mut self, extent: Extent) -> Result<()> {
        if extent.all {
            for input in inputs::large(self.target) {
                self.input(input).await?;
            }
        }
        for _ in 0..extent.inputs.div_ceil(TARGETS.len()) {
            let input = inputs::changed(self.target, &mut self.rng);
            self.input(input).await?;
        }
        Ok(())
    }

    async fn input(&mut self, input: inputs::Input) -> Result<()> {
        *self.service.state() = service::State {
            object: input.object,
            ..service::State::default()
        };
        self.invoke(input.class, &input.event, 1).await
    }

    async fn answers(&mut self, extent: Extent) -> Result<()> {
        let wanted = extent.answers.div_ceil(TARGETS.len());
        let mut given = 0;
        for i in 0.. {
            if given >= wanted {
                break;
            }
            let class = answers::QUICK[i % answers::QUICK.len()];
            let hostile = answers::quick(class, &mut self.rng);
            given += self.answer(class, hostile).await?;
        }
        if extent.all {
            for class in answers::SLOW {
                self.answer(class, answers::slow(class)).await?;
            }
        }
        Ok(())
    }

    async fn answer(&mut self, class: &'static str, hostile: Hostile) -> Result<usize> {
        let from = self.rng.usize(0..6);
        let example = inputs::example(self.target, &mut self.rng);
        *self.service.state() = service::State {
            hostile: Some((from, hostile.clone())),
            ..service::State::default()
        };
        self.invoke(class, example.as_bytes(), 0).await?;
        if self.service.state().given == 0 {
            // It makes fewer calls.
            *self.service.state() = service::State {
                hostile: Some((0, hostile)),
                ..service::State::default()
            };
            self.invoke(class, example.as_bytes(), 0).await?;
        }
        let given = self.service.state().given;
        self.report.count(class, given);
        // A sandbox that may have lost its connections is as good as a new one, and so is one that
        // asks for no call at all.
        Ok(given.max(1))
    }

    /// Fires once, and notes what must not happen.
    async fn invoke(&mut self, class: &'static str, event: &[u8], count: usize) -> Result<()> {
        let answer = self.function.invoke(event).await;
        let name = self.target.name;
        let mut wrong = Vec::new();
        let peak = self.function.peak();
        if peak >= self.target.memory {
            wrong.push(format!("it took {peak} MB of {} MB", self.target.memory));
        }
        // A service may say anything, also what is no ExternalId of this input.
        let secrets = if has_external_id(event) {
            &[SECRET][..]
        } else {
            &[]
        };
        match &answer {
            None => wrong.push("it has ended, or never answers".to_owned()),
            Some(answer) => wrong.extend(self.wrong_with(answer, secrets)),
        }
        let lines = self.function.logged();
        wrong.extend(
            lines
                .iter()
                .filter_map(|line| wrong_with_line(line, secrets)),
        );
        self.report.count(class, count);
        let took = answer.as_ref().map_or(TIMEOUT, |answer| answer.took);
        self.report.worst(class, name, peak, took);
        let shown: String = String::from_utf8_lossy(event).chars().take(300).collect();
        for wrong in wrong {
            self.report
                .wrong
                .push(format!("{name}, {class}: {wrong}\n  {shown}"));
        }
        if answer.is_none() || peak >= self.target.memory {
            let endpoint = &self.service.endpoint;
            self.function = Function::start(&self.program, self.target.memory, endpoint).await?;
        }
        Ok(())
    }

    fn wrong_with(&self, answer: &Answer, secrets: &[&'static str]) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(error) = &answer.error {
            let (service, code) = error.split_once('.').unwrap_or_default();
            let is_of_service = ["ServiceCatalog", "S3", "DynamoDB"].contains(&service)
                && !code.is_empty()
                && code
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._:-".contains(c));
            if !NAMES.contains(&error.as_str()) && !is_of_service {
                wrong.push(format!("the error is {error:?}: {}", start(&answer.body)));
            }
            let calls = self.service.state().calls.clone();
            let reads = |call: &String| call == "GetObject";
            let is_input = self.service.state().hostile.is_none();
            if error == "InvalidRequest" && is_input && !calls.iter().all(reads) {
                wrong.push(format!("it has refused the input, and called {calls:?}"));
            }
            wrong.extend(
                shown_in(&answer.body, secrets).map(|what| format!("the error shows {what}")),
            );
        }
        wrong
    }
}

fn start(text: &str) -> String {
    text.chars().take(500).collect()
}

/// Whether the secret is an `ExternalId` of an input, or of an input in it.
fn has_external_id(event: &[u8]) -> bool {
    let text = String::from_utf8_lossy(event).replace(['\\', ' '], "");
    text.contains(&format!(r#""ExternalId":"{SECRET}""#))
}

fn shown_in(text: &str, secrets: &[&'static str]) -> Option<&'static str> {
    let mut hidden = secrets.iter().chain(&KEYS);
    hidden.find(|it| text.contains(**it)).copied()
}

/// What is wrong with a line of the log: each is one JSON object of ours.
fn wrong_with_line(line: &str, secrets: &[&'static str]) -> Option<String> {
    let value: Value = serde_json::from_str(line).unwrap_or_default();
    if !value.is_object() || value["level"] == "FORGED" {
        return Some(format!(
            "a line that is not ours is in the log: {}",
            start(line)
        ));
    }
    let shown = shown_in(line, secrets);
    shown.map(|what| format!("the log shows {what}: {}", start(line)))
}
