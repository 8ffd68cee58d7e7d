//! Contract of README.md and docs/: numbers are worked out here, examples are the files, and what a page names exists.
#![allow(clippy::cast_precision_loss)] // Prices.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use catalog_copy::{
    batch::{Batch, subscriptions},
    functions::start_copy::{CopyStarted, LeaseTaken},
    plan::{CopiedVersion, Reason, SkippedVersion},
    record::{Call, Known},
    request::CopyRequest,
};
use regex::Regex;
use serde_json::{Value, json};
use testbed::dynamodb;

use crate::{
    security::{names, rules, sources},
    source::read,
    template::{target_role, template},
};

/// The Markdown files in the root that have commands and links, too.
const ROOT_PAGES: [&str; 4] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
];

/// The Markdown files of the root and of docs/, by path.
fn pages() -> BTreeMap<String, String> {
    let files = fs::read_dir("docs").expect("is a folder");
    let paths = files.map(|file| file.expect("is readable").path());
    let paths = paths.filter(|path| path.extension().is_some_and(|it| it == "md"));
    let paths = paths.map(|path| path.to_str().expect("is UTF-8").to_owned());
    let pages: BTreeMap<_, _> = paths
        .chain(ROOT_PAGES.map(str::to_owned))
        .map(|path| (path.clone(), read(&path)))
        .collect();
    assert!(pages.len() > 10, "{:?}", pages.keys());
    pages
}

fn assert_says(path: &str, text: &str) {
    assert!(read(path).contains(text.trim()), "{path} lacks\n{text}");
}

/// The JSON examples of a page.
fn examples(path: &str) -> Vec<Value> {
    let page = read(path);
    let blocks = page.split("```json\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    blocks
        .map(|block| serde_json::from_str(block).expect("is JSON"))
        .collect()
}

/// What a make target has written into the page of its name, below the line that says so.
fn generated(target: &str) -> String {
    let page = read(&format!("docs/{target}.md"));
    let line = format!("\n<!-- `make {target}` writes what follows. -->\n\n");
    let (_, table) = page.split_once(&line).expect("says what is generated");
    table.to_owned()
}

/// A page without its fenced blocks.
fn prose(page: &str) -> String {
    let parts = page.split("\n```").step_by(2);
    parts.collect::<Vec<_>>().join("\n")
}

/// A line of the cost table, and its price.
fn copy_cost(name: &str, seconds: u32) -> (String, String) {
    let rule = polling::ours().expect("has defaults");
    let (polls, seen) = rule.sees(seconds);
    let late = rule.wait(seconds, None);
    assert!(seen - seconds <= late);
    // ReadInput, RouteOnInput, StartCopy, RouteOnPlan, FinishCopy, RouteOnFinish and CopySucceeded.
    let transitions = 7 + 3 * polls;
    // Execution 2, Pass 2, three Choices 6, two Tasks 10 and Succeed 2.
    let events = 22 + 9 * polls;
    // In millionths of a dollar.
    let price = format!("$0.{:06}", transitions * 25);
    let line = format!("| {name} | {polls} | {late} s | {transitions} | {events} | {price} |");
    (line, price)
}

/// A line of the cost table of the copies table.
fn table_cost(name: &str, known: usize) -> String {
    let ids = |prefix: &str, count| -> Vec<String> {
        let numbers = 0..count;
        numbers.map(|n| format!("{prefix}-{n:013}")).collect()
    };
    let is_new = known == 0;
    let source = "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm";
    let execution = "arn:aws:states:us-east-1:111122223333:execution:catalog-copy-CopyProduct:9c8b7a65-4321-4fed-8cba-0123456789ab";
    let target = (!is_new).then(|| "prod-ape1akro7mzcn".to_owned());
    let known = Known {
        target_product_ids: target
            .iter()
            .map(|id| ("SourceProductArn".to_owned(), id.clone()))
            .collect(),
        versions: ids("pa", known)
            .into_iter()
            .map(|id| (id, "pa-abcdefghijklm".to_owned()))
            .collect(),
    };
    let request = json!({
        "SourceProductArn": source,
        "TargetProductId": target,
        "SourceProvisioningArtifactIdentifiers": [{ "Id": "pa-abcdefghijklm" }],
    });
    let request = without_nulls(request);
    let call = Call {
        request: CopyRequest::parse(request).expect("is a copy request"),
        product_name: None,
        namesakes: Vec::new(),
    };
    let copied = CopiedVersion {
        source_id: "pa-abcdefghijklm".to_owned(),
        target_id: None,
        name: "v2.1".to_owned(),
    };
    let skipped = known.versions.values().map(|id| SkippedVersion {
        source_id: id.clone(),
        name: "v2.1".to_owned(),
        reason: Reason::AlreadyInTarget,
    });
    let answer = CopyStarted {
        target_product_id: target,
        copied_versions: Some(vec![copied]),
        skipped_versions: Some(skipped.collect()),
        lease: Some(LeaseTaken {
            number: 12,
            known: known.clone(),
            product_name: None,
            namesakes: Vec::new(),
        }),
        ..CopyStarted::default()
    };
    let json = |value: serde_json::Result<String>| value.expect("serializes").len();
    let attributes = |names: &[(&str, usize)]| -> usize {
        names.iter().map(|(name, value)| name.len() + value).sum()
    };
    let map = |map: &BTreeMap<String, String>| -> usize {
        let pairs = map.iter().map(|(key, value)| 1 + key.len() + value.len());
        3 + pairs.sum::<usize>()
    };
    // A number has a byte for two digits, and one more.
    let mut item = attributes(&[
        ("Place", "444455556666/eu-west-1".len()),
        ("Item", source.len()),
        ("LeaseNumber", 2),
    ]);
    if !is_new {
        item += attributes(&[
            ("TargetProductIds", map(&known.target_product_ids)),
            ("Versions", map(&known.versions)),
            ("LastCopied", 6),
            ("LastCopiedBy", execution.len()),
        ]);
    }
    let taken = item + attributes(&[("Holder", execution.len()), ("HeldSince", 6)]);
    let called = taken
        + attributes(&[
            ("CalledBy", execution.len()),
            ("CallingSince", 6),
            ("IdempotencyToken", 64),
            ("Call", json(serde_json::to_string(&call))),
            ("Answer", json(serde_json::to_string(&answer))),
        ]);
    let token = attributes(&[("CopyProductToken", "copyproduct-qzsn9tkpehwr1".len())]);
    let answered = called + token;
    // The lease, the call, its answer and the end; the greater of the item before and after counts.
    let mut writes = vec![taken, called, answered, answered];
    if is_new {
        // The claim.
        writes.push(1);
    }
    let units: usize = writes.iter().map(|bytes| bytes.div_ceil(1024)).sum();
    format!(
        "| {name} | {} | {} KiB | {units} | ${:.6} |",
        writes.len(),
        answered.div_ceil(1024),
        units as f64 * 0.625e-6
    )
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// A line of the cost table of batches, of copies of a minute, and its price.
fn batch_cost(copies: u64) -> (String, String) {
    let (polls, wait_and_late) = (8, 76);
    // A copy's own and the child's CopyProduct; ListCopies, RouteOnList, CopyEach, ReportCopies,
    // RouteOnReport and CopiesSucceeded.
    let transitions = copies * (7 + 3 * polls + 1) + 6;
    // StartCopy, CheckStatus, FinishCopy and the copy's outcome; ListCopies, ReportCopies and the batch's.
    let invocations = copies * (3 + polls) + 3;
    let step_functions = transitions as f64 * 25e-6;
    let lambda = invocations as f64 * (0.2e-6 + 0.5 * 0.125 * 13.3334e-6);
    let events = (copies + 1) as f64 * 1e-6;
    let price = format!("${:.2}", step_functions + lambda + events);
    let hours = |at_once: u64| (copies.div_ceil(at_once) * wait_and_late) as f64 / 3600.0;
    let line = format!(
        "| {} | {} | {} | ${step_functions:.2} | ${lambda:.2} | {price} | {:.1} h | {:.1} h |",
        grouped(copies),
        grouped(transitions),
        grouped(invocations),
        hours(10),
        hours(100),
    );
    (line, price)
}

/// A number with a comma before its last three digits.
fn grouped(number: u64) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

#[test]
fn the_readme_is_short() {
    let readme = read("README.md");
    let (lines, words) = (readme.lines().count(), readme.split_whitespace().count());
    assert!(lines <= 200, "{lines} lines");
    assert!(words <= 2000, "{words} words");
}

#[test]
fn every_page_opens_with_the_question_that_the_readme_sends_there() {
    for (path, page) in pages().iter().filter(|(path, _)| path.starts_with("docs/")) {
        let question = page.lines().nth(2).unwrap_or_default();
        assert!(question.ends_with('?'), "{path}: {question}");
        assert_says("README.md", &format!("]({path}) | {question} |"));
    }
}

#[test]
fn the_cost_of_a_copy_is_the_arithmetic_of_the_machine() {
    for (name, seconds) in [
        ("10 s", 10),
        ("1 min", 60),
        ("5 min", 300),
        ("30 min", 1800),
        ("1 h", 3600),
        ("2 h", 7200),
    ] {
        assert_says("docs/cost.md", &copy_cost(name, seconds).0);
    }
}

#[test]
fn the_cost_of_the_copies_table_is_the_size_of_its_items() {
    for (name, known) in [
        ("a new product with 1 version", 0),
        ("a new version of a product with 10", 10),
        ("a new version of a product with 100", 100),
    ] {
        assert_says("docs/cost.md", &table_cost(name, known));
    }
}

#[test]
fn the_cost_of_a_batch_is_the_arithmetic_of_the_machines() {
    let one_minute = "| 1 min | 8 | 16 s | 31 |";
    assert_says("docs/cost.md", one_minute);
    for copies in [1000, 10_000] {
        assert_says("docs/cost.md", &batch_cost(copies).0);
    }
}

#[test]
fn the_prices_of_the_readme_are_those_of_the_cost_tables() {
    for (what, price) in [
        ("a copy that takes 1 min", copy_cost("1 min", 60).1),
        ("a copy that takes 1 h", copy_cost("1 h", 3600).1),
        ("a batch of 1,000 copies of 1 min", batch_cost(1000).1),
    ] {
        assert_says("README.md", &format!("| {what} | {price} |"));
    }
}

#[test]
fn the_comparison_of_waits_is_what_make_polling_has_written() {
    let report = polling::report().expect("can be worked out");
    assert_eq!(generated("polling"), report, "make polling");
    let plot = polling::plot().expect("can be drawn");
    assert_eq!(read("docs/polling.svg"), plot, "make polling");
}

#[test]
fn the_table_of_faults_has_every_fault() {
    let table = generated("faults");
    let lines = table.lines().filter(|line| line.starts_with("| "));
    let lines: Vec<_> = lines.skip(1).collect();
    let in_page = lines.iter().filter_map(|line| line.split(" | ").next());
    let names = fault_matrix::cases();
    let names = names.iter().map(|case| format!("| {}", case.name));
    assert!(in_page.eq(names), "make faults writes docs/faults.md");
    let run = lines.iter().filter(|line| !line.contains(" | not run: "));
    let kinds = format!("{} kinds of", run.count());
    let named = read("README.md").matches(&kinds).count();
    assert_eq!(named, 2, "{kinds} fault");
}

#[test]
fn the_tables_of_the_benchmark_are_generated() {
    assert!(generated("bench").starts_with("Medians of "));
}

#[test]
fn the_limits_of_a_batch_are_those_of_the_code() {
    use catalog_copy::{aws::s3, batch};
    for cells in [
        format!("| copies a batch | {} |", grouped(batch::MAX_COPIES as u64)),
        format!("| a copy | {} KiB |", batch::MAX_COPY >> 10),
        format!("use a `Manifest` ({} MiB)", s3::MAX_OBJECT >> 20),
    ] {
        assert_says("docs/cost.md", &cells);
    }
    let at_once = batch::DEFAULT_CONCURRENCY;
    assert_says(
        "docs/cost.md",
        &format!("the default of [{at_once} copies at once]"),
    );
    assert_says(
        "docs/batches.md",
        &format!("how many copies are made at once | {at_once};"),
    );
}

#[test]
fn the_input_example_is_the_event() {
    assert_says(
        "docs/copy-request.md",
        &read("events/copy-request-full.json"),
    );
}

#[test]
fn the_other_examples_are_the_events() {
    for (path, event) in [
        ("docs/copy-request.md", "events/take-up.json"),
        ("docs/batches.md", "events/copy-products.json"),
        ("docs/batches.md", "events/subscriptions.json"),
    ] {
        let event: Value = serde_json::from_str(&read(event)).expect("is JSON");
        assert!(examples(path).contains(&event), "{path} lacks {event}");
    }
}

#[test]
fn the_examples_of_the_readme_are_accepted() {
    let [request, output, batch, subscribed] = &examples("README.md")[..] else {
        panic!("README.md has a request, its output, a batch and subscriptions");
    };
    CopyRequest::parse(request.clone()).expect("is a copy request");
    assert!(examples("docs/copy-request.md").contains(output));
    Batch::parse(batch.clone()).expect("is a batch");
    let copies = subscriptions(&subscribed.to_string(), None).expect("are subscriptions");
    assert_eq!(copies.len(), 2);
}

#[test]
fn every_parameter_is_in_the_table_of_parameters() {
    use serde_norway::Value;
    let page = read("docs/operations.md");
    let templates = [template(), target_role()];
    let parameters = templates
        .iter()
        .flat_map(|it| it["Parameters"].as_mapping().expect("is a mapping"));
    for (name, parameter) in parameters {
        let name = name.as_str().expect("is a name");
        let default = match &parameter["Default"] {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.clone(),
            _ => "–".to_owned(),
        };
        let mut lines = page.lines();
        let line = lines.find(|line| line.starts_with(&format!("| `{name}` | ")));
        let line = line.unwrap_or_else(|| panic!("docs/operations.md lacks {name}"));
        assert!(line.contains(&default), "{line} says {default}");
    }
}

#[test]
fn every_error_is_explained() {
    for (source, error) in [
        ("src/error.rs", r#"ErrorKind::\w+ => "(\w+)""#),
        ("statemachine/copy-product.asl.json", r#""Error": "(\w+)""#),
        ("statemachine/copy-products.asl.json", r#""Error": "(\w+)""#),
    ] {
        let source = read(source);
        let error = Regex::new(error).expect("is a pattern");
        let names: Vec<_> = error.captures_iter(&source).collect();
        assert!(!names.is_empty());
        for name in names {
            assert_says("docs/errors.md", &format!("\n| `{}` |", &name[1]));
        }
    }
}

#[test]
fn every_output_that_a_page_names_is_there() {
    let output = Regex::new(r"[Oo]utput `([A-Z]\w+)`").expect("is a pattern");
    // As it stands in a command, where it may also be a parameter.
    let in_command = Regex::new(r"<([A-Z]\w+(?:Arn|Name|Url))>").expect("is a pattern");
    let templates = [template(), target_role()];
    let is_in =
        |section: &str, name: &str| templates.iter().any(|it| it[section].get(name).is_some());
    let mut found = 0;
    for (path, page) in pages() {
        let outputs = output.captures_iter(&page).map(|it| (it, false));
        let in_commands = in_command.captures_iter(&page).map(|it| (it, true));
        for (name, may_be_parameter) in outputs.chain(in_commands) {
            let is_there =
                is_in("Outputs", &name[1]) || may_be_parameter && is_in("Parameters", &name[1]);
            assert!(is_there, "{path}: there is no output {}", &name[1]);
            found += 1;
        }
    }
    assert!(found > 3);
}

/// `EventBridge` documents that the policy of a topic must not have a `Condition` for it.
#[test]
fn the_policy_of_the_topic_lets_eventbridge_publish_without_a_condition() {
    let topics = examples("docs/events.md").into_iter();
    let mut policies = topics.filter_map(|it| it.as_array().cloned());
    let topic = policies.next().expect("the policy of the topic");
    let key = policies.next().expect("the policy of its key");
    let of = |policy: &[Value], service: &str| -> Vec<Value> {
        let statements = policy.iter().filter(|it| {
            let services = &it["Principal"]["Service"];
            services == service
                || services
                    .as_array()
                    .is_some_and(|all| all.contains(&json!(service)))
        });
        statements.cloned().collect()
    };
    for service in ["events.amazonaws.com", "cloudwatch.amazonaws.com"] {
        let [publish] = &of(&topic, service)[..] else {
            panic!("{service} needs one statement");
        };
        assert_eq!(publish["Action"], "sns:Publish");
        let is_limited = publish.get("Condition").is_some();
        assert_eq!(is_limited, service == "cloudwatch.amazonaws.com");
        let [uses] = &of(&key, service)[..] else {
            panic!("{service} needs one statement");
        };
        assert_eq!(
            uses["Action"],
            json!(["kms:Decrypt", "kms:GenerateDataKey"])
        );
        assert!(uses.get("Condition").is_none());
    }
}

/// A line of the cost table of metrics: `Copies` by outcome, and the other three.
fn metrics_cost(target_regions: u64) -> String {
    // Each with and without the target Region.
    let series = |metrics: u64| metrics * (1 + target_regions);
    // Copies that succeeded, CopyDuration and Polls; then those of each outcome, and Throttles.
    let (usual, most) = (series(3), series(4 + 3));
    let dollars = |series: u64| format!("${:.2}", series as f64 * 0.3);
    format!(
        "| {target_regions} | {usual} | {} | {most} | {} |",
        dollars(usual),
        dollars(most)
    )
}

#[test]
fn the_cost_of_watching_is_that_of_the_metrics_and_alarms() {
    for target_regions in [1, 5, 20] {
        assert_says("docs/cost.md", &metrics_cost(target_regions));
    }
    let resources = &template()["Resources"];
    let resources = resources.as_mapping().expect("is a mapping").values();
    let alarms = resources.filter(|it| it["Type"] == "AWS::CloudWatch::Alarm");
    let alarms = alarms.count();
    let price = format!("{alarms} alarms are ${:.2} a month", alarms as f64 * 0.1);
    assert_says("docs/cost.md", &price);
}

/// The first version that builds Rust without a flag is also the one that is asked for.
#[test]
fn the_minimum_version_of_sam_is_told_and_is_no_newer_than_the_one_pinned() {
    let version = |text: &str, before: &str| -> Vec<u32> {
        let pattern = format!(r"{before}(\d+)\.(\d+)\.(\d+)");
        let pattern = Regex::new(&pattern).expect("is a pattern");
        let found = pattern.captures(text).expect("has a version");
        let parts = found.iter().skip(1).flatten();
        parts
            .map(|it| it.as_str().parse().expect("is a number"))
            .collect()
    };
    let told = version(&read("docs/operations.md"), r"AWS SAM CLI\]\([^)]*\) ");
    assert_eq!(version(&read("README.md"), "SAM CLI "), told);
    let pinned = version(&read("crates/testbed/requirements.txt"), "aws-sam-cli==");
    assert!(told <= pinned, "{told:?}, {pinned:?}");
}

/// Each of the twenty has a row, and each row has tests, rules and faults that exist, or a reason.
#[test]
fn every_known_problem_has_the_tests_that_it_names_or_a_reason() {
    let code = ["src", "tests", "crates"].map(sources).concat();
    let mut there = names(r"#\[(?:tokio::)?test\]\s+(?:async )?fn (\w+)\(", &code);
    there.extend(rules());
    let faults = sources("crates/fault-matrix/src/cases");
    let page = read("docs/known-problems.md");
    let mut rows = names(r"(?m)^\|.*\|(.*)\|$", &page);
    rows.retain(|cell| ![" what shows it ", "---"].contains(&cell.as_str()));
    assert!(rows.len() > 30, "{}", rows.len());
    for cell in rows {
        let named = names(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`", &cell);
        for name in &named {
            assert!(there.contains(name), "there is no {name}");
        }
        for fault in names("“([^”]+)”", &cell) {
            let name = format!("\"{fault}\"");
            assert!(faults.contains(&name), "there is no fault {name}");
        }
        let reasons = names(r"no test[^:]*: (\w+)", &cell);
        assert!(!named.is_empty() || !reasons.is_empty(), "no test:{cell}");
    }
    let numbers = names(r"\*\*(\d+)\.?\*\*", &page);
    let numbers: BTreeSet<u32> = numbers
        .iter()
        .map(|it| it.parse().expect("is a number"))
        .collect();
    assert_eq!(numbers, (1..=20).collect());
}

/// The anchors that GitHub makes of a page's headings.
fn anchors(page: &str) -> Vec<String> {
    let text = prose(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
        heading
            .chars()
            .filter(kept)
            .collect::<String>()
            .replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)#]*)#?([^)]*)\)").expect("is a pattern");
    let mut dead = Vec::new();
    let mut links = 0;
    for (path, page) in pages() {
        for found in link.captures_iter(&prose(&page)) {
            let (file, anchor) = (&found[1], &found[2]);
            if file.starts_with("https://") {
                continue;
            }
            links += 1;
            let folder = Path::new(&path).parent().expect("is in a folder");
            let file = match file {
                "" => path.clone().into(),
                _ => folder.join(file),
            };
            let leads = file.exists()
                && (anchor.is_empty()
                    || anchors(&read(&file.to_string_lossy()))
                        .iter()
                        .any(|it| it == anchor));
            if !leads {
                dead.push(format!("{path}: {}", &found[0]));
            }
        }
    }
    assert!(links > 50, "{links} links");
    assert!(dead.is_empty(), "{dead:#?}");
}

/// What stands before a block of commands that need an AWS account.
const NEEDS_AWS: &str = "Needs an AWS account:";

/// Targets that `make check` does not run, each with the test that runs the same program.
const TESTED: [(&str, &str); 7] = [
    ("demo", "crates/demo/tests/demo.rs"),
    ("local", "crates/demo/tests/local_stack.rs"),
    ("faults", "crates/fault-matrix/tests/faults.rs"),
    ("hostile", "tests/proofs/hostile.rs"),
    ("polling", "tests/contract/docs.rs"),
    ("fuzz", "tests/proofs/fuzz_targets.rs"),
    ("probe", "crates/aws-probe/tests/probe/main.rs"),
];

/// Targets that nothing runs, each with the reason.
const NOT_RUN: [(&str, &str); 7] = [
    ("help", "only lists the targets"),
    ("clean", "deletes what the tests need"),
    ("scale", "takes minutes"),
    ("bench", "takes minutes; `make check` runs its --limits"),
    ("build", "`make test` builds the same, for this machine"),
    ("package", "builds for two architectures"),
    ("check-fast", "is a part of `make check`"),
];

/// Whether `make check` runs a target of the Makefile.
fn is_in_check(makefile: &str, target: &str) -> bool {
    let mut ahead = vec!["check".to_owned()];
    while let Some(next) = ahead.pop() {
        if next == target {
            return true;
        }
        let rule = makefile
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{next}:")));
        let needs = rule
            .unwrap_or_default()
            .split("##")
            .next()
            .unwrap_or_default();
        ahead.extend(needs.split_whitespace().map(str::to_owned));
    }
    false
}

/// The commands of a page, each with whether it is marked as needing AWS.
fn commands(page: &str) -> Vec<(String, bool)> {
    let comment = Regex::new(r"\s+# .*").expect("is a pattern");
    let blocks = page.split("```sh\n");
    let before = blocks
        .clone()
        .map(|text| text.trim_end().ends_with(NEEDS_AWS));
    let blocks = before.zip(blocks.skip(1)).flat_map(|(needs_aws, rest)| {
        let block = rest.split("```").next().unwrap_or_default();
        let lines = block.replace("\\\n", " ");
        let lines: Vec<_> = lines
            .lines()
            .map(|line| comment.replace(line, "").into_owned())
            .collect();
        lines.into_iter().map(move |line| (line, needs_aws))
    });
    // In a sentence, a command is named and needs no mark.
    let named = Regex::new("`((?:make|cargo test) [^`]+)`").expect("is a pattern");
    let prose = prose(page);
    let named = named
        .captures_iter(&prose)
        .map(|found| (found[1].to_owned(), true));
    blocks.chain(named).collect()
}

/// The names of the tests below a file or folder, and of the modules of a folder.
fn tests(path: &Path) -> Vec<String> {
    if path.is_dir() {
        let files = fs::read_dir(path).expect("is a folder");
        let files = files.map(|file| file.expect("is readable").path());
        return files
            .flat_map(|file| {
                let module = file.file_stem().expect("has a name").to_string_lossy();
                let mut names = tests(&file);
                names.push(module.into_owned());
                names
            })
            .collect();
    }
    let test = r"#\[(?:tokio::)?test\]\s+(?:async )?fn (\w+)\(";
    let test = Regex::new(test).expect("is a pattern");
    let code = read(&path.to_string_lossy());
    let names = test.captures_iter(&code).map(|found| found[1].to_owned());
    names.collect()
}

/// Why a command cannot be run by whoever reads it, if it cannot.
fn mistake(command: &str, needs_aws: bool) -> Option<String> {
    let quoted = Regex::new(r#""[^"]*""#).expect("is a pattern");
    let words = quoted.replace_all(command, "");
    let mut words = words
        .split_whitespace()
        .skip_while(|word| word.contains('='));
    match words.next()? {
        "make" => {
            let makefile = read("Makefile");
            let mut targets = words.filter(|word| !word.contains('='));
            targets.find_map(|target| {
                if !makefile.contains(&format!("\n{target}:")) {
                    return Some(format!("there is no target {target}"));
                }
                let asks_aws = ["deploy", "delete", "probe"].contains(&target);
                let is_local = command.ends_with("ARGS=--fake");
                if asks_aws && !is_local {
                    return (!needs_aws).then(|| format!("not marked: {NEEDS_AWS}"));
                }
                let is_in = |list: &[(&str, &str)]| list.iter().any(|(name, _)| *name == target);
                let is_run = is_in_check(&makefile, target) || is_in(&TESTED) || is_in(&NOT_RUN);
                (!is_run).then(|| format!("neither make check nor a test runs {target}"))
            })
        }
        "cargo" => {
            let words: Vec<_> = words.take_while(|word| *word != "--").collect();
            let ["test", "--test", binary, filter @ ..] = &words[..] else {
                return Some("not cargo test --test".to_owned());
            };
            let paths = [format!("tests/{binary}.rs"), format!("tests/{binary}")];
            let Some(path) = paths.iter().map(Path::new).find(|path| path.exists()) else {
                return Some(format!("there is no test binary {binary}"));
            };
            let tests = tests(path);
            let mut filter = filter.iter();
            let absent = filter.find(|name| !tests.iter().any(|test| test.contains(**name)));
            absent.map(|name| format!("there is no test {name}"))
        }
        "aws" | "sam" if needs_aws => None,
        // The local stack's.
        "aws" if command.contains(" --endpoint-url <") => None,
        "aws" | "sam" => Some(format!("not marked: {NEEDS_AWS}")),
        _ => Some("neither make nor cargo test".to_owned()),
    }
}

/// The option of a command, without its quotes.
fn option(command: &str, name: &str) -> Option<String> {
    let option = format!(r#"{name} (?:"([^"]*)"|'([^']*)')"#);
    let found = Regex::new(&option)
        .expect("is a pattern")
        .captures(command)?;
    let value = found.get(1).or_else(|| found.get(2))?;
    Some(value.as_str().to_owned())
}

#[test]
fn every_expression_for_the_copies_table_is_one_that_dynamodb_takes() {
    let row = json!({
        "Place": { "S": "444455556666/eu-west-1" }, "Item": { "S": "arn" }, "Call": { "S": "{}" },
        "Holder": { "S": "arn" }, "LastCopied": { "N": "1" },
    });
    let row = row.as_object().expect("is an object");
    let mut expressions = 0;
    for (command, _) in pages().into_values().flat_map(|page| commands(&page)) {
        let names = option(&command, "--expression-attribute-names");
        let names: Value = names.map_or(Value::Null, |it| it.parse().expect("is JSON"));
        if let Some(filter) = option(&command, "--filter-expression") {
            let request = json!({ "FilterExpression": filter, "ExpressionAttributeNames": names });
            let passes = dynamodb::filter(&request, row);
            assert_eq!(passes, Ok(true), "{command}");
            expressions += 1;
        }
        if let Some(update) = option(&command, "--update-expression") {
            let request = json!({ "UpdateExpression": update, "ExpressionAttributeNames": names });
            let new = dynamodb::update(&request, row).expect(&command);
            assert_ne!(&new, row, "{command}");
            expressions += 1;
        }
        if command.contains("aws dynamodb ") {
            let given = command.matches("-expression ").count();
            let read =
                ["--filter-expression", "--update-expression"].map(|it| option(&command, it));
            assert_eq!(read.iter().flatten().count(), given, "{command}");
        }
    }
    assert_eq!(expressions, 3);
}

#[test]
fn every_command_can_be_run_or_is_marked_as_needing_aws() {
    let mut mistakes = Vec::new();
    let mut count = 0;
    for (path, page) in pages() {
        for (command, needs_aws) in commands(&page) {
            count += 1;
            let mistake = mistake(&command, needs_aws);
            mistakes.extend(mistake.map(|why| format!("{path}: {command}: {why}")));
        }
    }
    assert!(count > 50, "{count} commands");
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    for (target, test) in TESTED {
        assert!(
            !tests(Path::new(test)).is_empty(),
            "{target}: {test} has no test"
        );
    }
}

#[test]
fn a_command_that_does_not_exist_or_is_not_marked_is_a_mistake() {
    for (command, needs_aws, mistaken) in [
        ("make demo", false, false),
        ("make demos", false, true),
        ("make check-code", false, false),
        ("make pins", false, true),
        (r#"make faults CASE="answer lost ×1" SEED=7"#, false, false),
        ("A=b make release check-instructions", false, false),
        ("make release checks", false, true),
        ("make deploy", true, false),
        ("make deploy", false, true),
        ("make probe ARGS=--fake", false, false),
        ("make probe ARGS=--help", false, true),
        ("cargo test --test end_to_end idempotency", false, false),
        ("cargo test --test end_to_end idempotence", false, true),
        ("cargo test --test end_to_end end_to_end", false, true),
        ("cargo test --test start_to_end", false, true),
        ("cargo run", false, true),
        ("aws s3 ls", true, false),
        ("aws s3 ls", false, true),
        ("aws --endpoint-url <Endpoint> s3 ls", false, false),
        ("curl https://example.com", true, true),
    ] {
        let found = mistake(command, needs_aws);
        assert_eq!(found.is_some(), mistaken, "{command}: {found:?}");
    }
    let page = "It is `make demo`.\n\nNeeds an AWS account:\n\n```sh\nmake deploy    # to AWS\n```\n\n```sh\nmake \\\n  test\n```\n";
    let expected = [
        ("make deploy", true),
        ("make    test", false),
        ("make demo", true),
    ];
    assert_eq!(
        commands(page),
        expected.map(|(command, aws)| (command.to_owned(), aws))
    );
}
