//! Turning on, going on with it, keeping it on.

use jiff::SignedDuration;

use super::{ADMIN_KEEP_LIMIT, Change, MarkChange, Notice, Plan, Situation, Verdict};
use crate::{
    marks::{Mark, round_up_to_minute},
    model::{Association, AssociationState, Route, RouteState, SubnetId},
};

/// EC2's own bucket of `CreateClientVpnRoute` holds five and gets two a second (fact 4.16): it is full again before the
/// next step comes.
pub(super) const ROUTES_A_STEP: usize = 5;

/// So many changes of one endpoint AWS has under way at once (fact 4.15).
const CHANGES_AT_ONCE: usize = 10;

/// Who asked for the steps that are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A person, just now: only that tries a failed association again.
    Freshly,
    /// The same in a minute in which somebody asked before: where many come at once, one tries what AWS may not take yet.
    FreshlyToo,
    /// A person, earlier.
    Earlier,
    /// A person whose page waits, and asks again in a few seconds.
    Waiting,
    /// Nobody, as far as the marks tell: what is there gets its routes, and nothing is associated.
    Nobody,
}

pub(super) fn opening(situation: &Situation) -> Plan {
    if let Some(refused) = refusal(situation) {
        return Plan::of(refused);
    }
    let mut plan = Plan::of(Verdict::TurnOn);
    let request = round_up_to_minute(situation.now);
    let asked = match situation.marks.last_request.is_none_or(|stored| request > stored) {
        true => {
            plan.marks.push(MarkChange::Set(Mark::LastRequest, request));
            Asked::Freshly
        }
        false => Asked::FreshlyToo,
    };
    steps(situation, asked, &mut plan);
    plan
}

pub(super) fn progress(situation: &Situation) -> Plan {
    if let Some(refused) = refusal(situation) {
        return Plan::of(refused);
    }
    if !situation.is_wanted() {
        if !is_unmarked(situation) {
            return Plan::of(Verdict::NotWanted);
        }
        let mut plan = Plan::of(Verdict::TurnOn);
        steps(situation, Asked::Nobody, &mut plan);
        return plan;
    }
    let mut plan = Plan::of(Verdict::TurnOn);
    steps(situation, Asked::Waiting, &mut plan);
    plan
}

pub(super) fn keep(situation: &Situation, time: SignedDuration) -> Plan {
    if let Some(refused) = refusal(situation) {
        return Plan::of(refused);
    }
    if !situation.is_on() {
        return Plan::of(Verdict::NotOn);
    }
    let asked = round_up_to_minute(situation.now + time);
    let kept = situation.marks.keep_until.filter(|kept| *kept >= asked);
    let mut plan = Plan::of(Verdict::Kept { until: kept.unwrap_or(asked) });
    if kept.is_none() {
        plan.marks.push(MarkChange::Set(Mark::KeepUntil, asked));
    }
    plan.marks.extend(situation.on_since_change(false));
    plan.marks_last.extend(situation.ready_since_change());
    plan
}

/// What is out of range is refused and not shortened: an administrator counts on what was asked.
pub(super) fn keep_by_administrator(situation: &Situation, time: SignedDuration) -> Plan {
    match (SignedDuration::from_mins(1)..=ADMIN_KEEP_LIMIT).contains(&time) {
        true => keep(situation, time),
        false => Plan::of(Verdict::KeepOutOfRange),
    }
}

/// Takes a closing away, whatever it says: also one that cannot be read.
pub(super) fn open(situation: &Situation) -> Plan {
    let mut plan = Plan::of(Verdict::Open);
    if situation.raw_marks().get(Mark::ClosedUntil).is_some() {
        plan.marks.push(MarkChange::Remove(Mark::ClosedUntil));
    }
    plan
}

/// Why nothing may turn on, if so.
pub(super) fn refusal(situation: &Situation) -> Option<Verdict> {
    if situation.endpoint_gone() {
        return Some(Verdict::EndpointGone);
    }
    situation.marks.closed_until(situation.now).map(|until| Verdict::Closed { until })
}

/// Whether something is on, and no mark says who asked for it: somebody may have removed our tags, as `terraform apply`
/// does (fact 11.11). For the idle time from when it is on, or first seen.
pub(super) fn is_unmarked(situation: &Situation) -> bool {
    let young =
        situation.marks.on_since.is_none_or(|since| situation.now.duration_since(since) < situation.rules.idle_time);
    situation.is_on() && situation.marks.last_request.is_none() && young && refusal(situation).is_none()
}

/// The step each wanted subnet needs now, by its state; associations first, then routes. No more than AWS has room for:
/// what does not fit is left to the next step.
pub(super) fn steps(situation: &Situation, asked: Asked, plan: &mut Plan) {
    let mut routes = Vec::new();
    let mut early = Vec::new();
    for subnet in &situation.rules.subnets {
        let listed = association_of(situation, subnet);
        match listed.map(|a| &a.state) {
            None | Some(AssociationState::Disassociated) if asked == Asked::Nobody => {}
            None | Some(AssociationState::Disassociated) => {
                plan.changes.push(Change::Associate { subnet: subnet.clone() });
            }
            Some(AssociationState::Associated) => {
                routes.extend(missing_routes(situation, subnet, &mut plan.notices));
            }
            Some(AssociationState::Associating) if matches!(asked, Asked::Freshly | Asked::Earlier) => {
                early.extend(missing_routes(situation, subnet, &mut plan.notices));
            }
            // "Not yet", AWS would say to each question; the next one is seconds away.
            Some(AssociationState::Associating) => {}
            Some(AssociationState::Disassociating) => {}
            Some(AssociationState::AssociationFailed) => {
                let failed = listed.map(|a| (a.id.clone(), a.message.clone()));
                if let Some((association, message)) = failed {
                    plan.notices.push(Notice::AssociationFailed { subnet: subnet.to_string(), message });
                    if matches!(asked, Asked::Freshly | Asked::FreshlyToo) {
                        plan.changes.push(Change::ClearFailed { association, subnet: subnet.to_string() });
                    }
                }
            }
            Some(AssociationState::Unknown(state)) => {
                plan.notices.push(Notice::UnknownState { subnet: subnet.to_string(), state: state.clone() });
            }
        }
    }
    routes.extend(early);
    routes.truncate(ROUTES_A_STEP);
    plan.changes.extend(routes);
    plan.changes.truncate(room(situation));
    let makes_one = plan.changes.iter().any(|change| matches!(change, Change::Associate { .. }));
    plan.marks.extend(situation.on_since_change(makes_one));
    plan.marks_last.extend(situation.ready_since_change());
}

/// How many changes AWS will begin: those under way are counted as AWS does (fact 4.15). Routes that go with their
/// association are none of their own.
fn room(situation: &Situation) -> usize {
    let changing =
        |a: &&Association| matches!(a.state, AssociationState::Associating | AssociationState::Disassociating);
    let goes = |subnet: &str| {
        let all = &situation.snapshot.associations;
        all.iter().any(|a| a.subnet == subnet && a.state == AssociationState::Disassociating)
    };
    let changing_route =
        |r: &&Route| matches!(r.state, RouteState::Creating | RouteState::Deleting) && !goes(&r.subnet);
    let associations = situation.snapshot.associations.iter().filter(changing).count();
    let routes = situation.snapshot.routes.iter().flatten().filter(changing_route).count();
    CHANGES_AT_ONCE.saturating_sub(associations + routes)
}

/// The association that counts for a subnet: AWS goes on listing old ones, so the one furthest along.
pub(super) fn association_of<'a>(situation: &'a Situation, subnet: &SubnetId) -> Option<&'a Association> {
    let rank = |state: &AssociationState| match state {
        AssociationState::Associated => 0,
        AssociationState::Associating => 1,
        AssociationState::AssociationFailed => 2,
        AssociationState::Unknown(_) => 3,
        AssociationState::Disassociating => 4,
        AssociationState::Disassociated => 5,
    };
    situation
        .snapshot
        .associations
        .iter()
        .filter(|association| association.subnet == subnet.as_str())
        .min_by_key(|association| rank(&association.state))
}

fn missing_routes(situation: &Situation, subnet: &SubnetId, notices: &mut Vec<Notice>) -> Vec<Change> {
    let listed = situation.snapshot.routes.as_deref().unwrap_or_default();
    let mut missing = Vec::new();
    for destination in &situation.rules.routes {
        let route = listed.iter().find(|r| r.subnet == subnet.as_str() && destination.is(&r.destination));
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
