//! Client connections and the connection log.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::{ClientVpn, associations::Status, endpoint::VpnEndpoint};
use crate::ec2::{AwsError, cidr::Cidr};

/// A client that wants to connect.
#[derive(Debug, Clone, Default)]
pub struct ClientConnect {
    /// The endpoint that it dials; none for the oldest.
    pub endpoint: Option<String>,
    /// The certificate's common name.
    pub common_name: String,
    /// Its serial number in hexadecimal digits, as OpenSSL writes it.
    pub serial: Option<String>,
    /// Empty with certificates only.
    pub username: String,
    /// The address it comes from.
    pub public_ip: String,
    /// `ios`, `win`, `mac`, `linux`, `android`; empty where it does not say.
    pub platform: String,
}

/// What has gone through a connection's tunnel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes from the client.
    pub ingress: u64,
    /// Bytes to the client.
    pub egress: u64,
}

/// What AWS publishes about an endpoint, in CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    pub endpoint: String,
    /// `ActiveConnectionsCount`.
    pub active_connections: usize,
    /// Whether a subnet is associated, or on its way.
    pub is_billed: bool,
    /// `CrlDaysToExpiry`, where a list of revoked certificates is in force.
    pub list_expires_in: Option<SignedDuration>,
}

/// Which connections `TerminateClientVpnConnections` ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// The one of this id.
    ConnectionId(String),
    /// All of this user.
    Username(String),
}

/// What became of a connection that was to be terminated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Terminated {
    pub connection_id: String,
    /// Its state before.
    pub previous_status: Status,
    /// Its state now.
    pub current_status: Status,
}

#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) id: String,
    pub(super) client: ClientConnect,
    pub(super) client_ip: String,
    pub(super) traffic: Traffic,
    pub(super) posture: Vec<String>,
    pub(super) began: Timestamp,
    /// When it begins to end, and when it has ended.
    ending: Option<(Timestamp, Timestamp)>,
}

impl Connection {
    /// The state at a time; `None` before it began and 60 minutes after it ended (fact 4.5).
    pub(super) fn status(&self, at: Timestamp) -> Option<Status> {
        let code = match self.ending {
            _ if at < self.began => return None,
            Some((_, ended)) if at >= ended + LISTED => return None,
            Some((_, ended)) if at >= ended => "terminated",
            Some((ends, _)) if at >= ends => "terminating",
            _ => "active",
        };
        Some(Status::new(code))
    }

    pub(super) fn ended(&self, at: Timestamp) -> Option<Timestamp> {
        self.ending.map(|(_, ended)| ended).filter(|ended| at >= *ended)
    }

    fn is_active(&self, at: Timestamp) -> bool {
        self.status(at).is_some_and(|status| status.code == "active")
    }
}

impl ClientVpn {
    /// Whether the oldest endpoint takes connections: `available`, with an `associated` subnet.
    #[must_use]
    pub fn takes_connections(&self, now: Timestamp) -> bool {
        self.is_answered(now, &ClientConnect::default())
    }

    /// Whether the endpoint that a client dials takes connections.
    #[must_use]
    pub fn is_answered(&self, now: Timestamp, client: &ClientConnect) -> bool {
        self.dialled(client).is_some_and(|place| self.endpoints[place].takes_connections(now))
    }

    /// Lists a connection as active, after the connect handler let it in. Whoever dials an endpoint that is not there has
    /// none.
    pub fn connect(&mut self, now: Timestamp, id: &str, client: &ClientConnect) {
        let Some(place) = self.dialled(client) else { return };
        let seen_from = now - self.settings.delays.lag;
        let endpoint = &mut self.endpoints[place];
        endpoint
            .connections
            .retain(|connection| connection.ended(seen_from).is_none_or(|ended| seen_from < ended + LISTED));
        let connection = Connection {
            id: id.to_owned(),
            client: client.clone(),
            client_ip: endpoint.free_client_ip(now),
            traffic: Traffic::default(),
            posture: Vec::new(),
            began: now,
            ending: None,
        };
        let entry = endpoint.log_entry(&connection, now);
        endpoint.connections.push(connection);
        self.log(entry);
    }

    /// Where the endpoint is that a client dials.
    pub(super) fn dialled(&self, client: &ClientConnect) -> Option<usize> {
        match &client.endpoint {
            Some(id) => self.endpoints.iter().position(|endpoint| endpoint.id == *id),
            None => self.oldest(),
        }
    }

    /// Notes what the connect handler said about the device of a connection.
    pub fn set_posture(&mut self, id: &str, statuses: &[String]) {
        if let Some(connection) = self.connection_mut(id) {
            connection.posture = statuses.to_vec();
        }
    }

    /// Notes what has gone through a connection so far.
    pub fn set_traffic(&mut self, id: &str, traffic: Traffic) {
        if let Some(connection) = self.connection_mut(id) {
            connection.traffic = traffic;
        }
    }

    fn connection_mut(&mut self, id: &str) -> Option<&mut Connection> {
        let mut all = self.endpoints.iter_mut().flat_map(|endpoint| &mut endpoint.connections);
        all.find(|connection| connection.id == id)
    }

    /// The addresses of the connections that are active, by their ids: what whoever carries their traffic has to know.
    #[must_use]
    pub fn client_addresses(&self, now: Timestamp) -> BTreeMap<String, String> {
        let all = self.endpoints.iter().flat_map(|endpoint| &endpoint.connections);
        let active = all.filter(|connection| connection.is_active(now));
        active.map(|connection| (connection.id.clone(), connection.client_ip.clone())).collect()
    }

    /// Writes a refused attempt into the connection log, with AWS's failure reason (fact 6.6).
    pub fn refuse(&mut self, now: Timestamp, id: &str, client: &ClientConnect, reason: &str) {
        let Some(place) = self.dialled(client) else { return };
        let mut entry = self.endpoints[place].empty_entry(id, client, now);
        entry["connection-attempt-status"] = json!("failed");
        entry["connection-attempt-failure-reason"] = json!(reason);
        self.log(entry);
    }

    /// A client ends its connection; false if there is none that lasts.
    pub fn disconnect(&mut self, now: Timestamp, id: &str) -> bool {
        let is_meant = |connection: &Connection| connection.id == id && connection.is_active(now);
        let ended = (0..self.endpoints.len()).map(|place| self.end_connections(now, place, now, is_meant).len());
        ended.sum::<usize>() > 0
    }

    /// The connections of all endpoints.
    #[must_use]
    pub fn active_connections(&self, now: Timestamp) -> usize {
        self.endpoints.iter().map(|endpoint| endpoint.active_connections(now)).sum()
    }

    /// What is published about each endpoint.
    #[must_use]
    pub fn measured(&self, now: Timestamp) -> Vec<Measured> {
        let measure = |endpoint: &VpnEndpoint| Measured {
            endpoint: endpoint.id.clone(),
            active_connections: endpoint.active_connections(now),
            is_billed: endpoint.billed_associations(now) > 0,
            list_expires_in: endpoint.list_expires_in(now),
        };
        self.endpoints.iter().filter(|endpoint| !endpoint.is_gone(now)).map(measure).collect()
    }

    /// The connection log, oldest line first, with AWS's field names.
    pub fn connection_log(&self) -> impl Iterator<Item = &Value> {
        self.connection_log.iter()
    }

    /// `TerminateClientVpnConnections`.
    ///
    /// # Errors
    /// AWS's: nothing active of that id or user, too many at once.
    pub fn terminate(&mut self, now: Timestamp, endpoint: &str, which: &Which) -> Result<Vec<Terminated>, AwsError> {
        let (Which::ConnectionId(named) | Which::Username(named)) = which;
        self.attempt(now, "TerminateClientVpnConnections", &[endpoint, named], |state, effects| {
            let place = state.expect_endpoint(endpoint)?;
            let is_meant = |connection: &Connection| match which {
                Which::ConnectionId(id) => connection.id == *id,
                Which::Username(name) => connection.client.username == *name,
            };
            let is_meant = |connection: &Connection| is_meant(connection) && connection.is_active(now);
            let meant = state.endpoints[place].connections.iter().filter(|it| is_meant(it)).count();
            if meant == 0 {
                return Err(nothing_to_terminate(which));
            }
            if meant > state.settings.limits.terminated_at_once {
                return Err(AwsError::new(
                    "ClientVpnTerminateConnectionsLimitExceeded",
                    "The number of client connections you're attempting to terminate exceeds the limit.",
                ));
            }
            let ended = now + effects.takes.unwrap_or(state.settings.delays.terminate_connection);
            let terminate = |connection_id| Terminated {
                connection_id,
                previous_status: Status::new("active"),
                current_status: Status::new("terminating"),
            };
            Ok(state.end_connections(now, place, ended, is_meant).into_iter().map(terminate).collect())
        })
    }

    pub(super) fn end_all_connections(&mut self, now: Timestamp, place: usize) {
        let ended = now + self.settings.delays.terminate_connection;
        self.end_connections(now, place, ended, |connection| connection.is_active(now));
    }

    /// Ends some connections of an endpoint, and gives their ids.
    fn end_connections(
        &mut self,
        now: Timestamp,
        place: usize,
        ended: Timestamp,
        is_meant: impl Fn(&Connection) -> bool,
    ) -> Vec<String> {
        let endpoint = &mut self.endpoints[place];
        let mut ids = Vec::new();
        for connection in endpoint.connections.iter_mut().filter(|connection| is_meant(connection)) {
            connection.ending = Some((now, ended));
            ids.push(connection.id.clone());
        }
        let endpoint = &self.endpoints[place];
        let of_ended = endpoint.connections.iter().filter(|connection| ids.contains(&connection.id));
        let entries: Vec<Value> = of_ended.map(|connection| endpoint.log_entry(connection, ended)).collect();
        entries.into_iter().for_each(|entry| self.log(entry));
        ids
    }

    fn log(&mut self, entry: Value) {
        self.connection_log.push_back(entry);
        if self.connection_log.len() > LOG_LINES {
            self.connection_log.pop_front();
        }
    }
}

impl VpnEndpoint {
    fn active_connections(&self, now: Timestamp) -> usize {
        self.connections.iter().filter(|connection| connection.is_active(now)).count()
    }

    /// The first address of the client block that no living connection has; AWS keeps the very first ones.
    fn free_client_ip(&self, now: Timestamp) -> String {
        let Ok(block) = self.client_cidr.parse::<Cidr>() else { return String::new() };
        let taken: Vec<&str> = self
            .connections
            .iter()
            .filter(|connection| connection.ended(now).is_none())
            .map(|connection| connection.client_ip.as_str())
            .collect();
        let mut addresses = (FIRST_CLIENT..).map(|place| block.address(place).to_string());
        addresses.find(|address| !taken.contains(&address.as_str())).unwrap_or_default()
    }

    /// An entry about a connection that exists: an attempt that succeeded, or its end.
    fn log_entry(&self, connection: &Connection, at: Timestamp) -> Value {
        let mut entry = self.empty_entry(&connection.id, &connection.client, at);
        entry["connection-start-time"] = json!(aws_time(connection.began));
        entry["client-ip"] = json!(connection.client_ip);
        entry["ingress-bytes"] = json!(connection.traffic.ingress.to_string());
        entry["egress-bytes"] = json!(connection.traffic.egress.to_string());
        if !connection.posture.is_empty() {
            entry["posture-compliance-statuses"] = json!(connection.posture);
        }
        if let Some(ended) = connection.ended(at) {
            entry["connection-log-type"] = json!("connection-reset");
            entry["connection-end-time"] = json!(aws_time(ended));
            let seconds = ended.duration_since(connection.began).as_secs();
            entry["connection-duration-seconds"] = json!(seconds.to_string());
        } else {
            entry["connection-attempt-status"] = json!("successful");
            entry["connection-duration-seconds"] = json!("0");
        }
        entry
    }

    /// The fields every entry has, in the words of AWS's page about connection logging. Nobody counts packets.
    fn empty_entry(&self, id: &str, client: &ClientConnect, at: Timestamp) -> Value {
        json!({
            "connection-log-type": "connection-attempt",
            "connection-attempt-status": "NA",
            "connection-reset-status": "NA",
            "connection-attempt-failure-reason": "NA",
            "connection-id": id,
            "client-vpn-endpoint-id": self.id,
            "transport-protocol": self.options.transport_protocol,
            "connection-start-time": "NA",
            "connection-last-update-time": aws_time(at),
            "client-ip": "NA",
            "common-name": client.common_name,
            "device-type": if client.platform.is_empty() { "NA" } else { &client.platform },
            "device-ip": client.public_ip,
            "port": self.options.vpn_port.to_string(),
            "ingress-bytes": "0",
            "egress-bytes": "0",
            "ingress-packets": "0",
            "egress-packets": "0",
            "connection-end-time": "NA",
            "connection-duration-seconds": "NA",
            "username": if client.username.is_empty() { "N/A" } else { &client.username },
        })
    }
}

fn nothing_to_terminate(which: &Which) -> AwsError {
    match which {
        Which::ConnectionId(id) => {
            AwsError::new("InvalidClientVpnConnection.IdNotFound", format!("Connection {id} does not exist"))
        }
        Which::Username(_) => AwsError::new(
            "InvalidClientVpnConnection.UserNotFound",
            "The specified user does not have an active connection to the specified Client VPN endpoint.",
        ),
    }
}

/// `YYYY-MM-DD HH:MM:SS` in UTC without a zone (fact 4.5).
pub(super) fn aws_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Fact 4.5.
const LISTED: SignedDuration = SignedDuration::from_mins(60);

const LOG_LINES: usize = 1_000;

const FIRST_CLIENT: u32 = 2;
