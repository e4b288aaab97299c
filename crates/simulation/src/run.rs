//! One invocation, and everything it has read, sent and heard.

use std::{pin::Pin, sync::Arc};

use disassociator::answer::Answer;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use vpn_core::{
    Error,
    error::CallError,
    limits::Limits,
    marks::{Mark, RawMarks},
    model::{Association, AssociationState, Connection, Connections, Endpoint, Route, Snapshot},
    plan::{Rules, Trigger},
    step::Step,
};

use crate::{
    calls::{Answered, Reply, Request, Wire},
    role::Role,
    story::{Settings, Setup},
};

/// Why a function runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Step(Trigger),
    /// A look at the page.
    Look,
}

/// How it ended.
pub enum Ended {
    /// The disassociator answered.
    Answered(Result<Answer, Error>),
    /// A step of the associator.
    Stepped(Result<Box<Step>, CallError>),
    /// The associator's answer to a browser.
    Replied(Value),
    /// A look of the associator.
    Looked(Result<Box<Snapshot>, CallError>),
}

/// The code of a function, on its way.
pub type Code = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// An event that Lambda keeps and tries again.
#[derive(Debug, Clone)]
pub struct Kept {
    pub event: Arc<Value>,
    /// Why it came.
    pub trigger: Trigger,
    /// When its trigger called.
    pub called: Timestamp,
    /// Which attempt this is.
    pub attempt: u32,
    /// Whether no attempt so far had a chance to have the alarm judge again.
    pub unheard: bool,
}

/// An invocation.
pub struct Run {
    /// Why.
    pub why: Why,
    /// Which function.
    pub role: Role,
    /// How long it may take.
    pub limits: Limits,
    pub settings: Settings,
    /// The same as the plan has them.
    pub rules: Arc<Rules>,
    /// When it began.
    pub began: Timestamp,
    /// What its clock says.
    pub now: Timestamp,
    /// The function, until it has ended or died.
    pub code: Option<Code>,
    /// Its way to AWS.
    pub wire: Wire,
    /// The event that is tried again if it fails.
    pub kept: Option<Kept>,
    /// The page that waits for it.
    pub page: Option<usize>,
    /// What it did.
    pub log: Log,
}

impl Run {
    /// How long after its beginning it starts no further change.
    pub fn limit(&self) -> SignedDuration {
        Setup::virtual_time(self.limits.start_no_change_after)
    }
}

/// What it has read, sent and heard.
#[derive(Debug)]
pub struct Log {
    /// When it last heard from EC2: what it does not begin at once then, it never begins.
    pub heard_at: Timestamp,
    /// Reads of the marks: when they began, and what they showed.
    pub marks: Vec<(Timestamp, RawMarks)>,
    /// The endpoint as it was read last.
    pub endpoint: Option<Endpoint>,
    /// Pages of connections: when they were asked for, whether it was the first page, and what they showed.
    pub connections: Vec<(Timestamp, bool, Vec<Connection>)>,
    /// Whether there were more pages than were read.
    pub more: bool,
    /// The associations that were decided about.
    pub associations: Option<Vec<Association>>,
    /// The associations that were listed first.
    pub looked_first: Option<Vec<Association>>,
    /// The routes of the last read.
    pub routes: Option<Vec<Route>>,
    /// What was sent.
    pub sent: Vec<Request>,
    /// Changes that were answered, and whether AWS took them.
    pub heard: Vec<(Request, Option<CallError>)>,
}

impl Log {
    /// Of an invocation that begins now.
    pub fn new(now: Timestamp) -> Self {
        Self {
            heard_at: now,
            marks: Vec::new(),
            endpoint: None,
            connections: Vec::new(),
            more: false,
            associations: None,
            looked_first: None,
            routes: None,
            sent: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// Notes an answer, now, to a call that was sent at a time.
    pub fn hears(&mut self, sent: Timestamp, now: Timestamp, request: Request, answered: &Answered) {
        if !matches!(request, Request::PutGauge(_) | Request::SetAlarmOk(_)) {
            self.heard_at = now;
        }
        match answered {
            Ok(Reply::Endpoint(endpoint)) => {
                self.marks.push((sent, endpoint.marks.clone()));
                self.endpoint = Some(endpoint.clone());
            }
            // What is looked at again between changes decides nothing.
            Ok(Reply::Associations(associations)) if self.changes().next().is_none() => {
                self.looked_first.get_or_insert_with(|| associations.clone());
                self.associations = Some(associations.clone());
            }
            Ok(Reply::Routes(routes)) => self.routes = Some(routes.clone()),
            Ok(Reply::Connections(page)) => {
                self.connections.push((sent, request == Request::Connections(None), page.items.clone()));
                self.more = page.next.is_some();
            }
            Ok(Reply::Associations(_) | Reply::Accepted(_)) | Err(_) => {}
        }
        if request.is_change() {
            self.heard.push((request, answered.as_ref().err().cloned()));
        }
    }

    /// Changes of the endpoint that were answered.
    fn changes(&self) -> impl Iterator<Item = &Request> {
        self.heard.iter().map(|(request, _)| request).filter(|request| !matches!(request, Request::SetAlarmOk(_)))
    }

    /// Whether nothing that the alarm's invocation could do would have made the alarm judge again: CloudWatch refused
    /// whenever it should have been asked, or the function died before.
    pub fn alarm_unheard(&self, died: bool) -> bool {
        let refused = self.heard.iter().filter(|(request, _)| matches!(request, Request::SetAlarmOk(_))).count();
        let tried = self.sent.iter().filter(|request| matches!(request, Request::SetAlarmOk(_))).count();
        let heard =
            self.heard.iter().any(|(request, error)| matches!(request, Request::SetAlarmOk(_)) && error.is_none());
        // Descriptions lag: what was not listed at first is no reason to ask before the end.
        let listed_first = self.looked_first.as_ref().is_none_or(|all| all.iter().any(|one| stays(&one.state)));
        match died {
            true => !heard && (tried > 0 || self.sent.len() < 2 || !listed_first),
            false => !heard && refused >= if listed_first { 2 } else { 1 },
        }
    }

    /// Everything that was read last, as the plan got it; `None` if something could not be read.
    pub fn snapshot(&self) -> Option<Snapshot> {
        if self.connections.is_empty() {
            return None;
        }
        Some(Snapshot {
            endpoint: self.endpoint.clone()?,
            associations: self.associations.clone()?,
            routes: self.routes.clone(),
            connections: Connections { listed: self.last_connections(), more: self.more },
        })
    }

    /// When the last read of the marks began.
    pub fn marks_read_at(&self) -> Option<Timestamp> {
        self.marks.last().map(|(at, _)| *at)
    }

    /// When the last reading of connections began.
    pub fn connections_read_at(&self) -> Option<Timestamp> {
        self.connections.iter().rev().find(|(_, first, _)| *first).map(|(at, ..)| *at)
    }

    /// The connections of the last reading, page after page.
    pub fn last_connections(&self) -> Vec<Connection> {
        let first = self.connections.iter().rposition(|(_, first, _)| *first).unwrap_or(0);
        self.connections[first..].iter().flat_map(|(_, _, listed)| listed.clone()).collect()
    }

    /// A mark of the last read.
    pub fn mark(&self, mark: Mark) -> Option<&str> {
        self.marks.last()?.1.get(mark)
    }

    /// An association by id, as it was read.
    pub fn association(&self, id: &str) -> Option<&Association> {
        self.associations.as_ref()?.iter().find(|association| association.id.as_str() == id)
    }
}

/// Whether an association is there and does not go: written out here once more, since the plan's own word is on trial.
pub fn stays(state: &AssociationState) -> bool {
    match state {
        AssociationState::Associating
        | AssociationState::Associated
        | AssociationState::AssociationFailed
        | AssociationState::Unknown(_) => true,
        AssociationState::Disassociating | AssociationState::Disassociated => false,
    }
}
