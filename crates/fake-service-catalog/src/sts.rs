use std::time::{Duration, SystemTime};

use aws_smithy_types::date_time::{DateTime, Format};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::caller::{Caller, Session};
use super::{FakeState, limits, protocol};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssumeRole {
    role_arn: Option<String>,
    role_session_name: Option<String>,
    external_id: Option<String>,
    duration_seconds: Option<String>,
}

/// Hands out credentials for a role that [`Settings`](super::Settings) knows.
pub(super) fn assume_role(state: &mut FakeState, request: &Value) -> Result<Answer, Refusal> {
    let input: AssumeRole = protocol::members(request)?;
    let (role, name, duration) = input.within_limits().map_err(|refusal| Refusal {
        // STS has a name of its own for this.
        code: "ValidationError".to_owned(),
        ..refusal
    })?;

    // A role that asks for no ExternalId takes any, as IAM's condition is then absent.
    let trusts = match state.settings.roles.get(role) {
        None => false,
        Some(None) => true,
        asked => asked == Some(&input.external_id),
    };
    if !trusts {
        let message = format!("No permission for sts:AssumeRole on resource: {role}");
        return Err(Refusal::forbidden("AccessDenied", message));
    }

    let account = role.split(':').nth(4).unwrap_or_default();
    let role_name = role.rsplit('/').next().unwrap_or_default();
    let key = state.new_id("ASIA").to_uppercase();
    let session = Session {
        account: account.to_owned(),
        name: name.to_owned(),
    };
    let members = json!({
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": state.new_id("not-a-secret-"),
            "SessionToken": state.new_id("not-a-session-"),
            "Expiration": rfc_3339(SystemTime::now() + duration),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("{}:{name}", state.new_id("AROA").to_uppercase()),
            "Arn": format!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}"),
        },
    });
    state.sessions.insert(key, session);
    Ok(members.into())
}

/// Says who calls; nobody but who assumed a role has a name here.
pub(super) fn caller_identity(caller: &Caller) -> Answer {
    let account = &caller.place.account;
    let arn = caller.role_session_name.as_ref().map_or_else(
        || format!("arn:aws:iam::{account}:root"),
        |name| format!("arn:aws:sts::{account}:assumed-role/unknown/{name}"),
    );
    json!({ "Account": account, "Arn": arn, "UserId": account }).into()
}

impl AssumeRole {
    /// Checks every member and returns the role, the session's name and how long it is for.
    fn within_limits(&self) -> Result<(&str, &str, Duration), Refusal> {
        let role = limits::ROLE_ARN.required(self.role_arn.as_ref())?;
        let name = limits::ROLE_SESSION_NAME.required(self.role_session_name.as_ref())?;
        limits::EXTERNAL_ID.optional(self.external_id.as_ref())?;
        let seconds = self.duration_seconds.as_deref().unwrap_or("3600");
        let seconds: Option<u64> = seconds.parse().ok();
        let seconds = seconds.filter(|seconds| (900..=43_200).contains(seconds));
        let seconds = seconds.ok_or_else(|| {
            let range = "Member must have value between 900 and 43200";
            limits::violation("durationSeconds", range)
        })?;
        Ok((role, name, Duration::from_secs(seconds)))
    }
}

fn rfc_3339(time: SystemTime) -> String {
    // Only years after 9999 have no such form.
    DateTime::from(time)
        .fmt(Format::DateTime)
        .unwrap_or_default()
}
