//! Does what falls due, in time order.
//!
//! The clock goes from one thing to the next, and stands while an invocation runs: in a world that is faster than ours, an
//! hour would pass in what takes a function a second. Whoever passes time - a test, the control panel, the running speed -
//! comes through [`advance`]; only a clock that is no faster than ours goes on, as AWS's does.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use aws::{
    authorize::{Context, Principal},
    identifiers,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{
    alarm_actions::act,
    clock,
    invocations::{attempt, invoke_async},
    listener,
    locks::{lock, read},
    timeline::{ALARMS_EVERY, Job, SCHEDULES_AFTER_THE_MINUTE},
    world::{Shared, joined},
};

/// Client VPN publishes its metrics this often (fact 2.1).
const METRICS_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// How far apart the running clock moves (real time).
const TICK: Duration = Duration::from_millis(50);

/// Passes time: everything that falls due happens in order, and the clock stands while an invocation runs. When this
/// returns, all that fell due has been done. Passing no time waits for what runs.
pub async fn advance(world: &Shared, by: SignedDuration) {
    // In a task of its own: whoever asked may stop waiting, but what was taken from the queue is done.
    let world = Arc::clone(world);
    joined(tokio::spawn(async move { pass(&world, by, Invocations::HoldTheClock).await })).await;
}

/// What invocations that run are to the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Invocations {
    HoldTheClock,
    RunBesideIt,
}

async fn pass(world: &Shared, by: SignedDuration, invocations: Invocations) {
    let _turn = world.timeline.turn.lock().await;
    let start = world.clock.now();
    let until = start.saturating_add(by.max(SignedDuration::ZERO)).unwrap_or(Timestamp::MAX);
    let take = || {
        let next = world.timeline.take(start, until);
        world.clock.move_to(next.as_ref().map_or(until, |(at, _)| *at));
        next
    };
    loop {
        let next = match invocations {
            // What runs may still add something that falls due; so the queue is looked at only when nothing does.
            Invocations::HoldTheClock => world.functions.activity.when_quiet(take).await,
            Invocations::RunBesideIt => take(),
        };
        match next {
            Some((at, job)) => perform(world, at, job).await,
            None => return,
        }
    }
}

/// Lets the world's time run at its speed, until the task is aborted.
pub async fn run(world: Shared) {
    let mut changes = world.timeline.speed.subscribe();
    let mut looked = clock::system();
    loop {
        let speed = *changes.borrow_and_update();
        if speed <= 0.0 {
            if changes.changed().await.is_err() {
                return;
            }
            looked = clock::system();
            continue;
        }
        tokio::time::sleep(TICK).await;
        let now = clock::system();
        let passed = now.duration_since(std::mem::replace(&mut looked, now));
        if speed > 1.0 {
            advance(&world, times(TICK, speed)).await;
        } else {
            // However late this computer came back to it.
            pass(&world, times(passed.max(SignedDuration::ZERO).unsigned_abs(), speed), Invocations::RunBesideIt).await;
        }
    }
}

fn times(time: Duration, speed: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(time.as_secs_f64() * speed).unwrap_or(ALARMS_EVERY)
}

/// Does one thing, at its time or - if it was added late - as soon as possible after.
async fn perform(world: &Shared, due: Timestamp, job: Job) {
    let now = world.clock.now();
    if job != Job::HealthChecks {
        world.refresh_deployment().await;
    }
    match job {
        Job::ClientDisconnects(id) => {
            if lock(&world.ec2).disconnect(now, &id) {
                world.journal.note(now, "client", format!("client {id} disconnected"), json!({ "connection": id }));
            }
        }
        Job::Event(event) => attempt(world, event),
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
                world.timeline.schedule(later(due, interval), Job::HealthChecks);
                listener::health_check(world).await;
            }
            None => world.timeline.queue().health_checked = false,
        },
    }
}

/// Health checks can be switched on at any time; they are off by default, since each is an invocation (fact 5.5).
fn begin_health_checks(world: &Shared, now: Timestamp) {
    if let Some(interval) = health_check_interval(world) {
        let mut queue = world.timeline.queue();
        if !std::mem::replace(&mut queue.health_checked, true) {
            queue.add(later(now, interval), Job::HealthChecks);
        }
    }
}

/// An interval as long as somebody sets it leads to the end of time at most.
fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
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
    let while_off = world.timeline.metrics_published_while_off.load(Ordering::Relaxed);
    let measured = lock(&world.ec2).measured(now);
    let mut cloudwatch = lock(&world.cloudwatch);
    for measured in measured {
        let mut record = |name: &str, value: f64| {
            cloudwatch.record(now, "AWS/ClientVPN", name, &[("Endpoint", &measured.endpoint)], value);
        };
        if !measured.is_billed && !while_off {
            continue;
        }
        record("ActiveConnectionsCount", f64::from(u32::try_from(measured.active_connections).unwrap_or(u32::MAX)));
        if let Some(left) = measured.list_expires_in {
            record("CrlDaysToExpiry", (left.as_secs_f64() / 86_400.0).floor());
        }
    }
}

async fn judge_alarms(world: &Shared, now: Timestamp) {
    let actions = lock(&world.cloudwatch).evaluate(now);
    act(world, actions).await;
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
        world.journal.note(now, "schedule", text, json!({ "rule": name, "target": target, "error": error }));
    }
}
