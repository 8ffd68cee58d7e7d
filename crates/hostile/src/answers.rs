//! What a service may answer with.

use fastrand::Rng;

use super::{
    http::answer,
    marks::{FORGED, SECRET},
};

/// A hostile answer.
#[derive(Clone, Debug)]
pub(super) enum Hostile {
    /// These bytes, and the connection is closed.
    Bytes(Vec<u8>),
    /// A redirect of this status to another host.
    Redirect(u16),
    /// A body of 256 MiB without a length.
    Endless,
    /// A byte a second.
    Drip,
    /// Nothing.
    Silence,
    /// A page with a token for one more.
    Pages,
}

/// Classes of answers that come at once.
pub(super) const QUICK: [&str; 10] = [
    "redirects",
    "statuses without a body",
    "codes and messages with control characters",
    "an ExternalId repeated",
    "wrong types",
    "broken JSON, XML and HTTP",
    "bodies nested deep",
    "lists of 1 MiB",
    "credentials that cannot be sent",
    "ids and details of any text",
];

/// Classes of answers that take their time.
pub(super) const SLOW: [&str; 4] = [
    "bodies of 256 MiB",
    "a byte a second",
    "no answer",
    "pages without end",
];

pub(super) fn slow(class: &str) -> Hostile {
    match class {
        "bodies of 256 MiB" => Hostile::Endless,
        "a byte a second" => Hostile::Drip,
        "no answer" => Hostile::Silence,
        _ => Hostile::Pages,
    }
}

pub(super) fn quick(class: &str, rng: &mut Rng) -> Hostile {
    let json = |status: u16, body: &str| Hostile::Bytes(answer(status, "", body.as_bytes()));
    let text = any_text(rng);
    match class {
        "redirects" => Hostile::Redirect(*pick(rng, &[301, 302, 303, 307, 308])),
        "statuses without a body" => json(
            *pick(
                rng,
                &[
                    200, 204, 206, 304, 400, 401, 403, 404, 409, 413, 418, 429, 500, 503, 599,
                ],
            ),
            "",
        ),
        "codes and messages with control characters" => {
            let code = serde_json::json!(format!("Throttling{text}"));
            let status = *pick(rng, &[400, 403, 404, 429, 500]);
            let body = format!(r#"{{"__type":{code},"message":{code}}}"#);
            let xml = format!("<Error><Code>A{text}</Code><Message>{text}</Message></Error>");
            json(status, if rng.bool() { &body } else { &xml })
        }
        "an ExternalId repeated" => {
            let body = format!(
                r#"{{"__type":"ValidationException","message":"Value '{SECRET}' at 'externalId' fails"}}"#
            );
            let xml = format!(
                "<ErrorResponse><Error><Code>ValidationError</Code><Message>{SECRET}</Message></Error></ErrorResponse>"
            );
            let detail = format!(r#"{{"CopyProductStatus":"FAILED","StatusDetail":"{SECRET}"}}"#);
            match rng.u8(0..3) {
                0 => json(400, &body),
                1 => json(400, &xml),
                _ => json(200, &detail),
            }
        }
        "wrong types" => {
            let value = pick(
                rng,
                &[
                    "7",
                    "null",
                    "[]",
                    "{}",
                    "true",
                    "\"\"",
                    "1e400",
                    "-1",
                    "[[]]",
                    "{\"S\":{}}",
                ],
            );
            let member = pick(rng, &MEMBERS);
            json(200, &format!(r#"{{"{member}":{value}}}"#))
        }
        "broken JSON, XML and HTTP" => {
            let bytes = *pick(rng, &BROKEN);
            match rng.u8(0..3) {
                0 => Hostile::Bytes(bytes.to_vec()),
                _ => Hostile::Bytes(answer(200, "", bytes)),
            }
        }
        "bodies nested deep" => {
            let (open, member) = (*pick(rng, &["[", "{\"a\":"]), pick(rng, &MEMBERS));
            json(200, &format!("{{\"{member}\":{}", open.repeat(100_000)))
        }
        "lists of 1 MiB" => {
            let (item, list) = (
                *pick(rng, &["{},", "0,", "\"\",", "[],", "null,"]),
                pick(rng, &MEMBERS),
            );
            let items = item.repeat((1 << 20) / item.len() - 20);
            json(
                200,
                &format!("{{\"{list}\":[{}]}}", items.trim_end_matches(',')),
            )
        }
        "credentials that cannot be sent" => {
            let broken = *pick(rng, &["AKIA&#10;a", "AKIA\u{e9}", "", " ", "a\u{0}b"]);
            json(200, &credentials(broken))
        }
        _ => {
            let text = serde_json::json!(text);
            let body = format!(
                r#"{{"CopyProductToken":{text},"CopyProductStatus":{text},"TargetProductId":{text},"StatusDetail":{text},
                "ProductViewDetail":{{"ProductARN":{text},"ProductViewSummary":{{"Name":{text}}}}},
                "ProvisioningArtifactDetails":[{{"Id":{text},"Name":{text}}}],
                "Attributes":{{"Holder":{{"S":{text}}},"LeaseNumber":{{"N":{text}}},"Call":{{"S":{text}}}}},
                "FailedEntryCount":1,"Entries":[{{"ErrorCode":{text},"ErrorMessage":{text}}}]}}"#
            );
            json(200, &body)
        }
    }
}

/// Members of answers.
const MEMBERS: [&str; 12] = [
    "CopyProductToken",
    "CopyProductStatus",
    "TargetProductId",
    "ProvisioningArtifactDetails",
    "ProductViewDetails",
    "ProductViewDetail",
    "NextPageToken",
    "PortfolioDetails",
    "Attributes",
    "Item",
    "Entries",
    "ResultFiles",
];

const BROKEN: [&[u8]; 9] = [
    b"",
    b"{",
    b"<html>",
    b"\xff\xfe\x00",
    b"{\"a\":\"\xed\xa0\x80\"}",
    b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{",
    b"HTTP/1.1 999999 \r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZZ\r\n",
    b"\r\n\r\n\r\n",
];

pub(super) fn any_text(rng: &mut Rng) -> String {
    let texts = [
        FORGED,
        "\r\nHost: elsewhere.example\r\n\r\n",
        "\u{1b}[31m",
        "\u{202e}\u{2066}",
        "\u{2028}",
        "\u{0}",
        "\\\"}",
        "'; drop table copies; --",
        "../../../../etc/passwd",
        "http://169.254.169.254/",
    ];
    let text = *pick(rng, &texts);
    match rng.u8(0..8) {
        0 => text.repeat(2000),
        _ => format!("{text}{}", "x".repeat(rng.usize(0..50))),
    }
}

pub(super) fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    &from[rng.usize(0..from.len())]
}

fn credentials(key: &str) -> String {
    format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>\
         <SecretAccessKey>a</SecretAccessKey><SessionToken>a</SessionToken>\
         <Expiration>2126-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
}

/// What a service that works would answer.
pub(super) fn good(operation: &str) -> String {
    match operation {
        "AssumeRole" => return credentials("AKIAIOSFODNN7EXAMPLE"),
        "UpdateItem" => r#"{"Attributes":{"Holder":{"S":"a"},"LeaseNumber":{"N":"1"}}}"#,
        "ListProvisioningArtifacts" => {
            r#"{"ProvisioningArtifactDetails":[{"Id":"pa-a","Name":"v1","Active":true}]}"#
        }
        "DescribeProductAsAdmin" => {
            r#"{"ProductViewDetail":{"ProductARN":"arn:a","ProductViewSummary":{"Name":"VPC"}}}"#
        }
        "DescribeProvisioningArtifact" => r#"{"Status":"AVAILABLE"}"#,
        "CopyProduct" => r#"{"CopyProductToken":"copyproduct-a"}"#,
        "DescribeCopyProductStatus" => {
            r#"{"CopyProductStatus":"SUCCEEDED","TargetProductId":"prod-b"}"#
        }
        "PutEvents" => r#"{"FailedEntryCount":0,"Entries":[{"EventId":"a"}]}"#,
        _ => "{}",
    }
    .to_owned()
}
