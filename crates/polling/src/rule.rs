//! When a rule polls: ours as the state machine has it, and the others.

use std::{fmt, iter};

use anyhow::{Context, Result};
use serde_json::Value;

const TEMPLATE: &str = include_str!("../../../template.yaml");
const MACHINE: &str = include_str!("../../../statemachine/copy-product.asl.json");

/// What stands in `WaitForCopy` before and after the factor.
const EXPRESSION: (&str, &str) = (
    "{% $min([${MaxWaitSeconds}, $max([${MinWaitSeconds}, $ceil(",
    " * $sqrt($max([0, $millis() - $waitingSince]) / 1000))])]) %}",
);

const FIXED: [u32; 6] = [1, 5, 10, 20, 30, 60];

/// A rule for the wait before the next poll. All numbers are seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rule {
    /// A multiple of the square root of the time already waited, rounded up, within limits.
    Growing {
        /// What the root is multiplied by.
        factor: u32,
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
                factor,
                shortest,
                longest,
            } => rounded_up_root(factor * factor * waited)
                .max(shortest)
                .min(longest),
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
        factor: factor(MACHINE)?,
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

/// What the root of the time already waited is multiplied by.
fn factor(machine: &str) -> Result<u32> {
    let machine: Value = serde_json::from_str(machine)?;
    let seconds = &machine["States"]["WaitForCopy"]["Seconds"];
    let (before, after) = EXPRESSION;
    let factor = seconds
        .as_str()
        .and_then(|it| it.strip_prefix(before)?.strip_suffix(after)?.parse().ok())
        .filter(|factor| *factor > 0);
    factor.with_context(|| format!("WaitForCopy waits by another rule: {seconds}"))
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
    fn ours_is_what_template_and_state_machine_say() {
        let ours = Rule::Growing {
            factor: 2,
            shortest: 2,
            longest: 300,
        };
        assert_eq!(rules().expect("can be read").0, ours);
    }

    #[test]
    fn ours_waits_twice_the_root_rounded_up_within_its_limits() {
        let ours = Rule::Growing {
            factor: 2,
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
        let ok = MACHINE.replace("(2 * $sqrt", "(3 * $sqrt");
        assert_eq!(factor(&ok).expect("has the form"), 3);
        for (old, new) in [
            ("$ceil", "$floor"),
            ("(2 * $sqrt", "(2.5 * $sqrt"),
            ("(2 * $sqrt", "(0 * $sqrt"),
            ("/ 1000))", "/ 100))"),
            ("$max([${MinWaitSeconds}", "$max([1"),
            ("\"Seconds\"", "\"Timestamp\""),
        ] {
            let drifted = MACHINE.replace(old, new);
            assert_ne!(drifted, MACHINE, "{old}");
            assert!(factor(&drifted).is_err(), "{old} is now {new}");
        }
    }
}
