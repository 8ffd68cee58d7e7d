//! One file a question or group of questions: what is observed, and what that comes to.

mod first_copy;
mod functions;
mod not_shared;
mod permissions;
mod portfolios;
mod recopy;
mod refusals;
mod search;
mod setup;
mod shared;
mod tags;
mod tokens;
mod trail;
mod unwatched;
mod versions;

use super::Answer;
use super::answer::judge;

pub(super) use setup::Setup;

/// Asks all questions, one after the other.
pub(super) async fn ask(setup: &Setup<'_>, answers: &mut Vec<Answer>) {
    let available = versions::available(setup).await;
    answers.push(judge(
        "Is a new version AVAILABLE at once?",
        &available,
        versions::judge,
    ));
    let tags = tags::observe(setup).await;
    answers.push(judge(
        "Does `AddTags` overwrite the value of a key that is there?",
        &tags,
        tags::judge,
    ));
    let listed = portfolios::observe(setup).await;
    answers.push(judge(
        "Is a new association with a portfolio listed at once?",
        &listed,
        portfolios::judge,
    ));
    let refused = refusals::observe(setup).await;
    answers.push(judge(
        "Which errors are a limit broken, a bad value, an absent product?",
        &refused,
        refusals::judge,
    ));

    let marked = versions::mark(setup).await;
    let first = first_copy::observe(setup).await;
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
    let found = search::observe(setup, &first).await;
    answers.push(judge(
        "Does a search by `SourceProductId` find a copy?",
        &found,
        search::judge,
    ));
    let listed = first_copy::versions(setup, &first).await;
    answers.push(judge(
        "Is a copied version listed as soon as its copy has SUCCEEDED?",
        &listed,
        first_copy::listed,
    ));
    answers.push(judge(
        "Does a copied version keep its CreatedTime?",
        &listed,
        first_copy::keeps_created_time,
    ));
    let lists = listed.as_ref().map_or(0, |it| it.wait.looks);
    answers.push(judge(
        "Does a copied version keep Active and Guidance?",
        &marked.and(listed),
        first_copy::keeps,
    ));

    let unwatched = unwatched::observe(setup, &first).await;
    let tokens = tokens::observe(setup).await;
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

    let recopy = recopy::observe(setup, &first, lists).await;
    answers.push(judge(
        "Does copying a version again make a second one?",
        &recopy,
        recopy::duplicates,
    ));
    answers.push(judge(
        "Does an existing target keep its name without `TargetProductName`?",
        &recopy,
        recopy::keeps_name,
    ));
    answers.push(judge("How long does a copy take?", &first, |first| {
        unwatched::duration(first, &unwatched, recopy.as_ref().ok())
    }));
    answers.push(functions::ask(setup, &first).await);
    not_shared::ask(setup, answers).await;
    shared::ask(setup, answers).await;
    answers.push(trail::ask(setup, &first).await);
    answers.push(trail::ask_about_creating(setup, &available).await);
}
