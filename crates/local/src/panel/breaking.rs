//! Breaking things: faults, held calls, alarms and schedules that are gone, metrics that stop, other delays.

use std::sync::atomic::Ordering;

use aws::ec2::Fault;
use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{Body, PanelResult, Refusal, done};
use crate::{
    alarm_actions::act,
    locks::{lock, read, write},
    world::Shared,
};

pub(super) async fn faults(State(world): State<Shared>) -> PanelResult {
    Ok(Json(json!({"faults": lock(&world.ec2).faults()})))
}

pub(super) async fn add_fault(State(world): State<Shared>, Body(sent): Body<Value>) -> PanelResult {
    let fault: Fault = serde_json::from_value(sent.clone()).map_err(Refusal::bad)?;
    let data = json!(fault);
    if let Some(name) = not_understood(&sent, &data) {
        return Err(Refusal::bad(format!("unknown field `{name}`")));
    }
    let id = lock(&world.ec2).add_fault(fault);
    world.journal.note(world.clock.now(), "fault", format!("fault {id} begins: {data}"), data);
    Ok(Json(json!({"id": id})))
}

/// A field that was sent and means nothing. A fault's fields are flattened, so serde itself cannot refuse any.
fn not_understood<'a>(sent: &'a Value, understood: &Value) -> Option<&'a str> {
    let mut names = sent.as_object()?.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.as_str());
    names.find(|name| understood.get(name).is_none())
}

pub(super) async fn remove_fault(State(world): State<Shared>, Path(id): Path<String>) -> PanelResult {
    let id = id.parse().map_err(Refusal::bad)?;
    if !lock(&world.ec2).remove_fault(id) {
        return Err(Refusal::new(StatusCode::NOT_FOUND, format!("no fault has the number {id}")));
    }
    world.journal.note(world.clock.now(), "fault", format!("fault {id} is removed"), json!({"id": id}));
    done()
}

pub(super) async fn clear_faults(State(world): State<Shared>) -> PanelResult {
    lock(&world.ec2).clear_faults();
    world.journal.note(world.clock.now(), "fault", "all faults are removed", Value::Null);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hold {
    actions: Vec<String>,
}

pub(super) async fn held(State(world): State<Shared>) -> PanelResult {
    Ok(Json(json!({"waiting": world.holds.waiting()})))
}

pub(super) async fn hold(State(world): State<Shared>, Body(Hold { actions }): Body<Hold>) -> PanelResult {
    let names: Vec<&str> = actions.iter().map(String::as_str).collect();
    world.holds.hold(&names);
    world.journal.note(world.clock.now(), "fault", format!("calls wait: {}", actions.join(", ")), json!(actions));
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

pub(super) async fn release(State(world): State<Shared>, Body(Nothing {}): Body<Nothing>) -> PanelResult {
    world.holds.release();
    world.journal.note(world.clock.now(), "fault", "calls that wait go on", Value::Null);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alarm {
    name: String,
    #[serde(rename = "do")]
    change: AlarmChange,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AlarmChange {
    Delete,
    /// As it was deployed.
    Restore,
    DisableActions,
    EnableActions,
    SetOk,
    SetAlarm,
}

pub(super) async fn alarm(State(world): State<Shared>, Body(Alarm { name, change }): Body<Alarm>) -> PanelResult {
    let names = json!({"AlarmNames": [name]});
    let set = |state| json!({"AlarmName": name, "StateValue": state, "StateReason": "set at the control panel"});
    let (operation, input) = match change {
        AlarmChange::Delete => ("DeleteAlarms", names),
        AlarmChange::DisableActions => ("DisableAlarmActions", names),
        AlarmChange::EnableActions => ("EnableAlarmActions", names),
        AlarmChange::SetOk => ("SetAlarmState", set("OK")),
        AlarmChange::SetAlarm => ("SetAlarmState", set("ALARM")),
        AlarmChange::Restore => {
            let deployment = read(&world.deployment);
            let deployed = deployment.alarms.iter().find(|alarm| alarm["AlarmName"] == name.as_str());
            let deployed = deployed.ok_or_else(|| Refusal::bad(format!("no alarm {name:?} was deployed")))?;
            ("PutMetricAlarm", deployed.clone())
        }
    };
    let now = world.clock.now();
    let result = lock(&world.cloudwatch).call(now, operation, &input);
    let (_, actions) = result.map_err(Refusal::bad)?;
    world.journal.note(now, "alarm", format!("an administrator calls {operation} for {name}"), input);
    act(&world, actions).await;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schedule {
    name: String,
    enabled: bool,
}

pub(super) async fn schedule(
    State(world): State<Shared>,
    Body(Schedule { name, enabled }): Body<Schedule>,
) -> PanelResult {
    {
        let mut deployment = write(&world.deployment);
        let schedule = deployment.schedules.iter_mut().find(|schedule| schedule.name == name);
        schedule.ok_or_else(|| Refusal::bad(format!("no schedule is named {name:?}")))?.enabled = enabled;
    }
    let text = format!("the schedule {name} is {}", if enabled { "enabled" } else { "disabled" });
    world.journal.note(world.clock.now(), "schedule", text, json!({"name": name, "enabled": enabled}));
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metrics {
    /// Whether Client VPN publishes its metrics at all.
    published: Option<bool>,
    /// Whether also while no subnet is associated, which AWS does not say (fact 2.4).
    while_off: Option<bool>,
}

pub(super) async fn metrics(State(world): State<Shared>, Body(metrics): Body<Metrics>) -> PanelResult {
    if let Some(published) = metrics.published {
        world.timeline.metrics_published.store(published, Ordering::Relaxed);
    }
    if let Some(while_off) = metrics.while_off {
        world.timeline.metrics_published_while_off.store(while_off, Ordering::Relaxed);
    }
    let data = json!({"published": metrics.published, "while_off": metrics.while_off});
    world.journal.note(world.clock.now(), "fault", format!("Client VPN's metrics: {data}"), data);
    done()
}

/// Only the delays, for example `{"associate": "2m"}`.
pub(super) async fn delays(State(world): State<Shared>, Body(delays): Body<Value>) -> PanelResult {
    change_settings(&world, &json!({"delays": delays}))
}

/// Delays, limits and quirks: what is named changes, the rest stays.
pub(super) async fn settings(State(world): State<Shared>, Body(settings): Body<Value>) -> PanelResult {
    change_settings(&world, &settings)
}

fn change_settings(world: &Shared, changes: &Value) -> PanelResult {
    let settings = {
        let mut ec2 = lock(&world.ec2);
        let mut settings = serde_json::to_value(ec2.settings).map_err(Refusal::bad)?;
        merge(&mut settings, changes);
        ec2.settings = serde_json::from_value(settings).map_err(Refusal::bad)?;
        json!(ec2.settings)
    };
    world.journal.note(world.clock.now(), "fault", format!("settings change: {changes}"), changes.clone());
    Ok(Json(settings))
}

/// Objects are merged, everything else replaces what was there.
fn merge(into: &mut Value, changes: &Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (key, value) in changes {
                merge(into.entry(key.as_str()).or_insert(Value::Null), value);
            }
        }
        (into, changes) => into.clone_from(changes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_nothing_is_found() {
        let understood = json!({"action": "a", "effect": "error"});
        assert_eq!(not_understood(&json!({"action": "a", "effect": "error", "times": null}), &understood), None);
        assert_eq!(not_understood(&json!({"action": "a", "time": 3}), &understood), Some("time"));
    }

    #[test]
    fn what_is_not_named_stays() {
        let mut settings = json!({"delays": {"a": 1, "b": 2}, "limits": {"c": 3}});
        merge(&mut settings, &json!({"delays": {"a": 9, "new": 4}, "limits": 5}));
        assert_eq!(settings, json!({"delays": {"a": 9, "b": 2, "new": 4}, "limits": 5}));
    }
}
