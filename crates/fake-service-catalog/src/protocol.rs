use std::collections::BTreeMap;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::{Operation, cbor};

pub(super) type HttpResponse = Response<Full<Bytes>>;

/// How a service puts members on the wire.
#[derive(Clone, Copy)]
pub(super) enum Protocol {
    /// Service Catalog's and `CloudTrail`'s: `awsJson1_1`.
    Json,
    /// Theirs, too: `rpcv2Cbor`, with the operation in the path.
    Cbor,
    /// STS's: a form in, XML out.
    Query,
}

/// A call as it came in.
pub(super) struct Request {
    pub(super) operation: Operation,
    pub(super) members: Value,
    pub(super) access_key: String,
    pub(super) region: String,
}

const TARGET: &str = "x-amz-target";
const SMITHY_PROTOCOL: &str = "smithy-protocol";
const RPC_V2_CBOR: &str = "rpc-v2-cbor";
const SERVICES: [&str; 2] = ["AWS242ServiceCatalogService", "CloudTrail_20131101"];
const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

impl Protocol {
    pub(super) fn of(head: &Parts) -> Self {
        if header(head, SMITHY_PROTOCOL) == RPC_V2_CBOR {
            Self::Cbor
        } else if head.headers.contains_key(TARGET) {
            Self::Json
        } else {
            Self::Query
        }
    }

    pub(super) fn read(self, head: &Parts, body: &[u8]) -> Result<Request, Refusal> {
        let (operation, members) = match self {
            Self::Json => {
                let operation = of_service(header(head, TARGET), ".")?;
                let members = serde_json::from_slice(body)
                    .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
                (operation, members)
            }
            Self::Cbor => {
                let path = head.uri.path();
                let target = path.strip_prefix("/service/").unwrap_or(path);
                let operation = of_service(target, "/operation/")?;
                let members = cbor::read(body)
                    .map_err(|reason| Refusal::new("SerializationException", reason))?;
                (operation, members)
            }
            Self::Query => {
                let form: BTreeMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
                let action = form.get("Action").map_or("", String::as_str);
                (operation(action)?, json!(form))
            }
        };
        let scope = signature_scope(header(head, "authorization"));
        let (access_key, region) = scope.ok_or_else(|| {
            let message = "The request is not signed.";
            Refusal::forbidden("MissingAuthenticationTokenException", message)
        })?;
        Ok(Request {
            operation,
            members,
            access_key,
            region,
        })
    }

    pub(super) fn answer(self, operation: Operation, members: &Value) -> HttpResponse {
        let body = match self {
            Self::Json => members.to_string().into(),
            Self::Cbor => cbor::written(members),
            Self::Query => {
                let result = xml(members);
                format!(
                    r#"<{operation:?}Response xmlns="{STS}"><{operation:?}Result>{result}</{operation:?}Result></{operation:?}Response>"#
                )
                .into()
            }
        };
        self.response(200, body)
    }

    pub(super) fn refusal(self, refusal: &Refusal) -> HttpResponse {
        let (code, message) = (&refusal.code, &refusal.message);
        let body = match self {
            Self::Json => json!({ "__type": code, "Message": message })
                .to_string()
                .into(),
            Self::Cbor => {
                let kind = format!("com.amazonaws.servicecatalog#{code}");
                cbor::written(&json!({ "__type": kind, "message": message }))
            }
            Self::Query => {
                let error = xml(&json!({ "Type": "Sender", "Code": code, "Message": message }));
                format!(r#"<ErrorResponse xmlns="{STS}"><Error>{error}</Error></ErrorResponse>"#)
                    .into()
            }
        };
        self.response(refusal.status, body)
    }

    /// An answer that breaks off.
    pub(super) fn malformed(self) -> HttpResponse {
        let body: &[u8] = match self {
            // The beginning of a map.
            Self::Cbor => b"\xbf",
            Self::Json | Self::Query => b"{\"<",
        };
        self.response(200, body.to_vec())
    }

    fn response(self, status: u16, body: Vec<u8>) -> HttpResponse {
        let content_type = match self {
            Self::Json => "application/x-amz-json-1.1",
            Self::Cbor => "application/cbor",
            Self::Query => "text/xml",
        };
        let mut response = Response::new(Full::from(body));
        if matches!(self, Self::Cbor) {
            let protocol = HeaderValue::from_static(RPC_V2_CBOR);
            response.headers_mut().insert(SMITHY_PROTOCOL, protocol);
        }
        *response.status_mut() = StatusCode::from_u16(status).expect("a three-digit status");
        let content_type = HeaderValue::from_static(content_type);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }
}

/// The members of a request, each of the type that the service model says.
pub(super) fn members<T: DeserializeOwned>(request: &Value) -> Result<T, Refusal> {
    T::deserialize(request)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

fn header<'h>(head: &'h Parts, name: &str) -> &'h str {
    let value = head.headers.get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// The access key and the Region in `AWS4-HMAC-SHA256 Credential=<key>/<date>/<Region>/…`.
fn signature_scope(authorization: &str) -> Option<(String, String)> {
    let (_, credential) = authorization.split_once("Credential=")?;
    let mut parts = credential.split('/');
    let access_key = parts.next()?;
    let region = parts.nth(1)?;
    Some((access_key.to_owned(), region.to_owned()))
}

fn xml(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let element = |(name, value)| format!("<{name}>{}</{name}>", xml(value));
            members.iter().map(element).collect()
        }
        Value::String(text) => text.replace('&', "&amp;").replace('<', "&lt;"),
        other => other.to_string(),
    }
}

/// The operation in `<service><between><operation>`.
fn of_service(target: &str, between: &str) -> Result<Operation, Refusal> {
    let parts = target.split_once(between);
    let known = parts.filter(|(service, _)| SERVICES.contains(service));
    operation(known.map_or(target, |(_, name)| name))
}

fn operation(name: &str) -> Result<Operation, Refusal> {
    Operation::named(name)
        .map_err(|error| Refusal::new("UnknownOperationException", error.to_string()))
}
