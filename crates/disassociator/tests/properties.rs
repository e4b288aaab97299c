//! What holds for whatever invokes the function: nothing is turned off by accident.

#[path = "../../core/tests/odd/mod.rs"]
mod odd;

use disassociator::event::{Ask, read};
use jiff::SignedDuration;
use odd::{any_json, any_object, changed, nearly};
use proptest::prelude::*;
use serde_json::{Value, json};
use vpn_core::plan::Trigger;

const OURS: &str = "AWSClientVPN-DisassociatingSubnets";
const FIELDS: [&str; 9] = ["force", "closed_for", "on", "open", "keep", "source", "detail-type", "alarmData", "Force"];
const WORDS: [&str; 9] = ["true", "2h", "1m", "3d", "aws.cloudwatch", "aws.events", "Scheduled Event", "ALARM", OURS];

macro_rules! events {
    ($($name:literal)*) => {
        [$(include_str!(concat!("../../../events/disassociator-", $name, ".json"))),*]
    };
}

/// What people and AWS send.
const EVENTS: [&str; 11] = events!["alarm" "alarm-composite" "alarm-ok" "alarm-other" "schedule" "on" "force" "force-closed" "open" "keep" "unknown"];

/// Odd ones, and what is asked: `force`, with the minutes of a closing, `admin-keep` with its minutes, `admin-on`, `alarm`, `schedule` or `nothing`; refused is empty.
const CORPUS: [(&str, &str); 30] = [
    (r#"{"on": true}"#, "admin-on"),
    (r#"{"on": true, "open": true}"#, ""),
    (r#"{"open": true}"#, "admin-open"),
    (r#"{"open": "true"}"#, ""),
    (r#"{"keep": "3d"}"#, "admin-keep 4320"),
    (r#"{"keep": "8784h"}"#, "admin-keep 527040"),
    (r#"{"keep": 3}"#, ""),
    (r#"{"keep": "3d", "closed_for": "2h"}"#, ""),
    (r#"{"force": true}"#, "force"),
    (r#"{"force": true, "closed_for": "1m"}"#, "force 1"),
    (r#"{"force": true, "closed_for": "8784h"}"#, "force 527040"),
    (r#"{"force": true, "closed_for": null}"#, ""),
    (r#"{"force": true, "closed_for": "59999ms"}"#, ""),
    (r#"{"force": true, "closed_for": "8785h"}"#, ""),
    (r#"{"force": true, "closed_for": ["2h"]}"#, ""),
    (r#"{"force": 1}"#, ""),
    (r#"{"force": "true"}"#, ""),
    (r#"{"force": null}"#, ""),
    (r#"{"force": {"force": true}}"#, ""),
    (r#"{"Force": true}"#, ""),
    (r#"{"force ": true}"#, ""),
    (r#"[{"force": true}]"#, ""),
    (r#"{"detail": {"force": true}}"#, ""),
    (r#"{"force": true, "source": "aws.events", "detail-type": "Scheduled Event"}"#, ""),
    (r#"{"source": "aws.events", "detail-type": "Scheduled Event"}"#, "schedule"),
    (r#"{"source": "aws.events", "detail-type": "scheduled event"}"#, ""),
    (r#"{"source": ["aws.events"], "detail-type": "Scheduled Event"}"#, ""),
    (
        r#"{"source": "aws.cloudwatch", "alarmData": {"alarmName": "AWSClientVPN-DisassociatingSubnets", "state": {"value": "ALARM"}}}"#,
        "alarm",
    ),
    (
        r#"{"source": "aws.cloudwatch", "alarmData": {"alarmName": "AWSClientVPN-DisassociatingSubnets", "state": {"value": "alarm"}}}"#,
        "nothing",
    ),
    (
        r#"{"source": "aws.cloudwatch", "alarmData": {"alarmName": "AWSClientVPN-DisassociatingSubnets ", "state": {"value": "ALARM"}}}"#,
        "nothing",
    ),
];

fn asked(event: &Value) -> String {
    match read(event, OURS) {
        Ok(Ask::Step(Trigger::Force { closed_for: None })) => "force".to_owned(),
        Ok(Ask::Step(Trigger::Force { closed_for: Some(time) })) => format!("force {}", time.as_mins()),
        Ok(Ask::Step(Trigger::AdminKeep(time))) => format!("admin-keep {}", time.as_mins()),
        Ok(Ask::Step(trigger)) => trigger.as_str().to_owned(),
        Ok(Ask::Nothing(_)) => "nothing".to_owned(),
        Err(error) => {
            assert_eq!(error.error_type(), "EventNotUnderstood", "{event}");
            assert!(error.to_string().contains("expected the event of"), "{error}");
            String::new()
        }
    }
}

#[test]
fn the_corpus_is_read_as_it_says() {
    for (text, expected) in CORPUS {
        assert_eq!(asked(&serde_json::from_str(text).expect(text)), expected, "{text}");
    }
}

/// What must be so where this is asked; written once more, without looking how it is read.
fn is_meant(event: &Value, asked: &str) -> bool {
    let is_text = |pointer: &str, text: &str| event.pointer(pointer).and_then(Value::as_str) == Some(text);
    let without_order = ["on", "force", "open", "keep"].into_iter().all(|order| event.get(order).is_none());
    let alone = |order: &str, value: &Value| *event == json!({ order: value });
    match asked.split(' ').next().unwrap_or_default() {
        "force" => {
            let fields = event.as_object().map(|fields| fields.keys().map(String::as_str).collect::<Vec<_>>());
            event.get("force") == Some(&Value::Bool(true))
                && matches!(fields.as_deref(), Some(["force"] | ["closed_for", "force"] | ["force", "closed_for"]))
        }
        "admin-on" => alone("on", &json!(true)),
        "admin-open" => alone("open", &json!(true)),
        "admin-keep" => event.get("keep").is_some_and(|time| time.is_string() && alone("keep", time)),
        "schedule" => without_order && is_text("/source", "aws.events") && is_text("/detail-type", "Scheduled Event"),
        "alarm" => {
            without_order
                && is_text("/source", "aws.cloudwatch")
                && is_text("/alarmData/alarmName", OURS)
                && is_text("/alarmData/state/value", "ALARM")
        }
        "nothing" => without_order && is_text("/source", "aws.cloudwatch"),
        _ => true,
    }
}

proptest! {
    #![proptest_config(odd::config())]

    #[test]
    fn whatever_comes_asks_only_what_it_says(
        event in prop_oneof![
            any_json(&WORDS),
            any_object(&FIELDS, &WORDS),
            prop::sample::select(EVENTS.as_slice()).prop_flat_map(|text| nearly(serde_json::from_str(text).expect(text), &WORDS)),
        ],
    ) {
        let asked = asked(&event);
        prop_assert!(is_meant(&event, &asked), "{}: {}", asked, event);
    }

    /// As somebody mistypes it.
    #[test]
    fn what_is_nearly_an_event_asks_only_what_it_says(
        text in prop::sample::select(EVENTS.as_slice()).prop_flat_map(|text| changed(text.as_bytes().to_vec())),
    ) {
        if let Ok(event) = serde_json::from_slice(&text) {
            let asked = asked(&event);
            prop_assert!(is_meant(&event, &asked), "{}: {}", asked, event);
        }
    }

    #[test]
    fn only_true_forces(force in any_json(&WORDS), closed_for in any_json(&WORDS)) {
        let is_forced = force == json!(true);
        prop_assert_eq!(asked(&json!({ "force": force })), if is_forced { "force" } else { "" });
        let asked = asked(&json!({ "force": true, "closed_for": closed_for }));
        prop_assert_eq!(!asked.is_empty(), ["2h", "1m", "3d"].map(Value::from).contains(&closed_for), "{}", closed_for);
    }

    #[test]
    fn it_is_closed_for_as_long_as_is_said(minutes in 0..600_000_i64) {
        let read = read(&json!({ "force": true, "closed_for": format!("{minutes}m") }), OURS);
        let expected = (1..=366 * 24 * 60).contains(&minutes).then(|| Ask::Step(Trigger::Force { closed_for: Some(SignedDuration::from_mins(minutes)) }));
        prop_assert_eq!(read.ok(), expected);
    }

    #[test]
    fn only_our_alarm_s_alarm_counts(name in prop_oneof![Just(OURS.to_owned()), any::<String>(), "AWSClientVPN-[A-Za-z]{0,20}"], state in prop_oneof![Just("ALARM".to_owned()), Just("OK".to_owned()), any::<String>()]) {
        let mut event: Value = serde_json::from_str(EVENTS[0]).expect("an event");
        event["alarmData"]["alarmName"] = json!(name);
        event["alarmData"]["state"]["value"] = json!(state);
        prop_assert_eq!(asked(&event), if name == OURS && state == "ALARM" { "alarm" } else { "nothing" });
    }
}
