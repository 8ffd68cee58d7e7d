//! One file a question or group of questions: what is observed, and what that comes to.

mod again;
mod first_copy;
mod means;
mod portfolios;
mod refusals;
mod stranger;
mod tags;
mod tokens;
mod trail;
mod unwatched;
mod versions;

use super::Answer;
use super::answer::judge;

pub(super) use means::Means;

/// Asks all questions, one after the other.
pub(super) async fn ask(means: &Means<'_>, answers: &mut Vec<Answer>) {
    let available = versions::available(means).await;
    answers.push(judge(
        "Is a new version AVAILABLE at once?",
        &available,
        versions::judge,
    ));
    let tags = tags::observe(means).await;
    answers.push(judge(
        "Does `AddTags` overwrite the value of a key that is there?",
        &tags,
        tags::judge,
    ));
    let listed = portfolios::observe(means).await;
    answers.push(judge(
        "Is a new association with a portfolio listed at once?",
        &listed,
        portfolios::judge,
    ));
    let refused = refusals::observe(means).await;
    answers.push(judge(
        "Which errors are a limit broken, a bad value, an absent product?",
        &refused,
        refusals::judge,
    ));

    let marked = versions::mark(means).await;
    let first = first_copy::observe(means).await;
    answers.push(judge(
        "Is the status of a new copy visible at once?",
        &first,
        first_copy::visible,
    ));
    answers.push(judge(
        "Does a copy arrive where `CopyProduct` is called?",
        &first,
        first_copy::arrives,
    ));
    answers.push(judge(
        "Does a target product appear only when its copy has succeeded?",
        &first,
        first_copy::appears,
    ));
    answers.push(judge(
        "Does a copied version keep Active and Guidance?",
        &marked.and(first_copy::versions(means, &first).await),
        |it| first_copy::keeps(it),
    ));

    let unwatched = unwatched::observe(means, &first).await;
    let tokens = tokens::observe(means).await;
    answers.push(judge(
        "Is a request sent again with its token the same copy?",
        &tokens,
        tokens::honoured,
    ));
    answers.push(judge(
        "What does another request with the same token get?",
        &tokens,
        tokens::reused,
    ));

    let again = again::observe(means, &first).await;
    answers.push(judge(
        "Does copying a version again make a second one?",
        &again,
        again::duplicates,
    ));
    answers.push(judge(
        "Does an existing target keep its name without `TargetProductName`?",
        &again,
        again::keeps_name,
    ));
    answers.push(judge("How long does a copy take?", &first, |first| {
        unwatched::duration(first, &unwatched, again.as_ref().ok())
    }));
    answers.push(stranger::ask(means).await);
    answers.push(trail::ask(means, &first).await);
}
