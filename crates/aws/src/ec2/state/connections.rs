//! Client connections and the connection log.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::{ClientVpn, associations::Status};
use crate::ec2::{AwsError, cidr::Cidr};

/// A client that wants to connect.
#[derive(Debug, Clone, Default)]
pub struct ClientConnect {
    /// The certificate's common name.
    pub common_name: String,
    /// Empty with certificates only.
    pub username: String,
    /// The address it comes from.
    pub public_ip: String,
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
    /// Whether the endpoint takes connections: `available`, with an `associated` subnet.
    #[must_use]
    pub fn takes_connections(&self, now: Timestamp) -> bool {
        self.associations.iter().any(|association| association.is("associated", now))
    }

    /// Lists a connection as active, after the connect handler let it in.
    pub fn connect(&mut self, now: Timestamp, id: &str, client: &ClientConnect) {
        let seen_from = now - self.settings.delays.lag;
        self.connections
            .retain(|connection| connection.ended(seen_from).is_none_or(|ended| seen_from < ended + LISTED));
        let connection = Connection {
            id: id.to_owned(),
            client: client.clone(),
            client_ip: self.free_client_ip(now),
            posture: Vec::new(),
            began: now,
            ending: None,
        };
        let entry = log_entry(&self.endpoint.id, &connection, now);
        self.log(entry);
        self.connections.push(connection);
    }

    /// Notes what the connect handler said about the device of a connection.
    pub fn set_posture(&mut self, id: &str, statuses: &[String]) {
        if let Some(connection) = self.connections.iter_mut().find(|connection| connection.id == id) {
            connection.posture = statuses.to_vec();
        }
    }

    /// Writes a refused attempt into the connection log, with AWS's failure reason (fact 6.6).
    pub fn refuse(&mut self, now: Timestamp, id: &str, client: &ClientConnect, reason: &str) {
        let mut entry = empty_entry(&self.endpoint.id, id, client, now);
        entry["connection-attempt-status"] = json!("failed");
        entry["connection-attempt-failure-reason"] = json!(reason);
        self.log(entry);
    }

    /// A client ends its connection; false if there is none that lasts.
    pub fn disconnect(&mut self, now: Timestamp, id: &str) -> bool {
        let Some(place) =
            self.connections.iter().position(|connection| connection.id == id && connection.is_active(now))
        else {
            return false;
        };
        self.end_connection(now, place, now);
        true
    }

    /// `ActiveConnectionsCount` as it is published.
    #[must_use]
    pub fn active_connections(&self, now: Timestamp) -> usize {
        self.connections.iter().filter(|connection| connection.is_active(now)).count()
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
            state.expect_endpoint(endpoint)?;
            let is_meant = |connection: &Connection| match which {
                Which::ConnectionId(id) => connection.id == *id,
                Which::Username(name) => connection.client.username == *name,
            };
            let places: Vec<usize> = (0..state.connections.len())
                .filter(|place| is_meant(&state.connections[*place]) && state.connections[*place].is_active(now))
                .collect();
            if places.is_empty() {
                return Err(nothing_to_terminate(which));
            }
            if places.len() > state.settings.limits.terminated_at_once {
                return Err(AwsError::new(
                    "ClientVpnTerminateConnectionsLimitExceeded",
                    "The number of client connections you're attempting to terminate exceeds the limit.",
                ));
            }
            let ended = now + effects.takes.unwrap_or(state.settings.delays.terminate_connection);
            let mut terminated = Vec::new();
            for place in places {
                state.end_connection(now, place, ended);
                terminated.push(Terminated {
                    connection_id: state.connections[place].id.clone(),
                    previous_status: Status::new("active"),
                    current_status: Status::new("terminating"),
                });
            }
            Ok(terminated)
        })
    }

    pub(super) fn end_all_connections(&mut self, now: Timestamp) {
        let ended = now + self.settings.delays.terminate_connection;
        for place in 0..self.connections.len() {
            if self.connections[place].is_active(now) {
                self.end_connection(now, place, ended);
            }
        }
    }

    fn end_connection(&mut self, now: Timestamp, place: usize, ended: Timestamp) {
        self.connections[place].ending = Some((now, ended));
        let entry = log_entry(&self.endpoint.id, &self.connections[place], ended);
        self.log(entry);
    }

    fn log(&mut self, entry: Value) {
        self.connection_log.push_back(entry);
        if self.connection_log.len() > LOG_LINES {
            self.connection_log.pop_front();
        }
    }

    /// The first address of the client block that no living connection has; AWS keeps the very first ones.
    fn free_client_ip(&self, now: Timestamp) -> String {
        let Ok(block) = self.endpoint.client_cidr.parse::<Cidr>() else { return String::new() };
        let taken: Vec<&str> = self
            .connections
            .iter()
            .filter(|connection| connection.ended(now).is_none())
            .map(|connection| connection.client_ip.as_str())
            .collect();
        let mut addresses = (FIRST_CLIENT..).map(|place| block.address(place).to_string());
        addresses.find(|address| !taken.contains(&address.as_str())).unwrap_or_default()
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

/// An entry about a connection that exists: an attempt that succeeded, or its end.
fn log_entry(endpoint: &str, connection: &Connection, at: Timestamp) -> Value {
    let mut entry = empty_entry(endpoint, &connection.id, &connection.client, at);
    entry["connection-start-time"] = json!(aws_time(connection.began));
    entry["client-ip"] = json!(connection.client_ip);
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

/// The fields every entry has, in the words of AWS's page about connection logging. No traffic is emulated: zero bytes.
fn empty_entry(endpoint: &str, id: &str, client: &ClientConnect, at: Timestamp) -> Value {
    json!({
        "connection-log-type": "connection-attempt",
        "connection-attempt-status": "NA",
        "connection-reset-status": "NA",
        "connection-attempt-failure-reason": "NA",
        "connection-id": id,
        "client-vpn-endpoint-id": endpoint,
        "transport-protocol": "udp",
        "connection-start-time": "NA",
        "connection-last-update-time": aws_time(at),
        "client-ip": "NA",
        "common-name": client.common_name,
        "device-type": "NA",
        "device-ip": client.public_ip,
        "port": "443",
        "ingress-bytes": "0",
        "egress-bytes": "0",
        "ingress-packets": "0",
        "egress-packets": "0",
        "connection-end-time": "NA",
        "connection-duration-seconds": "NA",
        "username": if client.username.is_empty() { "N/A" } else { &client.username },
    })
}

/// `YYYY-MM-DD HH:MM:SS` in UTC without a zone (fact 4.5).
pub(super) fn aws_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Fact 4.5.
const LISTED: SignedDuration = SignedDuration::from_mins(60);

const LOG_LINES: usize = 1_000;

const FIRST_CLIENT: u32 = 2;
