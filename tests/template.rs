//! Contract of `template.yaml` and `target-role.yaml`: nothing is allowed that the code does not do.

use std::collections::BTreeSet;

use regex::Regex;
use serde_norway::Value;

/// Everything that calls Service Catalog.
const CATALOG: &str = concat!(
    include_str!("../src/catalog.rs"),
    include_str!("../src/catalog/copies.rs"),
    include_str!("../src/catalog/portfolios.rs"),
    include_str!("../src/catalog/products.rs"),
    include_str!("../src/catalog/versions.rs"),
);

/// Each function with the source of its handler.
const FUNCTIONS: [(&str, &str); 3] = [
    ("StartCopyFunction", include_str!("../src/start_copy.rs")),
    (
        "CheckStatusFunction",
        include_str!("../src/check_status.rs"),
    ),
    (
        "FinishCopyFunction",
        // It finds the target as start-copy does.
        concat!(
            include_str!("../src/finish_copy.rs"),
            "find_target .search_products_as_admin("
        ),
    ),
];

fn template() -> Value {
    serde_norway::from_str(include_str!("../template.yaml")).expect("is YAML")
}

fn target_role() -> Value {
    serde_norway::from_str(include_str!("../target-role.yaml")).expect("is YAML")
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => items.iter().flat_map(strings).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Tagged(tagged) => strings(&tagged.value),
        _ => Vec::new(),
    }
}

fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    let statements = policy["Statement"].as_sequence();
    statements.expect("has statements").iter()
}

fn actions(policy: &Value) -> BTreeSet<String> {
    statements(policy)
        .flat_map(|it| strings(&it["Action"]))
        .collect()
}

/// The operations of Service Catalog that a handler calls, as IAM names them.
fn calls(handler: &str) -> BTreeSet<String> {
    let call = Regex::new(r"\.([a-z]+(?:_[a-z]+)+)\(").expect("is a pattern");
    call.captures_iter(handler)
        .map(|it| it[1].to_owned())
        .filter(|name| CATALOG.contains(&format!("pub async fn {name}(")))
        .map(|name| {
            assert!(CATALOG.contains(&format!(".{name}()")), "{name} is called");
            let words = name.split('_').map(|word| {
                let (first, rest) = word.split_at(1);
                first.to_uppercase() + rest
            });
            format!("servicecatalog:{}", words.collect::<String>())
        })
        .collect()
}

#[test]
fn each_function_may_do_exactly_what_it_does() {
    for (function, handler) in FUNCTIONS {
        let template = template();
        let policy = &template["Resources"][function]["Properties"]["Policies"][0];
        let mut does = calls(handler);
        assert!(!does.is_empty(), "{function}");
        does.insert("sts:AssumeRole".to_owned());
        assert_eq!(actions(policy), does, "{function}");
    }
}

#[test]
fn the_target_role_may_do_what_the_functions_do() {
    let policy = &target_role()["Resources"]["TargetRole"]["Properties"]["Policies"][0];
    let does = FUNCTIONS.into_iter().flat_map(|(_, it)| calls(it));
    assert_eq!(actions(&policy["PolicyDocument"]), does.collect());
}

#[test]
fn only_the_target_role_can_be_assumed() {
    for (function, _) in FUNCTIONS {
        let template = template();
        let policy = &template["Resources"][function]["Properties"]["Policies"][0];
        let roles: Vec<_> = statements(policy)
            .filter(|it| strings(&it["Action"]) == ["sts:AssumeRole"])
            .flat_map(|it| strings(&it["Resource"]))
            .collect();
        assert_eq!(
            roles,
            ["arn:${AWS::Partition}:iam::*:role/${TargetRoleName}"]
        );
    }
    let template = template();
    let name = template["Parameters"]["TargetRoleName"]["AllowedPattern"].as_str();
    let pattern = Regex::new(&format!("^(?:{})$", name.expect("has a pattern")));
    let pattern = pattern.expect("is a pattern");
    assert!(pattern.is_match("CatalogCopyTarget") && !pattern.is_match("*"));
    assert_eq!(
        template["Parameters"]["TargetRoleName"]["Default"],
        target_role()["Parameters"]["RoleName"]["Default"]
    );
}

#[test]
fn only_what_supports_no_resource_types_is_allowed_on_everything() {
    let everything = [
        "servicecatalog:AssociateProductWithPortfolio",
        "servicecatalog:CopyProduct",
        "servicecatalog:DescribeCopyProductStatus",
        "servicecatalog:SearchProductsAsAdmin",
    ];
    let (template, target_role) = (template(), target_role());
    let role = &target_role["Resources"]["TargetRole"]["Properties"];
    let policies =
        FUNCTIONS.map(|(name, _)| &template["Resources"][name]["Properties"]["Policies"][0]);
    for policy in policies
        .into_iter()
        .chain([&role["Policies"][0]["PolicyDocument"]])
    {
        for statement in statements(policy) {
            let broad = strings(&statement["Resource"]) == ["*"];
            for action in strings(&statement["Action"]) {
                assert_eq!(broad, everything.contains(&action.as_str()), "{action}");
            }
        }
    }
}

#[test]
fn the_machine_may_invoke_its_functions_only() {
    let template = template();
    let machine = &template["Resources"]["CopyProductStateMachine"]["Properties"];
    let invoked: Vec<_> = statements(&machine["Policies"][0])
        .filter(|it| strings(&it["Action"]) == ["lambda:InvokeFunction"])
        .flat_map(|it| strings(&it["Resource"]))
        .collect();
    assert_eq!(invoked, FUNCTIONS.map(|(name, _)| format!("{name}.Arn")));
}

#[test]
fn every_end_but_success_is_reported() {
    let template = template();
    let rule = &template["Resources"]["FailureRule"]["Properties"]["EventPattern"];
    assert_eq!(
        strings(&rule["detail"]["status"]),
        ["FAILED", "TIMED_OUT", "ABORTED"]
    );
    assert_eq!(
        strings(&rule["detail"]["stateMachineArn"]),
        ["CopyProductStateMachine"]
    );
}

#[test]
fn no_log_holds_an_external_id() {
    let template = template();
    let machine = &template["Resources"]["CopyProductStateMachine"]["Properties"];
    assert_eq!(machine["Logging"]["IncludeExecutionData"], false);
}

#[test]
fn every_parameter_says_what_it_is_and_what_is_allowed() {
    for template in [template(), target_role()] {
        let parameters = template["Parameters"].as_mapping().expect("is a mapping");
        assert!(!parameters.is_empty());
        for (name, parameter) in parameters {
            let has = |key: &str| parameter.get(key).is_some();
            let limited = has("AllowedPattern") || has("AllowedValues");
            let bounded = has("MinValue") && has("MaxValue");
            assert!(has("Description") && (limited || bounded), "{name:?}");
        }
    }
}

#[test]
fn the_limits_stand_on_a_ladder() {
    let template = template();
    let function = template["Globals"]["Function"]["Timeout"].as_u64();
    let machine = include_str!("../statemachine/copy-product.asl.json");
    assert!(CATALOG.contains("ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5)"));
    assert!(CATALOG.contains("OPERATION_TIMEOUT: Duration = Duration::from_secs(20)"));
    assert!(CATALOG.contains("COPY_TIMEOUT: Duration = Duration::from_secs(15)"));
    assert_eq!(function, Some(60));
    assert_eq!(machine.matches("\"TimeoutSeconds\": 90").count(), 3);
}
