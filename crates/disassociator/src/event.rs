//! What an event asks for. Anything that is not one of these is refused before anything is read.

use jiff::SignedDuration;
use serde_json::{Map, Value};
use vpn_core::{Error, config::duration, plan::Trigger};

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
    if fields.contains_key("force") {
        return force(fields);
    }
    match fields.get("source").and_then(Value::as_str) {
        Some("aws.cloudwatch") => alarm_event(fields, alarm),
        Some("aws.events") if fields.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event") => {
            Ok(Ask::Step(Trigger::Schedule))
        }
        Some(source) => {
            Err(refused(&format!("this function handles no event with source {source:?} and this detail-type")))
        }
        None => Err(refused("it has neither a source nor \"force\"")),
    }
}

fn refused(why: &str) -> Error {
    Error::Event(format!(
        "{why}; expected the event of a CloudWatch alarm, of an EventBridge schedule, or \
         {{\"force\": true}} with an optional \"closed_for\" such as \"2h\""
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

fn force(fields: &Map<String, Value>) -> Result<Ask, Error> {
    if let Some(unknown) = fields.keys().find(|key| !matches!(key.as_str(), "force" | "closed_for")) {
        return Err(refused(&format!("beside \"force\" it has an unknown field {unknown:?}")));
    }
    if fields.get("force") != Some(&Value::Bool(true)) {
        return Err(refused("\"force\" can only be true"));
    }
    let closed_for = match fields.get("closed_for") {
        None => None,
        Some(Value::String(text)) => {
            let time =
                duration(text).map_err(|expected| refused(&format!("\"closed_for\" is {text:?}, not {expected}")))?;
            if time < SignedDuration::from_mins(1) {
                return Err(refused("\"closed_for\" is shorter than a minute"));
            }
            Some(time)
        }
        Some(other) => return Err(refused(&format!("\"closed_for\" is {other}, not a text such as \"2h\""))),
    };
    Ok(Ask::Step(Trigger::Force { closed_for }))
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
