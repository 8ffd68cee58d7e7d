//! Who may do what: exactly what the code and the state machines do.

use std::collections::BTreeSet;

use catalog_copy::request::TargetAccounts;
use regex::Regex;
use serde_norway::Value;

use super::{
    WITH_ROLES, calls::Code, handler, resources, target_role, template, text, texts, yaml,
};
use crate::source::read;

/// For what is encrypted with `KmsKeyArn`.
const KEY_USE: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// What else an action may need, as the Service Authorization Reference lists it.
const DEPENDENT_ACTIONS: [(&str, &[&str]); 1] = [(
    "servicecatalog:UpdateProduct",
    &["servicecatalog:TagResource", "servicecatalog:UntagResource"],
)];

/// What a statement of a policy depends on.
const CONDITIONS: [&str; 2] = ["HasKmsKey", "HasManifestBuckets"];

/// Where batches are, in the bucket.
const BATCHES: &str = "${CopiesBucket.Arn}/batches/*";

/// Actions, each with what it is allowed on.
type Permissions = BTreeSet<(String, String)>;

/// The statements of a policy; of `!If`, those where the condition holds.
fn statements(policy: &Value) -> Vec<&Value> {
    let statements = policy["Statement"].as_sequence().expect("has statements");
    let chosen = statements.iter().map(|statement| {
        if !statement["Effect"].is_null() {
            return statement;
        }
        assert!(CONDITIONS.contains(&text(&statement[0])));
        &statement[1]
    });
    chosen.collect()
}

/// What a policy allows.
fn allowed(policy: &Value) -> Permissions {
    let mut allowed = Permissions::new();
    for statement in statements(policy) {
        assert_eq!(statement["Effect"], "Allow");
        for action in texts(&statement["Action"]) {
            let resources = texts(&statement["Resource"]).into_iter();
            let is_separator = |it: &String| ["", ",", "/*", "/*,"].contains(&it.as_str());
            for resource in resources.filter(|it| !is_separator(it)) {
                allowed.insert((action.clone(), resource));
            }
        }
    }
    allowed
}

/// What a function or a state machine is allowed.
fn allowed_to(properties: &Value) -> Permissions {
    let policies = properties["Policies"].as_sequence().expect("has policies");
    assert_eq!(policies.len(), 1);
    allowed(&policies[0])
}

fn allowed_to_the_target_role() -> Permissions {
    let policies = &target_role()["Resources"]["TargetRole"]["Properties"]["Policies"];
    assert_eq!(policies.as_sequence().map(Vec::len), Some(1));
    allowed(&policies[0]["PolicyDocument"])
}

fn actions(permissions: &Permissions) -> BTreeSet<String> {
    let actions = permissions.iter().map(|(action, _)| action.clone());
    actions.collect()
}

/// The operations that support no resource types, as the rules list them; they may be on `*`, others not.
fn on_everything() -> BTreeSet<String> {
    let rules = read("checks/guard/permissions.guard");
    let list = rules.split("let on_everything = [").nth(1);
    let list = list.and_then(|rest| rest.split(']').next());
    let names = list.expect("is there").split('\'').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}

/// Actions with those that they depend on.
fn with_dependent(mut actions: BTreeSet<String>) -> BTreeSet<String> {
    for (action, dependent) in DEPENDENT_ACTIONS {
        if actions.contains(action) {
            actions.extend(dependent.iter().map(|it| (*it).to_owned()));
        }
    }
    actions
}

#[test]
fn each_function_may_do_exactly_what_it_does() {
    let code = Code::read();
    for (name, function) in resources(&template(), "AWS::Serverless::Function") {
        let mut does = with_dependent(code.actions(&handler(&name)));
        assert!(!does.is_empty(), "{name}");
        let keeps = |action: &String| ["s3:", "dynamodb:"].iter().any(|it| action.starts_with(it));
        if does.iter().any(keeps) || !function["DeadLetterQueue"].is_null() {
            does.extend(KEY_USE.map(str::to_owned));
        }
        if does.contains("s3:GetObject") {
            // Else S3 answers AccessDenied, not NoSuchKey, where an object is not there.
            does.insert("s3:ListBucket".to_owned());
        }
        assert_eq!(actions(&allowed_to(&function)), does, "{name}");
    }
}

#[test]
fn the_target_role_may_do_what_the_functions_do() {
    let code = Code::read();
    let functions = resources(&template(), "AWS::Serverless::Function").into_iter();
    let mut does: BTreeSet<_> = functions
        .flat_map(|(name, _)| code.actions(&handler(&name)))
        .collect();
    does.retain(|action| action.starts_with("servicecatalog:"));
    assert_eq!(actions(&allowed_to_the_target_role()), with_dependent(does));
}

#[test]
fn each_permission_is_on_no_more_than_it_supports() {
    let on_everything = on_everything();
    let template = template();
    let all = WITH_ROLES
        .iter()
        .flat_map(|kind| resources(&template, kind));
    let all = all.flat_map(|(_, properties)| allowed_to(&properties));
    let all: Permissions = all.chain(allowed_to_the_target_role()).collect();
    for (action, resource) in &all {
        let no_types = on_everything.contains(action);
        // IAM gives these on nothing less.
        assert_eq!(resource == "*", no_types, "{action} on {resource}");
        if action == "s3:PutObject" {
            assert_eq!(resource, BATCHES);
        } else if action.starts_with("s3:") {
            let buckets = ["CopiesBucket.Arn", "ManifestBucketArns"];
            let is_ours = buckets.iter().any(|it| resource.contains(it));
            assert!(is_ours, "{action} on {resource}");
        }
    }
    assert!(on_everything.is_subset(&actions(&all)));
}

/// The condition of the statement that lets events be put on the bus: source and detail types.
fn may_put(policy: &Value) -> (Value, BTreeSet<String>) {
    let statements = statements(policy);
    let mut puts = statements
        .into_iter()
        .filter(|it| it["Action"] == "events:PutEvents");
    let put = puts.next().expect("may put events");
    assert!(puts.next().is_none());
    let bus = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default";
    assert_eq!(texts(&put["Resource"]), [bus]);
    let condition = put["Condition"].as_mapping().expect("has a condition");
    assert_eq!(condition.len(), 1);
    let equals = &put["Condition"]["StringEquals"];
    let types = texts(&equals["events:detail-type"]).into_iter().collect();
    (equals["events:source"].clone(), types)
}

#[test]
fn publish_outcome_may_publish_outcomes_only() {
    let function = &template()["Resources"]["PublishOutcomeFunction"]["Properties"];
    let published = Regex::new(r#""(Copy Products? \w+)""#).expect("is a pattern");
    let code = read("src/outcome.rs");
    let published = published.captures_iter(&code).map(|it| it[1].to_owned());
    let (source, types) = may_put(&function["Policies"][0]);
    assert_eq!(source, yaml("!Ref EventSource"));
    assert_eq!(types, published.collect());
    assert_eq!(types.len(), 4);
}

#[test]
fn requesters_may_put_requests_only() {
    let template = template();
    let machines = resources(&template, "AWS::Serverless::StateMachine");
    let rules = machines.iter().flat_map(|(_, machine)| {
        let events = machine["Events"].as_mapping().expect("has events");
        events.values().map(|it| &it["Properties"]["Pattern"])
    });
    let requests = rules.filter(|it| it["source"] == yaml("[!Ref EventSource]"));
    let requests = requests.flat_map(|it| texts(&it["detail-type"]));
    let policies = resources(&template, "AWS::IAM::ManagedPolicy");
    let [(name, policy)] = policies.as_slice() else {
        panic!("more than one policy");
    };
    let (source, types) = may_put(&policy["PolicyDocument"]);
    assert_eq!(source, yaml("!Ref EventSource"));
    assert_eq!(types, requests.collect());
    assert_eq!(types.len(), 2);
    assert_eq!(allowed(&policy["PolicyDocument"]).len(), 1, "nothing else");
    let output = &template["Outputs"]["RequestPolicyArn"]["Value"];
    assert_eq!(*output, yaml(&format!("!Ref {name}")));
}

#[test]
fn a_key_is_used_only_through_the_services_that_it_is_for() {
    let template = template();
    for kind in WITH_ROLES {
        for (name, properties) in resources(&template, kind) {
            let has = |service: &str| {
                let actions = actions(&allowed_to(&properties));
                actions.iter().any(|action| action.starts_with(service))
            };
            let mut needed = BTreeSet::new();
            for (service, needs_key) in [
                ("dynamodb", has("dynamodb:")),
                ("s3", has("s3:")),
                ("sqs", !properties["DeadLetterQueue"].is_null()),
            ] {
                if needs_key {
                    needed.insert(format!("{service}.${{AWS::Region}}.amazonaws.com*"));
                }
            }
            let statements = statements(&properties["Policies"][0]).into_iter();
            let keys = statements.filter(|it| texts(&it["Action"])[0].starts_with("kms:"));
            let through: BTreeSet<_> = keys
                .flat_map(|it| texts(&it["Condition"]["StringLike"]["kms:ViaService"]))
                .collect();
            assert_eq!(through, needed, "{name}");
        }
    }
}

#[test]
fn every_role_can_have_a_permissions_boundary() {
    let boundary =
        yaml("!If [HasPermissionsBoundary, !Ref PermissionsBoundary, !Ref AWS::NoValue]");
    let template = template();
    let of_functions = &template["Globals"]["Function"]["PermissionsBoundary"];
    assert_eq!(*of_functions, boundary);
    for (name, machine) in resources(&template, "AWS::Serverless::StateMachine") {
        assert_eq!(machine["PermissionsBoundary"], boundary, "{name}");
    }
    let of_target = &target_role()["Resources"]["TargetRole"]["Properties"]["PermissionsBoundary"];
    assert_eq!(*of_target, boundary);
}

#[test]
fn only_the_target_role_can_be_assumed() {
    let template = template();
    let name = &template["Parameters"]["TargetRoleName"];
    let pattern = Regex::new(text(&name["AllowedPattern"])).expect("is a pattern");
    assert!(pattern.is_match("CatalogCopyTarget"));
    for several in ["*", "Catalog?opy", "path/*", "path/Role", "/Role"] {
        assert!(!pattern.is_match(several), "{several}");
    }
    let role_name = &target_role()["Parameters"]["RoleName"];
    for member in ["Default", "AllowedPattern"] {
        assert_eq!(name[member], role_name[member]);
    }
}

#[test]
fn roles_are_assumed_only_in_the_accounts_that_the_parameters_say() {
    let limited = r"
        !If
          - LimitsTargets
          - StringEquals:
              aws:ResourceAccount: !If [HasTargetAccounts, !Ref TargetAccountIds, !Ref AWS::NoValue]
              aws:ResourceOrgID: !If [HasTargetOrganization, !Ref TargetOrganizationId, !Ref AWS::NoValue]
          - !Ref AWS::NoValue
    ";
    let accounts = yaml(r#"!Join [",", !Ref TargetAccountIds]"#);
    let template = template();
    let mut assume = 0;
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        let statements = statements(&function["Policies"][0]).into_iter();
        let assumed = statements.filter(|it| it["Action"] == "sts:AssumeRole");
        let assumed: Vec<_> = assumed.map(|it| &it["Condition"]).collect();
        assume += assumed.len();
        // It names the roles, and the functions that it starts assume them.
        let names_them = name == "ListCopiesFunction" || !assumed.is_empty();
        let given = function["Environment"]["Variables"].get("TARGET_ACCOUNT_IDS");
        assert_eq!(given, names_them.then_some(&accounts), "{name}");
        assert!(assumed.iter().all(|it| **it == yaml(limited)), "{name}");
    }
    assert_eq!(assume, 3);
    let any = yaml(r"!Or [{ Condition: HasTargetAccounts }, { Condition: HasTargetOrganization }]");
    assert_eq!(template["Conditions"]["LimitsTargets"], any);
    let pattern = &template["Parameters"]["TargetAccountIds"]["AllowedPattern"];
    let pattern = Regex::new(text(pattern)).expect("is a pattern");
    for id in ["", "111122223333", "11112222333", "ALL", "*"] {
        assert_eq!(
            pattern.is_match(id),
            TargetAccounts::parse(id).is_ok(),
            "{id}"
        );
    }
}

#[test]
fn the_target_role_trusts_only_the_roles_of_one_stack_that_assume_it() {
    let template = template();
    assert_eq!(
        template["Globals"]["Function"]["RolePath"],
        yaml("!Sub /${AWS::StackName}/")
    );
    for (name, function) in resources(&template, "AWS::Serverless::Function") {
        let assumes = actions(&allowed_to(&function)).contains("sts:AssumeRole");
        let trusted = assumes.then(|| yaml("!Sub /${AWS::StackName}/copy/"));
        assert_eq!(function.get("RolePath"), trusted.as_ref(), "{name}");
    }
    let trusted = &template["Outputs"]["FunctionRoles"]["Value"];
    let roles = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}/copy/*";
    assert_eq!(texts(trusted), [roles]);
    let role = &target_role()["Resources"]["TargetRole"]["Properties"];
    let trust = role["AssumeRolePolicyDocument"]["Statement"].as_sequence();
    let [statement] = trust.expect("is a list").as_slice() else {
        panic!("more than one statement");
    };
    let expected = r"
        !If
          - HasEither
          - sts:ExternalId: !If [HasExternalId, !Ref ExternalId, !Ref AWS::NoValue]
            aws:PrincipalOrgID: !If [HasOrganizationId, !Ref OrganizationId, !Ref AWS::NoValue]
          - !Ref AWS::NoValue
    ";
    assert_eq!(statement["Condition"]["StringEquals"], yaml(expected));
    let trusted = "{ aws:PrincipalArn: !Sub \"arn:${AWS::Partition}:iam::${HubAccountId}:role/${HubStackName}/copy/*\" }";
    assert_eq!(statement["Condition"]["ArnLike"], yaml(trusted));
}

/// What Step Functions needs for a definition, as "How AWS Step Functions generates IAM policies" says.
fn needed(machine: &Value) -> Permissions {
    let file = text(&machine["DefinitionUri"]);
    let definition = read(file);
    let given = |member: &str| -> Vec<String> {
        let member = Regex::new(&format!(r#""{member}": "\$\{{(\w+)\}}""#)).expect("is a pattern");
        let names = member.captures_iter(&definition);
        names
            .flat_map(|name| texts(&machine["DefinitionSubstitutions"][&name[1]]))
            .collect()
    };
    let mut needed = Permissions::new();
    let mut need = |actions: &str, resource: &str| {
        let actions = actions.split(' ').map(str::to_owned);
        needed.extend(actions.map(|action| (action, resource.to_owned())));
    };
    let here = |service: &str, rest: &str| {
        format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{rest}")
    };
    for function in given("FunctionName") {
        need("lambda:InvokeFunction", &function);
    }
    for nested in given("StateMachineArn") {
        let executions = here("states", &format!("execution:${{{nested}.Name}}:*"));
        let rule = here(
            "events",
            "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule",
        );
        need("states:StartExecution", &nested);
        need("states:DescribeExecution states:StopExecution", &executions);
        need(
            "events:DescribeRule events:PutRule events:PutTargets",
            &rule,
        );
    }
    let own = texts(&machine["Name"]).remove(0);
    if definition.contains(":states:::aws-sdk:sfn:describeExecution\"") {
        // Who holds a lease is an execution of the same machine.
        let executions = here("states", &format!("execution:{own}:*"));
        need("states:DescribeExecution", &executions);
    }
    if definition.contains(r#""Mode": "DISTRIBUTED""#) {
        need(
            "states:StartExecution",
            &here("states", &format!("stateMachine:{own}")),
        );
        for children in ["/*", ":*"] {
            let children = here("states", &format!("execution:{own}{children}"));
            need("states:DescribeExecution states:StopExecution", &children);
        }
        let children = here("states", &format!("execution:{own}/*"));
        need("states:RedriveExecution", &children);
    }
    if definition.contains(":states:::s3:getObject\"") {
        need("s3:GetObject", BATCHES);
        need("kms:Decrypt kms:Encrypt kms:GenerateDataKey", "KmsKeyArn");
    }
    if definition.contains(":states:::s3:putObject\"") {
        need(
            "s3:PutObject s3:ListMultipartUploadParts s3:AbortMultipartUpload",
            BATCHES,
        );
    }
    needed
}

#[test]
fn a_machine_may_do_exactly_what_its_definition_needs() {
    let mut log_delivery = on_everything();
    log_delivery.retain(|action| action.starts_with("logs:"));
    for (name, machine) in resources(&template(), "AWS::Serverless::StateMachine") {
        let mut needed = needed(&machine);
        assert!(!needed.is_empty(), "{name}");
        needed.extend(
            log_delivery
                .iter()
                .map(|action| (action.clone(), "*".to_owned())),
        );
        assert_eq!(allowed_to(&machine), needed, "{name}");
    }
}
