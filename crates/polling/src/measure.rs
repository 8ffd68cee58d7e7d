//! Lateness and polls, averaged over copies.

use super::Rule;

/// How many copies take how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    /// Evenly on a logarithmic scale: as many take 2 s to 20 s as 200 s to 2000 s.
    Logarithmic,
    /// Evenly: as many take 2 s to 20 s as 200 s to 218 s.
    Even,
}

impl Spread {
    /// The integrals of 1 / x, 1 and x over the copies that take x, from `from` to `to`.
    fn moments(self, from: f64, to: f64) -> [f64; 3] {
        let inverse = 1.0 / from - 1.0 / to;
        let logarithm = (to / from).ln();
        let length = to - from;
        match self {
            Self::Logarithmic => [inverse, logarithm, length],
            Self::Even => [logarithm, length, to.midpoint(from) * length],
        }
    }
}

/// How a rule does for copies that take between two durations, worked out exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// Mean seconds between the end of a copy and the poll that sees it.
    pub late: f64,
    /// Mean lateness as a part of the copy's own duration.
    pub part: f64,
    /// No copy is noticed later than this.
    pub latest: f64,
    /// Mean number of polls.
    pub polls: f64,
    /// The polls of the longest copy.
    pub most: u32,
}

impl Measure {
    /// A rule, for copies that take longer than `from` and at most `to` seconds.
    #[must_use]
    pub fn new(rule: Rule, spread: Spread, from: f64, to: f64) -> Self {
        let (mut late, mut part, mut latest, mut polls) = (0.0, 0.0, 0.0_f64, 0.0);
        let mut seen = from;
        for (poll, number) in rule.polls().map(f64::from).zip(1..) {
            if poll <= seen {
                continue;
            }
            let end = poll.min(to);
            // A copy that takes x is poll - x late, and that divided by x as a part of it.
            let [inverse, weight, length] = spread.moments(seen, end);
            late += poll * weight - length;
            part += poll * inverse - weight;
            polls += f64::from(number) * weight;
            latest = latest.max(poll - seen);
            seen = end;
            if poll >= to {
                let [_, all, _] = spread.moments(from, to);
                return Self {
                    late: late / all,
                    part: part / all,
                    latest,
                    polls: polls / all,
                    most: number,
                };
            }
        }
        unreachable!("a rule polls for ever")
    }

    /// Whether it is better in the mean of both lateness and polls.
    #[must_use]
    pub fn beats(&self, ours: &Self) -> bool {
        beats((self.late, self.polls), (ours.late, ours.polls))
    }

    /// Likewise, with lateness as a part of the copy's own duration.
    #[must_use]
    pub fn beats_in_part(&self, ours: &Self) -> bool {
        beats((self.part, self.polls), (ours.part, ours.polls))
    }

    /// Likewise, in the worst lateness and the most polls.
    #[must_use]
    pub fn beats_at_worst(&self, ours: &Self) -> bool {
        let [mine, most] = [self.most, ours.most].map(f64::from);
        beats((self.latest, mine), (ours.latest, most))
    }
}

/// Whether a pair is better in both, or in one and as good in the other. Less is better.
fn beats(one: (f64, f64), other: (f64, f64)) -> bool {
    const SAME: f64 = 1e-9;
    let differences = [one.0 - other.0, one.1 - other.1];
    differences.iter().all(|&it| it < SAME) && differences.iter().any(|&it| it < -SAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_10_S: Rule = Rule::Every(10);

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-3
    }

    #[test]
    fn a_measure_agrees_with_counting_copies_one_by_one() {
        let ours = super::super::ours().expect("is there");
        for (rule, spread) in [
            (EVERY_10_S, Spread::Logarithmic),
            (ours, Spread::Logarithmic),
            (EVERY_10_S, Spread::Even),
            (ours, Spread::Even),
        ] {
            let [from, to] = [7.0_f64, 95.0];
            let copies = 100_000;
            let (mut late, mut part, mut latest, mut polls, mut most) = (0.0, 0.0, 0.0_f64, 0.0, 0);
            for n in 0..copies {
                let at = (f64::from(n) + 0.5) / f64::from(copies);
                let copy = match spread {
                    Spread::Logarithmic => from * (to / from).powf(at),
                    Spread::Even => from + (to - from) * at,
                };
                let (poll, number) = rule
                    .polls()
                    .map(f64::from)
                    .zip(1..)
                    .find(|&(poll, _)| poll >= copy)
                    .expect("polls for ever");
                late += poll - copy;
                part += (poll - copy) / copy;
                latest = latest.max(poll - copy);
                polls += f64::from(number);
                most = most.max(number);
            }
            let measure = Measure::new(rule, spread, from, to);
            assert!(close(measure.late, late / f64::from(copies)), "{measure:?}");
            assert!(close(measure.part, part / f64::from(copies)), "{measure:?}");
            assert!(
                close(measure.polls, polls / f64::from(copies)),
                "{measure:?}"
            );
            assert!((measure.latest - latest).abs() < 0.01, "{measure:?}");
            assert_eq!(measure.most, most);
        }
    }

    #[test]
    fn a_copy_that_ends_with_a_poll_is_seen_by_it() {
        let measure = Measure::new(EVERY_10_S, Spread::Even, 10.0, 20.0);
        assert_eq!((measure.most, measure.latest), (2, 10.0));
    }

    #[test]
    fn better_in_one_is_not_better_in_both() {
        for (late, polls, is_better) in [
            (1.0, 1.0, true),
            (1.0, 2.0, true),
            (2.0, 1.0, true),
            (2.0, 2.0, false),
            (1.0, 3.0, false),
            (3.0, 1.0, false),
        ] {
            assert_eq!(
                beats((late, polls), (2.0, 2.0)),
                is_better,
                "{late} {polls}"
            );
        }
    }

    #[test]
    fn each_comparison_looks_at_its_own_numbers() {
        let ours = Measure {
            late: 2.0,
            part: 2.0,
            latest: 2.0,
            polls: 2.0,
            most: 2,
        };
        let all = |measure: Measure| {
            [
                measure.beats(&ours),
                measure.beats_in_part(&ours),
                measure.beats_at_worst(&ours),
            ]
        };
        assert_eq!(all(Measure { late: 1.0, ..ours }), [true, false, false]);
        assert_eq!(all(Measure { part: 1.0, ..ours }), [false, true, false]);
        assert_eq!(
            all(Measure {
                latest: 1.0,
                ..ours
            }),
            [false, false, true]
        );
        assert_eq!(all(Measure { polls: 1.0, ..ours }), [true, true, false]);
        assert_eq!(all(Measure { most: 1, ..ours }), [false, false, true]);
    }
}
