//! Contract of README.md: its numbers are worked out here, its examples are the files.
#![allow(clippy::cast_precision_loss)] // Prices.

use serde_json::Value;

const README: &str = include_str!("../../README.md");

/// `MinWaitSeconds` and `MaxWaitSeconds`.
fn default_waits() -> (u64, u64) {
    let template = include_str!("../../template.yaml");
    let template: serde_norway::Value = serde_norway::from_str(template).expect("is YAML");
    let default = |parameter: &str| {
        let default = template["Parameters"][parameter]["Default"].as_u64();
        default.expect("has a default")
    };
    (default("MinWaitSeconds"), default("MaxWaitSeconds"))
}

fn row(name: &str, seconds: u64) -> String {
    let (min_wait, max_wait) = default_waits();
    let root = |square: u64| square.isqrt() + u64::from(square.isqrt().pow(2) < square);
    let wait = |waited: u64| root(4 * waited).max(min_wait).min(max_wait);
    let mut waited = 0;
    let mut polls = 0;
    while waited < seconds {
        waited += wait(waited);
        polls += 1;
    }
    let late = wait(seconds);
    assert!(waited - seconds <= late);
    // ReadInput, RouteOnInput, StartCopy, RouteOnPlan, FinishCopy, RouteOnFinish and CopySucceeded.
    let transitions = 7 + 3 * polls;
    // Execution 2, Pass 2, three Choices 6, two Tasks 10 and Succeed 2.
    let events = 22 + 9 * polls;
    // In millionths of a dollar.
    let price = transitions * 25;
    format!("| {name} | {polls} | {late} s | {transitions} | {events} | $0.{price:06} |")
}

/// A batch of copies of a minute, 20 to a target.
fn batch_row(copies: u64) -> String {
    let (polls, wait_and_late, targets) = (8, 76, copies / 20);
    // A copy's own and the child's CopyProduct; the child's CopyToTarget; ListCopies, RouteOnList,
    // CopyEach, ReportCopies, RouteOnReport and CopiesSucceeded.
    let transitions = copies * (7 + 3 * polls + 1) + targets + 6;
    // StartCopy, CheckStatus, FinishCopy and the copy's outcome; ListCopies, ReportCopies and the batch's.
    let invocations = copies * (3 + polls) + 3;
    let step_functions = transitions as f64 * 25e-6;
    let lambda = invocations as f64 * (0.2e-6 + 0.5 * 0.125 * 13.3334e-6);
    let events = (copies + 1) as f64 * 1e-6;
    let hours = |at_once: u64| (targets.div_ceil(at_once) * 20 * wait_and_late) as f64 / 3600.0;
    format!(
        "| {} | {} | {} | ${step_functions:.2} | ${lambda:.2} | ${:.2} | {:.1} h | {:.1} h |",
        grouped(copies),
        grouped(transitions),
        grouped(invocations),
        step_functions + lambda + events,
        hours(10),
        hours(100),
    )
}

/// A number with a comma before its last three digits.
fn grouped(number: u64) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

#[test]
fn the_cost_of_a_batch_is_the_arithmetic_of_the_machines() {
    let one_minute = "| 1 min | 8 | 16 s | 31 |";
    assert!(README.contains(one_minute), "the copies of the batch");
    for copies in [1000, 10_000] {
        let row = batch_row(copies);
        assert!(README.contains(&row), "README.md lacks\n{row}");
    }
}

#[test]
fn the_comparison_of_waits_is_what_make_polling_prints() {
    let report = polling::report().expect("can be worked out");
    assert!(README.contains(report.trim()), "README.md lacks\n{report}");
    let plot = polling::plot().expect("can be drawn");
    assert_eq!(include_str!("../../docs/polling.svg"), plot);
}

#[test]
fn the_table_of_faults_is_what_make_faults_has_written() {
    let report = include_str!("../../docs/faults.md");
    assert!(README.contains(report.trim()), "README.md lacks\n{report}");
    let rows = report.lines().filter_map(|it| it.strip_prefix("| "));
    let rows = rows.skip(1).filter_map(|it| it.split(" | ").next());
    let names = fault_matrix::rows();
    let names = names.iter().map(|it| it.name);
    assert!(README.contains(&format!("The {} faults", names.len())));
    assert!(rows.eq(names), "make faults writes docs/faults.md");
}

#[test]
fn the_tables_of_speed_are_what_make_bench_has_written() {
    let report = include_str!("../../docs/bench.md");
    assert!(README.contains(report.trim()), "README.md lacks\n{report}");
}

#[test]
fn the_limits_of_a_batch_are_those_of_the_code() {
    use catalog_copy::{aws::s3, batch};
    let (copies, bytes) = (batch::MAX_GROUP_COPIES, batch::MAX_GROUP >> 10);
    for row in [
        format!("| copies a batch | {} |", grouped(batch::MAX_COPIES as u64)),
        format!("| copies a target and batch | {copies}, {bytes} KiB |"),
        format!("use a `Manifest` ({} MiB)", s3::MAX_OBJECT >> 20),
    ] {
        assert!(README.contains(&row), "README.md lacks\n{row}");
    }
}

#[test]
fn the_batch_examples_are_the_events() {
    let events = [
        include_str!("../../events/copy-products.json"),
        include_str!("../../events/subscriptions.json"),
    ];
    for event in events {
        let event: Value = serde_json::from_str(event).expect("is JSON");
        let examples = README.split("```json\n").skip(1);
        let mut examples = examples.filter_map(|it| it.split("```").next());
        let is_event = |it: &str| serde_json::from_str::<Value>(it).ok().as_ref() == Some(&event);
        assert!(examples.any(is_event), "README.md lacks {event}");
    }
}

#[test]
fn the_cost_table_is_the_arithmetic_of_the_machine() {
    for (name, seconds) in [
        ("10 s", 10),
        ("1 min", 60),
        ("5 min", 300),
        ("30 min", 1800),
        ("1 h", 3600),
        ("2 h", 7200),
    ] {
        let row = row(name, seconds);
        assert!(README.contains(&row), "README.md lacks\n{row}");
    }
}

#[test]
fn the_input_example_is_the_event() {
    let event = include_str!("../../events/copy-request-full.json").trim();
    assert!(README.contains(event));
}

#[test]
fn the_take_up_example_is_the_event() {
    let event: Value =
        serde_json::from_str(include_str!("../../events/take-up.json")).expect("is JSON");
    let examples = README.split("```json\n").skip(1);
    let mut examples = examples.filter_map(|it| it.split("```").next());
    assert!(examples.any(|it| serde_json::from_str::<Value>(it).ok().as_ref() == Some(&event)));
}

#[test]
fn every_parameter_is_in_the_configuration_table() {
    let template = include_str!("../../template.yaml");
    let template: serde_norway::Value = serde_norway::from_str(template).expect("is YAML");
    let parameters = template["Parameters"].as_mapping().expect("is a mapping");
    for (name, parameter) in parameters {
        let name = name.as_str().expect("is a name");
        let default = match &parameter["Default"] {
            serde_norway::Value::Number(number) => number.to_string(),
            other => other.as_str().expect("is text").to_owned(),
        };
        let row = README
            .lines()
            .find(|it| it.starts_with(&format!("| `{name}` | ")));
        let row = row.unwrap_or_else(|| panic!("README.md lacks {name}"));
        assert!(row.contains(&default), "{row} says {default}");
    }
}

#[test]
fn every_file_it_links_to_exists() {
    let links = README
        .split("](")
        .skip(1)
        .filter_map(|it| it.split(')').next());
    let files: Vec<_> = links
        .filter(|it| !it.starts_with("http") && !it.starts_with('#'))
        .collect();
    assert!(files.len() > 5);
    for file in files {
        assert!(std::path::Path::new(file).exists(), "{file}");
    }
}
