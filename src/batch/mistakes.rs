//! The mistakes in a list, so that a person sees more than the first.

use serde_json::Value;

use crate::{
    error::Error,
    request::{CopyRequest, Target},
};

/// How many mistakes an error tells.
const TOLD: usize = 10;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    /// What was read, or nothing: then its mistake is kept under the row's name.
    pub fn keep<T>(&mut self, row: &str, read: Result<T, Error>) -> Option<T> {
        read.map_err(|error| self.0.push(format!("{row}: {error}")))
            .ok()
    }

    /// The targets that are right.
    pub fn targets(&mut self, name: &str, targets: &[Value]) -> Vec<Target> {
        let targets = targets.iter().enumerate();
        targets
            .filter_map(|(i, it)| self.keep(&format!("{name}[{i}]"), Target::parse(it.clone())))
            .collect()
    }

    /// A copy request to each target.
    pub fn spread(&mut self, row: &str, product: Value, targets: &[Target]) -> Vec<CopyRequest> {
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
        self.keep(row, request)
            .map(|request| targets.iter().map(|it| to(&request, it)).collect())
            .unwrap_or_default()
    }

    /// Whether there is no mistake.
    ///
    /// # Errors
    /// `InvalidRequest` tells the first ten.
    pub fn none(self) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let told = self.0.iter().take(TOLD).map(String::as_str);
        let mut told = told.collect::<Vec<_>>().join("; ");
        if self.0.len() > TOLD {
            told = format!("{told}; and {} more", self.0.len() - TOLD);
        }
        Err(Error::invalid_request(told))
    }
}
