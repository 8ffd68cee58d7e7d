//! CBOR ⇄ JSON members.

use ciborium::Value as Cbor;
use serde_json::{Map, Number, Value};

/// The tag of a time in seconds since 1970.
const EPOCH: u64 = 1;
/// The members that are times.
const TIMES: [&str; 1] = ["CreatedTime"];

/// The members of a request. One without members may have no body.
pub(super) fn read(body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Map::new().into());
    }
    let value: Cbor = ciborium::from_reader(body).map_err(|error| error.to_string())?;
    json(value)
}

/// The body of an answer.
pub(super) fn written(members: &Value) -> Vec<u8> {
    let mut body = Vec::new();
    let written = ciborium::into_writer(&cbor(members), &mut body);
    written.expect("a vector takes every byte");
    body
}

fn json(value: Cbor) -> Result<Value, String> {
    match value {
        Cbor::Null => Ok(Value::Null),
        Cbor::Bool(value) => Ok(value.into()),
        Cbor::Text(text) => Ok(text.into()),
        Cbor::Integer(number) => {
            let number = i64::try_from(number);
            number.map(Value::from).map_err(|error| error.to_string())
        }
        Cbor::Float(number) => {
            let number = Number::from_f64(number).ok_or("a number must be finite");
            Ok(number?.into())
        }
        Cbor::Tag(EPOCH, time) => json(*time),
        Cbor::Array(items) => items.into_iter().map(json).collect(),
        Cbor::Map(entries) => {
            let members = entries.into_iter().map(|(name, value)| {
                let name = name.into_text();
                let name = name.map_err(|_| "the name of a member must be a text".to_owned())?;
                Ok((name, json(value)?))
            });
            Ok(Value::Object(members.collect::<Result<_, String>>()?))
        }
        other => Err(format!("no member is {other:?}")),
    }
}

fn cbor(value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => (*value).into(),
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => number.into(),
            (None, number) => number.unwrap_or_default().into(),
        },
        Value::Array(items) => items.iter().map(cbor).collect::<Vec<_>>().into(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let is_time = TIMES.contains(&name.as_str());
                let value = match cbor(value) {
                    time if is_time => Cbor::Tag(EPOCH, Box::new(time)),
                    value => value,
                };
                (name.as_str().into(), value)
            });
            Cbor::Map(members.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let members = json!({
            "Text": "ä", "List": [1, -7, 2.5, true, null], "CreatedTime": 1_700_000_000,
            "Map": { "Empty": {}, "None": [] },
        });
        assert_eq!(read(&written(&members)), Ok(members));
        assert_eq!(read(b""), Ok(json!({})));
    }

    #[test]
    fn a_time_has_the_tag_of_times() {
        let body = written(&json!({ "CreatedTime": 1 }));
        assert_eq!(body, b"\xa1\x6bCreatedTime\xc1\x01");
    }

    #[test]
    fn what_is_no_cbor_or_no_member_is_refused() {
        for body in [
            // A map that breaks off, a number for a name, bytes, another tag, what is not finite.
            &b"\xbf"[..],
            b"\xa1\x01\x01",
            b"\xa1\x61a\x41a",
            b"\xa1\x61a\xc2\x01",
            b"\xa1\x61a\xf9\x7c\x00",
        ] {
            assert!(read(body).is_err(), "{body:?}");
        }
    }
}
