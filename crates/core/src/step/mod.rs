//! One step, whole: observe, plan, look again before anything is taken from anybody, apply.
//!
//! Nothing waits for AWS to finish. There is always a next step, so any step may be lost, repeated or run twice at
//! once, and the result is the same.

use jiff::Timestamp;

use crate::{
    apply::{Applied, Apply},
    audit::{Actor, Audit},
    clock::Stopwatch,
    error::CallError,
    limits::Limits,
    model::Snapshot,
    observe::{Look, Observer, Reach},
    plan::{Notice, Plan, Rules, Trigger, Verdict, plan},
    port::{CallResult, Port},
};

/// What a step saw, decided and did.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it saw, before it changed anything.
    pub snapshot: Snapshot,
    /// What it decided.
    pub plan: Plan,
    /// What it did, in order, or why nothing was changed at all: a mark could not be written.
    pub applied: Result<Vec<Applied>, CallError>,
}

/// Who wants a step, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Who.
    pub actor: Actor<'a>,
    /// The time of the invocation.
    pub now: Timestamp,
    /// Started with the invocation.
    pub started: Stopwatch,
    /// Of the function that takes the step.
    pub limits: Limits,
}

/// What a trigger has to see.
#[must_use]
pub fn look(trigger: Trigger, rules: &Rules) -> Look {
    let (routes, connections) = match trigger {
        Trigger::Opening
        | Trigger::Progress
        | Trigger::Keep(_)
        | Trigger::AdminOn
        | Trigger::AdminOpen
        | Trigger::AdminKeep(_) => (!rules.routes.is_empty(), Reach::FirstPage),
        // Whatever goes is named in the log, also routes that stand in no setting.
        Trigger::Schedule | Trigger::Alarm | Trigger::Off => (true, Reach::UntilInUse),
        Trigger::Force { .. } => (true, Reach::FirstPage),
    };
    Look { routes, connections }
}

/// Takes one step.
///
/// # Errors
/// When a read failed: nothing was decided and nothing was changed.
pub async fn step<P: Port, A: Audit>(port: &P, audit: &A, rules: &Rules, order: Order<'_>) -> Result<Step, CallError> {
    let trigger = order.actor.trigger;
    let observer = Observer { port, started: order.started, limits: order.limits };
    let mut snapshot = observer.look(look(trigger, rules)).await?;
    let mut decided = plan(&snapshot, rules, trigger, order.now);
    if decided.verdict == Verdict::TurnOff && !matches!(trigger, Trigger::Force { .. }) {
        snapshot = observer.look_again(snapshot).await?;
        decided = plan(&snapshot, rules, trigger, order.now);
    }
    for notice in &decided.notices {
        log(notice);
    }
    let apply = Apply { observer, audit, actor: order.actor };
    let applied = apply.run(&decided).await;
    Ok(Step { snapshot, plan: decided, applied })
}

/// Writes down that somebody asks, where AWS has no time for a look: whatever looks next turns on.
///
/// # Errors
/// When the mark could not be written: then nobody knows of the request.
pub async fn ask<P: Port, A: Audit>(port: &P, audit: &A, order: Order<'_>) -> CallResult<()> {
    let observer = Observer { port, started: order.started, limits: order.limits };
    Apply { observer, audit, actor: order.actor }.run(&Plan::of_request(order.now)).await.map(drop)
}

/// Writes a notice into the log.
pub fn log(notice: &Notice) {
    match notice {
        Notice::BadMark(bad) => tracing::warn!(
            mark = bad.mark.key(),
            value = bad.text,
            reason = bad.reason,
            "a mark that cannot be true counts as absent"
        ),
        Notice::UnknownState { subnet, state } => {
            tracing::warn!(subnet.id = subnet, state, "AWS reports a state this version does not know");
        }
        Notice::AssociationFailed { subnet, message } => {
            tracing::warn!(subnet.id = subnet, aws.message = message, "AWS could not associate a subnet");
        }
        Notice::UnreadableEnd { text, connections } => tracing::warn!(
            connections,
            connection.end = text,
            "AWS says of ended connections when they ended in a way this version cannot read; each counts as one that ended \
             just now, so the VPN stays on while AWS lists them, an hour at most"
        ),
        Notice::RouteFailed { destination, subnet } => {
            tracing::warn!(subnet.id = subnet, route.destination = destination, "AWS could not make a route");
        }
        Notice::NoMarks => tracing::warn!(
            "something is associated and no mark says who asked or since when: it was associated by hand, or our tags were \
             removed, as `terraform apply` does without ignore_tags; then a keep is lost, and a closing too"
        ),
        Notice::OfTransitGateway { id } => tracing::error!(
            transit_gateway.id = id,
            "the endpoint belongs to a Transit Gateway: availability zones are associated with it and not subnets, which \
             this function cannot do, so it changes nothing; name an endpoint with a VPC of its own in VPN_ENDPOINT_ID"
        ),
        Notice::RouteLost { destination, subnet } => tracing::warn!(
            subnet.id = subnet,
            route.destination = destination,
            "a route added by hand goes with its association; add it to VPN_ROUTES to have it made again"
        ),
    }
}

#[cfg(test)]
mod tests;
