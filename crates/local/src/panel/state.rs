//! What there is to see.

use aws::{
    bill::{self, Period},
    deployment::Deployment,
};
use axum::{
    Json,
    extract::{Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{PanelResult, Refusal};
use crate::{
    locks::{lock, read},
    world::Shared,
};

/// Everything at this moment.
pub(super) async fn state(State(world): State<Shared>) -> Json<Value> {
    let now = world.clock.now();
    let (deployment, region, subnets, addresses) = {
        let deployment = read(&world.deployment);
        let subnets = wanted_subnets(&deployment);
        let count = u32::try_from(subnets.len()).unwrap_or(u32::MAX);
        (summary(&deployment, &subnets), deployment.region.clone(), count, deployment.listener.zones)
    };
    let (ec2, associated_hours) = {
        let ec2 = lock(&world.ec2);
        (ec2.report(now), ec2.billed_hours(now))
    };
    let period = Period { region: &region, started: world.started, now, subnets, addresses, associated_hours };
    let cloudwatch = lock(&world.cloudwatch).report(now);
    Json(json!({
        "now": now,
        "speed": world.timeline.speed(),
        "timeline": world.timeline.report(),
        "employee_page": world.alb.page(),
        "banner": world.alb.shows_banner(),
        "deployment": deployment,
        "ec2": ec2,
        "cloudwatch": cloudwatch,
        "functions": world.functions.report(),
        "build": world.functions.build.get(),
        "bill": bill::report(&period),
    }))
}

/// The subnets that the functions are to associate: their setting, which names them separated by commas.
fn wanted_subnets(deployment: &Deployment) -> Vec<&str> {
    let settings = deployment.functions.values().filter_map(|function| function.environment.get("VPN_SUBNET_IDS"));
    let lists = settings.map(|list| list.split(',').map(str::trim).filter(|id| !id.is_empty()).collect::<Vec<_>>());
    lists.max_by_key(Vec::len).unwrap_or_default()
}

/// What a person wants to know of it; the whole is long.
fn summary(deployment: &Deployment, wanted: &[&str]) -> Value {
    let functions = deployment.functions.iter().map(|(name, function)| {
        json!({
            "name": name,
            "built": function.bootstrap.is_some(),
            "role": function.role,
            "timeout_seconds": function.timeout.as_secs(),
            "memory_mb": function.memory,
        })
    });
    let groups = deployment.target_groups.iter().map(|(arn, group)| {
        json!({
            "arn": arn,
            "function": group.function,
            "multi_value_headers": group.multi_value_headers,
            "health_check": group.health_check.is_some(),
        })
    });
    let schedules = deployment.schedules.iter().map(|schedule| {
        json!({
            "name": schedule.name,
            "enabled": schedule.enabled,
            "rate_seconds": schedule.rate.as_secs(),
            "target": schedule.target,
        })
    });
    let alarms = deployment.alarms.iter().map(|alarm| alarm["AlarmName"].clone());
    json!({
        "region": deployment.region,
        "account": deployment.account,
        "endpoint": deployment.endpoint,
        "wanted": wanted,
        "functions": functions.collect::<Vec<_>>(),
        "target_groups": groups.collect::<Vec<_>>(),
        "schedules": schedules.collect::<Vec<_>>(),
        "alarms": alarms.collect::<Vec<_>>(),
        "users": deployment.user_pool.users,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
}

/// What happened since, oldest first.
pub(super) async fn journal(
    State(world): State<Shared>,
    query: Result<Query<After>, axum::extract::rejection::QueryRejection>,
) -> PanelResult {
    let Query(After { after }) = query.map_err(Refusal::bad)?;
    Ok(Json(json!({"entries": world.journal.after(after)})))
}
