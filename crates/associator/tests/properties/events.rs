//! The load balancer's event, through the whole function.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    common::{AlbAnswer, REFERENCE, Setup, at},
    odd::{self, any_json, any_object, changed, nearly},
};

macro_rules! events {
    ($($name:literal)*) => {
        [$(include_str!(concat!("../../../../events/associator-", $name, ".json"))),*]
    };
}

const EVENTS: [&str; 14] = events![
    "open" "open-single-value" "prefetch" "health-check" "show" "on" "progress" "keep" "off" "state" "sign-out"
    "no-identity" "odd-host" "odd-body"
];
const FIELDS: [&str; 9] = [
    "requestContext",
    "httpMethod",
    "path",
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "body",
    "isBase64Encoded",
];
const WORDS: [&str; 16] = [
    "GET",
    "POST",
    "get",
    "/",
    "/on",
    "/off",
    "//",
    "/%",
    "/\u{0}",
    "https",
    "vpn.example.com",
    "[",
    "hours=4",
    "aG91cnM9NA==",
    "ja",
    "\r\n",
];

/// Where something else stands in the event of somebody who opens the page, and the status; 0 is no event of ours.
const CORPUS: [(&str, &str, u64); 44] = [
    ("", "null", 0),
    ("/requestContext", "null", 0),
    ("/requestContext/elb", "\"elb\"", 0),
    ("/requestContext/elb", "[]", 0),
    ("/requestContext/elb", "{}", 303),
    ("/requestContext/elb/targetGroupArn", "7", 0),
    ("/requestContext/more", "{}", 303),
    ("/httpMethod", "null", 400),
    ("/httpMethod", "\"\"", 400),
    ("/httpMethod", "\"G T\"", 400),
    ("/httpMethod", "\"get\"", 405),
    ("/httpMethod", "\"HEAD\"", 204),
    ("/httpMethod", "\"POST\"", 403),
    ("/path", "null", 400),
    ("/path", "\"\"", 400),
    ("/path", "\"on\"", 400),
    ("/path", "\"//\"", 404),
    ("/path", "\"//evil.example/\"", 404),
    ("/path", "\"/../on\"", 404),
    ("/path", "\"/%2e%2e\"", 404),
    ("/path", "\"/\\u0000\"", 404),
    ("/path", "\"/ \"", 404),
    ("/path", "\"/東京?#\"", 404),
    ("/path", "\"/\\\\on\"", 404),
    ("/multiValueHeaders", "[]", 400),
    ("/multiValueHeaders", "{}", 401),
    ("/multiValueHeaders/host", "[\"a\", \"b\"]", 400),
    ("/multiValueHeaders/host", "[]", 400),
    ("/multiValueHeaders/HOST", "[\"vpn.example.com\"]", 400),
    ("/multiValueHeaders/x-forwarded-proto", "[\"HTTPS\"]", 400),
    ("/multiValueHeaders/cookie", "[\"a\\nb\"]", 400),
    ("/multiValueHeaders/cookie", "[\"é; =; ;\"]", 303),
    ("/multiValueHeaders/a b", "[\"\"]", 400),
    ("/multiValueHeaders/x", "[null]", 400),
    ("/multiValueHeaders/x-amzn-trace-id", "[\"=;=\"]", 303),
    ("/multiValueHeaders/x-amzn-oidc-data", "[\"..\"]", 401),
    ("/headers", "7", 400),
    ("/headers", "{\"x-amzn-oidc-data\": \"..\"}", 401),
    ("/multiValueQueryStringParameters", "7", 303),
    ("/multiValueQueryStringParameters", "{\"seen\": [\"99999999999999999999\"], \"lang\": [\"\"]}", 303),
    ("/body", "7", 400),
    ("/body", "\"\\ufffd\"", 303),
    ("/isBase64Encoded", "\"true\"", 303),
    ("/isBase64Encoded", "null", 303),
];

/// As it is sent when somebody opens the page.
fn opening() -> Value {
    serde_json::from_str(EVENTS[0]).expect("an event")
}

fn put(mut event: Value, pointer: &str, value: Value) -> Value {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return value };
    event.pointer_mut(parent).expect("a place of it")[name] = value;
    event
}

/// What comes of an event: the status, and what was changed.
fn answer(event: Value) -> (u64, Vec<String>) {
    let setup = Setup::new();
    setup.aws.turn_on();
    let form = if event.get("multiValueHeaders").is_some() { "multiValueHeaders" } else { "headers" };
    let invoked = setup.invoke_at(at("2026-11-02T09:00:20Z"), event);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let status = match runtime.block_on(invoked) {
        Ok(AlbAnswer(answer)) => {
            let fields: Vec<_> = answer.as_object().expect("an object").keys().map(String::as_str).collect();
            assert!(
                fields.contains(&form) && !(fields.contains(&"headers") && fields.contains(&"multiValueHeaders")),
                "{fields:?}"
            );
            assert!(answer["body"].is_string() || answer["body"].is_null(), "{answer}");
            AlbAnswer(answer).status()
        }
        Err(error) => {
            assert_eq!(error.error_type(), "EventNotUnderstood", "{REFERENCE}: {error}");
            0
        }
    };
    assert!(status == 0 || (200..=503).contains(&status), "{status}");
    (status, setup.aws.changes())
}

#[test]
fn the_corpus_is_answered_as_it_says() {
    let token = opening()["multiValueHeaders"]["x-amzn-oidc-data"].clone();
    assert!(token[0].is_string());
    for (pointer, text, expected) in CORPUS {
        let event = put(opening(), pointer, serde_json::from_str(text).expect(text));
        let (status, changes) = answer(event);
        assert_eq!(status, expected, "{pointer} {text}");
        assert!(status == 303 || changes.is_empty(), "{pointer} {text}: {changes:?}");
    }
    for (length, expected) in [(16_000, 404), (70_000, 400)] {
        let path = put(opening(), "/path", json!(format!("/{}", "é".repeat(length / 2))));
        assert_eq!(answer(path).0, expected, "{length}");
        for name in ["lang", "seen"] {
            let (query, listed) = (json!({ name: "1".repeat(length) }), json!({ name: ["1".repeat(length)] }));
            let (status, _) = answer(put(opening(), "/multiValueQueryStringParameters", listed));
            assert_eq!(status, 303, "{name} of {length}");
            let mut single = put(opening(), "/queryStringParameters", query);
            single.as_object_mut().expect("an event").remove("multiValueQueryStringParameters");
            assert_eq!(answer(single).0, 303, "{name} of {length}");
        }
    }
}

/// Whether the event carries just one word of the load balancer's on who asks, and it is one that it signed.
fn is_signed(event: &Value) -> bool {
    let values = |form: &str| {
        let headers = event.get(form).and_then(Value::as_object).into_iter().flatten();
        let of_identity = headers.filter(|(name, _)| name.eq_ignore_ascii_case("x-amzn-oidc-data"));
        of_identity
            .flat_map(|(_, value)| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]))
            .collect::<Vec<_>>()
    };
    let mut all = [values("multiValueHeaders"), values("headers")].concat();
    all.dedup();
    let signed = |event: &&str| event.contains(all[0].as_str().unwrap_or("?"));
    all.len() == 1 && all[0].as_str().is_some_and(|token| token.len() > 300) && EVENTS.iter().any(signed)
}

proptest! {
    #![proptest_config(odd::config())]

    #[test]
    fn whatever_comes_is_answered_and_only_who_is_signed_in_changes_anything(
        event in prop_oneof![
            1 => any_json(&WORDS),
            2 => (any_object(&FIELDS, &WORDS)).prop_map(|event| put(event, "/requestContext", json!({ "elb": {} }))),
            6 => prop::sample::select(EVENTS.as_slice()).prop_flat_map(|text| nearly(serde_json::from_str(text).expect(text), &WORDS)),
        ],
    ) {
        let (_, changes) = answer(event.clone());
        prop_assert!(changes.is_empty() || is_signed(&event), "{:?} by {}", changes, event);
    }

    #[test]
    fn what_is_nearly_an_event_is_answered(
        text in prop::sample::select(EVENTS.as_slice()).prop_flat_map(|text| changed(text.as_bytes().to_vec())),
    ) {
        if let Ok(event) = serde_json::from_slice::<Value>(&text) {
            let (_, changes) = answer(event.clone());
            prop_assert!(changes.is_empty() || is_signed(&event), "{:?} by {}", changes, event);
        }
    }

    /// What would end `lambda_http`.
    #[test]
    fn any_path_host_and_header_is_answered(path in any::<String>(), host in "[a-z0-9.:\\[\\]%_-]{0,12}", name in "[a-z \\x00-\\x7f]{1,4}", value in any::<String>()) {
        for event in [
            put(opening(), "/path", json!(format!("/{path}"))),
            put(opening(), "/multiValueHeaders/host", json!([host])),
            put(opening(), "/multiValueQueryStringParameters", json!({ "lang": [value], "seen": [path] })),
        ] {
            answer(event);
        }
        let mut event = opening();
        event["multiValueHeaders"][name] = json!([value]);
        answer(event);
    }
}
