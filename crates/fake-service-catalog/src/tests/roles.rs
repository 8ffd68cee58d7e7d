use super::*;

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
    fake.state().settings.roles.insert(ROLE.to_owned(), None);
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
        let call = fake.state().calls.last().cloned().expect("a call");
        assert_eq!(call.role_session_name.as_deref(), Some(session));
    }
}
