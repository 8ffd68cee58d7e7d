//! Contract of what `template.yaml` has for batches: who may do what, what starts one, what is kept.

use std::collections::BTreeSet;

use serde_norway::Value;

fn template() -> Value {
    serde_norway::from_str(include_str!("../../template.yaml")).expect("is YAML")
}

fn properties(resource: &str) -> Value {
    template()["Resources"][resource]["Properties"].clone()
}

fn yaml(text: &str) -> Value {
    serde_norway::from_str(text).expect("is YAML")
}

/// A value as a person reads it, without its tags.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(items) => items.iter().flat_map(words).collect(),
        Value::Tagged(tagged) => words(&tagged.value),
        Value::String(text) => vec![text.clone()],
        other => panic!("{other:?}"),
    }
}

/// Each action that a resource's role allows, with what it is allowed on.
fn allowed(resource: &str) -> BTreeSet<(String, String)> {
    let policies = properties(resource)["Policies"].clone();
    let policies = policies.as_sequence().expect("has policies");
    assert_eq!(policies.len(), 1, "{resource}");
    let statements = policies[0]["Statement"].as_sequence();
    let statements = statements.expect("has statements").iter();
    statements
        .flat_map(|it| {
            // Of `!If`, what is allowed when its condition holds.
            let it = if it["Effect"].is_null() { &it[1] } else { it };
            assert_eq!(it["Effect"], "Allow");
            let resources = words(&it["Resource"]).join(", ");
            let actions = words(&it["Action"]).into_iter();
            actions.map(move |action| (action, resources.clone()))
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let pairs = expected.iter().flat_map(|(actions, resource)| {
        let actions = actions.split(' ');
        actions.map(move |it| (it.to_owned(), (*resource).to_owned()))
    });
    pairs.collect()
}

#[test]
fn list_copies_reads_the_bucket_and_writes_batches() {
    let expected = [
        ("s3:ListBucket", "CopiesBucket.Arn"),
        ("s3:GetObject", "${CopiesBucket.Arn}/*"),
        ("s3:PutObject", "${CopiesBucket.Arn}/batches/*"),
        ("kms:Decrypt kms:GenerateDataKey", "KmsKeyArn"),
    ];
    assert_eq!(allowed("ListCopiesFunction"), pairs(&expected));
}

#[test]
fn report_copies_reads_and_writes_batches() {
    let expected = [
        ("s3:GetObject s3:PutObject", "${CopiesBucket.Arn}/batches/*"),
        ("kms:Decrypt kms:GenerateDataKey", "KmsKeyArn"),
    ];
    assert_eq!(allowed("ReportCopiesFunction"), pairs(&expected));
}

#[test]
fn the_machine_starts_copies_and_its_own_children_only() {
    let states = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}";
    let logs = "logs:CreateLogDelivery logs:GetLogDelivery logs:UpdateLogDelivery \
                logs:DeleteLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy \
                logs:DescribeResourcePolicies logs:DescribeLogGroups";
    let expected = [
        (
            "lambda:InvokeFunction",
            "ListCopiesFunction.Arn, ReportCopiesFunction.Arn",
        ),
        ("states:StartExecution", "CopyProductStateMachine"),
        (
            "states:DescribeExecution states:StopExecution",
            &format!("{states}:execution:${{CopyProductStateMachine.Name}}:*"),
        ),
        (
            "events:DescribeRule events:PutRule events:PutTargets",
            "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/\
             StepFunctionsGetEventsForStepFunctionsExecutionRule",
        ),
        (
            "states:StartExecution",
            &format!("{states}:stateMachine:${{AWS::StackName}}-CopyProducts"),
        ),
        (
            "states:DescribeExecution states:RedriveExecution states:StopExecution",
            &format!("{states}:execution:${{AWS::StackName}}-CopyProducts/*"),
        ),
        (
            "s3:AbortMultipartUpload s3:GetObject s3:ListMultipartUploadParts s3:PutObject",
            "${CopiesBucket.Arn}/batches/*",
        ),
        ("kms:Decrypt kms:GenerateDataKey", "KmsKeyArn"),
        (logs, "*"),
    ];
    assert_eq!(allowed("CopyProductsStateMachine"), pairs(&expected));
    assert_eq!(
        properties("CopyProductsStateMachine")["Name"],
        yaml("!Sub ${AWS::StackName}-CopyProducts"),
        "by which it may start its own children"
    );
}

#[test]
fn no_log_holds_the_input_of_a_batch() {
    let logging = &properties("CopyProductsStateMachine")["Logging"];
    assert_eq!(logging["Level"], "ALL");
    assert_eq!(logging["IncludeExecutionData"], false);
}

/// The rules that start a batch, and whether each is on.
#[test]
fn what_starts_a_batch_by_itself_is_off_by_default() {
    let machine = properties("CopyProductsStateMachine");
    let events = machine["Events"].as_mapping().expect("has events");
    let state = |name: &str| events[name]["Properties"].get("State").cloned();
    assert_eq!(state("CopiesRequested"), None);
    for (rule, condition, parameter) in [
        ("VersionChanged", "CopiesOnNewVersion", "CopyOnNewVersion"),
        (
            "SubscriptionsChanged",
            "CopiesOnSubscriptionChange",
            "CopyOnSubscriptionChange",
        ),
        ("Scheduled", "HasSchedule", "Schedule"),
    ] {
        let expected = yaml(&format!("!If [{condition}, ENABLED, DISABLED]"));
        assert_eq!(state(rule), Some(expected), "{rule}");
        let default = &template()["Parameters"][parameter]["Default"];
        assert!(["false", ""].contains(&default.as_str().expect("is text")));
    }
    assert_eq!(events.len(), 4);
}

#[test]
fn no_request_for_a_batch_is_lost() {
    let machine = properties("CopyProductsStateMachine");
    let policy = properties("DeadLetterQueuePolicy");
    let senders = &policy["PolicyDocument"]["Statement"][0]["Condition"]["ArnEquals"];
    let senders = words(&senders["aws:SourceArn"]);
    for (name, event) in machine["Events"].as_mapping().expect("has events") {
        let name = name.as_str().expect("is a name");
        let event = &event["Properties"];
        let queue = yaml("{ Arn: !GetAtt DeadLetterQueue.Arn }");
        assert_eq!(event["DeadLetterConfig"], queue, "{name}");
        assert_eq!(event["RetryPolicy"]["MaximumRetryAttempts"], 185, "{name}");
        let sender = format!("CopyProductsStateMachine{name}.Arn");
        assert!(senders.contains(&sender), "{sender}");
    }
}

#[test]
fn a_published_or_changed_version_starts_a_batch_unless_the_call_failed() {
    let machine = properties("CopyProductsStateMachine");
    let expected = r"
        source: [aws.servicecatalog]
        detail-type: [AWS API Call via CloudTrail]
        detail:
          eventSource: [servicecatalog.amazonaws.com]
          eventName: [CreateProvisioningArtifact, UpdateProvisioningArtifact]
          errorCode: [{ exists: false }]
    ";
    let pattern = &machine["Events"]["VersionChanged"]["Properties"]["Pattern"];
    assert_eq!(*pattern, yaml(expected));
}

#[test]
fn changed_subscriptions_start_a_batch() {
    let machine = properties("CopyProductsStateMachine");
    let expected = format!(
        "{{ source: [aws.s3], detail-type: [Object Created], \
         detail: {{ bucket: {{ name: [!Ref CopiesBucket] }}, object: {{ key: [{}] }} }} }}",
        catalog_copy::functions::list_copies::SUBSCRIPTIONS
    );
    let pattern = &machine["Events"]["SubscriptionsChanged"]["Properties"]["Pattern"];
    assert_eq!(*pattern, yaml(&expected));
    let notifies = &properties("CopiesBucket")["NotificationConfiguration"];
    assert_eq!(
        notifies["EventBridgeConfiguration"]["EventBridgeEnabled"],
        true
    );
}

#[test]
fn the_bucket_is_private_and_outlives_the_stack() {
    let bucket = properties("CopiesBucket");
    let access = bucket["PublicAccessBlockConfiguration"].as_mapping();
    let access = access.expect("blocks public access");
    assert_eq!(access.len(), 4);
    assert!(access.values().all(|it| *it == Value::Bool(true)));
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    let expected = r#"
        - !If
          - HasKmsKey
          - ServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: !Ref KmsKeyArn }
            BucketKeyEnabled: true
          - ServerSideEncryptionByDefault: { SSEAlgorithm: AES256 }
    "#;
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"];
    assert_eq!(*encryption, yaml(expected));
    let template = template();
    let resource = &template["Resources"]["CopiesBucket"];
    assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate");
    assert_eq!(resource["UpdateReplacePolicy"], "Retain");
    let policy = properties("CopiesBucketPolicy");
    let statement = &policy["PolicyDocument"]["Statement"][0];
    assert_eq!(statement["Effect"], "Deny");
    assert_eq!(
        statement["Condition"],
        yaml("{ Bool: { aws:SecureTransport: false } }")
    );
}
