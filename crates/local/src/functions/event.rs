//! An event that Lambda keeps until the function took it, or it is given up.

use bytes::Bytes;
use jiff::Timestamp;

/// An event that Lambda keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub(crate) function: String,
    pub(crate) arn: String,
    /// The same over all attempts.
    pub(crate) request_id: String,
    pub(crate) source: String,
    pub(crate) payload: Bytes,
    pub(crate) accepted: Timestamp,
    pub(crate) attempts: u32,
    pub(crate) throttles: u32,
}

impl Event {
    pub(crate) fn new(
        function: &str,
        arn: &str,
        request_id: String,
        source: String,
        payload: Bytes,
        accepted: Timestamp,
    ) -> Self {
        let (function, arn) = (function.to_owned(), arn.to_owned());
        Self { function, arn, request_id, source, payload, accepted, attempts: 0, throttles: 0 }
    }

    /// The function it is for.
    pub(crate) fn function(&self) -> &str {
        &self.function
    }
}
