//! What docs/security.md says is checked, every rule that checks it can fail, and tools are pinned.

use regex::Regex;

/// Each file of rules with its unit tests, which `make check-security` runs.
const RULES: [(&str, &str); 2] = [
    (
        include_str!("../../checks/guard/permissions.guard"),
        include_str!("../../checks/guard/tests/permissions_tests.yaml"),
    ),
    (
        include_str!("../../checks/guard/stack.guard"),
        include_str!("../../checks/guard/tests/stack_tests.yaml"),
    ),
];

pub(crate) fn names(pattern: &str, text: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("is a pattern");
    let names = pattern.captures_iter(text).map(|it| it[1].to_owned());
    names.collect()
}

pub(crate) fn rules() -> Vec<String> {
    RULES
        .iter()
        .flat_map(|(rules, _)| names(r"(?m)^rule (\w+)", rules))
        .collect()
}

#[test]
fn every_rule_is_seen_to_pass_and_to_fail() {
    for (rules, tests) in RULES {
        let rules = names(r"(?m)^rule (\w+)", rules);
        assert!(!rules.is_empty());
        for rule in rules {
            for outcome in ["PASS", "FAIL"] {
                let case = format!("expectations: {{ rules: {{ {rule}: {outcome} }} }}");
                assert!(tests.contains(&case), "{rule} is never seen to {outcome}");
            }
        }
    }
}

/// All Rust files of a folder, in one text.
pub(crate) fn sources(folder: &str) -> String {
    let entries = std::fs::read_dir(folder).expect("is a folder");
    let paths = entries.map(|it| it.expect("is readable").path());
    paths
        .map(|it| {
            if it.is_dir() {
                sources(&it.to_string_lossy())
            } else if it.extension().is_some_and(|it| it == "rs") {
                std::fs::read_to_string(it).expect("is text")
            } else {
                String::new()
            }
        })
        .collect()
}

/// The last cell of each row of the threat table: the tests and rules of its control.
fn proofs() -> Vec<String> {
    let page = include_str!("../../docs/security.md");
    let section = page.split("\n## Threats\n").nth(1);
    let section = section.and_then(|it| it.split("\n## ").next());
    let mut table = names(r"(?m)^\|.*\|(.*)\|$", section.expect("is in the page"));
    assert!(table.len() > 8, "{table:?}");
    // After the heading and the line below it.
    table.split_off(2)
}

#[test]
fn every_control_of_the_threat_table_has_the_tests_it_names() {
    let sources = sources("src") + &sources("tests");
    let tests = names(r"#\[(?:tokio::)?test\]\s+(?:async )?fn (\w+)\(", &sources);
    let rules = rules();
    for proof in proofs() {
        for name in names(r"`(\w+)`", &proof) {
            let is_there = tests.contains(&name) || rules.contains(&name);
            assert!(is_there, "there is no {name}");
        }
    }
}

#[test]
fn every_threat_has_a_test_and_what_is_not_tested_has_a_reason() {
    for proof in proofs() {
        assert!(!names(r"`(\w+)`", &proof).is_empty(), "no test:{proof}");
        let gaps = proof.matches("not tested").count();
        let reasons = names(r"not tested: [^;]+, which (\w+)", &proof).len();
        assert_eq!(reasons, gaps, "not tested, without a reason:{proof}");
    }
}

/// What is fetched is known by its hash, and runs nothing while it is installed.
#[test]
fn every_tool_is_installed_by_hash_and_without_scripts() {
    let makefile = std::fs::read_to_string("Makefile").expect("is text");
    let makefile = makefile.replace("\\\n", " ");
    let mut installed = 0;
    for (tool, safely) in [
        ("bin/pip ", "pip $(PIP_INSTALL) "),
        ("npm ci ", "npm ci --ignore-scripts "),
        ("cargo install ", " --locked "),
    ] {
        for line in makefile.lines().filter(|line| line.contains(tool)) {
            assert!(line.contains(safely), "{line}");
            installed += 1;
        }
    }
    assert_eq!(installed, 8, "none is left out");
    assert!(
        makefile.contains("\nPIP_INSTALL := install ") && makefile.contains(" --require-hashes ")
    );
}

#[test]
fn every_list_of_packages_pins_what_it_is_asked_for() {
    let extras = Regex::new(r"\[\w+\]").expect("is a pattern");
    for list in [
        "crates/bench/contenders/requirements",
        "crates/testbed/requirements",
        "checks/requirements-check",
        "checks/requirements-pins",
        "checks/requirements-security",
    ] {
        let read = |it: &str| std::fs::read_to_string(format!("{list}.{it}")).expect("is text");
        let (asked, pinned) = (read("in"), read("txt"));
        let asked = names(r"(?m)^([^#].*)$", &extras.replace_all(&asked, ""));
        assert!(!asked.is_empty(), "{list}");
        for package in asked {
            let pin = format!("\n{package} \\\n    --hash=sha256:");
            assert!(pinned.contains(&pin), "`make pins` for {package}");
        }
    }
}
