use std::time::{Duration, SystemTime};

use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;

use super::*;

/// Credentials of the role, asked for in the hub's name.
pub(super) async fn assume(
    fake: &ServiceCatalog,
    role: &str,
    external_id: Option<&str>,
) -> Result<Credentials, SdkError<AssumeRoleError>> {
    assume_as(fake, role, external_id, "a-session").await
}

async fn assume_as(
    fake: &ServiceCatalog,
    role: &str,
    external_id: Option<&str>,
    session: &str,
) -> Result<Credentials, SdkError<AssumeRoleError>> {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(fake.endpoint())
        .http_client(Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("hub", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled());
    let answer = aws_sdk_sts::Client::from_conf(config.build())
        .assume_role()
        .role_arn(role)
        .role_session_name(session)
        .set_external_id(external_id.map(str::to_owned))
        .send()
        .await?;
    let given = answer.credentials().expect("credentials");
    let left = SystemTime::try_from(*given.expiration()).expect("a time");
    let left = left.duration_since(SystemTime::now()).expect("the future");
    assert!(left > Duration::from_mins(59) && left <= Duration::from_hours(1));
    let user = answer.assumed_role_user().expect("a user");
    assert_eq!(
        user.arn(),
        format!("arn:aws:sts::444455556666:assumed-role/CatalogCopyTarget/{session}")
    );
    Ok(Credentials::new(
        given.access_key_id(),
        given.secret_access_key(),
        Some(given.session_token().to_owned()),
        None,
        "test",
    ))
}

#[tokio::test]
async fn a_role_is_given_only_with_its_external_id() {
    let (fake, _) = fake_with_product().await;
    assert!(assume(&fake, ROLE, Some(EXTERNAL_ID)).await.is_ok());
    for wrong in [None, Some("another")] {
        let error = assume(&fake, ROLE, wrong).await.expect_err("no role");
        assert_eq!(error.code(), Some("AccessDenied"));
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        assert_eq!(status, Some(403));
    }
}

#[tokio::test]
async fn a_role_that_asks_for_no_external_id_takes_any() {
    let (fake, _) = fake_with_product().await;
    fake.world().settings.roles.insert(ROLE.to_owned(), None);
    for any in [None, Some("any")] {
        assert!(assume(&fake, ROLE, any).await.is_ok());
    }
}

#[tokio::test]
async fn an_unknown_role_is_denied() {
    let (fake, _) = fake_with_product().await;
    let role = "arn:aws:iam::444455556666:role/R&<D>";
    let error = assume(&fake, role, None).await.expect_err("no role");
    assert_eq!(error.code(), Some("AccessDenied"));
    let message = error.message().expect("a message");
    assert!(message.ends_with(role), "{message}");
}

#[tokio::test]
async fn a_session_name_must_be_what_sts_allows() {
    let (fake, _) = fake_with_product().await;
    for wrong in ["x", "with:colon", &"x".repeat(65)] {
        let result = assume_as(&fake, ROLE, Some(EXTERNAL_ID), wrong).await;
        assert_eq!(code(result), "ValidationError", "{wrong}");
    }
    let longest = "x".repeat(64);
    let result = assume_as(&fake, ROLE, Some(EXTERNAL_ID), &longest).await;
    assert!(result.is_ok());
}

#[tokio::test]
async fn every_session_has_credentials_of_its_own() {
    let (fake, arn) = fake_with_product().await;
    for session in ["first", "second"] {
        let credentials = assume_as(&fake, ROLE, Some(EXTERNAL_ID), session).await;
        let credentials = credentials.expect("the role is known");
        copy(&client(&fake, "eu-west-1", credentials), &arn).await;
        let call = fake.world().calls.last().cloned().expect("a call");
        assert_eq!(call.role_session_name.as_deref(), Some(session));
    }
}
