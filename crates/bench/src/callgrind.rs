use std::fs;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{contender::Contender, function::Function, test_env::TestEnv};

/// Invocations between the two counts whose difference is that of a warm one.
const MORE: u64 = 100;

/// Instructions that a function executes, as callgrind counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Instructions {
    /// From the start until the first invocation has ended.
    pub(super) cold: u64,
    /// Of a warm invocation.
    pub(super) invocation: u64,
}

impl Instructions {
    pub(super) async fn count(test_env: &TestEnv, contender: &Contender) -> Result<Self> {
        let cold = count(test_env, contender, 1).await?;
        let all = count(test_env, contender, 1 + MORE).await?;
        let more = all
            .checked_sub(cold)
            .context("more invocations executed fewer instructions")?;
        Ok(Self {
            cold,
            invocation: more / MORE,
        })
    }
}

async fn count(test_env: &TestEnv, contender: &Contender, invocations: u64) -> Result<u64> {
    let profile = test_env.file("callgrind");
    // valgrind writes none when it fails, and an old one must not pass for the new one.
    let _ = fs::remove_file(&profile);
    let wrapper = [
        "valgrind".to_owned(),
        "--quiet".to_owned(),
        "--tool=callgrind".to_owned(),
        format!("--callgrind-out-file={}", profile.display()),
    ];
    let running = Function::start(test_env, contender, &wrapper).await;
    let (mut function, _) = running.context("valgrind counts; `apt-get install valgrind`")?;
    for _ in 0..invocations {
        function.invoke().await?;
    }
    function.end()?;
    let profile = fs::read_to_string(&profile).context("callgrind wrote nothing")?;
    total(&profile).context("callgrind's profile has no total")
}

fn total(profile: &str) -> Option<u64> {
    let total = profile
        .lines()
        .find_map(|line| line.strip_prefix("totals: "));
    total?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_that_of_the_whole_profile() {
        let profile = "events: Ir\nsummary: 7\n\nfn=(1)\n1 7\ntotals: 42\n";
        assert_eq!(total(profile), Some(42));
        assert_eq!(total("summary: 7\n"), None);
    }
}
