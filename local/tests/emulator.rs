//! Emulators side by side, and what becomes of them.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use catalog_copy_local::emulator::Emulator;
use tokio::net::TcpStream;

const NOWHERE: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn dropping_one_emulator_stops_that_one_only() -> Result<()> {
    let kept = Emulator::start(NOWHERE, 1.0).await?;
    let dropped = Emulator::start(NOWHERE, 1.0).await?;
    let address = |emulator: &Emulator| emulator.endpoint().replace("http://", "");
    let gone = address(&dropped);

    drop(dropped);

    assert!(TcpStream::connect(gone).await.is_err());
    assert!(TcpStream::connect(address(&kept)).await.is_ok());
    Ok(())
}

#[test]
fn what_a_server_has_started_dies_with_its_owner() -> Result<()> {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("leash");
    let mut leash = Command::new("../.venv/bin/python")
        .args(["leash.py", "sh", "-c"])
        .arg("echo started; (sleep 5; echo outlived) & wait")
        .env("TMPDIR", scratch)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut output = leash.stdout.take().context("a pipe")?;
    let mut started = [0; 8];
    output.read_exact(&mut started)?;

    // To the leash, this looks the same as the owner's death.
    drop(leash.stdin.take());

    let mut rest = String::new();
    output.read_to_string(&mut rest)?;
    leash.wait()?;
    assert_eq!((&started, rest.as_str()), (b"started\n", ""));
    Ok(())
}
