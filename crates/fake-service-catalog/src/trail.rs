use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::copy::End;
use super::{Call, FakeState, Operation, Outcome, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LookupEvents {
    next_token: Option<String>,
}

const PAGE: usize = 50;

/// Answers `CloudTrail`'s `LookupEvents` for what was called where the caller is: at once, oldest
/// first, whatever the time and the attributes asked for.
pub(super) fn lookup(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: LookupEvents = protocol::members(request)?;
    let calls = state.calls.iter();
    let here = calls.filter(|call| call.place == caller.place && is_recorded(call));
    let mut events: Vec<_> = here.map(of_call).collect();
    if state.settings.copies_make_version_events {
        events.extend(of_versions(state, caller));
    }

    let seen = input.next_token.map_or(Ok(0), |token| token.parse());
    let seen: usize = seen.map_err(|_| Refusal::invalid("The token is not valid."))?;
    let later = events.get(seen..).unwrap_or_default();
    let page = &later[..PAGE.min(later.len())];
    let mut members = json!({ "Events": page });
    if page.len() < later.len() {
        members["NextToken"] = (seen + PAGE).to_string().into();
    }
    Ok(members.into())
}

fn is_recorded(call: &Call) -> bool {
    let of_service_catalog = !matches!(
        call.operation,
        Operation::AssumeRole | Operation::GetCallerIdentity | Operation::LookupEvents
    );
    of_service_catalog && call.outcome != Outcome::NotDone
}

fn of_call(call: &Call) -> Value {
    let name = format!("{:?}", call.operation);
    event(&name, !call.operation.writes(), &call.request, &call.answer)
}

/// One for each version that a copy brought.
fn of_versions(state: &FakeState, caller: &Caller) -> Vec<Value> {
    let here = state
        .copies
        .iter()
        .filter(|copy| copy.place == caller.place);
    let targets = here.filter_map(|copy| match &copy.end {
        Some(End::Succeeded { target }) => state.find(&caller.place, target).ok(),
        _ => None,
    });
    let versions = targets.flat_map(|product| {
        let request = json!({ "ProductId": product.id });
        let copied = product
            .versions
            .iter()
            .filter(|it| it.copied_from.is_some());
        copied.map(move |_| event("CreateProvisioningArtifact", false, &request, &Value::Null))
    });
    versions.collect()
}

fn event(name: &str, is_read: bool, request: &Value, answer: &Value) -> Value {
    let record = json!({
        "eventSource": "servicecatalog.amazonaws.com",
        "eventName": name,
        "requestParameters": request,
        // Of an answer, only what is looked for.
        "responseElements": { "status": answer["Status"] },
    });
    json!({
        "EventName": name,
        "ReadOnly": is_read.to_string(),
        "CloudTrailEvent": record.to_string(),
    })
}
