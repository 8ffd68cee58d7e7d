//! What a child execution, which makes one copy, may become: its input, its output.

use catalog_copy::batch::{MAX_COPIES, MAX_COPY};
use serde_json::json;

use super::definition::{COPY_PRODUCTS, members, state};

/// The most bytes of an execution's input, and of what a state hands on.
const MAX_DATA: usize = 256 << 10;

/// The most characters of a `Cause`.
const MAX_CAUSE: usize = 32_768;

#[test]
fn the_largest_copy_fits_into_a_child_also_once_it_is_redriven() {
    let origin = "arn:aws-us-gov:states:us-gov-west-1:111122223333:execution:".len() + 2 * 80;
    let redriven = " redriven 4294967295".len();
    assert!(MAX_COPY + origin + redriven < MAX_DATA);
}

/// More than that can be caught nowhere, so the result would be lost.
#[test]
fn the_longest_error_fits_into_the_output_of_a_child() {
    let machine = COPY_PRODUCTS.machine();
    let output = &state(&machine, "CopyProduct")["Catch"][0]["Output"];
    // It is hardly longer than the cause of the error: `***` replaces an ExternalId of 2 characters or more.
    let cause = output["ErrorOutput"]["Cause"].as_str();
    assert!(cause.is_some_and(|it| it.contains("$states.errorOutput.Cause")));
    // No character takes more than this one in JSON.
    for longest in ["\u{1}", "語", "\""] {
        let failed = json!({
            "Index": MAX_COPIES - 1,
            "Status": "FAILED",
            "ErrorOutput": { "Error": "E".repeat(256), "Cause": longest.repeat(MAX_CAUSE) },
        });
        assert_eq!(members(output), members(&failed));
        let length = failed.to_string().len();
        assert!(length < MAX_DATA, "{length} bytes");
    }
}
