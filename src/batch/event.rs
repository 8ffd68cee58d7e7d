//! What started a batch, and what an event asks for.

use serde_json::Value;

use super::Batch;
use crate::{
    error::Error,
    request::{CopyRequest, Target},
};

/// Calls of Service Catalog that publish a version or change one.
pub const VERSION_EVENTS: [&str; 2] = ["CreateProvisioningArtifact", "UpdateProvisioningArtifact"];

/// The execution of a batch, and what started it.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The execution's ARN.
    pub execution_id: String,
    /// The event's id, else the execution that started this one, else this one.
    pub started_by: String,
}

/// What an input asks for.
#[derive(Debug, PartialEq)]
pub enum Trigger {
    /// A batch.
    Batch(Batch),
    /// Nothing, for this reason.
    Nothing(String),
}

impl Origin {
    /// Reads what started the execution from its input.
    #[must_use]
    pub fn of(execution_id: &str, input: &Value) -> Self {
        let outer = &input["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"];
        let event = &input["id"];
        let mut started_by = [event, outer].into_iter().filter_map(Value::as_str);
        let started_by = started_by.find(|it| !it.is_empty());
        Self {
            execution_id: execution_id.to_owned(),
            started_by: started_by.unwrap_or(execution_id).to_owned(),
        }
    }

    fn part(&self, n: usize) -> &str {
        self.execution_id.split(':').nth(n).unwrap_or_default()
    }

    /// The stack's account.
    #[must_use]
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// The partition of the stack.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The account and the Region a copy arrives in: the stack's own where its target says none.
    #[must_use]
    pub fn place_of<'a>(&'a self, request: &'a CopyRequest) -> (&'a str, &'a str) {
        let target = request.target.as_ref();
        let account = target.and_then(Target::account);
        let region = target.and_then(|it| it.region.as_deref());
        (
            account.unwrap_or(self.account()),
            region.unwrap_or(self.part(3)),
        )
    }

    /// The name of the execution.
    #[must_use]
    pub fn name(&self) -> &str {
        self.part(7)
    }
}

impl Trigger {
    /// Reads a batch, an event that carries one, or an event that starts the copies of subscriptions.
    ///
    /// `stack_name` and `target_role_name` identify the roles whose calls start nothing, or a copy would start itself again.
    ///
    /// # Errors
    /// `InvalidRequest` names what is wrong.
    pub fn parse(
        mut input: Value,
        origin: &Origin,
        stack_name: &str,
        target_role_name: &str,
    ) -> Result<Self, Error> {
        let Some(detail_type) = input["detail-type"].as_str() else {
            if let Some(members) = input.as_object_mut() {
                members.remove("AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID");
            }
            return Batch::parse(input).map(Self::Batch);
        };
        let detail = &input["detail"];
        match (input["source"].as_str().unwrap_or_default(), detail_type) {
            ("aws.servicecatalog", "AWS API Call via CloudTrail") => {
                version(detail, origin, stack_name, target_role_name)
            }
            ("aws.s3", "Object Created") | ("aws.events", "Scheduled Event") => {
                Ok(Self::Batch(Batch::of_subscriptions(None)))
            }
            (_, "Copy Products Requested") => Batch::parse(detail.clone()).map(Self::Batch),
            (source, detail_type) => Err(Error::invalid_request(format!(
                "detail-type must be \"Copy Products Requested\", or that of a trigger, not \
                 {detail_type:?} of {source:?}"
            ))),
        }
    }
}

/// What a `CloudTrail` event of Service Catalog asks for.
fn version(
    detail: &Value,
    origin: &Origin,
    stack_name: &str,
    target_role_name: &str,
) -> Result<Trigger, Error> {
    let nothing = |reason: String| Ok(Trigger::Nothing(reason));
    let name = member(detail, "/eventName")?;
    if !VERSION_EVENTS.contains(&name) {
        return nothing(format!("{name} neither publishes nor changes a version"));
    }
    if let Some(code) = detail["errorCode"].as_str() {
        return nothing(format!("{name} failed with {code}"));
    }
    let issuer = &detail["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"];
    if let Some(role) = issuer.as_str()
        && (role.contains(&format!(":role/{stack_name}/"))
            || role.rsplit('/').next() == Some(target_role_name))
    {
        return nothing(format!(
            "{name} was called by {role}, a role of Catalog Copy"
        ));
    }
    let (region, account) = (
        member(detail, "/awsRegion")?,
        member(detail, "/recipientAccountId")?,
    );
    let product = member(detail, "/requestParameters/productId")?;
    let partition = origin.partition();
    let arn = format!("arn:{partition}:catalog:{region}:{account}:product/{product}");
    Ok(Trigger::Batch(Batch::of_subscriptions(Some(vec![arn]))))
}

fn member<'a>(detail: &'a Value, path: &str) -> Result<&'a str, Error> {
    detail.pointer(path).and_then(Value::as_str).ok_or_else(|| {
        let path = path.replace('/', ".");
        Error::invalid_request(format!("detail{path} must be a string"))
    })
}
