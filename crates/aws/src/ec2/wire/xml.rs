//! EC2's XML, element by element as the service's model names them (fact 4.4).

use std::fmt::Display;

use super::ActionResponse;
use crate::{
    ec2::{
        Authentication, AuthorizationRule, AwsError, Connection, Endpoint, Page, Route, Status, Subnet, TagDescription,
        TargetNetwork, Terminated,
    },
    xml::escape,
};

/// The answer to a call that succeeded.
pub fn answer(action: &str, answer: &ActionResponse, request_id: &str) -> String {
    let mut xml = Xml::new();
    xml.0.push_str(&format!("<{action}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">"));
    xml.text("requestId", request_id);
    match answer {
        ActionResponse::Association(associated) => {
            xml.text("associationId", &associated.association_id);
            xml.status(&associated.status);
        }
        ActionResponse::Status(status) => xml.status(status),
        ActionResponse::Created { endpoint, dns_name } => {
            xml.text("clientVpnEndpointId", &endpoint.association_id);
            xml.status(&endpoint.status);
            xml.text("dnsName", dns_name);
        }
        ActionResponse::Return => xml.text("return", true),
        ActionResponse::RevocationList(list) => {
            if let Some((pem, status)) = list {
                xml.text("certificateRevocationList", pem);
                xml.status(status);
            }
        }
        ActionResponse::Configuration(text) => xml.text("clientConfiguration", text),
        ActionResponse::SecurityGroups(groups) => xml.strings("securityGroupIds", groups),
        ActionResponse::Terminated { endpoint, username, connections } => {
            xml.text("clientVpnEndpointId", endpoint);
            xml.optional("username", username.as_ref());
            xml.list("connectionStatuses", connections, Xml::terminated);
        }
        ActionResponse::TargetNetworks(page) => xml.page("clientVpnTargetNetworks", page, Xml::target_network),
        ActionResponse::Endpoints(page) => xml.page("clientVpnEndpoint", page, Xml::endpoint),
        ActionResponse::Connections(page) => xml.page("connections", page, Xml::connection),
        ActionResponse::Routes(page) => xml.page("routes", page, Xml::route),
        ActionResponse::AuthorizationRules(page) => xml.page("authorizationRule", page, Xml::rule),
        ActionResponse::Tags(page) => xml.page("tagSet", page, Xml::tag),
        ActionResponse::Subnets(page) => xml.page("subnetSet", page, Xml::subnet),
    }
    xml.0.push_str(&format!("</{action}Response>"));
    xml.0
}

/// The answer to a call that failed.
pub fn error(error: &AwsError, request_id: &str) -> String {
    let mut xml = Xml::new();
    xml.inside("Response", |xml| {
        xml.inside("Errors", |xml| {
            xml.inside("Error", |xml| {
                xml.text("Code", &error.code);
                xml.text("Message", &error.message);
            });
        });
        xml.text("RequestID", request_id);
    });
    xml.0
}

struct Xml(String);

impl Xml {
    fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned())
    }

    fn text(&mut self, name: &str, value: impl Display) {
        let value = value.to_string();
        self.0.push_str(&format!("<{name}>{}</{name}>", escape(value.as_str())));
    }

    fn optional(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn inside(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.0.push_str(&format!("<{name}>"));
        content(self);
        self.0.push_str(&format!("</{name}>"));
    }

    fn list<T>(&mut self, name: &str, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Self, T)) {
        self.inside(name, |xml| {
            for item in items {
                xml.inside("item", |xml| write(xml, item));
            }
        });
    }

    fn page<'a, T>(&mut self, name: &str, page: &'a Page<T>, write: impl Fn(&mut Self, &'a T)) {
        self.list(name, &page.items, write);
        self.optional("nextToken", page.next_token.as_ref());
    }

    fn strings(&mut self, name: &str, values: &[String]) {
        self.list(name, values, |xml, value| xml.0.push_str(&escape(value.as_str())));
    }

    fn status(&mut self, status: &Status) {
        self.named_status("status", status);
    }

    fn named_status(&mut self, name: &str, status: &Status) {
        self.inside(name, |xml| {
            xml.text("code", &status.code);
            xml.optional("message", status.message.as_ref());
        });
    }

    fn tags<'a>(&mut self, tags: impl IntoIterator<Item = (&'a String, &'a String)>) {
        self.list("tagSet", tags, |xml, (key, value)| {
            xml.text("key", key);
            xml.text("value", value);
        });
    }

    fn target_network(&mut self, network: &TargetNetwork) {
        self.text("associationId", &network.association_id);
        self.text("vpcId", &network.vpc_id);
        self.text("targetNetworkId", &network.target_network_id);
        self.text("clientVpnEndpointId", &network.client_vpn_endpoint_id);
        self.status(&network.status);
        self.strings("securityGroups", &network.security_groups);
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        self.text("clientVpnEndpointId", &endpoint.client_vpn_endpoint_id);
        let options = &endpoint.options;
        self.text("description", &options.description);
        self.status(&endpoint.status);
        self.text("creationTime", &endpoint.creation_time);
        self.optional("deletionTime", endpoint.deletion_time.as_ref());
        self.text("dnsName", &endpoint.dns_name);
        self.optional("clientCidrBlock", Some(&endpoint.client_cidr_block).filter(|block| !block.is_empty()));
        if !options.dns_servers.is_empty() {
            self.strings("dnsServer", &options.dns_servers);
        }
        self.text("splitTunnel", options.split_tunnel);
        self.text("vpnProtocol", "openvpn");
        self.text("transportProtocol", &options.transport_protocol);
        self.text("vpnPort", options.vpn_port);
        self.text("serverCertificateArn", &options.server_certificate);
        self.list("authenticationOptions", &options.authentication, Self::authentication);
        self.inside("connectionLogOptions", |xml| {
            xml.text("Enabled", options.connection_log.enabled);
            xml.optional("CloudwatchLogGroup", options.connection_log.group.as_ref());
            xml.optional("CloudwatchLogStream", options.connection_log.stream.as_ref());
            xml.text("IncludeAuthorizationPolicyContext", options.connection_log.policy_context);
        });
        self.tags(&endpoint.tags);
        self.strings("securityGroupIdSet", &endpoint.security_group_ids);
        // One that was made without a VPC has none until a subnet is associated.
        self.optional("vpcId", Some(&endpoint.vpc_id).filter(|id| !id.is_empty()));
        self.optional("endpointIpAddressType", options.endpoint_ip_address_type.as_ref());
        self.optional("trafficIpAddressType", endpoint.traffic_ip_address_type.as_ref());
        if let Some(gateway) = &endpoint.transit_gateway_id {
            self.inside("transitGatewayConfiguration", |xml| xml.text("transitGatewayId", gateway));
        }
        self.inside("clientConnectOptions", |xml| {
            xml.text("enabled", endpoint.lambda_function_arn.is_some());
            xml.optional("lambdaFunctionArn", endpoint.lambda_function_arn.as_ref());
            xml.inside("status", |xml| xml.text("code", "applied"));
        });
        if options.self_service_portal {
            let portal =
                format!("https://self-service.clientvpn.amazonaws.com/endpoints/{}", endpoint.client_vpn_endpoint_id);
            self.text("selfServicePortalUrl", portal);
        }
        self.text("sessionTimeoutHours", options.session_timeout_hours);
        self.inside("clientLoginBannerOptions", |xml| {
            xml.text("enabled", options.login_banner.is_some());
            xml.optional("bannerText", options.login_banner.as_ref());
        });
        self.inside("clientRouteEnforcementOptions", |xml| xml.text("enforced", options.route_enforcement));
        self.text("disconnectOnSessionTimeout", options.disconnect_on_session_timeout);
    }

    fn authentication(&mut self, way: &Authentication) {
        self.text("type", &way.r#type);
        if let Some(directory) = &way.directory {
            self.inside("activeDirectory", |xml| xml.text("directoryId", directory));
        }
        if let Some(root) = &way.client_root {
            self.inside("mutualAuthentication", |xml| xml.text("clientRootCertificateChain", root));
        }
        if let Some(provider) = &way.saml_provider {
            self.inside("federatedAuthentication", |xml| {
                xml.text("samlProviderArn", provider);
                xml.optional("selfServiceSamlProviderArn", way.self_service_saml_provider.as_ref());
            });
        }
    }

    fn connection(&mut self, connection: &Connection) {
        self.text("clientVpnEndpointId", &connection.client_vpn_endpoint_id);
        self.text("timestamp", &connection.timestamp);
        self.text("connectionId", &connection.connection_id);
        self.text("username", &connection.username);
        self.text("connectionEstablishedTime", &connection.connection_established_time);
        self.text("ingressBytes", connection.ingress_bytes);
        self.text("egressBytes", connection.egress_bytes);
        // Nobody counts packets.
        self.text("ingressPackets", 0);
        self.text("egressPackets", 0);
        self.text("clientIp", &connection.client_ip);
        self.text("commonName", &connection.common_name);
        self.status(&connection.status);
        self.text("connectionEndTime", &connection.connection_end_time);
        self.strings("postureComplianceStatusSet", &connection.posture_compliance_statuses);
    }

    fn terminated(&mut self, connection: &Terminated) {
        self.text("connectionId", &connection.connection_id);
        self.named_status("previousStatus", &connection.previous_status);
        self.named_status("currentStatus", &connection.current_status);
    }

    fn route(&mut self, route: &Route) {
        self.text("clientVpnEndpointId", &route.client_vpn_endpoint_id);
        self.text("destinationCidr", &route.destination_cidr);
        self.text("targetSubnet", &route.target_subnet);
        self.text("type", &route.r#type);
        self.text("origin", &route.origin);
        self.status(&route.status);
        self.optional("description", route.description.as_ref());
    }

    fn rule(&mut self, rule: &AuthorizationRule) {
        self.text("clientVpnEndpointId", &rule.client_vpn_endpoint_id);
        self.text("description", &rule.description);
        self.text("groupId", &rule.group_id);
        self.text("accessAll", rule.access_all);
        self.text("destinationCidr", &rule.destination_cidr);
        self.status(&rule.status);
    }

    fn tag(&mut self, tag: &TagDescription) {
        self.text("resourceId", &tag.resource_id);
        self.text("resourceType", &tag.resource_type);
        self.text("key", &tag.key);
        self.text("value", &tag.value);
    }

    fn subnet(&mut self, subnet: &Subnet) {
        self.text("subnetId", &subnet.subnet_id);
        self.text("subnetArn", &subnet.subnet_arn);
        self.text("state", "available");
        self.text("ownerId", &subnet.owner_id);
        self.text("vpcId", &subnet.vpc_id);
        self.optional("cidrBlock", Some(&subnet.cidr_block).filter(|block| !block.is_empty()));
        self.list("ipv6CidrBlockAssociationSet", &subnet.ipv6_cidr_block, |xml, block| {
            xml.text("ipv6CidrBlock", block);
            xml.inside("ipv6CidrBlockState", |xml| xml.text("state", "associated"));
        });
        self.text("ipv6Native", subnet.cidr_block.is_empty());
        self.text("availableIpAddressCount", subnet.available_ip_address_count);
        self.text("availabilityZone", &subnet.availability_zone);
        self.text("defaultForAz", false);
        self.text("mapPublicIpOnLaunch", false);
        self.tags(&subnet.tags);
    }
}
