//! Turning on, going on with it, keeping it on.

use jiff::SignedDuration;

use super::{Change, MarkChange, Notice, Plan, Verdict, World, usage};
use crate::{
    marks::{Mark, round_up_to_minute},
    model::{Association, AssociationState, RouteState, SubnetId},
};

/// Why the steps are taken: only a person's own request tries a failed association again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Freshly,
    Earlier,
}

pub(super) fn opening(world: &World) -> Plan {
    if let Some(refused) = refusal(world) {
        return Plan::of(refused);
    }
    let mut plan = Plan::of(Verdict::TurnOn);
    let request = round_up_to_minute(world.now);
    if world.marks.last_request.is_none_or(|stored| request > stored) {
        plan.marks.push(MarkChange::Set(Mark::LastRequest, request));
    }
    steps(world, Asked::Freshly, &mut plan);
    plan
}

pub(super) fn progress(world: &World) -> Plan {
    if let Some(refused) = refusal(world) {
        return Plan::of(refused);
    }
    if !usage::is_wanted(&world.marks, world.rules, world.now) {
        return Plan::of(Verdict::NotWanted);
    }
    let mut plan = Plan::of(Verdict::TurnOn);
    steps(world, Asked::Earlier, &mut plan);
    plan
}

pub(super) fn keep(world: &World, time: SignedDuration) -> Plan {
    if let Some(refused) = refusal(world) {
        return Plan::of(refused);
    }
    if !world.is_on() {
        return Plan::of(Verdict::NotOn);
    }
    let asked = round_up_to_minute(world.now + time.min(world.rules.keep_limit));
    let kept = world.marks.keep_until.filter(|kept| *kept >= asked);
    let mut plan = Plan::of(Verdict::Kept { until: kept.unwrap_or(asked) });
    if kept.is_none() {
        plan.marks.push(MarkChange::Set(Mark::KeepUntil, asked));
    }
    plan.marks.extend(world.on_since_change(false));
    plan.marks_last.extend(world.ready_since_change());
    plan
}

/// Why nothing may turn on, if so.
pub(super) fn refusal(world: &World) -> Option<Verdict> {
    if world.endpoint_gone() {
        return Some(Verdict::EndpointGone);
    }
    world.marks.closed_until(world.now).map(|until| Verdict::Closed { until })
}

/// The step each wanted subnet needs now, by its state; associations first, then routes.
pub(super) fn steps(world: &World, asked: Asked, plan: &mut Plan) {
    let mut routes = Vec::new();
    for subnet in &world.rules.subnets {
        let listed = association_of(world, subnet);
        match listed.map(|a| &a.state) {
            None | Some(AssociationState::Disassociated) => {
                plan.changes.push(Change::Associate { subnet: subnet.clone() });
            }
            Some(AssociationState::Associating | AssociationState::Associated) => {
                routes.extend(missing_routes(world, subnet, &mut plan.notices));
            }
            Some(AssociationState::Disassociating) => {}
            Some(AssociationState::AssociationFailed) => {
                let failed = listed.map(|a| (a.id.clone(), a.message.clone()));
                if let Some((association, message)) = failed {
                    plan.notices.push(Notice::AssociationFailed { subnet: subnet.to_string(), message });
                    if asked == Asked::Freshly {
                        plan.changes.push(Change::ClearFailed { association, subnet: subnet.to_string() });
                    }
                }
            }
            Some(AssociationState::Unknown(state)) => {
                plan.notices.push(Notice::UnknownState { subnet: subnet.to_string(), state: state.clone() });
            }
        }
    }
    let makes_one = plan.changes.iter().any(|change| matches!(change, Change::Associate { .. }));
    plan.marks.extend(world.on_since_change(makes_one));
    plan.marks_last.extend(world.ready_since_change());
    plan.changes.extend(routes);
}

/// The association that counts for a subnet: AWS goes on listing old ones, so the one furthest along.
pub(super) fn association_of<'a>(world: &'a World, subnet: &SubnetId) -> Option<&'a Association> {
    let rank = |state: &AssociationState| match state {
        AssociationState::Associated => 0,
        AssociationState::Associating => 1,
        AssociationState::AssociationFailed => 2,
        AssociationState::Unknown(_) => 3,
        AssociationState::Disassociating => 4,
        AssociationState::Disassociated => 5,
    };
    world
        .snapshot
        .associations
        .iter()
        .filter(|association| association.subnet == subnet.as_str())
        .min_by_key(|association| rank(&association.state))
}

fn missing_routes(world: &World, subnet: &SubnetId, notices: &mut Vec<Notice>) -> Vec<Change> {
    let listed = world.snapshot.routes.as_deref().unwrap_or_default();
    let mut missing = Vec::new();
    for destination in &world.rules.routes {
        let route = listed.iter().find(|r| r.subnet == subnet.as_str() && r.destination == destination.as_str());
        match route.map(|r| &r.state) {
            None => missing.push(Change::CreateRoute { destination: destination.clone(), subnet: subnet.clone() }),
            // A route that goes is made again once it is gone: until then AWS calls a new one a duplicate.
            Some(RouteState::Creating | RouteState::Active | RouteState::Deleting) => {}
            Some(RouteState::Failed) => {
                notices.push(Notice::RouteFailed { destination: destination.to_string(), subnet: subnet.to_string() })
            }
            Some(RouteState::Unknown(state)) => {
                notices.push(Notice::UnknownState { subnet: subnet.to_string(), state: state.clone() });
            }
        }
    }
    missing
}
