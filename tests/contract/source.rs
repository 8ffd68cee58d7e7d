//! Files as text.

use std::{collections::BTreeMap, fs, path::Path};

use regex::Regex;

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A file's path without `.rs`, relative to its folder, with its code.
pub(crate) type Sources = BTreeMap<String, String>;

/// All files of a folder, without tests and comments.
pub(crate) fn sources(folder: &str) -> Sources {
    let comment = Regex::new(r"(?m)^\s*//.*$").expect("is a pattern");
    let tests = Regex::new(r"#\[cfg\(test\)\]\s+(?:pub\S* )?mod tests").expect("is a pattern");
    let mut found = Sources::new();
    let mut ahead = vec![Path::new(folder).to_owned()];
    while let Some(path) = ahead.pop() {
        if path.ends_with("tests") || path.ends_with("tests.rs") {
            continue;
        }
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("can be read");
            ahead.extend(entries.map(|entry| entry.expect("can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("is text");
            let code = tests.split(&text).next().expect("has a first part");
            let code = comment.replace_all(code, "").into_owned();
            let name = path.strip_prefix(folder).expect("is below the folder");
            let name = name.with_extension("");
            found.insert(name.to_str().expect("is text").to_owned(), code);
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}
