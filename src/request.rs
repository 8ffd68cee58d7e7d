//! What a person writes: a copy request, and what asks for the status of a copy.
//!
//! Members and limits are those of the Service Catalog API, model `servicecatalog/2015-12-10`.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{error::Error, limits};

/// The members of `CopyProduct`, where to copy to, and what started the copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[serde(expecting = "an object")]
pub struct CopyRequest {
    /// The product to copy; 1 to 1224 characters.
    pub source_product_arn: String,
    /// The product to copy into; absent: a new one. 1 to 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_id: Option<String>,
    /// The name of the copy; absent: the name of the source. At most 8191 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_product_name: Option<String>,
    /// The versions to copy, each `{ "Id": "pa-…" }`; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_provisioning_artifact_identifiers: Option<Vec<BTreeMap<String, String>>>,
    /// `CopyTags` copies the tags too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_options: Option<Vec<String>>,
    /// `en` (default), `jp` or `zh`; at most 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_language: Option<String>,
    /// Sent as it is; absent: made by [`crate::token`]. 1 to 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_token: Option<String>,
    /// Where to copy to; absent: the function's own account and Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The execution that copies, for logs and the role session; no part of the request itself.
    #[serde(skip_serializing)]
    pub execution_id: Option<String>,
    /// What started the copy, where it is not the execution; no part of the request itself.
    #[serde(skip_serializing)]
    pub started_by: Option<String>,
}

/// The members of `DescribeCopyProductStatus`, and where the copy was started.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[serde(expecting = "an object")]
pub struct StatusRequest {
    /// What `CopyProduct` answered; 1 to 100 characters.
    pub copy_product_token: String,
    /// `en` (default), `jp` or `zh`; at most 100 characters.
    pub accept_language: Option<String>,
    /// The target of the copy; absent: the function's own account and Region.
    pub target: Option<Target>,
    /// The execution that waits, for logs and the role session.
    pub execution_id: Option<String>,
}

/// Where to copy to. Its `Display` leaves the `ExternalId` out, so that it can be logged.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[serde(expecting = "an object")]
pub struct Target {
    /// Absent: the function's own Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The role to assume; absent: the function's own account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// What the role's trust policy asks for; 2 to 1224 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.region.as_deref().unwrap_or("the stack's own Region"))?;
        match &self.role_arn {
            Some(role_arn) => write!(f, " as {role_arn}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

impl CopyRequest {
    /// Reads a copy request.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] names the member that breaks a rule and what is allowed.
    pub fn parse(input: Value) -> Result<Self, Error> {
        let request: Self = read(input)?;
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), Error> {
        limits::PRODUCT_ARN.check("SourceProductArn", &self.source_product_arn)?;
        if let Some(id) = &self.target_product_id {
            limits::ID.check("TargetProductId", id)?;
            if self.source_product_arn.ends_with(&format!("product/{id}")) {
                return Err(Error::InvalidRequest(
                    "TargetProductId must not be the source product itself".to_owned(),
                ));
            }
        }
        if let Some(name) = &self.target_product_name {
            limits::PRODUCT_NAME.check("TargetProductName", name)?;
        }
        for (i, identifier) in self.artifact_identifiers().enumerate() {
            let member = format!("SourceProvisioningArtifactIdentifiers[{i}]");
            let keys: Vec<&str> = identifier.keys().map(String::as_str).collect();
            limits::PROVISIONING_ARTIFACT_KEYS.check(&member, &keys.join(", "))?;
            limits::PROVISIONING_ARTIFACT_ID.check(&format!("{member}.Id"), &identifier["Id"])?;
        }
        for (i, option) in self.copy_options.iter().flatten().enumerate() {
            limits::COPY_OPTION.check(&format!("CopyOptions[{i}]"), option)?;
        }
        if let Some(token) = &self.idempotency_token {
            limits::IDEMPOTENCY_TOKEN.check("IdempotencyToken", token)?;
        }
        check_where(self.accept_language.as_ref(), self.target.as_ref())
    }

    /// The versions asked for, none where all are.
    pub fn artifact_identifiers(&self) -> impl Iterator<Item = &BTreeMap<String, String>> {
        self.source_provisioning_artifact_identifiers
            .iter()
            .flatten()
    }
}

impl StatusRequest {
    /// Reads what asks for the status of a copy.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] names the member that breaks a rule and what is allowed.
    pub fn parse(input: Value) -> Result<Self, Error> {
        let request: Self = read(input)?;
        limits::ID.check("CopyProductToken", &request.copy_product_token)?;
        check_where(request.accept_language.as_ref(), request.target.as_ref())?;
        Ok(request)
    }
}

impl Target {
    fn check(&self) -> Result<(), Error> {
        if let Some(region) = &self.region {
            limits::REGION.check("Target.Region", region)?;
        }
        if let Some(role_arn) = &self.role_arn {
            limits::ROLE_ARN.check("Target.RoleArn", role_arn)?;
        }
        match &self.external_id {
            Some(_) if self.role_arn.is_none() => Err(Error::InvalidRequest(
                "Target.ExternalId must come with a Target.RoleArn".to_owned(),
            )),
            Some(it) => limits::EXTERNAL_ID.check_secret("Target.ExternalId", it),
            None => Ok(()),
        }
    }
}

fn check_where(language: Option<&String>, target: Option<&Target>) -> Result<(), Error> {
    if let Some(language) = language {
        limits::LANGUAGE.check("AcceptLanguage", language)?;
    }
    target.map_or(Ok(()), Target::check)
}

fn read<T: DeserializeOwned>(input: Value) -> Result<T, Error> {
    // serde would also read a list as an object, member by member.
    let is_list = |it: Option<&Value>| it.is_some_and(Value::is_array);
    if !input.is_object() || is_list(input.get("Target")) {
        let member = if input.is_object() {
            "Target"
        } else {
            "the input"
        };
        return Err(Error::InvalidRequest(format!("{member} must be an object")));
    }
    serde_path_to_error::deserialize(input).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        Error::InvalidRequest(match path.as_str() {
            "." => reason.to_string(),
            // serde's reason shows the value.
            "Target.ExternalId" => format!("{path}: expected a string"),
            _ => format!("{path}: {reason}"),
        })
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::{
        collection::{btree_map, vec},
        option::of,
        prelude::*,
    };
    use serde_json::json;

    const ARN: &str = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";
    const ROLE_ARN: &str = "arn:aws:iam::444455556666:role/CatalogCopyTarget";

    prop_compose! {
        fn target()(
            region in of("[a-z]{2}-[a-z]{4,9}-[1-9]"),
            role in of(("arn:aws:iam::[0-9]{12}:role/[A-Za-z0-9/_-]{1,64}", of("[A-Za-z0-9_+=,.@:/-]{2,40}"))),
        ) -> Target {
            let (role_arn, external_id) = role.unzip();
            let external_id = external_id.flatten();
            Target { region, role_arn, external_id }
        }
    }

    prop_compose! {
        /// Any valid copy request.
        pub(crate) fn copy_request()(
            source_product_arn in "arn:aws:catalog:[a-z0-9-]{0,20}:[0-9]{12}:product/prod-[a-z0-9]{1,40}",
            target_product_id in of("[a-zA-Z0-9_-]{1,100}"),
            target_product_name in of(".{0,80}"),
            ids in of(vec("pa-[a-z0-9]{13}", 0..4)),
            copy_options in of(vec(Just("CopyTags".to_owned()), 0..2)),
            accept_language in of("en|jp|zh"),
            idempotency_token in of("[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}"),
            target in of(target()),
        ) -> CopyRequest {
            let identifier = |id| BTreeMap::from([("Id".to_owned(), id)]);
            CopyRequest {
                target_product_id: target_product_id.filter(|it| !source_product_arn.ends_with(it)),
                source_product_arn,
                target_product_name,
                source_provisioning_artifact_identifiers:
                    ids.map(|ids| ids.into_iter().map(identifier).collect()),
                copy_options,
                accept_language,
                idempotency_token,
                target,
                execution_id: None,
                started_by: None,
            }
        }
    }

    /// Each member with values that break its rule.
    fn broken() -> Vec<(&'static str, Value)> {
        let long = |n: usize| Value::String("x".repeat(n));
        vec![
            ("SourceProductArn", json!("prod-abcdefghijklm")),
            ("SourceProductArn", json!("")),
            (
                "SourceProductArn",
                json!(format!("{ARN}{}", "x".repeat(1200))),
            ),
            (
                "SourceProductArn",
                json!("arn:aws:catalog:us-east-1:111122223333:/x"),
            ),
            (
                "SourceProductArn",
                json!("arn:AWS:catalog:us-east-1:111122223333:product/x"),
            ),
            ("SourceProductArn", json!(7)),
            ("SourceProductArn", json!(null)),
            ("TargetProductId", json!("")),
            ("TargetProductId", json!("prod/x")),
            ("TargetProductId", long(101)),
            ("TargetProductId", json!(["prod-x"])),
            ("TargetProductName", long(8192)),
            ("TargetProductName", json!({})),
            ("SourceProvisioningArtifactIdentifiers", json!("pa-x")),
            ("SourceProvisioningArtifactIdentifiers", json!(["pa-x"])),
            (
                "SourceProvisioningArtifactIdentifiers[1]",
                json!([{ "Id": "pa-x" }, { "Name": "v1" }]),
            ),
            ("SourceProvisioningArtifactIdentifiers[0]", json!([{}])),
            (
                "SourceProvisioningArtifactIdentifiers[0]",
                json!([{ "Id": "pa-x", "Name": "v1" }]),
            ),
            (
                "SourceProvisioningArtifactIdentifiers[0].Id",
                json!([{ "Id": "" }]),
            ),
            (
                "SourceProvisioningArtifactIdentifiers[0]",
                json!([{ "Id": 1 }]),
            ),
            ("CopyOptions", json!("CopyTags")),
            ("CopyOptions[1]", json!(["CopyTags", "CopyEverything"])),
            ("AcceptLanguage", long(101)),
            ("AcceptLanguage", json!(true)),
            ("IdempotencyToken", json!("")),
            ("IdempotencyToken", json!("-a")),
            ("IdempotencyToken", json!("a b")),
            ("IdempotencyToken", long(129)),
            ("Target", json!("eu-west-1")),
            ("Target", json!(["eu-west-1"])),
            ("Target", json!({ "region": "eu-west-1" })),
            ("Target.Region", json!({ "Region": "Ireland" })),
            (
                "Target.Region",
                json!({ "Region": "eu-west-1.evil.example/" }),
            ),
            ("Target.Region", json!({ "Region": 1 })),
            ("Target.RoleArn", json!({ "RoleArn": "CatalogCopyTarget" })),
            (
                "Target.RoleArn",
                json!({ "RoleArn": "arn:aws:iam::4444:role/CatalogCopyTarget" }),
            ),
            (
                "Target.RoleArn",
                json!({ "RoleArn": "arn:aws:iam::444455556666:user/someone" }),
            ),
            ("Target.ExternalId", json!({ "ExternalId": "secret" })),
            (
                "Target.ExternalId",
                json!({ "RoleArn": ROLE_ARN, "ExternalId": "s" }),
            ),
            (
                "Target.ExternalId",
                json!({ "RoleArn": ROLE_ARN, "ExternalId": "a secret" }),
            ),
            (
                "Target.ExternalId",
                json!({ "RoleArn": ROLE_ARN, "ExternalId": 5_317_009 }),
            ),
            ("ExecutionId", json!(1)),
            ("StartedBy", json!(1)),
        ]
    }

    proptest! {
        #[test]
        fn any_valid_request_round_trips(request in copy_request()) {
            let text = serde_json::to_value(&request).expect("serializes");
            prop_assert_eq!(CopyRequest::parse(text), Ok(request));
        }

        #[test]
        fn any_broken_rule_is_named(request in copy_request(), i in 0..broken().len()) {
            let (member, value) = broken().swap_remove(i);
            let mut input = serde_json::to_value(&request).expect("serializes");
            let top = member.split(['.', '[']).next().expect("has a first part");
            input[top] = value;
            let error = CopyRequest::parse(input).expect_err("is broken");
            prop_assert_eq!(error.name(), "InvalidRequest");
            prop_assert!(error.to_string().contains(member), "{} names {}", error, member);
        }

        #[test]
        fn any_unknown_member_is_named(request in copy_request(), name in "[a-z]{1,12}") {
            let mut input = serde_json::to_value(&request).expect("serializes");
            input[&name] = json!(1);
            let error = CopyRequest::parse(input).expect_err("is unknown");
            prop_assert_eq!(error.name(), "InvalidRequest");
            let unknown = format!("unknown field `{name}`");
            prop_assert!(error.to_string().contains(&unknown));
        }

        #[test]
        fn any_other_input_is_an_invalid_request(value in json(), i in 0..broken().len()) {
            let top = broken()[i].0.split(['.', '[']).next().expect("has a first part");
            let mut input = json!({ "SourceProductArn": ARN });
            input[top] = value.clone();
            for input in [input, value] {
                if let Err(error) = CopyRequest::parse(input) {
                    prop_assert_eq!(error.name(), "InvalidRequest");
                }
            }
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        let key = "Id|Region|RoleArn|ExternalId|[a-z]{0,3}";
        leaf.prop_recursive(3, 12, 3, move |inner| {
            prop_oneof![
                vec(inner.clone(), 0..3).prop_map(Value::from),
                btree_map(key, inner, 0..3).prop_map(|it| Value::Object(it.into_iter().collect())),
            ]
        })
    }

    fn message(input: Value) -> String {
        CopyRequest::parse(input)
            .expect_err("is broken")
            .to_string()
    }

    #[test]
    fn an_error_says_what_was_wrong_and_what_is_allowed() {
        assert_eq!(
            message(json!({ "SourceProductArn": ARN, "CopyOptions": ["Tags"] })),
            r#"CopyOptions[0] must be CopyTags, not "Tags""#
        );
        assert_eq!(message(json!({})), "missing field `SourceProductArn`");
        assert_eq!(message(json!([ARN])), "the input must be an object");
        let unknown = message(json!({ "SourceProductArn": ARN, "TargetRegion": "eu-west-1" }));
        assert!(unknown.contains("`TargetRegion`, expected one of `SourceProductArn`"));
    }

    #[test]
    fn a_product_is_not_copied_onto_itself() {
        let input = json!({ "SourceProductArn": ARN, "TargetProductId": "prod-abcdefghijklm" });
        assert!(message(input).contains("TargetProductId"));
    }

    #[test]
    fn an_external_id_is_never_shown() {
        for id in [json!("a secret"), json!(5_317_009)] {
            let target = json!({ "RoleArn": ROLE_ARN, "ExternalId": id });
            let shown = message(json!({ "SourceProductArn": ARN, "Target": target }));
            assert!(
                !shown.contains("secret") && !shown.contains("5317009"),
                "{shown}"
            );
        }
        let target = Target {
            external_id: Some("secret".to_owned()),
            ..Target::default()
        };
        assert!(!format!("{target} {target:?}").contains("secret"));
    }

    #[test]
    fn a_status_request_breaks_the_same_rules() {
        for (member, input) in [
            ("CopyProductToken", json!({})),
            ("CopyProductToken", json!({ "CopyProductToken": "" })),
            (
                "CopyProductToken",
                json!({ "CopyProductToken": "copy product" }),
            ),
            (
                "AcceptLanguage",
                json!({ "CopyProductToken": "c", "AcceptLanguage": 1 }),
            ),
            (
                "Target.Region",
                json!({ "CopyProductToken": "c", "Target": { "Region": "x" } }),
            ),
            (
                "SourceProductArn",
                json!({ "CopyProductToken": "c", "SourceProductArn": ARN }),
            ),
        ] {
            let error = StatusRequest::parse(input).expect_err("is broken");
            assert_eq!(error.name(), "InvalidRequest");
            assert!(error.to_string().contains(member), "{error} names {member}");
        }
    }
}
