//! The idempotency token of a copy request that brings none.

use sha2::{Digest, Sha256};

use crate::request::CopyRequest;

/// SHA-256 (64 hex digits) over what started the copy and the request in canonical form.
///
/// A retried task, a redriven execution and an event delivered twice give the same token; two
/// executions started on purpose do not.
#[must_use]
pub fn idempotency_token(started_by: &str, request: &CopyRequest) -> String {
    hex::encode(Sha256::digest(
        serde_json::json!([started_by, request]).to_string(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::copy_request;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_token_is_stable(request in copy_request(), started_by in ".*") {
            let text = serde_json::to_value(&request).expect("serializes");
            let again = CopyRequest::parse(text).expect("is valid");
            prop_assert_eq!(
                idempotency_token(&started_by, &request),
                idempotency_token(&started_by, &again)
            );
        }

        #[test]
        fn different_requests_have_different_tokens(a in copy_request(), b in copy_request()) {
            prop_assume!(a != b);
            prop_assert_ne!(idempotency_token("x", &a), idempotency_token("x", &b));
        }

        #[test]
        fn different_starts_have_different_tokens(a in ".*", b in ".*", request in copy_request()) {
            prop_assume!(a != b);
            prop_assert_ne!(idempotency_token(&a, &request), idempotency_token(&b, &request));
        }
    }

    #[test]
    fn the_token_does_not_change_between_releases() {
        let request = CopyRequest::parse(serde_json::json!({
            "SourceProductArn": "arn:aws:catalog:us-east-1:111122223333:product/prod-abcdefghijklm",
            "Target": { "Region": "eu-west-1" },
        }))
        .expect("is valid");
        assert_eq!(
            idempotency_token("6f1c2b34-0000-4000-8000-000000000000", &request),
            "451fc9a971095cacb04e8fab90871d576ab6547926563cd7c1a9099b9fa781f8"
        );
    }
}
