use anyhow::Result;

use super::Setup;
use crate::answer::Finding;
use crate::calls::code;

/// What the fake answers to the three.
const ASSUMED: [&str; 3] = [
    "ValidationException",
    "InvalidParametersException",
    "ResourceNotFoundException",
];

/// Asks for three copies that cannot be made, and returns their errors.
pub(super) async fn observe(setup: &Setup<'_>) -> Result<[String; 3]> {
    let target = &setup.catalogs.target;
    let request = || setup.source_product.copy_to(target);
    let absent = format!(
        "arn:aws:catalog:{}:{}:product/prod-aaaaaaaaaaaaa",
        setup.catalogs.source.region, setup.catalogs.source.account
    );
    let mut codes = [const { String::new() }; 3];
    let requests = [
        request().idempotency_token("-begins-with-a-hyphen"),
        request().accept_language("xx"),
        request().source_product_arn(absent),
    ];
    for (found, request) in codes.iter_mut().zip(requests) {
        *found = match setup.copies.begin(target, request).await {
            Ok(_) => "no error".to_owned(),
            Err(error) => code(&error),
        };
    }
    Ok(codes)
}

pub(super) fn judge(codes: &[String; 3]) -> Finding {
    let is_assumed = *codes == ASSUMED;
    let answer = if is_assumed {
        "those that the fake answers"
    } else {
        "others than the fake's"
    };
    Finding::new(answer, codes.join(", "))
}
