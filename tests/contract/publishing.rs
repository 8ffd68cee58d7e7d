//! Contract of a release: template.yaml, CHANGELOG.md and the workflows agree with Cargo.toml and with what publishes them.

use std::{fs, path::Path};

use regex::Regex;
use serde_norway::Value;

const TEMPLATE: &str = include_str!("../../template.yaml");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the Serverless Application Repository is given.
fn application() -> Value {
    let template: Value = serde_norway::from_str(TEMPLATE).expect("is YAML");
    template["Metadata"]["AWS::ServerlessRepo::Application"].clone()
}

fn text(member: &str) -> String {
    let application = application();
    let text = application[member].as_str();
    text.unwrap_or_else(|| panic!("{member} is no text"))
        .to_owned()
}

#[test]
fn the_template_and_the_changelog_have_the_version_of_the_crate() {
    assert_eq!(text("SemanticVersion"), VERSION);
    let changelog = include_str!("../../CHANGELOG.md");
    let heading = Regex::new(r"(?m)^## \[(\d\S*)\]").expect("is a pattern");
    let newest = heading.captures(changelog).map(|found| found[1].to_owned());
    assert_eq!(newest.as_deref(), Some(VERSION));
}

#[test]
fn the_application_has_the_licence_and_the_places_of_the_crate() {
    assert_eq!(text("SpdxLicenseId"), env!("CARGO_PKG_LICENSE"));
    assert_eq!(text("SourceCodeUrl"), env!("CARGO_PKG_REPOSITORY"));
    assert_eq!(text("HomePageUrl"), env!("CARGO_PKG_REPOSITORY"));
    for member in ["LicenseUrl", "ReadmeUrl"] {
        assert!(Path::new(&text(member)).is_file(), "{member}");
    }
}

/// The limits of `CreateApplication`.
#[test]
fn the_application_is_one_that_the_repository_takes() {
    let matches = |pattern: &str, text: &str| {
        let pattern = Regex::new(&format!("^(?:{pattern})$")).expect("is a pattern");
        pattern.is_match(text)
    };
    assert!(matches("[a-zA-Z0-9-]{1,140}", &text("Name")));
    assert!((1..=256).contains(&text("Description").len()));
    assert!(matches("[a-z0-9]+(-[a-z0-9]+)*", &text("Author")));
    let application = application();
    let labels = application["Labels"].as_sequence().expect("is a list");
    assert!((1..=10).contains(&labels.len()));
    for label in labels {
        let label = label.as_str().expect("is text");
        assert!(matches(r"[a-zA-Z0-9+\-_:/@]{1,127}", label), "{label}");
    }
}

/// `make package` rewrites both, so that a package built for one architecture is deployed as that.
#[test]
fn the_template_names_its_architectures_as_make_package_looks_for_them() {
    for line in ["Default: arm64", "AllowedValues: [arm64, x86_64]"] {
        let line = format!("\n    {line}\n");
        assert_eq!(TEMPLATE.matches(&line).count(), 1, "{line}");
    }
}

/// What is known of what we depend on changes without a change of ours.
#[test]
fn known_vulnerabilities_are_looked_for_every_night() {
    let workflow = fs::read_to_string(".github/workflows/advisories.yml").expect("is there");
    let workflow: Value = serde_norway::from_str(&workflow).expect("is YAML");
    let cron = workflow["on"]["schedule"][0]["cron"].as_str();
    let nightly = Regex::new(r"^\d+ \d+ \* \* \*$").expect("is a pattern");
    assert!(cron.is_some_and(|it| nightly.is_match(it)), "{cron:?}");
    let steps = workflow["jobs"]["advisories"]["steps"].as_sequence();
    let last = steps.expect("has steps").last().expect("has one");
    // There it must not be left out.
    assert_eq!(last["run"], "make check-advisories ADVISORIES=required");
}

#[test]
fn workflows_pin_every_action_and_may_only_read() {
    let pinned =
        Regex::new(r"^[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$").expect("is a pattern");
    let workflows = fs::read_dir(".github/workflows").expect("is a folder");
    let mut actions = 0;
    for workflow in workflows {
        let path = workflow.expect("is readable").path();
        let workflow = fs::read_to_string(&path).expect("is text");
        for (_, action) in workflow
            .lines()
            .filter_map(|line| line.split_once("uses: "))
        {
            assert!(pinned.is_match(action), "{}: {action}", path.display());
            actions += 1;
        }
        let workflow: Value = serde_norway::from_str(&workflow).expect("is YAML");
        let permissions: Value = serde_norway::from_str("contents: read").expect("is YAML");
        assert_eq!(workflow["permissions"], permissions, "{}", path.display());
    }
    assert!(actions > 0);
}
