//! The load balancer's event, before anything else sees it.
//!
//! `lambda_http` 1.3 panics on a `Host`, `X-Forwarded-Proto` or base64 body that is none, and on an address of 64 KB or
//! thirty thousand headers, so these are checked here.
//! What it then gets is the event with all headers in one form and without what it builds an address from and nobody
//! reads: host, scheme and query, of which only a language, the time of what was seen and the name of a device stay.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::{Map, Value, json};
use vpn_core::Error;

use crate::{
    again::{AGAIN, KEEP},
    profiles::{DEVICE, Device},
    request::SEEN,
    visitor::PARAMETER,
};

/// A load balancer takes a request line of 16 KB, and headers of 64 KB in all:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html>. Whoever else invokes
/// the function may send six megabytes. An encoded byte of a path is three.
const PATH_AT_MOST: usize = 16 * 1024;
const HEADERS_AT_MOST: usize = 4 * 1024;
/// More than any language or time has.
const PARAMETER_AT_MOST: usize = 32;

/// How this target group writes headers: one value each, or lists (`lambda.multi_value_headers.enabled`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `headers`.
    Single,
    Multi,
}

/// What came.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// A request that can be handed on.
    Request(Form, Value),
    /// None: to be answered with `400`. Says why.
    Bad(Form, &'static str),
}

/// Checks an event.
///
/// # Errors
/// [`Error::Event`] when it does not come from a load balancer: there is nobody to answer.
pub fn check(event: Value) -> Result<Checked, Error> {
    let Value::Object(event) = event else {
        return Err(Error::Event("it is not a JSON object".to_owned()));
    };
    if !event.get("requestContext").is_some_and(|context| context.get("elb").is_some_and(Value::is_object)) {
        return Err(Error::Event("it does not come from a load balancer: requestContext.elb is missing".to_owned()));
    }
    let form = if event.contains_key("multiValueHeaders") { Form::Multi } else { Form::Single };
    Ok(match normal(&event) {
        Ok(request) => Checked::Request(form, request),
        Err(why) => Checked::Bad(form, why),
    })
}

fn normal(event: &Map<String, Value>) -> Result<Value, &'static str> {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let method = text("httpMethod")
        .and_then(|method| method.parse::<Method>().ok())
        .ok_or("httpMethod is missing or not an HTTP method")?;
    let path = text("path")
        .filter(|path| path.starts_with('/') && path.len() <= PATH_AT_MOST)
        .ok_or("path is missing, does not begin with / or is longer than a load balancer takes")?;
    let mut headers = all_headers(event)?;
    for (name, check) in [("host", is_host as fn(&str) -> bool), ("x-forwarded-proto", is_scheme)] {
        match headers.remove(name).as_deref() {
            None => {}
            Some([value]) if value.as_str().is_some_and(check) => {}
            Some(_) => return Err("the header Host or X-Forwarded-Proto is repeated or not valid"),
        }
    }
    let base64 = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
    let body = match event.get("body") {
        None | Some(Value::Null) => None,
        Some(Value::String(body)) if !base64 || STANDARD.decode(body).is_ok() => Some(body),
        Some(_) => return Err("the body is not text, or not the base64 that isBase64Encoded says"),
    };
    Ok(json!({
        "requestContext": event.get("requestContext"),
        "httpMethod": method.as_str(),
        "path": path,
        "multiValueQueryStringParameters": query(event),
        "multiValueHeaders": headers,
        "body": body,
        "isBase64Encoded": base64,
    }))
}

/// The language that the address chooses, and the time of what the page has seen, each if it is one word, and a device:
/// nothing else of the query is read.
fn query(event: &Map<String, Value>) -> BTreeMap<&'static str, [&str; 1]> {
    let is_word = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let word = |name| one(event, name).filter(|text| text.len() <= PARAMETER_AT_MOST && is_word(text));
    let mut read: BTreeMap<_, _> =
        [PARAMETER, SEEN, AGAIN, KEEP].into_iter().filter_map(|name| Some((name, [word(name)?]))).collect();
    if names(event, DEVICE) {
        // Of what is none something stays: whoever names a device is not given another one.
        read.insert(DEVICE, [one(event, DEVICE).filter(|text| Device::parse(text).is_some()).unwrap_or_default()]);
    }
    read
}

/// Whether the address has this parameter at all.
fn names(event: &Map<String, Value>, name: &str) -> bool {
    let listed = [event.get("multiValueQueryStringParameters"), event.get("queryStringParameters")];
    listed.into_iter().flatten().any(|listed| listed.get(name).is_some())
}

/// The one value of a parameter.
fn one<'a>(event: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let multi = event.get("multiValueQueryStringParameters").and_then(|listed| listed.get(name));
    let single = event.get("queryStringParameters").and_then(|listed| listed.get(name));
    let value = match multi.and_then(Value::as_array).map(Vec::as_slice) {
        Some([value]) => value,
        Some(_) => return None,
        None => single?,
    };
    value.as_str()
}

/// All headers by their lower-case name, whichever form they came in, each with all its values.
fn all_headers(event: &Map<String, Value>) -> Result<BTreeMap<String, Vec<Value>>, &'static str> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for form in ["multiValueHeaders", "headers"] {
        let listed = match event.get(form) {
            None | Some(Value::Null) => continue,
            Some(Value::Object(listed)) => listed,
            Some(_) => return Err("the headers are not a JSON object"),
        };
        for (name, value) in listed {
            let values = match value {
                Value::Array(values) => values.clone(),
                value => vec![value.clone()],
            };
            let known = all.entry(name.to_ascii_lowercase()).or_default();
            for value in values {
                let text = value.as_str().ok_or("a value of a header is not text")?;
                let legal =
                    http::HeaderName::from_bytes(name.as_bytes()).is_ok() && http::HeaderValue::from_str(text).is_ok();
                if !legal {
                    return Err("the name or a value of a header is not valid");
                }
                // A load balancer uses one form. An event that has both says the same twice.
                if form == "multiValueHeaders" || !known.contains(&value) {
                    known.push(value);
                }
            }
        }
    }
    if all.values().map(Vec::len).sum::<usize>() > HEADERS_AT_MOST {
        return Err("there are more headers than a load balancer takes");
    }
    Ok(all)
}

fn is_host(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    let authority = text.parse::<http::uri::Authority>();
    !text.is_empty()
        && text.chars().all(legal)
        && authority.is_ok_and(|a| {
            let rest = text.strip_prefix(a.host()).unwrap_or("?");
            !a.host().is_empty() && (rest.is_empty() || rest[1..].parse::<u16>().is_ok())
        })
}

fn is_scheme(text: &str) -> bool {
    text == "http" || text == "https"
}

/// The answer to what is no request, in the form the load balancer reads.
#[must_use]
pub fn bad_request(form: Form) -> Value {
    let answer = json!({
        "statusCode": 400,
        "statusDescription": "400 Bad Request",
        "isBase64Encoded": false,
        "headers": { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
        "multiValueHeaders": { "content-type": ["text/plain; charset=utf-8"], "cache-control": ["no-store"] },
        "body": "400 Bad Request",
    });
    in_form(answer, form)
}

/// An answer with the headers in the one form that the load balancer reads.
#[must_use]
pub fn in_form(mut answer: Value, form: Form) -> Value {
    if let Some(answer) = answer.as_object_mut() {
        answer.remove(match form {
            Form::Single => "multiValueHeaders",
            Form::Multi => "headers",
        });
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_query_only_a_language_and_a_time_stay() {
        for (name, query, language) in [
            ("multiValueQueryStringParameters", json!({ "lang": ["ja"], "x": ["%zz"] }), json!({ "lang": ["ja"] })),
            ("queryStringParameters", json!({ "lang": "zh-CN", "x": "y" }), json!({ "lang": ["zh-CN"] })),
            ("queryStringParameters", json!({ "lang": "ko", "seen": "17" }), json!({ "lang": ["ko"], "seen": ["17"] })),
            ("multiValueQueryStringParameters", json!({ "seen": ["17"] }), json!({ "seen": ["17"] })),
            ("multiValueQueryStringParameters", json!({ "seen": ["17", "18"] }), json!({})),
            ("multiValueQueryStringParameters", json!({ "seen": ["1 7"] }), json!({})),
            ("multiValueQueryStringParameters", json!({ "lang": ["ja", "ko"] }), json!({})),
            ("multiValueQueryStringParameters", json!({ "lang": ["j%61"] }), json!({})),
            ("multiValueQueryStringParameters", json!({ "lang": [7] }), json!({})),
            ("queryStringParameters", json!({ "seen": "7".repeat(32) }), json!({ "seen": ["7".repeat(32)] })),
            ("queryStringParameters", json!({ "seen": "7".repeat(33) }), json!({})),
            ("queryStringParameters", json!({ "device": "my.ipad_2-b" }), json!({ "device": ["my.ipad_2-b"] })),
            ("multiValueQueryStringParameters", json!({ "device": ["../x"] }), json!({ "device": [""] })),
            ("multiValueQueryStringParameters", json!({ "device": ["a", "b"] }), json!({ "device": [""] })),
            ("queryStringParameters", json!({ "device": "a".repeat(24) }), json!({ "device": [""] })),
            ("multiValueQueryStringParameters", json!([]), json!({})),
            ("queryStringParameters", json!({ "lang": null }), json!({})),
            ("queryStringParameters", json!(null), json!({})),
        ] {
            let mut event =
                json!({ "requestContext": { "elb": {} }, "httpMethod": "GET", "path": "/vpn", "headers": {} });
            event[name] = query;
            let Ok(Checked::Request(_, request)) = check(event.clone()) else { panic!("{event}") };
            assert_eq!(request["multiValueQueryStringParameters"], language, "{event}");
        }
    }

    #[test]
    fn an_address_is_read_as_far_as_a_load_balancer_takes_one() {
        let with = |path: &str, seen: &str| {
            check(json!({
                "requestContext": { "elb": {} }, "httpMethod": "GET", "headers": {},
                "path": path, "queryStringParameters": { "seen": seen },
            }))
        };
        for (length, is_read) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
            let checked = with(&format!("/{}", "x".repeat(length - 1)), "1");
            assert_eq!(matches!(checked, Ok(Checked::Request(..))), is_read, "{length}");
        }
        for (length, is_kept) in [(32, true), (33, false)] {
            let Ok(Checked::Request(_, request)) = with("/vpn", &"1".repeat(length)) else { panic!("a request") };
            assert_eq!(request["multiValueQueryStringParameters"].get("seen").is_some(), is_kept, "{length}");
        }
    }

    #[test]
    fn hosts_are_hosts() {
        for good in ["vpn.example.com", "vpn.example.com:8443", "127.0.0.1:80", "[::1]:80", "localhost", "a_b"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", " ", "a b", "a/b", "me@a", "a:port", "a:99999", "a:", ":80", "[::1", "a\\b", "a?b", "ä", "a%zz"]
        {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
