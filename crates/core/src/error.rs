//! What can go wrong, with names that alarms and people can rely on.

use std::fmt;

use lambda_runtime::Diagnostic;

use crate::config::Problem;

/// An AWS call that failed: AWS's own code, message and request id, never interpreted here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The operation, in AWS's spelling.
    pub operation: &'static str,
    /// AWS's error code; `None` where no answer of AWS was had (time-out, no connection).
    pub code: Option<String>,
    /// AWS's message, or what happened instead of an answer.
    pub message: String,
    /// AWS's request id, for AWS support.
    pub request_id: Option<String>,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.as_deref().unwrap_or("no answer");
        write!(f, "{}: {code}: {}", self.operation, self.message)?;
        if let Some(id) = &self.request_id {
            write!(f, " (AWS request id {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for CallError {}

/// Why an invocation, or the start of a function, failed.
///
/// One type, so that [`Error::error_type`] is one `match`: the names are an interface, alarms and the on-failure
/// record are filtered by them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment is not what it should be; every bad variable is named.
    #[error("the configuration is invalid: {}", join(.0))]
    Configuration(Vec<Problem>),
    /// An AWS call failed and nothing else can be done in this invocation.
    #[error("{0}")]
    Call(#[from] CallError),
    /// The event is none this function knows. Nothing was read or changed.
    #[error("the event was not understood: {0}")]
    Event(String),
    /// Some associations could not be disassociated; the text is the answer's body with their `Error` entries.
    #[error("{0}")]
    Incomplete(String),
    /// Not every change of a wanted turning-on, or of what surrounds a turning-off, could be made.
    #[error("{0}")]
    Unfinished(String),
    /// A part of the process that should always work did not, such as the HTTPS client.
    #[error("{attempted}: {happened}")]
    Internal {
        /// What was attempted.
        attempted: &'static str,
        /// The cause, in the words of what failed.
        happened: String,
    },
}

impl Error {
    /// The stable name of the error, `errorType` in Lambda's answer.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Configuration(_) => "ConfigurationInvalid",
            Self::Call(_) => "AwsCallFailed",
            Self::Event(_) => "EventNotUnderstood",
            Self::Incomplete(_) => "DisassociationIncomplete",
            Self::Unfinished(_) => "StepUnfinished",
            Self::Internal { .. } => "InternalError",
        }
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self { error_type: error.error_type().to_owned(), error_message: error.to_string() }
    }
}

fn join(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable() {
        let call = CallError {
            operation: "AssociateClientVpnTargetNetwork",
            code: Some("UnauthorizedOperation".to_owned()),
            message: "You are not authorized to perform this operation.".to_owned(),
            request_id: Some("6c6a1d47".to_owned()),
        };
        let text = "AssociateClientVpnTargetNetwork: UnauthorizedOperation: You are not authorized to perform this \
                    operation. (AWS request id 6c6a1d47)";
        let problem =
            Problem { name: "VPN_IDLE_TIME", value: Some("5m".to_owned()), expected: "20m to 55m".to_owned() };
        for (error, name, message) in [
            (Error::Call(call), "AwsCallFailed", text),
            (
                Error::Configuration(vec![problem]),
                "ConfigurationInvalid",
                "the configuration is invalid: VPN_IDLE_TIME=\"5m\": expected 20m to 55m",
            ),
            (
                Error::Event("it is not a JSON object".to_owned()),
                "EventNotUnderstood",
                "the event was not understood: it is not a JSON object",
            ),
            (Error::Incomplete("{}".to_owned()), "DisassociationIncomplete", "{}"),
            (Error::Unfinished("{}".to_owned()), "StepUnfinished", "{}"),
            (
                Error::Internal { attempted: "build the HTTPS client", happened: "no roots".to_owned() },
                "InternalError",
                "build the HTTPS client: no roots",
            ),
        ] {
            let diagnostic = Diagnostic::from(error);
            assert_eq!((diagnostic.error_type.as_str(), diagnostic.error_message.as_str()), (name, message));
        }
    }
}
