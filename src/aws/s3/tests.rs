//! A bucket in memory, for the tests of what reads and writes it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task,
};

use aws_config::BehaviorVersion;
use aws_sdk_s3::config::{Credentials, http::HttpResponse};
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::HttpRequest,
};
use aws_smithy_types::body::SdkBody;
use hyper::body::{Body, Bytes, Frame};

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

/// A body without a length that ends only when its chunks do.
struct Endless {
    chunk: &'static [u8],
    left: usize,
    /// Whether it stays open at its end, as one does that gives a byte a second.
    drips: bool,
}

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut task::Context<'_>,
    ) -> task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return if self.drips {
                task::Poll::Pending
            } else {
                task::Poll::Ready(None)
            };
        }
        self.left -= 1;
        task::Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(self.chunk)))))
    }
}

/// A store whose every object is this.
fn store_of(chunk: &'static [u8], left: usize, drips: bool) -> Store {
    let http_client = http_client_fn(move |_, _| {
        #[derive(Debug)]
        struct Answers(&'static [u8], usize, bool);
        impl HttpConnector for Answers {
            fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
                let Self(chunk, left, drips) = *self;
                let body = SdkBody::from_body_1_x(Endless { chunk, left, drips });
                let ok = 200.try_into().expect("is a status");
                HttpConnectorFuture::ready(Ok(HttpResponse::new(ok, body)))
            }
        }
        SharedHttpConnector::new(Answers(chunk, left, drips))
    });
    let config = testbed::sdk::config("http://localhost").to_builder();
    let mut store = Store::new(
        &config.http_client(http_client).build(),
        "copies".to_owned(),
    );
    store.read = Duration::from_millis(100);
    store
}

fn object() -> Object {
    Object {
        bucket: None,
        key: "a.jsonl".to_owned(),
    }
}

#[tokio::test]
async fn an_object_without_a_length_is_read_up_to_the_limit() {
    static CHUNK: [u8; 1 << 20] = [b'a'; 1 << 20];
    // A machine at work may take longer than a test waits.
    let store = |left| Store {
        read: READ,
        ..store_of(&CHUNK, left, false)
    };
    let largest = store(32).read(&object()).await;
    assert_eq!(largest.map(|text| text.len()), Ok(MAX_OBJECT));
    let error = store(usize::MAX)
        .read(&object())
        .await
        .expect_err("never ends");
    assert_eq!(error.name(), "InvalidRequest");
    assert!(error.message.contains("at most 33554432 bytes"), "{error}");
    let lines = store(usize::MAX).read_lines(&object(), |_| Ok(())).await;
    let error = lines.expect_err("never ends");
    assert_eq!(error.name(), "InvalidRequest");
    assert!(
        error.message.contains("lines of at most 1048576 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn an_object_that_comes_too_slowly_is_no_answer() {
    let store = store_of(b"a", 3, true);
    let whole = store.read(&object()).await.map(|_| ());
    let lines = store.read_lines(&object(), |_| Ok(())).await;
    for read in [whole, lines] {
        let error = read.expect_err("never ends");
        assert_eq!(error.name(), "S3.SdkClientException");
        assert!(error.message.contains("it was not read within"), "{error}");
    }
}

#[tokio::test]
async fn what_can_be_no_object_is_refused_before_s3_is_asked() {
    let store = in_memory(&Objects::default()).await;
    for (bucket, key) in [
        (None, "k".repeat(1025)),
        (None, String::new()),
        (None, "a\nb".to_owned()),
        (Some("a b"), "a".to_owned()),
        (Some("A"), "a".to_owned()),
        (Some("a..b"), "a".to_owned()),
        (Some("a/../../b"), "a".to_owned()),
    ] {
        let bucket = bucket.map(str::to_owned);
        let error = store
            .read(&Object { bucket, key })
            .await
            .expect_err("is none");
        assert_eq!(error.name(), "InvalidRequest");
        assert!(!error.message.contains("Reading"), "{error}");
    }
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
