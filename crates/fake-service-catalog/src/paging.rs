use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::limits::{self, violation};

/// The members of a request that ask for one page.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Paging {
    page_size: Option<i64>,
    page_token: Option<String>,
}

/// What a page token is: this, then the number of items already seen.
const TOKEN: &str = "page-after-";

impl Paging {
    pub(super) fn is_first(&self) -> bool {
        self.page_token.is_none()
    }

    /// Answers the page asked for; no size, or 0, is the largest one (assumed).
    pub(super) fn page(
        &self,
        member: &str,
        items: &[Value],
        largest: usize,
    ) -> Result<Answer, Refusal> {
        let size = match usize::try_from(self.page_size.unwrap_or_default()) {
            Ok(0) => largest,
            Ok(size) if size <= largest => size,
            _ => {
                let rule = format!("Member must have value between 0 and {largest}");
                return Err(violation("pageSize", &rule));
            }
        };
        let seen = match limits::PAGE_TOKEN.optional(self.page_token.as_ref())? {
            None => Some(0),
            Some(token) => token.strip_prefix(TOKEN).and_then(|seen| seen.parse().ok()),
        };
        let later = seen.and_then(|seen| items.get(seen..));
        let later = later.ok_or_else(|| Refusal::invalid("The page token is not valid."))?;

        let (page, rest) = later.split_at(size.min(later.len()));
        let mut members = json!({ member: page });
        if !rest.is_empty() {
            let seen = items.len() - rest.len();
            members["NextPageToken"] = format!("{TOKEN}{seen}").into();
        }
        Ok(members.into())
    }
}
