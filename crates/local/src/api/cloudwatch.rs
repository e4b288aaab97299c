//! CloudWatch's part of the server: ask for permission, lock, call, answer.

use aws::{
    authorize::{Decision, Principal},
    cloudwatch::{ServiceError, operations, wire},
    identifiers,
};
use axum::{body::Body, http::Response, http::request::Parts};
use serde_json::json;

use crate::{alarm_actions::act, locks::lock, world::Shared};

/// Answers one request of a caller whose signature has already been turned into a principal.
pub async fn answer(world: &Shared, principal: &Principal, request: &Parts, body: &[u8]) -> Response<Body> {
    let request = wire::read(request, body);
    let request_id = identifiers::uuid();
    let called = call(world, principal, &request);
    let data = json!({
        "service": "cloudwatch",
        "action": request.operation,
        "principal": principal.to_string(),
        "request_id": request_id,
        "error": called.as_ref().err().map(|error| error.code),
    });
    let outcome = called.as_ref().err().map(|error| format!(": {}", error.code)).unwrap_or_default();
    let text = format!("{principal}: cloudwatch:{}{outcome}", request.operation);
    world.journal.note(world.clock.now(), "aws-call", text, data);
    let output = match called {
        Ok((output, actions)) => {
            act(world, actions).await;
            Ok(output)
        }
        Err(error) => Err(error),
    };
    wire::write(request.protocol, &request.operation, &output, &request_id).map(Body::from)
}

fn call(world: &Shared, principal: &Principal, request: &wire::Request) -> operations::Outcome {
    // First, whether it can be read at all: a body that cannot names no operation.
    let input = request.input.as_ref().map_err(Clone::clone)?;
    if !wire::is_emulated(&request.operation) {
        return Err(operations::unknown(&request.operation));
    }
    let action = format!("cloudwatch:{}", request.operation);
    let now = world.clock.now();
    // The deployment is read and let go before CloudWatch is locked: no lock is taken inside another.
    let (resources, context) = {
        let state = lock(&world.cloudwatch);
        operations::touched(&state, &request.operation, input)
    };
    for resource in &resources {
        if let Decision::Denied(message) = world.may(principal, &action, resource, &context) {
            return Err(ServiceError { code: "AccessDenied", message, status: 403 });
        }
    }
    lock(&world.cloudwatch).call(now, &request.operation, input)
}
