//! What is remembered here of what was written upstream.

use std::collections::BTreeMap;

use aws::authorize::Principal;
use axum::body::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{
    aws_like::{certificates, delays, nat},
    callers::Faults,
    lattice::Lattice,
    operation::Operation,
    packages::Packages,
    refreshes::Refreshes,
    refuse::Refusal,
};

/// Where this program is: functions are told these addresses instead of AWS's.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// The AWS endpoint.
    pub aws: String,
    /// The employee page, which also emulates the server of the load balancer's keys.
    pub employee: String,
}

/// A call, in the order in which they came.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    #[serde(skip)]
    number: usize,
    /// Faults strike people only, and count what they call.
    #[serde(skip)]
    is_of_people: bool,
    operation: String,
    write: bool,
    principal: String,
    /// What was answered; `None` before that, and for what a test had refused.
    status: Option<u16>,
}

/// What is kept here of what was written there.
#[derive(Debug, Clone, Default)]
pub struct Memory {
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
    /// What moto lacks of VPC Lattice and what belongs to it.
    pub(crate) lattice: Lattice,
    pub(crate) refreshes: Refreshes,
    /// Until when AWS does not know of what was done.
    pub(crate) delayed: BTreeMap<(delays::Kind, String), Timestamp>,
    /// AWS knows of everything at once: not as it is.
    pub(crate) no_delays: bool,
    /// How alarms stand, as the upstream was told last: value and reason, by name.
    pub(crate) told: BTreeMap<String, (&'static str, String)>,
    /// Since they were last forgotten.
    pub(crate) calls: Vec<Call>,
    /// So many there were in all.
    pub(crate) numbered: usize,
    /// What goes wrong.
    pub(crate) faults: Faults,
    /// What was said about what is not emulated; once is enough.
    pub(crate) remarks: Vec<String>,
}

impl Memory {
    /// What is told of Auto Scaling groups and NAT gateways, as far as moto does at once what takes AWS its time.
    pub(crate) fn in_its_time(&self, operation: &Operation, body: Bytes, now: Timestamp) -> Bytes {
        let text = || String::from_utf8_lossy(&body);
        match operation.full_name().as_str() {
            "autoscaling:DescribeAutoScalingGroups" => self.refreshes.told(operation, &text(), now).into(),
            "ec2:DescribeNatGateways" if !self.no_delays => nat::told(&self.delayed, &text(), now).into(),
            _ => body,
        }
    }

    /// Writes a call down. Gives its number.
    pub(crate) fn begin_call(&mut self, operation: &Operation, principal: &Principal) -> usize {
        self.numbered += 1;
        let (operation, write) = (operation.full_name(), operation.writes());
        let is_of_people = *principal == Principal::Administrator;
        let principal = principal.to_string();
        self.calls.push(Call { number: self.numbered, is_of_people, operation, write, principal, status: None });
        self.numbered
    }

    /// Whether the call of somebody that was just written down fails because a test says so.
    pub(crate) fn strike(&mut self, operation: &Operation) -> Option<Refusal> {
        let of_people = self.calls.iter().filter(|call| call.is_of_people);
        let (number, writes) = (of_people.clone().count(), of_people.filter(|call| call.write).count());
        self.faults.strike(operation, number, writes)
    }

    /// What was answered to a call; nothing, if it was forgotten meanwhile.
    pub(crate) fn end_call(&mut self, number: usize, status: u16) {
        if let Some(call) = self.calls.iter_mut().rev().find(|call| call.number == number) {
            call.status = Some(status);
        }
    }

    /// From now on this goes wrong, and the list of calls begins anew.
    pub(crate) fn begin_faults(&mut self, faults: Faults) {
        self.calls.clear();
        self.faults = faults;
    }
}
