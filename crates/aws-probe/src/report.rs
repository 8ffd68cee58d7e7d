use regex_lite::Regex;

use super::{Answer, Switch};

/// The answers as a Markdown table, and the fake's settings that they come to, in Rust.
///
/// It can be shown to everybody: no id of an account is in it.
#[must_use]
pub fn report(answers: &[Answer]) -> String {
    let mut report = "\
| question | answer | seen | switch | as in the fake |
|---|---|---|---|---|
"
    .to_owned();
    for answer in answers {
        let (switch, is_default) = match answer.switch {
            None => (String::new(), ""),
            Some(switch) => (
                format!("`{}`", switch.in_rust()),
                if switch.is_default() { "yes" } else { "no" },
            ),
        };
        let cells = [
            answer.question,
            &answer.answer,
            &answer.seen,
            &switch,
            is_default,
        ];
        report.push_str(&table_row(cells));
    }
    report.push('\n');
    report.push_str(&settings(answers));
    without_accounts(&report)
}

/// A row of a Markdown table: whatever is in a cell stays in it.
pub(super) fn table_row<const N: usize>(cells: [&str; N]) -> String {
    let cells = cells.map(|cell| cell.replace('|', r"\|").replace('\n', " "));
    format!("| {} |\n", cells.join(" | "))
}

pub(super) fn without_accounts(text: &str) -> String {
    let account = Regex::new(r"\b[0-9]{12}\b").expect("is a pattern");
    account.replace_all(text, "ACCOUNT").into_owned()
}

fn settings(answers: &[Answer]) -> String {
    let switches = answers.iter().filter_map(|answer| answer.switch);
    let fields: Vec<_> = switches.map(Switch::in_rust).collect();
    let fields = fields.join(",\n    ");
    format!("Settings {{\n    {fields},\n    ..Settings::default()\n}}\n")
}
