//! How an invocation fails, in Lambda's own words.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

/// An invocation that failed, as its caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error's JSON.
    pub payload: Bytes,
    pub error_type: String,
    /// Its `errorMessage`.
    pub message: String,
}

impl Failure {
    /// With what it says.
    #[must_use]
    pub fn new(error_type: &str, message: String) -> Self {
        let payload = json!({ "errorType": error_type, "errorMessage": message }).to_string().into();
        Self { payload, error_type: error_type.to_owned(), message }
    }

    /// What the process reported itself: it goes to the caller as it is.
    #[must_use]
    pub fn posted(payload: Bytes) -> Self {
        let value: Value = serde_json::from_slice(&payload).unwrap_or_default();
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self { error_type: text("errorType"), message: text("errorMessage"), payload }
    }

    /// It took longer than the function may.
    #[must_use]
    pub fn timed_out(request_id: &str, after: Duration) -> Self {
        let message = format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", after.as_secs_f64());
        Self::new("Sandbox.Timedout", message)
    }

    /// The process ended before it answered: `exit status 1`, `signal: 9 (SIGKILL)`; nothing where it ended well.
    #[must_use]
    pub fn exited(request_id: &str, with: Option<&str>) -> Self {
        let reason = with.map_or_else(
            || "Runtime exited without providing a reason".to_owned(),
            |status| format!("Runtime exited with error: {status}"),
        );
        Self::new("Runtime.ExitError", format!("RequestId: {request_id} Error: {reason}"))
    }

    /// The process could not be started.
    #[must_use]
    pub fn not_started(request_id: &str, error: &str) -> Self {
        Self::new("Runtime.InvalidEntrypoint", format!("RequestId: {request_id} Error: {error}"))
    }
}
