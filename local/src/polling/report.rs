//! The comparison, in Markdown.

use anyhow::Result;

use super::{Measure, Rule, rules};

/// Durations of copies, in seconds: from the first to the last, and in rows between neighbours.
const DURATIONS: [u32; 10] = [2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600];

/// Millionths of a dollar a transition.
const PRICE: f64 = 25.0;

/// What an execution of Step Functions may have.
const MOST_EVENTS: u32 = 25_000;

/// What our rule costs and gains against the others, worked out.
///
/// # Errors
/// When the state machine waits by another rule.
pub fn report() -> Result<String> {
    let (ours, others) = rules()?;
    let rows = rows(ours, &others);
    let verdict = verdict(ours, &others);
    let buckets = buckets(ours, &others);
    Ok(format!("{rows}\n{verdict}\n{buckets}"))
}

fn whole(rule: Rule) -> Measure {
    let [first, .., last] = DURATIONS;
    Measure::new(rule, first.into(), last.into())
}

fn rows(ours: Rule, others: &[Rule]) -> String {
    let head = "\
| wait | late, mean | worst | part of the copy's time | polls, mean | most | transitions | events, most | price |
|---|---|---|---|---|---|---|---|---|
";
    let rows = [&ours].into_iter().chain(others).map(|&it| row(it));
    head.to_owned() + &rows.collect::<String>()
}

fn row(rule: Rule) -> String {
    let Measure {
        late,
        part,
        latest,
        polls,
        most,
    } = whole(rule);
    let transitions = 7.0 + 3.0 * polls;
    let percent = 100.0 * part;
    let events = events(most);
    let price = transitions * PRICE / 1e6;
    format!(
        "| {rule} | {late:.1} s | {latest:.0} s | {percent:.0} % | {polls:.1} | {most} \
         | {transitions:.0} | {events} | ${price:.6} |\n"
    )
}

fn events(polls: u32) -> u32 {
    22 + 9 * polls
}

fn verdict(ours: Rule, others: &[Rule]) -> String {
    let mine = whole(ours);
    let that = |beats: fn(&Measure, &Measure) -> bool| {
        names(others.iter().filter(|&&it| beats(&whole(it), &mine)))
    };
    let [.., longest] = DURATIONS;
    let fixed: Vec<_> = (1..=longest).map(Rule::Every).collect();
    let everywhere = others.iter().filter(|&&it| {
        DURATIONS
            .windows(2)
            .all(|ends| measure(it, ends).beats(&measure(ours, ends)))
    });
    let too_long = others
        .iter()
        .filter(|&&it| events(whole(it).most) > MOST_EVENTS);
    format!(
        "\
Not worse than ours in lateness or polls, and better in one:

- in the means above: {}
- likewise, of all fixed waits of whole seconds up to {}: {}
- likewise, with lateness as a part of the copy's time: {}
- in the worst lateness and the most polls: {}
- in every row below: {}

Longer than the 25,000 events that an execution may have: {}.
",
        that(Measure::beats),
        duration(longest),
        names(fixed.iter().filter(|&&it| whole(it).beats(&mine))),
        that(Measure::beats_in_part),
        that(Measure::beats_at_worst),
        names(everywhere),
        names(too_long),
    )
}

fn names<'a>(rules: impl Iterator<Item = &'a Rule>) -> String {
    let names: Vec<_> = rules.map(Rule::to_string).collect();
    match names.as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

fn measure(rule: Rule, ends: &[u32]) -> Measure {
    Measure::new(rule, ends[0].into(), ends[1].into())
}

fn buckets(ours: Rule, others: &[Rule]) -> String {
    let head = "\
| copies of | ours: late, mean | polls, mean | better |
|---|---|---|---|
";
    let rows = DURATIONS.windows(2).map(|ends| {
        let mine = measure(ours, ends);
        let better = others.iter().filter_map(|&it| {
            let Measure { late, polls, .. } =
                Some(measure(it, ends)).filter(|it| it.beats(&mine))?;
            Some(format!("{it} ({late:.1} s, {polls:.1} polls)"))
        });
        let better = match better.collect::<Vec<_>>().as_slice() {
            [] => "none".to_owned(),
            better => better.join(", "),
        };
        let [from, to] = [ends[0], ends[1]].map(duration);
        let Measure { late, polls, .. } = mine;
        format!("| {from} to {to} | {late:.1} s | {polls:.1} | {better} |\n")
    });
    head.to_owned() + &rows.collect::<String>()
}

/// A duration in the largest unit that it is a whole number of.
pub(super) fn duration(seconds: u32) -> String {
    match seconds {
        it if it % 3600 == 0 => format!("{} h", it / 3600),
        it if it % 60 == 0 => format!("{} min", it / 60),
        it => format!("{it} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Rule = Rule::Every(60);

    #[test]
    fn a_row_is_the_arithmetic_of_its_measure() {
        // Copies of up to 1 h have at most 60 polls of a minute.
        let row = row(OURS);
        assert!(row.starts_with("| every 60 s | 36.5 s | 60 s | "), "{row}");
        // 7 + 3 * 8.61 transitions, 22 + 9 * 60 events.
        assert!(
            row.ends_with(" | 8.6 | 60 | 33 | 562 | $0.000821 |\n"),
            "{row}"
        );
    }

    #[test]
    fn a_rule_that_is_better_everywhere_is_said_to_be() {
        // The same twice: as good, so not better.
        assert_eq!(verdict(OURS, &[OURS]).matches(": none\n").count(), 5);
        // Polls less often and is never later for copies of up to 1 h.
        let hourly = Rule::Every(3600);
        let longer = Rule::Doubling {
            first: 3600,
            longest: 3600,
        };
        assert_eq!(verdict(hourly, &[longer]).matches(": none\n").count(), 5);
        let tighter = Rule::Every(5000);
        let verdict = verdict(tighter, &[hourly]);
        assert_eq!(verdict.matches(": every 3600 s\n").count(), 5, "{verdict}");
        let buckets = buckets(tighter, &[hourly]);
        assert_eq!(buckets.matches("| every 3600 s (").count(), 9, "{buckets}");
    }

    #[test]
    fn an_execution_that_is_too_long_is_named() {
        let verdict = verdict(OURS, &[Rule::Every(1), Rule::Every(2)]);
        assert!(
            verdict.ends_with("that an execution may have: every 1 s.\n"),
            "{verdict}"
        );
    }

    #[test]
    fn a_duration_has_its_largest_unit() {
        assert_eq!(
            [90, 120, 3600].map(duration),
            ["90 s", "2 min", "1 h"].map(str::to_owned)
        );
    }
}
