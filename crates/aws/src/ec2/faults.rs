//! Things that go wrong on demand, as data: the control panel and tests add and remove them.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::AwsError;

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The action it happens to, by AWS's name; `*` for every one.
    pub action: String,
    /// Only where the call names this endpoint, subnet, association, connection, address block, tagged resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What happens.
    #[serde(flatten)]
    pub effect: Effect,
    /// How many more times; for ever without a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "kebab-case")]
pub enum Effect {
    /// The call is answered with this error, and nothing is done.
    Error(AwsError),
    /// The connection ends without an answer.
    NoAnswer {
        /// Whether what was asked for is done nevertheless.
        #[serde(default)]
        performed: bool,
    },
    /// The call succeeds and what it began fails later: `association-failed`, or a route that becomes `failed`.
    Fails {
        /// The message of that state.
        message: String,
    },
    /// The call succeeds and what it began takes this long instead of the usual delay.
    Takes {
        /// How long, in the emulated world.
        #[serde(deserialize_with = "super::settings::delay")]
        duration: SignedDuration,
    },
    /// The call succeeds and what it began is then listed in this state, which AWS may not have documented yet.
    Shows {
        /// The state.
        status: String,
    },
}

impl Fault {
    /// The call is answered with this error, every time.
    #[must_use]
    pub fn error(action: &str, error: AwsError) -> Self {
        Self::new(action, Effect::Error(error))
    }

    /// Something goes wrong, every time.
    #[must_use]
    pub fn new(action: &str, effect: Effect) -> Self {
        Self { action: action.to_owned(), resource: None, effect, times: None }
    }

    /// Only so many times.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Only for this resource.
    #[must_use]
    pub fn of(self, resource: &str) -> Self {
        Self { resource: Some(resource.to_owned()), ..self }
    }

    fn concerns(&self, action: &str, resources: &[&str]) -> bool {
        let named = |resource: &String| resources.contains(&resource.as_str());
        (self.action == "*" || self.action == action) && self.resource.as_ref().is_none_or(named)
    }
}

/// A fault and the number it is removed by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Numbered {
    /// Its number.
    pub id: u64,
    #[serde(flatten)]
    pub fault: Fault,
}

/// All faults there are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    last_id: u64,
    list: Vec<Numbered>,
}

/// What faults make of a call that is carried out nevertheless.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallEffects {
    pub(crate) unheard: bool,
    pub(crate) fails: Option<String>,
    pub(crate) takes: Option<SignedDuration>,
    pub(crate) shows: Option<String>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> u64 {
        self.last_id += 1;
        self.list.push(Numbered { id: self.last_id, fault });
        self.last_id
    }

    pub(crate) fn list(&self) -> &[Numbered] {
        &self.list
    }

    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.list.len();
        self.list.retain(|numbered| numbered.id != id);
        self.list.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }

    /// What happens to a call: the first error wins, everything milder before it adds up.
    pub(crate) fn strike(&mut self, action: &str, resources: &[&str]) -> Result<CallEffects, AwsError> {
        let mut effects = CallEffects::default();
        let mut error = None;
        for Numbered { fault, .. } in &mut self.list {
            if fault.times == Some(0) || !fault.concerns(action, resources) {
                continue;
            }
            fault.times = fault.times.map(|times| times - 1);
            match &fault.effect {
                Effect::Error(wanted) => error = Some(wanted.clone()),
                Effect::NoAnswer { performed: false } => error = Some(AwsError::no_answer()),
                Effect::NoAnswer { performed: true } => effects.unheard = true,
                Effect::Fails { message } => effects.fails = Some(message.clone()),
                Effect::Takes { duration } => effects.takes = Some(*duration),
                Effect::Shows { status } => effects.shows = Some(status.clone()),
            }
            if error.is_some() {
                break;
            }
        }
        self.list.retain(|numbered| numbered.fault.times != Some(0));
        error.map_or(Ok(effects), Err)
    }
}
