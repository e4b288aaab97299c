//! From a Lambda target's answer to HTTP (facts 5.1 to 5.3): what is not well formed is `502` to the browser.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value};

use super::event::{HOP_BY_HOP, LIMIT};

/// Why an answer cannot be passed on. AWS tells nobody but its access log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// More than AWS's limit.
    #[error("the answer has {0} bytes, more than 1 MB")]
    TooLarge(usize),
    /// No JSON object.
    #[error("the answer is not a JSON object")]
    NoObject,
    /// A field is missing or of another kind.
    #[error("{0}")]
    Field(&'static str),
    /// The headers come in the form that the target group's attribute does not ask for.
    #[error("the answer has {found} but the target group's attribute asks for {wanted}")]
    OtherForm {
        /// What there is.
        found: &'static str,
        /// What there should be.
        wanted: &'static str,
    },
    /// A header that HTTP does not allow.
    #[error("the header {0:?} is not valid")]
    Header(String),
}

/// The HTTP answer for a function's payload.
///
/// # Errors
/// [`Malformed`], which the load balancer answers with `502`.
pub fn answer(payload: &[u8], multi_value: bool, method: &Method) -> Result<Response<Bytes>, Malformed> {
    if payload.len() > LIMIT {
        return Err(Malformed::TooLarge(payload.len()));
    }
    let Ok(Value::Object(answer)) = serde_json::from_slice(payload) else { return Err(Malformed::NoObject) };
    let status = answer.get("statusCode").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let status = status
        .filter(|code| (200..600).contains(code))
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or(Malformed::Field("statusCode is not a number from 200 to 599"))?;
    if !matches!(answer.get("statusDescription"), None | Some(Value::Null | Value::String(_))) {
        return Err(Malformed::Field("statusDescription is not text"));
    }
    let body = body(&answer)?;
    let mut headers = headers(&answer, multi_value)?;
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/octet-stream"));
    headers.entry(header::SERVER).or_insert(HeaderValue::from_static("awselb/2.0"));
    let has_no_body = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !has_no_body {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let body = if has_no_body || method == Method::HEAD { Bytes::new() } else { body };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn body(answer: &Map<String, Value>) -> Result<Bytes, Malformed> {
    let text = match answer.get("body") {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err(Malformed::Field("body is not text")),
    };
    match answer.get("isBase64Encoded") {
        None | Some(Value::Null | Value::Bool(false)) => Ok(Bytes::copy_from_slice(text.as_bytes())),
        Some(Value::Bool(true)) => {
            STANDARD.decode(text).map(Bytes::from).map_err(|_| Malformed::Field("body is not base64"))
        }
        Some(_) => Err(Malformed::Field("isBase64Encoded is neither true nor false")),
    }
}

fn headers(answer: &Map<String, Value>, multi_value: bool) -> Result<HeaderMap, Malformed> {
    let filled = |field| match answer.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map).filter(|map| !map.is_empty())),
        Some(_) => Err(Malformed::Field("headers or multiValueHeaders is not a JSON object")),
    };
    let (wanted, other) = if multi_value { ("multiValueHeaders", "headers") } else { ("headers", "multiValueHeaders") };
    let mut headers = HeaderMap::new();
    let Some(map) = filled(wanted)? else {
        return match filled(other)? {
            None => Ok(headers),
            Some(_) => Err(Malformed::OtherForm { found: other, wanted }),
        };
    };
    for (name, value) in map {
        let malformed = || Malformed::Header(name.clone());
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())?;
        let values = match value {
            Value::String(text) if !multi_value => vec![text],
            Value::Array(list) if multi_value => list
                .iter()
                .map(|item| if let Value::String(text) = item { Ok(text) } else { Err(malformed()) })
                .collect::<Result<_, _>>()?,
            _ => return Err(malformed()),
        };
        // The load balancer computes the length and keeps what concerns only its own connection.
        if key == header::CONTENT_LENGTH || HOP_BY_HOP.contains(&key.as_str()) {
            continue;
        }
        for text in values {
            headers.append(&key, HeaderValue::from_str(text).map_err(|_| malformed())?);
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn get(payload: &Value, multi_value: bool) -> Result<Response<Bytes>, Malformed> {
        answer(payload.to_string().as_bytes(), multi_value, &Method::GET)
    }

    #[test]
    fn single_values() {
        let payload = json!({
            "statusCode": 303, "statusDescription": "303 See Other", "isBase64Encoded": false, "body": "é",
            "headers": {"Location": "/vpn", "Content-Type": "text/html", "Content-Length": "99", "Connection": "close"},
            "multiValueHeaders": {"x-other": ["ignored"]},
        });
        let response = get(&payload, false).unwrap();
        assert_eq!(response.status(), 303);
        assert_eq!(response.headers()["location"], "/vpn");
        assert_eq!(response.headers()["content-length"], "2");
        assert!(!response.headers().contains_key("x-other") && !response.headers().contains_key("connection"));
        assert_eq!(response.into_body(), "é".as_bytes());
    }

    #[test]
    fn several_cookies_need_multi_values() {
        let payload = json!({"statusCode": 200, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}, "body": "YQ==",
            "isBase64Encoded": true});
        let response = get(&payload, true).unwrap();
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(response.headers()["content-type"], "application/octet-stream");
        assert_eq!(response.into_body(), "a");
        let found = |found, wanted| Some(Malformed::OtherForm { found, wanted });
        assert_eq!(get(&payload, false).err(), found("multiValueHeaders", "headers"));
        let single = json!({"statusCode": 200, "headers": {"a": "b"}, "multiValueHeaders": {}});
        assert_eq!(get(&single, true).err(), found("headers", "multiValueHeaders"));
    }

    #[test]
    fn a_head_request_and_statuses_without_a_body_get_none() {
        let payload = json!({"statusCode": 200, "body": "abc"}).to_string();
        let response = answer(payload.as_bytes(), false, &Method::HEAD).unwrap();
        assert_eq!((response.headers()["content-length"].as_bytes(), response.body().len()), (&b"3"[..], 0));
        let response = get(&json!({"statusCode": 204, "body": "abc"}), false).unwrap();
        assert_eq!((response.headers().get("content-length"), response.body().len()), (None, 0));
    }

    #[test]
    fn everything_else_is_malformed() {
        for payload in [
            json!("text"),
            json!([]),
            json!({}),
            json!({"statusCode": "200"}),
            json!({"statusCode": 99}),
            json!({"statusCode": 101}),
            json!({"statusCode": 600}),
            json!({"statusCode": 200, "statusDescription": 200}),
            json!({"statusCode": 200, "body": {}}),
            json!({"statusCode": 200, "body": "%", "isBase64Encoded": true}),
            json!({"statusCode": 200, "isBase64Encoded": "true"}),
            json!({"statusCode": 200, "headers": []}),
            json!({"statusCode": 200, "headers": {"a": ["b"]}}),
            json!({"statusCode": 200, "headers": {"a": 1}}),
            json!({"statusCode": 200, "headers": {"a b": "c"}}),
            json!({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}),
        ] {
            assert!(get(&payload, false).is_err(), "{payload}");
        }
        assert!(get(&json!({"statusCode": 200, "multiValueHeaders": {"a": "b"}}), true).is_err());
        assert_eq!(answer(b"", false, &Method::GET).err(), Some(Malformed::NoObject));
    }

    #[test]
    fn one_megabyte_and_no_more() {
        let frame = json!({"statusCode": 200, "body": ""}).to_string().len();
        let sized = |size: usize| get(&json!({"statusCode": 200, "body": "x".repeat(size - frame)}), false);
        assert!(sized(LIMIT).is_ok());
        assert_eq!(sized(LIMIT + 1).err(), Some(Malformed::TooLarge(LIMIT + 1)));
    }
}
