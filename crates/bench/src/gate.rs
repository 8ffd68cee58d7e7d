use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::{callgrind::Instructions, contender::ours, test_env::TestEnv};

/// Counts the instructions of our functions, and compares them with the limits in a file.
///
/// # Errors
/// When a function executes more, or cannot be counted.
pub async fn check_instructions(limits: &Path) -> Result<()> {
    let limits = fs::read_to_string(limits)?;
    let limits: BTreeMap<String, Instructions> = serde_json::from_str(&limits)?;
    let test_env = TestEnv::start().await?;
    let mut exceeded = Vec::new();
    for contender in ours() {
        let name = contender.name;
        let limit = *limits
            .get(name)
            .with_context(|| format!("no limit of {name}"))?;
        let counted = Instructions::count(&test_env, &contender).await?;
        println!(
            "{name}: {} instructions cold (at most {}), {} an invocation (at most {})",
            counted.cold, limit.cold, counted.invocation, limit.invocation
        );
        if exceeds(counted, limit) {
            exceeded.push(name);
        }
    }
    ensure!(exceeded.is_empty(), "too many instructions: {exceeded:?}");
    Ok(())
}

fn exceeds(counted: Instructions, limit: Instructions) -> bool {
    counted.cold > limit.cold || counted.invocation > limit.invocation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_number_can_exceed_its_limit() {
        let of = |cold, invocation| Instructions { cold, invocation };
        assert!(!exceeds(of(5, 2), of(5, 2)));
        assert!(exceeds(of(6, 1), of(5, 2)));
        assert!(exceeds(of(4, 3), of(5, 2)));
    }
}
