//! A bucket in memory, for the tests of what reads and writes it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_config::BehaviorVersion;
use aws_sdk_s3::config::{Credentials, http::HttpResponse};
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_types::body::SdkBody;

use super::*;

/// The objects of a bucket by path, `/bucket/key`.
pub(crate) type Objects = Arc<Mutex<BTreeMap<String, String>>>;

/// A store whose bucket, `copies`, is in memory.
pub(crate) async fn in_memory(objects: &Objects) -> Store {
    in_bucket(objects, "copies").await
}

/// The same under another name.
pub(crate) async fn in_bucket(objects: &Objects, bucket: &str) -> Store {
    let objects = Arc::clone(objects);
    let http_client = infallible_client_fn(move |request| {
        let path = request.uri().path().to_owned();
        let mut objects = objects.lock().expect("is not poisoned");
        let (status, body) = if request.method() == "PUT" {
            let text = request.body().bytes().expect("is in memory").to_vec();
            objects.insert(path, String::from_utf8(text).expect("is text"));
            (200, String::new())
        } else if path.starts_with("/elsewhere/") {
            let code = path.rsplit('/').next().unwrap_or_default();
            let error = format!("<Error><Code>{code}</Code><Message>elsewhere</Message></Error>");
            (301, error)
        } else {
            match objects.get(&path) {
                Some(text) => (200, text.clone()),
                None => (
                    404,
                    "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>".into(),
                ),
            }
        };
        let status = status.try_into().expect("is a status");
        let mut answer = HttpResponse::new(status, SdkBody::from(body));
        answer
            .headers_mut()
            .insert("x-amz-bucket-region", "eu-west-1");
        answer.try_into_http1x().expect("is an answer")
    });
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region("us-east-1")
        .endpoint_url("http://localhost")
        .credentials_provider(Credentials::for_tests())
        .http_client(http_client)
        .load()
        .await;
    Store::new(&config, bucket.to_owned())
}

#[tokio::test]
async fn what_is_written_is_read_again() {
    let store = in_memory(&Objects::default()).await;
    let object = store.write("a/b.jsonl", "text".to_owned()).await;
    let object = object.expect("is written");
    assert_eq!(store.url(&object), "s3://copies/a/b.jsonl");
    assert_eq!(store.read(&object).await, Ok("text".to_owned()));
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let store = in_memory(&Objects::default()).await;
    let key = "none.csv".to_owned();
    let error = store.read(&Object { bucket: None, key }).await;
    assert_eq!(
        error,
        Err(Error::invalid_request(
            "Reading s3://copies/none.csv: NoSuchKey".to_owned()
        ))
    );
}

#[tokio::test]
async fn what_is_kept_for_some_days_only_says_so_when_it_is_gone() {
    let store = in_memory(&Objects::default()).await;
    let key = "batches/one/copies.jsonl".to_owned();
    let gone = Object { bucket: None, key };
    let says = "Reading s3://copies/batches/one/copies.jsonl: NoSuchKey. What a batch writes is \
                kept for BatchRetentionDays: start the batch again";
    let expected = Err(Error::invalid_request(says));
    assert_eq!(store.read(&gone).await.map(|_| ()), expected);
    assert_eq!(store.read_lines(&gone, |_| Ok(())).await, expected);
}

#[tokio::test]
async fn a_bucket_of_another_region_is_named_as_such() {
    let store = in_memory(&Objects::default()).await;
    for code in ["PermanentRedirect", "AuthorizationHeaderMalformed"] {
        let object = Object {
            bucket: Some("elsewhere".to_owned()),
            key: code.to_owned(),
        };
        let says = format!(
            "Reading s3://elsewhere/{code}: {code}: the bucket is in eu-west-1; a manifest must be \
             in a bucket of the stack's Region"
        );
        assert_eq!(store.read(&object).await, Err(Error::invalid_request(says)));
    }
}

/// An answer comes in chunks, so a line may be longer than one.
#[tokio::test]
async fn lines_are_read_one_by_one() {
    let store = in_memory(&Objects::default()).await;
    let long = "語".repeat(100_000);
    for (text, expected) in [
        ("a\nb\n", vec!["a", "b", ""]),
        (&format!("{long}\n\n{long}"), vec![&long, "", &long]),
        ("", vec![""]),
    ] {
        let object = store.write("lines", text.to_owned()).await;
        let mut lines = Vec::new();
        let each = |line: &str| {
            lines.push(line.to_owned());
            Ok(())
        };
        let read = store.read_lines(&object.expect("is written"), each).await;
        assert_eq!(
            (read, lines),
            (Ok(()), expected.into_iter().map(str::to_owned).collect())
        );
    }
}
