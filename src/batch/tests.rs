use serde_json::json;

use super::*;

const ARN: &str = "arn:aws:catalog:us-east-1:111122223333:product/prod-a";
const ROLE: &str = "arn:aws:iam::444455556666:role/CatalogCopyTarget";

fn origin() -> Origin {
    let execution = "arn:aws:states:us-east-1:111122223333:execution:CopyProducts:mine";
    Origin::of(execution, &Value::Null)
}

fn copies(input: Value) -> Vec<CopyRequest> {
    match Batch::parse(input).expect("is a batch").wanted {
        Wanted::Copies(copies) => copies,
        other => panic!("{other:?}"),
    }
}

fn mistake(input: Value) -> String {
    Batch::parse(input).expect_err("has a mistake").to_string()
}

fn trigger(input: Value) -> Result<Trigger, Error> {
    Trigger::parse(input, &origin(), "catalog-copy", "CatalogCopyTarget")
}

fn version_event() -> Value {
    serde_json::from_str(include_str!("../../events/version-published.json")).expect("is JSON")
}

#[test]
fn every_product_goes_to_every_target() {
    let copies = copies(json!({
        "Products": [{ "SourceProductArn": ARN }, { "SourceProductArn": ARN, "Versions": "LATEST" }],
        "Targets": [{ "Region": "eu-west-1" }, { "Region": "eu-west-2", "RoleArn": ROLE }],
    }));
    let targets: Vec<_> = copies
        .iter()
        .map(|it| it.target.as_ref().expect("has a target").to_string())
        .collect();
    let second = format!("eu-west-2 as {ROLE}");
    assert_eq!(targets, ["eu-west-1", &second, "eu-west-1", &second]);
    assert!(copies[0].versions.is_none() && copies[3].versions.is_some());
}

#[test]
fn a_batch_is_of_one_form() {
    for input in [
        json!({}),
        json!({ "Products": [{ "SourceProductArn": ARN }] }),
        json!({ "Copies": [{ "SourceProductArn": ARN }], "Subscriptions": "ALL" }),
    ] {
        let mistake = mistake(input);
        assert!(
            mistake.contains("either Products and Targets, or Copies"),
            "{mistake}"
        );
    }
}

#[test]
fn each_mistake_is_named_with_its_entry_and_member() {
    let message = mistake(json!({
        "Products": [{ "SourceProductArn": ARN }, { "SourceProductArn": "prod-a" }, { "SourceProductArn": ARN, "Target": {} }],
        "Targets": [{ "Region": "Ireland" }, { "Regions": "eu-west-1" }, null],
    }));
    assert!(message.contains("Targets[2] must not be null"), "{message}");
    let message = mistake(json!({
        "Products": [{ "SourceProductArn": ARN }, { "SourceProductArn": "prod-a" }, { "SourceProductArn": ARN, "Target": {} }],
        "Targets": [{ "Region": "Ireland" }, { "Regions": "eu-west-1" }],
    }));
    for expected in [
        "Products[1]: SourceProductArn must be a product ARN",
        "Products[2]: Target must not be given",
        "Targets[0]: Target.Region must be a Region",
        "Targets[1]: Regions: unknown field `Regions`",
    ] {
        assert!(message.contains(expected), "{expected} is not in {message}");
    }
    let message = mistake(
        json!({ "Copies": [{ "SourceProductArn": ARN }, { "SourceProductArn": ARN, "CopyOptions": ["All"] }, 7] }),
    );
    assert!(
        message.contains("Copies[1]: CopyOptions[0] must be CopyTags"),
        "{message}"
    );
    assert!(
        message.contains("Copies[2]: the input must be an object"),
        "{message}"
    );
}

#[test]
fn ten_mistakes_are_named_and_the_others_counted() {
    let message = mistake(json!({ "Copies": vec![json!({}); 13] }));
    assert_eq!(message.matches("Copies[").count(), 10);
    assert!(message.ends_with("and 3 more"), "{message}");
}

#[test]
fn numbers_out_of_range_are_refused() {
    let with = |member: &str, value: Value| {
        let mut input = json!({ "Copies": [{ "SourceProductArn": ARN }] });
        input[member] = value;
        Batch::parse(input)
    };
    for (member, allowed, refused) in [
        (
            "MaxConcurrency",
            [json!(1), json!(1000)],
            [json!(0), json!(1001)],
        ),
        (
            "ToleratedFailurePercentage",
            [json!(0), json!(100)],
            [json!(-0.5), json!(100.5)],
        ),
    ] {
        for value in allowed {
            assert!(with(member, value).is_ok(), "{member}");
        }
        for value in refused {
            let error = with(member, value)
                .expect_err("is out of range")
                .to_string();
            assert!(error.starts_with(&format!("{member} must be")), "{error}");
        }
    }
    let many = vec![json!({ "SourceProductArn": ARN }); MAX_COPIES + 1];
    assert!(mistake(json!({ "Copies": many })).contains("at most 10000 copies"));
    for empty in [
        json!({ "Copies": [] }),
        json!({ "Products": [], "Targets": [{}] }),
    ] {
        assert!(mistake(empty).ends_with("must not be empty"));
    }
}

/// Each would take hundreds of megabytes or gigabytes, if it was built before it was counted.
#[test]
fn what_is_too_large_is_refused_before_it_is_built() {
    let product = json!({ "SourceProductArn": ARN });
    let names = json!({ "SourceProductArn": ARN, "Versions": vec!["v"; 1000] });
    let batch = |products: usize, product: &Value, targets: usize| {
        let (products, targets) = (vec![product; products], vec![json!({}); targets]);
        mistake(json!({ "Products": products, "Targets": targets }))
    };
    for (message, expected) in [
        (
            batch(200, &product, 10_000),
            "at most 10000 copies, not 2000000",
        ),
        (
            batch(1, &product, 10_001),
            "Targets must have at most 10000 items, not 10001",
        ),
        (
            batch(10_001, &product, 1),
            "Products must have at most 10000 items, not 10001",
        ),
        (batch(3, &names, 3000), "at most 134217728 bytes"),
    ] {
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn a_manifest_is_json_lines_or_csv() {
    let from_json = manifest(
        "a.jsonl",
        &format!(
            "{{\"SourceProductArn\":\"{ARN}\",\"CopyOptions\":[\"CopyTags\"],\"Target\":{{\"Region\":\"eu-west-1\",\"RoleArn\":\"{ROLE}\"}},\"DryRun\":true,\"Versions\":[\"v1\",\"v2\"]}}\n\n"
        ),
    );
    let from_csv = manifest(
        "a.csv",
        &format!(
            "SourceProductArn,CopyOptions,Target.Region,Target.RoleArn,DryRun,Versions,TargetProductName\n{ARN},CopyTags,eu-west-1,{ROLE},TRUE,v1;v2,\n"
        ),
    );
    assert_eq!(from_json, from_csv);
    assert_eq!(from_json.expect("is right").len(), 1);
}

#[test]
fn a_mistake_in_a_manifest_is_named_with_its_line_and_member() {
    let line = |name: &str, text: &str| manifest(name, text).expect_err("is wrong").to_string();
    let right = format!("{{\"SourceProductArn\":\"{ARN}\"}}");
    let message = line("b.jsonl", &format!("{right}\n\n{{}}\nnothing\n"));
    assert!(
        message.contains("b.jsonl line 3: missing field `SourceProductArn`"),
        "{message}"
    );
    assert!(message.contains("b.jsonl line 4: no JSON"), "{message}");
    let message = line(
        "b.csv",
        &format!("SourceProductArn,Target.Region\n{ARN},Ireland\n\n{ARN},,\n{ARN}\n"),
    );
    for expected in [
        "b.csv line 2: Target.Region must be a Region",
        "b.csv line 4: there must be 2 fields, as in the header, not 3",
        "b.csv line 5: there must be 2 fields, as in the header, not 1",
    ] {
        assert!(message.contains(expected), "{expected}: {message}");
    }
    assert!(line("b.txt", "").contains("must end in .jsonl or .csv"));
    assert!(line("b.csv", "SourceProductArn\n").contains("has no copies"));
    let message = line("b.csv", "SourceProductArn,Target,Target.Region\n");
    assert!(
        message.starts_with(
            "the header of b.csv: column 2 is none of SourceProductArn, Target.Region"
        ),
        "{message}"
    );
}

/// Each would take gigabytes or a minute, if it was built before it was measured.
#[test]
fn a_file_that_would_not_fit_into_memory_is_refused() {
    let cell = |columns: &str, cell: &str| format!("SourceProductArn,{columns}\n{ARN},{cell}\n");
    for (name, text, expected) in [
        (
            "a.jsonl",
            format!("[{}0]", "0,".repeat(2 << 20)),
            "a.jsonl line 1: a line must have at most 245760 bytes",
        ),
        (
            "a.jsonl",
            "{}\n".repeat(MAX_COPIES + 1),
            "at most 10000 copies, not 10001",
        ),
        (
            "a.csv",
            cell("Versions", &";".repeat(4 << 20)),
            "a.csv line 2: a line must have at most",
        ),
        (
            "a.csv",
            cell("Versions", &";".repeat(2000)),
            "Versions must have at most 1000 items, not 2001",
        ),
        (
            "a.csv",
            cell("Versions", &"\n,,,\"".repeat(1000)),
            "a quote is not closed",
        ),
        (
            "a.csv",
            format!("a{}\n", ",a".repeat(200_000)),
            "the header of a.csv: a line must have at most",
        ),
        (
            "a.csv",
            format!("a{}\n", ",a".repeat(100_000)),
            "the header of a.csv: column 1 is none of",
        ),
        (
            "a.csv",
            format!("{}\n", "SourceProductArn,".repeat(10_000)),
            "the header of a.csv: the column SourceProductArn comes twice",
        ),
    ] {
        let message = manifest(name, &text).expect_err("is too large").to_string();
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[test]
fn a_list_of_subscriptions_that_would_not_fit_into_memory_is_refused() {
    let subscription = |targets: usize| {
        json!({ "SourceProductArn": ARN, "Targets": vec![json!({}); targets] }).to_string()
    };
    for (text, expected) in [
        (
            format!("[{}0]", "0,".repeat(2 << 20)),
            "at most 10000 copies",
        ),
        (
            format!("[[{}0]]", "0,".repeat(2 << 20)),
            "Subscriptions[0]: must have at most 2097152 bytes",
        ),
        (
            format!("[{}]", subscription(MAX_COPIES + 1)),
            "at most 10000 copies, not 10001",
        ),
        (
            format!("[{}]", vec![subscription(100); 101].join(",")),
            "at most 10000 copies, not 10100",
        ),
    ] {
        let message = subscriptions(&text, None).expect_err("is too large");
        assert!(
            message.to_string().contains(expected),
            "{expected}: {message}"
        );
    }
    // What is not asked for is not read.
    let text = format!("[[{}0],{}]", "0,".repeat(2 << 20), subscription(2));
    let asked = subscriptions(&text, Some(&[ARN.to_owned()]));
    assert_eq!(asked.expect("is right").len(), 2);
}

#[test]
fn the_columns_of_a_csv_are_the_members_of_a_copy_request() {
    let full: Value =
        serde_json::from_str(include_str!("../../events/copy-request-full.json")).expect("is JSON");
    let unknown = mistake(json!({ "Copies": [{ "SourceProductArn": ARN, "Colour": 1 }] }));
    let members = unknown.split('`').skip(3).step_by(2);
    // Only the state machine gives these.
    let internal = ["ExecutionId", "StartedBy", "Resume"];
    let members: std::collections::BTreeSet<_> = members
        .filter(|member| !internal.contains(member))
        .collect();
    let columns: Vec<_> = COLUMNS
        .iter()
        .map(|it| it.split('.').next().expect("has a first part"))
        .collect();
    assert_eq!(members, columns.iter().copied().collect());
    for member in full.as_object().expect("is an object").keys() {
        assert!(columns.contains(&member.as_str()), "{member}");
    }
}

#[test]
fn a_spreadsheet_is_read_as_it_writes() {
    let expected = manifest(
        "a.jsonl",
        &json!({
            "SourceProductArn": ARN, "DryRun": true, "Versions": ["v1", "v2"],
            "Target": { "Region": "eu-west-1", "RoleArn": ROLE },
        })
        .to_string(),
    );
    let header = "SourceProductArn,Target.Region,Target.RoleArn,DryRun,Versions";
    let row = format!("{ARN},eu-west-1,{ROLE},TRUE,v1;v2");
    for text in [
        format!("{header}\n{row}\n"),
        format!("\u{feff}{header}\r\n{row}\r\n"),
        format!("{header}\r{row}\r"),
        format!("\n{header}\n\n \n{row}\n\n"),
        format!(
            " {} \n {} \n",
            header.replace(',', " , "),
            row.replace(',', "\t , ").replace(';', " ; ")
        ),
        format!("{header}\n\"{}\"\n", row.replace(',', "\",\"")),
        format!("{header}\n{}\n", row.replace("TRUE", "True")),
    ] {
        assert_eq!(manifest("a.csv", &text), expected, "{text:?}");
    }
    for (text, message) in [
        (
            format!("{}\n{row}\n", header.replace(',', ";")),
            "a comma must stand between columns",
        ),
        (
            format!("{header}\n{}\n", row.replace("TRUE", "WAHR")),
            "DryRun: expected a boolean",
        ),
        (
            format!("{header}\n{}\n", row.replace("v1;", "v1;;")),
            "Versions must have something between its semicolons",
        ),
        (
            format!("{header}\n{}\n", ",".repeat(4)),
            "missing field `SourceProductArn`",
        ),
    ] {
        let error = manifest("a.csv", &text).expect_err("is wrong").to_string();
        assert!(error.contains(message), "{message}: {error}");
    }
}

#[test]
fn a_member_comes_once() {
    let row = format!(
        "{{\"SourceProductArn\":\"{ARN}\",\"Target\":{{\"Region\":\"eu-west-1\",\"Region\":\"eu-west-2\"}},\"Targets\":[{{}}]}}"
    );
    let message = manifest("a.jsonl", &row).expect_err("has two").to_string();
    assert!(
        message.contains("a.jsonl line 1: no JSON: the member \"Region\" comes twice"),
        "{message}"
    );
    let message = subscriptions(&format!("[{row}]"), None)
        .expect_err("has two")
        .to_string();
    assert!(
        message.contains("Subscriptions[0]: no JSON: the member \"Region\" comes twice"),
        "{message}"
    );
}

#[test]
fn a_blank_around_a_value_is_told() {
    for (member, value) in [
        ("SourceProductArn", format!(" {ARN}")),
        ("SourceProductArn", format!("{ARN}\t")),
        ("TargetProductId", "prod-b ".to_owned()),
        ("TargetProductName", " VPC".to_owned()),
        ("AcceptLanguage", "en ".to_owned()),
        ("IdempotencyToken", " a".to_owned()),
    ] {
        let mut request = json!({ "SourceProductArn": ARN });
        request[member] = value.into();
        let message = mistake(json!({ "Copies": [request] }));
        assert!(message.contains(member), "{message}");
        assert!(
            message.contains("without a blank at its start or end"),
            "{message}"
        );
    }
}

#[test]
fn subscriptions_are_those_of_the_products_asked_for() {
    let other = "arn:aws:catalog:us-east-1:111122223333:product/prod-b";
    let text = json!([
        { "SourceProductArn": ARN, "CopyOptions": ["CopyTags"], "Targets": [{ "Region": "eu-west-1" }, { "Region": "eu-west-2" }] },
        { "SourceProductArn": other, "Targets": [{ "Region": "Ireland" }] },
    ])
    .to_string();
    let asked = subscriptions(&text, Some(&[ARN.to_owned()])).expect("are right");
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|it| it.copy_options.is_some()));
    assert_eq!(subscriptions(&text, Some(&["arn".to_owned()])), Ok(vec![]));
    let message = subscriptions(&text, None)
        .expect_err("has a mistake")
        .to_string();
    assert!(
        message.contains("Subscriptions[1].Targets[0]: Target.Region must be"),
        "{message}"
    );
}

#[test]
fn a_mistake_in_the_subscriptions_is_named() {
    let message = |text: &str| subscriptions(text, None).expect_err("is wrong").to_string();
    assert!(message("{}").contains("must be a JSON list"));
    assert!(message("[7]").contains("Subscriptions[0]: the input must be an object"));
    assert!(message("[{}]").contains("missing field `SourceProductArn`"));
    let text = json!([{ "SourceProductArn": ARN, "Targets": [{}], "Colour": "red" }]).to_string();
    assert!(
        message(&text).contains("Subscriptions[0]: Colour: unknown field `Colour`"),
        "{}",
        message(&text)
    );
}

#[test]
fn a_published_version_starts_a_batch_of_its_product() {
    let expected = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";
    assert_eq!(
        trigger(version_event()),
        Ok(Trigger::Batch(Batch::of_subscriptions(Some(vec![
            expected.to_owned()
        ]))))
    );
}

#[test]
fn a_failed_call_and_one_by_our_own_roles_start_nothing() {
    let reason = |change: fn(&mut Value)| {
        let mut event = version_event();
        change(&mut event["detail"]);
        match trigger(event) {
            Ok(Trigger::Nothing(reason)) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert!(
        reason(|it| it["errorCode"] = "AccessDenied".into()).contains("failed with AccessDenied")
    );
    assert!(reason(|it| it["eventName"] = "DeleteProvisioningArtifact".into()).contains("neither"));
    let own = |it: &mut Value| {
        it["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
            "arn:aws:iam::111122223333:role/catalog-copy/catalog-copy-FinishCopy".into();
    };
    assert!(reason(own).contains("a role of Catalog Copy"));
    let target = |it: &mut Value| {
        it["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] =
            "arn:aws:iam::111122223333:role/CatalogCopyTarget".into();
    };
    assert!(reason(target).contains("a role of Catalog Copy"));
}

#[test]
fn an_event_without_a_product_is_refused() {
    let mut event = version_event();
    event["detail"]["requestParameters"] = json!({});
    let error = trigger(event).expect_err("names no product").to_string();
    assert_eq!(error, "detail.requestParameters.productId must be a string");
}

#[test]
fn a_changed_subscription_and_a_schedule_start_all_subscriptions() {
    for (source, detail_type) in [
        ("aws.s3", "Object Created"),
        ("aws.events", "Scheduled Event"),
    ] {
        let event = json!({ "source": source, "detail-type": detail_type, "detail": {} });
        assert_eq!(
            trigger(event),
            Ok(Trigger::Batch(Batch::of_subscriptions(None)))
        );
    }
}

#[test]
fn an_event_carries_a_batch_in_its_detail() {
    let batch = json!({ "Copies": [{ "SourceProductArn": ARN }] });
    let event = json!({ "source": "catalog-copy", "detail-type": "Copy Products Requested", "detail": batch });
    assert_eq!(trigger(event), Batch::parse(batch).map(Trigger::Batch));
    let event = json!({ "source": "aws.ec2", "detail-type": "Something", "detail": {} });
    assert!(trigger(event).is_err());
}

#[test]
fn a_batch_is_started_by_the_event_else_the_outer_execution_else_its_own() {
    let started_by = |input: Value| Origin::of("own", &input).started_by;
    let outer = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";
    assert_eq!(
        started_by(json!({ "id": "event", outer: "outer" })),
        "event"
    );
    assert_eq!(started_by(json!({ "id": "", outer: "outer" })), "outer");
    assert_eq!(started_by(json!([])), "own");
    let batch = json!({ "Copies": [{ "SourceProductArn": ARN }], outer: "outer" });
    assert!(trigger(batch).is_ok());
}

fn listed_copies(requests: &Value) -> Vec<Copy> {
    copies(json!({ "Copies": requests }))
        .into_iter()
        .enumerate()
        .map(|(index, request)| Copy::new(&origin(), index, 0, request))
        .collect()
}

#[test]
fn copies_take_turns_over_the_targets_however_these_are_written() {
    let targets = [
        json!({}),
        json!({ "Region": "us-east-1" }),
        json!({ "RoleArn": "arn:aws:iam::111122223333:role/CatalogCopyTarget" }),
        json!({ "Region": "eu-west-1" }),
        json!({ "Region": "eu-west-1", "RoleArn": ROLE }),
        json!({ "Region": "eu-west-1", "RoleArn": ROLE, "ExternalId": "another" }),
    ];
    let requests = targets.map(|it| json!({ "SourceProductArn": ARN, "Target": it }));
    let copies = listed_copies(&json!(requests));
    let ordered: Vec<Copy> = round_robin(&origin(), &copies)
        .lines()
        .map(|line| serde_json::from_str(line).expect("is a copy"))
        .collect();
    let indexes: Vec<_> = ordered.iter().map(|copy| copy.index).collect();
    assert_eq!(indexes, [0, 3, 4, 1, 5, 2]);
    assert!(ordered.iter().all(|copy| *copy == copies[copy.index]));
}

#[test]
fn each_copy_of_a_batch_has_a_name_that_an_execution_may_have() {
    let copies = listed_copies(&json!(vec![json!({ "SourceProductArn": ARN }); 12]));
    let names: std::collections::BTreeSet<_> = copies.iter().map(|it| &it.name).collect();
    assert_eq!(names.len(), copies.len());
    assert!(names.iter().all(|it| it.len() <= 80));
}

#[test]
fn a_copy_that_no_execution_could_take_is_refused() {
    let of_versions = |length: usize| {
        let (name, rest) = ("a".repeat(8000), "a".repeat(length % 8000));
        let mut versions = vec![name; length / 8003];
        versions.push(rest);
        let request = json!({ "SourceProductArn": ARN, "Versions": versions });
        check_size(&listed_copies(
            &json!([{ "SourceProductArn": ARN }, request]),
        ))
    };
    assert!(of_versions(MAX_COPY - 1000).is_ok());
    let error = of_versions(MAX_COPY).expect_err("is too large").to_string();
    assert!(
        error.starts_with("the copy of index 1 must have at most 245760 bytes"),
        "{error}"
    );
}

#[test]
fn an_external_id_in_a_wrong_place_is_not_shown() {
    const SECRET: &str = "what only we, expected `know`";
    let copy = |member: &str, value: Value| {
        let mut copy = json!({ "SourceProductArn": ARN });
        copy[member] = value;
        mistake(json!({ "Copies": [copy] }))
    };
    let csv = |text: &str| {
        let text = text.replace("SECRET", &format!("\"{SECRET}\""));
        manifest("a.csv", &text).expect_err("is wrong").to_string()
    };
    let message = [
        mistake(json!({ "Products": [{ "SourceProductArn": ARN }], "Targets": SECRET })),
        mistake(json!({ "Products": [{ "SourceProductArn": SECRET }], "Targets": [SECRET] })),
        mistake(json!({ "Subscriptions": SECRET })),
        mistake(json!({ "Subscriptions": [SECRET] })),
        mistake(json!({ "Manifest": { "Key": SECRET } })),
        mistake(json!({ "Manifest": { "Key": "a.csv", "Bucket": SECRET } })),
        mistake(json!({ "Manifest": SECRET })),
        copy("SourceProductArn", json!(SECRET)),
        copy("Target", json!(SECRET)),
        copy("Target", json!({ "Region": SECRET })),
        copy("Target", json!({ "RoleArn": SECRET })),
        copy("Target", json!({ "RoleArn": [SECRET] })),
        copy("Source", json!({ "RoleArn": SECRET })),
        copy("Source", json!(SECRET)),
        copy("Versions", json!(SECRET)),
        copy("Versions", json!({ "Id": SECRET })),
        copy("Versions", json!([SECRET.repeat(300)])),
        copy("Plan", json!(SECRET)),
        copy("OnNameTaken", json!(SECRET)),
        copy("OnSourceRemoved", json!([SECRET])),
        copy("DryRun", json!(SECRET)),
        copy("CopyOptions", json!([SECRET])),
        copy("PortfolioIds", json!([SECRET])),
        copy("TargetProductId", json!(SECRET)),
        copy("IdempotencyToken", json!(SECRET)),
        copy("AcceptLanguage", json!(SECRET.repeat(9))),
        copy(
            "SourceProvisioningArtifactIdentifiers",
            json!([{ "Id": SECRET }]),
        ),
        csv(&format!(
            "SourceProductArn,Target.RoleArn,Target.ExternalId\n{ARN},SECRET,{ROLE}\n"
        )),
        csv(&format!("{ARN},eu-west-1,{ROLE},SECRET\n")),
        csv("SECRET\n"),
        csv("SourceProductArn\nSECRET\n"),
        csv(&format!("SourceProductArn,DryRun\n{ARN},SECRET\n")),
        manifest("a.jsonl", SECRET)
            .expect_err("is no JSON")
            .to_string(),
        subscriptions(&json!(SECRET).to_string(), None)
            .expect_err("is no list")
            .to_string(),
        subscriptions(&json!([SECRET]).to_string(), None)
            .expect_err("is no object")
            .to_string(),
        subscriptions(
            &json!([{ "SourceProductArn": ARN, "Targets": SECRET }]).to_string(),
            None,
        )
        .expect_err("is no list")
        .to_string(),
    ];
    for message in message {
        assert!(!message.contains("what only"), "{message}");
        assert!(!message.contains("know"), "{message}");
        assert!(!message.trim_end().ends_with(':'), "{message}");
    }
}

#[test]
fn a_quote_that_is_not_closed_swallows_no_line() {
    let text = format!("SourceProductArn,TargetProductName\n{ARN},\"a\n{ARN},b\n{ARN},c\n");
    let message = manifest("a.csv", &text)
        .expect_err("is not closed")
        .to_string();
    assert!(
        message.contains("a.csv line 2: a quote is not closed in its line"),
        "{message}"
    );
}

#[test]
fn a_column_that_comes_twice_is_refused() {
    let text = format!("SourceProductArn,Target.Region,Target.Region\n{ARN},eu-west-1,eu-west-2\n");
    let message = manifest("a.csv", &text)
        .expect_err("comes twice")
        .to_string();
    assert_eq!(
        message,
        "the header of a.csv: the column Target.Region comes twice"
    );
}

#[test]
fn one_token_is_not_given_to_many_copies() {
    let product = json!({ "SourceProductArn": ARN, "IdempotencyToken": "mine" });
    let message = mistake(json!({ "Products": [product], "Targets": [{}] }));
    assert!(
        message.starts_with("Products[0]: IdempotencyToken must not be given"),
        "{message}"
    );
    let mut subscription = product;
    subscription["Targets"] = json!([{}]);
    let message = subscriptions(&json!([subscription]).to_string(), None);
    let message = message.expect_err("has a token").to_string();
    assert!(
        message.starts_with("Subscriptions[0]: IdempotencyToken must not"),
        "{message}"
    );
}

#[test]
fn a_manifest_or_a_subscription_that_cannot_be_is_refused_unread() {
    for (input, expected) in [
        (
            json!({ "Manifest": { "Key": "" } }),
            "Manifest.Key must be 1 to 1024 bytes",
        ),
        (
            json!({ "Manifest": { "Key": "a.txt" } }),
            "Manifest.Key must end in",
        ),
        (
            json!({ "Manifest": { "Key": "a.csv", "Bucket": "" } }),
            "Manifest.Bucket must be a bucket's name",
        ),
        (
            json!({ "Manifest": { "Key": "a.csv", "Bucket": "My_Bucket" } }),
            "Manifest.Bucket must be a bucket's name",
        ),
        (
            json!({ "Manifest": { "Key": format!("{}.csv", "a".repeat(1021)) } }),
            "Manifest.Key must be 1 to 1024 bytes",
        ),
        (
            json!({ "Manifest": { "Key": "a\n.csv" } }),
            "Manifest.Key must be 1 to 1024 bytes",
        ),
        (
            json!({ "Subscriptions": [] }),
            "Subscriptions must not be empty",
        ),
        (
            json!({ "Subscriptions": ["prod-a"] }),
            "Subscriptions[0] must be a product ARN",
        ),
        (json!(null), "the input must not be null"),
    ] {
        let message = mistake(input);
        assert!(message.starts_with(expected), "{message}");
    }
}
