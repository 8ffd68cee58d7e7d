use serde::Deserialize;

use super::answer::Refusal;
use super::limits::{self, MOST_TAGS, violation};

/// A tag of a request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: Option<String>,
    value: Option<String>,
}

/// The keys and values of a request's tags.
pub(super) fn within_limits<'t>(
    member: &str,
    tags: &'t [Tag],
) -> Result<Vec<(&'t str, &'t str)>, Refusal> {
    if tags.len() > MOST_TAGS {
        let rule = format!("Member must have length less than or equal to {MOST_TAGS}");
        return Err(violation(member, &rule));
    }
    let checked = tags.iter().map(|tag| {
        let key = limits::TAG_KEY.required(tag.key.as_ref())?;
        let value = limits::TAG_VALUE.required(tag.value.as_ref())?;
        Ok((key, value))
    });
    checked.collect()
}
