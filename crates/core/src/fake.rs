//! A port for the tests of this crate: fixed answers, scripted failures, every call written down.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::{
    audit::{Audit, Line},
    error::CallError,
    marks::{Mark, RawMarks},
    model::{Association, AssociationId, Cidr, Connection, ConnectionState, Endpoint, EndpointState, Route, SubnetId},
    port::{Accepted, CallResult, ConnectionPage, Port},
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
    /// Reads wait here until all four have begun.
    pub(crate) gate: Option<tokio::sync::Barrier>,
    /// Each association takes until the next poll.
    pub(crate) slow: bool,
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

    async fn read(&self, operation: &'static str) -> CallResult<()> {
        let answer = self.call(operation, operation.to_owned());
        if let Some(gate) = &self.gate {
            gate.wait().await;
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

    async fn associations(&self) -> CallResult<Vec<Association>> {
        self.read("associations").await?;
        Ok(self.associations.clone())
    }

    async fn routes(&self) -> CallResult<Vec<Route>> {
        self.read("routes").await?;
        Ok(Vec::new())
    }

    async fn connections(&self, next: Option<&str>) -> CallResult<ConnectionPage> {
        self.read("connections").await?;
        if self.connects_meanwhile && self.calls().iter().filter(|call| *call == "connections").count() > 1 {
            let active = Connection { state: ConnectionState::Active, ended: None };
            return Ok(ConnectionPage { listed: vec![active], next: None });
        }
        let page: usize = next.map_or(0, |next| next.parse().expect("our own token"));
        Ok(ConnectionPage {
            listed: self.pages.get(page).cloned().unwrap_or_default(),
            next: (page + 1 < self.pages.len()).then(|| (page + 1).to_string()),
        })
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
