//! Asynchronous invocations: Lambda keeps the event, tries again, and records what it gave up.

use std::sync::Arc;

use aws::{
    authorize::{Context, Decision, Principal},
    deployment::EventInvoke,
    lambda::{
        Event, NotInvoked, Outcome,
        events::{Next, action_of},
    },
};
use serde_json::json;

use super::run::{Invocation, run_once};
use crate::{
    locks::{lock, read},
    timeline::Job,
    world::Shared,
};

/// Tries an event, without waiting for what comes of it: the clock does.
pub(crate) fn attempt(world: &Shared, mut event: Event) {
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
            Ok(outcome) => {
                let settings = settings(&world, &event);
                let next = event.failed(world.clock.now(), &settings);
                go_on(&world, event, &settings, next, Some(&outcome));
            }
            Err(NotInvoked::Throttled(_) | NotInvoked::NotBuilt(_)) => {
                let settings = settings(&world, &event);
                let next = event.throttled(world.clock.now(), &settings);
                go_on(&world, event, &settings, next, None);
            }
            Err(error) => {
                let data = json!({ "function": event.function, "request_id": event.request_id, "lost": true });
                let text = format!("an event for {} is lost: {error}", event.function);
                world.journal.note(world.clock.now(), "invocation", text, data);
            }
        }
        drop(running);
    });
}

/// Lambda tries it again, or gives it up.
fn go_on(world: &Shared, event: Event, settings: &EventInvoke, next: Next, outcome: Option<&Outcome>) {
    match next {
        Next::Again(at) => world.timeline.schedule(at, Job::Event(event)),
        Next::GivenUp(condition) => give_up(world, &event, settings, condition, outcome),
    }
}

fn settings(world: &Shared, event: &Event) -> EventInvoke {
    let deployment = read(&world.deployment);
    deployment.functions.get(&event.function).map(|function| function.event_invoke.clone()).unwrap_or_default()
}

/// Records what came of it where the function's settings say, if the function's role may write there.
fn give_up(world: &Shared, event: &Event, settings: &EventInvoke, condition: &str, outcome: Option<&Outcome>) {
    let now = world.clock.now();
    let record = event.record(now, condition, outcome);
    let name = &event.function;
    let Some(destination) = &settings.on_failure else {
        let text = format!("{name} was given up ({condition}), and there is no destination that would tell anybody");
        let data = json!({ "function": name, "destination": null, "lost": "no destination", "record": record });
        world.journal.note(now, "on-failure", text, data);
        return;
    };
    match may_write(world, event, destination) {
        Ok(()) => {
            let publication = json!({ "topic": destination, "from": event.arn, "message": record });
            lock(&world.publications).push(publication);
            let text = format!("{name} was given up ({condition}): {destination} is told");
            let data = json!({ "function": name, "destination": destination, "record": record });
            world.journal.note(now, "on-failure", text, data);
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
            world.journal.note(now, "on-failure", text, data);
        }
    }
}

/// Lambda writes to the destination under the function's own role.
fn may_write(world: &Shared, event: &Event, destination: &str) -> Result<(), String> {
    let action =
        action_of(destination).ok_or_else(|| format!("{destination} is not a destination that Lambda writes to"))?;
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
