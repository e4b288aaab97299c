//! What the form says of an endpoint that is made or changed.

use super::form::Form;
use crate::ec2::{Authentication, AwsError, ConnectionLog, EndpointChanges, NewEndpoint};

impl Form {
    pub(super) fn new_endpoint(&mut self) -> Result<NewEndpoint, AwsError> {
        let mut changes = self.endpoint_changes()?;
        if changes.server_certificate.is_none() {
            return Err(AwsError::missing("ServerCertificateArn"));
        }
        if changes.connection_log.is_none() {
            return Err(AwsError::missing("ConnectionLogOptions"));
        }
        changes.dns_servers = Some(self.list("DnsServers"));
        Ok(NewEndpoint {
            client_cidr: self.take("ClientCidrBlock"),
            authentication: self.authentication()?,
            transport_protocol: self.take("TransportProtocol"),
            address_type: self.take("EndpointIpAddressType"),
            traffic: self.take("TrafficIpAddressType"),
            changes,
            tags: self.tags_at_creation()?,
        })
    }

    fn authentication(&mut self) -> Result<Vec<Authentication>, AwsError> {
        let mut ways = Vec::new();
        for number in self.numbers("Authentication") {
            let mut take = |name: &str| self.take(&format!("Authentication.{number}.{name}"));
            ways.push(Authentication {
                r#type: take("Type").ok_or_else(|| AwsError::missing("Authentication.Type"))?,
                client_root: take("MutualAuthentication.ClientRootCertificateChainArn"),
                directory: take("ActiveDirectory.DirectoryId"),
                saml_provider: take("FederatedAuthentication.SAMLProviderArn"),
                self_service_saml_provider: take("FederatedAuthentication.SelfServiceSAMLProviderArn"),
            });
        }
        Ok(ways)
    }

    /// The tags of what is made; which kind that is, the table says.
    fn tags_at_creation(&mut self) -> Result<Vec<(String, String)>, AwsError> {
        let mut tags = Vec::new();
        for number in self.numbers("TagSpecification") {
            self.required(&format!("TagSpecification.{number}.ResourceType"))?;
            tags.extend(self.tags(&format!("TagSpecification.{number}.Tag"))?);
        }
        Ok(tags.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
    }

    pub(super) fn endpoint_changes(&mut self) -> Result<EndpointChanges, AwsError> {
        let function = self.take("ClientConnectOptions.LambdaFunctionArn");
        let connect_handler = match (self.flag("ClientConnectOptions.Enabled")?, function) {
            (None, None) => None,
            (Some(true), None) => return Err(AwsError::missing("ClientConnectOptions.LambdaFunctionArn")),
            (Some(true), function) => Some(function),
            (Some(false) | None, _) => Some(None),
        };
        Ok(EndpointChanges {
            connect_handler,
            vpc: self.take("VpcId"),
            security_groups: self.list("SecurityGroupId"),
            description: self.0.remove("Description"),
            server_certificate: self.take("ServerCertificateArn"),
            connection_log: self.connection_log()?,
            dns_servers: self.dns_servers()?,
            vpn_port: self.integer("VpnPort")?,
            split_tunnel: self.flag("SplitTunnel")?,
            self_service_portal: self.take("SelfServicePortal").map(|portal| portal == "enabled"),
            session_timeout_hours: self.integer("SessionTimeoutHours")?,
            disconnect_on_session_timeout: self.flag("DisconnectOnSessionTimeout")?,
            login_banner: self.login_banner()?,
            route_enforcement: self.flag("ClientRouteEnforcementOptions.Enforced")?,
        })
    }

    fn connection_log(&mut self) -> Result<Option<ConnectionLog>, AwsError> {
        let log = ConnectionLog {
            group: self.take("ConnectionLogOptions.CloudwatchLogGroup"),
            stream: self.take("ConnectionLogOptions.CloudwatchLogStream"),
            policy_context: self.boolean("ConnectionLogOptions.IncludeAuthorizationPolicyContext")?,
            enabled: true,
        };
        match self.flag("ConnectionLogOptions.Enabled")? {
            Some(false) => Ok(Some(ConnectionLog::default())),
            Some(true) if log.group.is_none() => Err(AwsError::missing("ConnectionLogOptions.CloudwatchLogGroup")),
            Some(true) => Ok(Some(log)),
            None if log.group.is_none() && log.stream.is_none() && !log.policy_context => Ok(None),
            None => Err(AwsError::missing("ConnectionLogOptions.Enabled")),
        }
    }

    /// The servers, or none any more.
    fn dns_servers(&mut self) -> Result<Option<Vec<String>>, AwsError> {
        let servers = self.list("DnsServers.CustomDnsServers");
        match self.flag("DnsServers.Enabled")? {
            Some(false) => Ok(Some(Vec::new())),
            Some(true) if servers.is_empty() => Err(AwsError::missing("DnsServers.CustomDnsServers")),
            None if servers.is_empty() => Ok(None),
            _ => Ok(Some(servers)),
        }
    }

    /// The text, or none any more.
    fn login_banner(&mut self) -> Result<Option<Option<String>>, AwsError> {
        let text = self.take("ClientLoginBannerOptions.BannerText");
        match (self.flag("ClientLoginBannerOptions.Enabled")?, text) {
            (Some(false), _) => Ok(Some(None)),
            (Some(true), None) => Err(AwsError::missing("ClientLoginBannerOptions.BannerText")),
            (Some(true), text) => Ok(Some(text)),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(AwsError::missing("ClientLoginBannerOptions.Enabled")),
        }
    }
}
