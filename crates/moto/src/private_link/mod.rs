//! Calls of VPC Lattice, of Resource Access Manager and about resource endpoints: what they depend on is read upstream, and
//! [`crate::lattice`] answers.

mod ground;
mod holds;
mod instances;
mod tagged;

use axum::{
    Json,
    body::{Body, Bytes, to_bytes},
    http::request::Parts,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use local::{api, world::Shared};

use crate::{
    accounts::account,
    lattice::{self, Call, ENDPOINTS},
    operation::Operation,
    refuse::Refusal,
    upstream::Upstream,
};

/// Answers a call; `None` for what the upstream answers.
pub(crate) async fn answer(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
    parts: &Parts,
    body: &Bytes,
) -> Result<Option<Response>, Refusal> {
    if operation.service == "ec2" && operation.text("DryRun") == "true" {
        return Err(Refusal::new(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."));
    }
    if let Some(response) = instances::answer(world, upstream, operation).await? {
        return Ok(Some(response));
    }
    let key = api::access_key_id(parts).unwrap_or_default();
    if let Some(response) = tagged::answer(world, upstream, operation, &key, parts, body).await? {
        return Ok(Some(response));
    }
    holds::check(upstream, operation, world.clock.now()).await?;
    if !["vpc-lattice", "ram", "ec2"].contains(&operation.service.as_str()) || !lattice::input::knows(operation) {
        return Ok(None);
    }
    let account = account(&key);
    let is_pending = {
        let there = &upstream.memory().lattice;
        if !lattice::is_ours(there, operation) {
            return Ok(None);
        }
        lattice::domains::are_pending(there)
    };
    if let Some(refusal) = lattice::input::refusal(operation) {
        return Err(refusal);
    }
    let ground = ground::of(&upstream.client, account, operation, is_pending).await?;
    let told = {
        let mut memory = upstream.memory();
        let call = Call { operation, account, now: world.clock.now(), at_once: memory.no_delays, ground };
        lattice::act(&mut memory.lattice, &call)?
    };
    if operation.service != "ec2" {
        return Ok(Some((StatusCode::OK, Json(told)).into_response()));
    }
    let ours = lattice::xml::answer(&operation.name, &told);
    let is_shared = operation.name == "DescribeVpcEndpoints" && operation.text(&format!("{ENDPOINTS}.1")).is_empty();
    if !is_shared {
        return Ok(Some(lattice::xml::response(ours)));
    }
    let theirs = upstream.client.pass(parts, body.clone()).await?.map(Body::from);
    let (mut head, theirs) = theirs.into_parts();
    if !head.status.is_success() {
        return Ok(Some(Response::from_parts(head, theirs)));
    }
    let theirs = to_bytes(theirs, usize::MAX).await.map_err(|error| Refusal::unreachable(&error.to_string()))?;
    head.headers.remove(header::CONTENT_LENGTH);
    let whole = lattice::xml::together(&String::from_utf8_lossy(&theirs), &ours, "vpcEndpointSet");
    Ok(Some(Response::from_parts(head, Body::from(whole))))
}
