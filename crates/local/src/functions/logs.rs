//! What functions wrote, as CloudWatch Logs keeps it: by group and stream, each line with its time.

use std::{collections::VecDeque, sync::Mutex};

use jiff::Timestamp;

use crate::locks::lock;

/// How many lines are kept; older ones are forgotten, and that is known.
const KEPT: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, on the clock here.
    pub at: Timestamp,
    /// The log group.
    pub group: String,
    /// The log stream: of one execution environment.
    pub stream: String,
    /// What was written.
    pub text: String,
    /// Its number, counting from 1.
    pub number: u64,
}

#[derive(Debug, Clone, Default)]
struct Inner {
    lines: VecDeque<Line>,
    last_number: u64,
    forgotten: Option<Timestamp>,
}

/// The lines of all functions.
#[derive(Debug, Default)]
pub struct Logs(Mutex<Inner>);

impl Logs {
    /// Keeps a line.
    pub(crate) fn write(&self, at: Timestamp, group: &str, stream: &str, text: &str) {
        let mut inner = lock(&self.0);
        inner.last_number += 1;
        let number = inner.last_number;
        let [group, stream, text] = [group, stream, text].map(ToOwned::to_owned);
        inner.lines.push_back(Line { at, group, stream, text, number });
        if inner.lines.len() > KEPT {
            inner.forgotten = inner.lines.pop_front().map(|line| line.at);
        }
    }

    /// The lines of a group, oldest first; `None` where some of them since that time may be forgotten.
    #[must_use]
    pub fn of(&self, group: &str, since: Timestamp) -> Option<Vec<Line>> {
        let inner = lock(&self.0);
        if inner.forgotten.is_some_and(|forgotten| forgotten >= since) {
            return None;
        }
        Some(inner.lines.iter().filter(|line| line.group == group && line.at >= since).cloned().collect())
    }

    /// Whether a function wrote to this stream.
    #[must_use]
    pub fn has(&self, group: &str, stream: &str) -> bool {
        lock(&self.0).lines.iter().any(|line| line.group == group && line.stream == stream)
    }

    /// Everything was deleted.
    pub fn clear(&self) {
        *lock(&self.0) = Inner::default();
    }

    /// A group, or one stream of it, was deleted.
    pub fn delete(&self, group: &str, stream: Option<&str>) {
        let is_it = |line: &Line| line.group == group && stream.is_none_or(|stream| line.stream == stream);
        lock(&self.0).lines.retain(|line| !is_it(line));
    }

    /// The same lines once more.
    pub(crate) fn copy(&self) -> Self {
        Self(Mutex::new(lock(&self.0).clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_known() {
        let logs = Logs::default();
        let at = |second: i64| Timestamp::from_second(1_793_610_000 + second).unwrap();
        for second in 0..=KEPT as i64 {
            logs.write(at(second), "g", "s", "text");
        }
        assert_eq!(logs.of("g", at(0)), None, "the first line is gone");
        assert_eq!(logs.of("g", at(1)).map(|lines| lines.len()), Some(KEPT));
        assert_eq!(logs.of("other", at(1)), Some(Vec::new()));
        logs.delete("g", Some("another"));
        assert_eq!(logs.copy().of("g", at(KEPT as i64)).map(|lines| lines.len()), Some(1));
        logs.delete("g", None);
        assert_eq!(logs.of("g", at(1)), Some(Vec::new()));
    }
}
