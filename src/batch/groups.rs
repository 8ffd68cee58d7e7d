//! The copies of a batch by target, so that no two run into the same target at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Origin;
use crate::{error::Error, request::CopyRequest};

/// The most bytes that the copies to one target may have: a child execution takes 256 KiB.
pub const MAX_GROUP: usize = 240 << 10;

/// The most copies to one target: its child answers with less than 256 KiB.
pub const MAX_GROUP_COPIES: usize = 200;

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

/// JSON Lines, one a target: its copies, to be made one after the other.
///
/// # Errors
/// `InvalidRequest` names a target with more than [`MAX_GROUP_COPIES`], or [`MAX_GROUP`] bytes of them.
pub fn groups(origin: &Origin, copies: &[Copy]) -> Result<Vec<String>, Error> {
    let groups = grouped(origin, copies).into_iter();
    let lines = groups.map(|((account, region), copies)| {
        let line = line(&copies);
        if line.len() > MAX_GROUP || copies.len() > MAX_GROUP_COPIES {
            return Err(Error::invalid_request(format!(
                "{region} in account {account} must get at most {MAX_GROUP_COPIES} copies of \
                 {MAX_GROUP} bytes together, not {} of {}; make several batches of them",
                copies.len(),
                line.len()
            )));
        }
        Ok(line)
    });
    lines.collect()
}

/// The same for copies that were in groups before, and have grown by no more than a token's origin.
#[must_use]
pub fn by_target(origin: &Origin, copies: &[Copy]) -> Vec<String> {
    let groups = grouped(origin, copies).into_values();
    groups.map(|copies| line(&copies)).collect()
}

fn line(copies: &[&Copy]) -> String {
    json!({ "Copies": copies }).to_string()
}

fn grouped<'a>(
    origin: &'a Origin,
    copies: &'a [Copy],
) -> BTreeMap<(&'a str, &'a str), Vec<&'a Copy>> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Copy>> = BTreeMap::new();
    for copy in copies {
        let place = origin.place_of(&copy.request);
        groups.entry(place).or_default().push(copy);
    }
    groups
}
