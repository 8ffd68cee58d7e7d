use std::fmt;

use anyhow::{Context, Error, anyhow};

use super::calls::count;
use super::copies::Copies;
use super::made::Made;
use super::{Bucket, Catalogs, Pace};

/// Something that was made and is perhaps still there.
#[derive(Clone, Debug)]
pub struct Leftover {
    /// What it is, and why it is there.
    pub what: String,
    /// The command that deletes it, or finds out.
    pub command: String,
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    {}", self.what, self.command)
    }
}

impl Leftover {
    /// What is not known, as it could not be looked for.
    pub(super) fn unseen(error: &Error) -> Self {
        Self {
            what: format!("perhaps more: {error:#}"),
            command: "make probe ARGS=\"--clean …\", with the options of this run".to_owned(),
        }
    }
}

/// Waits for copies under way; those that do not end are left over, with what they make later.
pub(super) async fn wait_for(copies: &Copies) -> Vec<Leftover> {
    let mut leftovers = Vec::new();
    for copy in copies.all() {
        if let Err(error) = copies.end(&copy, async || {}).await {
            leftovers.push(Leftover::unseen(&error));
        }
    }
    let unanswered = copies.unanswered();
    if unanswered > 0 {
        let calls = count(unanswered, "CopyProduct call");
        let error = anyhow!("{calls} without an answer may have been accepted");
        leftovers.push(Leftover::unseen(&error));
    }
    leftovers
}

/// Finds what probes made whose names begin like this; what cannot be looked for is left over.
///
/// Portfolios come first, so that products are in none when they are deleted.
pub async fn find(
    catalogs: &Catalogs,
    s3: Option<&aws_sdk_s3::Client>,
    prefix: &str,
) -> (Vec<Made>, Vec<Leftover>) {
    let mut found = vec![
        Made::portfolios(catalogs, prefix)
            .await
            .with_context(|| catalogs.source.to_string()),
    ];
    for catalog in catalogs.all() {
        let products = Made::products(catalog, prefix).await;
        found.push(products.with_context(|| catalog.to_string()));
    }
    if let Some(s3) = s3 {
        let buckets = Bucket::find(s3, &catalogs.source.region, prefix).await;
        found.push(buckets.map(|found| found.into_iter().map(Made::bucket).collect()));
    }
    let mut made = Vec::new();
    let mut leftovers = Vec::new();
    for found in found {
        match found {
            Ok(found) => made.extend(found),
            Err(error) => leftovers.push(Leftover::unseen(&error)),
        }
    }
    (made, leftovers)
}

/// Deletes what was made and returns what could not be deleted.
pub async fn delete(made: &[Made], pace: Pace) -> Vec<Leftover> {
    let mut leftovers = Vec::new();
    for it in made {
        let emptied = it.empty(made).await;
        let deleted = match emptied {
            Ok(()) => it.delete(pace).await,
            refused => refused,
        };
        if let Err(error) = deleted {
            leftovers.push(Leftover {
                what: format!("{it}: {error:#}"),
                command: it.command(),
            });
        }
    }
    leftovers
}
