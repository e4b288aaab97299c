//! What people do: pass time, connect clients, act as an administrator at the console.

use std::collections::BTreeMap;

use aws::{
    authorize::{Context, Principal},
    client_connect::Attempt,
};
use axum::{
    Json,
    extract::{Path, State},
};
use bytes::Bytes;
use http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{Body, PanelResult, Refusal, done};
use crate::{
    clients,
    clock::FASTEST,
    engine, invocations,
    locks::{lock, read, write},
    this_computer::{self, ASSOCIATOR},
    world::Shared,
};

/// Nobody steps further at once: a month takes the functions through thousands of invocations.
const LONGEST_STEP: f64 = 31.0 * 24.0 * 3600.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    seconds: f64,
}

pub(super) async fn step(State(world): State<Shared>, Body(Step { seconds }): Body<Step>) -> PanelResult {
    if !(0.0..=LONGEST_STEP).contains(&seconds) {
        return Err(Refusal::bad(format!("seconds: from 0 to {LONGEST_STEP}")));
    }
    let by = SignedDuration::try_from_secs_f64(seconds).map_err(Refusal::bad)?;
    engine::advance(&world, by).await;
    Ok(Json(json!({"now": world.clock.now()})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Speed {
    speed: f64,
}

pub(super) async fn speed(State(world): State<Shared>, Body(Speed { speed }): Body<Speed>) -> PanelResult {
    if !(0.0..=FASTEST).contains(&speed) {
        return Err(Refusal::bad(format!("speed: from 0, where the clock stands, to {}", FASTEST)));
    }
    world.timeline.set_speed(speed);
    pace_page(&world, speed);
    let text =
        if speed == 0.0 { "the clock stands".to_owned() } else { format!("the clock runs {speed} times as fast") };
    world.journal.note(world.clock.now(), "time", text, json!({"speed": speed}));
    Ok(Json(json!({"speed": world.timeline.speed()})))
}

/// As an administrator who changes the function's settings: its page counts on at the new speed from its next answer.
fn pace_page(world: &Shared, speed: f64) {
    let mut deployment = write(&world.deployment);
    if let Some(function) = deployment.functions.get_mut(ASSOCIATOR) {
        function.environment.extend(this_computer::pace(speed));
    }
}

/// A refusal is what came of it, not an error of the call.
pub(super) async fn connect(State(world): State<Shared>, Body(attempt): Body<Attempt>) -> PanelResult {
    if attempt.minutes.is_some_and(|minutes| !(minutes > 0.0 && minutes * 60.0 <= LONGEST_STEP)) {
        return Err(Refusal::bad("minutes: more than 0, at most a month"));
    }
    // A task of its own: a caller that goes away must not leave a connection half made.
    let connecting = tokio::spawn(async move { clients::connect(&world, &attempt).await });
    let result =
        connecting.await.map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Json(match result {
        Ok(id) => json!({"connected": true, "connection_id": id}),
        Err(refused) => json!({"connected": false, "reason": refused.reason, "message": refused.message}),
    }))
}

pub(super) async fn disconnect(State(world): State<Shared>, Path(id): Path<String>) -> PanelResult {
    if clients::disconnect(&world, &id) {
        done()
    } else {
        Err(Refusal::new(StatusCode::NOT_FOUND, format!("no connection {id} lasts")))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invoke {
    function: String,
    #[serde(default)]
    payload: Value,
    #[serde(default, rename = "async")]
    asynchronous: bool,
}

pub(super) async fn invoke(State(world): State<Shared>, Body(call): Body<Invoke>) -> PanelResult {
    let arn = if call.function.starts_with("arn:") {
        call.function
    } else {
        read(&world.deployment).function_arn(&call.function)
    };
    let payload = Bytes::from(call.payload.to_string());
    let (principal, context) = (Principal::Administrator, Context::new());
    if call.asynchronous {
        invocations::invoke_async(&world, &arn, payload, &principal, &context).await.map_err(Refusal::bad)?;
        return done();
    }
    let outcome = invocations::invoke(&world, &arn, payload, &principal, &context).await.map_err(Refusal::bad)?;
    let text = || Value::String(String::from_utf8_lossy(&outcome.payload).into_owned());
    Ok(Json(json!({
        "request_id": outcome.request_id,
        "function_error": outcome.function_error,
        "payload": serde_json::from_slice(&outcome.payload).unwrap_or_else(|_| text()),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Associate {
    subnet: String,
}

pub(super) async fn associate(State(world): State<Shared>, Body(Associate { subnet }): Body<Associate>) -> PanelResult {
    let (now, endpoint) = (world.clock.now(), endpoint(&world));
    let result = lock(&world.ec2).associate(now, &endpoint, &subnet, None);
    let id = result.map_err(Refusal::bad)?.association_id;
    let text = format!("an administrator associates {subnet} at the console");
    world.journal.note(now, "aws-call", text, json!({"subnet": subnet, "association": id}));
    Ok(Json(json!({"association": id})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Disassociate {
    association: String,
}

pub(super) async fn disassociate(State(world): State<Shared>, Body(call): Body<Disassociate>) -> PanelResult {
    let (now, endpoint) = (world.clock.now(), endpoint(&world));
    let result = lock(&world.ec2).disassociate(now, &endpoint, &call.association);
    let id = result.map_err(Refusal::bad)?.association_id;
    let text = format!("an administrator disassociates {id} at the console");
    world.journal.note(now, "aws-call", text, json!({"association": id}));
    done()
}

/// Tags of the endpoint by key; null removes one.
pub(super) async fn tags(
    State(world): State<Shared>,
    Body(tags): Body<BTreeMap<String, Option<String>>>,
) -> PanelResult {
    let (now, resources) = (world.clock.now(), [endpoint(&world)]);
    let (mut put, mut gone) = (Vec::new(), Vec::new());
    for (key, value) in &tags {
        match value {
            Some(value) => put.push((key.clone(), value.clone())),
            None => gone.push((key.clone(), None)),
        }
    }
    // Two calls, as at AWS; neither is made for nothing, since deleting no named tag deletes all.
    if !put.is_empty() {
        lock(&world.ec2).create_tags(now, &resources, &put).map_err(Refusal::bad)?;
    }
    if !gone.is_empty() {
        lock(&world.ec2).delete_tags(now, &resources, &gone).map_err(Refusal::bad)?;
    }
    world.journal.note(now, "aws-call", "an administrator changes tags at the console", json!(tags));
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Banner {
    shown: bool,
}

pub(super) async fn banner(State(world): State<Shared>, Body(Banner { shown }): Body<Banner>) -> PanelResult {
    world.alb.show_banner(shown);
    done()
}

fn endpoint(world: &Shared) -> String {
    read(&world.deployment).endpoint.id.clone()
}
