use std::fmt;

use anyhow::{Error, anyhow};

use super::Pace;
use super::calls::count;
use super::copies::Copies;
use super::resource::Resource;

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
    /// What may be there, but could not be looked for.
    pub(super) fn unseen(error: &Error) -> Self {
        Self {
            what: format!("perhaps more: {error:#}"),
            command: "make probe ARGS=\"--clean …\", with the options of this run".to_owned(),
        }
    }

    /// What may be the user's own.
    pub(super) fn unmarked(resource: &Resource) -> Self {
        Self {
            what: format!("{resource}: nothing but its name says that a probe made it"),
            command: resource.look(),
        }
    }
}

/// Waits for copies under way and returns the ids of the products they made; those that do not end
/// are left over, with what they make later.
pub(super) async fn wait_for(copies: &Copies) -> (Vec<String>, Vec<Leftover>) {
    let (mut made, mut leftovers) = (Vec::new(), Vec::new());
    for copy in copies.all() {
        match copies.end(&copy, async || {}).await {
            Ok(end) => made.extend(end.target),
            Err(error) => leftovers.push(Leftover::unseen(&error)),
        }
    }
    let unanswered = copies.unanswered();
    if unanswered > 0 {
        let calls = count(unanswered, "CopyProduct call");
        let error = anyhow!("{calls} without an answer may have been accepted");
        leftovers.push(Leftover::unseen(&error));
    }
    (made, leftovers)
}

/// Deletes what was made and returns what could not be deleted.
pub async fn delete(made: &[Resource], pace: Pace) -> Vec<Leftover> {
    let mut leftovers = Vec::new();
    for resource in made {
        let emptied = resource.empty(made).await;
        let deleted = match emptied {
            Ok(()) => resource.delete(pace).await,
            refused => refused,
        };
        if let Err(error) = deleted {
            leftovers.push(Leftover {
                what: format!("{resource}: {error:#}"),
                command: resource.command(),
            });
        }
    }
    leftovers
}
