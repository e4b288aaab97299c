//! The server's part: wait if the call is held, ask for permission, lock, call, answer, note what happened.

use std::{
    collections::BTreeMap,
    sync::{MutexGuard, PoisonError},
};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::{Answer, AwsError, Call, Request, State, wire};
use crate::{
    authorize::{Context, Decision, Principal, authorize},
    deployment::Deployment,
    world::World,
};

/// Answers one call of EC2's Query API. `principal` is `None` for a request that is not signed.
pub async fn answer(world: &World, principal: Option<&Principal>, parameters: BTreeMap<String, String>) -> Response {
    let action = parameters.get("Action").cloned().unwrap_or_default();
    let request_id = request_id();
    let parsed = wire::parse(parameters);
    if parsed.is_ok() {
        let holds = lock(world).holds.clone();
        holds.pass(&action).await;
    }
    let outcome = perform(world, principal, parsed.as_ref());
    note(world, principal, &action, parsed.ok().as_ref(), outcome.as_ref().err(), &request_id);
    match outcome {
        Ok(answer) => xml(StatusCode::OK, wire::answer(&action, &answer, &request_id), &request_id),
        Err(error) if error.is_no_answer() => no_answer(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            xml(status, wire::error(&error, &request_id), &request_id)
        }
    }
}

/// AWS's order: who is it, what is it, may they, and only then does it matter whether it would work.
fn perform(
    world: &World,
    principal: Option<&Principal>,
    request: Result<&Request, &AwsError>,
) -> Result<Answer, AwsError> {
    let principal = principal.ok_or_else(|| {
        AwsError::with_status("MissingAuthenticationToken", "The request must contain valid credentials.", 403)
    })?;
    let request = request.map_err(AwsError::clone)?;
    permit(world, principal, &request.call)?;
    if request.dry_run {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Err(AwsError::with_status("DryRunOperation", message, 412));
    }
    lock(world).call(world.clock.now(), &request.call)
}

/// Asks for every resource the call touches (fact 9.3).
fn permit(world: &World, principal: &Principal, call: &Call) -> Result<(), AwsError> {
    let action = format!("ec2:{}", call.action());
    let resources = call.resources();
    let tags: Vec<_> = {
        let state = lock(world);
        resources.iter().map(|resource| state.tags_of(resource.rsplit('/').next().unwrap_or_default())).collect()
    };
    let deployment = world.deployment.read().unwrap_or_else(PoisonError::into_inner);
    if resources.is_empty() {
        return ask(&deployment, principal, &action, "*", &context(&deployment, call));
    }
    for (resource, tags) in resources.iter().zip(tags) {
        let mut context = context(&deployment, call);
        for (key, value) in tags {
            context.insert(format!("aws:ResourceTag/{key}"), vec![value.clone()]);
            context.insert(format!("ec2:ResourceTag/{key}"), vec![value]);
        }
        ask(&deployment, principal, &action, &deployment.arn("ec2", resource), &context)?;
    }
    Ok(())
}

fn context(deployment: &Deployment, call: &Call) -> Context {
    let mut context = Context::new();
    context.insert("ec2:Region".to_owned(), vec![deployment.region.clone()]);
    context.insert("aws:RequestedRegion".to_owned(), vec![deployment.region.clone()]);
    let tags = call.tags();
    if !tags.is_empty() {
        context.insert("aws:TagKeys".to_owned(), tags.iter().map(|(key, _)| (*key).to_owned()).collect());
    }
    for (key, value) in tags {
        if let Some(value) = value {
            context.insert(format!("aws:RequestTag/{key}"), vec![value.to_owned()]);
        }
    }
    context
}

fn ask(
    deployment: &Deployment,
    principal: &Principal,
    action: &str,
    resource: &str,
    context: &Context,
) -> Result<(), AwsError> {
    let Decision::Denied(reason) = authorize(deployment, principal, action, resource, context) else { return Ok(()) };
    let who = arn(deployment, principal);
    let message = format!(
        "You are not authorized to perform this operation. User: {who} is not authorized to perform: {action} on \
         resource: {resource} ({reason})"
    );
    Err(AwsError::with_status("UnauthorizedOperation", message, 403))
}

fn arn(deployment: &Deployment, principal: &Principal) -> String {
    let Deployment { partition, account, .. } = deployment;
    match principal {
        Principal::Administrator => format!("arn:{partition}:iam::{account}:user/administrator"),
        Principal::Role(role) => format!("arn:{partition}:sts::{account}:assumed-role/{role}/local"),
        Principal::Service(service) => service.clone(),
    }
}

fn note(
    world: &World,
    principal: Option<&Principal>,
    action: &str,
    request: Option<&Request>,
    error: Option<&AwsError>,
    request_id: &str,
) {
    let principal = principal.map_or_else(|| "nobody".to_owned(), name);
    let outcome = error.map_or("OK", |error| &error.code);
    let resources = request.map(|request| request.call.resources()).unwrap_or_default();
    let data = json!({
        "principal": principal,
        "action": format!("ec2:{action}"),
        "resources": resources,
        "dry_run": request.is_some_and(|request| request.dry_run),
        "outcome": outcome,
        "request_id": request_id,
    });
    world.happenings.note(world.clock.now(), "aws-call", format!("{principal}: ec2:{action}: {outcome}"), data);
}

/// Who asked, in a word.
#[must_use]
pub fn name(principal: &Principal) -> String {
    match principal {
        Principal::Administrator => "administrator".to_owned(),
        Principal::Role(name) | Principal::Service(name) => name.clone(),
    }
}

fn lock(world: &World) -> MutexGuard<'_, State> {
    world.ec2.lock().unwrap_or_else(PoisonError::into_inner)
}

fn xml(status: StatusCode, body: String, request_id: &str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml;charset=UTF-8"));
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", value);
    }
    response
}

/// A body that breaks before its first byte makes the server close the connection with nothing sent.
fn no_answer() -> Response {
    let broken = futures_util::stream::once(async {
        Err::<Bytes, _>(std::io::Error::other("a fault demands that there is no answer"))
    });
    Response::new(Body::from_stream(broken))
}

/// A request id in AWS's form.
#[must_use]
pub fn request_id() -> String {
    let id = format!("{:032x}", fastrand::u128(..));
    format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
}
