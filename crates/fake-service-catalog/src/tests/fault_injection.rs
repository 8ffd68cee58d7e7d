use std::time::{Duration, Instant};

use aws_sdk_servicecatalog::error::SdkError;
use aws_sdk_servicecatalog::operation::copy_product::CopyProductError;
use serde_json::json;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use super::*;
use crate::Moment::{AfterAcceptance, BeforeAcceptance};
use crate::Operation::{AssumeRole, CopyProduct, DescribeCopyProductStatus};
use crate::{Fault, Outcome};

async fn try_copy(
    fake: &ServiceCatalog,
    arn: &str,
) -> Result<CopyProductOutput, SdkError<CopyProductError>> {
    let client = spoke_client(fake).await;
    client.copy_product().source_product_arn(arn).send().await
}

#[tokio::test]
async fn scripted_errors_are_answered_as_the_services_own_and_nothing_is_done() {
    let (fake, arn) = fake_with_product().await;
    for (status, code_sent) in [
        (400, "ThrottlingException"),
        (400, "AccessDeniedException"),
        (400, "LimitExceededException"),
        (500, "InternalFailure"),
        (503, "ServiceUnavailable"),
    ] {
        let fault = Fault::error(status, code_sent);
        fake.state().faults.next_call(CopyProduct, fault.clone());
        let error = try_copy(&fake, &arn).await.expect_err("an error");
        let answered = error
            .raw_response()
            .map(|response| response.status().as_u16());
        assert_eq!(answered, Some(status));
        assert_eq!(error.code(), Some(code_sent));
        let call = fake.state().calls.last().cloned().expect("a call");
        assert_eq!(call.fault, Some(fault));
        assert_eq!(call.outcome, Outcome::Refused(code_sent.to_owned()));
    }
    assert_eq!(fake.state().accepted_copies(), 0);
}

#[tokio::test]
async fn queued_faults_hit_one_call_each_in_order() {
    let (fake, arn) = fake_with_product().await;
    {
        let faults = &mut fake.state().faults;
        faults.next_call(CopyProduct, Fault::throttled());
        faults.next_call(CopyProduct, None);
        faults.next_call(CopyProduct, Fault::error(500, "InternalFailure"));
    }
    assert_eq!(code(try_copy(&fake, &arn).await), "ThrottlingException");
    assert!(try_copy(&fake, &arn).await.is_ok());
    assert_eq!(code(try_copy(&fake, &arn).await), "InternalFailure");
    assert!(try_copy(&fake, &arn).await.is_ok());
}

#[tokio::test]
async fn a_regular_fault_hits_every_nth_call() {
    let (fake, arn) = fake_with_product().await;
    let fault = Fault::throttled();
    fake.state().faults.every_nth_call(CopyProduct, 3, fault);
    for is_hit in [false, false, true, false, false, true] {
        assert_eq!(try_copy(&fake, &arn).await.is_err(), is_hit);
    }
    fake.state().faults.clear(CopyProduct);
    for _ in 0..3 {
        assert!(try_copy(&fake, &arn).await.is_ok());
    }
}

#[tokio::test]
async fn a_standing_fault_hits_every_call_until_it_is_cleared() {
    let (fake, arn) = fake_with_product().await;
    fake.state()
        .faults
        .every_call(CopyProduct, Fault::throttled());
    fake.state().faults.next_call(CopyProduct, None);
    assert!(try_copy(&fake, &arn).await.is_ok(), "the queue comes first");
    for _ in 0..3 {
        assert_eq!(code(try_copy(&fake, &arn).await), "ThrottlingException");
    }
    fake.state().faults.clear(CopyProduct);
    assert!(try_copy(&fake, &arn).await.is_ok());
}

#[tokio::test]
async fn a_reset_drops_the_connection_with_or_without_a_copy() {
    let (fake, arn) = fake_with_product().await;
    for (moment, copies) in [(BeforeAcceptance, 0), (AfterAcceptance, 1)] {
        fake.state()
            .faults
            .next_call(CopyProduct, Fault::Reset(moment));
        let error = try_copy(&fake, &arn).await.expect_err("no answer");
        assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
        assert_eq!(fake.state().accepted_copies(), copies);
    }
    let outcomes = fake.state().calls_of(CopyProduct);
    assert_eq!(outcomes[0].outcome, Outcome::NotDone);
    assert!(matches!(outcomes[1].outcome, Outcome::NewCopy(_)));
}

#[tokio::test]
async fn a_hang_never_answers_with_or_without_a_copy() {
    let (fake, arn) = fake_with_product().await;
    for (moment, copies) in [(BeforeAcceptance, 0), (AfterAcceptance, 1)] {
        fake.state()
            .faults
            .next_call(CopyProduct, Fault::Hang(moment));
        let answer = timeout(Duration::from_millis(200), try_copy(&fake, &arn)).await;
        assert!(answer.is_err(), "an answer came: {answer:?}");
        assert_eq!(fake.state().accepted_copies(), copies);
    }
    assert!(try_copy(&fake, &arn).await.is_ok(), "other calls go on");
}

#[tokio::test]
async fn a_hanging_connection_ends_with_the_fake() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;
    let hang = Fault::Hang(BeforeAcceptance);
    fake.state().faults.next_call(CopyProduct, hang);
    let request = client.copy_product().source_product_arn(arn).send();
    let request = tokio::spawn(request);
    while fake.state().calls_of(CopyProduct).is_empty() {
        tokio::task::yield_now().await;
    }
    drop(fake);
    let answer = timeout(Duration::from_secs(10), request).await;
    assert!(answer.expect("an end").expect("no panic").is_err());
}

#[tokio::test]
async fn a_malformed_answer_hides_a_copy_that_was_begun() {
    let (fake, arn) = fake_with_product().await;
    fake.state().faults.next_call(CopyProduct, Fault::Malformed);
    let error = try_copy(&fake, &arn).await.expect_err("no usable answer");
    assert_eq!(error.code(), None, "{error:?}");
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    assert_eq!(status, Some(200));
    assert_eq!(fake.state().accepted_copies(), 1);
}

#[tokio::test]
async fn a_status_can_be_anything() {
    let (fake, arn) = fake_with_product().await;
    let client = spoke_client(&fake).await;
    let token = copy(&client, &arn).await;
    for (status, detail) in [
        ("PAUSED", None),
        ("FAILED", None),
        ("FAILED", Some("No such template")),
        ("IN_PROGRESS", None),
    ] {
        let fault = Fault::status(status, detail);
        fake.state()
            .faults
            .next_call(DescribeCopyProductStatus, fault);
        let request = client.describe_copy_product_status();
        let answer = request.copy_product_token(&token).send().await;
        let answer = answer.expect("a status");
        let answered = answer.copy_product_status().map(CopyProductStatus::as_str);
        assert_eq!(answered, Some(status));
        assert_eq!(answer.status_detail(), detail);
    }
    let none = Fault::Answer(json!({}));
    fake.state()
        .faults
        .next_call(DescribeCopyProductStatus, none);
    let request = client.describe_copy_product_status();
    let answer = request.copy_product_token(&token).send().await;
    assert_eq!(answer.expect("an answer").copy_product_status(), None);
}

#[tokio::test]
async fn assume_role_can_fail_as_well() {
    let (fake, _) = fake_with_product().await;
    for (fault, expected) in [
        (Fault::error(403, "ExpiredToken"), Some("ExpiredToken")),
        (
            Fault::error(500, "InternalFailure"),
            Some("InternalFailure"),
        ),
        (Fault::Malformed, None),
        (Fault::Reset(BeforeAcceptance), None),
    ] {
        fake.state().faults.next_call(AssumeRole, fault);
        let error = assume(&fake, ROLE, Some(EXTERNAL_ID)).await;
        let error = error.expect_err("an error");
        assert_eq!(error.code(), expected, "{error:?}");
    }
    assert!(assume(&fake, ROLE, Some(EXTERNAL_ID)).await.is_ok());
}

/// Sends a copy that meets the fault, and waits until it has been accepted.
async fn accepted(fault: Fault) -> (ServiceCatalog, JoinHandle<bool>) {
    let (fake, arn) = fake_with_product().await;
    fake.state().faults.next_call(CopyProduct, fault);
    let client = spoke_client(&fake).await;
    let request = client.copy_product().source_product_arn(arn);
    let copy = tokio::spawn(async move { request.send().await.is_ok() });
    while fake.state().accepted_copies() == 0 {
        yield_now().await;
    }
    (fake, copy)
}

#[tokio::test]
async fn a_slow_answer_comes_after_the_call_was_done() {
    let hour = Duration::from_hours(1);
    let (_fake, copy) = accepted(Fault::Slow(AfterAcceptance, hour)).await;
    assert!(!copy.is_finished());
}

#[tokio::test]
async fn a_slow_call_is_done_after_its_time() {
    let time = Duration::from_millis(100);
    let started = Instant::now();
    accepted(Fault::Slow(BeforeAcceptance, time)).await;
    assert!(started.elapsed() >= time);
}

#[tokio::test]
async fn a_region_that_is_down_answers_no_operation_and_the_others_do() {
    let (fake, arn) = fake_with_product().await;
    let fault = Fault::error(503, "ServiceUnavailable");
    fake.state().faults.every_call_in(&spoke().region, fault);
    assert_eq!(code(try_copy(&fake, &arn).await), "ServiceUnavailable");
    let elsewhere = hub_client(&fake, &hub().region);
    let question = elsewhere.describe_product_as_admin().id(id_of(&arn));
    assert!(question.send().await.is_ok());
}
