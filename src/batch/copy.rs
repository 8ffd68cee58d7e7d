//! One copy of a batch, and the order in which copies are started.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Origin, size::MAX_COPY};
use crate::{error::Error, request::CopyRequest};

/// One copy of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Copy {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The name of its execution, the same whenever it is started again.
    pub name: String,
    /// What its idempotency token is made of, with the request.
    pub started_by: String,
    /// What to copy where.
    pub request: CopyRequest,
}

impl Copy {
    /// A copy of a batch; `round` counts from 0 how often its batch was redriven.
    #[must_use]
    pub fn new(origin: &Origin, index: usize, round: u32, request: CopyRequest) -> Self {
        let name = json!([origin.execution_id, index, round]).to_string();
        let name = hex::encode(Sha256::digest(name));
        Self {
            index,
            name: format!("{index}-{}", &name[..32]),
            started_by: origin.started_by.clone(),
            request,
        }
    }
}

/// JSON Lines, one a copy: the first to each target, then the second to each, and so on. So what
/// runs at once is spread over the targets.
#[must_use]
pub fn round_robin(origin: &Origin, copies: &[Copy]) -> String {
    let mut before: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut turns: Vec<(usize, &Copy)> = copies
        .iter()
        .map(|copy| {
            let turn = before.entry(origin.place_of(&copy.request)).or_default();
            *turn += 1;
            (*turn, copy)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    // One text, and not one a copy: they may be as large as the batch.
    let mut lines = String::new();
    for (_, copy) in turns {
        lines.push_str(&line(copy));
        lines.push('\n');
    }
    lines.pop();
    lines
}

/// Refuses a copy of more than [`MAX_COPY`] bytes.
///
/// # Errors
/// `InvalidRequest` says which it is.
pub fn check_size(copies: &[Copy]) -> Result<(), Error> {
    for copy in copies {
        let length = line(copy).len();
        if length > MAX_COPY {
            return Err(Error::invalid_request(format!(
                "the copy of index {} must have at most {MAX_COPY} bytes, not {length}",
                copy.index
            )));
        }
    }
    Ok(())
}

fn line(copy: &Copy) -> String {
    serde_json::to_string(copy).unwrap_or_default()
}
