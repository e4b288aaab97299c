//! EC2's Client VPN. Stub: helper A.

use jiff::Timestamp;

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

/// Plain state, no HTTP.
#[derive(Debug, Default)]
pub struct State {}

impl State {
    /// Whether the endpoint takes connections: `available`, with an `associated` subnet.
    pub fn takes_connections(&mut self, _now: Timestamp) -> bool {
        false
    }

    /// Lists a connection as active (after the connect handler let it in) and gives its id.
    pub fn connect(&mut self, _now: Timestamp, _id: &str, _client: &ClientConnect) {}

    /// Writes a refused attempt into the connection log, with AWS's failure reason.
    pub fn refuse(&mut self, _now: Timestamp, _id: &str, _client: &ClientConnect, _reason: &str) {}

    /// Ends a connection; false if there is none that lasts.
    pub fn disconnect(&mut self, _now: Timestamp, _id: &str) -> bool {
        false
    }

    /// `ActiveConnectionsCount` as it is published.
    pub fn active_connections(&mut self, _now: Timestamp) -> usize {
        0
    }

    /// Subnets that are billed at this moment.
    pub fn billed_associations(&mut self, _now: Timestamp) -> usize {
        0
    }

    /// Everything, for the control panel.
    pub fn report(&mut self, _now: Timestamp) -> serde_json::Value {
        serde_json::Value::Null
    }
}
