//! Small words of the page, and how much room they take.

use jiff::SignedDuration;
use vpn_core::plan::{Phase, View};

use crate::texts::{Texts, number};

/// A text with a time in it, which the script counts down or up.
pub(super) struct Timed {
    pub(super) before: String,
    pub(super) time: String,
    /// Seconds that are left, or have passed.
    pub(super) left: Option<i64>,
    pub(super) passed: Option<i64>,
    pub(super) after: String,
}

impl Timed {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { before: text.into(), time: String::new(), left: None, passed: None, after: String::new() }
    }

    pub(super) fn unknown() -> Self {
        Self::plain("–")
    }

    pub(super) fn around(texts: &Texts, text: &str, time: SignedDuration) -> Self {
        let (before, after) = text.split_once("{time}").unwrap_or((text, ""));
        Self { time: texts.time(time), after: after.to_owned(), ..Self::plain(before) }
    }

    pub(super) fn left(texts: &Texts, text: &str, time: SignedDuration) -> Self {
        Self { left: Some(time.as_secs()), ..Self::around(texts, text, time) }
    }

    pub(super) fn passed(texts: &Texts, text: &str, time: SignedDuration) -> Self {
        Self { passed: Some(time.as_secs()), ..Self::around(texts, text, time) }
    }
}

/// How many devices are connected.
#[must_use]
pub fn connected(view: &View) -> String {
    format!("{}{}", number(view.connected), if view.connected_or_more { "+" } else { "" })
}

/// The word of a phase in the page.
#[must_use]
pub fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Off => "off",
        Phase::Starting => "starting",
        Phase::Ready => "ready",
        Phase::TurningOff => "turning-off",
        Phase::TurningOnAgain => "turning-on-again",
        Phase::Failed => "failed",
        Phase::Incomplete => "incomplete",
        Phase::Closed => "closed",
    }
}

/// About how much room a text takes: a letter of Chinese, Japanese or Korean takes that of two others.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

pub(super) fn widest<'a>(texts: impl Iterator<Item = &'a str>) -> &'a str {
    texts.max_by_key(|text| width(text)).unwrap_or_default()
}
