//! Contract of `template.yaml` and `target-role.yaml`: what depends on the code, and what must not be lost.
//!
//! What a template alone can show, the rules in `checks/guard` say.

mod authorization;
mod calls;
mod events;
mod metrics;
mod permissions;

use std::collections::BTreeSet;

use regex::Regex;
use serde_norway::Value;

use crate::source::{read, sources};

pub(crate) fn template() -> Value {
    yaml(&read("template.yaml"))
}

pub(crate) fn target_role() -> Value {
    yaml(&read("target-role.yaml"))
}

fn yaml(text: &str) -> Value {
    serde_norway::from_str(text).expect("is YAML")
}

/// The name and properties of each resource of a type.
fn resources(template: &Value, kind: &str) -> Vec<(String, Value)> {
    let resources = template["Resources"].as_mapping().expect("has resources");
    let found: Vec<_> = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (text(name).to_owned(), resource["Properties"].clone()))
        .collect();
    assert!(!found.is_empty(), "no {kind}");
    found
}

/// What has a role of its own.
const WITH_ROLES: [&str; 2] = ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"];

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value:?}"))
}

/// All texts in a value, also those that a tag is of.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => items.iter().flat_map(texts).collect(),
        Value::Tagged(tagged) => texts(&tagged.value),
        Value::String(text) => vec![text.clone()],
        _ => Vec::new(),
    }
}

/// The file in `src/functions` with the handler of a function.
fn handler(function: &str) -> String {
    let metadata = &template()["Resources"][function]["Metadata"];
    text(&metadata["BuildProperties"]["Binary"]).replace('-', "_")
}

#[test]
fn every_parameter_says_what_it_is_and_what_is_allowed() {
    for template in [template(), target_role()] {
        let parameters = template["Parameters"].as_mapping().expect("is a mapping");
        assert!(!parameters.is_empty());
        for (name, parameter) in parameters {
            let has = |key: &str| parameter.get(key).is_some();
            let is_limited = has("AllowedPattern") || has("MinValue") && has("MaxValue");
            // CloudFormation lists the allowed values itself.
            let says_how = is_limited && has("ConstraintDescription") || has("AllowedValues");
            assert!(has("Description") && says_how, "{name:?}");
        }
    }
}

#[test]
fn logs_and_dead_letters_are_kept_and_encrypted_with_the_key() {
    let template = template();
    let key = yaml("!If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]");
    for (name, group) in resources(&template, "AWS::Logs::LogGroup") {
        assert_eq!(group["RetentionInDays"], yaml("!Ref LogRetentionDays"));
        assert_eq!(group["KmsKeyId"], key, "{name}");
        let writer = name.trim_end_matches("Logs");
        let function = format!("{writer}Function");
        let path = if template["Resources"][function.as_str()].is_null() {
            // With this prefix, log delivery does not run into the size limit of resource policies.
            format!("/aws/vendedlogs/states/${{AWS::StackName}}/{writer}")
        } else {
            let binary = handler(&function).replace('_', "-");
            format!("/aws/lambda/${{AWS::StackName}}/{binary}")
        };
        assert_eq!(texts(&group["LogGroupName"]), [path]);
    }
    for (name, queue) in resources(&template, "AWS::SQS::Queue") {
        // As long as SQS allows.
        assert_eq!(queue["MessageRetentionPeriod"], 14 * 24 * 3600, "{name}");
        assert_eq!(queue["KmsMasterKeyId"], key, "{name}");
    }
}

#[test]
fn the_bucket_outlives_the_stack_and_keeps_versions() {
    let bucket = &template()["Resources"]["CopiesBucket"];
    assert_eq!(bucket["DeletionPolicy"], "RetainExceptOnCreate");
    assert_eq!(bucket["UpdateReplacePolicy"], "Retain");
    let bucket = &bucket["Properties"];
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    assert!(texts(encryption).contains(&"HasKmsKey".to_owned()));
}

/// An execution can be redriven for 14 days, and then needs what its batch has written.
#[test]
fn a_batch_is_kept_until_it_can_no_longer_be_redriven() {
    let template = template();
    let kept = &template["Parameters"]["BatchRetentionDays"];
    assert!(kept["MinValue"].as_u64() >= Some(15), "{kept:?}");
    let bucket = &template["Resources"]["CopiesBucket"]["Properties"];
    let rules = bucket["LifecycleConfiguration"]["Rules"].as_sequence();
    let [rule] = rules.expect("has rules").as_slice() else {
        panic!("more than one rule");
    };
    assert_eq!(rule["Prefix"], "batches/");
    assert_eq!(rule["ExpirationInDays"], yaml("!Ref BatchRetentionDays"));
}

#[test]
fn a_manifest_may_be_in_a_bucket_that_the_parameter_names() {
    let template = template();
    let function = &template["Resources"]["ListCopiesFunction"]["Properties"];
    let statements = function["Policies"][0]["Statement"].as_sequence();
    let given = statements.expect("is a list").iter();
    let given: Vec<_> = given.filter(|it| it[0] == "HasManifestBuckets").collect();
    let of = |action: &str| given.iter().find(|it| it[1]["Action"] == action);
    let buckets = of("s3:ListBucket").expect("may list them");
    assert_eq!(buckets[1]["Resource"], yaml("!Ref ManifestBucketArns"));
    let objects = of("s3:GetObject").expect("may read their objects");
    let of_each = r#"!Split [",", !Join ["", [!Join ["/*,", !Ref ManifestBucketArns], "/*"]]]"#;
    assert_eq!(objects[1]["Resource"], yaml(of_each));
    assert_eq!(given.len(), 2);
    let pattern = &template["Parameters"]["ManifestBucketArns"]["AllowedPattern"];
    let pattern = Regex::new(text(pattern)).expect("is a pattern");
    for arn in [
        "",
        "arn:aws:s3:::manifests.example-1",
        "arn:aws-cn:s3:::abc",
    ] {
        assert!(pattern.is_match(arn), "{arn}");
    }
    for arn in ["*", "arn:aws:s3:::*", "arn:aws:s3:::a-bucket/*", "a-bucket"] {
        assert!(!pattern.is_match(arn), "{arn}");
    }
    // A policy of such a bucket names it.
    let role = &template["Outputs"]["ListCopiesRoleArn"]["Value"];
    assert_eq!(*role, yaml("!GetAtt ListCopiesFunctionRole.Arn"));
}

/// The properties that the stack's name is in, with what their services allow.
const NAMED_AFTER_THE_STACK: [(&str, &str, usize); 4] = [
    ("AWS::CloudWatch::Dashboard", "DashboardName", 255),
    ("AWS::Logs::LogGroup", "LogGroupName", 512),
    ("AWS::Serverless::Function", "RolePath", 512),
    ("AWS::Serverless::StateMachine", "Name", 80),
];

/// The longest name of a stack: its own limit is 128, that of its state machines is lower.
#[test]
fn names_made_of_the_stacks_name_are_as_long_as_is_allowed() {
    let template = template();
    let in_target_role = &target_role()["Parameters"]["HubStackName"]["AllowedPattern"];
    let longest = Regex::new(r"\{0,(\d+)\}").expect("is a pattern");
    let longest = longest
        .captures(text(in_target_role))
        .expect("has a length");
    let longest = 1 + longest[1].parse::<usize>().expect("is a number");
    let stack = "s".repeat(longest);
    let mut room = Vec::new();
    for (kind, property, limit) in NAMED_AFTER_THE_STACK {
        for (name, properties) in resources(&template, kind) {
            for made in texts(&properties[property]) {
                let region = "us-northwest-1";
                let made = made.replace("${AWS::StackName}", &stack);
                let made = made.replace("${AWS::Region}", region);
                assert!(made.len() <= limit, "{name}: {} characters", made.len());
                room.push(limit - made.len());
            }
        }
    }
    assert_eq!(room.iter().min(), Some(&0), "a longer name would do too");
    let said = format!("at most {longest} characters");
    assert!(read("docs/operations.md").contains(&said), "{said}");
    // No other name is made of it; CloudFormation cuts those that it makes.
    let properties =
        Regex::new(r"(?m)^ +(\w*Name|RolePath|Path): .*AWS::StackName").expect("is one");
    let source = read("template.yaml");
    let found: BTreeSet<&str> = properties
        .captures_iter(&source)
        .map(|it| it.get(1).map_or("", |it| it.as_str()))
        .collect();
    let known = NAMED_AFTER_THE_STACK.map(|(_, property, _)| property);
    assert_eq!(found, BTreeSet::from(known));
}

#[test]
fn the_source_of_events_is_none_that_only_aws_may_use() {
    let template = template();
    let pattern = &template["Parameters"]["EventSource"]["AllowedPattern"];
    let pattern = Regex::new(text(pattern)).expect("is a pattern");
    let default = text(&template["Parameters"]["EventSource"]["Default"]).to_owned();
    let longest = "x".repeat(253);
    for allowed in [
        default.as_str(),
        "a",
        "aw",
        "aws",
        "as",
        "aw.",
        "aws-x",
        "awsx.y",
        "x.aws.y",
        ".aws.",
        "acme/copies",
        "AWS",
        &longest,
    ] {
        assert!(pattern.is_match(allowed), "{allowed}");
    }
    for refused in [
        "",
        "aws.",
        "aws.servicecatalog",
        "a b",
        "a*",
        &"x".repeat(257),
    ] {
        assert!(!pattern.is_match(refused), "{refused}");
    }
}

/// The console of each partition has a domain of its own.
#[test]
fn links_to_the_console_are_those_of_the_partition() {
    let domain = "!If [InChina, console.amazonaws.cn, !If [InGovCloud, console.amazonaws-us-gov.com, \
                  console.aws.amazon.com]]";
    let template = template();
    let rule = &template["Resources"]["NotificationRule"]["Properties"]["Targets"][0];
    let links = [
        &template["Outputs"]["StateMachineConsole"]["Value"],
        &template["Outputs"]["DashboardConsole"]["Value"],
        &tagged(&tagged(&rule["InputTransformer"]["InputTemplate"])[1]["Executions"])[1],
    ];
    for link in links {
        let parts = tagged(link);
        assert!(
            text(&parts[0]).starts_with("https://${Console}/"),
            "{link:?}"
        );
        assert_eq!(parts[1]["Console"], yaml(domain));
    }
    for output in ["StateMachineConsole", "DashboardConsole"] {
        assert_eq!(template["Outputs"][output]["Condition"], "HasConsole");
    }
    let domains = Regex::new(r"console\.[a-z-]+[.a-z]*").expect("is a pattern");
    let source = read("template.yaml");
    // Nowhere else is a domain of a console.
    assert_eq!(domains.find_iter(&source).count(), 3 * links.len());
}

/// What a tag such as `!Sub` is of.
fn tagged(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => &tagged.value,
        other => other,
    }
}

#[test]
fn the_keys_of_the_copies_table_are_those_of_the_code() {
    let tables = resources(&template(), "AWS::DynamoDB::Table");
    let [(_, table)] = tables.as_slice() else {
        panic!("more than one table");
    };
    // A fixed name would conflict with a second stack, and with a table that was kept.
    assert!(table.get("TableName").is_none());
    let code = read("src/aws/dynamodb.rs");
    let (mut named, mut typed) = (Vec::new(), Vec::new());
    for key in table["KeySchema"].as_sequence().expect("has a key") {
        let name = text(&key["AttributeName"]);
        named.push((name, text(&key["KeyType"])));
        assert!(code.contains(&format!(".key(\"{name}\", text(")), "{name}");
    }
    for attribute in table["AttributeDefinitions"]
        .as_sequence()
        .expect("is a list")
    {
        typed.push(["AttributeName", "AttributeType"].map(|it| text(&attribute[it])));
    }
    assert_eq!(named, [("Place", "HASH"), ("Item", "RANGE")]);
    assert_eq!(typed, [["Place", "S"], ["Item", "S"]]);
}

#[test]
fn what_reads_or_writes_the_copies_table_is_given_its_name() {
    let code = calls::Code::read();
    for (name, function) in resources(&template(), "AWS::Serverless::Function") {
        let actions = code.actions(&handler(&name));
        let uses_it = actions.iter().any(|action| action.starts_with("dynamodb:"));
        let given = &function["Environment"]["Variables"];
        let expected = uses_it.then(|| yaml("!Ref CopiesTable"));
        assert_eq!(given.get("COPIES_TABLE"), expected.as_ref(), "{name}");
        // Shorter, another execution could make a call that is still being made.
        assert!(
            given.get("CALL_SECONDS").is_none(),
            "only tests make it shorter"
        );
    }
}

/// Each limit leaves time for the one below it to be reached and reported.
#[test]
fn the_timeouts_grow_from_a_call_to_a_task() {
    let seconds = |pattern: &str, text: &str| -> Vec<u64> {
        let pattern = Regex::new(pattern).expect("is a pattern");
        let found = pattern.captures_iter(text);
        found
            .map(|it| it[1].parse().expect("is a number"))
            .collect()
    };
    let aws: String = sources("src/aws").into_values().collect();
    let attempts = seconds(r"\battempt: Duration::from_secs\((\d+)\)", &aws);
    let operations = seconds(r"\boperation: Duration::from_secs\((\d+)\)", &aws);
    let copy = seconds(
        r"COPY_TIMEOUT: Duration = Duration::from_secs\((\d+)\)",
        &aws,
    );
    let function = template()["Globals"]["Function"]["Timeout"].as_u64();
    let task = r#"(?s)lambda:invoke".*?"TimeoutSeconds": (\d+)"#;
    let tasks = ["copy-product", "copy-products"]
        .map(|machine| seconds(task, &read(&format!("statemachine/{machine}.asl.json"))))
        .concat();
    let counts = [&attempts, &operations, &copy, &tasks].map(Vec::len);
    assert_eq!(
        counts,
        [4, 4, 1, 6],
        "four clients, six Tasks that invoke functions"
    );
    for (attempt, operation) in attempts.iter().zip(&operations) {
        assert!(2 * attempt < *operation);
    }
    let calls = [operations, copy].concat();
    assert!(calls.into_iter().max() < function && function < tasks.into_iter().min());

    // DynamoDB is asked before a call of CopyProduct and after it.
    let table = seconds(
        r"operation: Duration::from_secs\((\d+)\)",
        &read("src/aws/dynamodb.rs"),
    );
    assert_eq!(table, [8]);
    assert!(3 * table[0] < function.expect("is a number"));
    // Not before a function that has noted a call is gone for sure, by any clock, is it made again.
    let call = seconds(
        r"CALL_SECONDS: i64 = (\d+)",
        &read("src/functions/clients.rs"),
    );
    assert_eq!(call, [90]);
    assert!(function.expect("is a number") + 30 <= call[0]);
}
