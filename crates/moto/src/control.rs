//! Calls for tests at the AWS endpoint, under `/_local/`.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use local::{
    locks::{lock, read, write},
    world::Shared,
};

use crate::{callers::Faults, lattice::Kind, upstream::Upstream};

/// Changes the endpoint in ways that take years on AWS, or that AWS does by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ChangedEndpoint {
    id: Option<String>,
    vpc: Option<String>,
    security_groups: Option<Vec<String>>,
    status: Option<String>,
    connect_handler: Option<String>,
    traffic: Option<String>,
    transit_gateway: Option<String>,
    routes: Option<Vec<String>>,
}

/// Whether AWS does not know at once of what was done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delays {
    on: bool,
}

/// What a service of AWS's measures: nobody else may put it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
    values: BTreeMap<Timestamp, f64>,
}

/// Changes what no call can of a resource gateway or a resource configuration, or lets the next one of a kind fail.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ChangedLattice {
    id: String,
    fields: Map<String, Value>,
    fails: Option<FailingKind>,
    reason: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FailingKind {
    Gateway,
    Configuration,
}

/// Answers a call under `/_local/`.
pub(crate) async fn answer(world: &Shared, upstream: &Upstream, parts: &Parts, path: &str, body: &[u8]) -> Response {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    let answered = match (&parts.method, path) {
        (&Method::GET, "code") => return code(upstream, parts.uri.query().unwrap_or_default()),
        (&Method::GET, "calls") => Ok(json!({ "calls": upstream.memory().calls })),
        (&Method::POST, "endpoint") => serde_json::from_slice(body).map(|changed| {
            change_endpoint(world, changed);
            state(world, upstream)
        }),
        (&Method::POST, "lattice") => match serde_json::from_slice(body) {
            Ok(changed) => {
                if !change_lattice(upstream, changed) {
                    return (StatusCode::NOT_FOUND, "no such thing").into_response();
                }
                Ok(json!({}))
            }
            Err(error) => Err(error),
        },
        (&Method::POST, "measured") => serde_json::from_slice(body).map(|it: Measured| {
            let dimensions: Vec<_> =
                it.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let mut cloudwatch = lock(&world.cloudwatch);
            for (at, value) in it.values {
                cloudwatch.record(at, &it.namespace, &it.name, &dimensions, value);
            }
            json!({})
        }),
        (&Method::POST, "faults") => serde_json::from_slice(body).map(|faults: Faults| {
            upstream.memory().begin_faults(faults);
            json!({})
        }),
        (&Method::GET, "needed") => Ok(upstream.callers.needed()),
        (&Method::GET, "inventory") => match upstream.client.plain("/_state").await {
            Ok(inventory) => serde_json::from_str(&inventory).map(|mut inventory: Vec<String>| {
                inventory.extend(upstream.memory().lattice.inventory());
                json!(inventory)
            }),
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        },
        (&Method::POST, "delays") => serde_json::from_slice(body).map(|Delays { on }| {
            upstream.memory().no_delays = !on;
            json!({ "on": on })
        }),
        (&Method::POST, "reset") => match upstream.reset(world).await {
            Ok(()) => Ok(state(world, upstream)),
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        },
        (&Method::GET, "state") => Ok(state(world, upstream)),
        (&Method::GET, "used") => Ok(json!({ "used": *lock(&world.used) })),
        (&Method::GET, "deployment") => {
            world.refresh_deployment().await;
            serde_json::to_value(&*read(&world.deployment))
        }
        _ => return (StatusCode::NOT_FOUND, "no such call").into_response(),
    };
    match answered {
        Ok(value) => Json(value).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

/// A package, by its digest.
fn code(upstream: &Upstream, query: &str) -> Response {
    let digest = form_urlencoded::parse(query.as_bytes()).next().map(|(digest, _)| digest.into_owned());
    let file = digest.and_then(|digest| upstream.memory().packages.zip(&digest));
    match file.map(std::fs::read) {
        Some(Ok(zip)) => zip.into_response(),
        Some(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        None => (StatusCode::NOT_FOUND, "no such package").into_response(),
    }
}

fn change_endpoint(world: &Shared, changed: ChangedEndpoint) {
    let mut ec2 = lock(&world.ec2);
    ec2.change_endpoint(|endpoint| {
        if let Some(id) = changed.id {
            endpoint.id = id;
        }
        if let Some(vpc) = changed.vpc {
            endpoint.vpc = vpc;
        }
        if let Some(groups) = changed.security_groups {
            endpoint.security_groups = Some(groups);
        }
        if let Some(handler) = changed.connect_handler {
            endpoint.connect_handler = Some(handler).filter(|handler| !handler.is_empty());
        }
    });
    ec2.change_shown(|shown| {
        if let Some(traffic) = changed.traffic {
            shown.traffic = Some(traffic).filter(|traffic| !traffic.is_empty());
        }
        if let Some(gateway) = changed.transit_gateway {
            shown.transit_gateway = Some(gateway).filter(|gateway| !gateway.is_empty());
        }
        if let Some(routes) = changed.routes {
            shown.routes = routes;
        }
        if let Some(status) = changed.status {
            shown.status = Some(status).filter(|status| !status.is_empty());
        }
    });
    let endpoint = ec2.endpoint();
    drop(ec2);
    write(&world.deployment).endpoint = endpoint;
}

/// Whether what it is about is there.
fn change_lattice(upstream: &Upstream, changed: ChangedLattice) -> bool {
    let mut memory = upstream.memory();
    if let Some(kind) = changed.fails {
        let kind = match kind {
            FailingKind::Gateway => Kind::Gateway,
            FailingKind::Configuration => Kind::Configuration,
        };
        memory.lattice.failing.push((kind, changed.reason));
    }
    changed.id.is_empty() || memory.lattice.change(&changed.id, changed.fields)
}

fn state(world: &Shared, upstream: &Upstream) -> Value {
    let report = lock(&world.ec2).report(world.clock.now());
    let memory = upstream.memory();
    let provisioned: BTreeMap<_, _> = memory.provisioned.iter().collect();
    let publications = lock(&world.publications).clone();
    json!({
        "endpoint": report["Endpoint"],
        "tags": report["Endpoint"]["Tags"],
        "associations": report["Associations"],
        "routes": report["Routes"],
        "provisioned": provisioned,
        "publications": publications,
    })
}
