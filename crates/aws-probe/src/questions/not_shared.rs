use super::Means;
use crate::Answer;
use crate::answer::Finding;
use crate::calls::code;

/// Copies the product to an account that it is not shared with.
pub(super) async fn ask(means: &Means<'_>) -> Answer {
    finding(means)
        .await
        .answers("What becomes of a copy of a product that is not shared with the target?")
}

async fn finding(means: &Means<'_>) -> Finding {
    let Some(stranger) = &means.catalogs.stranger else {
        return Finding::not_asked("needs another account: --role-arn");
    };
    let request = means.throwaway.copy_to(stranger);
    let copy = match means.copies.begin(stranger, request).await {
        Ok(copy) => copy,
        Err(error) => return Finding::new("it is refused", code(&error)),
    };
    match means.copies.end(&copy, async || {}).await {
        Ok(end) if end.target().is_ok() => Finding::new("it succeeds", end.in_words()),
        Ok(end) => Finding::new("it is accepted and fails", end.in_words()),
        Err(error) => Finding::not_known(format!("{error:#}"), ""),
    }
}
