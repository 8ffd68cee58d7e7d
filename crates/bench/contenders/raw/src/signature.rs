//! Signature Version 4 of a `CopyProduct` request.

use std::env;

use anyhow::Result;
use jiff::Timestamp;
use ring::{digest, hmac};

const TARGET: &str = "AWS242ServiceCatalogService.CopyProduct";
const TYPE: &str = "application/x-amz-json-1.1";
const SIGNED: &str = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target";

pub(crate) struct Signer {
    host: String,
    region: String,
    access_key: String,
    secret_key: String,
    session_token: String,
}

impl Signer {
    pub(crate) fn from_env(host: &str) -> Result<Self> {
        Ok(Self {
            host: host.to_owned(),
            region: env::var("AWS_REGION")?,
            access_key: env::var("AWS_ACCESS_KEY_ID")?,
            secret_key: env::var("AWS_SECRET_ACCESS_KEY")?,
            session_token: env::var("AWS_SESSION_TOKEN")?,
        })
    }

    /// The head of a signed request with this body.
    pub(crate) fn head(&self, body: &str) -> String {
        let Self {
            host,
            region,
            access_key,
            session_token,
            ..
        } = self;
        let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        let date = &time[..8];
        let scope = format!("{date}/{region}/servicecatalog/aws4_request");
        let canonical = format!(
            "POST\n/\n\ncontent-type:{TYPE}\nhost:{host}\nx-amz-date:{time}\n\
             x-amz-security-token:{session_token}\nx-amz-target:{TARGET}\n\n{SIGNED}\n{}",
            sha256(body)
        );
        let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256(&canonical));
        let secret = format!("AWS4{}", self.secret_key);
        let parts = [
            date,
            region.as_str(),
            "servicecatalog",
            "aws4_request",
            &to_sign,
        ];
        let signature = parts
            .iter()
            .fold(secret.into_bytes(), |key, part| hmac(&key, part));
        let signature = hex::encode(signature);
        format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {TYPE}\r\nX-Amz-Date: {time}\r\n\
             X-Amz-Security-Token: {session_token}\r\nX-Amz-Target: {TARGET}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={access_key}/{scope}, \
             SignedHeaders={SIGNED}, Signature={signature}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
    }
}

fn sha256(text: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}
