//! How large a batch may be.

use crate::error::Error;

/// The most copies of a batch.
pub const MAX_COPIES: usize = 10_000;

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
