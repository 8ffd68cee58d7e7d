//! When a rule polls: ours as the state machine has it, and the others.

use std::{fmt, iter};

use anyhow::{Context, Result};
use serde_json::Value;

const TEMPLATE: &str = include_str!("../../../template.yaml");
const MACHINE: &str = include_str!("../../../statemachine/copy-product.asl.json");

/// What stands in `WaitForCopy` before and after the divisor.
const EXPRESSION: (&str, &str) = (
    "{% $min([${MaxWaitSeconds}, $max([${MinWaitSeconds}, $ceil(($millis() - $waitingSince) / ",
    ")])]) %}",
);

const FIXED: [u32; 6] = [1, 5, 10, 20, 30, 60];

/// A rule for the wait before the next poll. All numbers are seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rule {
    /// A part of the time already waited, rounded up, within limits.
    Growing {
        /// One in how many seconds already waited is waited again.
        part: u32,
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

    fn wait(self, waited: u32, last: Option<u32>) -> u32 {
        match self {
            Self::Growing {
                part,
                shortest,
                longest,
            } => waited.div_ceil(part).max(shortest).min(longest),
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

/// Ours, as template and state machine have it, and those it is measured against.
///
/// # Errors
/// When the state machine waits by an expression of another form.
pub fn rules() -> Result<(Rule, Vec<Rule>)> {
    let [shortest, longest] = [default("MinWaitSeconds")?, default("MaxWaitSeconds")?];
    let ours = Rule::Growing {
        part: part(MACHINE)?,
        shortest,
        longest,
    };
    let doubling = Rule::Doubling {
        first: shortest,
        longest,
    };
    Ok((
        ours,
        FIXED
            .map(Rule::Every)
            .into_iter()
            .chain([doubling])
            .collect(),
    ))
}

fn default(parameter: &str) -> Result<u32> {
    let template: serde_norway::Value = serde_norway::from_str(TEMPLATE)?;
    let default = template["Parameters"][parameter]["Default"].as_u64();
    let default = default.with_context(|| format!("{parameter} has no number as default"))?;
    Ok(default.try_into()?)
}

/// One in how many seconds already waited is waited again.
fn part(machine: &str) -> Result<u32> {
    let machine: Value = serde_json::from_str(machine)?;
    let seconds = &machine["States"]["WaitForCopy"]["Seconds"];
    let (before, after) = EXPRESSION;
    let millis = seconds
        .as_str()
        .and_then(|it| it.strip_prefix(before)?.strip_suffix(after)?.parse().ok())
        .filter(|millis: &u32| *millis >= 1000 && millis.is_multiple_of(1000));
    let millis = millis.with_context(|| format!("WaitForCopy waits by another rule: {seconds}"))?;
    Ok(millis / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(count: usize, rule: Rule) -> Vec<u32> {
        rule.polls().take(count).collect()
    }

    #[test]
    fn ours_is_what_template_and_state_machine_say() {
        let ours = Rule::Growing {
            part: 5,
            shortest: 2,
            longest: 300,
        };
        assert_eq!(rules().expect("can be read").0, ours);
    }

    #[test]
    fn ours_waits_a_fifth_rounded_up_within_its_limits() {
        let ours = Rule::Growing {
            part: 5,
            shortest: 2,
            longest: 4,
        };
        assert_eq!(
            first(9, ours),
            [2, 4, 6, 8, 10, 12, 15, 18, 22],
            "11 is the first time already waited of which a fifth is more than 2"
        );
        assert_eq!(ours.wait(15, None), 3);
        assert_eq!(ours.wait(16, None), 4);
        assert_eq!(ours.wait(1000, None), 4);
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

    #[test]
    fn an_expression_of_another_form_is_an_error() {
        let ok = MACHINE.replace("/ 5000)", "/ 8000)");
        assert_eq!(part(&ok).expect("has the form"), 8);
        for (old, new) in [
            ("$ceil", "$floor"),
            ("/ 5000)", "/ 5500)"),
            ("/ 5000)", "/ 0)"),
            ("$max([${MinWaitSeconds}", "$max([1"),
            ("\"Seconds\"", "\"Timestamp\""),
        ] {
            let drifted = MACHINE.replace(old, new);
            assert_ne!(drifted, MACHINE, "{old}");
            assert!(part(&drifted).is_err(), "{old} is now {new}");
        }
    }
}
