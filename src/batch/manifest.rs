//! A manifest: a file of copy requests, as JSON Lines or CSV.

use std::{borrow::Cow, ffi::OsStr, io::Read, path::Path};

use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value, json};

use super::{
    mistakes::Mistakes,
    size::{MAX_COPY, Size, check_number},
    unique::from_json,
};
use crate::{
    error::Error,
    request::{CopyRequest, limits},
};

/// The columns that a CSV file may have: the members of a copy request.
pub const COLUMNS: [&str; 19] = [
    "SourceProductArn",
    "Target.Region",
    "Target.RoleArn",
    "Target.ExternalId",
    "TargetProductId",
    "TargetProductName",
    "SourceProvisioningArtifactIdentifiers",
    "CopyOptions",
    "AcceptLanguage",
    "IdempotencyToken",
    "Source.RoleArn",
    "Source.ExternalId",
    "Plan",
    "Versions",
    "DryRun",
    "PortfolioIds",
    "OnSourceRemoved",
    "OnVersionReplaced",
    "OnNameTaken",
];

/// Columns that are a list; `;` stands between their items.
const LISTS: [&str; 2] = ["CopyOptions", "PortfolioIds"];

/// The copy requests of a manifest, whose extension is its format.
///
/// A CSV has a header of member names, `Target.Region` and so on; an empty field is an absent member.
/// A copy is in one line, in either format.
///
/// # Errors
/// `InvalidRequest` names the lines and members that break a rule.
pub fn manifest(name: &str, text: &str) -> Result<Vec<CopyRequest>, Error> {
    check_key(name)?;
    let text = text.trim_start_matches('\u{feff}');
    match extension(name) {
        Some("csv") => csv(name, text),
        _ => requests(name, text.lines().enumerate(), |line| {
            from_json(line).map_err(|error| Error::invalid_request(format!("no JSON: {error}")))
        }),
    }
}

/// Refuses a key whose extension is no format of a manifest.
///
/// # Errors
/// `InvalidRequest` says which are.
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    match extension(key) {
        Some("csv" | "jsonl") => Ok(()),
        _ => Err(Error::invalid_request(
            "Manifest.Key must end in .jsonl or .csv".to_owned(),
        )),
    }
}

fn extension(key: &str) -> Option<&str> {
    Path::new(key).extension().and_then(OsStr::to_str)
}

/// The copy requests in the lines that are not blank, each read and checked before the next.
fn requests<'a>(
    name: &str,
    lines: impl Iterator<Item = (usize, &'a str)> + Clone,
    read: impl Fn(&str) -> Result<Value, Error>,
) -> Result<Vec<CopyRequest>, Error> {
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    check_number(lines.clone().count())?;
    let mut mistakes = Mistakes::default();
    let (mut copies, mut size) = (Vec::new(), Size::default());
    for (i, line) in lines {
        let row = format!("{name} line {}", i + 1);
        let request = in_bounds(line).and_then(&read).and_then(CopyRequest::parse);
        if let Some(copy) = mistakes.keep(&row, request) {
            size.add(&copy)?;
            copies.push(copy);
        }
    }
    mistakes.none()?;
    if copies.is_empty() {
        return Err(Error::invalid_request(format!("{name} has no copies")));
    }
    Ok(copies)
}

/// Refuses a line that is longer than a copy may be, before anything is made of it.
fn in_bounds(line: &str) -> Result<&str, Error> {
    if line.len() <= MAX_COPY {
        return Ok(line);
    }
    Err(Error::invalid_request(format!(
        "a line must have at most {MAX_COPY} bytes, not {}",
        line.len()
    )))
}

fn csv(name: &str, text: &str) -> Result<Vec<CopyRequest>, Error> {
    // A line may end as on any system.
    let text = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let mut lines = text.split('\n').enumerate();
    let header = lines.find(|(_, line)| !line.trim().is_empty());
    let (_, header) = header.unwrap_or_default();
    let header = in_bounds(header)
        .and_then(fields)
        .and_then(|header| columns(&header));
    let header = header.map_err(|error| error.while_doing(format_args!("the header of {name}")))?;
    requests(name, lines, |line| request(&header, &fields(line)?))
}

/// The fields of a line, without the blanks around them.
fn fields(line: &str) -> Result<StringRecord, Error> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        // With a line break, so that a quote that is not closed has it in its field.
        .from_reader(line.as_bytes().chain(&b"\n"[..]));
    let mut record = StringRecord::new();
    let read = reader.read_record(&mut record);
    read.map_err(|error| Error::invalid_request(format!("no CSV: {error}")))?;
    if record.iter().any(|field| field.contains('\n')) {
        return Err(Error::invalid_request(
            "a quote is not closed in its line".to_owned(),
        ));
    }
    record.trim();
    Ok(record)
}

/// The members that the columns are, in their order.
fn columns(header: &StringRecord) -> Result<Vec<&'static str>, Error> {
    let mut columns = Vec::new();
    for (i, field) in header.iter().enumerate() {
        let Some(column) = COLUMNS.into_iter().find(|column| *column == field) else {
            // What it says is not shown: without a header, that is a row.
            return Err(Error::invalid_request(format!(
                "column {} is none of {}; a comma must stand between columns",
                i + 1,
                COLUMNS.join(", ")
            )));
        };
        if columns.contains(&column) {
            return Err(Error::invalid_request(format!(
                "the column {column} comes twice"
            )));
        }
        columns.push(column);
    }
    Ok(columns)
}

fn request(header: &[&str], record: &StringRecord) -> Result<Value, Error> {
    if record.len() != header.len() {
        return Err(Error::invalid_request(format!(
            "there must be {} fields, as in the header, not {}",
            header.len(),
            record.len()
        )));
    }
    let mut request = Map::new();
    let members = header.iter().zip(record);
    for (member, field) in members.filter(|(_, field)| !field.is_empty()) {
        let value = match *member {
            // Spreadsheets write TRUE.
            "DryRun" => match field.to_ascii_lowercase().parse() {
                Ok(is_dry) => Value::Bool(is_dry),
                Err(_) => field.into(),
            },
            "Versions" if !["ACTIVE", "ALL", "LATEST"].contains(&field) => list(member, field)?,
            "SourceProvisioningArtifactIdentifiers" => {
                let ids = items(member, field)?;
                ids.into_iter().map(|id| json!({ "Id": id })).collect()
            }
            it if LISTS.contains(&it) => list(member, field)?,
            _ => field.into(),
        };
        match member.split_once('.') {
            Some((outer, inner)) => {
                request.entry(outer).or_insert_with(|| json!({}))[inner] = value;
            }
            None => {
                request.insert((*member).to_owned(), value);
            }
        }
    }
    Ok(request.into())
}

fn list(member: &str, field: &str) -> Result<Value, Error> {
    Ok(items(member, field)?.into())
}

fn items<'a>(member: &str, field: &'a str) -> Result<Vec<&'a str>, Error> {
    limits::check_items(member, field.split(';').count(), limits::MAX_VERSIONS)?;
    let items: Vec<&str> = field.split(';').map(str::trim).collect();
    if items.contains(&"") {
        return Err(Error::invalid_request(format!(
            "{member} must have something between its semicolons"
        )));
    }
    Ok(items)
}
