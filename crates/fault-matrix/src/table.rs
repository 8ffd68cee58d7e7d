//! The report, in Markdown.

use std::fmt;

use super::control::Control;
use super::known_limitation::KnownLimitation;
use super::report::{Line, Report};
use super::violations::Findings;

const HEAD: &str = "\
| fault | injected | hit | executions | copies | repeated | duplicates | lost | false successes | stuck | failing seeds |
|---|---|---|---|---|---|---|---|---|---|---|
";

impl Report {
    /// The sentence on a known limitation, if a case has it.
    fn limitation(&self, limitation: KnownLimitation) -> Option<String> {
        let lines: Vec<_> = self
            .lines
            .iter()
            .filter(|line| line.case.limitation == Some(limitation))
            .collect();
        if lines.is_empty() {
            return None;
        }
        let behaviors = limitation.token_behaviors();
        let behaviors = match behaviors.len() {
            4 => "all four token behaviours".to_owned(),
            _ => behaviors
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", "),
        };
        let cases = lines.iter().map(|line| {
            let name = &line.case.name;
            let limited = &line.limited;
            if limited.has_exempted() {
                format!("“{name}”, {}", limited.exempted())
            } else {
                format!("“{name}”, none in this run")
            }
        });
        let cases = cases.collect::<Vec<_>>().join("; ");
        Some(format!(
            "- {} ({behaviors}): {cases}\n",
            limitation.sentence()
        ))
    }

    /// What a control arm has shown, if a case is in it.
    fn control(&self, control: Control) -> Option<String> {
        let cases = self.lines.iter().filter_map(|line| {
            let duplicates = line.control.get(&control)?;
            Some(format!("“{}”, {duplicates}", line.case.name))
        });
        let cases: Vec<_> = cases.collect();
        let cases = Some(cases.join("; ")).filter(|it| !it.is_empty())?;
        Some(format!("- {}: {cases}\n", control.sentence()))
    }

    /// Whether there were violations, and in how many cases.
    fn verdict(&self) -> String {
        let lines = self.lines.iter();
        let failing = lines.filter(|line| !line.failing.is_empty()).count();
        if failing > 0 {
            return format!("{failing} cases fail");
        }
        let exempted_lines = self.lines.iter().filter(|it| it.limited.has_exempted());
        let mut sum = Findings::default();
        let cases = exempted_lines.inspect(|it| sum.add(&it.limited)).count();
        match cases {
            0 => "no violation".to_owned(),
            _ => format!(
                "no violation, except {} in {cases} cases with known limitations",
                sum.exempted()
            ),
        }
    }
}

impl Findings {
    /// Whether there is anything that a known limitation exempts.
    fn has_exempted(&self) -> bool {
        self.repeated + self.duplicates + self.lost > 0
    }

    fn exempted(&self) -> String {
        let Self {
            repeated,
            duplicates,
            lost,
            ..
        } = self;
        format!("{repeated} repeated, {duplicates} duplicates and {lost} lost")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for line in &self.lines {
            write!(f, "{line}")?;
        }
        let limitations = KnownLimitation::ALL.iter();
        let limitations = limitations.filter_map(|&limitation| self.limitation(limitation));
        let limitations: String = limitations.collect();
        if !limitations.is_empty() {
            write!(
                f,
                "\n¹ Repeated, duplicates and lost under the token behaviours of a known limitation, where a second copy can be made; under any other they fail the case:\n\n{limitations}"
            )?;
        }
        let controls = Control::ALL
            .iter()
            .filter_map(|&control| self.control(control));
        let controls: String = controls.collect();
        if !controls.is_empty() {
            write!(
                f,
                "\nThe control arms must make duplicates; a case in which they make none fails:\n\n{controls}"
            )?;
        }
        let (runs, log_lines, verdict) = (self.runs, self.log_lines, self.verdict());
        write!(f, "\n{runs} runs, {log_lines} lines of logs: {verdict}.\n")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.case.name;
        if let Some(reason) = self.case.not_run {
            return writeln!(f, "| {name} | not run: {reason} | | | | | | | | | |");
        }
        let Findings {
            injected,
            hit,
            executions,
            copies,
            false_successes,
            stuck,
            ..
        } = &self.sum;
        let repeated = self.sum.repeated + self.limited.repeated;
        let duplicates = self.sum.duplicates + self.limited.duplicates;
        let lost = self.sum.lost + self.limited.lost;
        let mark = if self.case.limitation.is_some() {
            "¹"
        } else {
            ""
        };
        let failing: Vec<_> = self.failing.iter().map(u64::to_string).collect();
        let failing = if failing.is_empty() {
            "none".to_owned()
        } else {
            failing.join(", ")
        };
        writeln!(
            f,
            "| {name} | {injected} | {hit} | {executions} | {copies} | {repeated}{mark} | {duplicates}{mark} | {lost}{mark} | {false_successes} | {stuck} | {failing} |"
        )
    }
}
