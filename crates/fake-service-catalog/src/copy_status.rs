use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::Caller;
use super::copy::End;
use super::{FakeState, limits, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeCopyProductStatus {
    copy_product_token: Option<String>,
    accept_language: Option<String>,
}

/// Says how a copy into the caller's account and Region is getting on.
pub(super) fn describe(
    state: &mut FakeState,
    caller: &Caller,
    request: &Value,
) -> Result<Answer, Refusal> {
    let input: DescribeCopyProductStatus = protocol::members(request)?;
    limits::accept_language(input.accept_language.as_ref())?;
    let token = limits::COPY_PRODUCT_TOKEN.required(input.copy_product_token.as_ref())?;

    let hidden = state.settings.describes_before_visible;
    let unknown = || Refusal::not_found(token);
    let index = state
        .copies
        .iter()
        .position(|copy| copy.token == token && copy.place == caller.place)
        .ok_or_else(unknown)?;
    state.copies[index].describes += 1;
    if state.copies[index].describes <= hidden {
        return Err(unknown());
    }

    state.settle();
    let members = match &state.copies[index].end {
        None => json!({ "CopyProductStatus": "IN_PROGRESS" }),
        Some(End::Succeeded { target }) => {
            json!({ "CopyProductStatus": "SUCCEEDED", "TargetProductId": target })
        }
        Some(End::Failed { detail }) => {
            json!({ "CopyProductStatus": "FAILED", "StatusDetail": detail })
        }
    };
    Ok(members.into())
}
