//! What an event asks for. Anything that is not one of these is refused before anything is read.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use vpn_core::{Error, config::duration, plan::Trigger};

/// What an administrator orders by hand, each in an event of its own.
const ORDERS: [&str; 4] = ["on", "force", "open", "keep"];

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Take a step.
    Step(Trigger),
    /// Change nothing: the event of another alarm, or of ours going elsewhere than to ALARM.
    Nothing(String),
}

/// Reads an event.
///
/// An alarm's event is read field by field: the published type demands `metricStat`, which metric math has not, and a
/// suppressor, which composite alarms need not have (fact 10.2).
///
/// # Errors
/// [`Error::Event`] for anything this function does not know.
pub fn read(event: &Value, alarm: &str) -> Result<Ask, Error> {
    let Value::Object(fields) = event else {
        return Err(refused("it is not a JSON object"));
    };
    if let Some(order) = ORDERS.into_iter().find(|order| fields.contains_key(*order)) {
        return by_hand(order, fields);
    }
    match fields.get("source").and_then(Value::as_str) {
        Some("aws.cloudwatch") => alarm_event(fields, alarm),
        Some("aws.events") if fields.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event") => {
            Ok(Ask::Step(Trigger::Schedule))
        }
        Some(source) => {
            Err(refused(&format!("this function handles no event with source {source:?} and this detail-type")))
        }
        None => Err(refused("it has neither a source nor an administrator's order")),
    }
}

/// When EventBridge meant a scheduled event to come: its `time`.
#[must_use]
pub fn scheduled(event: &Value) -> Option<Timestamp> {
    event.get("time")?.as_str()?.parse().ok()
}

fn refused(why: &str) -> Error {
    Error::Event(format!(
        "{why}; expected the event of a CloudWatch alarm, of an EventBridge schedule, or \
         {{\"force\": true}} with an optional \"closed_for\" such as \"2h\", {{\"on\": true}}, {{\"open\": true}} or \
         {{\"keep\": \"3d\"}}"
    ))
}

fn alarm_event(fields: &Map<String, Value>, ours: &str) -> Result<Ask, Error> {
    let data = fields.get("alarmData").and_then(Value::as_object);
    let text = |path: &[&str]| {
        let mut at = data?.get(path[0]);
        for key in &path[1..] {
            at = at?.get(key);
        }
        at?.as_str()
    };
    let name = text(&["alarmName"]).ok_or_else(|| refused("it names no alarm"))?;
    let state = text(&["state", "value"]).ok_or_else(|| refused("it has no alarm state"))?;
    Ok(match (name == ours, state) {
        (true, "ALARM") => Ask::Step(Trigger::Alarm),
        (true, other) => Ask::Nothing(format!("the alarm went to {other}")),
        (false, _) => Ask::Nothing(format!("the alarm {name:?} is not ours")),
    })
}

fn by_hand(order: &str, fields: &Map<String, Value>) -> Result<Ask, Error> {
    let belongs = |key: &str| key == order || (order, key) == ("force", "closed_for");
    if let Some(unknown) = fields.keys().find(|key| !belongs(key.as_str())) {
        return Err(refused(&format!("beside {order:?} it has an unknown field {unknown:?}")));
    }
    if order != "keep" && fields.get(order) != Some(&Value::Bool(true)) {
        return Err(refused(&format!("{order:?} can only be true")));
    }
    Ok(Ask::Step(match order {
        "on" => Trigger::AdminOn,
        "open" => Trigger::AdminOpen,
        // For how long at most, the rules decide.
        "keep" => Trigger::AdminKeep(time("keep", fields)?.ok_or_else(|| refused("\"keep\" is missing"))?),
        _ => {
            let closed_for = time("closed_for", fields)?;
            if closed_for.is_some_and(|time| time < SignedDuration::from_mins(1)) {
                return Err(refused("\"closed_for\" is shorter than a minute"));
            }
            Trigger::Force { closed_for }
        }
    }))
}

fn time(name: &str, fields: &Map<String, Value>) -> Result<Option<SignedDuration>, Error> {
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => match duration(text) {
            Ok(time) => Ok(Some(time)),
            Err(expected) => Err(refused(&format!("{name:?} is {text:?}, not {expected}"))),
        },
        Some(other) => Err(refused(&format!("{name:?} is {other}, not a text such as \"2h\""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "AWSClientVPN-DisassociatingSubnets";

    fn file(text: &str) -> Result<Ask, Error> {
        read(&serde_json::from_str(text).expect("json"), OURS)
    }

    #[test]
    fn every_event_file_is_read_as_what_it_is() {
        let step = |trigger| Some(Ask::Step(trigger));
        let two_hours = Some(SignedDuration::from_hours(2));
        for (name, text, expected) in [
            ("alarm", include_str!("../../../events/disassociator-alarm.json"), step(Trigger::Alarm)),
            ("composite", include_str!("../../../events/disassociator-alarm-composite.json"), step(Trigger::Alarm)),
            ("ok", include_str!("../../../events/disassociator-alarm-ok.json"), None),
            ("other", include_str!("../../../events/disassociator-alarm-other.json"), None),
            ("schedule", include_str!("../../../events/disassociator-schedule.json"), step(Trigger::Schedule)),
            (
                "force",
                include_str!("../../../events/disassociator-force.json"),
                step(Trigger::Force { closed_for: None }),
            ),
            (
                "force and close",
                include_str!("../../../events/disassociator-force-closed.json"),
                step(Trigger::Force { closed_for: two_hours }),
            ),
            ("on", include_str!("../../../events/disassociator-on.json"), step(Trigger::AdminOn)),
            ("open", include_str!("../../../events/disassociator-open.json"), step(Trigger::AdminOpen)),
            (
                "keep",
                include_str!("../../../events/disassociator-keep.json"),
                step(Trigger::AdminKeep(SignedDuration::from_hours(72))),
            ),
            (
                "close for the shortest time there is",
                r#"{"force": true, "closed_for": "1m"}"#,
                step(Trigger::Force { closed_for: Some(SignedDuration::from_mins(1)) }),
            ),
        ] {
            match (file(text).expect(name), expected) {
                (ask, Some(expected)) => assert_eq!(ask, expected, "{name}"),
                (ask, None) => assert!(matches!(ask, Ask::Nothing(_)), "{name}: {ask:?}"),
            }
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_was_expected() {
        for text in [
            "null",
            "[]",
            "\"force\"",
            "{}",
            r#"{"force": false}"#,
            r#"{"force": "true"}"#,
            r#"{"force": true, "closed_for": 2}"#,
            r#"{"force": true, "closed_for": "2"}"#,
            r#"{"force": true, "closed_for": "30s"}"#,
            r#"{"force": true, "close_for": "2h"}"#,
            r#"{"on": false}"#,
            r#"{"on": "3d"}"#,
            r#"{"open": null}"#,
            r#"{"open": true, "closed_for": "2h"}"#,
            r#"{"on": true, "keep": "3d"}"#,
            r#"{"keep": true}"#,
            r#"{"keep": "0d"}"#,
            r#"{"keep": "three days"}"#,
            r#"{"keep": "3d", "force": true}"#,
            r#"{"source": "aws.ec2"}"#,
            r#"{"source": "aws.events", "detail-type": "EC2 Instance State-change Notification"}"#,
            r#"{"source": "aws.cloudwatch"}"#,
            r#"{"source": "aws.cloudwatch", "alarmData": {"alarmName": "AWSClientVPN-DisassociatingSubnets"}}"#,
            include_str!("../../../events/disassociator-unknown.json"),
        ] {
            let error = file(text).expect_err(text);
            assert_eq!(error.error_type(), "EventNotUnderstood", "{text}");
            assert!(error.to_string().contains("expected the event of"), "{error}");
        }
    }
}
