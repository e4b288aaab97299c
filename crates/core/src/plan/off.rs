//! Turning off: one rule, whatever triggered it.

use jiff::SignedDuration;

use super::{Change, MarkChange, Notice, Plan, Situation, Verdict, on, usage};
use crate::{
    marks::{Mark, round_up_to_minute},
    model::AssociationState,
};

/// The schedule and the alarm: off when idle, else finish what is wanted and say what held it back.
pub(super) fn when_idle(situation: &Situation) -> Plan {
    let held = usage::held(situation.snapshot, &situation.marks, situation.rules, situation.now);
    let wanted = situation.is_wanted() && on::refusal(situation).is_none();
    match held {
        None if situation.is_on() => turn_off(situation),
        Some(held) if situation.is_on() || wanted => {
            let mut plan = Plan::of(Verdict::HeldBack(held));
            if wanted {
                on::steps(situation, on::Asked::Earlier, &mut plan);
            } else if on::is_unmarked(situation) {
                on::steps(situation, on::Asked::Nobody, &mut plan);
            } else {
                plan.marks.extend(situation.on_since_change(false));
                plan.marks_last.extend(situation.ready_since_change());
            }
            plan
        }
        _ => {
            let mut plan = Plan::of(Verdict::NothingAssociated);
            plan.marks.extend(situation.on_since_change(false));
            plan.marks_last.extend(situation.ready_since_change());
            plan
        }
    }
}

/// An employee turns it off for everyone: only while nobody is connected, since whose connection it is cannot be known.
pub(super) fn by_hand(situation: &Situation) -> Plan {
    let connections = situation.snapshot.connections.in_use();
    if connections > 0 {
        return Plan::of(Verdict::InUse { connections });
    }
    unwanted(situation, None)
}

/// An administrator's `force`: no condition.
pub(super) fn force(situation: &Situation, closed_for: Option<SignedDuration>) -> Plan {
    let closed_until = closed_for.map(|time| round_up_to_minute(situation.now + time));
    unwanted(situation, closed_until.map(|until| MarkChange::Set(Mark::ClosedUntil, until)))
}

/// First nobody wants it any more, else the schedule or a waiting page would turn it on again.
fn unwanted(situation: &Situation, close: Option<MarkChange>) -> Plan {
    let mut plan = if situation.is_on() { turn_off(situation) } else { Plan::of(Verdict::NothingAssociated) };
    plan.marks.extend(close);
    let stands = |mark: &Mark| situation.raw_marks().get(*mark).is_some();
    plan.marks.extend([Mark::LastRequest, Mark::KeepUntil].into_iter().filter(stands).map(MarkChange::Remove));
    plan
}

/// Every association goes, ours or not: each one is billed.
fn turn_off(situation: &Situation) -> Plan {
    let mut plan = Plan::of(Verdict::TurnOff);
    for association in &situation.snapshot.associations {
        let may_be_refused = match &association.state {
            AssociationState::Disassociating | AssociationState::Disassociated => continue,
            AssociationState::Associating | AssociationState::AssociationFailed => true,
            AssociationState::Associated => false,
            AssociationState::Unknown(state) => {
                plan.notices.push(Notice::UnknownState { subnet: association.subnet.clone(), state: state.clone() });
                false
            }
        };
        plan.changes.push(Change::Disassociate {
            association: association.id.clone(),
            subnet: association.subnet.clone(),
            may_be_refused,
        });
    }
    for route in situation.snapshot.routes.iter().flatten() {
        let ours = situation.rules.routes.iter().any(|cidr| cidr.is(&route.destination))
            && situation.rules.subnets.iter().any(|subnet| subnet.as_str() == route.subnet);
        if route.added_by_hand && !ours {
            plan.notices
                .push(Notice::RouteLost { destination: route.destination.clone(), subnet: route.subnet.clone() });
        }
    }
    plan
}
