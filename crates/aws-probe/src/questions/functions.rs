use anyhow::{Error, Result};

use super::Setup;
use super::first_copy::FirstCopy;
use super::permissions::{Target, denial, judge};
use crate::answer::{Finding, same};
use crate::calls::failed;
use crate::catalogs::Functions;
use crate::{Answer, answer};

const QUESTION: &str = "Do the permissions of the functions' own roles suffice?";

/// Copies within the account, with the permissions of each function in turn.
pub(super) async fn ask(setup: &Setup<'_>, first: &Result<FirstCopy>) -> Answer {
    match &setup.catalogs.functions {
        None => Finding::not_asked("needs a role of the source's account: --own-role-arn")
            .answers(QUESTION),
        Some(functions) => {
            let denied = denied(setup, first, functions).await;
            answer::judge(QUESTION, &denied, judge)
        }
    }
}

/// Which calls are denied, each with its function.
async fn denied(
    setup: &Setup<'_>,
    first: &Result<FirstCopy>,
    functions: &Functions,
) -> Result<Vec<String>, Error> {
    let Functions {
        start_copy,
        check_status,
        finish_copy,
    } = functions;
    let product = first.as_ref().map_err(same)?.end.target()?;
    let target = &setup.catalogs.target;
    let made = Target::of(&target.client, product).await?;
    let mut of_start_copy = made.denied_to_plan(&start_copy.client).await;

    let request = setup.source_product.copy_to(start_copy);
    let request = request.target_product_id(product);
    // Waited for, and cleaned up after, without these limits.
    let copy = setup.copies.begin(target, request).await;
    let token = match (denial("CopyProduct", &copy), copy) {
        (_, Ok(copy)) => {
            setup.copies.end(&copy, async || {}).await?;
            copy.token
        }
        (Some(denied), _) => {
            of_start_copy.push(denied);
            // That it is not there is an answer of one who may ask.
            "copyproduct-aaaaaaaaaaaaa".to_owned()
        }
        (None, Err(error)) => return Err(failed("CopyProduct")(error)),
    };
    let status = check_status.client.describe_copy_product_status();
    let status = status.copy_product_token(token).send().await;
    let of_check_status = denial("DescribeCopyProductStatus", &status);
    let of_finish_copy = made.denied_to_finish(&finish_copy.client).await?;
    let named = |function: &'static str| move |it: String| format!("{function}: {it}");
    let denied = of_start_copy.into_iter().map(named("start-copy"));
    let denied = denied.chain(of_check_status.into_iter().map(named("check-status")));
    let denied = denied.chain(of_finish_copy.into_iter().map(named("finish-copy")));
    Ok(denied.collect())
}
