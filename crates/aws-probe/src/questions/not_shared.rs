use aws_sdk_servicecatalog::error::ProvideErrorMetadata;

use super::Setup;
use crate::answer::Finding;
use crate::calls::code;
use crate::{Answer, RegionalCatalog, Switch};

/// Copies the product to an account that it is not shared with.
pub(super) async fn ask(setup: &Setup<'_>, answers: &mut Vec<Answer>) {
    let (becomes, leaves) = match &setup.catalogs.other_account {
        None => {
            let not_asked = || Finding::not_asked("needs another account: --role-arn");
            (not_asked(), not_asked())
        }
        Some(other_account) => {
            let name = format!("{}-not-shared", setup.source_product.name);
            let (becomes, has_failed) = becomes(setup, other_account, &name).await;
            (becomes, leaves(other_account, &name, has_failed).await)
        }
    };
    answers.push(
        becomes.answers("What becomes of a copy of a product that is not shared with the target?"),
    );
    answers.push(leaves.answers("Does a copy that ends FAILED leave a product behind?"));
}

/// Whether there is a product of the copy's name.
async fn leaves(other_account: &RegionalCatalog, name: &str, has_failed: bool) -> Finding {
    if !has_failed {
        return Finding::not_known("no copy failed", "");
    }
    let product = other_account.client.describe_product_as_admin().name(name);
    match product.send().await {
        Ok(_) => Finding::new("yes", format!("{name} is there"))
            .sets(Switch::FailedCopiesLeaveProduct(true)),
        Err(error) if error.code() == Some("ResourceNotFoundException") => {
            Finding::new("no", format!("{name} is not there"))
                .sets(Switch::FailedCopiesLeaveProduct(false))
        }
        Err(error) => Finding::not_known(code(&error), ""),
    }
}

/// What becomes of the copy, and whether it failed.
async fn becomes(
    setup: &Setup<'_>,
    other_account: &RegionalCatalog,
    name: &str,
) -> (Finding, bool) {
    let request = setup.source_product.copy_to(other_account);
    let request = request.target_product_name(name);
    let copy = match setup.copies.begin(other_account, request).await {
        Ok(copy) => copy,
        Err(error) => return (Finding::new("it is refused", code(&error)), false),
    };
    match setup.copies.end(&copy, async || {}).await {
        Ok(end) if end.target().is_ok() => (Finding::new("it succeeds", end.in_words()), false),
        Ok(end) => {
            let finding = Finding::new("it is accepted and fails", end.in_words());
            (finding, true)
        }
        Err(error) => (Finding::not_known(format!("{error:#}"), ""), false),
    }
}
