//! The copies table: Amazon `DynamoDB`.
//!
//! Its key is `Place`, `<account>/<Region>` of a target, and `Item`, the ARN of a source product for a
//! copy or the id of a target product for a claim.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error as StdError,
    str::FromStr,
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    config::Config,
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        put_item::PutItemError,
        update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    },
    types::{
        AttributeValue::{self, M, N, S},
        ReturnValue, ReturnValuesOnConditionCheckFailure,
    },
};
use aws_smithy_runtime_api::{client::auth::AuthSchemeId, http::Response};
use tokio::time::timeout;

use super::sdk::{CallLimits, not_built, reasons};
use crate::{
    error::{Error, ErrorKind, Service},
    record::{CopyKey, CopyRecord, Known, Lease, Taker, UnderWay},
};

/// `DynamoDB` answers within milliseconds, or not at all.
const LIMITS: CallLimits = CallLimits {
    attempt: Duration::from_secs(2),
    operation: Duration::from_secs(8),
    attempts: 4,
};

/// The attributes of a call that is under way.
const UNDER_WAY: &str = "CalledBy, CallingSince, IdempotencyToken, #call, Answer, CopyProductToken";

/// One memory of what is copied where, for all executions of a stack.
#[derive(Clone, Debug)]
pub struct CopiesTable {
    client: Client,
    name: String,
}

/// What finish-copy leaves in the table.
#[derive(Clone, Copy, Debug)]
pub struct Finished<'a> {
    /// The execution that holds the lease.
    pub execution: &'a str,
    /// The lease as it was taken.
    pub lease_number: u64,
    /// What is known now.
    pub known: &'a Known,
    /// When the copy ended, in seconds since 1970.
    pub at: i64,
}

type Item = HashMap<String, AttributeValue>;

impl CopiesTable {
    /// Takes credentials, Region, endpoints and HTTP client from `config`.
    #[must_use]
    pub fn new(config: &SdkConfig, name: String) -> Self {
        Self {
            client: Client::new(&LIMITS.apply(config)),
            name,
        }
    }

    /// Opens a connection within 2 s, so that the first invocation finds it open. It asks without
    /// credentials, which `DynamoDB` refuses.
    pub async fn open_connection(&self) {
        let unsigned = Config::builder()
            .allow_no_auth()
            .auth_scheme_preference([AuthSchemeId::from("noAuth")]);
        let question = self.client.describe_endpoints().customize();
        let question = question.config_override(unsigned).send();
        let _ = timeout(LIMITS.attempt, Box::pin(question)).await;
    }

    /// Takes the lease of a copy, where nobody has it, the taker has it already, or who has it has
    /// ended.
    ///
    /// # Errors
    /// `UnreadableItem`, and errors of `DynamoDB`.
    pub async fn take(&self, key: &CopyKey, taker: Taker<'_>, now: i64) -> Result<Lease, Error> {
        let ended = taker.ended.unwrap_or(taker.execution);
        let answer = self
            .update(key)
            .update_expression("SET Holder = :holder, HeldSince = :now ADD LeaseNumber :one")
            .condition_expression("attribute_not_exists(Holder) OR Holder IN (:holder, :ended)")
            .expression_attribute_values(":holder", text(taker.execution))
            .expression_attribute_values(":ended", text(ended))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(updated) => {
                let record = record(&updated.attributes.unwrap_or_default())?;
                Ok(Lease::Taken(Box::new(record)))
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let item = refused.item().cloned().unwrap_or_default();
                    holder(&item).map(Lease::HeldBy)
                }
                _ => Err(explain(&error).while_doing("Taking the lease of the copy")),
            },
        }
    }

    /// Reads what is known of a copy, and takes nothing.
    ///
    /// # Errors
    /// `UnreadableItem`, and errors of `DynamoDB`.
    pub async fn read(&self, key: &CopyKey) -> Result<CopyRecord, Error> {
        let get = self.client.get_item().table_name(&self.name);
        let get = get
            .key("Place", text(&key.place))
            .key("Item", text(&key.source_product_arn));
        let answer = get.consistent_read(true).send().await;
        let answer = answer.map_err(|error| explain(&error).while_doing("Reading of the copy"))?;
        record(&answer.item.unwrap_or_default())
    }

    /// Notes a call before it is made.
    ///
    /// # Errors
    /// `LeaseLost`, and errors of `DynamoDB`.
    pub async fn note_call(
        &self,
        key: &CopyKey,
        execution: &str,
        lease_number: u64,
        call: &UnderWay,
        known: &Known,
    ) -> Result<(), Error> {
        let parameters = serde_json::to_string(&call.call);
        let parameters = parameters.map_err(|error| Error::unreadable_item("Call", error))?;
        let update = self
            .update(key)
            .update_expression(
                "SET CalledBy = :caller, CallingSince = :since, IdempotencyToken = :token, \
                 #call = :call, Answer = :answer, TargetProductIds = :products, \
                 Versions = :versions REMOVE CopyProductToken",
            )
            .expression_attribute_names("#call", "Call")
            .expression_attribute_values(":caller", text(&call.called_by))
            .expression_attribute_values(":products", map(&known.target_product_ids))
            .expression_attribute_values(":versions", map(&known.versions))
            .expression_attribute_values(":since", number(call.calling_since))
            .expression_attribute_values(":token", text(&call.idempotency_token))
            .expression_attribute_values(":call", text(&parameters))
            .expression_attribute_values(":answer", text(&call.answer));
        // A call that is made again may have got its answer meanwhile, and so may one whose note was
        // sent twice.
        let and = if call.is_first {
            " AND (attribute_not_exists(CopyProductToken) OR IdempotencyToken <> :token)"
        } else {
            " AND attribute_not_exists(CopyProductToken)"
        };
        held(update, execution, lease_number, and)
            .await
            .map_err(|error| error.while_doing("Noting the call of CopyProduct"))
    }

    /// Notes the answer of a call, whoever holds the lease by now: an answer thrown away would have
    /// to be asked for again. Answers with the holder and the number of the lease.
    ///
    /// # Errors
    /// `LeaseLost` where another call is under way by now, and errors of `DynamoDB`.
    pub async fn note_token(
        &self,
        key: &CopyKey,
        idempotency_token: &str,
        copy_product_token: &str,
    ) -> Result<(String, u64), Error> {
        let update = self
            .update(key)
            .update_expression("SET CopyProductToken = :token")
            .condition_expression(
                "IdempotencyToken = :call AND \
                 (attribute_not_exists(CopyProductToken) OR CopyProductToken = :token)",
            )
            .expression_attribute_values(":call", text(idempotency_token))
            .expression_attribute_values(":token", text(copy_product_token))
            .return_values(ReturnValue::AllNew);
        let item = conditional(update).await.map_err(|error| {
            error.while_doing(format_args!(
                "Noting {copy_product_token} in the copies table"
            ))
        })?;
        let number = integer(&item, "LeaseNumber")?.unwrap_or_default();
        Ok((string(&item, "Holder")?.unwrap_or_default(), number))
    }

    /// Forgets a call that was refused.
    ///
    /// # Errors
    /// `LeaseLost` where another call is under way by now, and errors of `DynamoDB`.
    pub async fn forget_call(
        &self,
        key: &CopyKey,
        execution: &str,
        lease_number: u64,
        idempotency_token: &str,
    ) -> Result<(), Error> {
        let update = self
            .update(key)
            .update_expression(format!("REMOVE {UNDER_WAY}"))
            .expression_attribute_names("#call", "Call")
            .expression_attribute_values(":call", text(idempotency_token));
        let and = " AND IdempotencyToken = :call AND attribute_not_exists(CopyProductToken)";
        held(update, execution, lease_number, and).await
    }

    /// Notes what is known and releases the lease. Answers whether it was still held.
    ///
    /// # Errors
    /// `UnreadableItem`, and errors of `DynamoDB`.
    pub async fn finish(&self, key: &CopyKey, finished: Finished<'_>) -> Result<bool, Error> {
        let update = self
            .update(key)
            .update_expression(format!(
                "SET TargetProductIds = :products, Versions = :versions, LastCopiedBy = :execution, \
                 LastCopied = :at REMOVE Holder, HeldSince, {UNDER_WAY}"
            ))
            .expression_attribute_names("#call", "Call")
            .expression_attribute_values(":products", map(&finished.known.target_product_ids))
            .expression_attribute_values(":versions", map(&finished.known.versions))
            .expression_attribute_values(":at", number(finished.at));
        match held(update, finished.execution, finished.lease_number, "").await {
            Ok(()) => Ok(true),
            Err(error) if error.kind == ErrorKind::LeaseLost => Ok(false),
            Err(error) => Err(error.while_doing("Noting what was copied")),
        }
    }

    /// Claims a target product for a source product. Answers with the source product that has
    /// claimed it before, where it is another one.
    ///
    /// # Errors
    /// `UnreadableItem`, and errors of `DynamoDB`.
    pub async fn claim(
        &self,
        place: &str,
        target_product_id: &str,
        source_product_arn: &str,
    ) -> Result<Option<String>, Error> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("Place", text(place))
            .item("Item", text(target_product_id))
            .item("SourceProductArn", text(source_product_arn))
            .condition_expression("attribute_not_exists(Place) OR SourceProductArn = :source")
            .expression_attribute_values(":source", text(source_product_arn))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = answer else { return Ok(None) };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                claimed_by(&refused.item().cloned().unwrap_or_default()).map(Some)
            }
            _ => Err(explain(&error).while_doing("Claiming the target product")),
        }
    }

    /// The source product that has claimed a target product.
    ///
    /// # Errors
    /// `UnreadableItem`, and errors of `DynamoDB`.
    pub async fn claimed_by(
        &self,
        place: &str,
        target_product_id: &str,
    ) -> Result<Option<String>, Error> {
        let get = self.client.get_item().table_name(&self.name);
        let get = get
            .key("Place", text(place))
            .key("Item", text(target_product_id));
        let answer = get.consistent_read(true).send().await;
        let answer = answer.map_err(|error| explain(&error).while_doing("Reading a claim"))?;
        answer.item.as_ref().map(claimed_by).transpose()
    }

    fn update(&self, key: &CopyKey) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&self.name);
        update
            .key("Place", text(&key.place))
            .key("Item", text(&key.source_product_arn))
    }
}

/// Makes an update only where the execution still holds the lease as it took it: one that was taken
/// since, even by itself, makes what was planned before out of date.
async fn held(
    update: UpdateItemFluentBuilder,
    execution: &str,
    lease_number: u64,
    and: &str,
) -> Result<(), Error> {
    let condition = format!("Holder = :execution AND LeaseNumber = :lease{and}");
    let update = update
        .condition_expression(condition)
        .expression_attribute_values(":execution", text(execution))
        .expression_attribute_values(":lease", N(lease_number.to_string()));
    conditional(update).await.map(|_| ())
}

/// Makes an update whose condition fails where another execution has gone on meanwhile.
async fn conditional(update: UpdateItemFluentBuilder) -> Result<Item, Error> {
    let error = match update.send().await {
        Ok(updated) => return Ok(updated.attributes.unwrap_or_default()),
        Err(error) => error,
    };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(_)) => Err(Error::lease_lost()),
        _ => Err(explain(&error)),
    }
}

fn text(value: &str) -> AttributeValue {
    S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    N(value.to_string())
}

fn map(values: &BTreeMap<String, String>) -> AttributeValue {
    let values = values.iter();
    M(values
        .map(|(key, value)| (key.clone(), text(value)))
        .collect())
}

/// An attribute that may be absent, but is of no other type.
fn attribute<'a, T>(
    item: &'a Item,
    name: &str,
    read: impl Fn(&'a AttributeValue) -> Option<T>,
) -> Result<Option<T>, Error> {
    let Some(value) = item.get(name) else {
        return Ok(None);
    };
    let value = read(value);
    value.map_or_else(
        || Err(Error::unreadable_item(name, "it has another type")),
        |it| Ok(Some(it)),
    )
}

fn string(item: &Item, name: &str) -> Result<Option<String>, Error> {
    attribute(item, name, |value| value.as_s().ok().cloned())
}

fn integer<T: FromStr>(item: &Item, name: &str) -> Result<Option<T>, Error> {
    attribute(item, name, |value| value.as_n().ok()?.parse().ok())
}

fn strings(item: &Item, name: &str) -> Result<BTreeMap<String, String>, Error> {
    let text = |value: &AttributeValue| value.as_s().ok().cloned();
    let pairs = attribute(item, name, |value| {
        let pairs = value.as_m().ok()?.iter();
        pairs
            .map(|(key, value)| Some((key.clone(), text(value)?)))
            .collect()
    })?;
    Ok(pairs.unwrap_or_default())
}

/// An attribute that an item must have.
fn required<T>(name: &str, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| Error::unreadable_item(name, "it is absent"))
}

fn holder(item: &Item) -> Result<String, Error> {
    required("Holder", string(item, "Holder")?)
}

/// The source product of a claim.
fn claimed_by(item: &Item) -> Result<String, Error> {
    required("SourceProductArn", string(item, "SourceProductArn")?)
}

fn record(item: &Item) -> Result<CopyRecord, Error> {
    let text = |name| required(name, string(item, name)?);
    let under_way = match string(item, "Call")? {
        None => None,
        Some(call) => Some(UnderWay {
            called_by: text("CalledBy")?,
            calling_since: required("CallingSince", integer(item, "CallingSince")?)?,
            idempotency_token: text("IdempotencyToken")?,
            call: serde_json::from_str(&call)
                .map_err(|error| Error::unreadable_item("Call", error))?,
            answer: text("Answer")?,
            copy_product_token: string(item, "CopyProductToken")?,
            is_first: false,
        }),
    };
    Ok(CopyRecord {
        holder: string(item, "Holder")?,
        lease_number: integer(item, "LeaseNumber")?.unwrap_or_default(),
        under_way,
        known: Known {
            target_product_ids: strings(item, "TargetProductIds")?,
            versions: strings(item, "Versions")?,
        },
    })
}

fn explain<E>(error: &SdkError<E, Response>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let Some(error) = not_built(error) {
        return error;
    }
    match (error.code(), error.raw_response()) {
        (Some(code), Some(response)) => {
            let message = error.message().unwrap_or("no message");
            let http_status = response.status().as_u16();
            Error::from_service(Service::DynamoDb, code, http_status, message)
        }
        _ => Error::no_answer(Service::DynamoDb, &reasons(error)),
    }
}

#[cfg(test)]
pub(crate) mod tests;
