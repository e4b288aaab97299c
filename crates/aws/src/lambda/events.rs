//! Events that Lambda keeps until the function took them: when it tries again, and what it records of one that is given up.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Outcome;
use crate::deployment::EventInvoke;

/// How long after a function's first and second failure it is tried again.
pub const AFTER_FAILURE: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(2)];
/// An event that no environment was free for comes back after this, doubled each time, up to the limit. It is not an
/// attempt.
const AFTER_THROTTLE: SignedDuration = SignedDuration::from_secs(1);
const AFTER_THROTTLE_AT_MOST: SignedDuration = SignedDuration::from_mins(5);

/// An event that Lambda keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The name of the function it is for.
    pub function: String,
    /// The ARN by which that was invoked.
    pub arn: String,
    /// The same over all attempts.
    pub request_id: String,
    /// Who handed it over, in words.
    pub source: String,
    /// The event itself.
    pub payload: Bytes,
    /// When Lambda took it.
    pub accepted: Timestamp,
    /// How often the function has failed on it.
    pub attempts: u32,
    /// How often no environment was free for it.
    pub throttles: u32,
}

/// What becomes of an event that was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is tried again then.
    Again(Timestamp),
    /// Never again: the record's `condition`.
    GivenUp(&'static str),
}

impl Event {
    /// One that Lambda takes now.
    #[must_use]
    pub fn new(
        function: &str,
        arn: &str,
        request_id: String,
        source: String,
        payload: Bytes,
        accepted: Timestamp,
    ) -> Self {
        let (function, arn) = (function.to_owned(), arn.to_owned());
        Self { function, arn, request_id, source, payload, accepted, attempts: 0, throttles: 0 }
    }

    /// The function has failed on it.
    pub fn failed(&mut self, now: Timestamp, settings: &EventInvoke) -> Next {
        self.attempts += 1;
        let mut delays = AFTER_FAILURE.iter().take(settings.maximum_retry_attempts as usize);
        match delays.nth(self.attempts as usize - 1) {
            None => Next::GivenUp("RetriesExhausted"),
            Some(delay) => self.again(now + *delay, settings),
        }
    }

    /// No environment was free for it.
    pub fn throttled(&mut self, now: Timestamp, settings: &EventInvoke) -> Next {
        let delay = AFTER_THROTTLE.saturating_mul(1 << self.throttles.min(16)).min(AFTER_THROTTLE_AT_MOST);
        self.throttles += 1;
        self.again(now + delay, settings)
    }

    fn again(&self, due: Timestamp, settings: &EventInvoke) -> Next {
        let age = due.duration_since(self.accepted).unsigned_abs();
        if age > settings.maximum_event_age { Next::GivenUp("EventAgeExceeded") } else { Next::Again(due) }
    }

    /// The record as Lambda writes it.
    #[must_use]
    pub fn record(&self, now: Timestamp, condition: &str, outcome: Option<&Outcome>) -> Value {
        let mut record = json!({
            "version": "1.0",
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            "requestContext": {
                "requestId": self.request_id,
                "functionArn": format!("{}:$LATEST", self.arn),
                "condition": condition,
                "approximateInvokeCount": self.attempts,
            },
            "requestPayload": parsed(&self.payload),
        });
        if let Some(outcome) = outcome {
            record["responseContext"] =
                json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": outcome.function_error });
            record["responsePayload"] = parsed(&outcome.payload);
        }
        record
    }
}

/// What Lambda must be allowed in the name of the function, so that it can write to a destination; `None` where Lambda
/// writes to no such thing.
#[must_use]
pub fn action_of(destination: &str) -> Option<&'static str> {
    Some(match destination.split(':').nth(2)? {
        "sns" => "sns:Publish",
        "sqs" => "sqs:SendMessage",
        "lambda" => "lambda:InvokeFunction",
        "events" => "events:PutEvents",
        _ => return None,
    })
}

fn parsed(payload: &Bytes) -> Value {
    serde_json::from_slice(payload).unwrap_or_else(|_| String::from_utf8_lossy(payload).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(count: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(count)
    }

    fn event() -> Event {
        Event::new(
            "F",
            "arn:aws:lambda:us-east-1:1:function:F",
            "r".to_owned(),
            "a test".to_owned(),
            "{}".into(),
            minute(0),
        )
    }

    fn settings(retries: u32, age_minutes: u64) -> EventInvoke {
        let maximum_event_age = std::time::Duration::from_secs(age_minutes * 60);
        EventInvoke { maximum_retry_attempts: retries, maximum_event_age, ..EventInvoke::default() }
    }

    #[test]
    fn a_failure_is_tried_again_after_one_and_two_minutes_and_then_given_up() {
        for (retries, age, expected) in [
            (2, 360, vec![Next::Again(minute(1)), Next::Again(minute(2)), Next::GivenUp("RetriesExhausted")]),
            (1, 360, vec![Next::Again(minute(1)), Next::GivenUp("RetriesExhausted")]),
            (0, 360, vec![Next::GivenUp("RetriesExhausted")]),
            (2, 1, vec![Next::Again(minute(1)), Next::GivenUp("EventAgeExceeded")]),
        ] {
            let mut event = event();
            let found: Vec<_> = expected.iter().map(|_| event.failed(minute(0), &settings(retries, age))).collect();
            assert_eq!(found, expected, "{retries} {age}");
        }
    }

    #[test]
    fn what_finds_no_environment_waits_ever_longer_until_it_is_too_old() {
        let mut event = event();
        let seconds = |next| match next {
            Next::Again(at) => at.duration_since(minute(0)).as_secs(),
            Next::GivenUp(condition) => panic!("{condition}"),
        };
        let found: Vec<_> = (0..10).map(|_| seconds(event.throttled(minute(0), &settings(2, 360)))).collect();
        assert_eq!(found, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(
            (event.attempts, event.throttled(minute(356), &settings(2, 360))),
            (0, Next::GivenUp("EventAgeExceeded"))
        );
    }

    #[test]
    fn the_record_names_what_was_given_up_and_how_it_ended() {
        let mut event = event();
        event.failed(minute(0), &settings(2, 360));
        let record = event.record(minute(3), "EventAgeExceeded", None);
        assert_eq!(record["timestamp"], "1970-01-01T00:03:00.000Z");
        assert_eq!(record["requestContext"]["condition"], "EventAgeExceeded");
        assert_eq!(record["requestContext"]["approximateInvokeCount"], 1);
        assert!(record.get("responseContext").is_none(), "{record}");
        let payload = "not JSON".into();
        let outcome = Outcome { payload, function_error: Some("Unhandled"), request_id: "r".to_owned() };
        let record = event.record(minute(3), "RetriesExhausted", Some(&outcome));
        assert_eq!(record["responseContext"]["functionError"], "Unhandled");
        assert_eq!(record["responsePayload"], "not JSON");
    }

    #[test]
    fn each_kind_of_destination_needs_its_own_right() {
        for (destination, action) in [
            ("arn:aws:sns:us-east-1:1:T", Some("sns:Publish")),
            ("arn:aws:sqs:us-east-1:1:Q", Some("sqs:SendMessage")),
            ("arn:aws:lambda:us-east-1:1:function:F", Some("lambda:InvokeFunction")),
            ("arn:aws:events:us-east-1:1:event-bus/b", Some("events:PutEvents")),
            ("arn:aws:s3:::bucket", None),
            ("T", None),
        ] {
            assert_eq!(action_of(destination), action, "{destination}");
        }
    }
}
