//! The `Describe…` actions. Each shows the endpoint as it was a settable time ago (fact 4.15).

use jiff::Timestamp;

use super::{
    ClientVpn,
    page::{Page, Query},
    views::{AuthorizationRule, Connection, Endpoint, Route, Subnet, TagDescription, TargetNetwork},
};
use crate::ec2::AwsError;

impl ClientVpn {
    /// `DescribeClientVpnTargetNetworks`.
    ///
    /// # Errors
    /// AWS's: unknown endpoint or association, bad filter, size or token.
    pub fn describe_target_networks(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        query: &Query,
    ) -> Result<Page<TargetNetwork>, AwsError> {
        const ACTION: &str = "DescribeClientVpnTargetNetworks";
        const FILTERS: [&str; 3] = ["association-id", "target-network-id", "vpc-id"];
        self.attempt(now, ACTION, &[endpoint], |state, _| {
            let place = state.expect_endpoint(endpoint)?;
            let mut networks = state.endpoints[place].target_networks_at(state.seen(now));
            if !state.settings.quirks.ignore_association_ids && !query.ids.is_empty() {
                let listed = |id: &&String| networks.iter().any(|network| network.association_id == **id);
                if let Some(unknown) = query.ids.iter().find(|id| !listed(id)) {
                    return Err(AwsError::no_association(unknown));
                }
                networks.retain(|network| query.ids.contains(&network.association_id));
            }
            query.page(ACTION, networks, state.settings.limits.page, &FILTERS, |network, name| match name {
                "association-id" => Some(network.association_id.clone()),
                "target-network-id" => Some(network.target_network_id.clone()),
                _ => Some(network.vpc_id.clone()),
            })
        })
    }

    /// `DescribeClientVpnEndpoints`.
    ///
    /// # Errors
    /// AWS's: unknown endpoint, bad filter, size or token.
    pub fn describe_endpoints(&mut self, now: Timestamp, query: &Query) -> Result<Page<Endpoint>, AwsError> {
        const ACTION: &str = "DescribeClientVpnEndpoints";
        const FILTERS: [&str; 2] = ["endpoint-id", "transport-protocol"];
        self.attempt(now, ACTION, &ids(query), |state, _| {
            for id in &query.ids {
                state.expect_endpoint(id)?;
            }
            let seen = state.seen(now);
            let is_wanted = |id: &String| query.ids.is_empty() || query.ids.contains(id);
            let wanted = state.endpoints.iter().filter(|it| is_wanted(&it.id) && it.began <= seen);
            let endpoints = wanted.map(|it| state.endpoint_at(it, seen)).collect();
            query.page(ACTION, endpoints, state.settings.limits.page, &FILTERS, |endpoint, name| match name {
                "endpoint-id" => Some(endpoint.client_vpn_endpoint_id.clone()),
                _ => Some(endpoint.options.transport_protocol.clone()),
            })
        })
    }

    /// `DescribeClientVpnConnections`: those that last, and those that ended within 60 minutes.
    ///
    /// # Errors
    /// AWS's: unknown endpoint, bad filter, size or token.
    pub fn describe_connections(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        query: &Query,
    ) -> Result<Page<Connection>, AwsError> {
        const ACTION: &str = "DescribeClientVpnConnections";
        const FILTERS: [&str; 2] = ["connection-id", "username"];
        self.attempt(now, ACTION, &[endpoint], |state, _| {
            let place = state.expect_endpoint(endpoint)?;
            let connections = state.endpoints[place].connections_at(state.seen(now), now);
            query.page(ACTION, connections, state.settings.limits.page, &FILTERS, |connection, name| match name {
                "connection-id" => Some(connection.connection_id.clone()),
                _ => Some(connection.username.clone()),
            })
        })
    }

    /// `DescribeClientVpnRoutes`.
    ///
    /// # Errors
    /// AWS's: unknown endpoint, bad filter, size or token.
    pub fn describe_routes(&mut self, now: Timestamp, endpoint: &str, query: &Query) -> Result<Page<Route>, AwsError> {
        const ACTION: &str = "DescribeClientVpnRoutes";
        const FILTERS: [&str; 3] = ["destination-cidr", "origin", "target-subnet"];
        self.attempt(now, ACTION, &[endpoint], |state, _| {
            let place = state.expect_endpoint(endpoint)?;
            let routes = state.routes_at(&state.endpoints[place], state.seen(now));
            query.page(ACTION, routes, state.settings.limits.page, &FILTERS, |route, name| match name {
                "destination-cidr" => Some(route.destination_cidr.clone()),
                "origin" => Some(route.origin.clone()),
                _ => Some(route.target_subnet.clone()),
            })
        })
    }

    /// `DescribeClientVpnAuthorizationRules`. They stay when nothing is associated (fact 4.10).
    ///
    /// # Errors
    /// AWS's: unknown endpoint, bad filter, size or token.
    pub fn describe_authorization_rules(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        query: &Query,
    ) -> Result<Page<AuthorizationRule>, AwsError> {
        const ACTION: &str = "DescribeClientVpnAuthorizationRules";
        const FILTERS: [&str; 3] = ["description", "destination-cidr", "group-id"];
        self.attempt(now, ACTION, &[endpoint], |state, _| {
            let place = state.expect_endpoint(endpoint)?;
            let rules = state.endpoints[place].rules_at(state.seen(now));
            query.page(ACTION, rules, state.settings.limits.page, &FILTERS, |rule, name| match name {
                "description" => Some(rule.description.clone()),
                "destination-cidr" => Some(rule.destination_cidr.clone()),
                _ => Some(rule.group_id.clone()),
            })
        })
    }

    /// `DescribeTags`.
    ///
    /// # Errors
    /// AWS's: bad filter, size or token.
    pub fn describe_tags(&mut self, now: Timestamp, query: &Query) -> Result<Page<TagDescription>, AwsError> {
        const ACTION: &str = "DescribeTags";
        const FILTERS: [&str; 5] = ["key", "resource-id", "resource-type", "value", "tag:"];
        self.attempt(now, ACTION, &[], |state, _| {
            let tags = state.tags_at(state.seen(now));
            query.page(ACTION, tags, state.settings.limits.page, &FILTERS, |tag, name| match name {
                "key" => Some(tag.key.clone()),
                "resource-id" => Some(tag.resource_id.clone()),
                "resource-type" => Some(tag.resource_type.clone()),
                "value" => Some(tag.value.clone()),
                _ => (name.strip_prefix("tag:") == Some(&tag.key)).then(|| tag.value.clone()),
            })
        })
    }

    /// `DescribeSubnets`: those the deployment names.
    ///
    /// # Errors
    /// AWS's: unknown subnet, bad filter, size or token.
    pub fn describe_subnets(&mut self, now: Timestamp, query: &Query) -> Result<Page<Subnet>, AwsError> {
        const ACTION: &str = "DescribeSubnets";
        const FILTERS: [&str; 7] =
            ["subnet-id", "vpc-id", "availability-zone", "availabilityZone", "cidr-block", "state", "tag:"];
        self.attempt(now, ACTION, &ids(query), |state, _| {
            let mut subnets = state.subnets_at(state.seen(now));
            if let Some(unknown) = query.ids.iter().find(|id| subnets.iter().all(|subnet| subnet.subnet_id != **id)) {
                return Err(AwsError::no_subnet(unknown));
            }
            subnets.retain(|subnet| query.ids.is_empty() || query.ids.contains(&subnet.subnet_id));
            query.page(ACTION, subnets, state.settings.limits.page, &FILTERS, |subnet, name| match name {
                "subnet-id" => Some(subnet.subnet_id.clone()),
                "vpc-id" => Some(subnet.vpc_id.clone()),
                "availability-zone" | "availabilityZone" => Some(subnet.availability_zone.clone()),
                "cidr-block" => Some(subnet.cidr_block.clone()),
                "state" => Some("available".to_owned()),
                _ => subnet.tags.get(name.strip_prefix("tag:")?).cloned(),
            })
        })
    }

    /// The time that is seen now.
    fn seen(&self, now: Timestamp) -> Timestamp {
        now - self.settings.delays.lag
    }
}

fn ids(query: &Query) -> Vec<&str> {
    query.ids.iter().map(String::as_str).collect()
}
