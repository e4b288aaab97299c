//! The functions' side of AWS: each call is put on a wire and waits there until the stage has carried it out and answers.
//!
//! Every call is a point at which other invocations may run, and at which the function may die.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use disassociator::{
    month::{GaugeHour, Month},
    watch::Watch,
};
use jiff::Timestamp;
use vpn_core::{
    audit::{Action, Audit, Line, Outcome},
    error::CallError,
    marks::Mark,
    model::{Association, AssociationId, Cidr, Connection, Endpoint, Route, SubnetId},
    plan::{Change, Trigger},
    port::{Accepted, CallResult, Page, Port},
};

/// The operations the functions use, by AWS's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "AWS's own words")]
pub enum Op {
    DescribeClientVpnEndpoints,
    DescribeClientVpnTargetNetworks,
    DescribeClientVpnRoutes,
    DescribeClientVpnConnections,
    AssociateClientVpnTargetNetwork,
    DisassociateClientVpnTargetNetwork,
    CreateClientVpnRoute,
    CreateTags,
    DeleteTags,
    PutMetricData,
    SetAlarmState,
}

impl Op {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::DescribeClientVpnEndpoints,
        Self::DescribeClientVpnTargetNetworks,
        Self::DescribeClientVpnRoutes,
        Self::DescribeClientVpnConnections,
        Self::AssociateClientVpnTargetNetwork,
        Self::DisassociateClientVpnTargetNetwork,
        Self::CreateClientVpnRoute,
        Self::CreateTags,
        Self::DeleteTags,
        Self::PutMetricData,
        Self::SetAlarmState,
    ];

    /// AWS's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::DescribeClientVpnEndpoints => "DescribeClientVpnEndpoints",
            Self::DescribeClientVpnTargetNetworks => "DescribeClientVpnTargetNetworks",
            Self::DescribeClientVpnRoutes => "DescribeClientVpnRoutes",
            Self::DescribeClientVpnConnections => "DescribeClientVpnConnections",
            Self::AssociateClientVpnTargetNetwork => "AssociateClientVpnTargetNetwork",
            Self::DisassociateClientVpnTargetNetwork => "DisassociateClientVpnTargetNetwork",
            Self::CreateClientVpnRoute => "CreateClientVpnRoute",
            Self::CreateTags => "CreateTags",
            Self::DeleteTags => "DeleteTags",
            Self::PutMetricData => "PutMetricData",
            Self::SetAlarmState => "SetAlarmState",
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The endpoint with its marks.
    Endpoint,
    Associations,
    Routes,
    /// A page of connections.
    Connections(Option<String>),
    Associate(SubnetId),
    Disassociate(AssociationId),
    CreateRoute(Cidr, SubnetId),
    /// Write marks.
    SetMarks(Vec<(Mark, Timestamp)>),
    RemoveMarks(Vec<(Mark, Option<Timestamp>)>),
    PutGauge(usize),
    /// Set the alarm to OK.
    SetAlarmOk(String),
}

impl Request {
    pub fn op(&self) -> Op {
        match self {
            Self::Endpoint => Op::DescribeClientVpnEndpoints,
            Self::Associations => Op::DescribeClientVpnTargetNetworks,
            Self::Routes => Op::DescribeClientVpnRoutes,
            Self::Connections(_) => Op::DescribeClientVpnConnections,
            Self::Associate(_) => Op::AssociateClientVpnTargetNetwork,
            Self::Disassociate(_) => Op::DisassociateClientVpnTargetNetwork,
            Self::CreateRoute(..) => Op::CreateClientVpnRoute,
            Self::SetMarks(_) => Op::CreateTags,
            Self::RemoveMarks(_) => Op::DeleteTags,
            Self::PutGauge(_) => Op::PutMetricData,
            Self::SetAlarmOk(_) => Op::SetAlarmState,
        }
    }

    /// Whether it is what a change of a plan comes to.
    pub fn makes(&self, change: &Change) -> bool {
        match (self, change) {
            (Self::Associate(of), Change::Associate { subnet }) => of == subnet,
            (Self::CreateRoute(to, of), Change::CreateRoute { destination, subnet }) => {
                (to, of) == (destination, subnet)
            }
            (Self::Disassociate(of), Change::Disassociate { association, .. })
            | (Self::Disassociate(of), Change::ClearFailed { association, .. }) => of == association,
            _ => false,
        }
    }

    /// Whether it changes what an administrator pays for or looks at, so that it needs an audit line.
    pub fn is_change(&self) -> bool {
        !matches!(self, Self::Endpoint | Self::Associations | Self::Routes | Self::Connections(_) | Self::PutGauge(_))
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Endpoint(Endpoint),
    Associations(Vec<Association>),
    Routes(Vec<Route>),
    /// A page of connections.
    Connections(Page<Connection>),
    /// A change was taken.
    Accepted(Accepted),
}

/// A reply or AWS's error.
pub type Answered = Result<Reply, CallError>;

/// The wire of one invocation. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Wire(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    calls: usize,
    issued: Vec<(usize, Request)>,
    pauses: Vec<(usize, Duration)>,
    answers: Vec<(usize, Answered)>,
    audit_lines: Vec<Written>,
}

/// What an audit line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Who.
    pub trigger: Trigger,
    /// What.
    pub action: Action,
    /// Whether AWS took it.
    pub outcome: Outcome,
}

impl Wire {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything, for the next invocation of the same environment.
    pub fn forget(&self) {
        *self.inner() = Inner::default();
    }

    /// The calls that were issued since the last time.
    pub fn issued(&self) -> Vec<(usize, Request)> {
        std::mem::take(&mut self.inner().issued)
    }

    /// The pauses that were begun since the last time.
    pub fn pauses(&self) -> Vec<(usize, Duration)> {
        std::mem::take(&mut self.inner().pauses)
    }

    /// Answers a call, or ends a pause.
    pub fn answer(&self, call: usize, answer: Answered) {
        self.inner().answers.push((call, answer));
    }

    /// How many audit lines the invocation has written.
    pub fn audit_lines(&self) -> usize {
        self.inner().audit_lines.len()
    }

    /// The audit lines of an invocation that has ended.
    pub fn take_audit_lines(&self) -> Vec<Written> {
        std::mem::take(&mut self.inner().audit_lines)
    }

    async fn call(&self, request: Request) -> Answered {
        let id = self.begins(|inner, id| inner.issued.push((id, request)));
        self.answered(id).await
    }

    /// The number of a call or a pause that begins.
    fn begins(&self, note: impl FnOnce(&mut Inner, usize)) -> usize {
        let mut inner = self.inner();
        inner.calls += 1;
        let id = inner.calls;
        note(&mut inner, id);
        id
    }

    async fn answered(&self, id: usize) -> Answered {
        poll_fn(|_| {
            let mut inner = self.inner();
            match inner.answers.iter().position(|(call, _)| *call == id) {
                Some(place) => Poll::Ready(inner.answers.swap_remove(place).1),
                None => Poll::Pending,
            }
        })
        .await
    }

    async fn change(&self, request: Request) -> CallResult<Accepted> {
        match self.call(request).await? {
            Reply::Accepted(accepted) => Ok(accepted),
            other => unreachable!("a change is answered with {other:?}"),
        }
    }
}

impl Port for Wire {
    async fn endpoint(&self) -> CallResult<Endpoint> {
        match self.call(Request::Endpoint).await? {
            Reply::Endpoint(endpoint) => Ok(endpoint),
            other => unreachable!("{other:?}"),
        }
    }

    async fn associations(&self, _: Option<&str>) -> CallResult<Page<Association>> {
        match self.call(Request::Associations).await? {
            Reply::Associations(items) => Ok(Page { items, next: None }),
            other => unreachable!("{other:?}"),
        }
    }

    async fn routes(&self, _: Option<&str>) -> CallResult<Page<Route>> {
        match self.call(Request::Routes).await? {
            Reply::Routes(items) => Ok(Page { items, next: None }),
            other => unreachable!("{other:?}"),
        }
    }

    async fn connections(&self, next: Option<&str>) -> CallResult<Page<Connection>> {
        match self.call(Request::Connections(next.map(str::to_owned))).await? {
            Reply::Connections(page) => Ok(page),
            other => unreachable!("{other:?}"),
        }
    }

    async fn pause(&self, time: Duration) {
        let id = self.begins(|inner, id| inner.pauses.push((id, time)));
        drop(self.answered(id).await);
    }

    async fn associate(&self, subnet: &SubnetId) -> CallResult<Accepted> {
        self.change(Request::Associate(subnet.clone())).await
    }

    async fn disassociate(&self, association: &AssociationId) -> CallResult<Accepted> {
        self.change(Request::Disassociate(association.clone())).await
    }

    async fn create_route(&self, destination: &Cidr, subnet: &SubnetId) -> CallResult<Accepted> {
        self.change(Request::CreateRoute(destination.clone(), subnet.clone())).await
    }

    async fn set_marks(&self, marks: &[(Mark, Timestamp)]) -> CallResult<Accepted> {
        self.change(Request::SetMarks(marks.to_vec())).await
    }

    async fn remove_marks(&self, marks: &[(Mark, Option<Timestamp>)]) -> CallResult<Accepted> {
        self.change(Request::RemoveMarks(marks.to_vec())).await
    }
}

impl Watch for Wire {
    async fn put_gauge(&self, _: &str, subnets: usize) -> CallResult<()> {
        self.call(Request::PutGauge(subnets)).await.map(drop)
    }

    async fn set_alarm_ok(&self, alarm: &str, _: &str) -> CallResult<Accepted> {
        self.change(Request::SetAlarmOk(alarm.to_owned())).await
    }

    async fn gauge(&self, _: &str, _: &Month) -> CallResult<Vec<GaugeHour>> {
        unreachable!("no month is told of: the settings name no alarm for it")
    }

    async fn tell(&self, _: &str, _: &str) -> CallResult<Accepted> {
        unreachable!("no month is told of: the settings name no alarm for it")
    }
}

impl Audit for Wire {
    fn write(&self, line: &Line<'_>) {
        let written =
            Written { trigger: line.actor.trigger, action: line.action.clone(), outcome: line.outcome.clone() };
        self.inner().audit_lines.push(written);
    }
}
