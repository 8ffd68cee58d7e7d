use super::Setup;
use crate::Answer;
use crate::answer::Finding;
use crate::calls::code;

/// Copies the product to an account that it is not shared with.
pub(super) async fn ask(setup: &Setup<'_>) -> Answer {
    finding(setup)
        .await
        .answers("What becomes of a copy of a product that is not shared with the target?")
}

async fn finding(setup: &Setup<'_>) -> Finding {
    let Some(other_account) = &setup.catalogs.other_account else {
        return Finding::not_asked("needs another account: --role-arn");
    };
    let request = setup.source_product.copy_to(other_account);
    let copy = match setup.copies.begin(other_account, request).await {
        Ok(copy) => copy,
        Err(error) => return Finding::new("it is refused", code(&error)),
    };
    match setup.copies.end(&copy, async || {}).await {
        Ok(end) if end.target().is_ok() => Finding::new("it succeeds", end.in_words()),
        Ok(end) => Finding::new("it is accepted and fails", end.in_words()),
        Err(error) => Finding::not_known(format!("{error:#}"), ""),
    }
}
