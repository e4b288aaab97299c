//! Metrics and alarms. Stub: helper D.

use jiff::Timestamp;

pub mod http;

/// Plain state, no HTTP.
#[derive(Debug, Default)]
pub struct State {}

/// An alarm changed its state, and these functions (by ARN) are to be invoked with this event.
#[derive(Debug, Clone)]
pub struct AlarmAction {
    /// The alarm's name.
    pub alarm: String,
    /// The alarm's ARN: the source of the invocation.
    pub alarm_arn: String,
    /// The action's ARN.
    pub target: String,
    /// The event, as CloudWatch sends it to a function.
    pub event: serde_json::Value,
}

/// An error, as AWS words it.
#[derive(Debug, thiserror::Error)]
#[error("not written yet")]
pub struct Fault;

impl State {
    /// Carries out one operation, and gives its output and the actions it caused.
    pub fn call(
        &mut self,
        _: Timestamp,
        _: &str,
        _: &serde_json::Value,
    ) -> Result<(Option<serde_json::Value>, Vec<AlarmAction>), Fault> {
        Err(Fault)
    }

    /// Notes a datapoint of a metric, for example one invocation of a function.
    pub fn record(&mut self, _at: Timestamp, _namespace: &str, _name: &str, _dimensions: &[(&str, &str)], _value: f64) {
    }

    /// Evaluates every alarm, as CloudWatch does each minute.
    pub fn evaluate(&mut self, _now: Timestamp) -> Vec<AlarmAction> {
        Vec::new()
    }

    /// Everything, for the control panel: alarms with state and datapoints, the gauge.
    pub fn report(&self, _now: Timestamp) -> serde_json::Value {
        serde_json::Value::Null
    }
}
