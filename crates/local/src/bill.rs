//! Stub: the watch helper's.

use jiff::Timestamp;

/// Since when, and for what, the control panel's bill is.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    /// The region it would be in.
    pub region: &'a str,
    /// When it began.
    pub started: Timestamp,
    /// Now.
    pub now: Timestamp,
    /// Subnets that would be associated always.
    pub subnets: u32,
    /// Hours that subnets were associated since it began, summed over them.
    pub associated_hours: f64,
}

/// The bill so far against always on, for the control panel.
pub fn report(_period: &Period<'_>) -> serde_json::Value {
    serde_json::Value::Null
}
