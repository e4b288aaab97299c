//! What is described, in AWS's words. The wire layer turns these into XML, the report into JSON.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{ClientVpn, EndpointOptions, associations::Status, connections::aws_time, endpoint::VpnEndpoint};
use crate::ec2::cidr::Cidr;

/// An associated subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetNetwork {
    /// `cvpn-assoc-…`.
    pub association_id: String,
    pub vpc_id: String,
    /// The subnet.
    pub target_network_id: String,
    pub client_vpn_endpoint_id: String,
    /// Its state.
    pub status: Status,
    /// The security groups in force.
    pub security_groups: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Endpoint {
    /// `cvpn-endpoint-…`.
    pub client_vpn_endpoint_id: String,
    /// `pending-associate`, `available` or `deleting`.
    pub status: Status,
    pub creation_time: String,
    pub deletion_time: Option<String>,
    /// The address clients dial.
    pub dns_name: String,
    /// The block clients get addresses from.
    pub client_cidr_block: String,
    pub vpc_id: String,
    /// The endpoint's security groups.
    pub security_group_ids: Vec<String>,
    /// What it carries.
    pub traffic_ip_address_type: Option<String>,
    /// The Transit Gateway it belongs to.
    pub transit_gateway_id: Option<String>,
    /// The connect handler.
    pub lambda_function_arn: Option<String>,
    /// What is only kept and told.
    pub options: EndpointOptions,
    pub tags: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Route {
    pub client_vpn_endpoint_id: String,
    /// Where to.
    pub destination_cidr: String,
    /// Through which subnet.
    pub target_subnet: String,
    /// `Nat`.
    pub r#type: String,
    /// `associate` if it came with the association, `add-route` if somebody made it.
    pub origin: String,
    /// Its state.
    pub status: Status,
    /// What somebody wrote about it.
    pub description: Option<String>,
}

/// A rule about who may reach what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AuthorizationRule {
    pub client_vpn_endpoint_id: String,
    /// What may be reached.
    pub destination_cidr: String,
    /// By which group; empty for everyone.
    pub group_id: String,
    /// Whether by everyone.
    pub access_all: bool,
    /// What somebody wrote about it.
    pub description: String,
    /// Its state.
    pub status: Status,
}

/// A connection, active or ended within the last 60 minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Connection {
    pub client_vpn_endpoint_id: String,
    /// When it was described.
    pub timestamp: String,
    pub connection_id: String,
    /// Empty with certificates only.
    pub username: String,
    /// The certificate's name.
    pub common_name: String,
    /// Its address inside.
    pub client_ip: String,
    /// Bytes from the client, where its traffic is carried.
    pub ingress_bytes: u64,
    /// Bytes to the client.
    pub egress_bytes: u64,
    /// When it began.
    pub connection_established_time: String,
    /// When it ended, `-` while it lasts.
    pub connection_end_time: String,
    /// Its state.
    pub status: Status,
    /// What the connect handler said about the device.
    pub posture_compliance_statuses: Vec<String>,
}

/// A tag and what it is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagDescription {
    pub resource_id: String,
    /// `client-vpn-endpoint` or `subnet`.
    pub resource_type: String,
    pub key: String,
    pub value: String,
}

/// A subnet of the VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Subnet {
    pub subnet_id: String,
    pub vpc_id: String,
    pub availability_zone: String,
    /// Its IPv4 block; empty where it has IPv6 alone.
    pub cidr_block: String,
    pub ipv6_cidr_block: Option<String>,
    /// Addresses that are free.
    pub available_ip_address_count: u64,
    /// Whose it is.
    pub owner_id: String,
    pub subnet_arn: String,
    pub tags: BTreeMap<String, String>,
}

impl VpnEndpoint {
    pub(super) fn target_networks_at(&self, at: Timestamp) -> Vec<TargetNetwork> {
        let view = |association: &super::associations::Association| {
            Some(TargetNetwork {
                association_id: association.id.clone(),
                vpc_id: association.subnet.vpc.clone(),
                target_network_id: association.subnet.id.clone(),
                client_vpn_endpoint_id: self.id.clone(),
                status: association.status(at)?,
                security_groups: self.security_groups(),
            })
        };
        self.associations.iter().filter_map(view).collect()
    }

    /// The connections as they were at a time, described now.
    pub(super) fn connections_at(&self, at: Timestamp, now: Timestamp) -> Vec<Connection> {
        let view = |connection: &super::connections::Connection| {
            Some(Connection {
                client_vpn_endpoint_id: self.id.clone(),
                timestamp: aws_time(now),
                connection_id: connection.id.clone(),
                username: connection.client.username.clone(),
                common_name: connection.client.common_name.clone(),
                client_ip: connection.client_ip.clone(),
                ingress_bytes: connection.traffic.ingress,
                egress_bytes: connection.traffic.egress,
                connection_established_time: aws_time(connection.began),
                connection_end_time: connection.ended(at).map_or_else(|| "-".to_owned(), aws_time),
                status: connection.status(at)?,
                posture_compliance_statuses: connection.posture.clone(),
            })
        };
        self.connections.iter().filter_map(view).collect()
    }

    /// Where nothing else is said one group, named after the VPC's id: the endpoint is emulated as one that was created
    /// with it (fact 4.11).
    fn security_groups(&self) -> Vec<String> {
        let default = || (!self.vpc.is_empty()).then(|| format!("sg-{}", self.vpc.trim_start_matches("vpc-")));
        self.security_groups.clone().unwrap_or_else(|| default().into_iter().collect())
    }
}

impl ClientVpn {
    /// The endpoint's state at a time, with its tags as they were then. It is `available` while a subnet is
    /// `associated` (fact 4.8).
    pub(super) fn endpoint_at(&self, endpoint: &VpnEndpoint, at: Timestamp) -> Endpoint {
        let deleted = endpoint.ending.map(|(began, _)| began).filter(|began| at >= *began);
        let time = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        Endpoint {
            client_vpn_endpoint_id: endpoint.id.clone(),
            status: Status::new(match &endpoint.shown.status {
                Some(status) => status,
                None if deleted.is_some() => "deleting",
                None if endpoint.takes_connections(at) => "available",
                None => "pending-associate",
            }),
            creation_time: time(endpoint.began.max(FIRST_CREATED)),
            deletion_time: deleted.map(time),
            dns_name: format!("*.{}", self.dns_name(&endpoint.id)),
            client_cidr_block: endpoint.client_cidr.clone(),
            vpc_id: endpoint.vpc.clone(),
            security_group_ids: endpoint.security_groups(),
            traffic_ip_address_type: endpoint.shown.traffic.clone(),
            transit_gateway_id: endpoint.shown.transit_gateway.clone(),
            lambda_function_arn: endpoint.connect_handler.clone(),
            options: endpoint.options.clone(),
            tags: self.tags.at(at).get(&endpoint.id).cloned().unwrap_or_default(),
        }
    }

    /// The routes at a time: for each subnet that is `associated`, and until it is gone, the VPC's own; and those
    /// somebody made.
    pub(super) fn routes_at(&self, endpoint: &VpnEndpoint, at: Timestamp) -> Vec<Route> {
        let route = |destination: &str, subnet: &str, origin: &str, status, description| Route {
            client_vpn_endpoint_id: endpoint.id.clone(),
            destination_cidr: destination.to_owned(),
            target_subnet: subnet.to_owned(),
            r#type: "Nat".to_owned(),
            origin: origin.to_owned(),
            status,
            description,
        };
        let block = self.network.block(&endpoint.vpc);
        let automatic = endpoint.associations.iter().filter_map(|association| {
            let code = match association.status(at)?.code.as_str() {
                "associated" => "active",
                "disassociating" if association.was_associated() => "deleting",
                _ => return None,
            };
            let description = Some("Default Route".to_owned());
            Some(route(block, &association.subnet.id, "associate", Status::new(code), description))
        });
        let made = endpoint.routes.iter().filter_map(|made| {
            let description = made.description.clone();
            Some(route(&made.destination, &made.subnet, "add-route", made.status(at)?, description))
        });
        let shown = endpoint.shown.routes.iter();
        let shown = shown.map(|block| route(block, "", "add-route", Status::new("active"), None));
        automatic.chain(made).chain(shown).collect()
    }

    pub(super) fn tags_at(&self, at: Timestamp) -> Vec<TagDescription> {
        let of_resource = |(resource, tags): (&String, &BTreeMap<String, String>)| {
            let kind = if resource.starts_with("cvpn-endpoint-") { "client-vpn-endpoint" } else { "subnet" };
            let describe = |(key, value): (&String, &String)| TagDescription {
                resource_id: resource.clone(),
                resource_type: kind.to_owned(),
                key: key.clone(),
                value: value.clone(),
            };
            tags.iter().map(describe).collect::<Vec<_>>()
        };
        self.tags.at(at).iter().flat_map(of_resource).collect()
    }

    /// The subnets, whose addresses are all free but the five that AWS keeps: nothing else is emulated in the VPC.
    pub(super) fn subnets_at(&self, at: Timestamp) -> Vec<Subnet> {
        let view = |subnet: &crate::deployment::Subnet| Subnet {
            subnet_id: subnet.id.clone(),
            vpc_id: subnet.vpc.clone(),
            availability_zone: subnet.availability_zone.clone(),
            cidr_block: subnet.cidr.clone(),
            ipv6_cidr_block: subnet.ipv6_cidr.clone(),
            available_ip_address_count: subnet.cidr.parse().map_or(0, |block: Cidr| block.size().saturating_sub(5)),
            owner_id: self.account.clone(),
            subnet_arn: format!("arn:aws:ec2:{}:{}:subnet/{}", self.region, self.account, subnet.id),
            tags: self.tags.at(at).get(&subnet.id).cloned().unwrap_or_default(),
        };
        self.network.subnets.iter().map(view).collect()
    }
}

/// The deployment's endpoint was created at some time before the emulated world began.
const FIRST_CREATED: Timestamp = Timestamp::constant(1_767_225_600, 0);
