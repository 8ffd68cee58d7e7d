//! The comparison, in Markdown.

use anyhow::Result;

use super::{Measure, Rule, Spread, others, ours};

/// Durations of copies, in seconds: from the first to the last, and in rows between neighbours.
const DURATIONS: [u32; 10] = [2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600];

/// Of a transition, in millionths of a dollar.
const PRICE: f64 = 25.0;

/// Of an execution of Step Functions.
const MOST_EVENTS: u32 = 25_000;

/// What our rule costs and gains against the others, worked out.
///
/// # Errors
/// When the template has no defaults for our rule.
pub fn report() -> Result<String> {
    let (ours, others) = (ours()?, others()?);
    let rows = rows(ours, &others);
    let verdict = verdict(ours, &others);
    let buckets = buckets(ours, &others);
    Ok(format!("{rows}\n{verdict}\n{buckets}"))
}

fn whole(rule: Rule, spread: Spread) -> Measure {
    let [first, .., last] = DURATIONS;
    Measure::new(rule, spread, first.into(), last.into())
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
    } = whole(rule, Spread::Logarithmic);
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
    let [mine, mine_evenly] = [Spread::Logarithmic, Spread::Even].map(|spread| whole(ours, spread));
    let better_by = |beats: fn(&Measure, &Measure) -> bool| {
        let beats = |rule: &&Rule| beats(&whole(**rule, Spread::Logarithmic), &mine);
        names(others.iter().filter(beats))
    };
    let everywhere = others.iter().filter(|&&rule| {
        DURATIONS
            .windows(2)
            .all(|ends| measure(rule, ends).beats(&measure(ours, ends)))
    });
    let too_long = others
        .iter()
        .filter(|&&rule| events(whole(rule, Spread::Logarithmic).most) > MOST_EVENTS);
    let [.., longest] = DURATIONS.map(duration);
    format!(
        "\
Not worse than ours in lateness or polls, and better in one:

- in the means above: {}
- likewise, of all fixed waits of whole seconds up to {longest}: {}
- likewise, with lateness as a part of the copy's time: {}
- in the means for an even spread, where ours is {:.1} s late after {:.1} polls: {}
- likewise, of all fixed waits of whole seconds up to {longest}: {}
- in the worst lateness and the most polls: {}
- in every row below: {}

Longer than the 25,000 events that an execution may have: {}.
",
        better_by(Measure::beats),
        fixed(Spread::Logarithmic, &mine),
        better_by(Measure::beats_in_part),
        mine_evenly.late,
        mine_evenly.polls,
        better(others, |it| whole(it, Spread::Even), &mine_evenly),
        fixed(Spread::Even, &mine_evenly),
        better_by(Measure::beats_at_worst),
        names(everywhere),
        names(too_long),
    )
}

/// The fixed waits that are better.
fn fixed(spread: Spread, mine: &Measure) -> String {
    let [.., longest] = DURATIONS;
    let waits = (1..=longest).map(Rule::Every);
    let waits: Vec<_> = waits
        .filter(|&rule| whole(rule, spread).beats(mine))
        .collect();
    match waits.as_slice() {
        [Rule::Every(first), .., Rule::Every(last)] if waits.len() == (*first..=*last).count() => {
            format!("every {first} s to every {last} s")
        }
        waits => names(waits.iter()),
    }
}

/// The rules that are better, with what they take.
fn better(others: &[Rule], measure: impl Fn(Rule) -> Measure, mine: &Measure) -> String {
    let better = others.iter().filter_map(|&rule| {
        let Measure { late, polls, .. } = Some(measure(rule)).filter(|it| it.beats(mine))?;
        Some(format!("{rule} ({late:.1} s, {polls:.1} polls)"))
    });
    or_none(&better.collect::<Vec<_>>())
}

fn names<'a>(rules: impl Iterator<Item = &'a Rule>) -> String {
    or_none(&rules.map(Rule::to_string).collect::<Vec<_>>())
}

fn or_none(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

fn measure(rule: Rule, ends: &[u32]) -> Measure {
    Measure::new(rule, Spread::Logarithmic, ends[0].into(), ends[1].into())
}

fn buckets(ours: Rule, others: &[Rule]) -> String {
    let head = "\
| copies of | ours: late, mean | polls, mean | better |
|---|---|---|---|
";
    let rows = DURATIONS.windows(2).map(|ends| {
        let mine = measure(ours, ends);
        let better = better(others, |it| measure(it, ends), &mine);
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
    fn a_rule_that_is_better_everywhere_is_named_everywhere() {
        // The same twice: as good, so not better.
        assert_eq!(verdict(OURS, &[OURS]).matches(": none\n").count(), 7);
        // Polls less often and is never later for copies of up to 1 h.
        let hourly = Rule::Every(3600);
        let longer = Rule::Doubling {
            first: 3600,
            longest: 3600,
        };
        assert_eq!(verdict(hourly, &[longer]).matches(": none\n").count(), 7);
        let tighter = Rule::Every(5000);
        let verdict = verdict(tighter, &[hourly]);
        assert_eq!(verdict.matches(": every 3600 s\n").count(), 6, "{verdict}");
        let buckets = buckets(tighter, &[hourly]);
        assert_eq!(buckets.matches("| every 3600 s (").count(), 9, "{buckets}");
    }

    #[test]
    fn an_even_spread_has_means_of_its_own() {
        // Half a minute late, and half of the 60 polls of an hour and of the one after.
        let verdict = verdict(OURS, &[Rule::Every(61), Rule::Every(3600)]);
        assert!(
            verdict.contains("where ours is 30.0 s late after 30.5 polls: none\n"),
            "{verdict}"
        );
        let hourly = Measure::new(Rule::Every(3600), Spread::Even, 2.0, 3600.0);
        assert_eq!((hourly.late, hourly.polls), (1799.0, 1.0));
        assert_eq!(fixed(Spread::Even, &hourly), "none");
        let thrice = Measure {
            late: 1000.0,
            polls: 3.0,
            ..hourly
        };
        assert_eq!(
            fixed(Spread::Even, &thrice),
            "every 721 s to every 1903 s",
            "{thrice:?}"
        );
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
