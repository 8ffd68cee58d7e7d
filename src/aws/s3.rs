//! Objects in S3: what a batch reads and writes.

use std::{error::Error as StdError, time::Duration};

use super::sdk::{CallLimits, not_built, reasons};
use crate::{
    error::{Error, Service},
    request::{Object, limits},
};
use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectOutput,
    primitives::ByteStreamError,
};
use aws_smithy_runtime_api::http::Response;
use tokio::time::timeout;

const LIMITS: CallLimits = CallLimits {
    // A list of 10,000 copies is some megabytes.
    attempt: Duration::from_secs(12),
    operation: Duration::from_secs(25),
    attempts: 3,
};

/// What the keys of a batch start with.
pub const BATCHES: &str = "batches/";

/// In which Region a bucket is.
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// The largest object that is read as a whole, in bytes.
pub const MAX_OBJECT: usize = 32 << 20;

/// The longest line of an object that is read line by line: an execution's output has 256 KiB.
pub const MAX_LINE: usize = 1 << 20;

/// Longest time to read an object: less than half of the function's 60 s.
const READ: Duration = Duration::from_secs(25);

/// Codes of S3 for a bucket of another Region than the one that is asked.
const ELSEWHERE: [&str; 4] = [
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "TemporaryRedirect",
];

/// The stack's own bucket, and those that let the function read.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    bucket: String,
    /// Tests wait no longer than they have to.
    read: Duration,
}

impl Store {
    /// Takes credentials, Region, endpoints and HTTP client from `config`; `bucket` is the stack's.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: String) -> Self {
        let config = LIMITS.apply(config);
        let config = aws_sdk_s3::config::Builder::from(&config)
            // A custom endpoint has no name for each bucket.
            .force_path_style(config.endpoint_url().is_some());
        Self {
            client: Client::from_conf(config.build()),
            bucket,
            read: READ,
        }
    }

    /// Where an object is, as a person writes it.
    #[must_use]
    pub fn url(&self, object: &Object) -> String {
        let bucket = object.bucket.as_deref().unwrap_or(&self.bucket);
        format!("s3://{bucket}/{}", object.key)
    }

    /// Whether an object is in the stack's bucket.
    #[must_use]
    pub fn is_own(&self, object: &Object) -> bool {
        object.bucket.as_ref().is_none_or(|it| *it == self.bucket)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// `InvalidRequest` where there is no such object, or it is no UTF-8 or larger than
    /// [`MAX_OBJECT`]; errors of S3.
    pub async fn read(&self, object: &Object) -> Result<String, Error> {
        let text = self.find(object).await?;
        text.ok_or_else(|| self.absent(object))
    }

    /// Reads a text, if there is one.
    ///
    /// # Errors
    /// `InvalidRequest` where there is no such bucket, or it is no UTF-8 or larger than
    /// [`MAX_OBJECT`]; errors of S3.
    pub async fn find(&self, object: &Object) -> Result<Option<String>, Error> {
        let Some(answer) = self.get(object).await? else {
            return Ok(None);
        };
        let length = usize::try_from(answer.content_length.unwrap_or_default());
        if length.is_ok_and(|length| length > MAX_OBJECT) {
            return Err(self.too_large(object));
        }
        let mut body = answer.body;
        let mut text = Vec::new();
        let read = async {
            while let Some(chunk) = body.next().await {
                let chunk = chunk.map_err(|error| self.broken_off(object, &error))?;
                if text.len() + chunk.len() > MAX_OBJECT {
                    return Err(self.too_large(object));
                }
                text.extend_from_slice(&chunk);
            }
            Ok(())
        };
        let read = timeout(self.read, read).await;
        read.unwrap_or_else(|_| Err(self.too_slow(object)))?;
        let text = String::from_utf8(text);
        Ok(Some(text.map_err(|_| self.not_utf8(object))?))
    }

    /// Reads the lines of a text one by one, so that it may be larger than the function's memory.
    ///
    /// # Errors
    /// `InvalidRequest` where there is no such object, or it is no UTF-8; errors of S3, and of `each`.
    pub async fn read_lines(
        &self,
        object: &Object,
        mut each: impl FnMut(&str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let answer = self.get(object).await?;
        let mut body = answer.ok_or_else(|| self.absent(object))?.body;
        let mut line = |bytes: &[u8]| {
            let line = str::from_utf8(bytes);
            each(line.map_err(|_| self.not_utf8(object))?)
        };
        let mut begun = Vec::new();
        let read = async {
            while let Some(chunk) = body.next().await {
                let chunk = chunk.map_err(|error| self.broken_off(object, &error))?;
                let mut parts = chunk.split(|byte| *byte == b'\n');
                begun.extend_from_slice(parts.next().unwrap_or_default());
                for part in parts {
                    line(&begun)?;
                    begun = part.to_vec();
                }
                if begun.len() > MAX_LINE {
                    return Err(Error::invalid_request(format!(
                        "{} must have lines of at most {MAX_LINE} bytes",
                        self.url(object)
                    )));
                }
            }
            line(&begun)
        };
        let read = timeout(self.read, read).await;
        read.unwrap_or_else(|_| Err(self.too_slow(object)))
    }

    async fn get(&self, object: &Object) -> Result<Option<GetObjectOutput>, Error> {
        let bucket = object.bucket.as_ref().unwrap_or(&self.bucket);
        limits::BUCKET.check("Bucket", bucket)?;
        limits::OBJECT_KEY.check("Key", &object.key)?;
        let get = self.client.get_object().bucket(bucket).key(&object.key);
        match get.send().await {
            Err(error) if error.code() == Some("NoSuchKey") => Ok(None),
            answer => answer
                .map(Some)
                .map_err(|error| explain(&error, &format!("Reading {}", self.url(object)))),
        }
    }

    fn too_large(&self, object: &Object) -> Error {
        let url = self.url(object);
        Error::invalid_request(format!("{url} must be at most {MAX_OBJECT} bytes"))
    }

    fn too_slow(&self, object: &Object) -> Error {
        let reason = format!("it was not read within {:?}", self.read);
        Error::no_answer(Service::S3, &reason)
            .while_doing(format_args!("Reading {}", self.url(object)))
    }

    fn absent(&self, object: &Object) -> Error {
        let mut message = format!("Reading {}: NoSuchKey", self.url(object));
        if object.key.starts_with(BATCHES) {
            message +=
                ". What a batch writes is kept for BatchRetentionDays: start the batch again";
        }
        Error::invalid_request(message)
    }

    fn not_utf8(&self, object: &Object) -> Error {
        Error::invalid_request(format!("{} must be UTF-8", self.url(object)))
    }

    fn broken_off(&self, object: &Object, error: &ByteStreamError) -> Error {
        Error::no_answer(Service::S3, &reasons(error))
            .while_doing(format_args!("Reading {}", self.url(object)))
    }

    /// Writes a text into the stack's bucket.
    ///
    /// # Errors
    /// errors of S3.
    pub async fn write(&self, key: &str, text: String) -> Result<Object, Error> {
        let object = Object {
            bucket: Some(self.bucket.clone()),
            key: key.to_owned(),
        };
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .body(text.into_bytes().into())
            .send()
            .await
            .map_err(|error| explain(&error, &format!("Writing {}", self.url(&object))))?;
        Ok(object)
    }
}

fn explain<E>(error: &SdkError<E, Response>, doing: &str) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let Some(error) = not_built(error) {
        return error.while_doing(doing);
    }
    let answered = match (error.code(), error.raw_response()) {
        (Some("NoSuchBucket"), _) => Error::invalid_request("NoSuchBucket"),
        (Some(code), Some(response)) if ELSEWHERE.contains(&code) => {
            let region = response.headers().get(BUCKET_REGION);
            let region = region.unwrap_or("another Region");
            Error::invalid_request(format!(
                "{code}: the bucket is in {region}; a manifest must be in a bucket of the stack's Region"
            ))
        }
        (Some(code), Some(response)) => {
            let message = error.message().unwrap_or("no message");
            Error::from_service(Service::S3, code, response.status().as_u16(), message)
        }
        _ => Error::no_answer(Service::S3, &reasons(error)),
    };
    answered.while_doing(doing)
}

#[cfg(test)]
pub(crate) mod tests;
