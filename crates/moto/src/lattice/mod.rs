//! VPC Lattice's resource gateways, resource configurations and domain verifications, VPC endpoints of type Resource, and
//! shares of Resource Access Manager: what moto lacks of them, or takes and forgets. README.md says what is not known of AWS.

mod configurations;
mod domains;
mod endpoints;
mod gateways;
mod ground;
mod holds;
pub(crate) mod input;
mod shares;
mod state;
mod tags;
#[cfg(test)]
mod tests;
pub(crate) mod xml;

use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use local::world::Shared;
use serde_json::{Map, Value};

use crate::{accounts::account, operation::Operation, refuse::Refusal, upstream::Upstream};
pub(crate) use state::Lattice;
use state::{Call, Kind};

/// The first part of an id of ours among EC2's.
const ENDPOINTS: &str = "VpcEndpointId";

/// Answers a call of somebody with this access key; `None` for what the upstream answers.
pub(crate) async fn answer(
    world: &Shared,
    upstream: &Upstream,
    key: &str,
    operation: &Operation,
    parts: &Parts,
    body: &Bytes,
) -> Result<Option<Response>, Refusal> {
    holds::check(upstream, operation, world.clock.now()).await?;
    if !["vpc-lattice", "ram", "ec2"].contains(&operation.service.as_str()) || !input::knows(operation) {
        return Ok(None);
    }
    let account = account(key);
    let is_pending = {
        let lattice = &upstream.memory().lattice;
        if !is_ours(lattice, operation) {
            return Ok(None);
        }
        domains::are_pending(lattice)
    };
    if let Some(refusal) = input::refusal(operation) {
        return Err(refusal);
    }
    let ground = ground::of(&upstream.client, account, operation, is_pending).await?;
    let told = {
        let mut memory = upstream.memory();
        let call = Call { operation, account, now: world.clock.now(), at_once: memory.no_delays, ground };
        act(&mut memory.lattice, &call)?
    };
    if operation.service != "ec2" {
        return Ok(Some((StatusCode::OK, Json(told)).into_response()));
    }
    let ours = xml::answer(&operation.name, &told);
    let is_shared = operation.name == "DescribeVpcEndpoints" && operation.text(&format!("{ENDPOINTS}.1")).is_empty();
    if !is_shared {
        return Ok(Some(xml::response(ours)));
    }
    let theirs = upstream.client.pass(parts, body.clone()).await?.map(Body::from);
    let (mut head, theirs) = theirs.into_parts();
    if !head.status.is_success() {
        return Ok(Some(Response::from_parts(head, theirs)));
    }
    let theirs = to_bytes(theirs, usize::MAX).await.map_err(|error| Refusal::unreachable(&error.to_string()))?;
    head.headers.remove(header::CONTENT_LENGTH);
    let whole = xml::together(&String::from_utf8_lossy(&theirs), &ours, "vpcEndpointSet");
    Ok(Some(Response::from_parts(head, Body::from(whole))))
}

/// Endpoints of every other type, and tags of other things, are the upstream's.
fn is_ours(lattice: &Lattice, operation: &Operation) -> bool {
    let ids = ground::numbered(&operation.fields, ENDPOINTS);
    match operation.name.as_str() {
        "CreateVpcEndpoint" => operation.text("VpcEndpointType") == "Resource",
        "DescribeVpcEndpoints" => ids.is_empty() || ids.iter().any(|id| lattice.find(Kind::Endpoint, id).is_some()),
        "ModifyVpcEndpoint" => lattice.find(Kind::Endpoint, operation.text("VpcEndpointId")).is_some(),
        "DeleteVpcEndpoints" => ids.iter().any(|id| lattice.find(Kind::Endpoint, id).is_some()),
        "TagResource" | "UntagResource" | "ListTagsForResource" => tags::is_about_ours(operation),
        _ => true,
    }
}

/// What there is, and what is told, after a call.
fn act(lattice: &mut Lattice, call: &Call<'_>) -> Result<Value, Refusal> {
    lattice.settle(call.now);
    domains::look(lattice, call);
    let name = call.operation.name.as_str();
    match call.operation.service.as_str() {
        "ram" => shares::answer(lattice, call),
        _ if name.contains("EndpointAssociation") || name.contains("VpcEndpoint") => endpoints::answer(lattice, call),
        _ if name.contains("ResourceGateway") => gateways::answer(lattice, call),
        _ if name.contains("ResourceConfiguration") => configurations::answer(lattice, call),
        _ if name.contains("DomainVerification") => domains::answer(lattice, call),
        _ => tags::answer(lattice, call),
    }
}

/// A name as AWS takes it: small letters, digits and single hyphens between them, and no id.
fn check_name(call: &Call<'_>, not: &str) -> Result<(), Refusal> {
    let name = call.text("name");
    let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_plain && !name.starts_with(not) && !name.starts_with('-') && !name.ends_with('-') && !name.contains("--") {
        return Ok(());
    }
    Err(input::invalid(
        "name is malformed",
        [("name", "must be small letters, digits and single hyphens between them")].into_iter(),
    ))
}

fn tags(call: &Call<'_>) -> Map<String, Value> {
    call.operation.fields["tags"].as_object().cloned().unwrap_or_default()
}
