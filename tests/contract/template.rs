//! Contract of `template.yaml` and `target-role.yaml`: nothing is allowed that the code does not do.

use std::collections::BTreeSet;

use regex::Regex;
use serde_norway::Value;

/// Everything that calls Service Catalog.
const CATALOG: &str = concat!(
    include_str!("../../src/aws/service_catalog.rs"),
    include_str!("../../src/aws/service_catalog/copies.rs"),
    include_str!("../../src/aws/service_catalog/portfolios.rs"),
    include_str!("../../src/aws/service_catalog/products.rs"),
    include_str!("../../src/aws/service_catalog/versions.rs"),
);

/// Each function with the source of its handler.
const FUNCTIONS: [(&str, &str); 3] = [
    (
        "StartCopyFunction",
        include_str!("../../src/functions/start_copy.rs"),
    ),
    (
        "CheckStatusFunction",
        include_str!("../../src/functions/check_status.rs"),
    ),
    (
        "FinishCopyFunction",
        // It finds the target as start-copy does.
        concat!(
            include_str!("../../src/functions/finish_copy.rs"),
            "find_target .search_products_as_admin("
        ),
    ),
];

fn yaml(text: &str) -> Value {
    serde_norway::from_str(text).expect("is YAML")
}

fn template() -> Value {
    yaml(include_str!("../../template.yaml"))
}

fn target_role() -> Value {
    yaml(include_str!("../../target-role.yaml"))
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

/// The template has exactly these resources, by type.
#[track_caller]
fn check_types(template: &Value, expected: &str) {
    let resources = template["Resources"].as_mapping().expect("has resources");
    let types: Vec<String> = resources
        .iter()
        .map(|(name, it)| {
            let word = |it: &Value| it.as_str().expect("is a word").to_owned();
            format!("{}: {}", word(name), word(&it["Type"]))
        })
        .collect();
    assert_eq!(types.join("\n"), expected.trim());
}

/// A resource has exactly these properties, apart from those to leave out.
#[track_caller]
fn check_properties(template: &Value, resource: &str, without: &[&str], expected: &str) {
    let properties = template["Resources"][resource]["Properties"].as_mapping();
    let mut properties = properties.expect("has properties").clone();
    for member in without {
        assert!(properties.remove(member).is_some(), "{resource}.{member}");
    }
    assert_eq!(Value::Mapping(properties), yaml(expected), "{resource}");
}

#[test]
fn there_is_nothing_else_that_could_give_a_permission() {
    check_types(
        &template(),
        r"
StartCopyFunction: AWS::Serverless::Function
CheckStatusFunction: AWS::Serverless::Function
FinishCopyFunction: AWS::Serverless::Function
ListCopiesFunction: AWS::Serverless::Function
ReportCopiesFunction: AWS::Serverless::Function
CopyProductStateMachine: AWS::Serverless::StateMachine
CopyProductsStateMachine: AWS::Serverless::StateMachine
CopiesBucket: AWS::S3::Bucket
CopiesBucketPolicy: AWS::S3::BucketPolicy
DeadLetterQueue: AWS::SQS::Queue
DeadLetterQueuePolicy: AWS::SQS::QueuePolicy
PublishOutcomeFunction: AWS::Serverless::Function
NotificationRule: AWS::Events::Rule
DeadLetterQueueAlarm: AWS::CloudWatch::Alarm
CopiesFailedAlarm: AWS::CloudWatch::Alarm
CopiesTimedOutAlarm: AWS::CloudWatch::Alarm
ThrottledAlarm: AWS::CloudWatch::Alarm
Dashboard: AWS::CloudWatch::Dashboard
StartCopyLogs: AWS::Logs::LogGroup
CheckStatusLogs: AWS::Logs::LogGroup
FinishCopyLogs: AWS::Logs::LogGroup
ListCopiesLogs: AWS::Logs::LogGroup
ReportCopiesLogs: AWS::Logs::LogGroup
PublishOutcomeLogs: AWS::Logs::LogGroup
CopyProductLogs: AWS::Logs::LogGroup
CopyProductsLogs: AWS::Logs::LogGroup",
    );
    check_types(&target_role(), "TargetRole: AWS::IAM::Role");
}

#[test]
fn what_the_functions_share_is_this() {
    let expected = r"
        CodeUri: .
        Runtime: provided.al2023
        Handler: bootstrap
        Architectures: [!Ref Architecture]
        MemorySize: 128
        Timeout: 60
        Tracing: Active
        RolePath: !Sub /${AWS::StackName}/
        LoggingConfig: { LogFormat: JSON, ApplicationLogLevel: !Ref LogLevel }
        Environment:
          Variables:
            STACK_NAME: !Ref AWS::StackName
            SSL_CERT_FILE: !If [TrustsAllAuthorities, /etc/pki/tls/certs/ca-bundle.crt, !Ref AWS::NoValue]
    ";
    assert_eq!(template()["Globals"], yaml(&format!("Function:{expected}")));
}

#[test]
fn each_function_has_these_permissions_and_its_own_logs() {
    let start_copy = r#"
        LoggingConfig: { LogGroup: !Ref StartCopyLogs }
        Policies:
          - Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [servicecatalog:CopyProduct, servicecatalog:SearchProductsAsAdmin]
                Resource: "*"
              - Effect: Allow
                Action:
                  - servicecatalog:DescribeProductAsAdmin
                  - servicecatalog:DescribeProvisioningArtifact
                  - servicecatalog:ListProvisioningArtifacts
                Resource: !Sub arn:${AWS::Partition}:catalog:*:*:product/*
              - Effect: Allow
                Action: sts:AssumeRole
                Resource: !Sub arn:${AWS::Partition}:iam::*:role/${TargetRoleName}
    "#;
    let check_status = r#"
        LoggingConfig: { LogGroup: !Ref CheckStatusLogs }
        Policies:
          - Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: servicecatalog:DescribeCopyProductStatus
                Resource: "*"
              - Effect: Allow
                Action: sts:AssumeRole
                Resource: !Sub arn:${AWS::Partition}:iam::*:role/${TargetRoleName}
    "#;
    let finish_copy = r#"
        LoggingConfig: { LogGroup: !Ref FinishCopyLogs }
        Policies:
          - Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [servicecatalog:AssociateProductWithPortfolio, servicecatalog:SearchProductsAsAdmin]
                Resource: "*"
              - Effect: Allow
                Action:
                  - servicecatalog:DescribeProductAsAdmin
                  - servicecatalog:ListPortfoliosForProduct
                  - servicecatalog:ListProvisioningArtifacts
                  - servicecatalog:UpdateProduct
                  - servicecatalog:UpdateProvisioningArtifact
                Resource: !Sub arn:${AWS::Partition}:catalog:*:*:product/*
              - Effect: Allow
                Action: sts:AssumeRole
                Resource: !Sub arn:${AWS::Partition}:iam::*:role/${TargetRoleName}
    "#;
    for ((function, _), expected) in
        FUNCTIONS
            .into_iter()
            .zip([start_copy, check_status, finish_copy])
    {
        check_properties(&template(), function, &["Description"], expected);
    }
}

#[test]
fn the_machine_has_these_permissions_logs_and_events() {
    check_properties(
        &template(),
        "CopyProductStateMachine",
        &["DefinitionSubstitutions"],
        r#"
        Name: !Sub ${AWS::StackName}-CopyProduct
        Type: STANDARD
        DefinitionUri: statemachine/copy-product.asl.json
        Tracing: { Enabled: true }
        Logging:
          Level: ALL
          IncludeExecutionData: false
          Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: !GetAtt CopyProductLogs.Arn } }]
        Policies:
          - Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: lambda:InvokeFunction
                Resource: [!GetAtt StartCopyFunction.Arn, !GetAtt CheckStatusFunction.Arn, !GetAtt FinishCopyFunction.Arn]
              - Effect: Allow
                Action:
                  - logs:CreateLogDelivery
                  - logs:GetLogDelivery
                  - logs:UpdateLogDelivery
                  - logs:DeleteLogDelivery
                  - logs:ListLogDeliveries
                  - logs:PutResourcePolicy
                  - logs:DescribeResourcePolicies
                  - logs:DescribeLogGroups
                Resource: "*"
        Events:
          CopyRequested:
            Type: EventBridgeRule
            Properties:
              Pattern: { source: [!Ref EventSource], detail-type: [Copy Product Requested] }
              RetryPolicy: { MaximumEventAgeInSeconds: 86400, MaximumRetryAttempts: 185 }
              DeadLetterConfig: { Arn: !GetAtt DeadLetterQueue.Arn }
        "#,
    );
}

#[test]
fn every_log_is_kept_for_a_while_and_can_be_encrypted() {
    for (group, name) in [
        ("StartCopyLogs", "/aws/lambda/${AWS::StackName}/start-copy"),
        (
            "CheckStatusLogs",
            "/aws/lambda/${AWS::StackName}/check-status",
        ),
        (
            "FinishCopyLogs",
            "/aws/lambda/${AWS::StackName}/finish-copy",
        ),
        (
            "PublishOutcomeLogs",
            "/aws/lambda/${AWS::StackName}/publish-outcome",
        ),
        (
            "CopyProductLogs",
            "/aws/vendedlogs/states/${AWS::StackName}/CopyProduct",
        ),
    ] {
        let expected = r"
        RetentionInDays: !Ref LogRetentionDays
        KmsKeyId: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]
        LogGroupName: !Sub ";
        check_properties(&template(), group, &[], &format!("{expected}{name}"));
    }
}

#[test]
fn an_undelivered_request_is_kept_and_reported() {
    let template = template();
    check_properties(
        &template,
        "DeadLetterQueue",
        &[],
        r"
        MessageRetentionPeriod: 1209600
        KmsMasterKeyId: !If [HasKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]
        SqsManagedSseEnabled: !If [HasKmsKey, !Ref AWS::NoValue, true]
        ",
    );
    check_properties(
        &template,
        "DeadLetterQueuePolicy",
        &[],
        r#"
        Queues: [!Ref DeadLetterQueue]
        PolicyDocument:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { Service: events.amazonaws.com }
              Action: sqs:SendMessage
              Resource: !GetAtt DeadLetterQueue.Arn
              Condition:
                ArnEquals:
                  aws:SourceArn:
                    - !GetAtt CopyProductStateMachineCopyRequested.Arn
                    - !GetAtt CopyProductsStateMachineCopiesRequested.Arn
                    - !GetAtt CopyProductsStateMachineVersionChanged.Arn
                    - !GetAtt CopyProductsStateMachineSubscriptionsChanged.Arn
                    - !GetAtt CopyProductsStateMachineScheduled.Arn
                    - !GetAtt PublishOutcomeFunctionExecutionEnded.Arn
                    - !If [HasNotificationTopic, !GetAtt NotificationRule.Arn, !Ref AWS::NoValue]
        "#,
    );
}

#[test]
fn publish_outcome_has_these_permissions_and_its_own_logs_and_queue() {
    check_properties(
        &template(),
        "PublishOutcomeFunction",
        &["Description"],
        r#"
        LoggingConfig: { LogGroup: !Ref PublishOutcomeLogs }
        Environment: { Variables: { EVENT_SOURCE: !Ref EventSource } }
        Policies:
          - Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: events:PutEvents
                Resource: !Sub arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default
                Condition: { StringEquals: { events:source: !Ref EventSource } }
              - !If
                - HasKmsKey
                - Effect: Allow
                  Action: [kms:Decrypt, kms:GenerateDataKey]
                  Resource: !Ref KmsKeyArn
                - !Ref AWS::NoValue
        DeadLetterQueue: { Type: SQS, TargetArn: !GetAtt DeadLetterQueue.Arn }
        Events:
          ExecutionEnded:
            Type: EventBridgeRule
            Properties:
              Pattern:
                source: [aws.states]
                detail-type: [Step Functions Execution Status Change]
                detail:
                  status: [SUCCEEDED, FAILED, TIMED_OUT, ABORTED]
                  stateMachineArn: [!Ref CopyProductStateMachine, !Ref CopyProductsStateMachine]
              RetryPolicy: { MaximumEventAgeInSeconds: 86400, MaximumRetryAttempts: 185 }
              DeadLetterConfig: { Arn: !GetAtt DeadLetterQueue.Arn }
        "#,
    );
}

#[test]
fn every_alarm_goes_off_at_the_first_sign_and_tells_the_topic() {
    for (alarm, metric) in [
        (
            "DeadLetterQueueAlarm",
            r"
        Namespace: AWS/SQS
        MetricName: ApproximateNumberOfMessagesVisible
        Dimensions: [{ Name: QueueName, Value: !GetAtt DeadLetterQueue.QueueName }]
        Statistic: Maximum",
        ),
        (
            "CopiesFailedAlarm",
            r"
        Namespace: AWS/States
        MetricName: ExecutionsFailed
        Dimensions: [{ Name: StateMachineArn, Value: !Ref CopyProductStateMachine }]
        Statistic: Sum",
        ),
        (
            "CopiesTimedOutAlarm",
            r"
        Namespace: CatalogCopy
        MetricName: Copies
        Dimensions: [{ Name: StackName, Value: !Ref AWS::StackName }, { Name: Outcome, Value: TIMED_OUT }]
        Statistic: Sum",
        ),
        (
            "ThrottledAlarm",
            r"
        Namespace: CatalogCopy
        MetricName: Throttles
        Dimensions: [{ Name: StackName, Value: !Ref AWS::StackName }]
        Statistic: Sum",
        ),
    ] {
        let rest = r"
        Period: 300
        EvaluationPeriods: 1
        Threshold: 0
        ComparisonOperator: GreaterThanThreshold
        TreatMissingData: notBreaching
        AlarmActions: !If [HasNotificationTopic, [!Ref NotificationTopicArn], !Ref AWS::NoValue]";
        let expected = format!("{metric}{rest}");
        check_properties(&template(), alarm, &["AlarmDescription"], &expected);
    }
}

#[test]
fn the_dashboard_shows_every_metric_that_the_code_emits() {
    let template = template();
    let body = strings(&template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]);
    let json: serde_json::Value = serde_json::from_str(&body[0]).expect("is JSON");
    let shown = json["widgets"].to_string();
    let call = Regex::new(r#"emit\([^;]*?"(\w+)","#).expect("is a pattern");
    let metrics: BTreeSet<_> = call
        .captures_iter(include_str!("../../src/telemetry/metrics.rs"))
        .map(|it| it[1].to_owned())
        .collect();
    let expected = ["Copies", "CopyDuration", "Polls", "Throttles"];
    assert_eq!(metrics, expected.map(str::to_owned).into());
    for metric in metrics {
        assert!(shown.contains(&metric), "{metric}");
    }
}

#[test]
fn copies_that_did_not_succeed_and_all_batches_are_reported_in_lines_of_text() {
    let template = template();
    check_properties(
        &template,
        "NotificationRule",
        &["Description"],
        r#"
        EventPattern:
          source: [!Ref EventSource]
          detail-type: [Copy Product Failed, Copy Products Succeeded, Copy Products Failed]
        Targets:
          - Id: NotificationTopic
            Arn: !Ref NotificationTopicArn
            RetryPolicy: { MaximumEventAgeInSeconds: 86400, MaximumRetryAttempts: 185 }
            DeadLetterConfig: { Arn: !GetAtt DeadLetterQueue.Arn }
            InputTransformer:
              InputPathsMap:
                what: $.detail-type
                status: $.detail.Status
                summary: $.detail.Summary
                seconds: $.detail.DurationSeconds
                execution: $.detail.ExecutionArn
              InputTemplate: !Sub |-
                "<what> (<status> after <seconds> s), stack ${AWS::StackName}"
                "<summary>"
                "https://${AWS::Region}.console.aws.amazon.com/states/home?region=${AWS::Region}#/v2/executions/details/<execution>"
        "#,
    );
}

#[test]
fn what_depends_on_a_parameter_depends_on_it_being_given() {
    let template = template();
    let expected = r#"
        HasKmsKey: !Not [!Equals [!Ref KmsKeyArn, ""]]
        CopiesOnNewVersion: !Equals [!Ref CopyOnNewVersion, "true"]
        CopiesOnSubscriptionChange: !Equals [!Ref CopyOnSubscriptionChange, "true"]
        HasSchedule: !Not [!Equals [!Ref Schedule, ""]]
        HasNotificationTopic: !Not [!Equals [!Ref NotificationTopicArn, ""]]
        TrustsAllAuthorities: !Or [!Equals [!Ref TrustedAuthorities, ALL], !Not [!Equals [!Ref AWS::Partition, aws]]]
    "#;
    assert_eq!(template["Conditions"], yaml(expected));
    let resources = template["Resources"].as_mapping().expect("has resources");
    let conditions = resources
        .iter()
        .filter_map(|(name, it)| Some((name.as_str()?, it.get("Condition")?.as_str()?)));
    assert_eq!(
        conditions.collect::<Vec<_>>(),
        [("NotificationRule", "HasNotificationTopic")]
    );
}

#[test]
fn the_target_role_trusts_one_stack_and_may_do_this() {
    let target_role = target_role();
    let conditions = r#"
        HasExternalId: !Not [!Equals [!Ref ExternalId, ""]]
        HasOrganizationId: !Not [!Equals [!Ref OrganizationId, ""]]
        HasEither: !Or [{ Condition: HasExternalId }, { Condition: HasOrganizationId }]
    "#;
    assert_eq!(target_role["Conditions"], yaml(conditions));
    check_properties(
        &target_role,
        "TargetRole",
        &["Description"],
        r#"
        RoleName: !Ref RoleName
        MaxSessionDuration: 3600
        AssumeRolePolicyDocument:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal: { AWS: !Sub "arn:${AWS::Partition}:iam::${HubAccountId}:root" }
              Action: sts:AssumeRole
              Condition:
                ArnLike: { aws:PrincipalArn: !Sub "arn:${AWS::Partition}:iam::${HubAccountId}:role/${HubStackName}/*" }
                StringEquals: !If
                  - HasEither
                  - sts:ExternalId: !If [HasExternalId, !Ref ExternalId, !Ref AWS::NoValue]
                    aws:PrincipalOrgID: !If [HasOrganizationId, !Ref OrganizationId, !Ref AWS::NoValue]
                  - !Ref AWS::NoValue
        Policies:
          - PolicyName: CopyProducts
            PolicyDocument:
              Version: "2012-10-17"
              Statement:
                - Effect: Allow
                  Action:
                    - servicecatalog:AssociateProductWithPortfolio
                    - servicecatalog:CopyProduct
                    - servicecatalog:DescribeCopyProductStatus
                    - servicecatalog:SearchProductsAsAdmin
                  Resource: "*"
                - Effect: Allow
                  Action:
                    - servicecatalog:DescribeProductAsAdmin
                    - servicecatalog:DescribeProvisioningArtifact
                    - servicecatalog:ListPortfoliosForProduct
                    - servicecatalog:ListProvisioningArtifacts
                    - servicecatalog:UpdateProduct
                    - servicecatalog:UpdateProvisioningArtifact
                  Resource: !Sub arn:${AWS::Partition}:catalog:*:${AWS::AccountId}:product/*
        "#,
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
    let machine = include_str!("../../statemachine/copy-product.asl.json");
    assert!(CATALOG.contains("ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5)"));
    assert!(CATALOG.contains("OPERATION_TIMEOUT: Duration = Duration::from_secs(20)"));
    assert!(CATALOG.contains("COPY_TIMEOUT: Duration = Duration::from_secs(15)"));
    let bus = include_str!("../../src/aws/eventbridge.rs");
    assert!(bus.contains("ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5)"));
    assert!(bus.contains("OPERATION_TIMEOUT: Duration = Duration::from_secs(20)"));
    assert_eq!(function, Some(60));
    assert_eq!(machine.matches("\"TimeoutSeconds\": 90").count(), 3);
}
