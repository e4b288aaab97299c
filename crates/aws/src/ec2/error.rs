//! AWS's errors: a code that programs read, a message for people, and the status of the answer.

use serde::{Deserialize, Serialize};

/// An error as AWS answers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct AwsError {
    /// AWS's code, for example `InvalidClientVpnEndpointId.NotFound`.
    pub code: String,
    /// AWS's words, or ours where the documentation has none.
    pub message: String,
    /// The HTTP status; 0 where there is no answer at all.
    pub status: u16,
}

impl AwsError {
    /// An error of the caller: status 400.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::with_status(code, message, 400)
    }

    /// An error with another status than 400.
    #[must_use]
    pub fn with_status(code: &str, message: impl Into<String>, status: u16) -> Self {
        Self { code: code.to_owned(), message: message.into(), status }
    }

    /// The caller hears nothing: the connection ends without an answer.
    #[must_use]
    pub fn no_answer() -> Self {
        Self::with_status("NoAnswer", "the connection ends without an answer", 0)
    }

    /// Whether the caller hears nothing.
    #[must_use]
    pub fn is_no_answer(&self) -> bool {
        self.status == 0
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new("MissingParameter", format!("The request must contain the parameter {parameter}"))
    }

    pub(crate) fn value(parameter: &str, value: &str, why: &str) -> Self {
        Self::new("InvalidParameterValue", format!("Value ({value}) for parameter {parameter} is invalid. {why}"))
    }

    pub(crate) fn filter_limit(most: &str) -> Self {
        Self::new(
            "FilterLimitExceeded",
            format!("The request uses too many filters or too many filter values: {most}."),
        )
    }

    pub(crate) fn no_endpoint(id: &str) -> Self {
        Self::new("InvalidClientVpnEndpointId.NotFound", format!("Endpoint {id} does not exist"))
    }

    pub(crate) fn no_subnet(id: &str) -> Self {
        Self::new("InvalidSubnetID.NotFound", format!("The subnet ID '{id}' does not exist"))
    }

    pub(crate) fn no_vpc(id: &str) -> Self {
        Self::new("InvalidVpcID.NotFound", format!("The vpc ID '{id}' does not exist"))
    }

    pub(crate) fn no_association(id: &str) -> Self {
        let message = format!("The specified target network association {id} cannot be found.");
        Self::new("InvalidClientVpnAssociationIdNotFound", message)
    }

    pub(crate) fn no_active_association() -> Self {
        Self::new(
            "InvalidClientVpnActiveAssociationNotFound",
            "You cannot perform this action on the Client VPN endpoint while it is in the pending-association state.",
        )
    }
}
