//! The port: all this product asks of EC2, in its own words. The EC2 adapter (`aws/ec2.rs`) implements it; so do fakes in
//! tests, and the simulation, which puts each call on a wire to the emulated EC2.
//!
//! An implementation only reports: what an error code *means* is decided in [`crate::meaning`].

use std::{future::Future, time::Duration};

use jiff::Timestamp;

use crate::{
    error::CallError,
    marks::Mark,
    model::{Association, AssociationId, Cidr, Connection, Endpoint, Route, SubnetId},
};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page starts, if there is one.
    pub next: Option<String>,
}

/// AWS took a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The association it made or ended, where it is about one.
    pub association: Option<AssociationId>,
    /// The state AWS answered with.
    pub state: Option<String>,
    /// AWS's request id.
    pub request_id: Option<String>,
}

/// The answer to a call.
pub type CallResult<T> = Result<T, CallError>;

/// One Client VPN endpoint.
pub trait Port: Send + Sync {
    /// The endpoint with its marks.
    fn endpoint(&self) -> impl Future<Output = CallResult<Endpoint>> + Send;
    /// One page of associations, the first or the one that starts at `next`.
    fn associations(&self, next: Option<&str>) -> impl Future<Output = CallResult<Page<Association>>> + Send;
    /// One page of routes, as above.
    fn routes(&self, next: Option<&str>) -> impl Future<Output = CallResult<Page<Route>>> + Send;
    /// One page of connections, as above.
    fn connections(&self, next: Option<&str>) -> impl Future<Output = CallResult<Page<Connection>>> + Send;
    /// Lets time pass before a read is tried again: on whatever clock the calls take their time.
    fn pause(&self, time: Duration) -> impl Future<Output = ()> + Send;
    /// Associates a subnet, with a fresh client token at every call.
    fn associate(&self, subnet: &SubnetId) -> impl Future<Output = CallResult<Accepted>> + Send;
    /// Disassociates a subnet.
    fn disassociate(&self, association: &AssociationId) -> impl Future<Output = CallResult<Accepted>> + Send;
    /// Creates a route, with a fresh client token at every call.
    fn create_route(&self, destination: &Cidr, subnet: &SubnetId) -> impl Future<Output = CallResult<Accepted>> + Send;
    /// Writes marks, all in one call.
    fn set_marks(&self, marks: &[(Mark, Timestamp)]) -> impl Future<Output = CallResult<Accepted>> + Send;
    /// Removes marks, all in one call: those with a time only if they still say just that. One that is not there, or
    /// says something else by now, counts as removed.
    fn remove_marks(&self, marks: &[(Mark, Option<Timestamp>)]) -> impl Future<Output = CallResult<Accepted>> + Send;
}
