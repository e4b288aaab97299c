//! What should happen next: pure, total, no I/O, no clock. Every rule of the product lives in this folder.

mod off;
mod on;
mod usage;
mod view;

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::{
    marks::{BadMark, Mark, Marks, RawMarks, round_up_to_minute},
    model::{AssociationId, AssociationState, Cidr, ConnectionEnd, EndpointState, Snapshot, SubnetId},
};

pub use usage::{Held, HeldBy, LastUse, held, is_idle, is_live, is_unfinished, is_wanted, last_use};
pub use view::{Phase, Share, View, view};

/// How far ahead an administrator may keep it on by hand: enough for an event or a move, and forgotten it ends by itself.
pub const ADMIN_KEEP_LIMIT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What an administrator set, as far as a decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The subnets to associate, at least one.
    pub subnets: Vec<SubnetId>,
    /// The routes to create for each of them, beside the local route that AWS makes itself.
    pub routes: Vec<Cidr>,
    /// How long without a connection or a request turns the VPN off.
    pub idle_time: SignedDuration,
    /// How far ahead an employee may keep it on.
    pub keep_limit: SignedDuration,
}

impl Rules {
    /// How far ahead `keep-until` may lie, whoever wrote it: it does not say who.
    #[must_use]
    pub fn kept_at_most(&self) -> SignedDuration {
        self.keep_limit.max(ADMIN_KEEP_LIMIT)
    }
}

/// Why a plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// Somebody opened the page, or pressed "turn on".
    Opening,
    /// A waiting page asks to go on with what is wanted. Starts nothing by itself.
    Progress,
    /// The five-minute rule.
    Schedule,
    /// The idle alarm.
    Alarm,
    /// Somebody asks to keep the VPN on though idle.
    Keep(#[serde(skip)] SignedDuration),
    /// Somebody turns the VPN off for everyone.
    Off,
    /// An administrator turns it on.
    AdminOn,
    /// An administrator takes a closing back. Turns nothing on by itself.
    AdminOpen,
    /// An administrator keeps it on though idle, for as long as employees may not.
    AdminKeep(#[serde(skip)] SignedDuration),
    /// An administrator turns it off whatever it is used for.
    Force {
        /// For how long nothing may turn on again.
        #[serde(skip)]
        closed_for: Option<SignedDuration>,
    },
}

impl Trigger {
    /// The word for the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Progress => "progress",
            Self::Schedule => "schedule",
            Self::Alarm => "alarm",
            Self::Keep(_) => "keep",
            Self::Off => "off",
            Self::AdminOn => "admin-on",
            Self::AdminOpen => "admin-open",
            Self::AdminKeep(_) => "admin-keep",
            Self::Force { .. } => "force",
        }
    }

    /// Whether an administrator invokes it by hand: reads the answer, and comes again only then.
    #[must_use]
    pub fn by_administrator(self) -> bool {
        matches!(self, Self::AdminOn | Self::AdminOpen | Self::AdminKeep(_) | Self::Force { .. })
    }
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The VPN is wanted: the changes bring it there; none are left once it is on.
    TurnOn,
    /// Everything that is associated goes.
    TurnOff,
    /// It is on, or wanted, and stays so.
    HeldBack(Held),
    /// Nothing is associated and nothing is wanted.
    NothingAssociated,
    /// A waiting page asks, but nobody wants the VPN any more.
    NotWanted,
    /// `keep-until` is at least where it was asked to be.
    Kept {
        /// When the keeping ends.
        until: Timestamp,
    },
    /// Refused: an administrator closed it.
    Closed {
        /// When it opens again.
        until: Timestamp,
    },
    /// Refused: somebody may be working through it.
    InUse {
        /// Connections seen in use.
        connections: usize,
    },
    /// Refused: only a VPN that is on can be kept on.
    NotOn,
    /// Refused: an administrator may keep it on for a minute at least, and [`ADMIN_KEEP_LIMIT`] at most.
    KeepOutOfRange,
    /// Nobody keeps it closed.
    Open,
    /// Refused: the endpoint is being deleted.
    EndpointGone,
    /// Refused: the endpoint belongs to a Transit Gateway, so zones are associated with it, and not subnets.
    OfTransitGateway {
        /// Which.
        id: String,
    },
}

/// One mark to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkChange {
    /// Write it.
    Set(Mark, Timestamp),
    /// Take it away, whatever it says.
    Remove(Mark),
    /// Take it away if it still says this: somebody may be writing it anew at this very moment.
    RemoveIf(Mark, Timestamp),
}

/// One change of the endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Associate a subnet: from here on it costs money.
    Associate {
        /// One of the wanted subnets.
        subnet: SubnetId,
    },
    /// Take a failed association away, so that a later step can try again.
    ClearFailed {
        /// `cvpn-assoc-…`.
        association: AssociationId,
        /// The subnet of the association, for the log.
        subnet: String,
    },
    /// Create a route that is missing.
    CreateRoute {
        /// Where it leads.
        destination: Cidr,
        /// Through which subnet.
        subnet: SubnetId,
    },
    /// Disassociate a subnet.
    Disassociate {
        /// `cvpn-assoc-…`.
        association: AssociationId,
        /// The subnet of the association, for the log.
        subnet: String,
        /// Whether AWS may refuse because it is still associating or has failed; then it is retried at the next
        /// run and the invocation does not fail.
        may_be_refused: bool,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Associate { subnet } => write!(f, "associate {subnet}"),
            Self::ClearFailed { association, subnet } => write!(f, "clear {association} of {subnet}"),
            Self::CreateRoute { destination, subnet } => write!(f, "create route {destination} through {subnet}"),
            Self::Disassociate { association, subnet, .. } => write!(f, "disassociate {association} of {subnet}"),
        }
    }
}

/// Something the log should name, which no change follows from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// A mark that cannot be true counts as absent.
    BadMark(BadMark),
    /// AWS reports a state this version does not know.
    UnknownState {
        /// `subnet-…`.
        subnet: String,
        /// AWS's word.
        state: String,
    },
    /// An association failed; AWS's words are for the log only.
    AssociationFailed {
        /// `subnet-…`.
        subnet: String,
        /// AWS's words.
        message: Option<String>,
    },
    /// AWS says when connections ended in a way that cannot be read: that counts as now.
    UnreadableEnd {
        /// AWS's words for the first.
        text: String,
        /// How many there are.
        connections: usize,
    },
    /// AWS could not make a route.
    RouteFailed {
        /// Where it leads.
        destination: String,
        /// Through which subnet.
        subnet: String,
    },
    /// Something is associated, and neither who asked for it nor since when is marked: it was associated by hand, or
    /// somebody removed the marks.
    NoMarks,
    /// The endpoint belongs to a Transit Gateway.
    OfTransitGateway {
        /// Which.
        id: String,
    },
    /// A route that somebody added by hand goes with its association and stands in no setting.
    RouteLost {
        /// Where it leads.
        destination: String,
        /// Through which subnet.
        subnet: String,
    },
}

/// What to do: marks first, then associations, then routes; `ready-since` last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What was decided.
    pub verdict: Verdict,
    /// Marks to write, before anything else.
    pub marks: Vec<MarkChange>,
    /// Changes, in order.
    pub changes: Vec<Change>,
    /// Marks to write last, each in a call of its own: nothing fails if one cannot be, and the next step tries again.
    pub marks_last: Vec<MarkChange>,
    /// What the log should name.
    pub notices: Vec<Notice>,
}

impl Plan {
    /// A request alone, where nothing could be read: the next step finds its mark.
    #[must_use]
    pub fn of_request(now: Timestamp) -> Self {
        Self { marks: vec![MarkChange::Set(Mark::LastRequest, round_up_to_minute(now))], ..Self::of(Verdict::TurnOn) }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.changes.is_empty() && self.marks_last.is_empty()
    }

    fn of(verdict: Verdict) -> Self {
        Self { verdict, marks: Vec::new(), changes: Vec::new(), marks_last: Vec::new(), notices: Vec::new() }
    }
}

/// How long an association may take from its mark until everybody sees it (fact 4.15).
const NOT_LISTED_YET: SignedDuration = SignedDuration::from_mins(5);

/// Decides what happens next. The only function that decides.
#[must_use]
pub fn plan(snapshot: &Snapshot, rules: &Rules, trigger: Trigger, now: Timestamp) -> Plan {
    let marks = snapshot.endpoint.marks.read(now, rules.kept_at_most());
    let situation = Situation { snapshot, rules, marks, now };
    if let Some(id) = snapshot.endpoint.transit_gateway.clone() {
        // Nothing of it is ours to change: what is associated there are zones, which nothing here could associate again.
        let notices = vec![Notice::OfTransitGateway { id: id.clone() }];
        return Plan { notices, ..Plan::of(Verdict::OfTransitGateway { id }) };
    }
    let mut plan = match trigger {
        Trigger::Opening | Trigger::AdminOn => on::opening(&situation),
        Trigger::Progress => on::progress(&situation),
        Trigger::Keep(time) => on::keep(&situation, time.min(rules.keep_limit)),
        Trigger::AdminKeep(time) => on::keep_by_administrator(&situation, time),
        Trigger::AdminOpen => on::open(&situation),
        Trigger::Schedule | Trigger::Alarm => off::when_idle(&situation),
        Trigger::Off => off::by_hand(&situation),
        Trigger::Force { closed_for } => off::force(&situation, closed_for),
    };
    plan.notices.extend(situation.marks.bad.iter().cloned().map(Notice::BadMark));
    let unreadable = snapshot.connections.listed.iter().filter_map(|connection| match &connection.ended {
        Some(ConnectionEnd::Unreadable(text)) => Some(text),
        _ => None,
    });
    let unreadable: Vec<_> = unreadable.collect();
    if let [first, ..] = unreadable[..] {
        plan.notices.push(Notice::UnreadableEnd { text: first.clone(), connections: unreadable.len() });
    }
    if situation.is_without_marks() {
        plan.notices.push(Notice::NoMarks);
    }
    plan
}

/// What every rule looks at.
struct Situation<'a> {
    snapshot: &'a Snapshot,
    rules: &'a Rules,
    marks: Marks,
    now: Timestamp,
}

impl Situation<'_> {
    fn raw_marks(&self) -> &RawMarks {
        &self.snapshot.endpoint.marks
    }

    fn endpoint_gone(&self) -> bool {
        matches!(self.snapshot.endpoint.state, EndpointState::Deleting | EndpointState::Deleted)
    }

    fn is_wanted(&self) -> bool {
        is_wanted(self.snapshot, &self.marks, self.rules, self.now)
    }

    fn is_on(&self) -> bool {
        self.snapshot.associations.iter().any(is_live)
    }

    /// Whether something is associated and there is no mark of it. An association that is coming may be some seconds old.
    fn is_without_marks(&self) -> bool {
        let there = self.snapshot.associations.iter().any(|a| a.state == AssociationState::Associated);
        there && [Mark::LastRequest, Mark::OnSince].into_iter().all(|mark| self.raw_marks().get(mark).is_none())
    }

    /// `on-since`: written by whoever first sees or makes an association without it, removed with the last one.
    ///
    /// Marks come before associations, and descriptions lag: a young one may belong to an association that is not
    /// listed yet. Were it removed, the idle time would begin anew whenever the next step sees the association.
    fn on_since_change(&self, makes_one: bool) -> Option<MarkChange> {
        match (self.is_on(), makes_one) {
            (true, _) if self.marks.on_since.is_none() => Some(MarkChange::Set(Mark::OnSince, self.this_second())),
            (true, _) => None,
            (false, true) => Some(MarkChange::Set(Mark::OnSince, self.this_second())),
            (false, false) => self.forget(Mark::OnSince, self.marks.on_since),
        }
    }

    /// `ready-since`: written once by whoever first sees ready what a request turned on, removed with the last
    /// association. One that is older than `on-since` is of an earlier time, and is written over.
    fn ready_since_change(&self) -> Option<MarkChange> {
        if !self.is_on() {
            return self.forget(Mark::ReadySince, self.marks.ready_since);
        }
        let first_seen = usage::is_unseen(&self.marks, self.rules) && view::is_ready(self);
        first_seen.then(|| MarkChange::Set(Mark::ReadySince, self.this_second()))
    }

    /// Takes a mark away that goes with the last association, unless it is young. One that says nothing is left to
    /// whoever writes the next: it may be being written over at this moment.
    fn forget(&self, mark: Mark, at: Option<Timestamp>) -> Option<MarkChange> {
        let at = at.filter(|at| self.now.duration_since(*at) >= NOT_LISTED_YET)?;
        Some(match self.raw_marks().get(mark) {
            Some(text) if at.to_string() == text => MarkChange::RemoveIf(mark, at),
            _ => MarkChange::Remove(mark),
        })
    }

    fn this_second(&self) -> Timestamp {
        Timestamp::from_second(self.now.as_second()).unwrap_or(self.now)
    }
}
