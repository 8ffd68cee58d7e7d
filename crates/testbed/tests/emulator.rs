//! Emulators side by side, how they end, and what they add to ministack.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{self, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use testbed::emulator::Emulator;
use testbed::state_machine::{ExecutionStatus, StateMachine};
use tokio::net::TcpStream;

const CLOSED_ENDPOINT: &str = "http://127.0.0.1:9";
const TIMEOUT: Duration = Duration::from_mins(2);

#[tokio::test]
async fn dropping_one_emulator_stops_that_one_only() -> Result<()> {
    let kept = Emulator::start(CLOSED_ENDPOINT, 1.0).await?;
    let dropped = Emulator::start(CLOSED_ENDPOINT, 1.0).await?;
    let address = |emulator: &Emulator| emulator.endpoint().replace("http://", "");
    let gone = address(&dropped);

    drop(dropped);

    assert!(TcpStream::connect(gone).await.is_err());
    assert!(TcpStream::connect(address(&kept)).await.is_ok());
    Ok(())
}

#[test]
fn what_a_server_has_started_dies_with_its_owner() -> Result<()> {
    let name = format!("watchdog-{}", process::id());
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut watchdog = Command::new("../../.venv/bin/python")
        .arg("watchdog.py")
        .arg(&scratch)
        .args(["sh", "-c"])
        .arg("echo started; (sleep 5; echo outlived) & wait")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = watchdog.stdout.take().context("a pipe")?;
    let mut started = [0; 8];
    output.read_exact(&mut started)?;

    // To the watchdog, this looks the same as the owner's death.
    drop(watchdog.stdin.take());

    let mut rest = String::new();
    output.read_to_string(&mut rest)?;
    watchdog.wait()?;
    assert_eq!((&started, rest.as_str()), (b"started\n", ""));
    assert!(!scratch.exists(), "what it made is deleted");
    Ok(())
}

#[test]
fn a_folder_that_a_watchdog_has_not_made_is_not_deleted() -> Result<()> {
    let name = format!("not-ours-{}", process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder)?;
    let made = folder.join("made");
    for (argument, succeeds) in [(&made, true), (&folder, false)] {
        let mut watchdog = Command::new("../../.venv/bin/python")
            .arg("watchdog.py")
            .args([argument.as_os_str(), "true".as_ref()])
            // Whatever the environment says.
            .env("TMPDIR", &folder)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        // Closed, it would look like the owner's death.
        let stdin = watchdog.stdin.take();
        assert_eq!(watchdog.wait()?.success(), succeeds);
        drop(stdin);
        assert!(folder.exists() && !made.exists());
    }
    fs::remove_dir(&folder)?;
    Ok(())
}

#[tokio::test]
async fn a_machine_ends_at_its_own_timeout() -> Result<()> {
    let emulator = Emulator::start(CLOSED_ENDPOINT, 0.01).await?;
    let wait = json!({
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": 20,
        "StartAt": "Wait",
        "States": { "Wait": { "Type": "Wait", "Seconds": "{% $states.input %}", "End": true } },
    });
    let machine = emulator.create("waiting", &wait.to_string()).await?;

    let long = machine.start("6000", None).await?.end(TIMEOUT).await?;
    let short = machine.start("1", None).await?.end(TIMEOUT).await?;

    assert_eq!(long.status, ExecutionStatus::TimedOut);
    assert_eq!(short.status, ExecutionStatus::Succeeded);
    Ok(())
}

#[tokio::test]
async fn input_and_state_data_are_limited_to_256_kib() -> Result<()> {
    let emulator = Emulator::start(CLOSED_ENDPOINT, 1.0).await?;
    let pass = |output: &str| {
        let pass = json!({ "Type": "Pass", "Output": output, "End": true });
        json!({ "QueryLanguage": "JSONata", "StartAt": "Pass", "States": { "Pass": pass } })
    };
    let same = pass("{% $states.input %}").to_string();
    let same = emulator.create("same", &same).await?;
    let longer = pass("{% $states.input & 'é' %}").to_string();
    let longer = emulator.create("longer", &longer).await?;
    let largest = format!("\"{}\"", "é".repeat((128 << 10) - 1));

    let end = same.start(&largest, None).await?.end(TIMEOUT).await?;
    assert_eq!(end.status, ExecutionStatus::Succeeded);
    let end = longer.start(&largest, None).await?.end(TIMEOUT).await?;
    assert_eq!(end.error(), Some("States.DataLimitExceeded"));
    let refused = same.start(&format!(" {largest}"), None).await;
    let error = refused.expect_err("is refused");
    assert!(StateMachine::has_refused_input(&error), "{error:#}");
    Ok(())
}
