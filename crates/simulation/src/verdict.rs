//! What the rules and the truth share: the verdict, and marks as the design reads them.

use jiff::{SignedDuration, Timestamp};
use vpn_core::marks::{Mark, RawMarks};

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub rule: &'static str,
    /// What happened.
    pub words: String,
}

/// The verdict on one step of the story.
pub type Checked = Result<(), Broken>;

pub fn broken(rule: &'static str, words: impl Into<String>) -> Checked {
    Err(Broken { rule, words: words.into() })
}

/// What is broken when a change has no line, or a wrong one: looked at before each call and at the end.
pub const AUDITED: &str = "every change has its audit line";

/// Two minutes: a mark further ahead counts as absent.
pub const AHEAD: SignedDuration = SignedDuration::from_mins(2);
/// How far ahead a keeping may lie: fourteen days, the minute it is rounded up by included. The employees' limit is shorter.
pub const KEPT: SignedDuration = SignedDuration::from_mins(14 * 24 * 60 + 1);
pub const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A mark as the design reads it.
pub fn read(text: Option<&str>, now: Timestamp, ahead: SignedDuration) -> Option<Timestamp> {
    text?.parse().ok().filter(|at: &Timestamp| at.duration_since(now) <= ahead)
}

/// When what a request turned on began, the later of the request and of being on, while it is not marked as ready.
pub fn unfinished_from(marks: &RawMarks, now: Timestamp, idle: SignedDuration) -> Option<Timestamp> {
    let one = |mark| read(marks.get(mark), now, AHEAD);
    let (asked, since) = (one(Mark::LastRequest)?, one(Mark::OnSince)?);
    let seen = one(Mark::ReadySince).is_some_and(|ready| ready >= since);
    (!seen && since.duration_since(asked) < idle).then_some(asked.max(since))
}
