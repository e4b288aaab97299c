//! Every row of every decision table, one test each or one line of a table.

mod marks;
mod off;
mod on;
mod usage;
mod view;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::model::{
    Association, AssociationState, Connection, ConnectionEnd, ConnectionState, Connections, Endpoint, Route, RouteState,
};

/// The time of all these tests: a Monday morning.
pub(super) const NOW: &str = "2026-11-02T09:00:00Z";

fn every_trigger() -> [Trigger; 10] {
    let hour = SignedDuration::from_hours(1);
    [
        Trigger::Opening,
        Trigger::Progress,
        Trigger::Schedule,
        Trigger::Alarm,
        Trigger::Keep(hour),
        Trigger::Off,
        Trigger::AdminOn,
        Trigger::AdminOpen,
        Trigger::AdminKeep(hour),
        Trigger::Force { closed_for: Some(hour) },
    ]
}

#[test]
fn every_trigger_has_the_word_of_its_serialized_form() {
    for trigger in every_trigger() {
        let text = serde_json::to_string(&trigger).expect("json");
        assert!(text.contains(&format!("\"{}\"", trigger.as_str())), "{text} {}", trigger.as_str());
    }
}

#[test]
fn a_plan_is_empty_only_if_nothing_at_all_is_to_be_changed() {
    let mark = MarkChange::Remove(Mark::ReadySince);
    let change = Change::Associate { subnet: subnet("subnet-1") };
    for (marks, changes, marks_last, empty) in [
        (vec![], vec![], vec![], true),
        (vec![mark], vec![], vec![], false),
        (vec![], vec![change], vec![], false),
        (vec![], vec![], vec![mark], false),
    ] {
        let plan = Plan { marks, changes, marks_last, ..Plan::of(Verdict::TurnOn) };
        assert_eq!(plan.is_empty(), empty, "{plan:?}");
    }
}

/// Zones are associated with it, and nothing here could associate one again: nothing of it is changed, whoever asks.
#[test]
fn an_endpoint_of_a_transit_gateway_is_refused_by_name() {
    let id = "tgw-0123456789abcdef0".to_owned();
    for trigger in every_trigger() {
        for mut given in [given(), given().on_for(90), given().mark(Mark::LastRequest, -1)] {
            given.snapshot.endpoint.transit_gateway = Some(id.clone());
            let plan = given.plan(trigger);
            assert_eq!(plan.verdict, Verdict::OfTransitGateway { id: id.clone() }, "{trigger:?}");
            assert_eq!(plan.notices, [Notice::OfTransitGateway { id: id.clone() }], "{trigger:?}");
            assert!(plan.is_empty(), "{trigger:?}: {plan:?}");
        }
    }
}

pub(super) fn now() -> Timestamp {
    NOW.parse().expect("timestamp")
}

pub(super) fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// A snapshot with two wanted subnets, in which nothing is on and nobody has asked.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) snapshot: Snapshot,
    pub(super) rules: Rules,
    pub(super) now: Timestamp,
}

pub(super) fn given() -> Given {
    Given {
        snapshot: Snapshot {
            endpoint: Endpoint {
                state: EndpointState::Available,
                vpc: Some("vpc-1".to_owned()),
                transit_gateway: None,
                marks: RawMarks::default(),
            },
            associations: Vec::new(),
            routes: Some(Vec::new()),
            connections: Connections { listed: Vec::new(), more: false },
        },
        rules: Rules {
            subnets: vec![subnet("subnet-1"), subnet("subnet-2")],
            routes: Vec::new(),
            idle_time: minutes(30),
            keep_limit: SignedDuration::from_hours(8),
        },
        now: now(),
    }
}

pub(super) fn subnet(id: &str) -> SubnetId {
    SubnetId::parse(id).expect(id)
}

pub(super) fn association_id(subnet: &str) -> AssociationId {
    AssociationId::parse(&subnet.replace("subnet", "cvpn-assoc")).expect(subnet)
}

impl Given {
    /// A mark, so many minutes ahead of now (negative: ago).
    pub(super) fn mark(self, mark: Mark, minutes_ahead: i64) -> Self {
        let at = self.now + minutes(minutes_ahead);
        self.tag(mark, &at.to_string())
    }

    pub(super) fn tag(mut self, mark: Mark, value: &str) -> Self {
        let mut tags: Vec<(String, String)> = Mark::ALL
            .iter()
            .filter_map(|m| Some((m.key().to_owned(), self.snapshot.endpoint.marks.get(*m)?.to_owned())))
            .filter(|(key, _)| key != mark.key())
            .collect();
        tags.push((mark.key().to_owned(), value.to_owned()));
        self.snapshot.endpoint.marks = RawMarks::from_tags(tags.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        self
    }

    pub(super) fn association(mut self, subnet: &str, state: &str) -> Self {
        self.snapshot.associations.push(Association {
            id: association_id(subnet),
            subnet: subnet.to_owned(),
            state: AssociationState::parse(state),
            message: None,
        });
        self
    }

    /// Both wanted subnets associated for `minutes` minutes, and seen ready at once.
    pub(super) fn on_for(self, minutes: i64) -> Self {
        self.both_associated().mark(Mark::OnSince, -minutes).mark(Mark::ReadySince, -minutes)
    }

    pub(super) fn both_associated(self) -> Self {
        self.association("subnet-1", "associated").association("subnet-2", "associated")
    }

    pub(super) fn wants_route(mut self, cidr: &str) -> Self {
        self.rules.routes.push(Cidr::parse(cidr).expect(cidr));
        self
    }

    pub(super) fn route(mut self, cidr: &str, subnet: &str, state: &str) -> Self {
        self.snapshot.routes.get_or_insert_default().push(Route {
            destination: cidr.to_owned(),
            subnet: subnet.to_owned(),
            state: RouteState::parse(state),
            added_by_hand: true,
        });
        self
    }

    pub(super) fn connection(mut self, state: &str, ended: Option<ConnectionEnd>) -> Self {
        let state = ConnectionState::parse(state);
        self.snapshot.connections.listed.push(Connection { state, ended });
        self
    }

    /// A connection that ended so many minutes ago.
    pub(super) fn left(self, minutes_ago: i64) -> Self {
        let at = self.now - minutes(minutes_ago);
        self.connection("terminated", Some(ConnectionEnd::At(at)))
    }

    pub(super) fn plan(&self, trigger: Trigger) -> Plan {
        plan(&self.snapshot, &self.rules, trigger, self.now)
    }

    pub(super) fn view(&self) -> View {
        view(&self.snapshot, &self.rules, self.now)
    }
}

/// The changes in words.
pub(super) fn changes(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(ToString::to_string).collect()
}

/// The marks in words: `last-request=2026-…` or `-last-request`.
pub(super) fn marks_of(plan: &Plan) -> Vec<String> {
    words(&plan.marks)
}

/// The same of those that are written last.
pub(super) fn last_marks_of(plan: &Plan) -> Vec<String> {
    words(&plan.marks_last)
}

fn words(marks: &[MarkChange]) -> Vec<String> {
    let word = |mark: &Mark| mark.key().trim_start_matches(crate::marks::PREFIX).to_owned();
    marks
        .iter()
        .map(|change| match change {
            MarkChange::Set(mark, at) => format!("{}={at}", word(mark)),
            MarkChange::Remove(mark) => format!("-{}", word(mark)),
            MarkChange::RemoveIf(mark, at) => format!("-{}={at}", word(mark)),
        })
        .collect()
}
