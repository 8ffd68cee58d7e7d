use anyhow::{Error, anyhow};

use super::Switch;

/// What is asked, and what came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The question, for a person.
    pub question: &'static str,
    /// The answer, which starts with "not known" or "not asked" where there is none.
    pub answer: String,
    /// What was seen that gives the answer.
    pub seen: String,
    /// The fake's switch that the answer sets.
    pub switch: Option<Switch>,
}

/// What observations come to.
#[derive(Debug)]
pub(super) struct Finding {
    answer: String,
    seen: String,
    switch: Option<Switch>,
}

impl Finding {
    pub(super) fn new(answer: impl Into<String>, seen: impl Into<String>) -> Self {
        Self {
            answer: answer.into(),
            seen: seen.into(),
            switch: None,
        }
    }

    pub(super) fn not_known(why: impl AsRef<str>, seen: impl Into<String>) -> Self {
        Self::new(format!("not known: {}", why.as_ref()), seen)
    }

    pub(super) fn not_asked(why: impl AsRef<str>) -> Self {
        Self::new(format!("not asked: {}", why.as_ref()), "")
    }

    pub(super) fn sets(self, switch: Switch) -> Self {
        Self {
            switch: Some(switch),
            ..self
        }
    }

    pub(super) fn answers(self, question: &'static str) -> Answer {
        Answer {
            question,
            answer: self.answer,
            seen: self.seen,
            switch: self.switch,
        }
    }
}

/// Judges what was observed; where that went wrong, the answer is not known.
pub(super) fn judge<T>(
    question: &'static str,
    observed: &Result<T, Error>,
    finding: impl FnOnce(&T) -> Finding,
) -> Answer {
    let finding = match observed {
        Ok(observed) => finding(observed),
        Err(error) => Finding::not_known(format!("{error:#}"), ""),
    };
    finding.answers(question)
}

/// Another error of the same words, where one observation serves more than one question.
pub(super) fn same(error: &Error) -> Error {
    anyhow!("{error:#}")
}
