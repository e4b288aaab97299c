//! What alarms do when their state changes: functions are invoked, topics told.

use aws::{
    authorize::{Context, Decision, Principal},
    cloudwatch::AlarmAction,
};
use bytes::Bytes;
use serde_json::json;

use crate::{
    invocations,
    locks::{lock, read},
    world::Shared,
};

/// The service that carries out an alarm's actions on functions.
pub const ALARM_SERVICE: &str = "lambda.alarms.cloudwatch.amazonaws.com";

/// Carries out what alarms asked for: functions are invoked asynchronously, as CloudWatch does. Topics have no subscribers
/// here; that they were told is in the journal and among the publications.
pub async fn act(world: &Shared, actions: Vec<AlarmAction>) {
    for action in actions {
        let outcome =
            if action.target.contains(":lambda:") { invoke(world, &action).await } else { publish(world, &action) };
        let now = world.clock.now();
        let (name, target) = (&action.alarm, &action.target);
        let state = action.event["alarmData"]["state"]["value"].as_str().unwrap_or_default();
        let text = match &outcome {
            Ok(()) => format!("alarm {name} is now {state} and calls {target}"),
            Err(error) => format!("alarm {name} is now {state} and could not call {target}: {error}"),
        };
        let data = json!({ "alarm": name, "target": target, "event": action.event, "error": outcome.as_ref().err() });
        world.journal.note(now, "alarm", text, data);
        let outcome = outcome.as_ref().copied().map_err(String::as_str);
        lock(&world.cloudwatch).acted(now, &action, outcome);
    }
}

/// Where it is known which topics there are, the topic's policy decides.
fn publish(world: &Shared, action: &AlarmAction) -> Result<(), String> {
    let topic = {
        let deployment = read(&world.deployment);
        (world.upstream.is_some()).then(|| deployment.topics.contains_key(&action.target))
    };
    match topic {
        None => return Ok(()),
        Some(false) => return Err(format!("there is no topic {}", action.target)),
        Some(true) => {}
    }
    let principal = Principal::Service("cloudwatch.amazonaws.com".to_owned());
    if let Decision::Denied(reason) = world.may(&principal, "sns:Publish", &action.target, &source(world, action)) {
        return Err(reason);
    }
    let publication = json!({ "topic": action.target, "from": action.alarm_arn, "message": action.event });
    lock(&world.publications).push(publication);
    Ok(())
}

/// What CloudWatch tells about the alarm it acts for.
fn source(world: &Shared, action: &AlarmAction) -> Context {
    let account = read(&world.deployment).account.clone();
    Context::from([
        ("aws:SourceArn".to_owned(), vec![action.alarm_arn.clone()]),
        ("aws:SourceAccount".to_owned(), vec![account]),
    ])
}

async fn invoke(world: &Shared, action: &AlarmAction) -> Result<(), String> {
    let context = source(world, action);
    let payload = Bytes::from(action.event.to_string());
    let principal = Principal::Service(ALARM_SERVICE.to_owned());
    let taken = invocations::invoke_async(world, &action.target, payload, &principal, &context).await;
    taken.map_err(|error| error.to_string())
}
