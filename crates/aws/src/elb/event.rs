//! From an HTTP request to the event that a Lambda target gets (facts 5.1 to 5.3).

use std::net::SocketAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, request::Parts};
use serde_json::{Map, Value, json};

/// AWS's limit on the request's body and on the answer's JSON: 1 MB.
pub const LIMIT: usize = 1024 * 1024;

/// AWS's limit on addresses in `X-Forwarded-For`; more are answered `463`.
pub const FORWARDED_FOR_LIMIT: usize = 30;

/// Headers that end at the load balancer.
pub const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The user agent of AWS's health checks.
pub const HEALTH_CHECKER: &str = "ELB-HealthChecker/2.0";

/// Who has signed in, as the target is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The signed claims, for `x-amzn-oidc-data`.
    pub data: String,
    /// The subject, for `x-amzn-oidc-identity`.
    pub subject: String,
    /// For `x-amzn-oidc-accesstoken`.
    pub access_token: String,
}

/// What the load balancer itself knows about a request.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// Where it came from.
    pub peer: SocketAddr,
    /// The listener's port.
    pub port: u16,
    /// `http` or `https`.
    pub protocol: &'static str,
    /// Seconds since 1970, and 24 hexadecimal digits: what a new trace id is made of.
    pub trace: (i64, String),
    /// Who has signed in, if anybody.
    pub identity: Option<&'a Identity>,
}

/// The event for a request.
#[must_use]
pub fn event(target_group_arn: &str, multi_value: bool, parts: &Parts, body: &Bytes, arrival: &Arrival<'_>) -> Value {
    let (body, is_base64) = encode(&parts.headers, body);
    let headers = headers(parts, arrival);
    let query = query(parts.uri.query().unwrap_or_default());
    let (headers_field, query_field) = fields(multi_value);
    json!({
        "requestContext": {"elb": {"targetGroupArn": target_group_arn}},
        "httpMethod": parts.method.as_str(),
        "path": parts.uri.path(),
        query_field: collect(multi_value, query),
        headers_field: collect(multi_value, headers),
        "body": body,
        "isBase64Encoded": is_base64,
    })
}

/// The event of a health check: AWS sends hardly anything.
#[must_use]
pub fn health_check(target_group_arn: &str, multi_value: bool) -> Value {
    let (headers_field, query_field) = fields(multi_value);
    json!({
        "requestContext": {"elb": {"targetGroupArn": target_group_arn}},
        "httpMethod": "GET",
        "path": "/",
        query_field: {},
        headers_field: collect(multi_value, vec![("user-agent".to_owned(), HEALTH_CHECKER.to_owned())]),
        "body": "",
        "isBase64Encoded": false,
    })
}

/// Without the headers whose names have anything but letters, digits and hyphens.
pub fn drop_invalid(headers: &mut HeaderMap) {
    let is_valid = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let invalid: Vec<_> = headers.keys().filter(|name| !is_valid(name.as_str())).cloned().collect();
    for name in invalid {
        headers.remove(name);
    }
}

fn fields(multi_value: bool) -> (&'static str, &'static str) {
    if multi_value {
        ("multiValueHeaders", "multiValueQueryStringParameters")
    } else {
        ("headers", "queryStringParameters")
    }
}

/// Lists of values where the attribute is on; otherwise the last one the client sent.
fn collect(multi_value: bool, pairs: Vec<(String, String)>) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        if !multi_value {
            map.insert(name, Value::String(value));
        } else if let Value::Array(values) = map.entry(name).or_insert_with(|| json!([])) {
            values.push(Value::String(value));
        }
    }
    Value::Object(map)
}

/// Parameters exactly as they were sent: the load balancer does not decode them.
fn query(text: &str) -> Vec<(String, String)> {
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn headers(parts: &Parts, arrival: &Arrival<'_>) -> Vec<(String, String)> {
    let replaced = ["x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];
    let mut pairs: Vec<(String, String)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .filter(|(name, _)| !HOP_BY_HOP.contains(&name.as_str()) && !replaced.contains(&name.as_str()))
        // Nobody but the load balancer says who has signed in.
        .filter(|(name, _)| !name.starts_with("x-amzn-oidc-"))
        .collect();
    let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
    if !parts.headers.contains_key("host")
        && let Some(authority) = parts.uri.authority()
    {
        add("host", authority.to_string());
    }
    let mut addresses = forwarded_for(&parts.headers);
    addresses.push(arrival.peer.ip().to_string());
    add("x-forwarded-for", addresses.join(", "));
    add("x-forwarded-proto", arrival.protocol.to_owned());
    add("x-forwarded-port", arrival.port.to_string());
    let (seconds, digits) = &arrival.trace;
    let root = format!("1-{seconds:08x}-{digits}");
    add(
        "x-amzn-trace-id",
        match parts.headers.get("x-amzn-trace-id").and_then(|value| value.to_str().ok()) {
            Some(sent) => format!("Self={root};{sent}"),
            None => format!("Root={root}"),
        },
    );
    if let Some(identity) = arrival.identity {
        add("x-amzn-oidc-accesstoken", identity.access_token.clone());
        add("x-amzn-oidc-identity", identity.subject.clone());
        add("x-amzn-oidc-data", identity.data.clone());
    }
    pairs
}

/// The addresses that proxies before us wrote down.
#[must_use]
pub fn forwarded_for(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all("x-forwarded-for").iter();
    let text = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    text.flat_map(|line| line.split(',').map(|address| address.trim().to_owned()).collect::<Vec<_>>())
        .filter(|address| !address.is_empty())
        .collect()
}

/// Text stays text; everything else, and everything compressed, becomes base64.
fn encode(headers: &HeaderMap, body: &Bytes) -> (String, bool) {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = kind.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&kind.as_str());
    match String::from_utf8(body.to_vec()) {
        Ok(text) if text.is_empty() || (is_text && !headers.contains_key("content-encoding")) => (text, false),
        _ => (STANDARD.encode(body), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(uri: &str, headers: &[(&str, &str)], body: &'static [u8], multi_value: bool) -> Value {
        let mut request = http::Request::builder().method("POST").uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let identity = Identity { data: "d".to_owned(), subject: "s".to_owned(), access_token: "a".to_owned() };
        let arrival = Arrival {
            peer: "127.0.0.9:5000".parse().unwrap(),
            port: 8080,
            protocol: "http",
            trace: (0x5bdb_40ca, "556d8b0c50dc66f0511bf520".to_owned()),
            identity: Some(&identity),
        };
        event("arn:tg", multi_value, &parts, &Bytes::from_static(body), &arrival)
    }

    #[test]
    fn single_values_are_the_last_ones() {
        let event = make(
            "/vpn?&a=1&a=%20x+y&flag&b=c=d",
            &[("Host", "h"), ("cookie", "one=1"), ("cookie", "two=2"), ("content-type", "application/json")],
            b"{}",
            false,
        );
        assert_eq!(event["requestContext"]["elb"]["targetGroupArn"], "arn:tg");
        assert_eq!(event["httpMethod"], "POST");
        assert_eq!(event["path"], "/vpn");
        assert_eq!(event["queryStringParameters"], json!({"a": "%20x+y", "flag": "", "b": "c=d"}));
        assert_eq!(
            event["headers"],
            json!({
                "host": "h", "cookie": "two=2", "content-type": "application/json",
                "x-forwarded-for": "127.0.0.9", "x-forwarded-proto": "http", "x-forwarded-port": "8080",
                "x-amzn-trace-id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
                "x-amzn-oidc-accesstoken": "a", "x-amzn-oidc-identity": "s", "x-amzn-oidc-data": "d",
            })
        );
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("{}"), &json!(false)));
        assert!(event.get("multiValueHeaders").is_none() && event.get("multiValueQueryStringParameters").is_none());
    }

    #[test]
    fn multi_values_are_all_of_them() {
        let event = make("/?a=1&a=2", &[("cookie", "one=1"), ("cookie", "two=2")], b"", true);
        assert_eq!(event["multiValueQueryStringParameters"], json!({"a": ["1", "2"]}));
        assert_eq!(event["multiValueHeaders"]["cookie"], json!(["one=1", "two=2"]));
        assert_eq!(event["multiValueHeaders"]["x-amzn-oidc-data"], json!(["d"]));
        assert!(event.get("headers").is_none() && event.get("queryStringParameters").is_none());
    }

    #[test]
    fn nobody_else_says_who_has_signed_in_or_how_it_arrived() {
        for multi_value in [false, true] {
            let event = make(
                "/",
                &[
                    ("X-Amzn-Oidc-Data", "forged"),
                    ("x-amzn-oidc-identity", "forged"),
                    ("x-amzn-oidc-accesstoken", "forged"),
                    ("x-amzn-oidc-other", "forged"),
                    ("x-forwarded-proto", "forged"),
                    ("x-forwarded-port", "forged"),
                    ("connection", "forged"),
                ],
                b"",
                multi_value,
            );
            assert!(!event.to_string().contains("forged"), "{event}");
        }
    }

    #[test]
    fn proxies_before_us_are_named() {
        let event = make(
            "/",
            &[
                ("x-forwarded-for", "203.0.113.7"),
                ("x-forwarded-for", "10.0.0.1,10.0.0.2"),
                ("x-amzn-trace-id", "Root=1-0-1"),
            ],
            b"",
            false,
        );
        assert_eq!(event["headers"]["x-forwarded-for"], "203.0.113.7, 10.0.0.1, 10.0.0.2, 127.0.0.9");
        assert_eq!(event["headers"]["x-amzn-trace-id"], "Self=1-5bdb40ca-556d8b0c50dc66f0511bf520;Root=1-0-1");
    }

    #[test]
    fn only_text_stays_text() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        for (headers, body, text, is_base64) in [
            (vec![("content-type", "text/plain; charset=utf-8")], "a".as_bytes(), "a", false),
            (vec![("content-type", "Application/JSON")], b"{}", "{}", false),
            (vec![form], b"a=1", "YT0x", true),
            (vec![], b"a", "YQ==", true),
            (vec![], b"", "", false),
            (vec![("content-type", "text/plain"), ("content-encoding", "gzip")], b"a", "YQ==", true),
            (vec![("content-type", "text/plain")], b"\xff", "/w==", true),
        ] {
            let event = make("/", &headers, body, false);
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(text), &json!(is_base64)), "{headers:?}");
        }
    }

    #[test]
    fn a_health_check_is_nearly_empty() {
        let event = health_check("arn:tg", false);
        assert_eq!(event["headers"], json!({"user-agent": HEALTH_CHECKER}));
        assert_eq!(event["path"], "/");
        assert_eq!(health_check("arn:tg", true)["multiValueHeaders"], json!({"user-agent": [HEALTH_CHECKER]}));
    }
}
