//! Looking: everything an invocation needs to know, read concurrently before anything is decided.

use std::{collections::HashSet, future::Future, time::Duration};

use crate::{
    clock::Stopwatch,
    error::CallError,
    limits::Limits,
    meaning::{Meaning, meaning},
    model::{Association, Connection, Connections, Endpoint, Route, Snapshot},
    port::{CallResult, Page, Port},
};

/// A list ends with an error after so many pages: two hundred thousand connections, and AWS has 126,000 at once (fact 7.3).
const PAGES_AT_MOST: usize = 200;
/// And after so long, in which AWS had time.
const LIST_AT_MOST: Duration = Duration::from_secs(60);
/// The code of that error: the one that is ours, and not AWS's.
pub const LIST_WITHOUT_END: &str = "ListWithoutEnd";
/// How long a read that AWS has no time for waits before it is tried again. EC2's bucket gets twenty a second (fact 4.16).
pub const PAUSE: Duration = Duration::from_millis(500);

/// How much to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether to read the route table.
    pub routes: bool,
    /// Which connections to read.
    pub connections: Reach,
}

/// Which connections to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The first page: enough to show.
    FirstPage,
    /// Page after page until one is in use: enough to be certain that none is.
    UntilInUse,
}

/// Reads for one invocation, within its limits.
#[derive(Debug, Clone, Copy)]
pub struct Observer<'a, P> {
    /// Where from.
    pub port: &'a P,
    /// Started with the invocation.
    pub started: Stopwatch,
    /// Of the function.
    pub limits: Limits,
}

impl<P: Port> Observer<'_, P> {
    /// Reads everything at once.
    ///
    /// # Errors
    /// The first call that failed, or [`LIST_WITHOUT_END`]; nothing can be decided on half a picture.
    pub async fn look(&self, look: Look) -> CallResult<Snapshot> {
        let routes = async {
            match look.routes {
                true => self.routes().await.map(Some),
                false => Ok(None),
            }
        };
        let (endpoint, associations, routes, connections) =
            tokio::try_join!(self.endpoint(), self.associations(), routes, self.connections(look.connections))?;
        Ok(Snapshot { endpoint, associations, routes, connections })
    }

    /// Reads marks and connections again, just before the first change that could take the VPN from somebody.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub async fn look_again(&self, first: Snapshot) -> CallResult<Snapshot> {
        let (endpoint, connections) = tokio::try_join!(self.endpoint(), self.connections(Reach::UntilInUse))?;
        Ok(Snapshot { endpoint, connections, ..first })
    }

    async fn endpoint(&self) -> CallResult<Endpoint> {
        self.patiently(|| self.port.endpoint()).await.0
    }

    /// Every association.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub async fn associations(&self) -> CallResult<Vec<Association>> {
        let page = |next: Option<String>| async move { self.port.associations(next.as_deref()).await };
        Ok(self.list("DescribeClientVpnTargetNetworks", page, |_| false).await?.0)
    }

    async fn routes(&self) -> CallResult<Vec<Route>> {
        let page = |next: Option<String>| async move { self.port.routes(next.as_deref()).await };
        Ok(self.list("DescribeClientVpnRoutes", page, |_| false).await?.0)
    }

    async fn connections(&self, reach: Reach) -> CallResult<Connections> {
        let page = |next: Option<String>| async move { self.port.connections(next.as_deref()).await };
        let enough = |read: &[Connection]| reach == Reach::FirstPage || read.iter().any(Connection::in_use);
        let (listed, more) = self.list("DescribeClientVpnConnections", page, enough).await?;
        Ok(Connections { listed, more })
    }

    /// Page after page, until there is no more or a page is enough; says whether there is more.
    async fn list<T, F>(
        &self,
        operation: &'static str,
        page: impl Fn(Option<String>) -> F + Send + Sync,
        enough: impl Fn(&[T]) -> bool + Send + Sync,
    ) -> CallResult<(Vec<T>, bool)>
    where
        T: Send,
        F: Future<Output = CallResult<Page<T>>> + Send,
    {
        let began = Stopwatch::start();
        let mut listed = Vec::new();
        let mut tokens = HashSet::new();
        let mut paused = Duration::ZERO;
        let mut next: Option<String> = None;
        let mut number = 0;
        loop {
            number += 1;
            let (read, waited) = self.patiently(|| page(next.clone())).await;
            paused += waited;
            let read = read?;
            let done = read.next.is_none() || enough(&read.items);
            listed.extend(read.items);
            if done {
                return Ok((listed, read.next.is_some()));
            }
            let repeated = read.next.clone().is_some_and(|token| !tokens.insert(token));
            next = read.next;
            let limit = self.limits.start_no_change_after;
            let why = match () {
                () if repeated => "AWS gave the same token twice".to_owned(),
                () if began.elapsed().saturating_sub(paused) >= LIST_AT_MOST => "it took a minute".to_owned(),
                () if self.started.elapsed() >= limit => {
                    format!("the {} seconds that the function reads for are over", limit.as_secs())
                }
                () if number >= PAGES_AT_MOST => "so many pages are not believed".to_owned(),
                () => continue,
            };
            return Err(without_end(operation, number, listed.len(), &why));
        }
    }

    /// Reads, and again for as long as AWS has no time and the function has; says how long that was.
    async fn patiently<T, F>(&self, read: impl Fn() -> F + Send + Sync) -> (CallResult<T>, Duration)
    where
        T: Send,
        F: Future<Output = CallResult<T>> + Send,
    {
        let began = Stopwatch::start();
        loop {
            let waited = began.elapsed();
            let answer = read().await;
            let throttled = answer.as_ref().is_err_and(|error| meaning(error) == Meaning::Throttled);
            let tries_again = began.elapsed() + PAUSE <= self.limits.throttled_reads_for
                && self.started.elapsed() + PAUSE <= self.limits.start_no_change_after;
            if !throttled || !tries_again {
                return (answer, waited);
            }
            self.port.pause(PAUSE).await;
        }
    }
}

fn without_end(operation: &'static str, pages: usize, listed: usize, why: &str) -> CallError {
    CallError {
        operation,
        code: Some(LIST_WITHOUT_END.to_owned()),
        message: format!("after {pages} pages with {listed} entries: {why}; nothing is decided on a part of a list"),
        request_id: None,
    }
}

#[cfg(test)]
mod tests;
