//! `CreateClientVpnEndpoint` and `DeleteClientVpnEndpoint`. What an endpoint may also be given later is checked as
//! `ModifyClientVpnEndpoint` checks it.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    ClientVpn, EndpointChanges,
    associations::{Associated, Status},
    endpoint::VpnEndpoint,
    tags::check_tags,
};
use crate::ec2::{AwsError, cidr::Cidr};

/// What `CreateClientVpnEndpoint` makes an endpoint of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEndpoint {
    /// The block that clients get addresses from; an endpoint that carries IPv6 alone needs none.
    pub client_cidr: Option<String>,
    /// How clients say who they are: in one way, or with certificates and in another.
    pub authentication: Vec<Authentication>,
    /// `udp` or `tcp`.
    pub transport_protocol: Option<String>,
    /// `EndpointIpAddressType`: how clients reach it.
    pub address_type: Option<String>,
    /// `TrafficIpAddressType`: what it carries.
    pub traffic: Option<String>,
    /// What can be changed later.
    pub changes: EndpointChanges,
    pub tags: Vec<(String, String)>,
}

/// One way in which clients say who they are, with what belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Authentication {
    /// `certificate-authentication`, `directory-service-authentication` or `federated-authentication`.
    pub r#type: String,
    /// The ARN of the certificate whose chain clients' certificates have to lead to.
    pub client_root: Option<String>,
    pub directory: Option<String>,
    /// The IAM identity provider, by ARN, and the one for the self-service portal.
    pub saml_provider: Option<String>,
    pub self_service_saml_provider: Option<String>,
}

impl Authentication {
    /// By certificates that lead to that one's chain.
    #[must_use]
    pub fn by_certificate(client_root: &str) -> Self {
        Self { r#type: CERTIFICATE.to_owned(), client_root: Some(client_root.to_owned()), ..Self::default() }
    }

    fn check(&self) -> Result<(), AwsError> {
        let (needed, parameter) = match self.r#type.as_str() {
            CERTIFICATE => (&self.client_root, "MutualAuthentication.ClientRootCertificateChainArn"),
            "directory-service-authentication" => (&self.directory, "ActiveDirectory.DirectoryId"),
            _ => (&self.saml_provider, "FederatedAuthentication.SAMLProviderArn"),
        };
        if needed.is_none() { Err(AwsError::missing(parameter)) } else { Ok(()) }
    }
}

impl ClientVpn {
    /// `CreateClientVpnEndpoint`: its id, its state, and the name that clients dial.
    ///
    /// # Errors
    /// AWS's: a block for clients that is none, of the wrong size or the VPC's; certificates that Client VPN does not take;
    /// what `ModifyClientVpnEndpoint` refuses too; bad tags; too many endpoints.
    pub fn create_endpoint(
        &mut self,
        now: Timestamp,
        wanted: &NewEndpoint,
        token: Option<&str>,
    ) -> Result<(Associated, String), AwsError> {
        const ACTION: &str = "CreateClientVpnEndpoint";
        self.attempt(now, ACTION, &[], |state, effects| {
            let parameters = format!("{wanted:?}");
            if let Some(answer) = state.replayed(ACTION, token, &[&parameters])? {
                let name = state.dns_name(&answer.association_id);
                return Ok((answer, name));
            }
            check_tags(&wanted.tags)?;
            let mut endpoint = state.wanted(now, wanted)?;
            if state.endpoints.len() >= state.settings.limits.endpoints {
                let message = "You've reached the limit on the number of Client VPN endpoints that you can create.";
                return Err(AwsError::new("ClientVpnEndpointLimitExceeded", message));
            }
            endpoint.id = state.new_id("cvpn-endpoint");
            endpoint.shown.status = effects.shows;
            if !wanted.tags.is_empty() {
                state.tag(now, std::slice::from_ref(&endpoint.id), &wanted.tags)?;
            }
            let answer = Associated { association_id: endpoint.id.clone(), status: Status::new("pending-associate") };
            state.endpoints.push(endpoint);
            state.remember(ACTION, token, &[&parameters], &answer);
            let name = state.dns_name(&answer.association_id);
            Ok((answer, name))
        })
    }

    /// `DeleteClientVpnEndpoint`. One that is being deleted already is answered as such (uncertain).
    ///
    /// # Errors
    /// AWS's: unknown endpoint, subnets that are associated (fact 7.16).
    pub fn delete_endpoint(&mut self, now: Timestamp, id: &str) -> Result<Status, AwsError> {
        self.attempt(now, "DeleteClientVpnEndpoint", &[id], |state, effects| {
            let place = state.expect_endpoint(id)?;
            let endpoint = &mut state.endpoints[place];
            let associations = endpoint.associations.iter().filter(|association| association.exists(now));
            let associations: Vec<&str> = associations.map(|association| association.id.as_str()).collect();
            if !associations.is_empty() {
                let message =
                    format!("The endpoint that you're trying to delete has associations {}", associations.join(", "));
                return Err(AwsError::new("ClientVpnEndpointAssociationExists", message));
            }
            let ends = now + effects.takes.unwrap_or(state.settings.delays.delete_endpoint);
            endpoint.ending.get_or_insert((now, ends));
            Ok(Status::new("deleting"))
        })
    }

    /// The name that clients dial. Only with something in front of it is it found (fact 7.12).
    pub(super) fn dns_name(&self, endpoint: &str) -> String {
        format!("{endpoint}.prod.clientvpn.{}.amazonaws.com", self.region)
    }

    /// An endpoint as it is wanted, without an id.
    fn wanted(&self, now: Timestamp, wanted: &NewEndpoint) -> Result<VpnEndpoint, AwsError> {
        let mut endpoint = VpnEndpoint::new(now);
        endpoint.shown.traffic.clone_from(&wanted.traffic);
        self.expect_authentication(&wanted.authentication)?;
        endpoint.options.authentication.clone_from(&wanted.authentication);
        endpoint.options.endpoint_ip_address_type.clone_from(&wanted.address_type);
        if let Some(protocol) = &wanted.transport_protocol {
            endpoint.options.transport_protocol.clone_from(protocol);
        }
        // The portal gives no certificates out (fact 7.13).
        endpoint.options.self_service_portal = wanted.authentication.iter().any(|way| way.r#type != CERTIFICATE);
        let endpoint = self.changed(now, endpoint, &wanted.changes)?;
        let client_cidr = match &wanted.client_cidr {
            Some(block) => self.client_block(&endpoint.vpc, block)?,
            None if endpoint.shown.carries() == (false, true) => String::new(),
            None => return Err(AwsError::missing("ClientCidrBlock")),
        };
        Ok(VpnEndpoint { client_cidr, ..endpoint })
    }

    /// The block that clients get addresses from (fact 4.7). It may not be the VPC's, where that is known already.
    fn client_block(&self, vpc: &str, text: &str) -> Result<String, AwsError> {
        const NAME: &str = "clientCidrBlock";
        let block: Cidr = crate::ec2::cidr::parameter(NAME, text)?;
        if block.is_ipv6() || !CLIENT_PREFIXES.contains(&block.prefix()) {
            let why = "The client CIDR range must have a size of at least /22 and must not be greater than /12.";
            return Err(AwsError::value(NAME, text, why));
        }
        if self.network.block(vpc).parse().is_ok_and(|local: Cidr| local.overlaps(block)) {
            let why = format!("The client CIDR range overlaps with the CIDR block of {vpc}.");
            return Err(AwsError::value(NAME, text, &why));
        }
        Ok(text.to_owned())
    }

    fn expect_authentication(&self, ways: &[Authentication]) -> Result<(), AwsError> {
        if ways.is_empty() {
            return Err(AwsError::missing("Authentication"));
        }
        ways.iter().try_for_each(Authentication::check)?;
        let by_certificate = ways.iter().filter(|way| way.r#type == CERTIFICATE).count();
        if by_certificate > 1 || ways.len() - by_certificate > 1 {
            let message = "Expecting one authentication option, or certificates and one other.";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        ways.iter().filter_map(|way| way.client_root.as_deref()).try_for_each(|root| self.expect_client_root(root))
    }

    /// Forgets the endpoints that are deleted by now, but not their bill.
    pub(super) fn forget_deleted_endpoints(&mut self, now: Timestamp) {
        let gone: Vec<VpnEndpoint> = self.endpoints.extract_if(.., |endpoint| endpoint.is_gone(now)).collect();
        for endpoint in gone {
            self.billed_before += endpoint.billed_hours(now);
            self.untag(now, &endpoint.id);
        }
    }
}

pub(super) const CERTIFICATE: &str = "certificate-authentication";

/// Fact 4.7: `/12` to `/22`.
const CLIENT_PREFIXES: std::ops::RangeInclusive<u32> = 12..=22;
