use std::time::Duration;

use anyhow::Result;
use aws_sdk_servicecatalog::error::SdkError;
use aws_sdk_servicecatalog::operation::copy_product::CopyProductError;
use tokio::time::sleep;

use super::Means;
use crate::probe::Switch;
use crate::probe::answer::Finding;
use crate::probe::calls::{code, failed, seconds};
use crate::probe::copies::Copy;
use crate::service_catalog::Tokens;

/// What a request got that was sent again.
#[derive(Debug, PartialEq, Eq)]
enum Got {
    TheCopy,
    AnotherCopy,
    Error(String),
}

/// A request sent again with its token, and how old the copy was before and after.
#[derive(Debug)]
struct Repeat {
    when: &'static str,
    got: Got,
    sent: Duration,
    answered: Duration,
}

/// What a token got that was sent again.
#[derive(Debug)]
pub(super) struct Repeats {
    /// With the same request: at once, after the copy's end, and after the retention.
    same: [Repeat; 3],
    /// With another request, at once.
    other: Got,
}

/// Sends one token five times, with the same request but once.
pub(super) async fn observe(means: &Means<'_>) -> Result<Repeats> {
    let (target, copies) = (&means.catalogs.target, means.copies);
    let token = format!("{}-token", means.throwaway.name);
    let request = |name: &str| {
        let request = means.throwaway.copy_to(target).idempotency_token(&token);
        request.target_product_name(format!("{}-{name}", means.throwaway.name))
    };
    let first = copies.begin(target, request("token")).await;
    let first = first.map_err(failed("CopyProduct"))?;
    let repeat = async |when| {
        let sent = first.answered.elapsed();
        let got = got(&first, copies.begin(target, request("token")).await);
        Repeat {
            when,
            got,
            sent,
            answered: first.began.elapsed(),
        }
    };
    let at_once = repeat("at once").await;
    let other = got(&first, copies.begin(target, request("other")).await);
    // A copy that failed, or did not end, has a token too.
    let _ = copies.end(&first, async || {}).await;
    let after_end = repeat("after the copy's end").await;
    let rest = copies
        .pace
        .retention
        .saturating_sub(first.answered.elapsed());
    sleep(rest).await;
    let same = [at_once, after_end, repeat("at last").await];
    Ok(Repeats { same, other })
}

fn got(first: &Copy, answer: Result<Copy, SdkError<CopyProductError>>) -> Got {
    match answer {
        Ok(copy) if copy.token == first.token => Got::TheCopy,
        Ok(_) => Got::AnotherCopy,
        Err(error) => Got::Error(code(&error)),
    }
}

/// The longest time for which the token was remembered is known from below, and perhaps from above.
pub(super) fn honoured(Repeats { same, .. }: &Repeats) -> Finding {
    let after = |repeat: &Repeat| format!("{} ({})", repeat.when, seconds(repeat.sent));
    let odd = same.iter().find(|it| it.got != Got::TheCopy);
    let Some(odd) = odd else {
        let [.., last] = same;
        let seen = format!(
            "the same CopyProductToken up to {}; later was not asked",
            after(last)
        );
        return Finding::new("yes", seen).sets(Switch::Tokens(Tokens::Honoured));
    };
    match &odd.got {
        Got::Error(code) => Finding::not_known(
            "no switch of the fake's refuses it",
            format!("{code} {}", after(odd)),
        ),
        _ if odd.when == same[0].when => {
            let seen = format!("another CopyProductToken {}", after(odd));
            Finding::new("no", seen).sets(Switch::Tokens(Tokens::Ignored))
        }
        _ => {
            let honoured = same.iter().take_while(|it| it.got == Got::TheCopy).last();
            let least = honoured.map_or(Duration::ZERO, |it| it.sent);
            let (from, to) = (seconds(least), seconds(odd.answered));
            let seen = format!("the same CopyProductToken after {from}, another after {to}");
            let switch = Switch::Tokens(Tokens::HonouredFor(least));
            Finding::new("for a while", seen).sets(switch)
        }
    }
}

pub(super) fn reused(Repeats { same, other }: &Repeats) -> Finding {
    match other {
        Got::Error(code) => {
            Finding::new("an error", code).sets(Switch::ReusedTokenIsRejected(true))
        }
        Got::TheCopy => Finding::new("the first copy's answer", "the same CopyProductToken")
            .sets(Switch::ReusedTokenIsRejected(false)),
        Got::AnotherCopy if same[0].got == Got::AnotherCopy => {
            Finding::not_known("tokens are ignored", "another CopyProductToken")
        }
        Got::AnotherCopy => Finding::new(
            "a copy of its own: no switch of the fake's says that",
            "another CopyProductToken",
        ),
    }
}
