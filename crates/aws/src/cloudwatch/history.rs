//! What happened to an alarm, as `DescribeAlarmHistory` tells it.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::Value;

use super::{alarm::AlarmState, event};

/// More than a person reads; CloudWatch itself keeps 30 days.
const KEPT: usize = 200;

/// `HistoryItemType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It was put.
    ConfigurationUpdate,
    /// Its state changed.
    StateUpdate,
    /// It carried something out.
    Action,
}

impl Kind {
    /// AWS's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfigurationUpdate => "ConfigurationUpdate",
            Self::StateUpdate => "StateUpdate",
            Self::Action => "Action",
        }
    }
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Item {
    /// When.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: Kind,
    /// One sentence.
    pub summary: String,
    /// More.
    pub data: Data,
}

/// What `HistoryData` tells.
#[derive(Debug, Clone)]
pub enum Data {
    /// This.
    Given(Value),
    /// A change from a state to another; put into JSON only for whoever asks, since alarms change often.
    Change(Box<(AlarmState, AlarmState)>),
}

impl Data {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Self::Given(value) => value.clone(),
            Self::Change(states) => event::history_data(&states.0, &states.1),
        }
    }
}

/// The entries, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History(VecDeque<Item>);

impl History {
    /// Adds one.
    pub fn note(&mut self, at: Timestamp, kind: Kind, summary: String, data: Data) {
        self.0.push_back(Item { at, kind, summary, data });
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    /// All of them, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().rev()
    }
}
