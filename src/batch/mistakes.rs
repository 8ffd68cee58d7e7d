//! The mistakes in a list, so that an error names more than the first.

use serde_json::Value;

use super::size::{Size, check_number};
use crate::{
    error::Error,
    request::{CopyRequest, Target},
};

/// How many mistakes an error names.
const MAX_NAMED: usize = 10;

/// The mistakes found so far: the first are named, all are counted.
#[derive(Debug, Default)]
pub struct Mistakes {
    named: Vec<String>,
    number: usize,
}

impl Mistakes {
    /// What was read, or nothing: then its mistake is kept under the name of the entry.
    pub fn keep<T>(&mut self, entry: &str, read: Result<T, Error>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(error) => {
                if self.named.len() < MAX_NAMED {
                    self.named.push(format!("{entry}: {error}"));
                }
                self.number += 1;
                None
            }
        }
    }

    /// The targets that are right.
    pub fn targets(&mut self, name: &str, targets: &[Value]) -> Vec<Target> {
        let targets = targets.iter().enumerate();
        targets
            .filter_map(|(i, it)| self.keep(&format!("{name}[{i}]"), Target::parse(it.clone())))
            .collect()
    }

    /// Adds a copy request to each target, unless that makes the batch too large.
    pub(super) fn copy_to_each(
        &mut self,
        entry: &str,
        product: Value,
        targets: &[Target],
        copies: &mut Vec<CopyRequest>,
        size: &mut Size,
    ) -> Result<(), Error> {
        let request = if product.get("Target").is_some() {
            Err(Error::invalid_request(
                "Target must not be given: Targets says where to".to_owned(),
            ))
        } else if product.get("IdempotencyToken").is_some() {
            Err(Error::invalid_request(
                "IdempotencyToken must not be given: each copy has one of its own".to_owned(),
            ))
        } else {
            CopyRequest::parse(product)
        };
        let Some(request) = self.keep(entry, request) else {
            return Ok(());
        };
        check_number(copies.len().saturating_add(targets.len()))?;
        for target in targets {
            let request = CopyRequest {
                target: Some(target.clone()),
                ..request.clone()
            };
            size.add(&request)?;
            copies.push(request);
        }
        Ok(())
    }

    /// Whether there is no mistake.
    ///
    /// # Errors
    /// `InvalidRequest` names the first ten.
    pub fn none(self) -> Result<(), Error> {
        if self.number == 0 {
            return Ok(());
        }
        let mut named = self.named.join("; ");
        if self.number > MAX_NAMED {
            named = format!("{named}; and {} more", self.number - MAX_NAMED);
        }
        Err(Error::invalid_request(named))
    }
}
