//! `ModifyClientVpnEndpoint`: what an endpoint is beside its subnets. All of a call is done, or nothing.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;

use super::{Authentication, ClientVpn, endpoint::VpnEndpoint};
use crate::ec2::AwsError;

/// What `ModifyClientVpnEndpoint` changes; nothing where something is not spoken of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointChanges {
    /// The connect handler, or none any more.
    pub connect_handler: Option<Option<String>>,
    /// The VPC that the groups are in.
    pub vpc: Option<String>,
    /// New security groups.
    pub security_groups: Vec<String>,
    pub description: Option<String>,
    /// By ARN.
    pub server_certificate: Option<String>,
    pub connection_log: Option<ConnectionLog>,
    /// Servers of names, or none any more.
    pub dns_servers: Option<Vec<String>>,
    pub vpn_port: Option<i64>,
    pub split_tunnel: Option<bool>,
    pub self_service_portal: Option<bool>,
    pub session_timeout_hours: Option<i64>,
    pub disconnect_on_session_timeout: Option<bool>,
    /// What clients show, or nothing any more.
    pub login_banner: Option<Option<String>>,
    pub route_enforcement: Option<bool>,
}

/// Where connections are logged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ConnectionLog {
    pub enabled: bool,
    /// The log group in CloudWatch Logs.
    pub group: Option<String>,
    pub stream: Option<String>,
    /// Whether the policy's evaluation is logged too.
    pub policy_context: bool,
}

/// What is kept and described, and changes nothing here: whoever carries packets is [given](super::Given) it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EndpointOptions {
    pub description: String,
    /// By ARN, in name only.
    pub server_certificate: String,
    pub authentication: Vec<Authentication>,
    /// `udp` or `tcp`.
    pub transport_protocol: String,
    /// How clients reach it, where somebody said so.
    pub endpoint_ip_address_type: Option<String>,
    pub connection_log: ConnectionLog,
    pub dns_servers: Vec<String>,
    pub vpn_port: i64,
    pub split_tunnel: bool,
    pub self_service_portal: bool,
    pub session_timeout_hours: i64,
    pub disconnect_on_session_timeout: bool,
    pub login_banner: Option<String>,
    pub route_enforcement: bool,
}

impl Default for EndpointOptions {
    /// What the API reference says of each that is not spoken of.
    fn default() -> Self {
        Self {
            description: String::new(),
            server_certificate: String::new(),
            authentication: Vec::new(),
            transport_protocol: "udp".to_owned(),
            endpoint_ip_address_type: None,
            connection_log: ConnectionLog::default(),
            dns_servers: Vec::new(),
            vpn_port: 443,
            split_tunnel: false,
            self_service_portal: false,
            session_timeout_hours: 24,
            disconnect_on_session_timeout: true,
            login_banner: None,
            route_enforcement: false,
        }
    }
}

impl EndpointOptions {
    /// Those of an endpoint that was made before the emulated world began: certificates, split tunnel.
    pub(super) fn deployed(region: &str, account: &str) -> Self {
        let certificate = format!("arn:aws:acm:{region}:{account}:certificate/local");
        Self {
            authentication: vec![Authentication::by_certificate(&certificate)],
            server_certificate: certificate,
            connection_log: ConnectionLog { enabled: true, ..ConnectionLog::default() },
            split_tunnel: true,
            ..Self::default()
        }
    }

    fn change(&mut self, changes: &EndpointChanges) {
        fn set<T: Clone>(to: &mut T, change: Option<&T>) {
            if let Some(change) = change {
                to.clone_from(change);
            }
        }
        set(&mut self.description, changes.description.as_ref());
        set(&mut self.server_certificate, changes.server_certificate.as_ref());
        set(&mut self.connection_log, changes.connection_log.as_ref());
        set(&mut self.dns_servers, changes.dns_servers.as_ref());
        set(&mut self.vpn_port, changes.vpn_port.as_ref());
        set(&mut self.split_tunnel, changes.split_tunnel.as_ref());
        set(&mut self.self_service_portal, changes.self_service_portal.as_ref());
        set(&mut self.session_timeout_hours, changes.session_timeout_hours.as_ref());
        set(&mut self.disconnect_on_session_timeout, changes.disconnect_on_session_timeout.as_ref());
        set(&mut self.login_banner, changes.login_banner.as_ref());
        set(&mut self.route_enforcement, changes.route_enforcement.as_ref());
    }
}

impl EndpointChanges {
    /// What the API reference says of each; the codes are EC2's general ones.
    fn check(&self) -> Result<(), AwsError> {
        let number = |name: &str, number: Option<i64>, taken: &[i64]| match number {
            Some(number) if !taken.contains(&number) => {
                let taken: Vec<_> = taken.iter().map(ToString::to_string).collect();
                let why = format!("Expecting one of {}.", taken.join(", "));
                Err(AwsError::value(name, &number.to_string(), &why))
            }
            _ => Ok(()),
        };
        number("vpnPort", self.vpn_port, &[443, 1194])?;
        number("sessionTimeoutHours", self.session_timeout_hours, &[8, 10, 12, 24])?;
        let servers = self.dns_servers.as_deref().unwrap_or_default();
        if let Some(wrong) = servers.iter().find(|server| server.parse::<IpAddr>().is_err()) {
            return Err(AwsError::value("customDnsServers", wrong, "Expecting IP addresses."));
        }
        if servers.len() > DNS_SERVERS_AT_MOST {
            let why = format!("Expecting at most {DNS_SERVERS_AT_MOST} addresses.");
            return Err(AwsError::value("customDnsServers", &servers.join(", "), &why));
        }
        if let Some(Some(text)) = &self.login_banner
            && text.chars().count() > LONGEST_BANNER
        {
            let why = format!("Expecting at most {LONGEST_BANNER} characters.");
            return Err(AwsError::value("bannerText", &text.chars().take(80).collect::<String>(), &why));
        }
        expect_groups(&self.security_groups)
    }
}

impl ClientVpn {
    /// `ModifyClientVpnEndpoint`.
    ///
    /// # Errors
    /// AWS's: unknown endpoint or VPC, a function whose name does not begin as it must (fact 6.1), groups without a VPC
    /// (fact 4.11), values that the API reference excludes.
    pub fn modify_endpoint(&mut self, now: Timestamp, id: &str, changes: &EndpointChanges) -> Result<(), AwsError> {
        self.attempt(now, "ModifyClientVpnEndpoint", &[id], |state, _| {
            let place = state.expect_kept(id)?;
            state.endpoints[place] = state.changed(now, state.endpoints[place].clone(), changes)?;
            Ok(())
        })
    }

    /// An endpoint with changes.
    pub(super) fn changed(
        &self,
        now: Timestamp,
        mut endpoint: VpnEndpoint,
        changes: &EndpointChanges,
    ) -> Result<VpnEndpoint, AwsError> {
        changes.check()?;
        if let Some(arn) = &changes.server_certificate {
            self.expect_server_certificate(arn)?;
        }
        if let Some(handler) = changes.connect_handler.as_ref() {
            if let Some(arn) = handler {
                self.expect_connect_handler(arn)?;
            }
            endpoint.connect_handler.clone_from(handler);
        }
        if let Some(vpc) = &changes.vpc {
            self.expect_vpc(now, &endpoint, vpc)?;
            if endpoint.vpc != *vpc {
                endpoint.vpc.clone_from(vpc);
                // Without others it has the new VPC's own.
                endpoint.security_groups = None;
            }
        }
        if !changes.security_groups.is_empty() {
            if changes.vpc.is_none() {
                return Err(AwsError::missing("VpcId"));
            }
            endpoint.security_groups = Some(changes.security_groups.clone());
        }
        endpoint.options.change(changes);
        Ok(endpoint)
    }

    /// `ApplySecurityGroupsToClientVpnTargetNetwork`: the groups replace those that the associated subnets have. They are
    /// the endpoint's; whether they stay when nothing is associated any more is not documented (fact 4.11), and here they
    /// do.
    ///
    /// # Errors
    /// AWS's: unknown endpoint, another VPC than the endpoint's, nothing associated, bad groups.
    pub fn apply_security_groups(
        &mut self,
        now: Timestamp,
        id: &str,
        vpc: &str,
        groups: &[String],
    ) -> Result<Vec<String>, AwsError> {
        self.attempt(now, "ApplySecurityGroupsToClientVpnTargetNetwork", &[id, vpc], |state, _| {
            let place = state.expect_kept(id)?;
            if groups.is_empty() {
                return Err(AwsError::missing("SecurityGroupId"));
            }
            expect_groups(groups)?;
            if !state.network.has_vpc(vpc) {
                return Err(AwsError::no_vpc(vpc));
            }
            let endpoint = &mut state.endpoints[place];
            if !endpoint.associations.iter().any(|association| association.exists(now)) {
                return Err(AwsError::no_active_association());
            }
            if vpc != endpoint.vpc {
                return Err(AwsError::value("vpcId", vpc, "The Client VPN endpoint is associated with another VPC."));
            }
            endpoint.security_groups = Some(groups.to_vec());
            Ok(groups.to_vec())
        })
    }

    /// One that there is; not another one while subnets of the first are associated.
    fn expect_vpc(&self, now: Timestamp, endpoint: &VpnEndpoint, vpc: &str) -> Result<(), AwsError> {
        if vpc == endpoint.vpc {
            return Ok(());
        }
        if !self.network.has_vpc(vpc) {
            return Err(AwsError::no_vpc(vpc));
        }
        if endpoint.associations.iter().any(|association| association.exists(now)) {
            let why = "Subnets of another VPC are associated with the endpoint.";
            return Err(AwsError::value("vpcId", vpc, why));
        }
        Ok(())
    }

    fn expect_connect_handler(&self, arn: &str) -> Result<(), AwsError> {
        let place = format!(":lambda:{}:{}:function:", self.region, self.account);
        let name = arn.split_once(&place).map(|(_, name)| name);
        match name {
            Some(name) if name.starts_with(CONNECT_HANDLER) => Ok(()),
            Some(_) => {
                let why = format!("The name of the Lambda function must begin with {CONNECT_HANDLER}.");
                Err(AwsError::value("lambdaFunctionArn", arn, &why))
            }
            None => Err(AwsError::value("lambdaFunctionArn", arn, "The function must be in this Region and account.")),
        }
    }
}

fn expect_groups(groups: &[String]) -> Result<(), AwsError> {
    if groups.len() > GROUPS_AT_MOST {
        let message = format!("Expecting at most {GROUPS_AT_MOST} security groups.");
        return Err(AwsError::new("SecurityGroupLimitExceeded", message));
    }
    match groups.iter().find(|group| !group.starts_with("sg-")) {
        Some(wrong) => {
            let message = format!("Invalid id: \"{wrong}\" (expecting \"sg-...\")");
            Err(AwsError::new("InvalidGroupId.Malformed", message))
        }
        None => Ok(()),
    }
}

/// How the names of connect handlers begin (fact 6.1).
const CONNECT_HANDLER: &str = "AWSClientVPN-";

/// The API reference: "up to two DNS servers", "maximum of 1400 characters".
const DNS_SERVERS_AT_MOST: usize = 2;
const LONGEST_BANNER: usize = 1_400;

/// "Up to 5 security groups can be applied to an associated target network" (API reference).
const GROUPS_AT_MOST: usize = 5;
