//! Is the VPN used, wanted, idle?

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Rules, on::ROUTES_A_STEP};
use crate::{
    marks::Marks,
    model::{Association, AssociationState, Connection, ConnectionEnd, Route, RouteState, Snapshot},
};

/// The schedule takes a step every five minutes.
const ROUND: SignedDuration = SignedDuration::from_mins(5);

/// Whether an association is there, or on its way, and not already going.
#[must_use]
pub fn is_live(association: &Association) -> bool {
    !matches!(association.state, AssociationState::Disassociating | AssociationState::Disassociated)
}

/// The last use of the VPN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastUse {
    /// Somebody may be working through it now, or nothing tells that nobody is.
    Now,
    /// It was then.
    At(Timestamp),
}

/// The latest of `last-request`, `on-since`, `ready-since` and the end of any listed connection; now, if any connection
/// is in use or has no readable end, if something is associated and nobody has written since when, or if what a request
/// turned on is unfinished: that AWS is slow is no idleness.
#[must_use]
pub fn last_use(snapshot: &Snapshot, marks: &Marks, rules: &Rules, now: Timestamp) -> LastUse {
    let on = snapshot.associations.iter().any(is_live);
    if on && marks.on_since.is_none() {
        return LastUse::Now;
    }
    if on && is_unfinished(snapshot, marks, rules, now) {
        return LastUse::Now;
    }
    let mut latest = marks.last_request.max(marks.on_since).max(marks.ready_since);
    for connection in &snapshot.connections.listed {
        match end_of(connection) {
            Some(ended) if ended <= now => latest = latest.max(Some(ended)),
            _ => return LastUse::Now,
        }
    }
    // Without a mark, a connection or an association nobody has used it: as long ago as there is.
    LastUse::At(latest.unwrap_or(Timestamp::MIN))
}

fn end_of(connection: &Connection) -> Option<Timestamp> {
    match &connection.ended {
        Some(ConnectionEnd::At(at)) if !connection.in_use() => Some(*at),
        _ => None,
    }
}

/// Whether somebody wants the VPN: asked for it less than the idle time ago, or keeps it on; or it is unfinished, else it
/// could be on without its routes.
#[must_use]
pub fn is_wanted(snapshot: &Snapshot, marks: &Marks, rules: &Rules, now: Timestamp) -> bool {
    let young = |at: Timestamp| now.duration_since(at) < rules.idle_time;
    let asked = marks.last_request.is_some_and(young) || is_unfinished(snapshot, marks, rules, now);
    asked || marks.kept_until(now).is_some()
}

/// Whether a request turned it on and nobody has seen it ready since: for at most twice the idle time after the request
/// and after it came on, and as long as its routes took to get where they are. So what goes on being built is finished,
/// and what stands still, never becomes ready, or cannot be marked as ready costs no more.
#[must_use]
pub fn is_unfinished(snapshot: &Snapshot, marks: &Marks, rules: &Rules, now: Timestamp) -> bool {
    let latest = marks.last_request.max(marks.on_since);
    let at_most = rules.idle_time * 2 + built_in(snapshot, rules);
    is_unseen(marks, rules) && latest.is_some_and(|at| now.duration_since(at) < at_most)
}

/// How long the schedule alone takes for the routes that are there or on their way: nothing else tells from one look that
/// it goes on.
fn built_in(snapshot: &Snapshot, rules: &Rules) -> SignedDuration {
    let is_ours = |route: &&Route| {
        matches!(route.state, RouteState::Creating | RouteState::Active)
            && rules.subnets.iter().any(|subnet| subnet.as_str() == route.subnet)
            && rules.routes.iter().any(|cidr| cidr.is(&route.destination))
    };
    let rounds = snapshot.routes.iter().flatten().filter(is_ours).count() / ROUTES_A_STEP;
    ROUND * i32::try_from(rounds).unwrap_or(i32::MAX)
}

/// Whether what is on was turned on by a request that was young then, and is not marked as ready since.
pub(super) fn is_unseen(marks: &Marks, rules: &Rules) -> bool {
    let (Some(asked), Some(since)) = (marks.last_request, marks.on_since) else {
        return false;
    };
    since.duration_since(asked) < rules.idle_time && marks.ready_since.is_none_or(|ready| ready < since)
}

/// Whether the VPN is idle: the last use is at least the idle time ago and nobody keeps it on.
#[must_use]
pub fn is_idle(snapshot: &Snapshot, marks: &Marks, rules: &Rules, now: Timestamp) -> bool {
    held(snapshot, marks, rules, now).is_none()
}

/// What keeps the VPN on, and until when if nothing else happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// What.
    pub by: HeldBy,
    /// Until when; `None` while a connection lasts.
    pub until: Option<Timestamp>,
}

/// What keeps the VPN on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldBy {
    /// Connections in use.
    Connections(usize),
    /// `keep-until`.
    Keep,
    /// A request, a connection or an association less than the idle time ago.
    RecentUse,
}

/// What keeps the VPN on now; `None` once it is idle.
#[must_use]
pub fn held(snapshot: &Snapshot, marks: &Marks, rules: &Rules, now: Timestamp) -> Option<Held> {
    let in_use = snapshot.connections.in_use();
    if in_use > 0 {
        return Some(Held { by: HeldBy::Connections(in_use), until: None });
    }
    let recent = match last_use(snapshot, marks, rules, now) {
        LastUse::Now => Some(ends(now, rules.idle_time)),
        LastUse::At(at) if now.duration_since(at) < rules.idle_time => Some(ends(at, rules.idle_time)),
        LastUse::At(_) => None,
    };
    match (marks.kept_until(now), recent) {
        (Some(kept), recent) if recent.is_none_or(|until| until <= kept) => {
            Some(Held { by: HeldBy::Keep, until: Some(kept) })
        }
        (_, Some(until)) => Some(Held { by: HeldBy::RecentUse, until: Some(until) }),
        (_, None) => None,
    }
}

fn ends(start: Timestamp, time: SignedDuration) -> Timestamp {
    start.checked_add(time).unwrap_or(Timestamp::MAX)
}
