//! The calls of AWS that a handler leads to, as IAM names them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use regex::Regex;

use crate::source::{Sources, sources};

/// A method, of what is named or of an answer that was waited for: that may be of any type.
static METHOD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:\b([a-z_]+)|\.await\?)\s*\.(\w+)\("));
static ASSOCIATED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([A-Z]\w+)::([a-z_]+)\("));
static IN_MODULE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:\b([a-z_]+)::)?\b([a-z_]+)\("));
static OPERATION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"self\s*\.(?:0|client)\s*\.(\w+)\(\)"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("is a pattern")
}

/// A function of the source.
struct Function {
    file: String,
    name: String,
    /// The type whose `impl` it is in.
    of_type: Option<String>,
    body: String,
}

/// All functions of `src/functions` and `src/aws`.
pub(crate) struct Code {
    functions: Vec<Function>,
    /// The types that a field, a parameter or a local variable of a name may have.
    types: BTreeMap<String, BTreeSet<String>>,
}

impl Code {
    pub(crate) fn read() -> Self {
        let [functions, aws] = ["functions", "aws"].map(|module| {
            let files = sources(&format!("src/{module}")).into_iter();
            files.map(move |(file, code)| (format!("{module}/{file}"), code))
        });
        let files: Sources = functions.chain(aws).collect();
        let functions: Vec<_> = files
            .iter()
            .flat_map(|(file, code)| functions_of(file, code))
            .collect();
        let own: BTreeSet<_> = functions
            .iter()
            .filter_map(|it| it.of_type.clone())
            .collect();
        let typed = Regex::new(r"\b([a-z_]+)(?:: &?(?:'\w+ )?| = )([A-Z]\w+)\b");
        let typed = typed.expect("is a pattern");
        let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for found in files.values().flat_map(|code| typed.captures_iter(code)) {
            if own.contains(&found[2]) {
                let of_name = types.entry(found[1].to_owned()).or_default();
                of_name.insert(found[2].to_owned());
            }
        }
        let alias = Regex::new(r"\blet (\w+)(?:: [^=;]+)? = &?(?:\w+\.)+(\w+);");
        let alias = alias.expect("is a pattern");
        for found in files.values().flat_map(|code| alias.captures_iter(code)) {
            let of_field = types.get(&found[2]).cloned().unwrap_or_default();
            types
                .entry(found[1].to_owned())
                .or_default()
                .extend(of_field);
        }
        Self { functions, types }
    }

    /// The actions of the handler in a file of `src/functions`.
    pub(crate) fn actions(&self, handler: &str) -> BTreeSet<String> {
        let file = format!("functions/{handler}");
        let is_handler = |it: &Function| it.file == file && it.name == "handle";
        let start = self.functions.iter().position(is_handler);
        let mut ahead = vec![start.unwrap_or_else(|| panic!("no handler in {file}"))];
        let mut seen = BTreeSet::new();
        let mut actions = BTreeSet::new();
        while let Some(n) = ahead.pop() {
            if seen.insert(n) {
                actions.extend(self.functions[n].actions());
                ahead.extend(self.called_by(&self.functions[n]));
            }
        }
        actions
    }

    /// The functions that a function calls.
    fn called_by(&self, caller: &Function) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut find = |is_it: &dyn Fn(&Function) -> bool| {
            let functions = self.functions.iter().enumerate();
            found.extend(functions.filter(|(_, it)| is_it(it)).map(|(n, _)| n));
        };
        for call in METHOD.captures_iter(&caller.body) {
            let receiver = call.get(1).map(|it| it.as_str());
            find(&|it| {
                let Some(of_type) = &it.of_type else {
                    return false;
                };
                let is_of_receiver = match receiver {
                    Some("self") => caller.of_type.as_ref() == Some(of_type),
                    Some("await") | None => true,
                    Some(name) => self.types.get(name).is_some_and(|it| it.contains(of_type)),
                };
                is_of_receiver && it.name == call[2]
            });
        }
        for call in ASSOCIATED.captures_iter(&caller.body) {
            find(&|it| it.of_type.as_deref() == Some(&call[1]) && it.name == call[2]);
        }
        for call in IN_MODULE.captures_iter(&caller.body) {
            find(&|it| {
                let is_near = match call.get(1) {
                    Some(module) => it.file.ends_with(&format!("/{}", module.as_str())),
                    // In the same file, or in a module of its own.
                    None => it.file.starts_with(&caller.file),
                };
                is_near && it.of_type.is_none() && it.name == call[2]
            });
        }
        found
    }
}

impl Function {
    /// The operations of an SDK in its body.
    fn actions(&self) -> Vec<String> {
        let service = match self.file.split('/').nth(1) {
            _ if !self.file.starts_with("aws/") => return Vec::new(),
            Some("dynamodb") => "dynamodb",
            Some("service_catalog") => "servicecatalog",
            Some("s3") => "s3",
            Some("eventbridge") => "events",
            _ => return Vec::new(),
        };
        let operations = OPERATION.captures_iter(&self.body).map(|it| {
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
    let of_type = Regex::new(r"(?m)^impl(?:<[^>]*>)? (?:[\w:<>]+ for )?(\w+)[^{]*\{");
    let of_type = of_type.expect("is a pattern");
    let impls: Vec<_> = of_type
        .captures_iter(code)
        .map(|found| {
            let start = found.get(0).expect("is there").end();
            (
                start..start + block(&code[start..]).len(),
                found[1].to_owned(),
            )
        })
        .collect();
    let found = start.captures_iter(code).map(|found| {
        let end = found.get(0).expect("is there").end();
        let of_type = impls.iter().find(|(range, _)| range.contains(&end));
        Function {
            file: file.to_owned(),
            name: found[1].to_owned(),
            of_type: of_type.map(|(_, name)| name.clone()),
            body: block(&code[end..]).to_owned(),
        }
    });
    found.collect()
}

/// What comes before the brace that closes a block.
fn block(rest: &str) -> &str {
    let mut depth = 1;
    let end = rest.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    &rest[..end.expect("ends")]
}

#[test]
fn a_call_is_followed_to_the_type_that_it_is_made_on() {
    let code = Code::read();
    let calls = |of_type: &str, name: &str| -> BTreeSet<_> {
        let is_it = |it: &&Function| it.of_type.as_deref() == Some(of_type) && it.name == name;
        let caller = code.functions.iter().find(is_it);
        let called = code.called_by(caller.expect("is there"));
        let called = called.into_iter().map(|n| &code.functions[n]);
        called
            .filter_map(|it| Some(format!("{}::{}", it.of_type.as_ref()?, it.name)))
            .collect()
    };
    // Not the `finish` of Finishing itself.
    let finish = calls("Finishing", "finish");
    assert!(finish.contains("CopiesTable::finish") && !finish.contains("Finishing::finish"));
    assert!(finish.contains("Finder::claim") && !finish.contains("CopiesTable::claim"));
    assert!(calls("Starting", "call").contains("RegionalCatalog::copy_product"));
}
