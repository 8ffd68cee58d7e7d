//! What the README says about security is checked, and every rule that checks it can fail.

use regex::Regex;

/// Each file of rules with its unit tests, which `make check-security` runs.
const RULES: [(&str, &str); 2] = [
    (
        include_str!("../guard/permissions.guard"),
        include_str!("../guard/tests/permissions_tests.yaml"),
    ),
    (
        include_str!("../guard/stack.guard"),
        include_str!("../guard/tests/stack_tests.yaml"),
    ),
];

fn names(pattern: &str, text: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("is a pattern");
    let names = pattern.captures_iter(text).map(|it| it[1].to_owned());
    names.collect()
}

fn rules() -> Vec<String> {
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

/// All files of a folder, in one text.
fn sources(folder: &str) -> String {
    let entries = std::fs::read_dir(folder).expect("is a folder");
    let paths = entries.map(|it| it.expect("is readable").path());
    paths
        .map(|it| {
            if it.is_dir() {
                sources(&it.to_string_lossy())
            } else {
                std::fs::read_to_string(it).expect("is text")
            }
        })
        .collect()
}

#[test]
fn every_control_of_the_threat_table_has_the_tests_it_names() {
    let readme = include_str!("../README.md");
    let section = readme.split("\n## Security\n").nth(1);
    let section = section.and_then(|it| it.split("\n## ").next());
    let table = names(r"(?m)^\|.*\|(.*)\|$", section.expect("is in the README"));
    let tests = sources("src") + &sources("tests");
    let rules = rules();
    assert!(table.len() > 8, "{table:?}");
    let mut named = 0;
    for name in table.iter().flat_map(|it| names(r"`(\w+)`", it)) {
        let is_test = tests.contains(&format!("fn {name}("));
        assert!(is_test || rules.contains(&name), "there is no {name}");
        named += 1;
    }
    assert!(named > 8);
}
