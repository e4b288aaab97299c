//! The audit log: one line for every change, and nowhere else who made it.

use serde::Serialize;

use crate::{meaning::Meaning, plan::Trigger};

/// The message of every audit line, for log queries.
pub const MESSAGE: &str = "audit";

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Actor<'a> {
    /// Why.
    pub trigger: Trigger,
    /// The subject of a verified sign-in: a name only the user pool can resolve, never an address or a person's name.
    pub subject: Option<&'a str>,
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Marks written.
    SetMarks,
    /// `DeleteTags` of marks.
    RemoveMarks,
    /// A subnet associated.
    Associate,
    /// A failed association taken away.
    ClearFailed,
    /// `CreateClientVpnRoute`.
    CreateRoute,
    /// A subnet disassociated.
    Disassociate,
    /// The idle alarm set to OK, so that it judges again.
    SetAlarmState,
}

/// How a change went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// AWS took it.
    Accepted,
    /// It was so already, or what should go was gone.
    Already,
    /// AWS did not take it; a later step tries again, or it is a failure.
    Failed(Meaning),
}

/// One line: one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line<'a> {
    /// Who.
    pub actor: Actor<'a>,
    /// What.
    pub action: Action,
    /// The change in words: subnet, route, marks.
    pub change: String,
    /// The association it is about.
    pub association: Option<String>,
    /// How it went.
    pub outcome: Outcome,
    /// AWS's code, where it was not taken.
    pub code: Option<String>,
    /// AWS's message, where it was not taken.
    pub message: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
}

/// Where lines go: the log, or a test.
pub trait Audit: Send + Sync {
    /// Takes one line, right after the change it is about.
    fn write(&self, line: &Line<'_>);

    /// Takes note that somebody was given the profile of a device: nothing of the VPN was changed by it.
    fn gave_profile(&self, subject: &str, device: &str) {
        tracing::info!(
            audit.action = "give-profile",
            audit.trigger = "profile",
            audit.subject = subject,
            audit.change = device,
            audit.outcome = "accepted",
            "{MESSAGE}"
        );
    }
}

/// The log of the function.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log;

impl Audit for Log {
    fn write(&self, line: &Line<'_>) {
        let (outcome, meaning) = match &line.outcome {
            Outcome::Accepted => ("accepted", None),
            Outcome::Already => ("already", None),
            Outcome::Failed(meaning) => ("failed", Some(*meaning)),
        };
        tracing::info!(
            audit.action = word(&line.action),
            audit.trigger = line.actor.trigger.as_str(),
            audit.subject = line.actor.subject,
            audit.change = line.change,
            association.id = line.association,
            audit.outcome = outcome,
            audit.meaning = meaning.map(|m| word(&m)),
            aws.code = line.code,
            aws.message = line.message,
            aws.request_id = line.request_id,
            "{MESSAGE}"
        );
    }
}

/// The word of a plain enum, as it is serialised.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => format!("{other:?}"),
    }
}
