//! What Lambda's runtime makes of a panic: the name by which a state machine sees it.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use testbed::lambda_faults::PANIC;

const THIS_TEST: &str = "panic::a_panic_has_the_name_that_the_fault_matrix_gives_it";
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

#[tokio::test]
async fn a_panic_has_the_name_that_the_fault_matrix_gives_it() -> Result<(), Error> {
    if env::var_os(RUNTIME_API).is_some() {
        return lambda_runtime::run(service_fn(panics)).await;
    }
    let api = TcpListener::bind(("127.0.0.1", 0))?;
    start(api.local_addr()?)?;
    let error = reported(api.accept()?.0)?;
    assert_eq!(error["errorType"], PANIC, "{error}");
    assert_eq!(error["errorMessage"], "Lambda panicked: on purpose");
    Ok(())
}

async fn panics(_: LambdaEvent<Value>) -> Result<(), Error> {
    panic!("on purpose");
}

/// Starts this test as a function, which ends when the Runtime API does.
fn start(api: SocketAddr) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--exact", THIS_TEST]);
    command.env(RUNTIME_API, api.to_string());
    for (name, value) in [("NAME", "panics"), ("MEMORY_SIZE", "128"), ("VERSION", "1")] {
        command.env(format!("AWS_LAMBDA_FUNCTION_{name}"), value);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut function = command.spawn()?;
    thread::spawn(move || {
        let _ = function.wait();
        // If it ended before it asked for an event, somebody still waits for it.
        TcpStream::connect(api)
    });
    Ok(())
}

/// Gives the function events on one connection of the Runtime API until it reports an error.
fn reported(connection: TcpStream) -> io::Result<Value> {
    let mut connection = BufReader::new(connection);
    loop {
        let (mut is_error, mut length) = (false, 0);
        loop {
            let mut line = String::new();
            if connection.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim().to_lowercase();
            is_error |= line.starts_with("post ") && line.contains("/error");
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        connection.read_exact(&mut body)?;
        if is_error {
            return Ok(serde_json::from_slice(&body)?);
        }
        connection.get_mut().write_all(
            b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nLambda-Runtime-Deadline-Ms: 1\r\n\
              Lambda-Runtime-Invoked-Function-Arn: a\r\nContent-Length: 2\r\n\r\n{}",
        )?;
    }
}
