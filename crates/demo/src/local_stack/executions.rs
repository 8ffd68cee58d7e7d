//! A line for each execution that starts or ends.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::Result;
use testbed::state_machine::{DescribeExecutionOutput, ExecutionStatus, StateMachine};

/// The longest input that is shown whole.
const LONGEST: usize = 240;

/// What was last seen of the executions of some machines.
pub(super) struct Executions {
    machines: Vec<(&'static str, StateMachine)>,
    seen: HashMap<String, ExecutionStatus>,
    since: Instant,
}

impl Executions {
    pub(super) fn of(machines: impl Into<Vec<(&'static str, StateMachine)>>) -> Self {
        Self {
            machines: machines.into(),
            seen: HashMap::new(),
            since: Instant::now(),
        }
    }

    /// Shows what has started and ended since the last time.
    pub(super) async fn show_changes(&mut self) -> Result<()> {
        for (name, machine) in &self.machines {
            // The newest are listed first.
            for (execution, status) in machine.statuses().await?.into_iter().rev() {
                let before = self.seen.get(execution.arn());
                if before == Some(&status) {
                    continue;
                }
                let now = execution.describe().await?;
                let is_running = now.status == ExecutionStatus::Running;
                let seconds = self.since.elapsed().as_secs_f32();
                let show = |line| println!("  {seconds:6.1} s  {name:<13}{line}");
                if before != Some(&ExecutionStatus::Running) {
                    show(start(&now));
                }
                if !is_running {
                    show(end(&now));
                }
                self.seen.insert(execution.arn().to_owned(), now.status);
            }
        }
        Ok(())
    }
}

fn start(execution: &DescribeExecutionOutput) -> String {
    let input = execution.input().unwrap_or_default();
    let name = execution.name().unwrap_or_default();
    format!("STARTED    {name}: {}", cut(input))
}

fn end(execution: &DescribeExecutionOutput) -> String {
    let name = execution.name().unwrap_or_default();
    let mut line = format!("{:<10} {name}", execution.status.as_str());
    for why in [execution.error(), execution.cause()].into_iter().flatten() {
        line.push_str(": ");
        line.push_str(&why.replace('\n', " "));
    }
    line
}

fn cut(text: &str) -> String {
    let text = text.replace('\n', " ");
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(status: ExecutionStatus) -> DescribeExecutionOutput {
        let execution = DescribeExecutionOutput::builder()
            .execution_arn("arn")
            .state_machine_arn("arn")
            .start_date(std::time::SystemTime::UNIX_EPOCH.into());
        let execution = execution.name("first").status(status).input("{\n\"A\": 1}");
        let failed = execution.error("CopyFailed").cause("It\nfailed.");
        failed.build().expect("an execution")
    }

    #[test]
    fn each_line_is_one_line_and_the_last_says_why() {
        let failed = execution(ExecutionStatus::Failed);
        assert_eq!(start(&failed), "STARTED    first: { \"A\": 1}");
        assert_eq!(end(&failed), "FAILED     first: CopyFailed: It failed.");
    }

    #[test]
    fn a_long_input_is_cut_between_two_characters() {
        let long = "é".repeat(LONGEST);
        assert_eq!(cut(&long), long);
        assert_eq!(cut(&format!("{long}é")), format!("{long}…"));
    }
}
