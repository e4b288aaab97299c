//! Target networks: subnets that are associated with the endpoint, and billed while they are.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{ClientVpn, endpoint::VpnEndpoint};
use crate::{
    deployment,
    ec2::{AwsError, cidr::Cidr, faults::CallEffects, settings::DuplicateAssociation},
};

/// A state and, where there is one, AWS's message about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Status {
    /// AWS's word for the state.
    pub code: String,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Status {
    pub(super) fn new(code: &str) -> Self {
        Self { code: code.to_owned(), message: None }
    }
}

/// The answer of a change: an id, where there is one, and the state that was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Associated {
    /// The association's id; empty for routes, which have none.
    pub association_id: String,
    /// Its state.
    pub status: Status,
}

/// How an association comes out.
#[derive(Debug, Clone)]
enum Outcome {
    Associated,
    Failed(String),
    Shows(String),
}

#[derive(Debug, Clone)]
pub(super) struct Association {
    pub(super) id: String,
    pub(super) subnet: deployment::Subnet,
    began: Timestamp,
    settles: Timestamp,
    outcome: Outcome,
    ending: Option<Ending>,
}

#[derive(Debug, Clone, Copy)]
struct Ending {
    began: Timestamp,
    ends: Timestamp,
    listed_until: Timestamp,
}

impl Association {
    /// The state at a time, `None` before and after it is listed.
    pub(super) fn status(&self, at: Timestamp) -> Option<Status> {
        if let Some(ending) = self.ending.filter(|ending| at >= ending.began) {
            return match () {
                () if at < ending.ends => Some(Status::new("disassociating")),
                () if at < ending.listed_until => Some(Status::new("disassociated")),
                () => None,
            };
        }
        match &self.outcome {
            _ if at < self.began => None,
            Outcome::Shows(code) => Some(Status::new(code)),
            _ if at < self.settles => Some(Status::new("associating")),
            Outcome::Associated => Some(Status::new("associated")),
            Outcome::Failed(message) => {
                Some(Status { message: Some(message.clone()), ..Status::new("association-failed") })
            }
        }
    }

    pub(super) fn is(&self, code: &str, at: Timestamp) -> bool {
        self.status(at).is_some_and(|status| status.code == code)
    }

    /// Whether the subnet is taken: everything from `associating` to the end of `disassociating`, failed ones too.
    pub(super) fn exists(&self, at: Timestamp) -> bool {
        at >= self.began && self.ending.is_none_or(|ending| at < ending.ends)
    }

    /// Whether it is on its way in or in.
    pub(super) fn carries(&self, at: Timestamp) -> bool {
        self.is("associated", at) || self.is("associating", at)
    }

    pub(super) fn is_changing(&self, at: Timestamp) -> bool {
        self.is("associating", at) || self.is("disassociating", at)
    }

    /// When it is, or will be, `associated`; `None` if never.
    pub(super) fn associated_from(&self) -> Option<Timestamp> {
        matches!(self.outcome, Outcome::Associated).then_some(self.settles)
    }

    /// Whether it had got as far as `associated` before it was disassociated.
    pub(super) fn was_associated(&self) -> bool {
        let left = self.ending.map(|ending| ending.began);
        self.associated_from().is_some_and(|from| left.is_none_or(|left| from <= left))
    }

    /// How long ago it was begun.
    pub(super) fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.began)
    }

    /// When its disassociation began and when it ends.
    pub(super) fn leaves(&self) -> Option<(Timestamp, Timestamp)> {
        self.ending.map(|ending| (ending.began, ending.ends))
    }

    /// One that fails is never billed, whatever it looks like before it does.
    fn is_billed(&self) -> bool {
        !matches!(self.outcome, Outcome::Failed(_))
    }

    fn billed_hours(&self, now: Timestamp) -> f64 {
        if !self.is_billed() {
            return 0.0;
        }
        let until = self.ending.map_or(now, |ending| ending.ends.min(now));
        until.duration_since(self.began).as_secs_f64().max(0.0) / 3600.0
    }
}

impl ClientVpn {
    /// `AssociateClientVpnTargetNetwork`.
    ///
    /// # Errors
    /// AWS's, among them the duplicates of fact 4.17.
    pub fn associate(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        subnet: &str,
        token: Option<&str>,
    ) -> Result<Associated, AwsError> {
        const ACTION: &str = "AssociateClientVpnTargetNetwork";
        self.attempt(now, ACTION, &[endpoint, subnet], |state, effects| {
            let place = state.expect_kept(endpoint)?;
            if let Some(answer) = state.replayed(ACTION, token, &[endpoint, subnet])? {
                return Ok(answer);
            }
            let subnet = state.associable(now, place, subnet)?;
            state.expect_room_for_a_change(now, place)?;
            let parameters = [endpoint, &subnet.id.clone()];
            let answer = state.begin_association(now, place, subnet, effects);
            state.remember(ACTION, token, &parameters, &answer);
            Ok(answer)
        })
    }

    /// `DisassociateClientVpnTargetNetwork`. One that is `disassociating` already is answered as such (uncertain).
    ///
    /// # Errors
    /// AWS's: unknown endpoint or association, ten changes under way.
    pub fn disassociate(&mut self, now: Timestamp, endpoint: &str, association: &str) -> Result<Associated, AwsError> {
        const ACTION: &str = "DisassociateClientVpnTargetNetwork";
        self.attempt(now, ACTION, &[endpoint, association], |state, effects| {
            let place = state.expect_endpoint(endpoint)?;
            let mut known = state.endpoints[place].associations.iter();
            let known = known.find(|known| known.id == association && known.exists(now));
            let known = known.ok_or_else(|| AwsError::no_association(association))?;
            if !known.is("disassociating", now) {
                if state.settings.quirks.refuse_disassociate_while_associating && known.is("associating", now) {
                    let message = format!("The association {association} is in the associating state.");
                    return Err(AwsError::new("IncorrectState", message));
                }
                state.expect_room_for_a_change(now, place)?;
                state.begin_disassociation(now, place, association, &effects);
            }
            Ok(Associated { association_id: association.to_owned(), status: Status::new("disassociating") })
        })
    }

    /// Subnets that are billed at this moment: from the call that associates to `disassociated`.
    #[must_use]
    pub fn billed_associations(&self, now: Timestamp) -> usize {
        self.endpoints.iter().map(|endpoint| endpoint.billed_associations(now)).sum()
    }

    /// Association-hours so far, to the second: AWS's rounding is not known (fact 7.5).
    #[must_use]
    pub fn billed_hours(&self, now: Timestamp) -> f64 {
        self.billed_before + self.endpoints.iter().map(|endpoint| endpoint.billed_hours(now)).sum::<f64>()
    }

    fn begin_association(
        &mut self,
        now: Timestamp,
        place: usize,
        subnet: deployment::Subnet,
        effects: CallEffects,
    ) -> Associated {
        self.forget_old_associations(now, place);
        let association = Association {
            id: self.new_id("cvpn-assoc"),
            subnet,
            began: now,
            settles: now + effects.takes.unwrap_or(self.settings.delays.associate),
            outcome: match (effects.fails, effects.shows) {
                (Some(message), _) => Outcome::Failed(message),
                (None, Some(code)) => Outcome::Shows(code),
                (None, None) => Outcome::Associated,
            },
            ending: None,
        };
        // The answer says `associating` even if the emulated world needs no time for it.
        let answer = Associated { association_id: association.id.clone(), status: Status::new("associating") };
        let endpoint = &mut self.endpoints[place];
        if endpoint.vpc.is_empty() {
            endpoint.vpc.clone_from(&association.subnet.vpc);
        }
        endpoint.associations.push(association);
        answer
    }

    fn begin_disassociation(&mut self, now: Timestamp, place: usize, id: &str, effects: &CallEffects) {
        let ends = now + effects.takes.unwrap_or(self.settings.delays.disassociate);
        let listed_until = ends + self.settings.delays.disassociated_listed;
        let endpoint = &mut self.endpoints[place];
        for association in endpoint.associations.iter_mut().filter(|association| association.id == id) {
            association.ending = Some(Ending { began: now, ends, listed_until });
        }
        endpoint.drop_routes_of(id);
        // Fact 4.8: with the last target network go all connections.
        if !endpoint.associations.iter().any(|association| association.carries(now)) {
            self.end_all_connections(now, place);
        }
    }

    /// The subnet by its id, if it can be associated now (facts 4.7, 4.17).
    fn associable(&self, now: Timestamp, place: usize, id: &str) -> Result<deployment::Subnet, AwsError> {
        let endpoint = &self.endpoints[place];
        let subnet = self.network.subnet(id)?;
        if !endpoint.vpc.is_empty() && subnet.vpc != endpoint.vpc {
            let message = format!(
                "The specified subnet {id} cannot be found in the VPC with which the Client VPN endpoint is associated."
            );
            return Err(AwsError::new("InvalidClientVpnSubnetId.NotFound", message));
        }
        endpoint.expect_families(subnet)?;
        // One with IPv6 alone is large enough: each is a /64 at least.
        let block = subnet.cidr.parse().ok();
        let local = self.network.block(&subnet.vpc).parse().ok();
        let overlaps = |clients: Cidr| [block, local].into_iter().flatten().any(|block| clients.overlaps(block));
        if endpoint.client_cidr.parse().is_ok_and(overlaps) {
            let message = "The specified target network's CIDR range overlaps with the Client VPN endpoint's client \
                           CIDR range.";
            return Err(AwsError::new("InvalidClientVpnSubnetId.OverlappingCidr", message));
        }
        if block.is_some_and(|block| block.prefix() > SMALLEST_SUBNET) {
            return Err(AwsError::value("subnetId", id, "The subnet must have at least a /27 CIDR block."));
        }
        let mut taken = endpoint.associations.iter().filter(|association| association.exists(now));
        if taken.clone().any(|association| association.subnet.id == id) {
            return Err(self.duplicate_association(id));
        }
        if taken.any(|association| association.subnet.availability_zone == subnet.availability_zone) {
            let message =
                "You have already associated a subnet from this Availability Zone with the Client VPN endpoint.";
            return Err(AwsError::new("InvalidClientVpnSubnetId.DuplicateAz", message));
        }
        Ok(subnet.clone())
    }

    fn duplicate_association(&self, subnet: &str) -> AwsError {
        match self.settings.quirks.duplicate_association {
            DuplicateAssociation::InvalidClientVpnDuplicateAssociationException => AwsError::new(
                "InvalidClientVpnDuplicateAssociationException",
                format!(
                    "The specified target network {subnet} has already been associated with the Client VPN endpoint."
                ),
            ),
            DuplicateAssociation::ClientVpnEndpointAssociationExists => AwsError::new(
                "ClientVpnEndpointAssociationExists",
                format!("The specified target network {subnet} is already associated with the Client VPN endpoint."),
            ),
        }
    }

    /// Keeps the list short: what nobody can see any more leaves only its bill.
    fn forget_old_associations(&mut self, now: Timestamp, place: usize) {
        let seen_from = now - self.settings.delays.lag;
        let is_old =
            |association: &Association| association.ending.is_some_and(|ending| ending.listed_until < seen_from);
        let endpoint = &mut self.endpoints[place];
        let old: f64 = endpoint.associations.iter().filter(|it| is_old(it)).map(|it| it.billed_hours(now)).sum();
        self.billed_before += old;
        let gone: Vec<String> = endpoint.associations.iter().filter(|it| is_old(it)).map(|it| it.id.clone()).collect();
        endpoint.associations.retain(|association| !gone.contains(&association.id));
        endpoint.routes.retain(|route| !gone.contains(&route.association));
    }
}

impl VpnEndpoint {
    pub(super) fn billed_hours(&self, now: Timestamp) -> f64 {
        self.associations.iter().map(|association| association.billed_hours(now)).sum()
    }

    pub(super) fn billed_associations(&self, now: Timestamp) -> usize {
        self.associations.iter().filter(|association| association.is_billed() && association.exists(now)).count()
    }

    /// Refuses a Transit Gateway's endpoint (fact 7.2), and a subnet without a block of each family that the endpoint
    /// carries (fact 7.1).
    fn expect_families(&self, subnet: &deployment::Subnet) -> Result<(), AwsError> {
        if let Some(gateway) = &self.shown.transit_gateway {
            let message = format!("The endpoint uses {gateway}: specify an Availability Zone instead of a subnet.");
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        let (ipv4, ipv6) = self.shown.carries();
        let missing = match () {
            () if ipv4 && subnet.cidr.is_empty() => "IPv4",
            () if ipv6 && subnet.ipv6_cidr.is_none() => "IPv6",
            () => return Ok(()),
        };
        let why =
            format!("The subnet must have an {missing} CIDR block, since the endpoint carries {missing} traffic.");
        Err(AwsError::value("subnetId", &subnet.id, &why))
    }
}

/// Fact 4.7: at least a /27.
const SMALLEST_SUBNET: u32 = 27;
