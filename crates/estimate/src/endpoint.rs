//! The endpoint that would have been: what the plan decides happens to it, as AWS does it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use vpn_core::{
    marks::{Mark, RawMarks},
    model::{
        Association, AssociationId, AssociationState, Connection, ConnectionEnd, ConnectionState, Connections,
        Endpoint as Described, EndpointState, Snapshot, SubnetId,
    },
    plan::{Change, MarkChange, Rules, Trigger, plan},
};

/// AWS publishes no number; 2 to 10 minutes are seen (fact 4.13).
const AWS_TAKES: SignedDuration = SignedDuration::from_mins(5);
/// Ended connections are listed for so long (fact 4.5).
const LISTED: SignedDuration = SignedDuration::from_hours(1);
/// Nothing is kept on in a replay.
const NO_KEEP: SignedDuration = SignedDuration::from_hours(8);

pub(crate) struct Endpoint {
    rules: Rules,
    marks: BTreeMap<Mark, String>,
    /// With the time of their last change of state.
    associations: Vec<(Association, Timestamp)>,
    is_connected: bool,
    last_end: Option<Timestamp>,
}

impl Endpoint {
    pub(crate) fn off(subnets: u32, idle_minutes: i64) -> Result<Self, String> {
        let subnets = (1..=subnets).map(|number| SubnetId::parse(&format!("subnet-{number}")));
        let subnets = subnets.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        let idle_time = SignedDuration::from_mins(idle_minutes);
        let rules = Rules { subnets, routes: Vec::new(), idle_time, keep_limit: NO_KEEP };
        Ok(Self { rules, marks: BTreeMap::new(), associations: Vec::new(), is_connected: false, last_end: None })
    }

    /// Five minutes that begin now. Whether somebody came, and it was turned on.
    pub(crate) fn live(&mut self, now: Timestamp, is_used: bool) -> bool {
        self.aws_goes_on(now);
        let was_billed = self.is_billed();
        if !self.is_on() && is_used {
            self.step(Trigger::Opening, now);
        }
        self.connect(now, is_used);
        self.step(Trigger::Schedule, now);
        !was_billed && self.is_billed()
    }

    /// Whether AWS bills it: in every state but `disassociated`.
    pub(crate) fn is_billed(&self) -> bool {
        !self.associations.is_empty()
    }

    fn is_on(&self) -> bool {
        self.associations.iter().any(|(association, _)| association.state == AssociationState::Associated)
    }

    fn aws_goes_on(&mut self, now: Timestamp) {
        let is_due = |since: Timestamp| now.duration_since(since) >= AWS_TAKES;
        self.associations.retain(|(it, since)| !(it.state == AssociationState::Disassociating && is_due(*since)));
        for (association, since) in &mut self.associations {
            if association.state == AssociationState::Associating && is_due(*since) {
                association.state = AssociationState::Associated;
            }
        }
    }

    /// Whoever waits is not connected yet.
    fn connect(&mut self, now: Timestamp, is_used: bool) {
        let connects = is_used && self.is_on();
        if self.is_connected && !connects {
            self.last_end = Some(now);
        }
        self.is_connected = connects;
    }

    fn step(&mut self, trigger: Trigger, now: Timestamp) {
        let decided = plan(&self.snapshot(now), &self.rules, trigger, now);
        decided.marks.iter().for_each(|change| self.mark(change));
        decided.changes.iter().for_each(|change| self.change(change, now));
        decided.marks_last.iter().for_each(|change| self.mark(change));
    }

    fn mark(&mut self, change: &MarkChange) {
        match change {
            MarkChange::Set(mark, at) => {
                self.marks.insert(*mark, at.to_string());
            }
            MarkChange::Remove(mark) => {
                self.marks.remove(mark);
            }
            MarkChange::RemoveIf(mark, at) => {
                if self.marks.get(mark) == Some(&at.to_string()) {
                    self.marks.remove(mark);
                }
            }
        }
    }

    fn change(&mut self, change: &Change, now: Timestamp) {
        match change {
            Change::Associate { subnet } => {
                // Any text is the id of an association, but an empty one.
                let Ok(id) = AssociationId::parse(&subnet.as_str().replace("subnet", "cvpn-assoc")) else { return };
                let subnet = subnet.to_string();
                let state = AssociationState::Associating;
                self.associations.push((Association { id, subnet, state, message: None }, now));
            }
            Change::Disassociate { association: id, .. } | Change::ClearFailed { association: id, .. } => {
                for (association, since) in self.associations.iter_mut().filter(|(it, _)| it.id == *id) {
                    association.state = AssociationState::Disassociating;
                    *since = now;
                }
            }
            // There are none to be made: they cost nothing.
            Change::CreateRoute { .. } => {}
        }
    }

    fn snapshot(&self, now: Timestamp) -> Snapshot {
        let live = self.is_connected.then_some(Connection { state: ConnectionState::Active, ended: None });
        let ended = self.last_end.filter(|at| now.duration_since(*at) < LISTED);
        let ended =
            ended.map(|at| Connection { state: ConnectionState::Terminated, ended: Some(ConnectionEnd::At(at)) });
        let marks = RawMarks::from_tags(self.marks.iter().map(|(mark, text)| (mark.key(), text.as_str())));
        Snapshot {
            endpoint: Described { state: EndpointState::Available, vpc: None, transit_gateway: None, marks },
            associations: self.associations.iter().map(|(association, _)| association.clone()).collect(),
            routes: None,
            connections: Connections { listed: live.into_iter().chain(ended).collect(), more: false },
        }
    }
}
