//! The journal: what happened, in order, for the control panel and for tests.

use std::{collections::VecDeque, sync::Mutex};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::locks::lock;

/// How many are kept; older ones are forgotten.
const KEPT: usize = 5_000;

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Its number, counting from 1 without gaps.
    pub number: u64,
    /// When, on this crate's clock.
    pub at: Timestamp,
    /// What kind: `aws-call`, `invocation`, `alarm`, `schedule`, `client`, `employee`, `environment`, `function-log`, `fault`,
    /// `on-failure`, `time`, `build`.
    pub kind: &'static str,
    /// One sentence for a person.
    pub text: String,
    /// The same for a program.
    pub data: Value,
}

#[derive(Debug, Default)]
struct Inner {
    last_number: u64,
    kept: VecDeque<Entry>,
}

/// What happened, in order.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Inner>);

impl Journal {
    pub fn note(&self, at: Timestamp, kind: &'static str, text: impl Into<String>, data: Value) {
        let mut inner = lock(&self.0);
        inner.last_number += 1;
        let entry = Entry { number: inner.last_number, at, kind, text: text.into(), data };
        tracing::debug!(kind, "{}", entry.text);
        inner.kept.push_back(entry);
        if inner.kept.len() > KEPT {
            inner.kept.pop_front();
        }
    }

    /// Those after a number, oldest first; 0 for all that are kept.
    #[must_use]
    pub fn after(&self, number: u64) -> Vec<Entry> {
        let inner = lock(&self.0);
        inner.kept.iter().filter(|entry| entry.number > number).cloned().collect()
    }
}
