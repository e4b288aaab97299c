//! CloudWatch: metrics, and alarms that are judged every minute.
//!
//! State (here, pure: time is passed in) and [`wire`] (CBOR, JSON, Query). Written from
//! AWS's pages on metric math, on alarm evaluation and on missing data; what is not emulated is refused, never ignored.

pub mod alarm;
mod check;
pub mod definition;
pub mod event;
pub mod history;
mod inputs;
pub mod judge;
pub mod math;
pub mod metrics;
pub mod operations;
mod reading;
pub mod report;
pub mod table;
mod tags;
pub mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::deployment::Deployment;

use self::{
    alarm::{Alarm, StateValue},
    definition::Definition,
    metrics::{Metric, Metrics, Statistics},
};

/// An error, as AWS words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ServiceError {
    /// AWS's code, as the Query protocol spells it.
    pub code: &'static str,
    /// What was wrong.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

impl ServiceError {
    /// A refusal of what the caller sent.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), status: 400 }
    }

    /// `ValidationError`, which `PutMetricAlarm` answers bad definitions with.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }
}

/// An alarm changed its state, and this action of it is to be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmAction {
    /// The alarm's name.
    pub alarm: String,
    /// The alarm's ARN: the source of the invocation.
    pub alarm_arn: String,
    /// The action's ARN: a function (with or without an alias) or a topic.
    pub target: String,
    /// The event, as CloudWatch sends it to a function.
    pub event: Value,
}

/// Where the account is: it stands in ARNs and events.
#[derive(Debug, Clone, Default)]
struct Place {
    partition: String,
    region: String,
    account: String,
}

/// Plain state, no HTTP.
#[derive(Debug, Clone, Default)]
pub struct CloudWatch {
    place: Place,
    metrics: Metrics,
    alarms: BTreeMap<String, Alarm>,
    /// Alarms of the deployment that are not emulated, and why.
    not_emulated: BTreeMap<String, String>,
}

impl CloudWatch {
    /// The deployment's alarms, each put as `PutMetricAlarm` would.
    ///
    /// # Errors
    /// The first alarm that CloudWatch, or this part of it, refuses.
    pub fn new(deployment: &Deployment, now: Timestamp) -> Result<Self, ServiceError> {
        let place = Place {
            partition: deployment.partition.clone(),
            region: deployment.region.clone(),
            account: deployment.account.clone(),
        };
        let mut state = Self { place, ..Self::default() };
        for input in &deployment.alarms {
            state.put_metric_alarm(now, input)?;
        }
        Ok(state)
    }

    /// Notes a datapoint of a metric of AWS's own, for example one invocation of a function: all of these are counts.
    pub fn record(&mut self, at: Timestamp, namespace: &str, name: &str, dimensions: &[(&str, &str)], value: f64) {
        self.metrics.record(at, Metric::new(namespace, name, dimensions), "Count", &Statistics::one(value));
    }

    /// Evaluates every alarm, as CloudWatch does each minute. Gives the actions of those that changed their state.
    pub fn evaluate(&mut self, now: Timestamp) -> Vec<AlarmAction> {
        self.metrics.forget(now);
        let (metrics, place) = (&self.metrics, &self.place);
        self.alarms.values_mut().flat_map(|alarm| alarm.evaluate(metrics, place, now)).collect()
    }

    /// Notes in the alarm's history what came of an action.
    pub fn acted(&mut self, now: Timestamp, action: &AlarmAction, outcome: Result<(), &str>) {
        if let Some(alarm) = self.alarms.get_mut(&action.alarm) {
            alarm.acted(now, &action.target, outcome);
        }
    }

    /// Everything, for the control panel: alarms with state and datapoints, and the metrics people put.
    #[must_use]
    pub fn report(&self, now: Timestamp) -> Value {
        report::report(self, now)
    }

    /// The state of an alarm, `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    #[must_use]
    pub fn alarm_state(&self, name: &str) -> Option<StateValue> {
        self.alarms.get(name).map(|alarm| alarm.state.value)
    }

    /// Every alarm's name, state and reason.
    #[must_use]
    pub fn states(&self) -> Vec<(String, StateValue, String)> {
        let told = |(name, alarm): (&String, &Alarm)| (name.clone(), alarm.state.value, alarm.state.reason.clone());
        // Nobody judges these: what is not known is not told as OK.
        let unknown = |(name, why): (&String, &String)| {
            (name.clone(), StateValue::InsufficientData, format!("This alarm is not emulated here: {why}"))
        };
        self.alarms.iter().map(told).chain(self.not_emulated.iter().map(unknown)).collect()
    }

    /// The ARN of an alarm of this account.
    #[must_use]
    pub fn alarm_arn(&self, name: &str) -> String {
        self.place.alarm_arn(name)
    }

    /// Makes the alarms those of a deployment: what was put again is replaced, what is gone goes. Gives what is not
    /// emulated, in sentences.
    pub fn follow(&mut self, deployment: &Deployment, now: Timestamp) -> Vec<String> {
        self.place = Place {
            partition: deployment.partition.clone(),
            region: deployment.region.clone(),
            account: deployment.account.clone(),
        };
        let name = |input: &Value| input["AlarmName"].as_str().unwrap_or_default().to_owned();
        let names: Vec<String> = deployment.alarms.iter().map(name).collect();
        self.alarms.retain(|name, _| names.contains(name));
        let mut remarks = Vec::new();
        self.not_emulated.clear();
        for input in &deployment.alarms {
            let read = Definition::read(input);
            let known = self.alarms.get(&name(input)).map(|alarm| &alarm.definition.input);
            if read.as_ref().is_ok_and(|read| known == Some(&read.input)) {
                continue;
            }
            if let Err(error) = self.put_metric_alarm(now, input) {
                self.alarms.remove(&name(input));
                self.not_emulated.insert(name(input), error.to_string());
                remarks.push(format!("the alarm {} is not emulated: {error}", name(input)));
            }
        }
        remarks
    }

    /// Creates an alarm, or replaces its whole definition and keeps its state.
    fn put_metric_alarm(&mut self, now: Timestamp, input: &Value) -> Result<(), ServiceError> {
        let definition = Definition::read(input)?;
        match self.alarms.get_mut(definition.name()) {
            Some(alarm) => alarm.redefine(definition, now),
            // "If you are using this operation to update an existing alarm, any tags you specify are ignored."
            None => {
                let tags = definition.input.tags.clone();
                let mut alarm = Alarm::new(definition, now);
                alarm.tag(&tags)?;
                self.alarms.insert(alarm.definition.name().to_owned(), alarm);
            }
        }
        Ok(())
    }
}

impl Place {
    fn alarm_arn(&self, name: &str) -> String {
        format!("arn:{}:cloudwatch:{}:{}:alarm:{name}", self.partition, self.region, self.account)
    }
}
