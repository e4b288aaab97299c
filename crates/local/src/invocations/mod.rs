//! Invoking functions: who may, what is run, and what becomes of an event that a function failed on.

mod events;
mod run;

use std::sync::Arc;

use aws::{
    authorize::{Context, Decision, Principal, may_be_assumed},
    identifiers,
    lambda::{Event, NotInvoked, Outcome},
};
use bytes::Bytes;

pub(crate) use self::events::attempt;
use self::run::{Invocation, run_once};
use crate::{
    locks::read,
    world::{Shared, joined},
};

/// Invokes a function and waits for its answer (`RequestResponse`). As on AWS it runs to its end, even if the caller
/// stops waiting.
///
/// # Errors
/// When it was not invoked at all. A function that fails is an [`Outcome`] with a `function_error`.
pub async fn invoke(
    world: &Shared,
    function_arn: &str,
    payload: Bytes,
    principal: &Principal,
    context: &Context,
) -> Result<Outcome, NotInvoked> {
    invoke_with(world, function_arn, move |_| payload, principal, context).await
}

/// The same with a payload that is made when the clock stands for this invocation, so that the times in it are right.
///
/// # Errors
/// As of [`invoke`].
pub async fn invoke_with(
    world: &Shared,
    function_arn: &str,
    payload: impl FnOnce(&Shared) -> Bytes + Send + 'static,
    principal: &Principal,
    context: &Context,
) -> Result<Outcome, NotInvoked> {
    world.refresh_deployment().await;
    let name = allowed(world, function_arn, principal, context)?;
    let (world, arn, source) = (Arc::clone(world), function_arn.to_owned(), principal.to_string());
    let invocation = tokio::spawn(async move {
        let _running = world.functions.activity.enter().await;
        let request_id = identifiers::uuid();
        let invocation = Invocation {
            function: &name,
            arn: &arn,
            request_id: &request_id,
            source: &source,
            asynchronous: false,
            payload: payload(&world),
        };
        run_once(&world, invocation).await
    });
    joined(invocation).await
}

/// Hands an event over (`Event`): a function that fails is tried again after one and two minutes, and what is given up
/// is recorded.
///
/// # Errors
/// When Lambda does not take the event.
pub async fn invoke_async(
    world: &Shared,
    function_arn: &str,
    payload: Bytes,
    principal: &Principal,
    context: &Context,
) -> Result<(), NotInvoked> {
    world.refresh_deployment().await;
    let name = allowed(world, function_arn, principal, context)?;
    let request_id = identifiers::uuid();
    attempt(world, Event::new(&name, function_arn, request_id, principal.to_string(), payload, world.clock.now()));
    Ok(())
}

/// The name of the function, if it is there and the caller may invoke it.
fn allowed(world: &Shared, function_arn: &str, principal: &Principal, context: &Context) -> Result<String, NotInvoked> {
    // In this order, as on AWS: who may not invoke it does not learn whether it exists.
    if let Decision::Denied(reason) = world.may(principal, "lambda:InvokeFunction", function_arn, context) {
        return Err(NotInvoked::AccessDenied(reason));
    }
    let deployment = read(&world.deployment);
    let (name, function) =
        deployment.function_by_arn(function_arn).ok_or_else(|| NotInvoked::NoSuchFunction(function_arn.to_owned()))?;
    if function.bootstrap.is_none() {
        return Err(NotInvoked::NotBuilt(name.to_owned()));
    }
    // What was there when the function was made may have gone since.
    let role = deployment.roles.get(&function.role).cloned().unwrap_or_default();
    match may_be_assumed(&deployment, &role, function_arn) {
        Decision::Denied(reason) if world.upstream.is_some() => Err(NotInvoked::AccessDenied(reason)),
        _ => Ok(name.to_owned()),
    }
}
