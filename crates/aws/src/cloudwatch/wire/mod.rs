//! The three ways to speak with CloudWatch: rpc-v2-cbor, awsJson1.0 and Query. In between stands one JSON value in AWS's
//! spelling, with times as RFC 3339 text.

mod cbor;
mod query;

use std::{borrow::Cow, io::Read as _};

use flate2::read::GzDecoder;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
    request::Parts,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{ServiceError, check::check, table};

/// The service's name on the wire, older than CloudWatch's own.
const SERVICE: &str = "GraniteServiceVersion20100801";
/// The version of the Query protocol.
const VERSION: &str = "2010-08-01";
/// The namespace of the Query protocol's answers.
const NAMESPACE: &str = "http://monitoring.amazonaws.com/doc/2010-08-01/";

/// How the caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `smithy-protocol: rpc-v2-cbor`, as the SDK for Rust.
    Cbor,
    /// `X-Amz-Target`, as the AWS CLI.
    Json,
    /// A form, as older tools.
    Query,
}

/// A request, read.
#[derive(Debug)]
pub struct Request {
    /// How it came, and how to answer.
    pub protocol: Protocol,
    /// The operation's name.
    pub operation: String,
    pub input: Result<Value, ServiceError>,
}

/// Reads a request, and holds its input against what the operation takes.
#[must_use]
pub fn read(parts: &Parts, body: &[u8]) -> Request {
    let Request { protocol, operation, input } = read_any(parts, body);
    let input = input.and_then(|input| check(&operation, input));
    Request { protocol, operation, input }
}

/// Reads a request of any operation, whatever its input is: for whoever only asks what it is about.
#[must_use]
pub fn read_any(parts: &Parts, body: &[u8]) -> Request {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let body = plain(&parts.headers, body);
    let (protocol, operation, input) = if header("smithy-protocol") == Some("rpc-v2-cbor") {
        let operation = parts.uri.path().strip_prefix(&format!("/service/{SERVICE}/operation/")).unwrap_or_default();
        (Protocol::Cbor, operation.to_owned(), body.and_then(|body| cbor::read(&body)))
    } else if let Some(target) = header("x-amz-target") {
        let operation = target.strip_prefix(SERVICE).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
        let input = body.and_then(|body| serde_json::from_slice(&body).map_err(malformed));
        (Protocol::Json, operation.to_owned(), input.map(times_as_text))
    } else {
        match body {
            Ok(body) => {
                let (operation, input) = query::read(&body);
                (Protocol::Query, operation, input)
            }
            Err(error) => (Protocol::Query, String::new(), Err(error)),
        }
    };
    Request { protocol, operation, input }
}

/// A body as it was before the SDK compressed it, which it does from 10 KB on.
///
/// # Errors
/// Another encoding than gzip, no gzip at all, or more than fits here.
pub fn plain<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<Cow<'a, [u8]>, ServiceError> {
    let Some(encoding) = headers.get(CONTENT_ENCODING) else { return Ok(Cow::Borrowed(body)) };
    if encoding != "gzip" {
        return Err(malformed(format!("content-encoding {encoding:?} is not supported: gzip is")));
    }
    let mut unpacked = Vec::new();
    // A byte more than what is taken: whether there is more shows only in what is read.
    let mut unpacking = GzDecoder::new(body).take(LARGEST_UNPACKED + 1);
    unpacking.read_to_end(&mut unpacked).map_err(|error| malformed(format!("the body is no gzip: {error}")))?;
    if unpacked.len() as u64 > LARGEST_UNPACKED {
        let message = format!("The body is larger than {LARGEST_UNPACKED} bytes when it is unpacked.");
        return Err(ServiceError { code: "RequestEntityTooLarge", message, status: 413 });
    }
    Ok(Cow::Owned(unpacked))
}

/// Ten times what CloudWatch takes as it is sent: as much as a thousand data with everything in them need.
const LARGEST_UNPACKED: u64 = 10 * 1024 * 1024;

fn malformed(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::new("SerializationException", error.to_string())
}

/// Writes an answer.
#[must_use]
pub fn write(
    protocol: Protocol,
    operation: &str,
    answer: &Result<Option<Value>, ServiceError>,
    request_id: &str,
) -> Response<Vec<u8>> {
    let (content_type, body) = match (protocol, answer) {
        (Protocol::Cbor, Ok(None)) => ("application/cbor", Vec::new()),
        (Protocol::Cbor, Ok(Some(output))) => ("application/cbor", cbor::write(output)),
        (Protocol::Cbor, Err(error)) => ("application/cbor", cbor::write(&told(error))),
        (Protocol::Json, Ok(None)) => ("application/x-amz-json-1.0", Vec::new()),
        (Protocol::Json, Ok(Some(output))) => {
            ("application/x-amz-json-1.0", times_as_numbers(output.clone()).to_string().into_bytes())
        }
        (Protocol::Json, Err(error)) => ("application/x-amz-json-1.0", told(error).to_string().into_bytes()),
        (Protocol::Query, Ok(output)) => ("text/xml", query::write(operation, output.as_ref(), request_id)),
        (Protocol::Query, Err(error)) => ("text/xml", query::write_error(error, request_id)),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if protocol == Protocol::Cbor {
        headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    }
    if let Err(error) = answer {
        // Callers that knew the Query protocol's codes find them here.
        if let Ok(code) = HeaderValue::from_str(&format!("{};{}", error.code, sender(error))) {
            headers.insert("x-amzn-query-error", code);
        }
        *response.status_mut() = StatusCode::from_u16(error.status).unwrap_or_default();
    }
    response
}

fn sender(error: &ServiceError) -> &'static str {
    if error.status < 500 { "Sender" } else { "Receiver" }
}

/// An error in JSON and CBOR: the name of its shape, which is not always its code in the Query protocol.
fn told(error: &ServiceError) -> Value {
    let shape = match error.code {
        "InvalidParameterValue" => "InvalidParameterValueException",
        "InvalidParameterCombination" => "InvalidParameterCombinationException",
        "MissingParameter" => "MissingRequiredParameterException",
        "InvalidFormat" => "InvalidFormatFault",
        "InvalidAction" => "UnknownOperationException",
        "AccessDenied" => "AccessDeniedException",
        other => other,
    };
    json!({ "__type": format!("com.amazonaws.cloudwatch#{shape}"), "message": error.message })
}

/// The members that are times.
fn is_time(name: &str) -> bool {
    matches!(name, "StartTime" | "EndTime" | "StartDate" | "EndDate" | "Timestamps") || name.ends_with("Timestamp")
}

/// Seconds since 1970 with a fraction, as JSON and CBOR send times.
fn seconds(text: &str) -> Option<f64> {
    let time: Timestamp = text.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century fit")]
    let milliseconds = time.as_millisecond() as f64;
    Some(milliseconds / 1000.0)
}

/// The other way round.
fn text(seconds: f64) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range is no time, and refused by jiff")]
    let milliseconds = (seconds * 1000.0).round() as i64;
    Timestamp::from_millisecond(milliseconds).ok().map(|time| time.to_string())
}

fn times_as_text(value: Value) -> Value {
    convert(value, false, &|value| value.as_f64().and_then(text).map_or(value, Value::String))
}

fn times_as_numbers(value: Value) -> Value {
    convert(value, false, &|value| value.as_str().and_then(seconds).map_or(value.clone(), |seconds| json!(seconds)))
}

fn convert(value: Value, time: bool, change: &impl Fn(Value) -> Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let time = is_time(&name);
                (name, convert(value, time, change))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.into_iter().map(|item| convert(item, time, change)).collect(),
        value if time => change(value),
        value => value,
    }
}

/// Whether an operation is emulated.
#[must_use]
pub fn is_emulated(operation: &str) -> bool {
    table::members(operation).is_some()
}
