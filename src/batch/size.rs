//! How large a batch may be.

use crate::{
    error::Error,
    request::{CopyRequest, limits},
};

/// The most copies of a batch.
pub const MAX_COPIES: usize = 10_000;

/// The most bytes of one copy: an execution takes 256 KiB, and a redriven copy is somewhat longer.
pub const MAX_COPY: usize = 240 << 10;

/// The most bytes of all copy requests of a batch, each text in them counted as [`TEXT`] more.
pub const MAX_BATCH: usize = 128 << 20;

/// What a text takes in memory beside its own bytes.
const TEXT: usize = 64;

/// How large a batch is so far.
#[derive(Debug, Default)]
pub(super) struct Size {
    copies: usize,
    bytes: usize,
}

impl Size {
    /// Counts one more copy.
    pub(super) fn add(&mut self, request: &CopyRequest) -> Result<(), Error> {
        self.copies += 1;
        check_number(self.copies)?;
        let text = serde_json::to_string(request).unwrap_or_default();
        self.bytes += text.len() + TEXT * text.matches('"').count() / 2;
        if self.bytes <= MAX_BATCH {
            return Ok(());
        }
        Err(Error::invalid_request(format!(
            "the copy requests of a batch must have at most {MAX_BATCH} bytes, each text counted \
             as {TEXT} more"
        )))
    }
}

/// Refuses more than [`MAX_COPIES`].
///
/// # Errors
/// `InvalidRequest` says how many there are.
pub fn check_number(copies: usize) -> Result<(), Error> {
    if copies <= MAX_COPIES {
        return Ok(());
    }
    Err(Error::invalid_request(format!(
        "a batch must have at most {MAX_COPIES} copies, not {copies}"
    )))
}

/// Refuses a list that is empty, or longer than [`MAX_COPIES`].
pub(super) fn check_list(member: &str, items: usize) -> Result<(), Error> {
    not_empty(member, items)?;
    limits::check_items(member, items, MAX_COPIES)
}

/// Refuses a list that is empty.
pub(super) fn not_empty(member: &str, items: usize) -> Result<(), Error> {
    if items > 0 {
        return Ok(());
    }
    Err(Error::invalid_request(format!(
        "{member} must not be empty"
    )))
}
