//! A call and its answer as values, between the wire and the typed methods of the state.

use jiff::Timestamp;

use crate::ec2::{
    Associated, AuthorizationRule, AwsError, ClientVpn, Connection, Endpoint, EndpointChanges, NewEndpoint, Page,
    Query, Route, Status, Subnet, TagDescription, TargetNetwork, Terminated, Which,
};

/// A call as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whether only the permission is asked for.
    pub dry_run: bool,
    /// What is asked for.
    pub call: Call,
}

/// What is asked for, by AWS's name of the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    AssociateClientVpnTargetNetwork {
        endpoint: String,
        subnet: String,
        token: Option<String>,
    },
    DisassociateClientVpnTargetNetwork {
        endpoint: String,
        association: String,
    },
    DescribeClientVpnTargetNetworks {
        endpoint: String,
        query: Query,
    },
    DescribeClientVpnEndpoints {
        query: Query,
    },
    CreateClientVpnEndpoint {
        wanted: NewEndpoint,
        token: Option<String>,
    },
    DeleteClientVpnEndpoint {
        endpoint: String,
    },
    ModifyClientVpnEndpoint {
        endpoint: String,
        changes: EndpointChanges,
    },
    DescribeClientVpnConnections {
        endpoint: String,
        query: Query,
    },
    TerminateClientVpnConnections {
        endpoint: String,
        which: Which,
    },
    CreateClientVpnRoute {
        endpoint: String,
        destination: String,
        subnet: String,
        description: Option<String>,
        token: Option<String>,
    },
    DeleteClientVpnRoute {
        endpoint: String,
        destination: String,
        subnet: String,
    },
    DescribeClientVpnRoutes {
        endpoint: String,
        query: Query,
    },
    DescribeClientVpnAuthorizationRules {
        endpoint: String,
        query: Query,
    },
    /// For one group, or everyone.
    AuthorizeClientVpnIngress {
        endpoint: String,
        network: String,
        group: Option<String>,
        description: Option<String>,
        token: Option<String>,
    },
    RevokeClientVpnIngress {
        endpoint: String,
        network: String,
        group: Option<String>,
    },
    /// The list as PEM.
    ImportClientVpnClientCertificateRevocationList {
        endpoint: String,
        list: String,
    },
    ExportClientVpnClientCertificateRevocationList {
        endpoint: String,
    },
    ExportClientVpnClientConfiguration {
        endpoint: String,
    },
    ApplySecurityGroupsToClientVpnTargetNetwork {
        endpoint: String,
        vpc: String,
        groups: Vec<String>,
    },
    CreateTags {
        resources: Vec<String>,
        tags: Vec<(String, String)>,
    },
    DeleteTags {
        resources: Vec<String>,
        tags: Vec<(String, Option<String>)>,
    },
    DescribeTags {
        query: Query,
    },
    DescribeSubnets {
        query: Query,
    },
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionResponse {
    Association(Associated),
    Status(Status),
    Created { endpoint: Associated, dns_name: String },
    Return,
    RevocationList(Option<(String, Status)>),
    Configuration(String),
    SecurityGroups(Vec<String>),
    Terminated { endpoint: String, username: Option<String>, connections: Vec<Terminated> },
    TargetNetworks(Page<TargetNetwork>),
    Endpoints(Page<Endpoint>),
    Connections(Page<Connection>),
    Routes(Page<Route>),
    AuthorizationRules(Page<AuthorizationRule>),
    Tags(Page<TagDescription>),
    Subnets(Page<Subnet>),
}

impl Call {
    /// AWS's name of the action.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::AssociateClientVpnTargetNetwork { .. } => "AssociateClientVpnTargetNetwork",
            Self::DisassociateClientVpnTargetNetwork { .. } => "DisassociateClientVpnTargetNetwork",
            Self::DescribeClientVpnTargetNetworks { .. } => "DescribeClientVpnTargetNetworks",
            Self::DescribeClientVpnEndpoints { .. } => "DescribeClientVpnEndpoints",
            Self::CreateClientVpnEndpoint { .. } => "CreateClientVpnEndpoint",
            Self::DeleteClientVpnEndpoint { .. } => "DeleteClientVpnEndpoint",
            Self::ModifyClientVpnEndpoint { .. } => "ModifyClientVpnEndpoint",
            Self::DescribeClientVpnConnections { .. } => "DescribeClientVpnConnections",
            Self::TerminateClientVpnConnections { .. } => "TerminateClientVpnConnections",
            Self::CreateClientVpnRoute { .. } => "CreateClientVpnRoute",
            Self::DeleteClientVpnRoute { .. } => "DeleteClientVpnRoute",
            Self::DescribeClientVpnRoutes { .. } => "DescribeClientVpnRoutes",
            Self::DescribeClientVpnAuthorizationRules { .. } => "DescribeClientVpnAuthorizationRules",
            Self::AuthorizeClientVpnIngress { .. } => "AuthorizeClientVpnIngress",
            Self::RevokeClientVpnIngress { .. } => "RevokeClientVpnIngress",
            Self::ImportClientVpnClientCertificateRevocationList { .. } => {
                "ImportClientVpnClientCertificateRevocationList"
            }
            Self::ExportClientVpnClientCertificateRevocationList { .. } => {
                "ExportClientVpnClientCertificateRevocationList"
            }
            Self::ExportClientVpnClientConfiguration { .. } => "ExportClientVpnClientConfiguration",
            Self::ApplySecurityGroupsToClientVpnTargetNetwork { .. } => "ApplySecurityGroupsToClientVpnTargetNetwork",
            Self::CreateTags { .. } => "CreateTags",
            Self::DeleteTags { .. } => "DeleteTags",
            Self::DescribeTags { .. } => "DescribeTags",
            Self::DescribeSubnets { .. } => "DescribeSubnets",
        }
    }

    /// The ids of the resources whose permissions it needs, in the shape of the last part of an ARN; empty for
    /// actions that IAM knows only on `*` (fact 9.3).
    #[must_use]
    pub fn resources(&self) -> Vec<String> {
        let endpoint = |id: &String| format!("client-vpn-endpoint/{id}");
        let subnet = |id: &String| format!("subnet/{id}");
        match self {
            Self::AssociateClientVpnTargetNetwork { endpoint: id, subnet: network, .. }
            | Self::CreateClientVpnRoute { endpoint: id, subnet: network, .. }
            | Self::DeleteClientVpnRoute { endpoint: id, subnet: network, .. } => vec![endpoint(id), subnet(network)],
            Self::DisassociateClientVpnTargetNetwork { endpoint: id, .. }
            | Self::DescribeClientVpnTargetNetworks { endpoint: id, .. }
            | Self::DeleteClientVpnEndpoint { endpoint: id }
            | Self::DescribeClientVpnConnections { endpoint: id, .. }
            | Self::TerminateClientVpnConnections { endpoint: id, .. }
            | Self::DescribeClientVpnRoutes { endpoint: id, .. }
            | Self::DescribeClientVpnAuthorizationRules { endpoint: id, .. }
            | Self::AuthorizeClientVpnIngress { endpoint: id, .. }
            | Self::RevokeClientVpnIngress { endpoint: id, .. }
            | Self::ImportClientVpnClientCertificateRevocationList { endpoint: id, .. }
            | Self::ExportClientVpnClientCertificateRevocationList { endpoint: id }
            | Self::ExportClientVpnClientConfiguration { endpoint: id } => vec![endpoint(id)],
            Self::CreateClientVpnEndpoint { wanted, .. } => in_changes(endpoint(&"*".to_owned()), &wanted.changes),
            Self::ModifyClientVpnEndpoint { endpoint: id, changes } => in_changes(endpoint(id), changes),
            Self::ApplySecurityGroupsToClientVpnTargetNetwork { endpoint: id, vpc, groups } => {
                in_vpc(endpoint(id), Some(vpc), groups)
            }
            Self::CreateTags { resources, .. } | Self::DeleteTags { resources, .. } => {
                let kind = |id: &String| if id.starts_with("subnet-") { subnet(id) } else { endpoint(id) };
                resources.iter().map(kind).collect()
            }
            Self::DescribeClientVpnEndpoints { .. } | Self::DescribeTags { .. } | Self::DescribeSubnets { .. } => {
                Vec::new()
            }
        }
    }

    /// Whether there may be another endpoint after it, or the same in other words.
    #[must_use]
    pub fn changes_endpoints(&self) -> bool {
        matches!(
            self,
            Self::CreateClientVpnEndpoint { .. }
                | Self::DeleteClientVpnEndpoint { .. }
                | Self::ModifyClientVpnEndpoint { .. }
        )
    }

    /// The resources that it tags when it makes them: for these it needs `CreateTags` too.
    #[must_use]
    pub fn tagged(&self) -> Vec<String> {
        match self {
            Self::CreateClientVpnEndpoint { wanted, .. } if !wanted.tags.is_empty() => {
                vec!["client-vpn-endpoint/*".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    /// The tags it writes or removes, for `aws:TagKeys` and `aws:RequestTag/…`.
    #[must_use]
    pub fn tags(&self) -> Vec<(&str, Option<&str>)> {
        match self {
            Self::CreateTags { tags, .. } | Self::CreateClientVpnEndpoint { wanted: NewEndpoint { tags, .. }, .. } => {
                tags.iter().map(|(key, value)| (&**key, Some(&**value))).collect()
            }
            Self::DeleteTags { tags, .. } => tags.iter().map(|(key, value)| (&**key, value.as_deref())).collect(),
            _ => Vec::new(),
        }
    }
}

fn in_changes(endpoint: String, changes: &EndpointChanges) -> Vec<String> {
    in_vpc(endpoint, changes.vpc.as_ref(), &changes.security_groups)
}

/// An endpoint, with the VPC and the security groups that are named for it.
fn in_vpc(endpoint: String, vpc: Option<&String>, groups: &[String]) -> Vec<String> {
    let vpc = vpc.map(|id| format!("vpc/{id}"));
    let groups = groups.iter().map(|id| format!("security-group/{id}"));
    std::iter::once(endpoint).chain(vpc).chain(groups).collect()
}

impl ClientVpn {
    /// Carries out a call.
    ///
    /// # Errors
    /// Those of the action.
    pub fn call(&mut self, now: Timestamp, call: &Call) -> Result<ActionResponse, AwsError> {
        match call {
            Call::AssociateClientVpnTargetNetwork { endpoint, subnet, token } => {
                self.associate(now, endpoint, subnet, token.as_deref()).map(ActionResponse::Association)
            }
            Call::DisassociateClientVpnTargetNetwork { endpoint, association } => {
                self.disassociate(now, endpoint, association).map(ActionResponse::Association)
            }
            Call::DescribeClientVpnTargetNetworks { endpoint, query } => {
                self.describe_target_networks(now, endpoint, query).map(ActionResponse::TargetNetworks)
            }
            Call::DescribeClientVpnEndpoints { query } => {
                self.describe_endpoints(now, query).map(ActionResponse::Endpoints)
            }
            Call::CreateClientVpnEndpoint { wanted, token } => {
                let (endpoint, dns_name) = self.create_endpoint(now, wanted, token.as_deref())?;
                Ok(ActionResponse::Created { endpoint, dns_name })
            }
            Call::DeleteClientVpnEndpoint { endpoint } => {
                self.delete_endpoint(now, endpoint).map(ActionResponse::Status)
            }
            Call::ModifyClientVpnEndpoint { endpoint, changes } => {
                self.modify_endpoint(now, endpoint, changes).map(|()| ActionResponse::Return)
            }
            Call::DescribeClientVpnConnections { endpoint, query } => {
                self.describe_connections(now, endpoint, query).map(ActionResponse::Connections)
            }
            Call::TerminateClientVpnConnections { endpoint, which } => {
                let username = match which {
                    Which::Username(name) => Some(name.clone()),
                    Which::ConnectionId(_) => None,
                };
                let connections = self.terminate(now, endpoint, which)?;
                Ok(ActionResponse::Terminated { endpoint: endpoint.clone(), username, connections })
            }
            Call::CreateClientVpnRoute { endpoint, destination, subnet, description, token } => self
                .create_route(now, endpoint, destination, subnet, description.as_deref(), token.as_deref())
                .map(ActionResponse::Status),
            Call::DeleteClientVpnRoute { endpoint, destination, subnet } => {
                self.delete_route(now, endpoint, destination, subnet).map(ActionResponse::Status)
            }
            Call::DescribeClientVpnRoutes { endpoint, query } => {
                self.describe_routes(now, endpoint, query).map(ActionResponse::Routes)
            }
            Call::DescribeClientVpnAuthorizationRules { endpoint, query } => {
                self.describe_authorization_rules(now, endpoint, query).map(ActionResponse::AuthorizationRules)
            }
            Call::AuthorizeClientVpnIngress { endpoint, network, group, description, token } => {
                let (group, description, token) = (group.as_deref(), description.as_deref(), token.as_deref());
                self.authorize_ingress(now, endpoint, network, group, description, token).map(ActionResponse::Status)
            }
            Call::RevokeClientVpnIngress { endpoint, network, group } => {
                self.revoke_ingress(now, endpoint, network, group.as_deref()).map(ActionResponse::Status)
            }
            Call::ImportClientVpnClientCertificateRevocationList { endpoint, list } => {
                self.import_revocation_list(now, endpoint, list).map(|()| ActionResponse::Return)
            }
            Call::ExportClientVpnClientCertificateRevocationList { endpoint } => {
                self.export_revocation_list(now, endpoint).map(ActionResponse::RevocationList)
            }
            Call::ExportClientVpnClientConfiguration { endpoint } => {
                self.export_configuration(now, endpoint).map(ActionResponse::Configuration)
            }
            Call::ApplySecurityGroupsToClientVpnTargetNetwork { endpoint, vpc, groups } => {
                self.apply_security_groups(now, endpoint, vpc, groups).map(ActionResponse::SecurityGroups)
            }
            Call::CreateTags { resources, tags } => {
                self.create_tags(now, resources, tags).map(|()| ActionResponse::Return)
            }
            Call::DeleteTags { resources, tags } => {
                self.delete_tags(now, resources, tags).map(|()| ActionResponse::Return)
            }
            Call::DescribeTags { query } => self.describe_tags(now, query).map(ActionResponse::Tags),
            Call::DescribeSubnets { query } => self.describe_subnets(now, query).map(ActionResponse::Subnets),
        }
    }
}
