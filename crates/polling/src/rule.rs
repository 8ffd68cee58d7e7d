//! When a rule polls: ours as the state machine has it, and the others.

use std::{fmt, iter};

use anyhow::{Context, Result};

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// Our rule as the state machine has it, in the `Seconds` of its waits.
pub const EXPRESSION: &str = "{% $min([${MaxWaitSeconds}, $max([${MinWaitSeconds}, \
     $ceil(2 * $sqrt($max([0, $millis() - $waitingSince]) / 1000))])]) %}";

const FIXED: [u32; 6] = [1, 5, 10, 20, 30, 60];

/// A rule for the wait before the next poll. All numbers are seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rule {
    /// Ours: twice the square root of the time already waited, rounded up, within limits.
    Growing {
        /// The shortest wait.
        shortest: u32,
        /// The longest wait.
        longest: u32,
    },
    /// The same wait each time.
    Every(u32),
    /// Twice the wait before, up to a limit.
    Doubling {
        /// The first wait.
        first: u32,
        /// The longest wait.
        longest: u32,
    },
}

impl Rule {
    /// When it polls, in seconds after the copy was started. A poll takes no time.
    pub fn polls(self) -> impl Iterator<Item = u32> {
        let first = self.wait(0, None);
        iter::successors(Some((first, first)), move |&(now, last)| {
            let wait = self.wait(now, Some(last));
            Some((now + wait, wait))
        })
        .map(|(now, _)| now)
    }

    /// How often it polls until it has seen that a copy has ended, and when it sees that.
    #[must_use]
    pub fn sees(self, ended: u32) -> (usize, u32) {
        let mut polls = (1..).zip(self.polls());
        polls.find(|(_, now)| *now >= ended).unwrap_or_default()
    }

    /// The wait after this long, and after the wait before.
    #[must_use]
    pub fn wait(self, waited: u32, last: Option<u32>) -> u32 {
        match self {
            Self::Growing { shortest, longest } => {
                rounded_up_root(4 * waited).max(shortest).min(longest)
            }
            Self::Every(seconds) => seconds,
            Self::Doubling { first, longest } => last.map_or(first, |it| 2 * it).min(longest),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Growing { .. } => write!(f, "ours"),
            Self::Every(seconds) => write!(f, "every {seconds} s"),
            Self::Doubling { .. } => write!(f, "doubling"),
        }
    }
}

/// Ours with the defaults of the template.
///
/// # Errors
/// When the template has no such defaults.
pub fn ours() -> Result<Rule> {
    Ok(Rule::Growing {
        shortest: default("MinWaitSeconds")?,
        longest: default("MaxWaitSeconds")?,
    })
}

/// Those that ours is measured against.
///
/// # Errors
/// When the template has no such defaults.
pub fn others() -> Result<Vec<Rule>> {
    let doubling = Rule::Doubling {
        first: default("MinWaitSeconds")?,
        longest: default("MaxWaitSeconds")?,
    };
    let fixed = FIXED.map(Rule::Every).into_iter();
    Ok(fixed.chain([doubling]).collect())
}

fn default(parameter: &str) -> Result<u32> {
    let template: serde_norway::Value = serde_norway::from_str(TEMPLATE)?;
    let default = template["Parameters"][parameter]["Default"].as_u64();
    let default = default.with_context(|| format!("{parameter} has no number as default"))?;
    Ok(default.try_into()?)
}

fn rounded_up_root(square: u32) -> u32 {
    let root = square.isqrt();
    root + u32::from(root * root < square)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(count: usize, rule: Rule) -> Vec<u32> {
        rule.polls().take(count).collect()
    }

    #[test]
    fn ours_has_the_defaults_of_the_template() {
        let ours = Rule::Growing {
            shortest: 2,
            longest: 300,
        };
        assert_eq!(super::ours().expect("can be read"), ours);
    }

    #[test]
    fn ours_waits_twice_the_root_rounded_up_within_its_limits() {
        let ours = Rule::Growing {
            shortest: 3,
            longest: 10,
        };
        assert_eq!(
            first(9, ours),
            [3, 7, 13, 21, 31, 41, 51, 61, 71],
            "twice the roots of 3, 7 and 13 are above 3, 5 and 7; that of 31 is above 10"
        );
        assert_eq!(
            [1, 16, 17, 1000].map(|it| ours.wait(it, None)),
            [3, 8, 9, 10]
        );
    }

    #[test]
    fn an_end_is_seen_at_the_first_poll_after_it() {
        let every = Rule::Every(20);
        assert_eq!(
            [0, 1, 20, 21].map(|ended| every.sees(ended)),
            [(1, 20), (1, 20), (1, 20), (2, 40)]
        );
    }

    #[test]
    fn doubling_stops_at_the_longest_wait() {
        let doubling = Rule::Doubling {
            first: 2,
            longest: 10,
        };
        assert_eq!(first(6, doubling), [2, 6, 14, 24, 34, 44]);
    }

    #[test]
    fn a_fixed_interval_stays() {
        assert_eq!(first(3, Rule::Every(20)), [20, 40, 60]);
    }
}
