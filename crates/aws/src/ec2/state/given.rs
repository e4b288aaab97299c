//! What an endpoint has been given that matters to whoever carries its clients' traffic. No call of the API: it costs no
//! request, and no fault strikes it.

use jiff::Timestamp;

use super::{ClientVpn, EndpointOptions};

/// What holds at an endpoint while a subnet is associated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The block clients get addresses from.
    pub client_cidr: String,
    /// Certificates by their ARNs, transport, split tunnel, servers of names.
    pub options: EndpointOptions,
    /// The destinations of the routes that are active, each once.
    pub routes: Vec<String>,
    /// What everyone may reach by the authorization rules that are active. Whoever comes with a certificate is in no group,
    /// so a rule for one lets nobody in here.
    pub authorized: Vec<String>,
    /// The list of revoked certificates that is in force, as it was imported.
    pub revocation_list: Option<String>,
}

impl ClientVpn {
    /// What the oldest endpoint has been given; nothing while it takes no connections.
    #[must_use]
    pub fn given(&self, now: Timestamp) -> Option<Given> {
        let endpoint = &self.endpoints[self.oldest()?];
        if !endpoint.takes_connections(now) {
            return None;
        }
        let routes = self.routes_at(endpoint, now).into_iter();
        let rules = endpoint.rules_at(now).into_iter();
        Some(Given {
            client_cidr: endpoint.client_cidr.clone(),
            options: endpoint.options.clone(),
            routes: once(routes.filter(|route| route.status.code == "active").map(|route| route.destination_cidr)),
            authorized: once(
                rules.filter(|rule| rule.access_all && rule.status.code == "active").map(|rule| rule.destination_cidr),
            ),
            revocation_list: endpoint.list_in_force_as_pem(now).map(str::to_owned),
        })
    }
}

/// Each once, in one order.
fn once(blocks: impl Iterator<Item = String>) -> Vec<String> {
    blocks.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
