//! This computer's AWS has a time of its own: it stands, is stepped, or runs at a speed.

use std::sync::Mutex;

use jiff::Timestamp;

use crate::locks::lock;

/// How much faster than the system's clock it may run: beyond, it would only wait for the functions.
pub const FASTEST: f64 = 10_000.0;

/// The time of the emulated world. Only [`crate::timeline`] moves it, so that what falls due happens in order.
#[derive(Debug)]
pub struct Clock(Mutex<Timestamp>);

impl Clock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        *lock(&self.0)
    }

    /// Moves it forward; an earlier time changes nothing.
    pub(crate) fn move_to(&self, to: Timestamp) {
        let mut now = lock(&self.0);
        *now = (*now).max(to);
    }
}

/// The system's time: where a new world starts, and what a running clock is measured by.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place of this crate that reads the clock")]
pub fn system() -> Timestamp {
    Timestamp::now()
}
