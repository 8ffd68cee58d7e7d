//! A manifest: a file of copy requests, as JSON Lines or CSV.

use std::{ffi::OsStr, path::Path};

use serde_json::{Map, Value, json};

use super::{
    mistakes::Mistakes,
    size::{MAX_COPIES, check_number},
};
use crate::{error::Error, request::CopyRequest};

/// Members that are a list; in CSV, `;` stands between their items.
const LISTS: [&str; 2] = ["CopyOptions", "PortfolioIds"];

/// The copy requests of a manifest, whose extension is its format.
///
/// A CSV has a header of member names, `Target.Region` and so on; an empty field is an absent member.
///
/// # Errors
/// `InvalidRequest` names the lines and members that break a rule.
pub fn manifest(name: &str, text: &str) -> Result<Vec<CopyRequest>, Error> {
    check_key(name)?;
    let lines = match extension(name) {
        Some("csv") => csv_lines(text)?,
        _ => json_lines(text),
    };
    if lines.is_empty() {
        return Err(Error::invalid_request(format!("{name} has no copies")));
    }
    check_number(lines.len())?;
    let mut mistakes = Mistakes::default();
    let copies = lines
        .into_iter()
        .filter_map(|(number, line)| {
            mistakes.keep(
                &format!("{name} line {number}"),
                line.and_then(CopyRequest::parse),
            )
        })
        .collect();
    mistakes.none()?;
    Ok(copies)
}

/// Refuses a key whose extension is no format of a manifest.
///
/// # Errors
/// `InvalidRequest` says which are.
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    match extension(key) {
        Some("csv" | "jsonl") => Ok(()),
        _ => Err(Error::invalid_request(format!(
            "Manifest.Key must end in .jsonl or .csv, not {key:?}"
        ))),
    }
}

fn extension(key: &str) -> Option<&str> {
    Path::new(key).extension().and_then(OsStr::to_str)
}

type Line = (usize, Result<Value, Error>);

fn json_lines(text: &str) -> Vec<Line> {
    let lines = text.trim_start_matches('\u{feff}').lines();
    let lines = lines
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .take(MAX_COPIES + 1)
        .map(|(i, line)| {
            let value = serde_json::from_str(line);
            let value = value.map_err(|error| Error::invalid_request(format!("no JSON: {error}")));
            (i + 1, value)
        })
        .collect()
}

fn csv_lines(text: &str) -> Result<Vec<Line>, Error> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let refused = |error: csv::Error| Error::invalid_request(format!("no CSV: {error}"));
    let header = reader.headers().map_err(refused)?.clone();
    for (i, member) in header.iter().enumerate() {
        in_one_line("the header", member)?;
        if header.iter().skip(i + 1).any(|it| it == member) {
            return Err(Error::invalid_request(format!(
                "the column {member:?} comes twice"
            )));
        }
    }
    let lines = reader
        .records()
        .take(MAX_COPIES + 1)
        .enumerate()
        .map(|(i, record)| match record {
            Ok(record) => {
                let line = record
                    .position()
                    .map_or(i + 2, |it| usize::try_from(it.line()).unwrap_or(usize::MAX));
                (line, request(&header, &record))
            }
            Err(error) => (i + 2, Err(refused(error))),
        });
    Ok(lines.collect())
}

fn request(header: &csv::StringRecord, record: &csv::StringRecord) -> Result<Value, Error> {
    let mut request = Map::new();
    for (member, field) in header.iter().zip(record).filter(|(_, it)| !it.is_empty()) {
        in_one_line(member, field)?;
        let value = match member {
            // Spreadsheets write TRUE.
            "DryRun" => match field.to_ascii_lowercase().parse() {
                Ok(is_dry) => Value::Bool(is_dry),
                Err(_) => field.into(),
            },
            "Versions" if !["ACTIVE", "ALL", "LATEST"].contains(&field) => list(field),
            "SourceProvisioningArtifactIdentifiers" => {
                json!(
                    field
                        .split(';')
                        .map(|id| json!({ "Id": id.trim() }))
                        .collect::<Vec<_>>()
                )
            }
            it if LISTS.contains(&it) => list(field),
            _ => field.into(),
        };
        match member.split_once('.') {
            Some((outer, inner)) => {
                let outer = request.entry(outer).or_insert_with(|| json!({}));
                let Some(outer) = outer.as_object_mut() else {
                    return Err(Error::invalid_request(format!("{member} comes twice")));
                };
                outer.insert(inner.to_owned(), value);
            }
            None => {
                request.insert(member.to_owned(), value);
            }
        }
    }
    Ok(request.into())
}

/// Refuses a line break: the lines up to the next quote would all be lost in one field.
fn in_one_line(member: &str, field: &str) -> Result<(), Error> {
    if field.contains(['\n', '\r']) {
        return Err(Error::invalid_request(format!(
            "{member} must not have a line break; is a quote not closed?"
        )));
    }
    Ok(())
}

fn list(field: &str) -> Value {
    field.split(';').map(|it| Value::from(it.trim())).collect()
}
