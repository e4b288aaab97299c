//! One connection: read, asked, decided, answered. Whatever happens on the way, there is an answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use vpn_core::config::Vars;

use crate::{
    policy::{Policy, Verdict},
    question::Asked,
    request::{Event, Request, SchemaVersion},
    response::Response,
    settings::{self, Mode},
};

/// Why nothing could be decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Doubt {
    #[error("{0}")]
    Settings(String),
    #[error("the policy cannot be used: {0}")]
    Policy(String),
    #[error("the request was not understood: {0}")]
    Request(String),
    #[error("the policy could not be evaluated: {0}")]
    Evaluation(String),
    #[error("the decision panicked")]
    Panic,
}

impl Doubt {
    /// The stable name of it, for queries and alarms on the log.
    fn error_type(&self) -> &'static str {
        match self {
            Self::Settings(_) => "ConfigurationInvalid",
            Self::Policy(_) => "PolicyUnusable",
            Self::Request(_) => "EventNotUnderstood",
            Self::Evaluation(_) => "EvaluationFailed",
            Self::Panic => "InternalError",
        }
    }
}

/// The handler. It always starts: what is wrong with its settings or its policy is the reason of its denials.
#[derive(Debug)]
pub struct Handler {
    mode: Mode,
    policy: Result<Policy, Doubt>,
}

impl Handler {
    /// Reads settings and policy.
    #[must_use]
    pub fn new(vars: &dyn Vars) -> Self {
        let policy = guarded(|| {
            let dir = settings::policy_dir(vars).map_err(|error| Doubt::Settings(error.to_string()))?;
            Policy::load(&dir).map_err(|error| Doubt::Policy(error.to_string()))
        });
        let (mode, policy) = match settings::mode(vars) {
            Ok(mode) => (mode, policy),
            // A word that is neither may have been meant for either: nobody is let in by mistake.
            Err(error) => (Mode::Enforce, Err(Doubt::Settings(error.to_string()))),
        };
        if let Err(doubt) = &policy {
            tracing::error!(
                error.type = doubt.error_type(), error.message = %doubt, mode = mode.as_str(),
                "the settings or the policy cannot be used: no connection can be judged until they are put right"
            );
        }
        Self { mode, policy }
    }

    /// A handler with a policy that was read already.
    #[must_use]
    pub fn with(mode: Mode, policy: Policy) -> Self {
        Self { mode, policy: Ok(policy) }
    }

    /// Answers one request. `reference` is Lambda's request id, by which a person's report is found in the log.
    #[must_use]
    pub fn answer(&self, event: &Event, reference: &str, now: Timestamp) -> Response {
        let mut log = Line::default();
        let judged = guarded(|| self.judge(event, now, &mut log));
        self.conclude(event.version, reference, judged, &log)
    }

    fn judge(&self, event: &Event, now: Timestamp, log: &mut Line) -> Result<Verdict, Doubt> {
        let request = Request::read(event).map_err(Doubt::Request)?;
        (log.connection, log.endpoint) = (request.connection.clone(), request.endpoint.clone());
        request.is_authenticated().map_err(|why| Doubt::Request(why.to_owned()))?;
        let policy = self.policy.as_ref().map_err(Clone::clone)?;
        let asked = Asked::new(&request, now).map_err(Doubt::Request)?;
        log.attributes = asked.attributes.join(",");
        policy.decide(&asked).map_err(Doubt::Evaluation)
    }

    fn conclude(
        &self,
        version: SchemaVersion,
        reference: &str,
        judged: Result<Verdict, Doubt>,
        log: &Line,
    ) -> Response {
        let (verdict, doubt) = match judged {
            Ok(verdict) => (verdict, None),
            Err(doubt) => (Verdict::default(), Some(doubt)),
        };
        let message = match (&doubt, verdict.allow) {
            (None, true) => String::new(),
            (None, false) if !verdict.messages.is_empty() => verdict.messages.join(" "),
            (None, false) => {
                format!("This connection is not permitted. Please contact your administrator. Reference: {reference}")
            }
            // The beginning is AWS's own message for a handler that failed (fact 6.3).
            (Some(_), _) => {
                format!("Error establishing connection. Please contact your administrator. Reference: {reference}")
            }
        };
        let allow = verdict.allow || self.mode == Mode::Shadow;
        let message = if allow { "" } else { &message };
        log.write(self.mode, version, &verdict, doubt.as_ref());
        Response::new(version, allow, message, &verdict.postures)
    }
}

/// Runs what may panic; the connection is then denied like on any other doubt.
fn guarded<T>(decide: impl FnOnce() -> Result<T, Doubt>) -> Result<T, Doubt> {
    catch_unwind(AssertUnwindSafe(decide)).unwrap_or(Err(Doubt::Panic))
}

/// What the log says about a request, beside the verdict: nothing about the person, the device or where they are.
#[derive(Default)]
struct Line {
    connection: Option<String>,
    endpoint: Option<String>,
    attributes: String,
}

impl Line {
    fn write(&self, mode: Mode, version: SchemaVersion, verdict: &Verdict, doubt: Option<&Doubt>) {
        let (mode, version) = (mode.as_str(), version.as_str());
        let (connection, endpoint) = (self.connection.as_deref(), self.endpoint.as_deref());
        let decision = if verdict.allow { "allow" } else { "deny" };
        let policies = verdict.policies.join(",");
        match doubt {
            None => tracing::info!(
                connection.id = connection,
                endpoint.id = endpoint,
                schema_version = version,
                mode,
                decision,
                policies,
                attributes = self.attributes,
                "a connection was judged"
            ),
            Some(doubt) => tracing::error!(
                connection.id = connection, endpoint.id = endpoint, schema_version = version, mode, decision,
                error.type = doubt.error_type(), error.message = %doubt, attributes = self.attributes,
                "a connection could not be judged"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
