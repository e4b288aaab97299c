//! What falls due, in time order. Stub: helper B.

use jiff::{SignedDuration, Timestamp};

use crate::world::Shared;

/// Something to do at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// A client ends its connection by itself.
    ClientDisconnects(String),
}

/// What falls due.
#[derive(Debug, Default)]
pub struct Timeline {}

impl Timeline {
    /// Adds a job.
    pub fn schedule(&self, _at: Timestamp, _job: Job) {}
}

/// Passes time: everything that falls due happens in order, and the clock stands while an invocation runs.
pub async fn advance(world: &Shared, by: SignedDuration) {
    world.clock.move_to(world.clock.now() + by);
}
