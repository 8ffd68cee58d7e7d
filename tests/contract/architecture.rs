//! Contract of the house: which module may point at which, and what the Lambda binaries hold.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use regex::Regex;

/// Each module with the modules it points at.
const ARROWS: [(&str, &[&str]); 35] = [
    ("batch", &["error", "limits", "request", "store"]),
    ("batch/event", &["error", "request"]),
    ("batch/groups", &["error", "request"]),
    ("batch/manifest", &["error", "request"]),
    ("batch/mistakes", &["error", "request"]),
    ("batch/subscriptions", &["error", "request"]),
    ("bus", &["error", "sdk"]),
    ("catalog", &["request", "sdk"]),
    ("catalog/copies", &["error", "request"]),
    ("catalog/failure", &["error", "sdk"]),
    ("catalog/first_connection", &["request"]),
    ("catalog/portfolios", &["error"]),
    ("catalog/products", &["error"]),
    ("catalog/versions", &["error", "plan"]),
    ("check_status", &["catalog", "error", "metrics", "request"]),
    ("error", &[]),
    (
        "finish_copy",
        &[
            "catalog",
            "error",
            "metrics",
            "plan",
            "request",
            "start_copy",
        ],
    ),
    ("limits", &["error"]),
    ("list_copies", &["batch", "error", "request", "store"]),
    ("log", &[]),
    ("metrics", &["error", "limits"]),
    ("outcome", &["error", "request"]),
    ("plan", &["error", "request"]),
    ("publish_outcome", &["bus", "error", "metrics", "outcome"]),
    (
        "report_copies",
        &["batch", "error", "list_copies", "request", "store"],
    ),
    (
        "report_copies/outcomes",
        &["batch", "error", "list_copies", "request", "store"],
    ),
    ("request", &["error"]),
    ("request/copy", &["error", "limits"]),
    ("request/place", &["error", "limits"]),
    ("request/planned", &[]),
    ("request/status", &["error", "limits"]),
    ("sdk", &[]),
    (
        "start_copy",
        &["catalog", "error", "metrics", "plan", "request", "token"],
    ),
    ("store", &["error", "sdk"]),
    ("token", &["request"]),
];

/// The code of a module without its tests and comments.
fn code(module: &str) -> String {
    let text = fs::read_to_string(format!("src/{module}.rs")).expect("is a module");
    let code = text.split("#[cfg(test)]").next();
    let lines = code.expect("has a first part").lines();
    let lines: Vec<_> = lines.filter(|it| !it.trim().starts_with("//")).collect();
    lines.join("\n")
}

fn modules(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("is a folder");
    let paths = entries.map(|it| it.expect("is readable").path());
    paths
        .filter(|it| {
            !["bin", "lib.rs", "tests.rs"]
                .iter()
                .any(|end| it.ends_with(end))
        })
        .flat_map(|it| {
            if it.is_dir() {
                return modules(&it);
            }
            if it.extension().is_none_or(|it| it != "rs") {
                return Vec::new();
            }
            let path = it.with_extension("");
            let path = path.strip_prefix("src").expect("is below src");
            vec![path.to_str().expect("is text").to_owned()]
        })
        .collect()
}

#[test]
fn every_module_points_where_the_picture_says() {
    let uses = Regex::new(r"crate::(?:\{([^;]*)\};|(\w+))").expect("is a pattern");
    let name = Regex::new(r"(?:^|[,{]\s*|^\s*)([a-z_]+)::").expect("is a pattern");
    for (module, arrows) in ARROWS {
        let code = code(module);
        let found: BTreeSet<String> = uses
            .captures_iter(&code)
            .flat_map(|it| match (it.get(1), it.get(2)) {
                (Some(group), _) => name
                    .captures_iter(group.as_str())
                    .map(|it| it[1].to_owned())
                    .chain(group.as_str().split(',').map(|it| it.trim().to_owned()))
                    .filter(|it| ARROWS.iter().any(|(module, _)| module == it))
                    .collect(),
                (_, Some(name)) => vec![name.as_str().to_owned()],
                _ => Vec::new(),
            })
            .collect();
        let allowed = arrows.iter().map(|&it| it.to_owned()).collect();
        assert_eq!(found, allowed, "{module}");
    }
}

#[test]
fn every_module_is_in_the_picture() {
    let found: BTreeSet<String> = modules(Path::new("src")).into_iter().collect();
    let drawn = ARROWS.map(|(module, _)| module.to_owned());
    assert_eq!(found, drawn.into());
}

/// Each service of AWS with the one room that speaks to it.
const SERVICES: [(&str, &str); 4] = [
    ("aws_sdk_eventbridge", "bus"),
    ("aws_sdk_s3", "store"),
    ("aws_sdk_servicecatalog", "catalog"),
    ("aws_sdk_sts", "catalog"),
];

#[test]
fn each_service_of_aws_has_one_room_that_speaks_to_it() {
    let service = Regex::new(r"aws_sdk_\w+").expect("is a pattern");
    let mut found = BTreeSet::new();
    for (module, _) in ARROWS {
        let code = code(module);
        let room = module.split('/').next().expect("has a first part");
        for it in service.find_iter(&code) {
            found.insert((it.as_str().to_owned(), room.to_owned()));
        }
    }
    let expected = SERVICES.map(|(service, room)| (service.to_owned(), room.to_owned()));
    assert_eq!(found, expected.into());
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
    let has = |name: &str| tree.lines().any(|it| it.starts_with(&format!("{name} ")));
    assert!(has("aws-sdk-servicecatalog") && has("lambda_runtime"));
    // aws-lc-sys seeds itself from CPU jitter inside the first invocation.
    for unwanted in [
        "fake-service-catalog",
        "testbed",
        "proptest",
        "aws-smithy-mocks",
        "regex",
        "aws-lc-sys",
    ] {
        assert!(!has(unwanted), "{unwanted} is in the Lambda binaries");
    }
    let tls: BTreeSet<_> = tree
        .lines()
        .filter(|it| it.starts_with("rustls v"))
        .map(|it| it.trim_end_matches(" (*)"))
        .collect();
    assert_eq!(tls.len(), 1, "one TLS stack: {tls:?}");
}

#[test]
fn a_panic_is_told_under_its_name() {
    let manifest = include_str!("../../Cargo.toml");
    let release = manifest.split("[profile.release]").nth(1);
    // Where it is not said, cargo-lambda says abort.
    assert!(release.is_some_and(|it| it.contains("\npanic = \"unwind\"\n")));
}
