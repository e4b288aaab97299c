//! What falls due, in time order. [`crate::engine`] does it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use aws::lambda::Event;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::{clock::FASTEST, locks::lock};

/// CloudWatch looks at the alarms at each full minute (fact 1.7).
pub(crate) const ALARMS_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Schedules run this long after the full minute, which is as exact as EventBridge promises to be: an alarm and a
/// schedule that look at the same thing do so one after the other.
pub(crate) const SCHEDULES_AFTER_THE_MINUTE: SignedDuration = SignedDuration::from_secs(30);

/// Something to do at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// A client ends its connection by itself.
    ClientDisconnects(String),
    /// An event that Lambda keeps is tried again.
    Event(Event),
    /// Metrics are published and alarms judged.
    Minute,
    /// Schedules invoke what they are for.
    Schedules,
    /// The load balancer checks the health of the targets for which that is on.
    HealthChecks,
}

/// What falls due.
#[derive(Debug)]
pub struct Timeline {
    queue: Mutex<Queue>,
    /// Time is passed by one at a time.
    pub(crate) turn: AsyncMutex<()>,
    pub(crate) speed: watch::Sender<f64>,
    /// Whether Client VPN publishes its metrics at all; taken away to see what happens without.
    pub metrics_published: AtomicBool,
    /// Whether it publishes them while no subnet is associated, which AWS does not say (fact 2.4).
    pub metrics_published_while_off: AtomicBool,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    begun: bool,
    pub(crate) health_checked: bool,
    last_number: u64,
    /// By time, then in the order they were added.
    jobs: BTreeMap<(Timestamp, u64), Job>,
}

impl Queue {
    pub(crate) fn add(&mut self, at: Timestamp, job: Job) {
        self.last_number += 1;
        self.jobs.insert((at, self.last_number), job);
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            queue: Mutex::default(),
            turn: AsyncMutex::default(),
            speed: watch::Sender::default(),
            metrics_published: AtomicBool::new(true),
            metrics_published_while_off: AtomicBool::new(false),
        }
    }
}

impl Timeline {
    /// Adds a job.
    pub fn schedule(&self, at: Timestamp, job: Job) {
        self.queue().add(at, job);
    }

    /// How much faster than the system's clock this world's runs; 0 while it stands.
    #[must_use]
    pub fn speed(&self) -> f64 {
        *self.speed.borrow()
    }

    /// Changes the speed; what is no positive number stops the clock.
    pub fn set_speed(&self, speed: f64) {
        self.speed.send_replace(if speed > 0.0 { speed.min(FASTEST) } else { 0.0 });
    }

    /// Speed and what falls due next, for the control panel.
    #[must_use]
    pub fn report(&self) -> Value {
        let queue = self.queue();
        let due = queue.jobs.iter().filter_map(|((at, _), job)| {
            let what = match job {
                Job::Minute | Job::Schedules | Job::HealthChecks => return None,
                Job::ClientDisconnects(id) => format!("client {id} disconnects"),
                Job::Event(event) => format!("{} is tried again", event.function),
            };
            Some(json!({ "at": at, "what": what }))
        });
        json!({
            "speed": self.speed(),
            "due": due.collect::<Vec<_>>(),
            "metrics_published": self.metrics_published.load(Ordering::Relaxed),
            "metrics_published_while_off": self.metrics_published_while_off.load(Ordering::Relaxed),
        })
    }

    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    /// Takes what falls due next, up to a time.
    pub(crate) fn take(&self, now: Timestamp, until: Timestamp) -> Option<(Timestamp, Job)> {
        let mut queue = self.queue();
        if !queue.begun {
            queue.begun = true;
            queue.add(next_minute(now), Job::Minute);
            queue.add(next_minute(now - SCHEDULES_AFTER_THE_MINUTE) + SCHEDULES_AFTER_THE_MINUTE, Job::Schedules);
        }
        let next = queue.jobs.first_entry().filter(|entry| entry.key().0 <= until)?;
        let ((at, _), job) = next.remove_entry();
        Some((at, job))
    }
}

fn next_minute(after: Timestamp) -> Timestamp {
    let minute = ALARMS_EVERY.as_secs();
    let seconds = minute - after.as_second().rem_euclid(minute);
    Timestamp::from_second(after.as_second() + seconds).unwrap_or(Timestamp::MAX)
}
