//! What a child execution, with all copies to one target, may become: its history and its answer.

use catalog_copy::batch::{MAX_COPIES, MAX_GROUP_COPIES};
use serde_json::json;

use super::definition::{COPY_PRODUCTS, list, members, number, state};

/// The most characters of a Cause in the answer.
const CAUSE: usize = 250;

#[test]
fn the_longest_child_stays_below_25_000_events() {
    let machine = COPY_PRODUCTS.machine();
    let retries: u64 = list(&state(&machine, "CopyProduct")["Retry"])
        .map(|it| number(it, "MaxAttempts"))
        .sum();
    // MapIterationStarted, the Task 6 (entered, scheduled, started, submitted, failed, exited), the
    // Pass 2, MapIterationSucceeded; a retry repeats scheduled to failed.
    let copy = 1 + 6 + 2 + 1 + 4 * retries;
    // ExecutionStarted, the Map 4 (entered, started, succeeded, exited), ExecutionSucceeded.
    let events = 1 + 4 + 1 + MAX_GROUP_COPIES as u64 * copy;
    assert!(events < 25_000, "{events} events");
}

#[test]
fn the_longest_answer_of_a_child_stays_below_256_kib() {
    let machine = COPY_PRODUCTS.machine();
    let failed = &state(&machine, "CopyNotMade")["Output"];
    let cause = failed["Cause"].as_str().expect("is an expression");
    assert!(cause.starts_with("{% $substring(") && cause.ends_with(&format!(", 0, {CAUSE}) %}}")));
    // Three bytes a character, as Japanese has, and the quotes of JSON in it.
    let cause = "\"".repeat(20) + &"語".repeat(CAUSE - 20);
    let execution = format!(
        "arn:aws-us-gov:states:us-gov-west-1:111122223333:execution:{}:{}",
        "m".repeat(80),
        "n".repeat(80)
    );
    let failed_copy = json!({
        "Index": MAX_COPIES - 1,
        "Status": "FAILED",
        "Error": format!("ServiceCatalog.{}", "E".repeat(64)),
        "Cause": cause,
        "ExecutionArn": execution,
    });
    assert_eq!(members(failed), members(&failed_copy));
    let answer = json!(vec![failed_copy; MAX_GROUP_COPIES]).to_string().len();
    assert!(answer < 256 << 10, "{answer} bytes");
}
