//! What stands at the endpoint. Plain data: time is passed in, and what a state is at a time is worked out from when
//! things began, so nothing has to be moved forward and a look at the past is possible.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::{Value, json};

mod associations;
mod connections;
mod describe;
mod modify;
mod page;
mod routes;
mod tags;
mod throttle;
mod views;

pub use associations::{Associated, Status};
pub use connections::{ClientConnect, Terminated, Which};
pub use modify::{ConnectionLog, EndpointChanges, EndpointOptions};
pub use page::{Filter, Page, Query};
pub use views::{AuthorizationRule, Connection, Endpoint, Route, Subnet, TagDescription, TargetNetwork};

use super::{
    AwsError,
    faults::{CallEffects, Fault, Faults, Numbered},
    settings::Settings,
};
use crate::deployment;

/// The Client VPN endpoint, its VPC's subnets, and everything that happened to them.
#[derive(Debug, Clone)]
pub struct ClientVpn {
    /// What can be changed at any time.
    pub settings: Settings,
    /// What the endpoint is said to be, instead of what it is.
    pub shown_status: Option<String>,
    /// What the endpoint is said to be beside it.
    pub shown: Shown,
    region: String,
    account: String,
    endpoint: deployment::Endpoint,
    options: EndpointOptions,
    random: fastrand::Rng,
    associations: Vec<associations::Association>,
    routes: Vec<routes::Route>,
    rules: Vec<AuthorizationRule>,
    connections: Vec<connections::Connection>,
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
    /// An endpoint with nothing associated, and one authorization rule: everyone may reach the VPC.
    #[must_use]
    pub fn new(endpoint: &deployment::Endpoint, region: &str, account: &str) -> Self {
        Self {
            settings: Settings::default(),
            shown_status: None,
            shown: Shown::default(),
            region: region.to_owned(),
            account: account.to_owned(),
            endpoint: endpoint.clone(),
            options: EndpointOptions::new(region, account),
            random: fastrand::Rng::with_seed(0),
            associations: Vec::new(),
            routes: Vec::new(),
            rules: vec![AuthorizationRule::everyone(&endpoint.id, &endpoint.vpc_cidr)],
            connections: Vec::new(),
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

    /// The endpoint itself.
    #[must_use]
    pub fn endpoint(&self) -> &deployment::Endpoint {
        &self.endpoint
    }

    /// Changes the endpoint itself.
    pub fn change_endpoint(&mut self, change: impl FnOnce(&mut deployment::Endpoint)) {
        change(&mut self.endpoint);
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

    /// Everything, for the control panel. It shows what is, not what lags.
    #[must_use]
    pub fn report(&self, now: Timestamp) -> Value {
        let tail = self.connection_log.len().saturating_sub(REPORTED_LOG_LINES);
        json!({
            "Endpoint": self.endpoint_at(now),
            "Associations": self.target_networks_at(now),
            "Routes": self.routes_at(now),
            "AuthorizationRules": self.rules,
            "Connections": self.connections_at(now, now),
            "Subnets": self.subnets_at(now),
            "Tags": self.tags.at(now).get(&self.endpoint.id).cloned().unwrap_or_default(),
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
        self.buckets.take(&self.settings.limits, now, action)?;
        let effects = self.faults.strike(action, resources)?;
        let unheard = effects.unheard;
        let answer = perform(self, effects);
        if unheard { Err(AwsError::no_answer()) } else { answer }
    }

    fn expect_endpoint(&self, id: &str) -> Result<(), AwsError> {
        if id == self.endpoint.id { Ok(()) } else { Err(AwsError::no_endpoint(id)) }
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

    /// Refuses when ten changes are under way (fact 4.15). Routes that go with their association are no change of
    /// their own.
    fn expect_room_for_a_change(&self, now: Timestamp) -> Result<(), AwsError> {
        let associations = self.associations.iter().filter(|association| association.is_changing(now)).count();
        let routes = self.routes.iter().filter(|route| route.is_changing(now)).count();
        if associations + routes < self.settings.limits.concurrent_changes {
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
