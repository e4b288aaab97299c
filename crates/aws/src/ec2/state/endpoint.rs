//! An endpoint, and what surrounds all of them: VPCs and their subnets.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ClientVpn, EndpointOptions, Shown, associations, connections, revocation, routes, rules};
use crate::{deployment, ec2::AwsError};

/// A Client VPN endpoint, and everything that happened to it.
#[derive(Debug, Clone)]
pub(super) struct VpnEndpoint {
    pub(super) id: String,
    /// Empty where it was made without one, until a subnet is associated (fact 7.10).
    pub(super) vpc: String,
    pub(super) client_cidr: String,
    pub(super) connect_handler: Option<String>,
    /// `None` for the VPC's default group.
    pub(super) security_groups: Option<Vec<String>>,
    pub(super) shown: Shown,
    pub(super) options: EndpointOptions,
    pub(super) associations: Vec<associations::Association>,
    pub(super) routes: Vec<routes::Route>,
    pub(super) rules: Vec<rules::Rule>,
    pub(super) connections: Vec<connections::Connection>,
    /// The one in force and those that are to follow it, in the order in which they were imported.
    pub(super) revocation_lists: Vec<revocation::RevocationList>,
    pub(super) began: Timestamp,
    /// When its deletion begins, and when it is gone.
    pub(super) ending: Option<(Timestamp, Timestamp)>,
}

impl VpnEndpoint {
    /// One with nothing that it has to be told.
    pub(super) fn new(began: Timestamp) -> Self {
        Self {
            id: String::new(),
            vpc: String::new(),
            client_cidr: String::new(),
            connect_handler: None,
            security_groups: None,
            shown: Shown::default(),
            options: EndpointOptions::default(),
            associations: Vec::new(),
            routes: Vec::new(),
            rules: Vec::new(),
            connections: Vec::new(),
            revocation_lists: Vec::new(),
            began,
            ending: None,
        }
    }

    /// One that was made before the emulated world began, with one authorization rule: everyone may reach the VPC.
    pub(super) fn deployed(endpoint: &deployment::Endpoint, region: &str, account: &str) -> Self {
        Self {
            id: endpoint.id.clone(),
            vpc: endpoint.vpc.clone(),
            client_cidr: endpoint.client_cidr.clone(),
            connect_handler: endpoint.connect_handler.clone(),
            security_groups: endpoint.security_groups.clone(),
            options: EndpointOptions::deployed(region, account),
            rules: vec![rules::Rule::everyone(&endpoint.vpc_cidr)],
            ..Self::new(Timestamp::MIN)
        }
    }

    /// Whether its deletion is over: the next call forgets it.
    pub(super) fn is_gone(&self, now: Timestamp) -> bool {
        self.ending.is_some_and(|(_, ends)| now >= ends)
    }

    /// Whether it takes connections: `available`, with an `associated` subnet.
    pub(super) fn takes_connections(&self, now: Timestamp) -> bool {
        self.associations.iter().any(|association| association.is("associated", now))
    }
}

/// The VPCs of the account, as far as Client VPN asks.
#[derive(Debug, Clone)]
pub(super) struct Network {
    pub(super) subnets: Vec<deployment::Subnet>,
    /// The block of each VPC.
    vpcs: BTreeMap<String, String>,
}

impl Network {
    /// That around an endpoint.
    pub(super) fn around(endpoint: &deployment::Endpoint) -> Self {
        let mut vpcs = endpoint.vpcs.clone();
        if !endpoint.vpc.is_empty() {
            vpcs.insert(endpoint.vpc.clone(), endpoint.vpc_cidr.clone());
        }
        Self { subnets: endpoint.subnets.clone(), vpcs }
    }

    /// The block of a VPC; empty where it is not known.
    pub(super) fn block(&self, vpc: &str) -> &str {
        self.vpcs.get(vpc).map_or("", String::as_str)
    }

    pub(super) fn has_vpc(&self, vpc: &str) -> bool {
        self.vpcs.contains_key(vpc) || self.subnets.iter().any(|subnet| subnet.vpc == vpc)
    }

    pub(super) fn subnet(&self, id: &str) -> Result<&deployment::Subnet, AwsError> {
        self.subnets.iter().find(|subnet| subnet.id == id).ok_or_else(|| AwsError::no_subnet(id))
    }
}

impl ClientVpn {
    /// Where the endpoint is that is meant where none is named: the oldest that is not being deleted.
    pub(super) fn oldest(&self) -> Option<usize> {
        let kept = self.endpoints.iter().position(|endpoint| endpoint.ending.is_none());
        kept.or_else(|| (!self.endpoints.is_empty()).then_some(0))
    }

    /// The oldest endpoint, with the VPCs around it; where there is none, the VPCs around an empty one.
    #[must_use]
    pub fn endpoint(&self) -> deployment::Endpoint {
        let around = deployment::Endpoint {
            subnets: self.network.subnets.clone(),
            vpcs: self.network.vpcs.clone(),
            ..deployment::Endpoint::default()
        };
        let Some(endpoint) = self.oldest().map(|place| &self.endpoints[place]) else { return around };
        deployment::Endpoint {
            id: endpoint.id.clone(),
            vpc: endpoint.vpc.clone(),
            vpc_cidr: self.network.block(&endpoint.vpc).to_owned(),
            client_cidr: endpoint.client_cidr.clone(),
            connect_handler: endpoint.connect_handler.clone(),
            security_groups: endpoint.security_groups.clone(),
            ..around
        }
    }

    /// Changes the oldest endpoint and the VPCs around it; where there is none, only these.
    pub fn change_endpoint(&mut self, change: impl FnOnce(&mut deployment::Endpoint)) {
        let mut changed = self.endpoint();
        let vpc = changed.vpc.clone();
        change(&mut changed);
        // In another VPC, that one's block is known better.
        if let Some(block) = changed.vpcs.get(&changed.vpc).filter(|_| changed.vpc != vpc) {
            changed.vpc_cidr.clone_from(block);
        }
        self.network = Network::around(&changed);
        if let Some(place) = self.oldest() {
            let endpoint = &mut self.endpoints[place];
            endpoint.id = changed.id;
            endpoint.vpc = changed.vpc;
            endpoint.client_cidr = changed.client_cidr;
            endpoint.connect_handler = changed.connect_handler;
            endpoint.security_groups = changed.security_groups;
        }
    }

    /// Changes what the oldest endpoint is said to be; nothing where there is none.
    pub fn change_shown(&mut self, change: impl FnOnce(&mut Shown)) {
        if let Some(place) = self.oldest() {
            change(&mut self.endpoints[place].shown);
        }
    }

    /// Where an endpoint is that may be changed: it is not being deleted.
    pub(super) fn expect_kept(&self, id: &str) -> Result<usize, AwsError> {
        let place = self.expect_endpoint(id)?;
        match self.endpoints[place].ending {
            None => Ok(place),
            Some(_) => Err(AwsError::new("IncorrectState", format!("Endpoint {id} is in the deleting state."))),
        }
    }

    /// Where an endpoint is among all of them.
    pub(super) fn expect_endpoint(&self, id: &str) -> Result<usize, AwsError> {
        let place = self.endpoints.iter().position(|endpoint| endpoint.id == id);
        place.ok_or_else(|| AwsError::no_endpoint(id))
    }
}
