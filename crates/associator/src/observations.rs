//! What this environment saw last. Requests share it for two seconds, so that however many people come at once, an
//! environment reads each list once in two seconds; and where AWS has no time for a read (fact 4.16) it is shown with its age.
//!
//! Whoever has seen something newer never gets it: each answer carries the time of its observation, and the page sends it
//! back. What turns on or off reads anew; an opening that finds nothing to do in what was just seen turns nothing on.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use vpn_core::model::Snapshot;

/// For so long requests share an observation.
pub const SHARED_FOR: SignedDuration = SignedDuration::from_secs(2);
/// For so long one is shown, with its age, while AWS refuses to be asked.
pub const SHOWN_FOR: SignedDuration = SignedDuration::from_mins(5);

/// What was seen.
#[derive(Debug, Clone)]
pub struct Observation {
    pub snapshot: Snapshot,
    /// When reading it began.
    pub at: Timestamp,
    /// Whether no mark was written after it.
    pub current: bool,
}

/// The last observation, and the last request that was written down.
#[derive(Debug, Default)]
pub struct Observations(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    last: Option<Observation>,
    /// The mark that this environment wrote last.
    asked: Option<Timestamp>,
}

impl Observations {
    /// One that a request may share which has seen nothing newer than `seen`.
    #[must_use]
    pub fn shared(&self, now: Timestamp, seen: Option<Timestamp>) -> Option<Observation> {
        self.last_within(SHARED_FOR, now, seen).filter(|last| last.current)
    }

    /// One that may be shown with its age.
    #[must_use]
    pub fn shown(&self, now: Timestamp, seen: Option<Timestamp>) -> Option<Observation> {
        self.last_within(SHOWN_FOR, now, seen)
    }

    fn last_within(&self, time: SignedDuration, now: Timestamp, seen: Option<Timestamp>) -> Option<Observation> {
        let fits = |last: &Observation| is_within(time, last.at, now) && seen.is_none_or(|seen| last.at >= seen);
        self.kept().last.clone().filter(fits)
    }

    /// Nothing that was seen is true any more.
    pub fn forget(&self) {
        self.kept().last = None;
    }

    /// Keeps one.
    pub fn keep(&self, observation: Observation) {
        self.kept().last = Some(observation);
    }

    /// Whether the mark of a request stands, as far as this environment knows: it wrote it, or saw it last. Two thousand
    /// people in a minute would else write it two thousand times, and AWS takes ten a second (fact 4.16).
    #[must_use]
    pub fn stands(&self, mark: Timestamp, now: Timestamp) -> bool {
        let kept = self.kept();
        let seen = kept.last.as_ref().filter(|last| last.current);
        // What cannot be true counts as absent here too. The limit is of another mark.
        let seen = seen.and_then(|last| last.snapshot.endpoint.marks.read(now, SignedDuration::ZERO).last_request);
        kept.asked.max(seen).is_some_and(|stored| stored >= mark)
    }

    /// A request was written down under this mark, or none counts any more.
    pub fn marked(&self, mark: Option<Timestamp>) {
        self.kept().asked = mark;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic while the lock was held leaves a value that is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a time lies less than so long ago, and not ahead.
fn is_within(time: SignedDuration, at: Timestamp, now: Timestamp) -> bool {
    let ago = now.duration_since(at);
    !ago.is_negative() && ago < time
}
