//! The accounts that a request may name.

use super::{CopyRequest, Target, place};
use crate::error::Error;

/// How many accounts an error names.
const NAMED: usize = 10;

/// The accounts that may be copied to, and whose roles may be assumed: the parameter
/// `TargetAccountIds`. By default all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetAccounts {
    only: Option<Vec<String>>,
}

impl TargetAccounts {
    /// Reads account ids with commas between them; none stands for all.
    ///
    /// # Errors
    /// `InvalidRequest` says what is no account id.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let ids = text.split(',').map(|id| {
            let id = id.trim();
            let is_id = id.len() == 12 && id.bytes().all(|it| it.is_ascii_digit());
            is_id.then(|| id.to_owned()).ok_or_else(|| {
                Error::invalid_request(format!(
                    "TargetAccountIds must be account ids of 12 digits, not {id:?}"
                ))
            })
        });
        let only = Some(ids.collect::<Result<_, _>>()?);
        Ok(Self { only })
    }

    /// Refuses a copy to or from an account that is none of these.
    ///
    /// # Errors
    /// `InvalidRequest` names the member, the account and those that are allowed.
    pub fn check(&self, request: &CopyRequest, own_account: &str) -> Result<(), Error> {
        self.check_target(request.target.as_ref(), own_account)?;
        // Without a role, the source is read as the stack's own account.
        let source = request.source.as_ref();
        let account = source.and_then(|it| place::account(it.role_arn.as_ref()));
        account.map_or(Ok(()), |it| self.check_account("Source.RoleArn", it))
    }

    /// Refuses a target in an account that is none of these; without a role it is the stack's own.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_target(&self, target: Option<&Target>, own_account: &str) -> Result<(), Error> {
        match target.and_then(Target::account) {
            Some(account) => self.check_account("Target.RoleArn", account),
            None => self.check_account("Target", own_account),
        }
    }

    fn check_account(&self, member: &str, account: &str) -> Result<(), Error> {
        let Some(only) = &self.only else {
            return Ok(());
        };
        if only.iter().any(|it| it == account) {
            return Ok(());
        }
        let named = only.iter().take(NAMED).map(String::as_str);
        let mut named = named.collect::<Vec<_>>().join(", ");
        if only.len() > NAMED {
            named = format!("{named} and {} more", only.len() - NAMED);
        }
        Err(Error::invalid_request(format!(
            "{member} must be in an account of the stack's parameter TargetAccountIds ({named}), not \
             in {account}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OWN: &str = "111122223333";
    const OTHER: &str = "444455556666";

    fn role(account: &str) -> Value {
        json!({ "RoleArn": format!("arn:aws:iam::{account}:role/CatalogCopyTarget") })
    }

    fn request(members: Value) -> CopyRequest {
        let mut request = members;
        let arn = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";
        request["SourceProductArn"] = arn.into();
        CopyRequest::parse(request).expect("is valid")
    }

    #[test]
    fn only_the_accounts_of_the_parameter_may_be_named() {
        let both = format!("{OWN},{OTHER}");
        for (accounts, members, refused) in [
            ("", json!({ "Target": role(OTHER) }), None),
            (OTHER, json!({ "Target": role(OTHER) }), None),
            (&both, json!({ "Target": role(OTHER) }), None),
            (&both, json!({}), None),
            (OWN, json!({}), None),
            (OWN, json!({ "Target": role(OWN) }), None),
            (OWN, json!({ "Source": {} }), None),
            (
                OWN,
                json!({ "Target": role(OTHER) }),
                Some("Target.RoleArn must be"),
            ),
            (OTHER, json!({}), Some("Target must be")),
            (
                OTHER,
                json!({ "Target": { "Region": "eu-west-1" } }),
                Some("Target must be"),
            ),
            (
                OTHER,
                json!({ "Target": role(OWN) }),
                Some("Target.RoleArn must be"),
            ),
            (
                OWN,
                json!({ "Source": role(OTHER) }),
                Some("Source.RoleArn must be"),
            ),
        ] {
            let accounts = TargetAccounts::parse(accounts).expect("is right");
            let checked = accounts.check(&request(members.clone()), OWN);
            let Some(refused) = refused else {
                assert_eq!(checked, Ok(()), "{members}");
                continue;
            };
            let error = checked.expect_err("is refused");
            assert_eq!(error.name(), "InvalidRequest");
            assert!(error.message.starts_with(refused), "{error}");
        }
    }

    #[test]
    fn an_account_that_is_refused_is_named_with_those_that_are_allowed() {
        let accounts = TargetAccounts::parse(&format!("{OTHER}, {OTHER}")).expect("is right");
        let error = accounts.check_target(None, OWN).expect_err("is refused");
        assert!(error.message.contains("(444455556666, 444455556666)"));
        assert!(error.message.ends_with("not in 111122223333"), "{error}");
        let many = TargetAccounts::parse(&[OTHER; 12].join(",")).expect("is right");
        let error = many.check_target(None, OWN).expect_err("is refused");
        assert!(error.message.contains(" and 2 more)"), "{error}");
    }

    /// Else a mistake would allow every account.
    #[test]
    fn what_is_no_list_of_accounts_is_refused() {
        for wrong in [
            "ALL",
            ",",
            "all",
            "*",
            "1111222233334",
            "11112222333a",
            "111122223333,",
        ] {
            let error = TargetAccounts::parse(wrong).expect_err("is refused");
            assert!(error.message.contains("12 digits"), "{error}");
        }
    }
}
