//! What the errors of the SDK mean.

use std::error::Error as StdError;

use aws_sdk_servicecatalog::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::http::Response;

use crate::{
    aws::sdk::{chain, not_built, reasons},
    error::{Error, ErrorKind, Service, is_transient},
};

/// Our name for an error; `not_found` is the question to ask where something was not found.
pub(super) fn explain<E>(error: &SdkError<E, Response>, not_found: &str) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let Some(error) = not_built(error) {
        return error;
    }
    if let SdkError::ServiceError(service_error) = error
        && let Some(code) = service_error.err().code()
    {
        let http_status = service_error.raw().status().as_u16();
        let message = service_error.err().message().unwrap_or("no message");
        let hint = match code {
            "ResourceNotFoundException" => format!(" ({not_found})"),
            "AccessDeniedException" => {
                " (do the function's role and Target.RoleArn allow it?)".into()
            }
            "UnrecognizedClientException" | "InvalidClientTokenId" | "OptInRequired" => {
                " (is this Region enabled in the account?)".into()
            }
            _ => String::new(),
        };
        let message = format!("{message}{hint}");
        return Error::from_service(Service::ServiceCatalog, code, http_status, &message);
    }
    if let Some(reason) = refusal(error) {
        return Error::new(ErrorKind::TargetNotAccessible, reason);
    }
    let reasons = reasons(error);
    if assume_role_error(error).is_none() && has_no_host(&reasons) {
        return Error::new(
            ErrorKind::RegionNotFound,
            format!(
                "this Region has no endpoint of Service Catalog (is its name right, and does it \
                 have Service Catalog?): {reasons}"
            ),
        );
    }
    Error::no_answer(Service::ServiceCatalog, &reasons)
}

/// Whether there is no host of the endpoint's name, as `getaddrinfo` says it. Where it cannot ask, it
/// says something else.
fn has_no_host(reasons: &str) -> bool {
    let answers = [
        "Name or service not known",
        "No address associated with hostname",
    ];
    answers.iter().any(|answer| reasons.contains(answer))
}

fn assume_role_error<'a>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a SdkError<AssumeRoleError, Response>> {
    chain(error).find_map(|it| it.downcast_ref())
}

/// What STS said where it refused the role for good.
fn refusal(error: &(dyn StdError + 'static)) -> Option<String> {
    let SdkError::ServiceError(service_error) = assume_role_error(error)? else {
        return None;
    };
    let code = service_error.err().code()?;
    let message = service_error.err().message().unwrap_or("no message");
    let for_now = service_error.raw().status().is_server_error() || is_transient(code, message);
    (!for_now).then(|| {
        format!(
            "STS answered {code}: {message} (does the role exist under the stack's TargetRoleName, \
             without a path, does it trust the stack, and is the ExternalId the one it asks for?)"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use aws_config::{BehaviorVersion, retry::RetryConfig};
    use aws_sdk_servicecatalog::config::{Credentials, http::HttpResponse};
    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_smithy_runtime_api::client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
            http_client_fn,
        },
        orchestrator::HttpRequest,
        result::ConnectorError,
    };

    use super::*;
    use crate::{aws::service_catalog::Catalog, request::Target};

    /// What we make of an answer that everything gets.
    async fn explained(target: &Target, http_status: u16, body: &'static str) -> Error {
        let http_client = infallible_client_fn(move |_| {
            let status = http_status.try_into().expect("is a status");
            let answer = HttpResponse::new(status, body.into());
            answer.try_into_http1x().expect("is an answer")
        });
        asked(target, http_client).await
    }

    async fn asked(target: &Target, http_client: impl HttpClient + 'static) -> Error {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region("us-east-1")
            .credentials_provider(Credentials::for_tests())
            .retry_config(RetryConfig::disabled())
            .http_client(http_client)
            .load()
            .await;
        let catalog = Catalog {
            config,
            clients: Mutex::default(),
        };
        let client = catalog.at(&target.place("us-east-1"), "execution").await.0;
        let answer = client.describe_copy_product_status().send().await;
        explain(&answer.expect_err("is an error"), "is it there?")
    }

    #[tokio::test]
    async fn a_role_refused_for_good_is_distinguished_from_one_refused_for_now() {
        let place = Target {
            role_arn: Some("arn:aws:iam::444455556666:role/CatalogCopyTarget".to_owned()),
            ..Target::default()
        };
        for (http_status, code, name) in [
            (403, "AccessDenied", "TargetNotAccessible"),
            (400, "RegionDisabledException", "TargetNotAccessible"),
            (400, "Throttling", "ServiceCatalog.SdkClientException"),
            (
                400,
                "ServiceUnavailable",
                "ServiceCatalog.SdkClientException",
            ),
            (500, "Unknown", "ServiceCatalog.SdkClientException"),
        ] {
            let body = format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>why</Message></Error></ErrorResponse>"
            );
            let error = explained(&place, http_status, body.leak()).await;
            assert_eq!(error.name(), name, "{code}");
            let is_for_good = error
                .to_string()
                .contains(&format!("STS answered {code}: why"));
            assert_eq!(is_for_good, name == "TargetNotAccessible", "{error}");
        }
    }

    #[tokio::test]
    async fn an_answer_of_service_catalog_has_its_name_and_a_hint() {
        for (code, name, hint) in [
            (
                "ResourceNotFoundException",
                "ServiceCatalog.ResourceNotFoundException",
                " (is it there?)",
            ),
            (
                "AccessDeniedException",
                "ServiceCatalog.AccessDeniedException",
                " (do the function's role and Target.RoleArn allow it?)",
            ),
            (
                "UnrecognizedClientException",
                "ServiceCatalog.UnrecognizedClientException",
                " (is this Region enabled in the account?)",
            ),
            (
                "LimitExceededException",
                "ServiceCatalog.LimitExceededException",
                "",
            ),
        ] {
            let body = format!(r#"{{"__type":"{code}","Message":"why"}}"#);
            let error = explained(&Target::default(), 400, body.leak()).await;
            assert_eq!(error.name(), name);
            assert_eq!(
                error.to_string(),
                format!("Service Catalog answered {code}: why{hint}")
            );
        }
    }

    /// A name that is looked up, and what comes of it.
    #[derive(Debug)]
    struct LookedUp(&'static str);

    impl HttpConnector for LookedUp {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let reason = format!("failed to lookup address information: {}", self.0);
            let error = ConnectorError::io(io::Error::other(reason).into());
            HttpConnectorFuture::ready(Err(error))
        }
    }

    fn looked_up(reason: &'static str) -> SharedHttpClient {
        http_client_fn(move |_, _| SharedHttpConnector::new(LookedUp(reason)))
    }

    #[tokio::test]
    async fn a_region_without_an_endpoint_is_told_from_a_name_that_cannot_be_asked_for() {
        for (reason, name) in [
            ("Name or service not known", "RegionNotFound"),
            ("No address associated with hostname", "RegionNotFound"),
            (
                "Temporary failure in name resolution",
                "ServiceCatalog.SdkClientException",
            ),
        ] {
            let error = asked(&Target::default(), looked_up(reason)).await;
            assert_eq!(error.name(), name, "{error}");
            assert!(error.message.contains(reason), "{error}");
        }
        // Then it is STS that cannot be reached.
        let place = Target {
            role_arn: Some("arn:aws:iam::444455556666:role/CatalogCopyTarget".to_owned()),
            ..Target::default()
        };
        let error = asked(&place, looked_up("Name or service not known")).await;
        assert_eq!(error.name(), "ServiceCatalog.SdkClientException");
    }

    #[tokio::test]
    async fn a_call_that_cannot_be_built_is_not_tried_again() {
        let why = std::fmt::Error;
        let error: SdkError<AssumeRoleError, Response> = SdkError::construction_failure(why);
        assert_eq!(explain(&error, "").name(), "InvalidRequest");
    }

    #[tokio::test]
    async fn credentials_that_cannot_be_sent_fail_their_call_and_are_not_kept() {
        static ANSWERS: AtomicUsize = AtomicUsize::new(0);
        let http_client = infallible_client_fn(move |request| {
            let is_sts = request
                .uri()
                .host()
                .is_some_and(|host| host.starts_with("sts"));
            let (status, body) = match (
                is_sts,
                ANSWERS.fetch_add(usize::from(is_sts), Ordering::Relaxed),
            ) {
                (true, 0) => (200, credentials("AKIA\u{e9}&#10;")),
                (true, _) => (200, credentials("AKIAEXAMPLE")),
                (false, _) => (400, r#"{"__type":"ResourceNotFoundException"}"#.to_owned()),
            };
            let status = u16::try_into(status).expect("is a status");
            let answer = HttpResponse::new(status, body.into());
            answer.try_into_http1x().expect("is an answer")
        });
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region("us-east-1")
            .credentials_provider(Credentials::for_tests())
            .http_client(http_client)
            .load()
            .await;
        let catalog = Catalog::new(&config);
        let target = Target {
            role_arn: Some("arn:aws:iam::444455556666:role/CatalogCopyTarget".to_owned()),
            ..Target::default()
        };
        let mut names = Vec::new();
        for _ in 0..2 {
            let there = catalog.at(&target.place("us-east-1"), "execution").await;
            let error = there.list_provisioning_artifacts("prod-a").await;
            names.push(error.expect_err("there is none").name());
        }
        let [first, second] = &names[..] else {
            panic!("{names:?}")
        };
        assert_eq!(first, "ServiceCatalog.SdkClientException");
        assert_eq!(second, "ServiceCatalog.ResourceNotFoundException");
    }

    fn credentials(key: &str) -> String {
        format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>\
             <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
             <Expiration>2126-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>\
             </AssumeRoleResponse>"
        )
    }

    #[tokio::test]
    async fn an_error_without_a_code_is_no_answer() {
        let error = explained(&Target::default(), 400, "{}").await;
        assert_eq!(error.name(), "ServiceCatalog.SdkClientException");
    }
}
