//! A batch as a person watches it: products down, targets across.

use std::{collections::HashSet, time::Instant};

use anyhow::{Context, Result};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::Value;
use testbed::state_machine::{Execution, ExecutionStatus, StateMachine};
use tokio::time::{Duration, sleep};

/// The width of a column.
const WIDTH: usize = 22;

/// The copies of a batch by product and target.
pub(crate) struct Table {
    products: Vec<(String, String)>,
    targets: Vec<(Value, String)>,
    cells: Vec<Vec<String>>,
    lines: Vec<ProgressBar>,
}

impl Table {
    /// An empty table of products, each with its ARN, and of targets, each with its JSON.
    pub(crate) fn new(products: Vec<(String, String)>, targets: Vec<(Value, String)>) -> Self {
        let all = MultiProgress::new();
        let style = ProgressStyle::with_template("{msg}").expect("is a template");
        let lines = products
            .iter()
            .map(|_| all.add(ProgressBar::new_spinner().with_style(style.clone())))
            .collect();
        let cells = vec![vec!["·".to_owned(); targets.len()]; products.len()];
        Self {
            products,
            targets,
            cells,
            lines,
        }
    }

    /// Fills the table while a batch runs, from the copies that `copies` starts.
    pub(crate) async fn fill(&mut self, batch: &Execution, copies: &StateMachine) -> Result<()> {
        let started = Instant::now();
        let known = copies.executions().await?;
        let mut ended: HashSet<String> = known.iter().map(|it| it.arn().to_owned()).collect();
        let is_plain = self.lines.iter().all(ProgressBar::is_hidden);
        if !is_plain {
            println!("  {}", self.header());
        }
        loop {
            let over = batch.describe().await?.status != ExecutionStatus::Running;
            for copy in copies.executions().await? {
                if ended.contains(copy.arn()) {
                    continue;
                }
                let now = copy.describe().await?;
                let input: Value = serde_json::from_str(now.input().context("has an input")?)?;
                let text = match now.error() {
                    Some(error) => error.to_owned(),
                    None => now.status.as_str().to_owned(),
                };
                if now.status != ExecutionStatus::Running {
                    ended.insert(copy.arn().to_owned());
                }
                self.set(&input, text, started);
            }
            if over {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        if is_plain {
            println!("  {}", self.header());
        }
        for (n, line) in self.lines.iter().enumerate() {
            line.finish_and_clear();
            println!("  {}", self.row(n));
        }
        Ok(())
    }

    fn set(&mut self, input: &Value, text: String, started: Instant) {
        let arn = &input["SourceProductArn"];
        let product = self.products.iter().position(|(it, _)| arn == it);
        let target = self
            .targets
            .iter()
            .position(|(it, _)| *it == input["Target"]);
        let (Some(product), Some(target)) = (product, target) else {
            return;
        };
        if self.cells[product][target] == text {
            return;
        }
        if self.lines[product].is_hidden() {
            let seconds = started.elapsed().as_secs_f32();
            let (name, place) = (&self.products[product].1, &self.targets[target].1);
            println!("  {seconds:4.1} s  {name} to {place}: {text}");
        }
        self.cells[product][target] = text;
        self.lines[product].set_message(format!("  {}", self.row(product)));
    }

    fn header(&self) -> String {
        line("", self.targets.iter().map(|(_, name)| name))
    }

    fn row(&self, n: usize) -> String {
        line(&self.products[n].1, &self.cells[n])
    }
}

fn line<'a>(first: &str, cells: impl IntoIterator<Item = &'a String>) -> String {
    let cells = cells.into_iter().map(|it| format!("{it:<WIDTH$}"));
    format!("{first:<18}{}", cells.collect::<String>())
        .trim_end()
        .to_owned()
}
