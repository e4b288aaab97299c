//! An endpoint and a CloudWatch that write down what is asked of them.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use disassociator::{
    month::{GaugeHour, Month},
    watch::Watch,
};
use jiff::Timestamp;
use vpn_core::{
    audit::{Audit, Line},
    error::CallError,
    marks::{Mark, RawMarks},
    model::{
        Association, AssociationId, AssociationState, Cidr, Connection, ConnectionState, Endpoint, EndpointState,
        Route, SubnetId,
    },
    port::{Accepted, CallResult, Page, Port},
};

use crate::now;

/// An endpoint with these associations, on since two hours ago.
#[derive(Default)]
pub struct FakeAws {
    pub associations: Vec<(&'static str, &'static str)>,
    pub connected: bool,
    /// AWS's codes for the disassociations, in order; accepted when there are no more.
    pub refusals: Mutex<VecDeque<&'static str>>,
    /// Operations that fail whenever they are called, and their codes.
    pub failing: Vec<(&'static str, &'static str)>,
    /// Nobody has marked since when it is on.
    pub unmarked: bool,
    /// Somebody asked just now.
    pub requested: bool,
    /// An administrator closed it for an hour.
    pub closed: bool,
    /// The month before, the gauge saw one subnet for an hour.
    pub measured: bool,
    pub transit_gateway: Option<&'static str>,
    /// The first look at the associations shows none.
    pub unlisted_at_first: bool,
    pub calls: Mutex<Vec<String>>,
    /// What the clock that only goes on reads: a pause takes its time there.
    pub reads: Mutex<Duration>,
}

impl FakeAws {
    fn call(&self, operation: &'static str, words: String) -> CallResult<Accepted> {
        self.calls.lock().unwrap().push(words);
        match self.failing.iter().find(|(name, _)| *name == operation) {
            Some((_, code)) => Err(error(operation, code)),
            None => Ok(Accepted::default()),
        }
    }

    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

pub fn error(operation: &'static str, code: &str) -> CallError {
    let (message, request_id) = ("as scripted".to_owned(), Some("req-1".to_owned()));
    CallError { operation, code: Some(code.to_owned()), message, request_id }
}

impl Port for &FakeAws {
    async fn endpoint(&self) -> CallResult<Endpoint> {
        let since = (now() - jiff::SignedDuration::from_hours(2)).to_string();
        let asked = now().to_string();
        let mut tags = vec![(Mark::OnSince.key(), since.as_str())];
        tags.retain(|_| !self.unmarked);
        tags.extend(self.requested.then_some((Mark::LastRequest.key(), asked.as_str())));
        let opens = (now() + jiff::SignedDuration::from_hours(1)).to_string();
        tags.extend(self.closed.then_some((Mark::ClosedUntil.key(), opens.as_str())));
        let marks = RawMarks::from_tags(tags);
        let transit_gateway = self.transit_gateway.map(str::to_owned);
        Ok(Endpoint { state: EndpointState::Available, vpc: None, transit_gateway, marks })
    }

    async fn associations(&self, _: Option<&str>) -> CallResult<Page<Association>> {
        self.call("associations", "look".to_owned())?;
        if self.unlisted_at_first && self.calls().len() == 1 {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let listed = self.associations.iter().map(|(subnet, state)| Association {
            id: AssociationId::parse(&format!("assoc-of-{subnet}")).unwrap(),
            subnet: (*subnet).to_owned(),
            state: AssociationState::parse(state),
            message: None,
        });
        Ok(Page { items: listed.collect(), next: None })
    }

    async fn routes(&self, _: Option<&str>) -> CallResult<Page<Route>> {
        if self.failing.iter().any(|(name, _)| *name == "routes") {
            self.call("routes", "look at routes".to_owned())?;
        }
        Ok(Page { items: Vec::new(), next: None })
    }

    async fn pause(&self, time: Duration) {
        *self.reads.lock().unwrap() += time;
        tokio::task::yield_now().await;
    }

    async fn connections(&self, _next: Option<&str>) -> CallResult<Page<Connection>> {
        let active = self.connected.then_some(Connection { state: ConnectionState::Active, ended: None });
        Ok(Page { items: active.into_iter().collect(), next: None })
    }

    async fn associate(&self, subnet: &SubnetId) -> CallResult<Accepted> {
        self.call("associate", format!("associate {subnet}"))
    }

    async fn disassociate(&self, association: &AssociationId) -> CallResult<Accepted> {
        self.call("disassociate", format!("disassociate {association}"))?;
        match self.refusals.lock().unwrap().pop_front() {
            Some(code) => Err(error("DisassociateClientVpnTargetNetwork", code)),
            None => Ok(Accepted { state: Some("disassociating".to_owned()), ..Accepted::default() }),
        }
    }

    async fn create_route(&self, destination: &Cidr, subnet: &SubnetId) -> CallResult<Accepted> {
        self.call("create_route", format!("route {destination} {subnet}"))
    }

    async fn set_marks(&self, marks: &[(Mark, Timestamp)]) -> CallResult<Accepted> {
        self.call("set_marks", format!("mark {}", marks[0].0.key()))
    }

    async fn remove_marks(&self, marks: &[(Mark, Option<Timestamp>)]) -> CallResult<Accepted> {
        self.call("remove_marks", format!("unmark {}", marks[0].0.key()))
    }
}

impl Watch for &FakeAws {
    async fn put_gauge(&self, _endpoint: &str, subnets: usize) -> CallResult<()> {
        self.call("put_gauge", format!("gauge {subnets}")).map(drop)
    }

    async fn set_alarm_ok(&self, alarm: &str, _reason: &str) -> CallResult<Accepted> {
        self.call("set_alarm", format!("set {alarm} to OK"))
    }

    async fn gauge(&self, endpoint: &str, month: &Month) -> CallResult<Vec<GaugeHour>> {
        self.call("gauge", format!("read the gauge of {endpoint} from {} to {}", month.from, month.until))?;
        let measured = self.measured.then_some(GaugeHour { at: month.from, sum: 12.0, maximum: 1.0 });
        Ok(measured.into_iter().collect())
    }

    async fn tell(&self, alarm: &str, reason: &str) -> CallResult<Accepted> {
        self.call("tell", format!("{alarm} tells: {reason}"))
    }
}

#[derive(Default)]
pub struct Lines(pub Mutex<Vec<String>>);

impl Audit for &Lines {
    fn write(&self, line: &Line<'_>) {
        self.0.lock().unwrap().push(format!("{:?} {:?}", line.action, line.outcome));
    }
}
