//! What stands at the endpoints. Plain data: time is passed in, and what a state is at a time is worked out from when
//! things began, so nothing has to be moved forward and a look at the past is possible.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::{Value, json};

mod associations;
mod certificates;
mod configuration;
mod connections;
mod create;
mod describe;
mod endpoint;
mod given;
mod modify;
mod page;
mod revocation;
mod routes;
mod rules;
mod tags;
mod throttle;
mod views;

pub use associations::{Associated, Status};
pub use certificates::Certificate;
pub use connections::{ClientConnect, Measured, Terminated, Traffic, Which};
pub use create::{Authentication, NewEndpoint};
pub use given::Given;
pub use modify::{ConnectionLog, EndpointChanges, EndpointOptions};
pub use page::{Filter, Page, Query};
pub use views::{AuthorizationRule, Connection, Endpoint, Route, Subnet, TagDescription, TargetNetwork};

use super::{
    AwsError,
    faults::{CallEffects, Fault, Faults, Numbered},
    settings::Settings,
};
use crate::deployment;

/// Client VPN in one region: the endpoints, the VPCs around them, and everything that happened to them.
#[derive(Debug, Clone)]
pub struct ClientVpn {
    /// What can be changed at any time.
    pub settings: Settings,
    region: String,
    account: String,
    network: endpoint::Network,
    certificates: Option<BTreeMap<String, Certificate>>,
    /// In the order in which they were made.
    endpoints: Vec<endpoint::VpnEndpoint>,
    random: fastrand::Rng,
    tags: tags::Tags,
    tokens: BTreeMap<(&'static str, String), Replay>,
    buckets: throttle::Buckets,
    faults: Faults,
    connection_log: VecDeque<Value>,
    billed_before: f64,
}

/// What an endpoint may have that nobody on this computer made it with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Its state, instead of the one that it is in.
    pub status: Option<String>,
    /// `TrafficIpAddressType`: `ipv4`, `ipv6` or `dual-stack`; an old endpoint has none, and carries IPv4. It decides which
    /// subnets and routes are taken (fact 7.1).
    pub traffic: Option<String>,
    /// The Transit Gateway that it belongs to: then no subnet is taken (fact 7.2).
    pub transit_gateway: Option<String>,
    /// Blocks, IPv6 too, to which somebody made a route; only described.
    pub routes: Vec<String>,
}

/// What a client token was used for, and what the answer was.
#[derive(Debug, Clone)]
struct Replay {
    parameters: Vec<String>,
    answer: Associated,
}

impl Shown {
    /// Whether it carries IPv4, and whether it carries IPv6.
    fn carries(&self) -> (bool, bool) {
        match self.traffic.as_deref() {
            None | Some("ipv4") => (true, false),
            Some("ipv6") => (false, true),
            Some(_) => (true, true),
        }
    }
}

impl Default for ClientVpn {
    fn default() -> Self {
        Self::new(&deployment::Endpoint::default(), "us-east-1", "000000000000")
    }
}

impl ClientVpn {
    /// An endpoint with nothing associated, and one authorization rule: everyone may reach the VPC. Without an id there is
    /// none yet.
    #[must_use]
    pub fn new(endpoint: &deployment::Endpoint, region: &str, account: &str) -> Self {
        Self {
            settings: Settings::default(),
            region: region.to_owned(),
            account: account.to_owned(),
            network: endpoint::Network::around(endpoint),
            certificates: None,
            endpoints: Some(endpoint)
                .filter(|endpoint| !endpoint.id.is_empty())
                .map(|endpoint| endpoint::VpnEndpoint::deployed(endpoint, region, account))
                .into_iter()
                .collect(),
            random: fastrand::Rng::with_seed(0),
            tags: tags::Tags::default(),
            tokens: BTreeMap::new(),
            buckets: throttle::Buckets::default(),
            faults: Faults::default(),
            connection_log: VecDeque::new(),
            billed_before: 0.0,
        }
    }

    /// Other ids than those of every other state. Without it two states that are treated alike are alike.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), ..self }
    }

    /// Adds something that goes wrong, and gives the number to remove it by.
    pub fn add_fault(&mut self, fault: Fault) -> u64 {
        self.faults.add(fault)
    }

    /// What goes wrong at present.
    #[must_use]
    pub fn faults(&self) -> &[Numbered] {
        self.faults.list()
    }

    /// Removes a fault; false if there is none of that number.
    pub fn remove_fault(&mut self, id: u64) -> bool {
        self.faults.remove(id)
    }

    /// Removes all faults.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// A new id in AWS's form, which may also name a connection.
    pub fn new_id(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{:016x}", self.random.u64(..))
    }

    /// Everything about the oldest endpoint, for the control panel. It shows what is, not what lags.
    #[must_use]
    pub fn report(&self, now: Timestamp) -> Value {
        let tail = self.connection_log.len().saturating_sub(REPORTED_LOG_LINES);
        let endpoint = self.oldest().map(|place| &self.endpoints[place]).filter(|endpoint| !endpoint.is_gone(now));
        json!({
            "Endpoint": endpoint.map(|it| self.endpoint_at(it, now)),
            "Associations": endpoint.map(|it| it.target_networks_at(now)).unwrap_or_default(),
            "Routes": endpoint.map(|it| self.routes_at(it, now)).unwrap_or_default(),
            "AuthorizationRules": endpoint.map(|it| it.rules_at(now)).unwrap_or_default(),
            "Connections": endpoint.map(|it| it.connections_at(now, now)).unwrap_or_default(),
            "Subnets": self.subnets_at(now),
            "Tags": endpoint.map(|it| self.tags_of(&it.id)).unwrap_or_default(),
            "ConnectionLog": self.connection_log.range(tail..).collect::<Vec<_>>(),
            "Faults": self.faults.list(),
            "BilledAssociations": self.billed_associations(now),
            "BilledHours": self.billed_hours(now),
            "Settings": self.settings,
        })
    }

    /// What every call goes through first: the bucket of its action, then what goes wrong on demand.
    fn attempt<T>(
        &mut self,
        now: Timestamp,
        action: &'static str,
        resources: &[&str],
        perform: impl FnOnce(&mut Self, CallEffects) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        self.forget_deleted_endpoints(now);
        self.buckets.take(&self.settings.limits, now, action)?;
        let effects = self.faults.strike(action, resources)?;
        let unheard = effects.unheard;
        let answer = perform(self, effects);
        if unheard { Err(AwsError::no_answer()) } else { answer }
    }

    /// The old answer of a client token, if it was used for exactly this before (fact 4.14).
    fn replayed(
        &self,
        action: &'static str,
        token: Option<&str>,
        parameters: &[&str],
    ) -> Result<Option<Associated>, AwsError> {
        let Some(token) = token else { return Ok(None) };
        if token.len() > LONGEST_TOKEN || !token.is_ascii() {
            let message = format!("The client token must be at most {LONGEST_TOKEN} ASCII characters.");
            return Err(AwsError::new("InvalidClientToken", message));
        }
        match self.tokens.get(&(action, token.to_owned())) {
            None => Ok(None),
            Some(replay) if replay.parameters == parameters => Ok(Some(replay.answer.clone())),
            Some(_) => Err(AwsError::new(
                "IdempotentParameterMismatch",
                "The request uses the same client token as a previous, but non-identical request.",
            )),
        }
    }

    fn remember(&mut self, action: &'static str, token: Option<&str>, parameters: &[&str], answer: &Associated) {
        if let Some(token) = token {
            let parameters = parameters.iter().map(ToString::to_string).collect();
            self.tokens.insert((action, token.to_owned()), Replay { parameters, answer: answer.clone() });
        }
    }

    /// Refuses when ten changes are under way at an endpoint (fact 4.15). Routes that go with their association are no
    /// change of their own.
    fn expect_room_for_a_change(&self, now: Timestamp, place: usize) -> Result<(), AwsError> {
        let endpoint = &self.endpoints[place];
        let associations = endpoint.associations.iter().filter(|association| association.is_changing(now)).count();
        let routes = endpoint.routes.iter().filter(|route| route.is_changing(now)).count();
        let rules = endpoint.rules.iter().filter(|rule| rule.is_changing(now)).count();
        if associations + routes + rules < self.settings.limits.concurrent_changes {
            return Ok(());
        }
        Err(AwsError::new(
            "ConcurrentMutationLimitExceeded",
            "Cannot initiate another change for this endpoint at this time. Please try again later.",
        ))
    }
}

/// Fact 4.14.
const LONGEST_TOKEN: usize = 64;

const REPORTED_LOG_LINES: usize = 100;
