//! HTTP/1.1, as far as the two services here speak it: one answer at a time, with a length.

use std::io::{Read, Write};

use anyhow::{Context, Result, ensure};
use httparse::{EMPTY_HEADER, Response, Status};

pub(crate) struct Connection<S> {
    stream: S,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) request_id: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl<S: Read + Write> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream }
    }

    /// Sends a request in one piece, and waits for the whole answer.
    pub(crate) fn send(&mut self, head: &str, body: &[u8]) -> Result<Answer> {
        self.stream.write_all(&[head.as_bytes(), body].concat())?;
        self.stream.flush()?;
        let mut received = Vec::with_capacity(4096);
        loop {
            let mut part = [0; 4096];
            let count = self.stream.read(&mut part)?;
            ensure!(count > 0, "the connection was closed");
            received.extend_from_slice(&part[..count]);
            if let Some(answer) = parse(&received)? {
                return Ok(answer);
            }
        }
    }
}

/// The answer, once all of it is there.
fn parse(received: &[u8]) -> Result<Option<Answer>> {
    let mut headers = [EMPTY_HEADER; 32];
    let mut response = Response::new(&mut headers);
    let Status::Complete(head) = response.parse(received)? else {
        return Ok(None);
    };
    let status = response.code.context("an answer without a status")?;
    let text = |name: &str| {
        let mut headers = response.headers.iter();
        let found = headers.find(|it| it.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    let length: usize = text("content-length").map_or(Ok(0), str::parse)?;
    let body = &received[head..];
    Ok((body.len() >= length).then(|| Answer {
        status,
        request_id: text("lambda-runtime-aws-request-id").map(str::to_owned),
        body: body[..length].to_vec(),
    }))
}
