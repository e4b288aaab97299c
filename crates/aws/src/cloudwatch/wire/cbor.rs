//! CBOR: what the SDK for Rust speaks.

use ciborium::Value as Cbor;
use serde_json::{Map, Value, json};

use super::{is_time, malformed, seconds, text};
use crate::cloudwatch::ServiceError;

/// RFC 8949's tag of seconds since 1970.
const TIME: u64 = 1;

/// Reads a map.
pub(super) fn read(body: &[u8]) -> Result<Value, ServiceError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    from_cbor(ciborium::from_reader(body).map_err(malformed)?)
}

fn from_cbor(value: Cbor) -> Result<Value, ServiceError> {
    Ok(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(value) => json!(value),
        Cbor::Integer(value) => json!(i64::try_from(value).map_err(malformed)?),
        Cbor::Float(value) if value.is_finite() => json!(value),
        Cbor::Text(value) => Value::String(value),
        Cbor::Array(items) => items.into_iter().map(from_cbor).collect::<Result<_, _>>()?,
        Cbor::Map(members) => {
            let mut object = Map::new();
            for (name, value) in members {
                let name = name.into_text().map_err(|_| malformed("a member's name is not text"))?;
                object.insert(name, from_cbor(value)?);
            }
            Value::Object(object)
        }
        Cbor::Tag(TIME, value) => {
            let time = from_cbor(*value)?.as_f64().and_then(text);
            Value::String(time.ok_or_else(|| malformed("not a time"))?)
        }
        other => return Err(malformed(format!("{other:?} is nothing CloudWatch takes"))),
    })
}

/// Writes a value.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let mut body = Vec::new();
    // Writing into memory fails only on values that cannot be made here.
    if let Err(error) = ciborium::into_writer(&to_cbor(value, false), &mut body) {
        tracing::error!(%error, "an answer of CloudWatch could not be written");
    }
    body
}

fn to_cbor(value: &Value, time: bool) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Cbor::Integer(integer.into()),
            None => Cbor::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(value) => match seconds(value).filter(|_| time) {
            Some(seconds) => Cbor::Tag(TIME, Box::new(Cbor::Float(seconds))),
            None => Cbor::Text(value.clone()),
        },
        Value::Array(items) => Cbor::Array(items.iter().map(|item| to_cbor(item, time)).collect()),
        Value::Object(members) => Cbor::Map(
            members.iter().map(|(name, value)| (Cbor::Text(name.clone()), to_cbor(value, is_time(name)))).collect(),
        ),
    }
}
