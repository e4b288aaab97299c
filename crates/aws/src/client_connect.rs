//! How the Client VPN service asks the connect handler about each client, and what it makes of the answer (facts 6.1 to 6.6).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::lambda::{NotInvoked, Outcome};

/// How long the service waits for the handler; nobody can change it (fact 6.1).
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The version of the handler's interface that AWS speaks since 2026.
const SCHEMA: &str = "v3";

/// AWS's limit on the message and on each posture status, in characters.
const TEXT_LIMIT: usize = 255;

/// AWS's limit on posture statuses.
const STATUSES_LIMIT: usize = 10;

/// What a client is told when the handler gave no valid answer.
const NO_VALID_ANSWER: &str = "Error establishing connection. Please contact your administrator.";

/// A client that wants to connect. The default is an iPad: OpenVPN Connect sends neither user nor groups with
/// certificates, and no version without `push-peer-info` (fact 7.9).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Attempt {
    /// The certificate's common name.
    pub common_name: String,
    /// The certificate's serial number in hexadecimal digits; without it nobody knows whether it is revoked.
    pub serial: Option<String>,
    /// None with certificates only.
    pub username: Option<String>,
    /// `ios`, `win`, `mac`, `linux`, `android`.
    pub platform: Option<String>,
    /// The operating system's version.
    pub platform_version: Option<String>,
    /// The address it comes from.
    pub public_ip: String,
    pub client_openvpn_version: Option<String>,
    /// The version of AWS's own client.
    pub aws_client_version: Option<String>,
    /// None with certificates only; text or a list, nobody knows (fact 6.4).
    pub groups: Option<Value>,
    /// After how many minutes it disconnects by itself; stays where there is none.
    pub minutes: Option<f64>,
}

impl Default for Attempt {
    fn default() -> Self {
        Self {
            common_name: "ipad-01".to_owned(),
            serial: None,
            username: None,
            platform: Some("ios".to_owned()),
            platform_version: None,
            // RFC 5737's block for documentation.
            public_ip: "203.0.113.10".to_owned(),
            client_openvpn_version: Some("3.10.5".to_owned()),
            aws_client_version: None,
            groups: None,
            minutes: None,
        }
    }
}

/// Why a connection was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The connection log's `connection-attempt-failure-reason`; [`NO_ANSWER`] where AWS logs nothing.
    pub reason: &'static str,
    /// What the client is told, or what its user sees.
    pub message: String,
}

/// Nobody answers at the endpoint's address: there is no connection attempt that AWS could log.
pub const NO_ANSWER: &str = "no-answer";

/// The handshake fails before the handler is asked. What AWS logs then is not documented: these words are ours.
pub const HANDSHAKE: &str = "handshake-failed (AWS's words are not known)";

/// The handler's request. AWS names every field, and leaves empty what it does not know.
#[must_use]
pub fn request(attempt: &Attempt, connection: &str, endpoint: &str) -> Value {
    json!({
        "connection-id": connection,
        "endpoint-id": endpoint,
        "common-name": attempt.common_name,
        "username": attempt.username,
        "platform": attempt.platform,
        "platform-version": attempt.platform_version,
        "public-ip": attempt.public_ip,
        "client-openvpn-version": attempt.client_openvpn_version,
        "aws-client-version": attempt.aws_client_version,
        "groups": attempt.groups,
        "schema-version": SCHEMA,
    })
}

/// What the service makes of the invocation: the posture statuses of a client that may connect, or why it may not.
///
/// # Errors
/// [`Refused`], with the reasons of fact 6.6.
pub fn judge(invocation: Result<Outcome, NotInvoked>) -> Result<Vec<String>, Refused> {
    let outcome = invocation.map_err(|reason| match reason {
        NotInvoked::Throttled(_) => failed("client-connect-handler-throttled"),
        // Local's own; on AWS a function that exists can be invoked.
        NotInvoked::NotBuilt(_) => {
            Refused { reason: "client-connect-handler-service-error", message: format!("{reason}: try again soon") }
        }
        NotInvoked::NoSuchFunction(_) | NotInvoked::AccessDenied(_) => failed("client-connect-handler-service-error"),
    })?;
    if outcome.function_error.is_some() {
        return Err(failed(if timed_out(&outcome.payload) {
            "client-connect-handler-timed-out"
        } else {
            "client-connect-handler-other-execution-error"
        }));
    }
    let answer = parsed(&outcome.payload).ok_or_else(|| failed("client-connect-handler-invalid-response"))?;
    if answer.allow {
        Ok(answer.statuses)
    } else {
        Err(Refused { reason: "client-connect-failed", message: answer.message })
    }
}

/// The reason, and what the client is told where the handler gave no valid answer.
#[must_use]
pub fn failed(reason: &'static str) -> Refused {
    Refused { reason, message: NO_VALID_ANSWER.to_owned() }
}

/// Lambda's own words for a function that reached its time-out.
fn timed_out(payload: &[u8]) -> bool {
    let Ok(error) = serde_json::from_slice::<Value>(payload) else { return false };
    error["errorType"] == "Sandbox.Timedout"
        || error["errorMessage"].as_str().is_some_and(|message| message.contains("Task timed out after"))
}

/// The answer's four fields, all of them required (fact 6.3).
#[derive(Deserialize)]
struct HandlerAnswer {
    allow: bool,
    #[serde(rename = "error-msg-on-denied-connection")]
    message: String,
    #[serde(rename = "posture-compliance-statuses")]
    statuses: Vec<String>,
    #[serde(rename = "schema-version")]
    schema: String,
}

fn parsed(payload: &[u8]) -> Option<HandlerAnswer> {
    let answer: HandlerAnswer = serde_json::from_slice(payload).ok()?;
    let fits = |text: &String| text.chars().count() <= TEXT_LIMIT;
    let valid = answer.schema == SCHEMA
        && fits(&answer.message)
        && answer.statuses.len() <= STATUSES_LIMIT
        && answer.statuses.iter().all(fits);
    valid.then_some(answer)
}

/// The metric that AWS publishes about a reason (fact 2.3).
#[must_use]
pub fn metric(reason: &str) -> &'static str {
    match reason {
        HANDSHAKE => "AuthenticationFailures",
        "client-connect-failed" => "ClientConnectHandlerDeniedConnections",
        "client-connect-handler-timed-out" => "ClientConnectHandlerTimeouts",
        "client-connect-handler-invalid-response" => "ClientConnectHandlerInvalidResponses",
        "client-connect-handler-other-execution-error" => "ClientConnectHandlerOtherExecutionErrors",
        "client-connect-handler-throttled" => "ClientConnectHandlerThrottlingErrors",
        _ => "ClientConnectHandlerFailedServiceErrors",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn outcome(payload: &Value, function_error: Option<&'static str>) -> Result<Outcome, NotInvoked> {
        Ok(Outcome { payload: Bytes::from(payload.to_string()), function_error, request_id: "r".to_owned() })
    }

    fn valid() -> Value {
        json!({"allow": true, "error-msg-on-denied-connection": "", "posture-compliance-statuses": ["compliant"],
            "schema-version": "v3"})
    }

    fn with(field: &str, value: Value) -> Value {
        let mut answer = valid();
        answer[field] = value;
        answer
    }

    fn reason(result: Result<Vec<String>, Refused>) -> &'static str {
        result.expect_err("refused").reason
    }

    #[test]
    fn an_ipad_sends_no_user_no_groups_and_no_version() {
        let attempt = Attempt { common_name: "ipad-07".to_owned(), ..Attempt::default() };
        let request = request(&attempt, "cvpn-connection-1", "cvpn-endpoint-1");
        let expected = json!({
            "connection-id": "cvpn-connection-1", "endpoint-id": "cvpn-endpoint-1", "common-name": "ipad-07",
            "username": null, "platform": "ios", "platform-version": null, "public-ip": "203.0.113.10",
            "client-openvpn-version": "3.10.5", "aws-client-version": null, "groups": null, "schema-version": "v3",
        });
        assert_eq!(request, expected);
    }

    #[test]
    fn a_valid_answer_allows_or_denies() {
        assert_eq!(judge(outcome(&valid(), None)), Ok(vec!["compliant".to_owned()]));
        let mut denied = with("allow", json!(false));
        denied["error-msg-on-denied-connection"] = json!("Ask Ben.");
        let refused = Refused { reason: "client-connect-failed", message: "Ask Ben.".to_owned() };
        assert_eq!(judge(outcome(&denied, None)), Err(refused));
    }

    #[test]
    fn the_limits_are_in_characters() {
        let message = "error-msg-on-denied-connection";
        for (answer, is_valid) in [
            (with(message, json!("é".repeat(255))), true),
            (with(message, json!("x".repeat(256))), false),
            (with("posture-compliance-statuses", json!(vec!["x"; 10])), true),
            (with("posture-compliance-statuses", json!(vec!["x"; 11])), false),
            (with("posture-compliance-statuses", json!(["x".repeat(255)])), true),
            (with("posture-compliance-statuses", json!(["x".repeat(256)])), false),
        ] {
            assert_eq!(judge(outcome(&answer, None)).is_ok(), is_valid, "{answer}");
        }
    }

    #[test]
    fn every_field_is_required_and_of_its_kind() {
        let mut answers = vec![
            json!(null),
            json!(true),
            with("allow", json!("true")),
            with("error-msg-on-denied-connection", json!(null)),
            with("posture-compliance-statuses", json!("compliant")),
            with("posture-compliance-statuses", json!([1])),
            with("schema-version", json!("v1")),
            with("schema-version", json!(3)),
        ];
        for field in ["allow", "error-msg-on-denied-connection", "posture-compliance-statuses", "schema-version"] {
            let mut answer = valid();
            answer.as_object_mut().unwrap().remove(field);
            answers.push(answer);
        }
        for answer in answers {
            assert_eq!(reason(judge(outcome(&answer, None))), "client-connect-handler-invalid-response", "{answer}");
        }
    }

    #[test]
    fn failures_have_awss_reasons_and_its_message() {
        let task = json!({"errorMessage": "2026-11-21T00:00:00.000Z 1234 Task timed out after 3.00 seconds"});
        let sandbox = json!({"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: 1 Error: Task timed out"});
        let panicked = json!({"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"});
        for (invocation, expected) in [
            (outcome(&task, Some("Unhandled")), "client-connect-handler-timed-out"),
            (outcome(&sandbox, Some("Unhandled")), "client-connect-handler-timed-out"),
            (outcome(&panicked, Some("Unhandled")), "client-connect-handler-other-execution-error"),
            (outcome(&valid(), Some("Handled")), "client-connect-handler-other-execution-error"),
            (Err(NotInvoked::Throttled("f".to_owned())), "client-connect-handler-throttled"),
            (Err(NotInvoked::NoSuchFunction("f".to_owned())), "client-connect-handler-service-error"),
            (Err(NotInvoked::AccessDenied("f".to_owned())), "client-connect-handler-service-error"),
        ] {
            let refused = judge(invocation).expect_err("refused");
            assert_eq!((refused.reason, refused.message.as_str()), (expected, NO_VALID_ANSWER));
        }
        assert_eq!(reason(judge(Err(NotInvoked::NotBuilt("f".to_owned())))), "client-connect-handler-service-error");
    }

    #[test]
    fn unknown_fields_of_an_attempt_are_refused() {
        let read = serde_json::from_value::<Attempt>;
        assert_eq!(read(json!({"common_name": "a"})).unwrap().platform.as_deref(), Some("ios"));
        assert!(read(json!({"commonname": "a"})).is_err());
    }
}
