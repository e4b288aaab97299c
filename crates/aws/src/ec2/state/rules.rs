//! Authorization rules: who may reach which network. They belong to the endpoint, and stay when nothing is associated
//! (fact 4.10).

use jiff::Timestamp;

use super::{
    ClientVpn,
    associations::{Associated, Status},
    endpoint::VpnEndpoint,
    views::AuthorizationRule,
};
use crate::ec2::{AwsError, cidr};

#[derive(Debug, Clone)]
pub(super) struct Rule {
    destination: String,
    /// Only this group of the directory or identity provider; everyone where there is none.
    group: Option<String>,
    description: String,
    began: Timestamp,
    settles: Timestamp,
    fails: Option<String>,
    shows: Option<String>,
    ending: Option<(Timestamp, Timestamp)>,
}

impl Rule {
    /// Everyone may reach a block, since before the emulated world began.
    pub(super) fn everyone(block: &str) -> Self {
        Self {
            destination: block.to_owned(),
            group: None,
            description: String::new(),
            began: Timestamp::MIN,
            settles: Timestamp::MIN,
            fails: None,
            shows: None,
            ending: None,
        }
    }

    fn status(&self, at: Timestamp) -> Option<Status> {
        let code = match (self.ending, &self.shows, &self.fails) {
            _ if at < self.began => return None,
            (Some((_, ends)), ..) if at >= ends => return None,
            (Some((began, _)), ..) if at >= began => "revoking",
            (_, Some(code), _) => code,
            _ if at < self.settles => "authorizing",
            (.., Some(message)) => return Some(Status { message: Some(message.clone()), ..Status::new("failed") }),
            _ => "active",
        };
        Some(Status::new(code))
    }

    pub(super) fn is_changing(&self, at: Timestamp) -> bool {
        self.status(at).is_some_and(|status| ["authorizing", "revoking"].contains(&status.code.as_str()))
    }
}

impl ClientVpn {
    /// `AuthorizeClientVpnIngress`, for one group or, without it, for everyone.
    ///
    /// # Errors
    /// AWS's: unknown endpoint, no such block, a rule for the same that is there already, too many of them.
    pub fn authorize_ingress(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        network: &str,
        group: Option<&str>,
        description: Option<&str>,
        token: Option<&str>,
    ) -> Result<Status, AwsError> {
        const ACTION: &str = "AuthorizeClientVpnIngress";
        self.attempt(now, ACTION, &[endpoint, network], |state, effects| {
            let place = state.expect_kept(endpoint)?;
            let parameters = [endpoint, network, group.unwrap_or_default(), description.unwrap_or_default()];
            if let Some(answer) = state.replayed(ACTION, token, &parameters)? {
                return Ok(answer.status);
            }
            state.endpoints[place].expect_carried(NETWORK, network)?;
            if state.rule(now, place, network, group)?.is_some() {
                let message = "The specified authorization has already been added to the Client VPN endpoint.";
                return Err(AwsError::new("InvalidClientVpnDuplicateAuthorizationRule", message));
            }
            let rules = &state.endpoints[place].rules;
            if rules.iter().filter(|rule| rule.status(now).is_some()).count() >= state.settings.limits.rules {
                let message = "You've reached the limit on the number of authorization rules that can be added to a \
                               single Client VPN endpoint.";
                return Err(AwsError::new("ClientVpnAuthorizationRuleLimitExceeded", message));
            }
            state.expect_room_for_a_change(now, place)?;
            let settles = now + effects.takes.unwrap_or(state.settings.delays.authorize);
            state.endpoints[place].rules.push(Rule {
                destination: network.to_owned(),
                group: group.map(str::to_owned),
                description: description.unwrap_or_default().to_owned(),
                began: now,
                settles,
                fails: effects.fails,
                shows: effects.shows,
                ending: None,
            });
            let answer = Associated { association_id: String::new(), status: Status::new("authorizing") };
            state.remember(ACTION, token, &parameters, &answer);
            Ok(answer.status)
        })
    }

    /// `RevokeClientVpnIngress`: the rule of one group or, without it, the one for everyone.
    ///
    /// # Errors
    /// AWS's: unknown endpoint, no such block, no such rule.
    pub fn revoke_ingress(
        &mut self,
        now: Timestamp,
        endpoint: &str,
        network: &str,
        group: Option<&str>,
    ) -> Result<Status, AwsError> {
        self.attempt(now, "RevokeClientVpnIngress", &[endpoint, network], |state, effects| {
            let place = state.expect_kept(endpoint)?;
            let Some(rule) = state.rule(now, place, network, group)? else {
                let message = format!("The specified authorization rule for {network} cannot be found.");
                return Err(AwsError::new("InvalidClientVpnEndpointAuthorizationRuleNotFound", message));
            };
            state.expect_room_for_a_change(now, place)?;
            let ends = now + effects.takes.unwrap_or(state.settings.delays.authorize);
            state.endpoints[place].rules[rule].ending = Some((now, ends));
            Ok(Status::new("revoking"))
        })
    }

    /// Where the rule for a block and a group is; refused while it is being revoked.
    fn rule(
        &self,
        now: Timestamp,
        place: usize,
        network: &str,
        group: Option<&str>,
    ) -> Result<Option<usize>, AwsError> {
        let block = cidr::parameter(NETWORK, network)?;
        let rules = &self.endpoints[place].rules;
        let found = rules.iter().position(|rule| {
            rule.destination.parse() == Ok(block) && rule.group.as_deref() == group && rule.status(now).is_some()
        });
        if found.is_some_and(|found| rules[found].status(now) == Some(Status::new("revoking"))) {
            return Err(AwsError::new("IncorrectState", format!("The rule for {network} is in the revoking state.")));
        }
        Ok(found)
    }
}

impl VpnEndpoint {
    pub(super) fn rules_at(&self, at: Timestamp) -> Vec<AuthorizationRule> {
        let view = |rule: &Rule| {
            Some(AuthorizationRule {
                client_vpn_endpoint_id: self.id.clone(),
                destination_cidr: rule.destination.clone(),
                group_id: rule.group.clone().unwrap_or_default(),
                access_all: rule.group.is_none(),
                description: rule.description.clone(),
                status: rule.status(at)?,
            })
        };
        self.rules.iter().filter_map(view).collect()
    }
}

/// The parameter that names the block.
const NETWORK: &str = "targetNetworkCidr";
