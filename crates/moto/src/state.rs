//! What is remembered here of what was written upstream.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{
    aws_like::{certificates, delays},
    operation::Operation,
    packages::Packages,
};

/// Where this program is: functions are told these addresses instead of AWS's.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// The AWS endpoint.
    pub aws: String,
    /// The employee page, which also plays the server of the load balancer's keys.
    pub employee: String,
}

/// A call that was answered.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    operation: String,
    write: bool,
    principal: String,
    status: u16,
}

impl Call {
    pub(crate) fn new(operation: &Operation, principal: String, status: u16) -> Self {
        Self { operation: operation.full_name(), write: operation.writes(), principal, status }
    }
}

/// What is kept here of what was written there.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Something was written since it was last read.
    pub(crate) stale: bool,
    pub(crate) packages: Packages,
    /// Fields that moto forgets.
    pub(crate) kept: BTreeMap<String, Value>,
    /// Branding styles by app client.
    pub(crate) branding: BTreeMap<String, Value>,
    /// Tags that user pools got or lost after they were created.
    pub(crate) pool_tags: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// Provisioned concurrency by function and alias.
    pub(crate) provisioned: BTreeMap<String, Value>,
    pub(crate) certificates: certificates::Certificates,
    /// Until when AWS does not know of what was done.
    pub(crate) delayed: BTreeMap<(delays::Kind, String), Timestamp>,
    /// AWS knows of everything at once: not as it is.
    pub(crate) no_delays: bool,
    /// How alarms stand, as the upstream was told last: value and reason, by name.
    pub(crate) told: BTreeMap<String, (&'static str, String)>,
    pub(crate) calls: Vec<Call>,
    /// What was said about what is not played; once is enough.
    pub(crate) remarks: Vec<String>,
}
