//! What was fired, and what came of it.

use std::{collections::BTreeMap, fmt, time::Duration};

/// Classes, counts, worst memory and worst time.
#[derive(Debug, Default)]
pub struct Report {
    classes: BTreeMap<&'static str, Class>,
    /// How often a redirect to another host was followed.
    pub followed: usize,
    /// What must not happen, in words.
    pub wrong: Vec<String>,
}

#[derive(Debug, Default)]
struct Class {
    number: usize,
    memory: BTreeMap<&'static str, u64>,
    slowest: (Duration, &'static str),
}

impl Report {
    pub(super) fn count(&mut self, class: &'static str, number: usize) {
        self.classes.entry(class).or_default().number += number;
    }

    pub(super) fn worst(
        &mut self,
        class: &'static str,
        name: &'static str,
        peak: u64,
        took: Duration,
    ) {
        let class = self.classes.entry(class).or_default();
        let memory = class.memory.entry(name).or_default();
        *memory = peak.max(*memory);
        class.slowest = class.slowest.max((took, name));
    }

    pub(super) fn add(&mut self, other: Self) {
        for (name, class) in other.classes {
            self.count(name, class.number);
            for (function, peak) in class.memory {
                self.worst(name, function, peak, class.slowest.0);
            }
        }
        self.followed += other.followed;
        self.wrong.extend(other.wrong);
    }

    /// How many inputs and answers were fired.
    #[must_use]
    pub fn number(&self) -> usize {
        self.classes.values().map(|class| class.number).sum()
    }

    /// The longest that a function took for an answer.
    #[must_use]
    pub fn slowest(&self) -> Duration {
        let classes = self.classes.values();
        classes
            .map(|class| class.slowest.0)
            .max()
            .unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| class | number | most memory at 128 MB | at 512 MB | longest |"
        )?;
        writeln!(f, "|---|---|---|---|---|")?;
        for (name, class) in &self.classes {
            let most = |large: bool| {
                let of = class.memory.iter().filter(|(function, _)| {
                    ["list-copies", "report-copies"].contains(function) == large
                });
                of.map(|(_, peak)| *peak)
                    .max()
                    .map_or("–".to_owned(), |peak| format!("{peak} MB"))
            };
            writeln!(
                f,
                "| {name} | {} | {} | {} | {:.1} s |",
                class.number,
                most(false),
                most(true),
                class.slowest.0.as_secs_f64()
            )?;
        }
        Ok(())
    }
}
