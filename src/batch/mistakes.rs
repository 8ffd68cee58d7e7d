//! The mistakes in a list, so that an error names more than the first.

use serde_json::Value;

use crate::{
    error::Error,
    request::{CopyRequest, Target},
};

/// How many mistakes an error names.
const MAX_NAMED: usize = 10;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    /// What was read, or nothing: then its mistake is kept under the name of the entry.
    pub fn keep<T>(&mut self, entry: &str, read: Result<T, Error>) -> Option<T> {
        read.map_err(|error| self.0.push(format!("{entry}: {error}")))
            .ok()
    }

    /// The targets that are right.
    pub fn targets(&mut self, name: &str, targets: &[Value]) -> Vec<Target> {
        let targets = targets.iter().enumerate();
        targets
            .filter_map(|(i, it)| self.keep(&format!("{name}[{i}]"), Target::parse(it.clone())))
            .collect()
    }

    /// A copy request of the product to each target.
    pub fn to_each_target(
        &mut self,
        entry: &str,
        product: Value,
        targets: &[Target],
    ) -> Vec<CopyRequest> {
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
        let to = |request: &CopyRequest, target: &Target| CopyRequest {
            target: Some(target.clone()),
            ..request.clone()
        };
        self.keep(entry, request)
            .map(|request| targets.iter().map(|it| to(&request, it)).collect())
            .unwrap_or_default()
    }

    /// Whether there is no mistake.
    ///
    /// # Errors
    /// `InvalidRequest` names the first ten.
    pub fn none(self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let named = self.0.iter().take(MAX_NAMED).map(String::as_str);
        let mut named = named.collect::<Vec<_>>().join("; ");
        if self.0.len() > MAX_NAMED {
            named = format!("{named}; and {} more", self.0.len() - MAX_NAMED);
        }
        Err(Error::invalid_request(named))
    }
}
