//! Contract of the architecture: layers, no cycles, who calls AWS, and pictures that are the code's.

mod arrows;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
};

use arrows::{Arrows, between_files, cycle};
use regex::Regex;
use serde_json::Value;

use crate::source::{read, sources};

/// The modules under `src`, from the top: a module may point at those of later layers only.
const LAYERS: [&[&str]; 7] = [
    &["bin"],
    &["functions"],
    &["aws", "batch", "outcome", "telemetry", "token"],
    &["record"],
    &["plan"],
    &["request", "version"],
    &["error"],
];

/// Each client of AWS with the one place that uses it.
const CLIENTS: [(&str, &str); 5] = [
    ("aws_sdk_dynamodb", "aws/dynamodb"),
    ("aws_sdk_eventbridge", "aws/eventbridge"),
    ("aws_sdk_s3", "aws/s3"),
    ("aws_sdk_servicecatalog", "aws/service_catalog"),
    ("aws_sdk_sts", "aws/service_catalog"),
];

/// The module of a file: its folder, or itself where it has none.
fn module(file: &str) -> &str {
    file.split('/').next().unwrap_or(file)
}

/// Each module with those it points at.
fn between_modules() -> Arrows {
    let mut modules = Arrows::new();
    for (file, files) in between_files("catalog_copy", &sources("src")) {
        if file != "lib" {
            let own = module(&file).to_owned();
            let others = files.iter().map(|it| module(it).to_owned());
            let others = others.filter(|other| *other != own).collect::<Vec<_>>();
            modules.entry(own).or_default().extend(others);
        }
    }
    modules
}

/// The arrows of a picture, of which each line has a pattern's two groups.
fn drawn(line: &str, picture: &str) -> Arrows {
    let line = Regex::new(line).expect("is a pattern");
    let names = |text: &str| -> Vec<String> {
        let names = text.split([',', '&', ' ']).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    let mut arrows = Arrows::new();
    for found in line.captures_iter(picture) {
        for from in names(&found[1]) {
            arrows.entry(from).or_default().extend(names(&found[2]));
        }
    }
    arrows
}

/// The arrows of the picture below a heading of docs/architecture.md.
fn drawn_below(heading: &str, arrow: &str) -> Arrows {
    let page = read("docs/architecture.md");
    let section = page.split(&format!("\n## {heading}\n")).nth(1);
    let section = section.unwrap_or_else(|| panic!("no section {heading}"));
    let picture = section.split("```mermaid\n").nth(1);
    let picture = picture.and_then(|rest| rest.split("```").next());
    let line = format!(r"(?m)^ +([a-z-]+) {arrow} ([a-z &-]+)$");
    drawn(&line, picture.expect("has a picture"))
}

fn assert_has_a_line_for_each<'a>(names: impl Iterator<Item = &'a String>) {
    let page = read("docs/architecture.md");
    for name in names {
        assert!(page.contains(&format!("\n| `{name}` | ")), "{name}");
    }
}

/// Without those that point nowhere, which a picture of arrows cannot show.
fn pointing(mut arrows: Arrows) -> Arrows {
    arrows.retain(|_, to| !to.is_empty());
    arrows
}

#[test]
fn a_module_points_only_at_lower_layers() {
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let modules = between_modules();
    for (from, to) in &modules {
        for to in to {
            assert!(layer(from) < layer(to), "{from} may not use {to}");
        }
    }
    let names: BTreeSet<_> = modules.keys().map(String::as_str).collect();
    assert_eq!(names, LAYERS.concat().into_iter().collect());
}

#[test]
fn the_modules_and_their_arrows_stay_few() {
    let modules = between_modules();
    let arrows: usize = modules.values().map(BTreeSet::len).sum();
    assert!(modules.len() <= 12, "{} modules", modules.len());
    assert!(2 * arrows <= 5 * modules.len(), "{arrows} arrows");
}

#[test]
fn no_files_point_at_each_other_in_a_cycle() {
    let crates = fs::read_dir("crates").expect("is a folder");
    let crates = crates.map(|entry| entry.expect("can be read").file_name());
    let crates = crates.map(|name| name.into_string().expect("is text"));
    let crates = crates.map(|name| (name.replace('-', "_"), format!("crates/{name}/src")));
    let own = ("catalog_copy".to_owned(), "src".to_owned());
    for (name, folder) in crates.chain([own]) {
        let arrows = between_files(&name, &sources(&folder));
        assert_eq!(cycle(&arrows), None, "{folder}");
        assert!(!pointing(arrows).is_empty(), "{folder}");
    }
}

#[test]
fn each_client_of_aws_is_used_in_one_place() {
    let client = Regex::new(r"\baws_sdk_\w+").expect("is a pattern");
    let mut found = BTreeSet::new();
    for (file, code) in sources("src") {
        for name in client.find_iter(&code) {
            let place: Vec<_> = file.split('/').take(2).collect();
            found.insert((name.as_str().to_owned(), place.join("/")));
        }
    }
    let expected = CLIENTS.map(|(client, place)| (client.to_owned(), place.to_owned()));
    assert_eq!(found, expected.into());
}

#[test]
fn the_picture_of_the_modules_is_the_codes() {
    let modules = between_modules();
    assert_eq!(drawn_below("Modules", "-->"), pointing(modules.clone()));
    assert_has_a_line_for_each(modules.keys());
}

#[test]
fn the_picture_in_lib_rs_is_the_codes() {
    let picture = drawn(r"(?m)^//! ([a-z, ]+?) ─+► ([a-z, ]+)$", &read("src/lib.rs"));
    assert_eq!(picture, pointing(between_modules()));
}

/// What each package of the workspace says of itself, by its name.
fn packages() -> BTreeMap<String, Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--no-deps"])
        .args(["--format-version", "1"])
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
    let packages = metadata["packages"].as_array().expect("is a list").iter();
    let name = |package: &Value| package["name"].as_str().expect("has a name").to_owned();
    packages
        .map(|package| (name(package), package.clone()))
        .collect()
}

/// The packages of the workspace that each of them needs, in its code or only in its tests.
fn between_packages(in_tests: bool) -> Arrows {
    let packages = packages();
    let ours = |package: &Value| -> BTreeSet<String> {
        let needed = package["dependencies"].as_array().expect("is a list");
        let needed = needed.iter();
        let needed = needed.filter(|it| (it["kind"] == "dev") == in_tests);
        let needed = needed.filter_map(|it| it["name"].as_str().map(str::to_owned));
        needed.filter(|name| packages.contains_key(name)).collect()
    };
    let arrows = packages.iter();
    arrows
        .map(|(name, package)| (name.clone(), ours(package)))
        .collect()
}

#[test]
fn the_picture_of_the_crates_is_cargos() {
    for (in_tests, arrow) in [(false, "-->"), (true, "-.->")] {
        let drawn = drawn_below("Crates", &arrow.replace('.', r"\."));
        assert_eq!(drawn, pointing(between_packages(in_tests)), "{arrow}");
    }
    assert_has_a_line_for_each(packages().keys());
}

#[test]
fn no_crates_need_each_other_and_the_fake_service_catalog_needs_none() {
    let mut arrows = between_packages(false);
    for (name, needed) in between_packages(true) {
        arrows.entry(name).or_default().extend(needed);
    }
    assert_eq!(cycle(&arrows), None);
    assert!(arrows["fake-service-catalog"].is_empty());
    let of_tests = &between_packages(false)["catalog-copy"];
    assert!(of_tests.is_empty(), "the functions need {of_tests:?}");
}

#[test]
fn the_lambda_binaries_hold_no_test_or_local_dependency() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "-e", "normal", "--prefix", "none"])
        .args(["--package", "catalog-copy"])
        .output()
        .expect("cargo runs");
    assert!(tree.status.success());
    let tree = String::from_utf8(tree.stdout).expect("is text");
    let has = |name: &str| {
        let start = format!("{name} ");
        tree.lines().any(|line| line.starts_with(&start))
    };
    assert!(has("aws-sdk-servicecatalog") && has("lambda_runtime"));
    // aws-lc-sys seeds itself from CPU jitter inside the first invocation.
    let unwanted = ["proptest", "aws-smithy-mocks", "regex", "aws-lc-sys"];
    let mut local = packages();
    local.remove("catalog-copy");
    for unwanted in unwanted.into_iter().chain(local.keys().map(String::as_str)) {
        assert!(!has(unwanted), "{unwanted} is in the Lambda binaries");
    }
    let tls: BTreeSet<_> = tree
        .lines()
        .filter(|line| line.starts_with("rustls v"))
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    assert_eq!(tls.len(), 1, "one TLS stack: {tls:?}");
}

#[test]
fn a_panic_unwinds_so_that_it_has_a_name() {
    let manifest = read("Cargo.toml");
    let release = manifest.split("[profile.release]").nth(1);
    // Where it is not said, cargo-lambda says abort.
    assert!(release.is_some_and(|it| it.contains("\npanic = \"unwind\"\n")));
}
