//! Who may do what: exactly what the code and the state machines do.

use std::collections::BTreeSet;

use regex::Regex;
use serde_norway::Value;

use super::{
    WITH_ROLES, calls::Code, handler, resources, target_role, template, text, texts, yaml,
};
use crate::source::read;

/// For what is encrypted with `KmsKeyArn`.
const KEY_USE: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// Where batches are, in the bucket.
const BATCHES: &str = "${CopiesBucket.Arn}/batches/*";

/// Actions, each with what it is allowed on.
type Permissions = BTreeSet<(String, String)>;

/// What a policy allows; of `!If`, what it allows where there is a key.
fn allowed(policy: &Value) -> Permissions {
    let statements = policy["Statement"].as_sequence().expect("has statements");
    let mut allowed = Permissions::new();
    for statement in statements {
        let statement = if statement["Effect"].is_null() {
            assert_eq!(statement[0], "HasKmsKey");
            &statement[1]
        } else {
            statement
        };
        assert_eq!(statement["Effect"], "Allow");
        for action in texts(&statement["Action"]) {
            for resource in texts(&statement["Resource"]) {
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

#[test]
fn each_function_may_do_exactly_what_it_does() {
    let code = Code::read();
    for (name, function) in resources(&template(), "AWS::Serverless::Function") {
        let mut does = code.actions(&handler(&name));
        assert!(!does.is_empty(), "{name}");
        let keeps = |action: &String| ["s3:", "dynamodb:"].iter().any(|it| action.starts_with(it));
        if does.iter().any(keeps) || !function["DeadLetterQueue"].is_null() {
            does.extend(KEY_USE.map(str::to_owned));
        }
        if name == "ListCopiesFunction" {
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
    assert_eq!(actions(&allowed_to_the_target_role()), does);
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
            assert!(
                resource.contains("CopiesBucket.Arn"),
                "{action} on {resource}"
            );
        }
    }
    assert!(on_everything.is_subset(&actions(&all)));
    let publishes = &template["Resources"]["PublishOutcomeFunction"]["Properties"]["Policies"][0];
    assert_eq!(
        publishes["Statement"][0]["Condition"],
        yaml("{ StringEquals: { events:source: !Ref EventSource } }")
    );
}

#[test]
fn only_the_target_role_can_be_assumed() {
    let template = template();
    let name = &template["Parameters"]["TargetRoleName"];
    let pattern = Regex::new(text(&name["AllowedPattern"])).expect("is a pattern");
    assert!(pattern.is_match("CatalogCopyTarget"));
    for several in ["*", "Catalog?opy", "path/*"] {
        assert!(!pattern.is_match(several), "{several}");
    }
    let role_name = &target_role()["Parameters"]["RoleName"];
    for member in ["Default", "AllowedPattern"] {
        assert_eq!(name[member], role_name[member]);
    }
}

#[test]
fn the_target_role_trusts_the_roles_of_one_stack() {
    let path = &template()["Globals"]["Function"]["RolePath"];
    assert_eq!(
        *path,
        yaml("!Sub /${AWS::StackName}/"),
        "as the rules ask of the role"
    );
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
        let children = here("states", &format!("execution:{own}/*"));
        need(
            "states:DescribeExecution states:RedriveExecution states:StopExecution",
            &children,
        );
    }
    if definition.contains(":states:::s3:getObject\"") {
        need("s3:GetObject", BATCHES);
        need(&KEY_USE.join(" "), "KmsKeyArn");
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
