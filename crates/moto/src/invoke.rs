//! `lambda:Invoke`: what was deployed runs here.

use aws::{
    authorize::{Context, Principal},
    lambda::NotInvoked,
};
use axum::{
    body::{Body, Bytes},
    http::request::Parts,
    response::Response,
};
use http::{HeaderValue, StatusCode};
use serde_json::json;

use local::{invocations, locks::read, world::Shared};

use crate::operation::Operation;

/// Answers a call that invokes a function, at once or as an event.
pub(crate) async fn answer(
    world: &Shared,
    principal: &Principal,
    operation: &Operation,
    parts: &Parts,
    body: Bytes,
) -> Response {
    let arn = {
        let qualifier = operation.text("Qualifier");
        let arn = read(&world.deployment).function_arn(operation.text("FunctionName"));
        if qualifier.is_empty() { arn } else { format!("{arn}:{qualifier}") }
    };
    let payload = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    let kind = parts.headers.get("x-amz-invocation-type").and_then(|value| value.to_str().ok());
    let context = Context::new();
    if kind == Some("Event") {
        return match invocations::invoke_async(world, &arn, payload, principal, &context).await {
            Ok(()) => respond(StatusCode::ACCEPTED, Bytes::new()),
            Err(error) => refused(&error),
        };
    }
    match invocations::invoke(world, &arn, payload, principal, &context).await {
        Ok(outcome) => {
            let mut response = respond(StatusCode::OK, outcome.payload);
            if let Some(error) = outcome.function_error {
                response.headers_mut().insert("x-amz-function-error", HeaderValue::from_static(error));
            }
            response
        }
        Err(error) => refused(&error),
    }
}

fn refused(error: &NotInvoked) -> Response {
    let (status, code) = match error {
        NotInvoked::NoSuchFunction(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
        NotInvoked::AccessDenied(_) => (StatusCode::FORBIDDEN, "AccessDeniedException"),
        NotInvoked::NotBuilt(_) => (StatusCode::BAD_GATEWAY, "ResourceNotReadyException"),
        NotInvoked::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
    };
    let mut response = respond(status, json!({ "Type": "User", "Message": error.to_string() }).to_string().into());
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    response
}

fn respond(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}
