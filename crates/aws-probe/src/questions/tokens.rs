#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use aws_sdk_servicecatalog::error::SdkError;
use aws_sdk_servicecatalog::operation::copy_product::CopyProductError;
use aws_sdk_servicecatalog::operation::copy_product::builders::CopyProductFluentBuilder;
use tokio::time::sleep;

use super::Means;
use crate::answer::Finding;
use crate::calls::{code, failed, seconds};
use crate::copies::Copy;
use crate::{Bounds, Switch};

/// What a request got that was sent again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Got {
    TheCopy,
    AnotherCopy,
    Error(String),
}

/// A request sent again with its token, and how old the copy was before and after.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) got: Got,
    pub(super) sent: Duration,
    pub(super) answered: Duration,
}

/// What a token got that was sent again.
#[derive(Debug)]
pub(super) struct Repeats {
    /// With the same request, until it got something else.
    pub(super) same: Vec<Repeat>,
    /// With another request, between the first two of those.
    pub(super) other: Got,
}

/// Sends a token again at once, and then whenever the copy is twice as old.
struct Asking<'a> {
    means: &'a Means<'a>,
    token: String,
    first: Copy,
    same: Vec<Repeat>,
    next: Option<Duration>,
}

pub(super) async fn observe(means: &Means<'_>) -> Result<Repeats> {
    let token = format!("{}-token", means.throwaway.name);
    let pace = means.copies.pace;
    let first = means
        .copies
        .begin(&means.catalogs.target, request(means, &token, "token"));
    let mut asking = Asking {
        first: first.await.map_err(failed("CopyProduct"))?,
        means,
        token,
        same: Vec::new(),
        next: Some(pace.poll.clamp(SHORTEST, pace.retention.max(SHORTEST))),
    };
    asking.again().await;
    let other = asking.send("other").await;
    let first = asking.first.clone();
    // A copy that failed, or did not end, has a token too.
    let _ = means
        .copies
        .end(&first, async || asking.again_if_due().await)
        .await;
    while let Some(next) = asking.next {
        sleep(next.saturating_sub(first.answered.elapsed())).await;
        asking.again_if_due().await;
    }
    let same = asking.same;
    Ok(Repeats { same, other })
}

const SHORTEST: Duration = Duration::from_millis(1);

fn request(means: &Means<'_>, token: &str, name: &str) -> CopyProductFluentBuilder {
    let request = means.throwaway.copy_to(&means.catalogs.target);
    let request = request.idempotency_token(token);
    request.target_product_name(format!("{}-{name}", means.throwaway.name))
}

impl Asking<'_> {
    async fn send(&self, name: &str) -> Got {
        let request = request(self.means, &self.token, name);
        let target = &self.means.catalogs.target;
        got(&self.first, self.means.copies.begin(target, request).await)
    }

    async fn again(&mut self) {
        let sent = self.first.answered.elapsed();
        let got = self.send("token").await;
        if got != Got::TheCopy {
            self.next = None;
        }
        let answered = self.first.began.elapsed();
        self.same.push(Repeat {
            got,
            sent,
            answered,
        });
    }

    async fn again_if_due(&mut self) {
        let retention = self.means.copies.pace.retention;
        while let Some(next) = self.next
            && next <= self.first.answered.elapsed()
        {
            self.next = (next < retention).then(|| retention.min(next * 2));
            self.again().await;
        }
    }
}

fn got(first: &Copy, answer: Result<Copy, SdkError<CopyProductError>>) -> Got {
    match answer {
        Ok(copy) if copy.token == first.token => Got::TheCopy,
        Ok(_) => Got::AnotherCopy,
        Err(error) => Got::Error(code(&error)),
    }
}

/// The time for which the token was remembered is known from below, and perhaps from above.
pub(super) fn honoured(Repeats { same, other }: &Repeats) -> Finding {
    let honoured = same.iter().take_while(|it| it.got == Got::TheCopy);
    let times = honoured.clone().count();
    let least = honoured.last().map(|it| it.sent);
    let odd = same.get(times);
    let is_forgotten = *other == Got::AnotherCopy;
    match (least, odd) {
        (None, None) => Finding::not_known("it was not sent again", ""),
        (
            _,
            Some(Repeat {
                got: Got::Error(code),
                sent,
                ..
            }),
        ) if least.is_none() || !is_forgotten => {
            let seen = format!("{code} after {}", seconds(*sent));
            Finding::not_known("no switch of the fake's refuses it", seen)
        }
        (Some(least), None) => {
            let least_seen = seconds(least);
            let seen = format!("{times} × the same CopyProductToken, the last after {least_seen}");
            Finding::new(format!("yes, for {least_seen} at least"), seen)
                .sets(Switch::TokensHonoured(least))
        }
        (None, Some(Repeat { answered, .. })) => {
            let seen = format!("another CopyProductToken after {}", seconds(*answered));
            Finding::new("no", seen).sets(Switch::TokensIgnored(*answered))
        }
        (Some(least), Some(Repeat { answered, .. })) => {
            let bounds = Bounds {
                least,
                most: *answered,
            };
            let (from, to) = (seconds(least), seconds(*answered));
            let seen = format!("the same CopyProductToken after {from}, another after {to}");
            Finding::new("for a while", seen).sets(Switch::TokensHonouredFor(bounds))
        }
    }
}

pub(super) fn reused(Repeats { same, other }: &Repeats) -> Finding {
    let [first, next] = [same.first(), same.get(1)].map(|it| it.map(|it| &it.got));
    match other {
        Got::Error(code) if code == "InvalidParametersException" => {
            Finding::new("an error", code).sets(Switch::ReusedTokenIsRejected(true))
        }
        Got::Error(code) => Finding::not_known("no switch of the fake's refuses it so", code),
        Got::TheCopy => Finding::new("the first copy's answer", "the same CopyProductToken")
            .sets(Switch::ReusedTokenIsRejected(false)),
        Got::AnotherCopy if first == Some(&Got::AnotherCopy) => {
            Finding::not_known("tokens are ignored", "another CopyProductToken")
        }
        Got::AnotherCopy if next != Some(&Got::TheCopy) => Finding::not_known(
            "the token was forgotten by then",
            "another CopyProductToken",
        ),
        Got::AnotherCopy => Finding::new(
            "a copy of its own: no switch of the fake's says that",
            "another CopyProductToken",
        ),
    }
}
