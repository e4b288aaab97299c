//! What a page may say about the VPN, from one look at it.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Rules, Situation, on, usage};
use crate::model::{AssociationState, RouteState, Snapshot};

/// The one sentence of state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Nothing is associated, nothing is wanted.
    Off,
    /// Wanted, and on its way.
    Starting,
    /// Every wanted subnet is associated or has failed for good, at least one is associated, and their routes are
    /// all active.
    Ready,
    /// It goes, and nobody wants it.
    TurningOff,
    /// It still goes, and is wanted again: AWS associates only after it has gone.
    TurningOnAgain,
    /// Every wanted subnet, or a route, failed.
    Failed,
    /// Some of it is on and nobody asked for the rest, as after a change of settings or by the console.
    Incomplete,
    /// An administrator closed it.
    Closed,
}

impl Phase {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Off,
        Self::Starting,
        Self::Ready,
        Self::TurningOff,
        Self::TurningOnAgain,
        Self::Failed,
        Self::Incomplete,
        Self::Closed,
    ];
}

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Those that are done.
    pub done: usize,
    /// All of them.
    pub of: usize,
}

/// What a page shows. Durations, never instants to compare with the browser's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The state.
    pub phase: Phase,
    /// Wanted subnets that are associated.
    pub subnets: Share,
    /// Wanted subnets whose association failed.
    pub failed_subnets: usize,
    /// Their configured routes that are active.
    pub routes: Share,
    /// Devices connected.
    pub connected: usize,
    /// Whether there may be more than were read.
    pub connected_or_more: bool,
    /// For how long it has been on or starting.
    pub on_for: Option<SignedDuration>,
    /// When it turns off by itself if nobody uses it; `None` while off or connected.
    pub turns_off_in: Option<SignedDuration>,
    /// For how long somebody keeps it on.
    pub kept_for: Option<SignedDuration>,
    /// For how long an administrator has closed it.
    pub closed_for: Option<SignedDuration>,
}

/// Looks at a snapshot as a page does.
#[must_use]
pub fn view(snapshot: &Snapshot, rules: &Rules, now: Timestamp) -> View {
    let marks = snapshot.endpoint.marks.read(now, rules.kept_at_most());
    let situation = Situation { snapshot, rules, marks, now };
    let tally = Tally::of(&situation);
    let is_on = situation.is_on();
    let left = |until: Timestamp| until.duration_since(now);
    View {
        phase: phase(&situation, &tally),
        subnets: tally.subnets,
        failed_subnets: tally.failed_subnets,
        routes: tally.routes,
        connected: snapshot.connections.in_use(),
        connected_or_more: snapshot.connections.more,
        on_for: situation.marks.on_since.filter(|_| is_on).map(|at| now.duration_since(at).max(SignedDuration::ZERO)),
        turns_off_in: usage::held(snapshot, &situation.marks, rules, now)
            .filter(|_| is_on)
            .map_or_else(|| is_on.then_some(SignedDuration::ZERO), |held| held.until.map(left)),
        kept_for: situation.marks.kept_until(now).filter(|_| is_on).map(left),
        closed_for: situation.marks.closed_until(now).map(left),
    }
}

/// Whether everything that is wanted and works is there.
pub(super) fn is_ready(situation: &Situation) -> bool {
    Tally::of(situation).is_ready()
}

/// What of the wanted subnets and routes is there.
struct Tally {
    subnets: Share,
    failed_subnets: usize,
    coming: bool,
    routes: Share,
}

impl Tally {
    fn of(situation: &Situation) -> Self {
        let subnets = &situation.rules.subnets;
        let states: Vec<Option<&AssociationState>> =
            subnets.iter().map(|subnet| on::association_of(situation, subnet).map(|a| &a.state)).collect();
        let count = |wanted: AssociationState| states.iter().filter(|state| **state == Some(&wanted)).count();
        let failed_subnets = count(AssociationState::AssociationFailed);
        Self {
            subnets: Share { done: count(AssociationState::Associated), of: subnets.len() },
            failed_subnets,
            coming: count(AssociationState::Associating) > 0,
            routes: Share {
                done: routes_in(situation, &RouteState::Active),
                of: (subnets.len() - failed_subnets) * situation.rules.routes.len(),
            },
        }
    }

    fn is_settled(&self) -> bool {
        self.subnets.done + self.failed_subnets == self.subnets.of
    }

    fn is_ready(&self) -> bool {
        self.subnets.done > 0 && self.is_settled() && self.routes.done == self.routes.of
    }
}

fn phase(situation: &Situation, tally: &Tally) -> Phase {
    let wanted = situation.is_wanted() && on::refusal(situation).is_none();
    let going = situation.snapshot.associations.iter().any(|a| a.state == AssociationState::Disassociating);
    if tally.is_ready() {
        return Phase::Ready;
    }
    let nothing_works = tally.failed_subnets == tally.subnets.of;
    if nothing_works || (tally.is_settled() && routes_in(situation, &RouteState::Failed) > 0) {
        return Phase::Failed;
    }
    match (wanted, situation.is_on(), going) {
        (true, false, true) => Phase::TurningOnAgain,
        (true, _, _) => Phase::Starting,
        (false, true, _) if tally.coming || tally.is_settled() && on::is_unmarked(situation) => Phase::Starting,
        (false, true, _) => Phase::Incomplete,
        (false, false, true) => Phase::TurningOff,
        (false, false, false) if situation.marks.closed_until(situation.now).is_some() => Phase::Closed,
        (false, false, false) => Phase::Off,
    }
}

/// The configured routes of wanted subnets that have not failed, in one state.
fn routes_in(situation: &Situation, state: &RouteState) -> usize {
    let listed = situation.snapshot.routes.as_deref().unwrap_or_default();
    let working = |subnet: &&crate::model::SubnetId| {
        on::association_of(situation, subnet).is_none_or(|a| a.state != AssociationState::AssociationFailed)
    };
    let stands = |subnet: &str, destination: &crate::model::Cidr| {
        listed.iter().any(|r| r.subnet == subnet && destination.is(&r.destination) && r.state == *state)
    };
    situation
        .rules
        .subnets
        .iter()
        .filter(working)
        .flat_map(|subnet| situation.rules.routes.iter().map(move |cidr| (subnet.as_str(), cidr)))
        .filter(|(subnet, destination)| stands(subnet, destination))
        .count()
}
