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
pub struct Timeline {
    /// Whether Client VPN publishes its metrics at all.
    pub metrics_published: std::sync::atomic::AtomicBool,
    /// Whether it publishes them while no subnet is associated.
    pub metrics_published_while_off: std::sync::atomic::AtomicBool,
}

impl Timeline {
    /// Adds a job.
    pub fn schedule(&self, _at: Timestamp, _job: Job) {}

    /// Speed and what falls due next, for the control panel.
    pub fn report(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// How fast the clock runs; 0 where it stands.
    pub fn speed(&self) -> f64 {
        0.0
    }

    /// Lets the clock run at a speed, or stand.
    pub fn set_speed(&self, _speed: f64) {}
}

/// Passes time: everything that falls due happens in order, and the clock stands while an invocation runs.
pub async fn advance(_world: &Shared, _by: SignedDuration) {}

/// Invokes what an alarm is for.
pub async fn run_alarm_action(_world: &Shared, _now: Timestamp, _action: crate::cloudwatch::AlarmAction) {}
