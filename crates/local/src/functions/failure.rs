//! How an invocation fails, in Lambda's own words.

use std::{process::ExitStatus, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};

/// An invocation that failed, as its caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The error's JSON.
    pub payload: Bytes,
    /// Its `errorType`.
    pub error_type: String,
    /// Its `errorMessage`.
    pub message: String,
}

impl Failure {
    pub(crate) fn new(error_type: &str, message: String) -> Self {
        let payload = json!({ "errorType": error_type, "errorMessage": message }).to_string().into();
        Self { payload, error_type: error_type.to_owned(), message }
    }

    /// What the process reported itself: it goes to the caller as it is.
    pub(crate) fn posted(payload: Bytes) -> Self {
        let value: Value = serde_json::from_slice(&payload).unwrap_or_default();
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Self { error_type: text("errorType"), message: text("errorMessage"), payload }
    }

    pub(crate) fn timed_out(request_id: &str, after: Duration) -> Self {
        let message = format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", after.as_secs_f64());
        Self::new("Sandbox.Timedout", message)
    }

    pub(crate) fn exited(request_id: &str, status: &std::io::Result<ExitStatus>) -> Self {
        let reason = match status {
            Ok(status) if status.success() => "Runtime exited without providing a reason".to_owned(),
            Ok(status) => format!("Runtime exited with error: {}", in_words(*status)),
            Err(error) => format!("Runtime exited, and its status cannot be read: {error}"),
        };
        Self::new("Runtime.ExitError", format!("RequestId: {request_id} Error: {reason}"))
    }

    pub(crate) fn not_started(request_id: &str, error: &std::io::Error) -> Self {
        Self::new("Runtime.InvalidEntrypoint", format!("RequestId: {request_id} Error: {error}"))
    }
}

/// `exit status 1` or `signal: 9`, as Lambda (a Go program) writes them.
fn in_words(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        // std writes "signal: 9 (SIGKILL)".
        None => status.to_string(),
    }
}
