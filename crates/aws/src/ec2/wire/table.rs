//! What each action takes, by the names of its form, as EC2's API model has them: `N` stands for a number. A parameter is
//! read and kept to what the table says, or refused because it is not emulated. `crates/aws/tests/members` holds the
//! table against the model.

use std::collections::BTreeMap;

use Kind::{Flag, Integer, NotEmulated, Only, Text, Word};

use crate::ec2::AwsError;

/// What a parameter may be.
#[derive(Debug)]
pub enum Kind {
    Text,
    Flag,
    /// A whole number of 32 bits; which ones are taken is the action's to say.
    Integer,
    /// One of these.
    Word(&'static [&'static str]),
    /// AWS has many words for it, and takes this one here.
    Only(&'static str),
    /// AWS has it, and it is refused here with this code and for this reason.
    NotEmulated(&'static str, &'static str),
}

const DRY_RUN: (&str, Kind) = ("DryRun", Flag);
const ENDPOINT: (&str, Kind) = ("ClientVpnEndpointId", Text);
const FILTER_NAME: (&str, Kind) = ("Filter.N.Name", Text);
const FILTER_VALUE: (&str, Kind) = ("Filter.N.Value.N", Text);
const SIZE: (&str, Kind) = ("MaxResults", Integer);
const TOKEN: (&str, Kind) = ("NextToken", Text);
const RESOURCE: (&str, Kind) = ("ResourceId.N", Text);
const TAG_KEY: (&str, Kind) = ("Tag.N.Key", Text);
const TAG_VALUE: (&str, Kind) = ("Tag.N.Value", Text);
const DESTINATION: (&str, Kind) = ("DestinationCidrBlock", Text);
const SUBNET: (&str, Kind) = ("TargetVpcSubnetId", Text);
const NETWORK: (&str, Kind) = ("TargetNetworkCidr", Text);
const GROUP: (&str, Kind) = ("AccessGroupId", Text);
const CLIENT_TOKEN: (&str, Kind) = ("ClientToken", Text);

const AUTHENTICATIONS: &[&str] =
    &["certificate-authentication", "directory-service-authentication", "federated-authentication"];
const FAMILIES: &[&str] = &["ipv4", "ipv6", "dual-stack"];

/// Fact 7.2.
const ZONE: Kind = NotEmulated("InvalidParameterCombination", "it is for Client VPN endpoints with a transit gateway");
const GATEWAY: Kind =
    NotEmulated("UnsupportedOperation", "endpoints are those of a VPC here, not of a transit gateway");
const POSTURE: Kind = NotEmulated("UnsupportedOperation", "device trust providers are not emulated");

/// The actions that are emulated, and what they take.
pub const ACTIONS: &[(&str, &[(&str, Kind)])] = &[
    ("ApplySecurityGroupsToClientVpnTargetNetwork", &[ENDPOINT, ("VpcId", Text), ("SecurityGroupId.N", Text), DRY_RUN]),
    (
        "AssociateClientVpnTargetNetwork",
        &[
            ENDPOINT,
            ("SubnetId", Text),
            CLIENT_TOKEN,
            DRY_RUN,
            ("AvailabilityZone", ZONE),
            ("AvailabilityZoneId", ZONE),
        ],
    ),
    (
        "AuthorizeClientVpnIngress",
        &[ENDPOINT, NETWORK, GROUP, ("AuthorizeAllGroups", Flag), ("Description", Text), CLIENT_TOKEN, DRY_RUN],
    ),
    (
        "CreateClientVpnEndpoint",
        &[
            ("ClientCidrBlock", Text),
            ("Authentication.N.Type", Word(AUTHENTICATIONS)),
            ("Authentication.N.ActiveDirectory.DirectoryId", Text),
            ("Authentication.N.MutualAuthentication.ClientRootCertificateChainArn", Text),
            ("Authentication.N.FederatedAuthentication.SAMLProviderArn", Text),
            ("Authentication.N.FederatedAuthentication.SelfServiceSAMLProviderArn", Text),
            DRY_RUN,
            CLIENT_TOKEN,
            ("TagSpecification.N.ResourceType", Only("client-vpn-endpoint")),
            ("TagSpecification.N.Tag.N.Key", Text),
            ("TagSpecification.N.Tag.N.Value", Text),
            ("TransportProtocol", Word(&["tcp", "udp"])),
            ("EndpointIpAddressType", Word(FAMILIES)),
            ("TrafficIpAddressType", Word(FAMILIES)),
            ("ServerCertificateArn", Text),
            ("ConnectionLogOptions.Enabled", Flag),
            ("ConnectionLogOptions.CloudwatchLogGroup", Text),
            ("ConnectionLogOptions.CloudwatchLogStream", Text),
            ("ConnectionLogOptions.IncludeAuthorizationPolicyContext", Flag),
            ("DnsServers.N", Text),
            ("VpnPort", Integer),
            ("Description", Text),
            ("SplitTunnel", Flag),
            ("SecurityGroupId.N", Text),
            ("VpcId", Text),
            ("SelfServicePortal", Word(&["enabled", "disabled"])),
            ("ClientConnectOptions.Enabled", Flag),
            ("ClientConnectOptions.LambdaFunctionArn", Text),
            ("SessionTimeoutHours", Integer),
            ("ClientLoginBannerOptions.Enabled", Flag),
            ("ClientLoginBannerOptions.BannerText", Text),
            ("ClientRouteEnforcementOptions.Enforced", Flag),
            ("DisconnectOnSessionTimeout", Flag),
            ("TransitGatewayConfiguration.TransitGatewayId", GATEWAY),
            ("TransitGatewayConfiguration.AvailabilityZone.N", GATEWAY),
            ("TransitGatewayConfiguration.AvailabilityZoneId.N", GATEWAY),
            ("DevicePostureOptions.Enabled", POSTURE),
            ("DevicePostureOptions.TrustProvider.N.TrustProviderType", POSTURE),
            ("DevicePostureOptions.TrustProvider.N.TenantId", POSTURE),
            ("DevicePostureOptions.TrustProvider.N.PublicSigningKeyUrl", POSTURE),
        ],
    ),
    ("CreateClientVpnRoute", &[ENDPOINT, DESTINATION, SUBNET, ("Description", Text), CLIENT_TOKEN, DRY_RUN]),
    ("CreateTags", &[DRY_RUN, RESOURCE, TAG_KEY, TAG_VALUE]),
    ("DeleteClientVpnEndpoint", &[ENDPOINT, DRY_RUN]),
    ("DeleteClientVpnRoute", &[ENDPOINT, DESTINATION, SUBNET, DRY_RUN]),
    ("DeleteTags", &[DRY_RUN, RESOURCE, TAG_KEY, TAG_VALUE]),
    ("DescribeClientVpnAuthorizationRules", &[ENDPOINT, DRY_RUN, FILTER_NAME, FILTER_VALUE, SIZE, TOKEN]),
    ("DescribeClientVpnConnections", &[ENDPOINT, DRY_RUN, FILTER_NAME, FILTER_VALUE, SIZE, TOKEN]),
    ("DescribeClientVpnEndpoints", &[("ClientVpnEndpointId.N", Text), DRY_RUN, FILTER_NAME, FILTER_VALUE, SIZE, TOKEN]),
    ("DescribeClientVpnRoutes", &[ENDPOINT, DRY_RUN, FILTER_NAME, FILTER_VALUE, SIZE, TOKEN]),
    (
        "DescribeClientVpnTargetNetworks",
        &[ENDPOINT, ("AssociationIds.N", Text), DRY_RUN, FILTER_NAME, FILTER_VALUE, SIZE, TOKEN],
    ),
    ("DescribeSubnets", &[("SubnetId.N", Text), DRY_RUN, FILTER_NAME, FILTER_VALUE, SIZE, TOKEN]),
    ("DescribeTags", &[DRY_RUN, FILTER_NAME, FILTER_VALUE, SIZE, TOKEN]),
    ("DisassociateClientVpnTargetNetwork", &[ENDPOINT, ("AssociationId", Text), DRY_RUN]),
    ("ExportClientVpnClientCertificateRevocationList", &[ENDPOINT, DRY_RUN]),
    ("ExportClientVpnClientConfiguration", &[ENDPOINT, DRY_RUN]),
    ("ImportClientVpnClientCertificateRevocationList", &[ENDPOINT, ("CertificateRevocationList", Text), DRY_RUN]),
    (
        "ModifyClientVpnEndpoint",
        &[
            ENDPOINT,
            DRY_RUN,
            ("ServerCertificateArn", Text),
            ("ConnectionLogOptions.Enabled", Flag),
            ("ConnectionLogOptions.CloudwatchLogGroup", Text),
            ("ConnectionLogOptions.CloudwatchLogStream", Text),
            ("ConnectionLogOptions.IncludeAuthorizationPolicyContext", Flag),
            ("DnsServers.CustomDnsServers.N", Text),
            ("DnsServers.Enabled", Flag),
            ("VpnPort", Integer),
            ("Description", Text),
            ("SplitTunnel", Flag),
            ("SecurityGroupId.N", Text),
            ("VpcId", Text),
            ("SelfServicePortal", Word(&["enabled", "disabled"])),
            ("ClientConnectOptions.Enabled", Flag),
            ("ClientConnectOptions.LambdaFunctionArn", Text),
            ("SessionTimeoutHours", Integer),
            ("ClientLoginBannerOptions.Enabled", Flag),
            ("ClientLoginBannerOptions.BannerText", Text),
            ("ClientRouteEnforcementOptions.Enforced", Flag),
            ("DisconnectOnSessionTimeout", Flag),
            ("TransitGatewayConfiguration.TransitGatewayId", GATEWAY),
            ("TransitGatewayConfiguration.AvailabilityZone.N", GATEWAY),
            ("TransitGatewayConfiguration.AvailabilityZoneId.N", GATEWAY),
            ("DevicePostureOptions.Enabled", POSTURE),
            ("DevicePostureOptions.TrustProvider.N.TrustProviderType", POSTURE),
            ("DevicePostureOptions.TrustProvider.N.TenantId", POSTURE),
            ("DevicePostureOptions.TrustProvider.N.PublicSigningKeyUrl", POSTURE),
        ],
    ),
    ("RevokeClientVpnIngress", &[ENDPOINT, NETWORK, GROUP, ("RevokeAllGroups", Flag), DRY_RUN]),
    ("TerminateClientVpnConnections", &[ENDPOINT, ("ConnectionId", Text), ("Username", Text), DRY_RUN]),
];

/// Holds a form, without its `Action` and `Version`, against what the action takes.
pub(super) fn check(action: &str, form: &BTreeMap<String, String>) -> Result<(), AwsError> {
    let Some((_, known)) = ACTIONS.iter().find(|(name, _)| *name == action) else {
        let message = format!("The action {action} is not valid for this web service.");
        return Err(AwsError::new("InvalidAction", message));
    };
    for (name, value) in form {
        let shown = in_general(name);
        let kind = known.iter().find(|(known, _)| *known == shown).map(|(_, kind)| kind);
        let kind =
            kind.ok_or_else(|| AwsError::new("UnknownParameter", format!("The parameter {name} is not recognized")))?;
        let why = match kind {
            NotEmulated(code, why) => {
                return Err(AwsError::new(code, format!("The parameter {name} is refused: {why}.")));
            }
            Flag if !["", "true", "false"].contains(&value.as_str()) => "Expecting true or false.".to_owned(),
            Integer if value.parse::<i32>().is_err() => "Expecting an integer.".to_owned(),
            Word(words) if !words.contains(&value.as_str()) => format!("Expecting one of {}.", words.join(", ")),
            Only(word) if value != word => format!("Expecting {word}."),
            _ => continue,
        };
        return Err(AwsError::value(name, &value.chars().take(LONGEST_SHOWN).collect::<String>(), &why));
    }
    Ok(())
}

/// `Filter.12.Name` as `Filter.N.Name`.
fn in_general(name: &str) -> String {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').map(|part| if is_number(&part) { "N" } else { part }).collect::<Vec<_>>().join(".")
}

/// So much of a value stands in an error.
const LONGEST_SHOWN: usize = 80;
