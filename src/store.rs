//! Objects in S3: what a batch reads and writes.

use std::{error::Error as StdError, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::http::Response;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, NO_ANSWER_CODE},
    sdk::{limited, reasons},
};

/// Longest wait for one answer; a list of 10,000 copies is some megabytes.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// Longest time for one call with its retries, below the function's 60 s.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(40);

/// Calls in all, the first included.
const ATTEMPTS: u32 = 3;

/// The largest object that is read, in bytes.
pub const MAX_OBJECT: i64 = 32 << 20;

/// An object in S3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "PascalCase",
    deny_unknown_fields,
    expecting = "an object"
)]
pub struct Object {
    /// Its bucket; absent: the stack's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Its key.
    pub key: String,
}

/// The stack's own bucket, and those that let the function read.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    bucket: String,
}

impl Store {
    /// Takes credentials, Region, endpoints and HTTP client from `config`; `bucket` is the stack's.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: String) -> Self {
        let config = limited(config, ATTEMPT_TIMEOUT, OPERATION_TIMEOUT, ATTEMPTS);
        let config = aws_sdk_s3::config::Builder::from(&config)
            // A custom endpoint has no name for each bucket.
            .force_path_style(config.endpoint_url().is_some());
        Self {
            client: Client::from_conf(config.build()),
            bucket,
        }
    }

    /// Where an object is, as a person writes it.
    #[must_use]
    pub fn url(&self, object: &Object) -> String {
        let bucket = object.bucket.as_deref().unwrap_or(&self.bucket);
        format!("s3://{bucket}/{}", object.key)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where there is no such object, or it is no UTF-8 or larger than
    /// [`MAX_OBJECT`]; [`Error::Storage`].
    pub async fn read(&self, object: &Object) -> Result<String, Error> {
        let text = self.find(object).await?;
        text.ok_or_else(|| {
            Error::InvalidRequest(format!("Reading {}: NoSuchKey", self.url(object)))
        })
    }

    /// Reads a text, if there is one.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] where there is no such bucket, or it is no UTF-8 or larger than
    /// [`MAX_OBJECT`]; [`Error::Storage`].
    pub async fn find(&self, object: &Object) -> Result<Option<String>, Error> {
        let url = self.url(object);
        let bucket = object.bucket.as_ref().unwrap_or(&self.bucket);
        let get = self.client.get_object().bucket(bucket).key(&object.key);
        let answer = match get.send().await {
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            answer => answer.map_err(|error| explain(&error, &format!("Reading {url}")))?,
        };
        if answer.content_length.is_some_and(|it| it > MAX_OBJECT) {
            return Err(Error::InvalidRequest(format!(
                "{url} must be at most {MAX_OBJECT} bytes"
            )));
        }
        let body = answer
            .body
            .collect()
            .await
            .map_err(|error| Error::Storage {
                code: NO_ANSWER_CODE.to_owned(),
                message: format!("Reading {url}: {error}"),
            })?;
        let text = String::from_utf8(body.to_vec());
        let text = text.map_err(|_| Error::InvalidRequest(format!("{url} must be UTF-8")))?;
        Ok(Some(text))
    }

    /// Writes a text into the stack's bucket.
    ///
    /// # Errors
    /// [`Error::Storage`].
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
    let code = error.code();
    let message = error.message().unwrap_or("no message");
    match (code, error.raw_response()) {
        (Some(code @ "NoSuchBucket"), _) => {
            Error::InvalidRequest(format!("{doing}: {code}: {message}"))
        }
        (Some(code), Some(response)) => Error::from_storage(
            code,
            response.status().as_u16(),
            &format!("{doing}: S3 answered {code}: {message}"),
        ),
        _ => Error::Storage {
            code: NO_ANSWER_CODE.to_owned(),
            message: format!("{doing}: S3 gave no usable answer: {}", reasons(error)),
        },
    }
}

#[cfg(test)]
pub(crate) mod tests;
