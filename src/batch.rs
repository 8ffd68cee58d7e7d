//! A batch: what an input, an event or a schedule asks to be copied, as a list of copy requests.

mod copy;
mod event;
mod manifest;
mod mistakes;
mod size;
mod subscriptions;
mod unique;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::Error,
    request::{CopyRequest, Object, limits, read, refuse_null},
};
pub use copy::{Copy, check_size, round_robin};
pub use event::{Origin, Trigger, VERSION_EVENTS};
pub use manifest::{COLUMNS, manifest};
pub use mistakes::Mistakes;
pub use size::{MAX_BATCH, MAX_COPIES, MAX_COPY, check_number};
use size::{Size, check_list, not_empty};
pub use subscriptions::{MAX_SUBSCRIPTION, subscriptions};

/// The copies that are made at once where a batch does not say.
///
/// Service Catalog does not publish its rates. A burst of 12 calls of `ListProvisioningArtifacts` was
/// throttled (awslabs/service-workbench-on-aws, issue 937), and copies that start together list
/// together: all of them in the source, and those to one target there. A new account may also run no
/// more than 10 functions at once.
pub const DEFAULT_CONCURRENCY: u32 = 10;

/// What a batch asks for.
#[derive(Debug, PartialEq)]
pub struct Batch {
    /// What to copy.
    pub wanted: Wanted,
    /// The copies that are made at once; 1 to 1000.
    pub max_concurrency: u32,
    /// The part of the copies that may fail; 0 to 100.
    pub tolerated_failure_percentage: f64,
}

/// Where the copy requests of a batch come from.
#[derive(Debug, PartialEq)]
pub enum Wanted {
    /// They are in the input.
    Copies(Vec<CopyRequest>),
    /// They are in a file in S3.
    Manifest(Object),
    /// They are those of the subscriptions: to every product, or to these.
    Subscriptions(Option<Vec<String>>),
}

#[derive(Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = "an object"
)]
struct Members {
    products: Option<Vec<Value>>,
    targets: Option<Vec<Value>>,
    copies: Option<Vec<Value>>,
    manifest: Option<Object>,
    subscriptions: Option<Value>,
    max_concurrency: Option<u32>,
    tolerated_failure_percentage: Option<f64>,
}

impl Batch {
    /// Reads a batch.
    ///
    /// # Errors
    /// `InvalidRequest` names each member that breaks a rule, the first ten of them, and
    /// what is allowed.
    pub fn parse(input: Value) -> Result<Self, Error> {
        refuse_null(&input, "")?;
        let members: Members = read(input)?;
        let max_concurrency = members.max_concurrency.unwrap_or(DEFAULT_CONCURRENCY);
        if !(1..=1000).contains(&max_concurrency) {
            return Err(Error::invalid_request(format!(
                "MaxConcurrency must be 1 to 1000, not {max_concurrency}"
            )));
        }
        let tolerated_failure_percentage = members.tolerated_failure_percentage.unwrap_or(0.0);
        if !(0.0..=100.0).contains(&tolerated_failure_percentage) {
            return Err(Error::invalid_request(format!(
                "ToleratedFailurePercentage must be 0 to 100, not {tolerated_failure_percentage}"
            )));
        }
        Ok(Self {
            wanted: members.wanted()?,
            max_concurrency,
            tolerated_failure_percentage,
        })
    }

    /// A batch of what the subscriptions ask for, of every product or of these.
    #[must_use]
    pub fn of_subscriptions(products: Option<Vec<String>>) -> Self {
        Self {
            wanted: Wanted::Subscriptions(products),
            max_concurrency: DEFAULT_CONCURRENCY,
            tolerated_failure_percentage: 0.0,
        }
    }
}

impl Members {
    fn wanted(self) -> Result<Wanted, Error> {
        match (
            self.products,
            self.targets,
            self.copies,
            self.manifest,
            self.subscriptions,
        ) {
            (Some(products), Some(targets), None, None, None) => every(products, &targets),
            (None, None, Some(copies), None, None) => listed(copies),
            (None, None, None, Some(manifest), None) => in_a_file(manifest),
            (None, None, None, None, Some(which)) => subscribed(which),
            _ => Err(Error::invalid_request(
                "a batch must have either Products and Targets, or Copies, or Manifest, or \
                 Subscriptions"
                    .to_owned(),
            )),
        }
    }
}

fn every(products: Vec<Value>, targets: &[Value]) -> Result<Wanted, Error> {
    check_list("Products", products.len())?;
    check_list("Targets", targets.len())?;
    check_number(products.len() * targets.len())?;
    let mut mistakes = Mistakes::default();
    let targets = mistakes.targets("Targets", targets);
    let (mut copies, mut size) = (Vec::new(), Size::default());
    for (i, product) in products.into_iter().enumerate() {
        let entry = format!("Products[{i}]");
        mistakes.copy_to_each(&entry, product, &targets, &mut copies, &mut size)?;
    }
    mistakes.none()?;
    Ok(Wanted::Copies(copies))
}

fn listed(listed: Vec<Value>) -> Result<Wanted, Error> {
    not_empty("Copies", listed.len())?;
    check_number(listed.len())?;
    let mut mistakes = Mistakes::default();
    let (mut copies, mut size) = (Vec::new(), Size::default());
    for (i, copy) in listed.into_iter().enumerate() {
        if let Some(copy) = mistakes.keep(&format!("Copies[{i}]"), CopyRequest::parse(copy)) {
            size.add(&copy)?;
            copies.push(copy);
        }
    }
    mistakes.none()?;
    Ok(Wanted::Copies(copies))
}

fn in_a_file(manifest: Object) -> Result<Wanted, Error> {
    limits::OBJECT_KEY.check("Manifest.Key", &manifest.key)?;
    manifest::check_key(&manifest.key)?;
    if let Some(bucket) = &manifest.bucket {
        limits::BUCKET.check("Manifest.Bucket", bucket)?;
    }
    Ok(Wanted::Manifest(manifest))
}

fn subscribed(which: Value) -> Result<Wanted, Error> {
    if which == "ALL" {
        return Ok(Wanted::Subscriptions(None));
    }
    let products: Vec<String> = serde_json::from_value(which).map_err(|_| {
        Error::invalid_request(
            r#"Subscriptions must be "ALL" or a list of product ARNs"#.to_owned(),
        )
    })?;
    check_list("Subscriptions", products.len())?;
    for (i, product) in products.iter().enumerate() {
        limits::PRODUCT_ARN.check(&format!("Subscriptions[{i}]"), product)?;
    }
    Ok(Wanted::Subscriptions(Some(products)))
}

#[cfg(test)]
mod tests;
