//! The events in `events/`, as `cargo lambda invoke` sends them.

mod common;

use common::Setup;
use serde_json::Value;

macro_rules! events {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../events/associator-", $name, ".json")))),*]
    };
}

const EVENTS: [(&str, &str); 14] = events![
    "open" "open-single-value" "prefetch" "health-check" "show" "on" "progress" "keep" "off" "state" "sign-out"
    "no-identity" "odd-host" "odd-body"
];

fn event(name: &str) -> Value {
    let (_, text) = EVENTS.iter().find(|(known, _)| *known == name).expect(name);
    serde_json::from_str(text).expect(name)
}

#[tokio::test]
async fn every_event_gets_its_answer() {
    for (name, on, status, changes) in [
        ("open", false, 303, 3),
        ("open-single-value", false, 303, 3),
        ("prefetch", false, 403, 0),
        ("health-check", false, 200, 0),
        ("show", false, 200, 0),
        ("on", false, 303, 3),
        ("progress", false, 200, 0),
        ("keep", true, 303, 1),
        ("off", true, 303, 3),
        ("state", false, 200, 0),
        ("sign-out", false, 303, 0),
        ("no-identity", false, 401, 0),
        ("odd-host", false, 400, 0),
        ("odd-body", true, 400, 0),
    ] {
        let setup = Setup::new();
        if on {
            setup.aws.turn_on();
        }
        let answer = setup.answer(event(name)).await;
        assert_eq!(answer.status(), status, "{name}: {answer:?}");
        assert_eq!(setup.aws.changes().len(), changes, "{name}: {:?}", setup.aws.changes());
    }
}

#[tokio::test]
async fn answers_have_the_event_s_own_form() {
    for (name, form, other) in [
        ("open", "multiValueHeaders", "headers"),
        ("open-single-value", "headers", "multiValueHeaders"),
        ("odd-host", "headers", "multiValueHeaders"),
        ("odd-body", "multiValueHeaders", "headers"),
        ("health-check", "headers", "multiValueHeaders"),
    ] {
        let answer = Setup::new().answer(event(name)).await;
        assert!(answer.0.get(form).is_some() && answer.0.get(other).is_none(), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_no_request_of_a_load_balancer_is_an_error() {
    for event in [
        serde_json::json!(null),
        serde_json::json!([]),
        serde_json::json!({}),
        serde_json::json!({ "force": true }),
        serde_json::json!({ "version": "2.0", "rawPath": "/", "requestContext": { "http": { "method": "GET" } } }),
        serde_json::json!({ "source": "aws.cloudwatch", "alarmData": {} }),
    ] {
        let setup = Setup::new();
        let error = setup.invoke(event.clone()).await.expect_err("no event of ours");
        assert_eq!(error.error_type(), "EventNotUnderstood", "{event}");
        assert!(setup.aws.calls().is_empty(), "{event}");
    }
}
