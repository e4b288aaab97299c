//! Asynchronous invocations: Lambda keeps the event, tries again, and records what it gave up.

use std::sync::Arc;

use aws::{
    authorize::{Context, Decision, Principal},
    deployment::EventInvoke,
};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::run::{Invocation, run_once};
use crate::{
    functions::{Event, NotInvoked, Outcome},
    locks::{lock, read},
    timeline::Job,
    world::Shared,
};

/// How long after a function's first and second failure it is tried again.
const AFTER_FAILURE: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(2)];
/// An event that no environment was free for comes back after this, doubled each time, up to the limit. It is not an
/// attempt.
const AFTER_THROTTLE: SignedDuration = SignedDuration::from_secs(1);
const AFTER_THROTTLE_AT_MOST: SignedDuration = SignedDuration::from_mins(5);

/// Tries an event, without waiting for what comes of it: the clock does.
pub(crate) fn attempt(world: &Shared, event: Event) {
    let world = Arc::clone(world);
    let running = world.functions.activity.enter_now();
    tokio::spawn(async move {
        let invocation = Invocation {
            function: &event.function,
            arn: &event.arn,
            request_id: &event.request_id,
            source: &event.source,
            asynchronous: true,
            payload: event.payload.clone(),
        };
        match run_once(&world, invocation).await {
            Ok(Outcome { function_error: None, .. }) => {}
            Ok(outcome) => failed(&world, event, outcome),
            Err(NotInvoked::Throttled(_) | NotInvoked::NotBuilt(_)) => wait(&world, event),
            Err(error) => {
                let data = json!({ "function": event.function, "request_id": event.request_id, "lost": true });
                let text = format!("an event for {} is lost: {error}", event.function);
                world.happenings.note(world.clock.now(), "invocation", text, data);
            }
        }
        drop(running);
    });
}

/// The function failed: again later, or never.
fn failed(world: &Shared, mut event: Event, outcome: Outcome) {
    event.attempts += 1;
    let settings = settings(world, &event);
    let mut delays = AFTER_FAILURE.iter().take(settings.maximum_retry_attempts as usize);
    let due = delays.nth(event.attempts as usize - 1).map(|delay| world.clock.now() + *delay);
    match due {
        None => give_up(world, &event, &settings, "RetriesExhausted", Some(&outcome)),
        Some(due) if too_old(&event, &settings, due) => {
            give_up(world, &event, &settings, "EventAgeExceeded", Some(&outcome));
        }
        Some(due) => world.timeline.schedule(due, Job::Event(event)),
    }
}

/// There was no environment for it.
fn wait(world: &Shared, mut event: Event) {
    let delay = AFTER_THROTTLE.saturating_mul(1 << event.throttles.min(16)).min(AFTER_THROTTLE_AT_MOST);
    event.throttles += 1;
    let settings = settings(world, &event);
    let due = world.clock.now() + delay;
    if too_old(&event, &settings, due) {
        give_up(world, &event, &settings, "EventAgeExceeded", None);
    } else {
        world.timeline.schedule(due, Job::Event(event));
    }
}

fn settings(world: &Shared, event: &Event) -> EventInvoke {
    let deployment = read(&world.deployment);
    deployment.functions.get(&event.function).map(|function| function.event_invoke.clone()).unwrap_or_default()
}

fn too_old(event: &Event, settings: &EventInvoke, at: Timestamp) -> bool {
    at.duration_since(event.accepted).unsigned_abs() > settings.maximum_event_age
}

/// Records what came of it where the function's settings say, if the function's role may write there.
fn give_up(world: &Shared, event: &Event, settings: &EventInvoke, condition: &str, outcome: Option<&Outcome>) {
    let now = world.clock.now();
    let record = record(now, event, condition, outcome);
    let name = &event.function;
    let Some(destination) = &settings.on_failure else {
        let text = format!("{name} was given up ({condition}), and there is no destination that would tell anybody");
        let data = json!({ "function": name, "destination": null, "lost": "no destination", "record": record });
        world.happenings.note(now, "on-failure", text, data);
        return;
    };
    match may_write(world, event, destination) {
        Ok(()) => {
            let publication = json!({ "topic": destination, "from": event.arn, "message": record });
            lock(&world.publications).push(publication);
            let text = format!("{name} was given up ({condition}): {destination} is told");
            let data = json!({ "function": name, "destination": destination, "record": record });
            world.happenings.note(now, "on-failure", text, data);
        }
        Err(reason) => {
            lock(&world.cloudwatch).record(
                now,
                "AWS/Lambda",
                "DestinationDeliveryFailures",
                &[("FunctionName", name)],
                1.0,
            );
            let text = format!("{name} was given up ({condition}), and the record of it is lost: {reason}");
            let data = json!({ "function": name, "destination": destination, "lost": reason, "record": record });
            world.happenings.note(now, "on-failure", text, data);
        }
    }
}

/// Lambda writes to the destination under the function's own role.
fn may_write(world: &Shared, event: &Event, destination: &str) -> Result<(), String> {
    let action = match destination.split(':').nth(2) {
        Some("sns") => "sns:Publish",
        Some("sqs") => "sqs:SendMessage",
        Some("lambda") => "lambda:InvokeFunction",
        Some("events") => "events:PutEvents",
        _ => return Err(format!("{destination} is no destination")),
    };
    let (role, is_missing) = {
        let deployment = read(&world.deployment);
        let Some(function) = deployment.functions.get(&event.function) else {
            return Err(format!("{} does not exist any more", event.function));
        };
        let known = action != "sns:Publish" || deployment.topics.contains_key(destination);
        (function.role.clone(), world.upstream.is_some() && !known)
    };
    if is_missing {
        return Err(format!("there is no topic {destination}"));
    }
    match world.may(&Principal::Role(role), action, destination, &Context::new()) {
        Decision::Allowed => Ok(()),
        Decision::Denied(reason) => Err(reason),
    }
}

/// The record as Lambda writes it.
fn record(now: Timestamp, event: &Event, condition: &str, outcome: Option<&Outcome>) -> Value {
    let mut record = json!({
        "version": "1.0",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": format!("{}:$LATEST", event.arn),
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": parsed(&event.payload),
    });
    if let Some(outcome) = outcome {
        record["responseContext"] =
            json!({ "statusCode": 200, "executedVersion": "$LATEST", "functionError": outcome.function_error });
        record["responsePayload"] = parsed(&outcome.payload);
    }
    record
}

fn parsed(payload: &Bytes) -> Value {
    serde_json::from_slice(payload).unwrap_or_else(|_| String::from_utf8_lossy(payload).into())
}
