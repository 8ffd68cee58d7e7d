#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use aws_sdk_servicecatalog::error::SdkError;
use aws_sdk_servicecatalog::operation::copy_product::CopyProductError;
use aws_sdk_servicecatalog::operation::copy_product::builders::CopyProductFluentBuilder;
use tokio::time::sleep;

use super::Setup;
use crate::answer::Finding;
use crate::calls::{code, failed, seconds};
use crate::copies::Copy;
use crate::{Bounds, Switch};

/// The reply to a token that was sent again.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    TheCopy,
    AnotherCopy,
    Error(String),
}

/// A request sent again with its token, and how old the copy was before and after.
#[derive(Debug)]
pub(super) struct Repeat {
    pub(super) reply: Reply,
    pub(super) sent: Duration,
    pub(super) answered: Duration,
}

/// The replies to a token that was sent again.
#[derive(Debug)]
pub(super) struct Repeats {
    /// With the same request, until the reply was another.
    pub(super) same: Vec<Repeat>,
    /// With another request, between the first two of those.
    pub(super) other: Reply,
}

/// Sends a token again at once, and then whenever the copy is twice as old.
struct Repeater<'a> {
    setup: &'a Setup<'a>,
    token: String,
    first: Copy,
    same: Vec<Repeat>,
    next: Option<Duration>,
}

pub(super) async fn observe(setup: &Setup<'_>) -> Result<Repeats> {
    let token = format!("{}-token", setup.source_product.name);
    let pace = setup.copies.pace;
    let first = setup
        .copies
        .begin(&setup.catalogs.target, request(setup, &token, "token"));
    let mut repeater = Repeater {
        first: first.await.map_err(failed("CopyProduct"))?,
        setup,
        token,
        same: Vec::new(),
        next: Some(pace.poll.clamp(SHORTEST, pace.retention.max(SHORTEST))),
    };
    repeater.repeat().await;
    let other = repeater.send("other").await;
    let first = repeater.first.clone();
    // A copy that failed, or did not end, has a token too.
    let _ = setup
        .copies
        .end(&first, async || repeater.repeat_if_due().await)
        .await;
    while let Some(next) = repeater.next {
        sleep(next.saturating_sub(first.answered.elapsed())).await;
        repeater.repeat_if_due().await;
    }
    let same = repeater.same;
    Ok(Repeats { same, other })
}

const SHORTEST: Duration = Duration::from_millis(1);

fn request(setup: &Setup<'_>, token: &str, name: &str) -> CopyProductFluentBuilder {
    let request = setup.source_product.copy_to(&setup.catalogs.target);
    let request = request.idempotency_token(token);
    request.target_product_name(format!("{}-{name}", setup.source_product.name))
}

impl Repeater<'_> {
    async fn send(&self, name: &str) -> Reply {
        let request = request(self.setup, &self.token, name);
        let target = &self.setup.catalogs.target;
        reply(&self.first, self.setup.copies.begin(target, request).await)
    }

    async fn repeat(&mut self) {
        let sent = self.first.answered.elapsed();
        let reply = self.send("token").await;
        if reply != Reply::TheCopy {
            self.next = None;
        }
        let answered = self.first.began.elapsed();
        self.same.push(Repeat {
            reply,
            sent,
            answered,
        });
    }

    async fn repeat_if_due(&mut self) {
        let retention = self.setup.copies.pace.retention;
        while let Some(next) = self.next
            && next <= self.first.answered.elapsed()
        {
            self.next = (next < retention).then(|| retention.min(next * 2));
            self.repeat().await;
        }
    }
}

fn reply(first: &Copy, answer: Result<Copy, SdkError<CopyProductError>>) -> Reply {
    match answer {
        Ok(copy) if copy.token == first.token => Reply::TheCopy,
        Ok(_) => Reply::AnotherCopy,
        Err(error) => Reply::Error(code(&error)),
    }
}

/// How long the token was remembered: at least so long, and perhaps at most so long.
pub(super) fn honoured(Repeats { same, other }: &Repeats) -> Finding {
    let honoured = same.iter().take_while(|it| it.reply == Reply::TheCopy);
    let times = honoured.clone().count();
    let least = honoured.last().map(|it| it.sent);
    let different = same.get(times);
    let is_forgotten = *other == Reply::AnotherCopy;
    match (least, different) {
        (None, None) => Finding::not_known("it was not sent again", ""),
        (
            _,
            Some(Repeat {
                reply: Reply::Error(code),
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
    let [first, next] = [same.first(), same.get(1)].map(|it| it.map(|it| &it.reply));
    match other {
        Reply::Error(code) if code == "InvalidParametersException" => {
            Finding::new("an error", code).sets(Switch::ReusedTokenIsRejected(true))
        }
        Reply::Error(code) => Finding::not_known("no switch of the fake's refuses it so", code),
        Reply::TheCopy => Finding::new("the first copy's answer", "the same CopyProductToken")
            .sets(Switch::ReusedTokenIsRejected(false)),
        Reply::AnotherCopy if first == Some(&Reply::AnotherCopy) => {
            Finding::not_known("tokens are ignored", "another CopyProductToken")
        }
        Reply::AnotherCopy if next != Some(&Reply::TheCopy) => Finding::not_known(
            "the token was forgotten by then",
            "another CopyProductToken",
        ),
        Reply::AnotherCopy => Finding::new(
            "a copy of its own: no switch of the fake's says that",
            "another CopyProductToken",
        ),
    }
}
