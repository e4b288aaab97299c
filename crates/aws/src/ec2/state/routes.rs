//! Routes: the VPC's own comes and goes with each association, the others are made by hand and go with it too.

use jiff::Timestamp;

use super::{
    ClientVpn,
    associations::{Associated, Association, Status},
    endpoint::VpnEndpoint,
};
use crate::ec2::{
    AwsError,
    cidr::{self, Cidr},
    faults::CallEffects,
};

/// A route somebody made. The automatic one is not stored: it follows from the association.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) destination: String,
    pub(super) association: String,
    pub(super) subnet: String,
    pub(super) description: Option<String>,
    began: Timestamp,
    settles: Timestamp,
    fails: Option<String>,
    shows: Option<String>,
    ending: Option<(Timestamp, Timestamp)>,
    /// Whether it goes with its association, which then is the change.
    swept: bool,
}

impl Route {
    pub(super) fn status(&self, at: Timestamp) -> Option<Status> {
        match self.ending {
            _ if at < self.began => None,
            Some((_, ends)) if at >= ends => None,
            Some((began, _)) if at >= began => Some(Status::new("deleting")),
            _ => Some(self.status_while_it_stays(at)),
        }
    }

    fn status_while_it_stays(&self, at: Timestamp) -> Status {
        match (&self.shows, &self.fails) {
            (Some(code), _) => Status::new(code),
            (None, _) if at < self.settles => Status::new("creating"),
            (None, Some(message)) => Status { message: Some(message.clone()), ..Status::new("failed") },
            (None, None) => Status::new("active"),
        }
    }

    pub(super) fn is_changing(&self, at: Timestamp) -> bool {
        !self.swept && self.status(at).is_some_and(|status| ["creating", "deleting"].contains(&status.code.as_str()))
    }
}

impl ClientVpn {
    /// `CreateClientVpnRoute`.
    ///
    /// # Errors
    /// AWS's, among them `InvalidClientVpnActiveAssociationNotFound` while the subnet is not associated yet.
    pub fn create_route(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        destination: &str,
        subnet: &str,
        description: Option<&str>,
        token: Option<&str>,
    ) -> Result<Status, AwsError> {
        const ACTION: &str = "CreateClientVpnRoute";
        self.attempt(now, ACTION, &[endpoint, destination, subnet], |state, effects| {
            let place = state.expect_kept(endpoint)?;
            let parameters = [endpoint, destination, subnet, description.unwrap_or_default()];
            if let Some(answer) = state.replayed(ACTION, token, &parameters)? {
                return Ok(answer.status);
            }
            let block = state.endpoints[place].expect_carried("destinationCidrBlock", destination)?;
            let association = state.routable(now, place, subnet)?.clone();
            state.expect_new_route(now, place, &association, block)?;
            state.expect_room_for_a_change(now, place)?;
            state.begin_route(now, place, &association, destination, description, effects);
            let answer = Associated { association_id: String::new(), status: Status::new("creating") };
            state.remember(ACTION, token, &parameters, &answer);
            Ok(answer.status)
        })
    }

    /// `DeleteClientVpnRoute`.
    ///
    /// # Errors
    /// AWS's, among them `InvalidClientVpnRouteNotFound`. What AWS calls the refusal to delete an automatic route is
    /// not documented; here it is `OperationNotPermitted`.
    pub fn delete_route(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        destination: &str,
        subnet: &str,
    ) -> Result<Status, AwsError> {
        self.attempt(now, "DeleteClientVpnRoute", &[endpoint, destination, subnet], |state, effects| {
            let place = state.expect_kept(endpoint)?;
            let block = cidr::parameter("destinationCidrBlock", destination)?;
            state.expect_room_for_a_change(now, place)?;
            let ends = now + effects.takes.unwrap_or(state.settings.delays.delete_route);
            let is_meant = |route: &&mut Route| {
                route.subnet == subnet
                    && route.destination.parse() == Ok(block)
                    && route.status(now).is_some_and(|status| status.code != "deleting")
            };
            let endpoint = &mut state.endpoints[place];
            if let Some(route) = endpoint.routes.iter_mut().find(is_meant) {
                route.ending = Some((now, ends));
                return Ok(Status::new("deleting"));
            }
            let taken = |association: &&Association| association.subnet.id == subnet && association.exists(now);
            if state.network.block(&endpoint.vpc).parse() == Ok(block)
                && endpoint.associations.iter().any(|it| taken(&it))
            {
                let message = "Routes that were added automatically cannot be deleted; disassociate the subnet.";
                return Err(AwsError::new("OperationNotPermitted", message));
            }
            let message = format!("The specified route {destination} to {subnet} cannot be found.");
            Err(AwsError::new("InvalidClientVpnRouteNotFound", message))
        })
    }

    fn begin_route(
        &mut self,
        now: Timestamp,
        place: usize,
        association: &Association,
        destination: &str,
        description: Option<&str>,
        effects: CallEffects,
    ) {
        let from = association.associated_from().map_or(now, |associated| associated.max(now));
        self.endpoints[place].routes.push(Route {
            destination: destination.to_owned(),
            association: association.id.clone(),
            subnet: association.subnet.id.clone(),
            description: description.map(str::to_owned),
            began: now,
            settles: from + effects.takes.unwrap_or(self.settings.delays.create_route),
            fails: effects.fails,
            shows: effects.shows,
            ending: None,
            swept: false,
        });
    }

    /// The association a route can be made for (fact 4.12).
    fn routable(&self, now: Timestamp, place: usize, subnet: &str) -> Result<&Association, AwsError> {
        let early = self.settings.quirks.routes_while_associating;
        let accepts = |association: &&Association| {
            association.subnet.id == subnet
                && (association.is("associated", now)
                    || association.is("associating", now) && early.is_some_and(|early| association.age(now) >= early))
        };
        self.endpoints[place].associations.iter().find(accepts).ok_or_else(AwsError::no_active_association)
    }

    fn expect_new_route(
        &self,
        now: Timestamp,
        place: usize,
        association: &Association,
        block: Cidr,
    ) -> Result<(), AwsError> {
        let endpoint = &self.endpoints[place];
        let is_its = |route: &&Route| route.association == association.id && route.status(now).is_some();
        let existing = || endpoint.routes.iter().filter(is_its);
        let automatic = self.network.block(&endpoint.vpc).parse() == Ok(block);
        if automatic || existing().any(|route| route.destination.parse() == Ok(block)) {
            let message = "The specified route has already been added to the Client VPN endpoint.";
            return Err(AwsError::new("InvalidClientVpnDuplicateRoute", message));
        }
        // The automatic route counts.
        if existing().count() + 1 >= self.settings.limits.routes_per_association {
            let message =
                "You've reached the limit on the number of routes that can be added to a single Client VPN endpoint.";
            return Err(AwsError::new("ClientVpnRouteLimitExceeded", message));
        }
        Ok(())
    }
}

impl VpnEndpoint {
    /// Fact 4.9: with the association go all its routes, also those made by hand.
    pub(super) fn drop_routes_of(&mut self, association: &str) {
        let known = self.associations.iter().find(|known| known.id == association);
        let Some((began, ends)) = known.and_then(Association::leaves) else { return };
        for route in self.routes.iter_mut().filter(|route| route.association == association) {
            let (deleted, gone) = route.ending.unwrap_or((began, ends));
            route.ending = Some((deleted.min(began), gone.min(ends)));
            route.swept = true;
        }
    }

    /// The block in a parameter; refused where it is of a family that the endpoint does not carry (facts 7.1, 7.1a).
    pub(super) fn expect_carried(&self, parameter: &str, text: &str) -> Result<Cidr, AwsError> {
        let block = cidr::parameter(parameter, text)?;
        let (ipv4, ipv6) = self.shown.carries();
        match if block.is_ipv6() { ipv6 } else { ipv4 } {
            true => Ok(block),
            false => Err(cidr::none(parameter, text)),
        }
    }
}
