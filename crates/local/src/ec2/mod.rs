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

/// Something that goes wrong.
pub type Fault = serde_json::Value;

/// An error as AWS answers it.
#[derive(Debug, thiserror::Error)]
#[error("not written yet")]
pub struct AwsError;

/// Calls that wait.
#[derive(Debug, Clone, Default)]
pub struct Holds;

impl Holds {
    /// From now on calls to these actions wait.
    pub fn hold(&self, _actions: &[&str]) {}

    /// The actions of the calls that wait, in the order they came.
    pub fn waiting(&self) -> Vec<String> {
        Vec::new()
    }

    /// Lets every call go, and holds no more.
    pub fn release(&self) {}
}

/// Everything about the emulated service that can be set.
#[derive(Debug, Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {}

/// What `AssociateClientVpnTargetNetwork` answers.
#[derive(Debug)]
pub struct Associated {
    /// Its id.
    pub association_id: String,
}

/// Plain state, no HTTP.
#[derive(Debug, Default)]
pub struct State {
    /// What can be changed at any time.
    pub settings: Settings,
    /// Calls that wait.
    pub holds: Holds,
}

impl State {
    /// Adds something that goes wrong, and gives the number to remove it by.
    pub fn add_fault(&mut self, _fault: Fault) -> u64 {
        0
    }

    /// What goes wrong at present.
    pub fn faults(&self) -> &[Fault] {
        &[]
    }

    /// Removes a fault; false if there is none of that number.
    pub fn remove_fault(&mut self, _id: u64) -> bool {
        false
    }

    /// Removes all faults.
    pub fn clear_faults(&mut self) {}

    /// `AssociateClientVpnTargetNetwork`.
    pub fn associate(&mut self, _: Timestamp, _: &str, _: &str, _: Option<&str>) -> Result<Associated, AwsError> {
        Err(AwsError)
    }

    /// `DisassociateClientVpnTargetNetwork`.
    pub fn disassociate(&mut self, _: Timestamp, _: &str, _: &str) -> Result<Associated, AwsError> {
        Err(AwsError)
    }

    /// `CreateTags`.
    pub fn create_tags(&mut self, _: Timestamp, _: &[String], _: &[(String, String)]) -> Result<(), AwsError> {
        Err(AwsError)
    }

    /// `DeleteTags`.
    pub fn delete_tags(&mut self, _: Timestamp, _: &[String], _: &[(String, Option<String>)]) -> Result<(), AwsError> {
        Err(AwsError)
    }

    /// Association-hours so far.
    pub fn billed_hours(&self, _now: Timestamp) -> f64 {
        0.0
    }

    /// Notes what the connect handler said about the device of a connection.
    pub fn set_posture(&mut self, _id: &str, _statuses: &[String]) {}

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
    pub fn report(&self, _now: Timestamp) -> serde_json::Value {
        serde_json::Value::Null
    }
}
