use super::*;
use proptest::{
    collection::{btree_map, vec},
    option::of,
    prelude::*,
    sample::select,
};
use serde_json::json;

const ARN: &str = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";
const ROLE_ARN: &str = "arn:aws:iam::444455556666:role/CatalogCopyTarget";

prop_compose! {
    fn role()(
        role in of(("arn:aws:iam::[0-9]{12}:role(/[A-Za-z0-9_-]{1,20}){1,3}", of("[A-Za-z0-9_+=,.@:/-]{2,40}"))),
    ) -> (Option<String>, Option<String>) {
        let (role_arn, external_id) = role.unzip();
        (role_arn, external_id.flatten())
    }
}

prop_compose! {
    fn target()(region in of("[a-z]{2}-[a-z]{4,9}-[1-9]"), (role_arn, external_id) in role()) -> Target {
        Target { region, role_arn, external_id }
    }
}

prop_compose! {
    fn source()((role_arn, external_id) in role()) -> Source {
        Source { role_arn, external_id }
    }
}

fn versions() -> impl Strategy<Value = Versions> {
    prop_oneof![
        Just(Versions::Latest),
        Just(Versions::Active),
        Just(Versions::All),
        vec("v[0-9]{1,3}", 1..4).prop_map(Versions::Names),
    ]
}

fn on_source_removed() -> impl Strategy<Value = OnSourceRemoved> {
    prop_oneof![
        Just(OnSourceRemoved::Keep),
        Just(OnSourceRemoved::Deprecate),
        Just(OnSourceRemoved::Deactivate),
    ]
}

prop_compose! {
    /// Any valid copy request.
    pub(crate) fn copy_request()(
        source_product_arn in
            "arn:aws:catalog:(us-east-1|us-gov-west-1|eusc-de-east-1)?:[0-9]{12}:product/prod-[a-z0-9]{1,40}",
        (target_product_id, target_product_name) in (of("[a-zA-Z0-9_-]{1,100}"), of("[A-Z](.{0,78}[a-z])?")),
        ids in of(vec("pa-[a-z0-9]{13}", 1..4)),
        copy_options in of(vec(Just("CopyTags".to_owned()), 0..2)),
        accept_language in of("en|jp|zh"),
        idempotency_token in of("[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}"),
        target in of(target()),
        plan in of(prop_oneof![Just(PlanMode::Missing), Just(PlanMode::None)]),
        (source, versions) in (of(source()), of(versions())),
        (dry_run, portfolio_ids) in (of(any::<bool>()), of(vec("port-[a-z0-9]{13}", 0..3))),
        on_source_removed in of(on_source_removed()),
        on_version_replaced in of(select(vec![OnVersionReplaced::Retire, OnVersionReplaced::Keep])),
        on_name_taken in of(select(vec![OnNameTaken::Fail, OnNameTaken::Adopt, OnNameTaken::New])),
    ) -> CopyRequest {
        let identifier = |id| VersionIdentifier { id };
        let bare = CopyRequest {
            target_product_id: target_product_id.filter(|it| !source_product_arn.ends_with(it)),
            source_product_arn,
            target_product_name,
            source_provisioning_artifact_identifiers:
                ids.map(|ids| ids.into_iter().map(identifier).collect()),
            copy_options,
            accept_language,
            idempotency_token,
            target,
            plan,
            source: None,
            versions: None,
            dry_run: None,
            portfolio_ids: None,
            on_source_removed: None,
            on_version_replaced: None,
            on_name_taken: None,
            execution_id: None,
            started_by: None,
            resume: None,
        };
        if !bare.is_planned() {
            return bare;
        }
        let by_id = bare.source_provisioning_artifact_identifiers.is_some();
        CopyRequest {
            source,
            versions: versions.filter(|_| !by_id),
            dry_run,
            portfolio_ids,
            on_source_removed,
            on_version_replaced,
            on_name_taken,
            ..bare
        }
    }
}

/// Each member with values that break its rule.
#[allow(clippy::too_many_lines)] // A line a rule.
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
        ("Source", json!([])),
        ("Source.RoleArn", json!({ "RoleArn": "CatalogCopyTarget" })),
        ("Target.Region", json!({ "Region": null })),
        ("CopyOptions[0]", json!([null])),
        (
            "Source.ExternalId",
            json!({ "RoleArn": ROLE_ARN, "ExternalId": 5_317_009 }),
        ),
        ("Plan", json!("ALL")),
        ("Versions", json!("NEWEST")),
        ("Versions", json!([1])),
        ("DryRun", json!("yes")),
        ("PortfolioIds[0]", json!(["port/x"])),
        ("PortfolioIds[0]", json!(["prod-abcdefghijklm"])),
        (
            "SourceProductArn",
            json!("arn:aws:iam::111122223333:role/Admin"),
        ),
        ("TargetProductName", json!("")),
        ("Versions", json!([])),
        ("SourceProvisioningArtifactIdentifiers", json!([])),
        ("OnSourceRemoved", json!("DELETE")),
        ("OnVersionReplaced", json!("DELETE")),
        ("OnNameTaken", json!("OVERWRITE")),
        ("CopyOptions", json!(vec!["CopyTags"; 11])),
        ("PortfolioIds", json!(vec!["port-a"; 101])),
        ("Versions", json!(vec!["v"; 1001])),
        ("Versions[1]", json!(["v", "v".repeat(8193)])),
        (
            "SourceProvisioningArtifactIdentifiers",
            json!(vec![json!({ "Id": "pa-x" }); 1001]),
        ),
        ("Resume", json!({ "HolderEnded": 1 })),
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
        "CopyOptions[0] must be CopyTags"
    );
    assert_eq!(message(json!({})), "missing field `SourceProductArn`");
    assert_eq!(message(json!([ARN])), "the input must be an object");
    let unknown = message(json!({ "SourceProductArn": ARN, "TargetRegion": "eu-west-1" }));
    assert!(unknown.contains("`TargetRegion`, expected one of `SourceProductArn`"));
    for of_the_machine in ["ExecutionId", "StartedBy", "Resume"] {
        assert!(!unknown.contains(of_the_machine), "{unknown}");
    }
}

#[test]
fn what_needs_a_plan_is_refused_without_one() {
    for (member, value) in [
        ("Source", json!({})),
        ("Versions", json!("ALL")),
        ("DryRun", json!(true)),
        ("PortfolioIds", json!([])),
        ("OnSourceRemoved", json!("KEEP")),
        ("OnVersionReplaced", json!("KEEP")),
        ("OnNameTaken", json!("NEW")),
    ] {
        let mut input = json!({ "SourceProductArn": ARN, "Plan": "NONE" });
        input[member] = value.clone();
        assert!(message(input).contains(&format!("{member} must come with the Plan MISSING")));
        let mut input = json!({ "SourceProductArn": ARN });
        input[member] = value;
        assert!(CopyRequest::parse(input).is_ok());
    }
}

#[test]
fn versions_are_named_in_one_way_only() {
    let input = json!({
        "SourceProductArn": ARN,
        "Plan": "MISSING",
        "Versions": "ALL",
        "SourceProvisioningArtifactIdentifiers": [{ "Id": "pa-x" }],
    });
    assert!(message(input).starts_with("Versions must not come with"));
}

#[test]
fn the_region_of_a_source_that_is_read_must_be_one() {
    let arn = "arn:aws:catalog:evil.example:111122223333:product/prod-a";
    let input = json!({ "SourceProductArn": arn });
    assert!(message(input).contains("The Region in SourceProductArn must be a Region"));
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
            json!({ "CopyProductToken": "c", "SourceProductArn": "prod-a" }),
        ),
        (
            "TargetProductId",
            json!({ "CopyProductToken": "c", "TargetProductId": "prod-a" }),
        ),
    ] {
        let error = StatusRequest::parse(input).expect_err("is broken");
        assert_eq!(error.name(), "InvalidRequest");
        assert!(error.to_string().contains(member), "{error} names {member}");
    }
}

#[test]
fn an_error_shows_little_of_a_large_input() {
    for (member, value) in [
        ("Target", json!("x".repeat(200_000))),
        ("CopyOptions", json!("x".repeat(200_000))),
        (&"x".repeat(200_000), json!(1)),
    ] {
        let mut input = json!({ "SourceProductArn": ARN });
        input[member] = value;
        assert!(message(input).len() < 1000);
    }
    let shown = message(json!({ "SourceProductArn": ARN, "Target": "eu-west-1,a secret" }));
    assert_eq!(shown, "Target must be an object");
}
