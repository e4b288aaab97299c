//! What falls due, in time order.
//!
//! The clock goes from one thing to the next, and stands while an invocation runs. Whoever passes time - a test, the
//! control panel, the running speed - comes through [`advance`].

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::{
    alb,
    authorize::{Context, Principal},
    clock::FASTEST,
    cloudwatch,
    functions::{events, invoke_async},
    identifiers,
    locks::{lock, read},
    world::{Shared, joined},
};

/// CloudWatch looks at the alarms at each full minute [facts 1.7].
const ALARMS_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Client VPN publishes its metrics this often [facts 2.1].
const METRICS_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Schedules run this long after the full minute, which is as exact as EventBridge promises to be: an alarm and a
/// schedule that look at the same thing do so one after the other.
const SCHEDULES_AFTER_THE_MINUTE: SignedDuration = SignedDuration::from_secs(30);
/// How far apart the running clock moves (real time).
const TICK: Duration = Duration::from_millis(50);

/// Something to do at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// A client ends its connection by itself.
    ClientDisconnects(String),
    /// An event that Lambda keeps is tried again.
    Event(events::Event),
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
    turn: AsyncMutex<()>,
    speed: watch::Sender<f64>,
    /// Whether Client VPN publishes its metrics at all; taken away to see what happens without.
    pub metrics_published: AtomicBool,
    /// Whether it publishes them while no subnet is associated, which AWS does not say [facts 2.4].
    pub metrics_published_while_off: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    begun: bool,
    health_checked: bool,
    last_number: u64,
    /// By time, then in the order they were added.
    jobs: BTreeMap<(Timestamp, u64), Job>,
}

impl Queue {
    fn add(&mut self, at: Timestamp, job: Job) {
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
                Job::Event(event) => format!("{} is tried again", event.function()),
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

    fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }

    /// Takes what falls due next, up to a time.
    fn take(&self, now: Timestamp, until: Timestamp) -> Option<(Timestamp, Job)> {
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

/// Passes time: everything that falls due happens in order, and the clock stands while an invocation runs. When this
/// returns, all that fell due has been done. Passing no time waits for what runs.
pub async fn advance(world: &Shared, by: SignedDuration) {
    // In a task of its own: whoever asked may stop waiting, but what was taken from the queue is done.
    let world = Arc::clone(world);
    joined(tokio::spawn(async move { pass(&world, by).await })).await;
}

async fn pass(world: &Shared, by: SignedDuration) {
    let _turn = world.timeline.turn.lock().await;
    let start = world.clock.now();
    let until = start.saturating_add(by.max(SignedDuration::ZERO)).unwrap_or(Timestamp::MAX);
    loop {
        // What runs may still add something that falls due; so the queue is looked at only when nothing does.
        let next = world.functions.activity.when_quiet(|| {
            let next = world.timeline.take(start, until);
            world.clock.move_to(next.as_ref().map_or(until, |(at, _)| *at));
            next
        });
        match next.await {
            Some((at, job)) => perform(world, at, job).await,
            None => return,
        }
    }
}

/// Lets the world's time run at its speed, until the task is aborted.
pub async fn run(world: Shared) {
    let mut changes = world.timeline.speed.subscribe();
    loop {
        let speed = *changes.borrow_and_update();
        if speed > 0.0 {
            tokio::time::sleep(TICK).await;
            let tick = SignedDuration::try_from_secs_f64(TICK.as_secs_f64() * speed);
            advance(&world, tick.unwrap_or(ALARMS_EVERY)).await;
        } else if changes.changed().await.is_err() {
            return;
        }
    }
}

/// Does one thing, at its time or - if it was added late - as soon as possible after.
async fn perform(world: &Shared, due: Timestamp, job: Job) {
    let now = world.clock.now();
    if job != Job::HealthChecks {
        world.fresh().await;
    }
    match job {
        Job::ClientDisconnects(id) => {
            if lock(&world.ec2).disconnect(now, &id) {
                world.happenings.note(now, "client", format!("client {id} disconnected"), json!({ "connection": id }));
            }
        }
        Job::Event(event) => events::attempt(world, event),
        Job::Minute => {
            world.timeline.schedule(due + ALARMS_EVERY, Job::Minute);
            if falls_on(due, METRICS_EVERY) {
                publish_metrics(world, now);
            }
            judge_alarms(world, now).await;
            begin_health_checks(world, due);
            world.functions.recycle(now);
        }
        Job::Schedules => {
            world.timeline.schedule(due + ALARMS_EVERY, Job::Schedules);
            run_schedules(world, due - SCHEDULES_AFTER_THE_MINUTE, now).await;
        }
        Job::HealthChecks => match health_check_interval(world) {
            Some(interval) => {
                world.timeline.schedule(due + interval, Job::HealthChecks);
                alb::health_check(world).await;
            }
            None => world.timeline.queue().health_checked = false,
        },
    }
}

/// Health checks can be switched on at any time; they are off by default, since each is an invocation [facts 5.5].
fn begin_health_checks(world: &Shared, now: Timestamp) {
    if let Some(interval) = health_check_interval(world) {
        let mut queue = world.timeline.queue();
        if !std::mem::replace(&mut queue.health_checked, true) {
            queue.add(now + interval, Job::HealthChecks);
        }
    }
}

fn health_check_interval(world: &Shared) -> Option<Duration> {
    let deployment = read(&world.deployment);
    deployment.target_groups.values().filter_map(|group| group.health_check).min().filter(|every| !every.is_zero())
}

fn falls_on(minute: Timestamp, every: SignedDuration) -> bool {
    minute.as_second().rem_euclid(every.as_secs().max(1)) == 0
}

fn publish_metrics(world: &Shared, now: Timestamp) {
    if !world.timeline.metrics_published.load(Ordering::Relaxed) {
        return;
    }
    let (active, associated) = {
        let ec2 = lock(&world.ec2);
        (ec2.active_connections(now), ec2.billed_associations(now) > 0)
    };
    if !associated && !world.timeline.metrics_published_while_off.load(Ordering::Relaxed) {
        return;
    }
    let endpoint = read(&world.deployment).endpoint.id.clone();
    let active = f64::from(u32::try_from(active).unwrap_or(u32::MAX));
    let mut cloudwatch = lock(&world.cloudwatch);
    cloudwatch.record(now, "AWS/ClientVPN", "ActiveConnectionsCount", &[("Endpoint", &endpoint)], active);
}

async fn judge_alarms(world: &Shared, now: Timestamp) {
    let actions = lock(&world.cloudwatch).evaluate(now);
    cloudwatch::http::act(world, actions).await;
}

async fn run_schedules(world: &Shared, minute: Timestamp, now: Timestamp) {
    let (schedules, account, region) = {
        let deployment = read(&world.deployment);
        (deployment.schedules.clone(), deployment.account.clone(), deployment.region.clone())
    };
    let due = schedules.into_iter().filter(|schedule| {
        schedule.enabled && SignedDuration::try_from(schedule.rate).is_ok_and(|rate| falls_on(minute, rate))
    });
    for schedule in due {
        let event = json!({
            "version": "0",
            "id": identifiers::uuid(),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": account,
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": region,
            "resources": [schedule.arn],
            "detail": {},
        });
        let principal = Principal::Service("events.amazonaws.com".to_owned());
        // EventBridge names the rule and no account (fact 11.6).
        let context = Context::from([("aws:SourceArn".to_owned(), vec![schedule.arn.clone()])]);
        let taken = invoke_async(world, &schedule.target, event.to_string().into(), &principal, &context).await;
        let (name, target) = (schedule.name, schedule.target);
        let text = match &taken {
            Ok(()) => format!("rule {name} invokes {target}"),
            Err(error) => format!("rule {name} cannot invoke {target}: {error}"),
        };
        let error = taken.err().map(|error| error.to_string());
        world.happenings.note(now, "schedule", text, json!({ "rule": name, "target": target, "error": error }));
    }
}
