//! State `ListCopies`: reads what is to be copied, checks each copy request, and lists them in turns over the targets.

use lambda_runtime::LambdaEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    aws::s3::{BATCHES, Store},
    batch::{
        Batch, Copy, Mistakes, Origin, Trigger, Wanted, check_number, check_size, manifest,
        round_robin, subscriptions,
    },
    error::Error,
    request::{CopyRequest, Object, TargetAccounts, read},
};

/// The key of the subscriptions in the stack's bucket.
pub const SUBSCRIPTIONS: &str = "subscriptions.json";

/// What list-copies needs to know of its stack.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The stack's name: the path of its functions' roles.
    pub name: String,
    /// The name of the role in target accounts.
    pub target_role_name: String,
    /// The accounts that may be copied to.
    pub targets: TargetAccounts,
}

#[derive(Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = "an object"
)]
struct ListRequest {
    input: Value,
    execution_id: String,
}

/// What list-copies answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CopiesListed {
    /// How many copies there are to make.
    pub total: usize,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// JSON Lines, one a copy; absent where there is nothing to copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<Object>,
    /// What the keys of the batch start with.
    pub prefix: String,
    /// The copies that are made at once.
    pub max_concurrency: u32,
    /// The part of the copies that may fail, in percent.
    pub tolerated_failure_percentage: f64,
    /// The outcomes of earlier rounds, where the batch was redriven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Object>,
}

/// Lists the copies of a batch.
///
/// # Errors
/// `InvalidRequest` names the entries and members that break a rule; errors of S3.
pub async fn handle(
    store: &Store,
    stack: &Stack,
    event: LambdaEvent<Value>,
) -> Result<CopiesListed, Error> {
    let listed = list(store, stack, event.payload).await?;
    tracing::info!(
        total = listed.total,
        reason = listed.reason,
        "copies listed"
    );
    Ok(listed)
}

async fn list(store: &Store, stack: &Stack, input: Value) -> Result<CopiesListed, Error> {
    let request: ListRequest = read(input)?;
    let origin = Origin::of(&request.execution_id, &request.input);
    let trigger = Trigger::parse(request.input, &origin, &stack.name, &stack.target_role_name)?;
    let mut listed = CopiesListed {
        total: 0,
        reason: None,
        copies: None,
        prefix: format!("{BATCHES}{}/", origin.name()),
        max_concurrency: 1,
        tolerated_failure_percentage: 0.0,
        earlier: None,
    };
    let batch = match trigger {
        Trigger::Batch(batch) => batch,
        Trigger::Nothing(reason) => {
            listed.reason = Some(reason);
            return Ok(listed);
        }
    };
    listed.max_concurrency = batch.max_concurrency;
    listed.tolerated_failure_percentage = batch.tolerated_failure_percentage;
    let requests = wanted(store, &origin, batch).await?;
    if requests.is_empty() {
        listed.reason = Some("no subscription asks for a copy".to_owned());
        return Ok(listed);
    }
    check_accounts(&stack.targets, &origin, &requests)?;
    let copies: Vec<Copy> = requests
        .into_iter()
        .enumerate()
        .map(|(index, request)| Copy::new(&origin, index, 0, request))
        .collect();
    check_size(&copies)?;
    let lines = round_robin(&origin, &copies);
    let key = format!("{}copies.jsonl", listed.prefix);
    listed.total = copies.len();
    listed.copies = Some(store.write(&key, lines).await?);
    Ok(listed)
}

async fn wanted(store: &Store, origin: &Origin, batch: Batch) -> Result<Vec<CopyRequest>, Error> {
    match batch.wanted {
        Wanted::Copies(copies) => Ok(copies),
        Wanted::Manifest(object) if store.is_own(&object) && object.key.starts_with(BATCHES) => {
            // What a batch has written holds what only its own request may use.
            Err(Error::invalid_request(format!(
                "Manifest.Key must not begin with {BATCHES}, where batches write; to make failed \
                 copies again, redrive their batch"
            )))
        }
        Wanted::Manifest(object) => manifest(&object.key, &store.read(&object).await?),
        Wanted::Subscriptions(products) => {
            let key = SUBSCRIPTIONS.to_owned();
            let text = store.find(&Object { bucket: None, key }).await?;
            // Nobody has subscribed yet.
            let text = text.unwrap_or_else(|| "[]".to_owned());
            let mut copies = subscriptions(&text, products.as_deref())?;
            copies.retain(|it| !comes_back(origin, it));
            check_number(copies.len())?;
            Ok(copies)
        }
    }
}

/// Refuses copies to and from accounts that may not be named.
fn check_accounts(
    targets: &TargetAccounts,
    origin: &Origin,
    requests: &[CopyRequest],
) -> Result<(), Error> {
    let mut mistakes = Mistakes::default();
    for request in requests {
        if let Err(error) = targets.check(request, origin.account()) {
            let target = request.target.clone().unwrap_or_default();
            let copy = format!("{} to {target}", request.source_product_arn);
            mistakes.keep::<()>(&copy, Err(error));
        }
    }
    mistakes.none()
}

/// Whether a copy would arrive where its source is: of two hub accounts that subscribe to each other,
/// neither gets its own products back.
fn comes_back(origin: &Origin, request: &CopyRequest) -> bool {
    let source: Vec<&str> = request.source_product_arn.split(':').collect();
    let (account, region) = origin.place_of(request);
    source.get(3) == Some(&region) && source.get(4) == Some(&account)
}

#[cfg(test)]
mod tests;
