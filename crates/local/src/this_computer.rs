//! Stub.

use crate::deployment::Deployment;

/// What can be chosen.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How many subnets are associated.
    pub subnets: usize,
    /// Blocks routed through every subnet.
    pub routes: Vec<String>,
    /// `VPN_IDLE_TIME`.
    pub idle_time: String,
    /// Where the employee page is.
    pub employee_url: String,
    /// Where the gateway is.
    pub aws_url: String,
    /// `VPN_SIGN_OUT_URL`.
    pub sign_out_url: String,
    /// `VPN_KEY_SERVER`.
    pub key_server: String,
    /// How much faster the clock runs.
    pub speed: f64,
}

/// What is deployed here.
#[must_use]
pub fn deployment(_options: &Options) -> Deployment {
    Deployment::default()
}
