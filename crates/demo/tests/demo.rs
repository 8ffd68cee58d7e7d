//! The demo, as the README shows it.

use std::process::Command;

#[test]
fn the_demo_shows_copies_and_the_failure_of_the_readme() {
    let program = env!("CARGO_BIN_EXE_demo");
    let output = Command::new("timeout").args(["180", program]).output();
    let output = output.expect("starts");
    let shown = String::from_utf8(output.stdout).expect("is UTF-8");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}\n{errors}");

    let readme = include_str!("../../../README.md");
    let failure = "Copy Database, which the hub has not shared with that account: a failure";
    for line in [failure, "Error: CopyFailed"] {
        assert!(readme.contains(line), "README.md lacks {line}");
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    let succeeded = shown.matches("SUCCEEDED after").count();
    assert!(succeeded >= 3, "{succeeded} copies succeeded\n{shown}");
}
