//! An execution as a person watches it.

use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::ProgressBar;
use serde_json::Value;
use testbed::state_machine::{DescribeExecutionOutput, Execution, ExecutionStatus};
use tokio::time::sleep;

/// Shows the state an execution is in until it ends, then how it ended.
///
/// A terminal gets one line that changes, anything else a line a state.
pub(crate) async fn watch(execution: &Execution) -> Result<()> {
    let started = Instant::now();
    let line = ProgressBar::new_spinner();
    let mut shown = 0;
    let mut polls = 0;
    let mut state = String::new();
    let end = loop {
        let end = execution.describe().await?;
        let history = execution.history().await?;
        let entered = history
            .iter()
            .filter_map(|it| it.state_entered_event_details());
        for entered in entered.skip(shown) {
            shown += 1;
            entered.name().clone_into(&mut state);
            polls += usize::from(state == "CheckStatus");
            if line.is_hidden() {
                println!("{}", progress(started, &state, polls));
            }
        }
        line.set_message(progress(started, &state, polls));
        line.tick();
        if end.status != ExecutionStatus::Running {
            break end;
        }
        sleep(Duration::from_millis(100)).await;
    };
    line.finish_and_clear();
    println!(
        "  {} after {:.1} s and {polls} polls",
        end.status,
        started.elapsed().as_secs_f32()
    );
    show_end(&end);
    Ok(())
}

/// Shows the output of an execution, or its error and cause.
pub(crate) fn show_end(end: &DescribeExecutionOutput) {
    // The emulator gives a failed execution an output too, Step Functions does not.
    let output = end.output().filter(|_| end.error().is_none());
    let cause = end.cause().map(message);
    for (name, text) in [
        ("Output", output),
        ("Error", end.error()),
        ("Cause", cause.as_deref()),
    ] {
        if let Some(text) = text {
            println!("  {name}: {text}");
        }
    }
}

/// The cause of an error from a function is Lambda's JSON around the message.
fn message(cause: &str) -> String {
    let error: Value = serde_json::from_str(cause).unwrap_or_default();
    error["errorMessage"].as_str().unwrap_or(cause).to_owned()
}

fn progress(started: Instant, state: &str, polls: usize) -> String {
    let seconds = started.elapsed().as_secs_f32();
    format!("  {seconds:4.1} s  {state:<14} polls: {polls}")
}
