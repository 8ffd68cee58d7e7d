//! The calls of AWS that a handler leads to, as IAM names them.

use std::collections::BTreeSet;

use regex::Regex;

use crate::source::{Sources, sources};

/// What a handler calls with: a name of one of these, or what a client gives once it is awaited.
const CLIENTS: &str = r"(?:\b(?:self|catalog|source|target|store|event_bus)|\.await\??)";

/// A function of the source.
struct Function {
    file: String,
    name: String,
    is_method: bool,
    body: String,
}

/// All functions of `src/functions` and `src/aws`.
pub(crate) struct Code(Vec<Function>);

impl Code {
    pub(crate) fn read() -> Self {
        let [functions, aws] = ["functions", "aws"].map(|room| {
            let files = sources(&format!("src/{room}")).into_iter();
            files.map(move |(file, code)| (format!("{room}/{file}"), code))
        });
        let files: Sources = functions.chain(aws).collect();
        Self(
            files
                .iter()
                .flat_map(|(file, code)| functions_of(file, code))
                .collect(),
        )
    }

    /// The actions of the handler in a file of `src/functions`.
    pub(crate) fn actions(&self, handler: &str) -> BTreeSet<String> {
        let file = format!("functions/{handler}");
        let is_handler = |it: &Function| it.file == file && it.name == "handle";
        let start = self.0.iter().position(is_handler);
        let mut ahead = vec![start.unwrap_or_else(|| panic!("no handler in {file}"))];
        let mut seen = BTreeSet::new();
        let mut actions = BTreeSet::new();
        while let Some(n) = ahead.pop() {
            if seen.insert(n) {
                actions.extend(self.0[n].actions());
                ahead.extend(self.called_by(&self.0[n]));
            }
        }
        actions
    }

    /// The functions that a function calls.
    fn called_by(&self, caller: &Function) -> BTreeSet<usize> {
        let of_client = Regex::new(&format!(r"{CLIENTS}\s*\.(\w+)\(")).expect("is a pattern");
        let in_module = Regex::new(r"(?:\b([a-z_]+)::)?\b([a-z_]+)\(").expect("is a pattern");
        let functions = || self.0.iter().enumerate();
        let mut found = BTreeSet::new();
        for call in of_client.captures_iter(&caller.body) {
            let those = functions().filter(|(_, it)| {
                it.is_method && it.file.starts_with("aws/") && it.name == call[1]
            });
            found.extend(those.map(|(n, _)| n));
        }
        for call in in_module.captures_iter(&caller.body) {
            let those = functions().filter(|(_, it)| {
                let is_near = match call.get(1) {
                    Some(module) => it.file.ends_with(&format!("/{}", module.as_str())),
                    // In the same file, or in a module of its own.
                    None => it.file.starts_with(&caller.file),
                };
                is_near && !it.is_method && it.name == call[2]
            });
            found.extend(those.map(|(n, _)| n));
        }
        found
    }
}

impl Function {
    /// The operations of an SDK in its body.
    fn actions(&self) -> Vec<String> {
        let service = match self.file.split('/').nth(1) {
            _ if !self.file.starts_with("aws/") => return Vec::new(),
            Some("service_catalog") => "servicecatalog",
            Some("s3") => "s3",
            Some("eventbridge") => "events",
            _ => return Vec::new(),
        };
        let operation = Regex::new(r"self\s*\.(?:0|client)\s*\.(\w+)\(\)").expect("is a pattern");
        let operations = operation.captures_iter(&self.body).map(|it| {
            let words = it[1].split('_').map(|word| {
                let (first, rest) = word.split_at(1);
                first.to_uppercase() + rest
            });
            format!("{service}:{}", words.collect::<String>())
        });
        let mut actions: Vec<_> = operations.collect();
        if self.body.contains("AssumeRoleProvider::builder(") {
            actions.push("sts:AssumeRole".to_owned());
        }
        actions
    }
}

fn functions_of(file: &str, code: &str) -> Vec<Function> {
    let start = Regex::new(r"\bfn (\w+)[^{;]*\{").expect("is a pattern");
    let found = start.captures_iter(code).map(|found| {
        let all = found.get(0).expect("is there");
        let mut depth = 1;
        let rest = &code[all.end()..];
        let end = rest.find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            depth == 0
        });
        Function {
            file: file.to_owned(),
            name: found[1].to_owned(),
            is_method: all.as_str().contains("self"),
            body: rest[..end.expect("ends")].to_owned(),
        }
    });
    found.collect()
}
