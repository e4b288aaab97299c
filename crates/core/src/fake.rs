//! A port for the tests of this crate: fixed answers, scripted failures, every call written down.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    audit::{Audit, Line},
    clock,
    error::CallError,
    marks::{Mark, RawMarks},
    model::{Association, AssociationId, Cidr, Connection, ConnectionState, Endpoint, EndpointState, Route, SubnetId},
    port::{Accepted, CallResult, Page, Port},
};

#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) associations: Vec<Association>,
    pub(crate) pages: Vec<Vec<Connection>>,
    /// Somebody connects after the first look.
    pub(crate) connects_meanwhile: bool,
    /// Marks as seen by the first, second … look; the last one stays.
    pub(crate) marks: Mutex<VecDeque<RawMarks>>,
    /// Operations that fail, with AWS's code.
    pub(crate) failing: Vec<(&'static str, &'static str)>,
    pub(crate) calls: Mutex<Vec<String>>,
    /// Reads begin, and none is answered.
    pub(crate) unanswered: bool,
    /// Each association takes until the next poll.
    pub(crate) slow: bool,
    /// How long a read takes: none of it waits for another.
    pub(crate) read_takes: Duration,
    /// So many reads AWS has no time for.
    pub(crate) busy: Mutex<usize>,
    /// Whether the second page of connections leads to itself.
    pub(crate) leads_back: bool,
    /// What the clock that only goes on reads, while [`Fake::runs`] polls.
    pub(crate) reads: Mutex<Duration>,
}

impl Fake {
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn call(&self, operation: &'static str, words: String) -> CallResult<Accepted> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(words);
        match self.failing.iter().find(|(failing, _)| *failing == operation) {
            Some((_, code)) => Err(CallError {
                operation,
                code: Some((*code).to_owned()),
                message: "as scripted".to_owned(),
                request_id: Some("req-1".to_owned()),
            }),
            None => Ok(Accepted { request_id: Some("req-2".to_owned()), ..Accepted::default() }),
        }
    }

    /// Runs something to its end on virtual time.
    pub(crate) fn runs<T>(&self, future: impl Future<Output = T>) -> T {
        let reads = || *self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(clock::on_reading(reads, future))
    }

    fn is_busy(&self) -> bool {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let left = busy.checked_sub(1);
        *busy = left.unwrap_or_default();
        left.is_some()
    }

    async fn passes(&self, time: Duration) {
        *self.reads.lock().unwrap_or_else(PoisonError::into_inner) += time;
        tokio::task::yield_now().await;
    }

    async fn read(&self, operation: &'static str) -> CallResult<()> {
        let mut answer = self.call(operation, operation.to_owned());
        if !self.read_takes.is_zero() && operation == "connections" {
            self.passes(self.read_takes).await;
        }
        if self.is_busy() {
            answer = Err(CallError {
                operation,
                code: Some("RequestLimitExceeded".to_owned()),
                message: "Request limit exceeded.".to_owned(),
                request_id: None,
            });
        }
        if self.unanswered {
            std::future::pending::<()>().await;
        }
        answer.map(drop)
    }
}

impl Port for Fake {
    async fn endpoint(&self) -> CallResult<Endpoint> {
        self.read("endpoint").await?;
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = match marks.len() {
            0 | 1 => marks.front().cloned().unwrap_or_default(),
            _ => marks.pop_front().unwrap_or_default(),
        };
        Ok(Endpoint { state: EndpointState::Available, vpc: None, transit_gateway: None, marks: seen })
    }

    async fn associations(&self, _: Option<&str>) -> CallResult<Page<Association>> {
        self.read("associations").await?;
        Ok(Page { items: self.associations.clone(), next: None })
    }

    async fn routes(&self, _: Option<&str>) -> CallResult<Page<Route>> {
        self.read("routes").await?;
        Ok(Page { items: Vec::new(), next: None })
    }

    async fn connections(&self, next: Option<&str>) -> CallResult<Page<Connection>> {
        self.read("connections").await?;
        if self.connects_meanwhile && self.calls().iter().filter(|call| *call == "connections").count() > 1 {
            let active = Connection { state: ConnectionState::Active, ended: None };
            return Ok(Page { items: vec![active], next: None });
        }
        let page: usize = next.map_or(0, |next| next.parse().expect("our own token"));
        Ok(Page {
            items: self.pages.get(page).cloned().unwrap_or_default(),
            next: match self.leads_back && page == 2 {
                true => Some("1".to_owned()),
                false => (page + 1 < self.pages.len()).then(|| (page + 1).to_string()),
            },
        })
    }

    async fn pause(&self, time: Duration) {
        self.passes(time).await;
    }

    async fn associate(&self, subnet: &SubnetId) -> CallResult<Accepted> {
        let answer = self.call("associate", format!("associate {subnet}"));
        if self.slow {
            tokio::task::yield_now().await;
        }
        answer
    }

    async fn disassociate(&self, association: &AssociationId) -> CallResult<Accepted> {
        self.call("disassociate", format!("disassociate {association}"))
    }

    async fn create_route(&self, destination: &Cidr, subnet: &SubnetId) -> CallResult<Accepted> {
        self.call("create_route", format!("route {destination} {subnet}"))
    }

    async fn set_marks(&self, marks: &[(Mark, Timestamp)]) -> CallResult<Accepted> {
        self.call("set_marks", format!("set {}", marks.len()))
    }

    async fn remove_marks(&self, marks: &[(Mark, Option<Timestamp>)]) -> CallResult<Accepted> {
        self.call("remove_marks", format!("remove {}", marks.len()))
    }
}

/// Audit lines as `action outcome`.
#[derive(Debug, Default)]
pub(crate) struct Lines(pub(crate) Mutex<Vec<String>>);

impl Audit for Lines {
    fn write(&self, line: &Line<'_>) {
        let text = format!("{:?} {:?} {}", line.action, line.outcome, line.request_id.as_deref().unwrap_or("-"));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}
