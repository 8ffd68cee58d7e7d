//! Which file of a crate points at which.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::source::Sources;

/// Each name with the names it points at.
pub(crate) type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Where an item is: the names of the modules that lead to it, and its own.
type Path = Vec<String>;

/// The modules of a crate.
struct Modules<'a> {
    crate_name: &'a str,
    /// Each module with its file.
    files: BTreeMap<Path, String>,
    /// What a module lends its own name to, with where it really is.
    reexports: BTreeMap<Path, Path>,
}

/// The arrows between the files of a crate: `a` points at `b` where a path in `a` leads to what
/// `b` defines. A file that only lends its name to what its own modules define points at none of them.
pub(crate) fn between_files(crate_name: &str, sources: &Sources) -> Arrows {
    let import = Regex::new(r"(?m)^\s*(pub(?:\([^)]*\))? )?use ([^;]+);").expect("is a pattern");
    let in_code = Regex::new(r"\b(?:\w+::)+\w+").expect("is a pattern");
    let mut modules = Modules {
        crate_name,
        files: BTreeMap::new(),
        reexports: BTreeMap::new(),
    };
    for file in sources.keys() {
        modules.files.insert(module_of(file, sources), file.clone());
    }
    let mut paths = BTreeMap::new();
    for (file, code) in sources {
        let module = module_of(file, sources);
        let mut used: BTreeSet<Path> = BTreeSet::new();
        for import in import.captures_iter(code) {
            for path in in_braces(&import[2]) {
                let Some(item) = modules.absolute(&module, &path) else {
                    continue;
                };
                if import.get(1).is_some() && item.starts_with(&module) {
                    let name = item.last().expect("has a name").clone();
                    let lent = module.iter().cloned().chain([name]).collect();
                    modules.reexports.insert(lent, item);
                } else {
                    used.insert(item);
                }
            }
        }
        for path in in_code.find_iter(&import.replace_all(code, "")) {
            used.extend(modules.absolute(&module, &split(path.as_str())));
        }
        paths.insert(file, used);
    }
    let arrows = paths.into_iter().map(|(file, used)| {
        let mut files: BTreeSet<_> = used.iter().filter_map(|it| modules.file_of(it)).collect();
        files.remove(file);
        (file.clone(), files)
    });
    arrows.collect()
}

/// A path that leads from a name back to itself.
pub(crate) fn cycle(arrows: &Arrows) -> Option<Vec<String>> {
    // What points at nothing that is left is on no cycle.
    let mut left = arrows.clone();
    loop {
        let names: BTreeSet<String> = left.keys().cloned().collect();
        for to in left.values_mut() {
            to.retain(|name| names.contains(name));
        }
        let before = left.len();
        left.retain(|_, to| !to.is_empty());
        if left.len() == before {
            break;
        }
    }
    let mut way = vec![left.keys().next()?.clone()];
    loop {
        let next = left[way.last()?].first()?;
        if let Some(start) = way.iter().position(|name| name == next) {
            way.push(next.clone());
            return Some(way.split_off(start));
        }
        way.push(next.clone());
    }
}

impl Modules<'_> {
    /// The path from the crate's root; nothing where it leads out of the crate or to a local name.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Path> {
        let mut rest = path;
        let mut start = module.to_vec();
        match rest[0].as_str() {
            "crate" => (start, rest) = (Path::new(), &rest[1..]),
            name if name == self.crate_name => (start, rest) = (Path::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    start.pop();
                    rest = &rest[1..];
                }
            }
            name => {
                start.push(name.to_owned());
                if !self.files.contains_key(&start) {
                    return None;
                }
                rest = &rest[1..];
            }
        }
        start.extend(rest.iter().cloned());
        Some(start)
    }

    /// The file that defines an item.
    fn file_of(&self, item: &[String]) -> Option<String> {
        for length in (0..=item.len()).rev() {
            let (start, rest) = item.split_at(length);
            if let Some(file) = self.files.get(start) {
                return Some(file.clone());
            }
            if let Some(real) = self.reexports.get(start) {
                return self.file_of(&[real, rest].concat());
            }
        }
        None
    }
}

/// The module that a file is.
fn module_of(file: &str, sources: &Sources) -> Path {
    match file {
        "lib" => Path::new(),
        "main" if !sources.contains_key("lib") => Path::new(),
        _ => {
            let path = file.strip_suffix("/mod").unwrap_or(file).split('/');
            path.map(str::to_owned).collect()
        }
    }
}

/// All paths of a `use`.
fn in_braces(tree: &str) -> Vec<Path> {
    let tree = tree.trim();
    let Some((start, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree);
        return vec![split(path)];
    };
    let mut depth = 0;
    let inner = inner.trim_end().trim_end_matches('}');
    // One brace too many is gone where the last branch has braces, too.
    let open = inner.matches('{').count() - inner.matches('}').count();
    let inner = inner.to_owned() + &"}".repeat(open);
    let branches = inner.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let branches = branches.filter(|branch| !branch.trim().is_empty());
    let start = split(start.trim_end_matches("::"));
    branches
        .flat_map(in_braces)
        .map(|path| [start.clone(), path].concat())
        .collect()
}

fn split(path: &str) -> Path {
    let names = path.trim().split("::").filter(|name| !name.is_empty());
    // A module's `self` is the module, and all of it is the module's, too.
    let names = names.filter(|name| *name != "*").map(str::to_owned);
    names.collect()
}

#[test]
fn a_use_with_braces_is_all_its_paths() {
    let paths = in_braces("a::{b, c::{d, e as f}, g::*}");
    let paths: Vec<_> = paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["a::b", "a::c::d", "a::c::e", "a::g"]);
}

#[test]
fn a_cycle_is_found_through_names_that_are_lent() {
    let sources = [
        ("lib", "pub mod a; pub mod b;"),
        ("a", "mod c;\npub use c::C;\npub struct A;"),
        ("a/c", "use crate::b;\npub struct C(b::B);"),
        ("b", "use crate::a::C;\npub struct B(Option<C>);"),
    ]
    .map(|(file, code)| (file.to_owned(), code.to_owned()));
    let arrows = between_files("x", &sources.into());
    assert!(arrows["a"].is_empty());
    assert_eq!(
        cycle(&arrows),
        Some(["a/c", "b", "a/c"].map(str::to_owned).into())
    );
}
