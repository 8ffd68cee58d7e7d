use std::time::Duration;

use anyhow::Result;

use super::{contender::Contender, function::Function, test_env::TestEnv};

/// Invocations of a function that is warm, each round.
const WARM: u32 = 100;

/// What one function did in one round, or the medians of many rounds.
#[derive(Clone, Debug, Default)]
pub(super) struct Round {
    /// From its start until it asks for an event.
    pub(super) init: Duration,
    /// From its start until it has answered.
    pub(super) cold: Duration,
    pub(super) first: Duration,
    pub(super) first_at_128_mb: Duration,
    /// Of every invocation but the first.
    pub(super) warm: Vec<Duration>,
    /// The time of a core that a warm invocation takes.
    pub(super) cpu: Duration,
    /// Bytes.
    pub(super) peak_memory: u64,
}

impl Round {
    pub(super) async fn run(test_env: &TestEnv, contender: &Contender) -> Result<Self> {
        // Its files may have left the page cache since the round before, and the disk is not what is measured.
        let (mut unmeasured, _) = Function::start::<&str>(test_env, contender, &[]).await?;
        unmeasured.invoke().await?;
        unmeasured.end()?;

        let (mut function, init) = Function::start::<&str>(test_env, contender, &[]).await?;
        let first = function.invoke().await?;
        let cold = first.at - function.spawned;
        let mut warm = Vec::new();
        let cpu = function.cpu()?;
        for _ in 0..WARM {
            warm.push(function.invoke().await?.took);
        }
        let cpu = function.cpu()?.saturating_sub(cpu) / WARM;
        let peak_memory = function.peak_memory()?;
        function.end()?;

        let (mut throttled, _) = Function::start::<&str>(test_env, contender, &[]).await?;
        let quota = throttled.at_128_mb()?;
        let first_at_128_mb = throttled.invoke().await?.took;
        drop(quota);
        throttled.end()?;
        Ok(Self {
            init,
            cold,
            first: first.took,
            first_at_128_mb,
            warm,
            cpu,
            peak_memory,
        })
    }

    /// The medians; warm invocations are taken together, from the fastest to the slowest.
    pub(super) fn medians(rounds: &[Self]) -> Self {
        let time = |of: fn(&Self) -> Duration| median(rounds.iter().map(of));
        let mut warm: Vec<_> = rounds.iter().flat_map(|it| &it.warm).copied().collect();
        warm.sort_unstable();
        Self {
            init: time(|it| it.init),
            cold: time(|it| it.cold),
            first: time(|it| it.first),
            first_at_128_mb: time(|it| it.first_at_128_mb),
            warm,
            cpu: time(|it| it.cpu),
            peak_memory: median(rounds.iter().map(|it| it.peak_memory)),
        }
    }

    /// The time within which this part of a hundred warm invocations ended.
    pub(super) fn warm_percentile(&self, percent: usize) -> Duration {
        let rank = (self.warm.len() * percent).div_ceil(100);
        let ranked = self.warm.get(rank.saturating_sub(1));
        ranked.copied().unwrap_or_default()
    }
}

/// The upper of the two in the middle, where there are two.
fn median<T: Copy + Default + Ord>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(milliseconds: u64) -> Round {
        let time = Duration::from_millis(milliseconds);
        Round {
            cold: time,
            warm: vec![time],
            peak_memory: milliseconds,
            ..Round::default()
        }
    }

    #[test]
    fn a_median_is_not_moved_by_what_is_far_off() {
        let medians = Round::medians(&[round(900), round(1), round(2)]);
        assert_eq!(medians.cold, Duration::from_millis(2));
        assert_eq!(medians.peak_memory, 2);
    }

    #[test]
    fn a_percentile_is_the_slowest_of_its_part() {
        let rounds: Vec<_> = (1..=200).rev().map(round).collect();
        let medians = Round::medians(&rounds);
        assert_eq!(medians.warm_percentile(50), Duration::from_millis(100));
        assert_eq!(medians.warm_percentile(99), Duration::from_millis(198));
        assert_eq!(Round::default().warm_percentile(99), Duration::ZERO);
    }
}
