//! One alarm: its state, and its evaluation.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;

use super::{
    AlarmAction, Place,
    definition::{Definition, Queries, Source},
    event,
    history::{Data, History, Kind},
    judge::{Verdict, evaluation_range, judge},
    metrics::{MINUTE, Metrics, floor},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StateValue {
    /// Within the threshold.
    Ok,
    /// Outside of it.
    Alarm,
    /// Just created, or nothing to judge by.
    InsufficientData,
}

impl StateValue {
    /// Reads AWS's spelling.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.name() == text)
    }

    /// AWS's spelling.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// A state with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmState {
    /// Which.
    pub value: StateValue,
    /// Why, for people.
    pub reason: String,
    /// Why, as JSON in a string.
    pub reason_data: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// One datapoint of the evaluation range.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// When its period begins.
    pub start: Timestamp,
    /// The value of every metric and expression that has one.
    pub values: BTreeMap<String, f64>,
    /// Whether it breaches the threshold; `None` when it is missing.
    pub breaching: Option<bool>,
}

#[derive(Debug, Clone)]
pub struct Alarm {
    /// What it is.
    pub definition: Definition,
    /// How it is.
    pub state: AlarmState,
    /// The datapoints of the last evaluation, oldest first.
    pub points: Vec<Point>,
    /// When it was last put.
    pub configured: Timestamp,
    /// What happened to it.
    pub history: History,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Alarm {
    /// A new alarm knows nothing.
    #[must_use]
    pub fn new(definition: Definition, now: Timestamp) -> Self {
        let state = AlarmState {
            value: StateValue::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            reason_data: None,
            since: now,
        };
        let mut history = History::default();
        let summary = format!("Alarm {:?} created", definition.name());
        history.note(now, Kind::ConfigurationUpdate, summary, Data::Given(json!({ "type": "Create" })));
        Self { definition, state, points: Vec::new(), configured: now, history, tags: BTreeMap::new() }
    }

    /// Replaces the whole definition; the state stays until the next evaluation.
    pub fn redefine(&mut self, definition: Definition, now: Timestamp) {
        let summary = format!("Alarm {:?} updated", definition.name());
        self.history.note(now, Kind::ConfigurationUpdate, summary, Data::Given(json!({ "type": "Update" })));
        (self.definition, self.configured) = (definition, now);
    }

    /// Judges the latest datapoints.
    pub(super) fn evaluate(&mut self, metrics: &Metrics, place: &Place, now: Timestamp) -> Vec<AlarmAction> {
        let definition = &self.definition;
        self.points = points(definition, metrics, now);
        let breaching: Vec<_> = self.points.iter().map(|point| point.breaching).collect();
        let (n, m) = (definition.evaluation_periods, definition.datapoints_to_alarm);
        let value = match judge(&breaching, n, m, definition.missing) {
            Verdict::Ok => StateValue::Ok,
            Verdict::Alarm => StateValue::Alarm,
            Verdict::InsufficientData => StateValue::InsufficientData,
            Verdict::Retain => return Vec::new(),
        };
        if value == self.state.value {
            return Vec::new();
        }
        let reason = event::reason(definition, &self.points, self.state.value, value);
        let reason_data = Some(event::reason_data(definition, &self.points, now).to_string());
        self.become_state(AlarmState { value, reason, reason_data, since: now }, place)
    }

    /// Goes to a state, and gives the actions of that change; actions run on a change only.
    pub(super) fn become_state(&mut self, state: AlarmState, place: &Place) -> Vec<AlarmAction> {
        let changed = state.value != self.state.value;
        let now = state.since;
        let previous = std::mem::replace(&mut self.state, state);
        if !changed {
            return Vec::new();
        }
        let summary = format!("Alarm updated from {} to {}", previous.value.name(), self.state.value.name());
        let data = Data::Change(Box::new((previous.clone(), self.state.clone())));
        self.history.note(now, Kind::StateUpdate, summary, data);
        if !self.definition.input.actions_enabled {
            return Vec::new();
        }
        let input = &self.definition.input;
        let targets = match self.state.value {
            StateValue::Ok => &input.ok_actions,
            StateValue::Alarm => &input.alarm_actions,
            StateValue::InsufficientData => &input.insufficient_data_actions,
        };
        if targets.is_empty() {
            return Vec::new();
        }
        let event = event::event(self, &previous, place);
        targets
            .iter()
            .map(|target| AlarmAction {
                alarm: input.alarm_name.clone(),
                alarm_arn: place.alarm_arn(&input.alarm_name),
                target: target.clone(),
                event: event.clone(),
            })
            .collect()
    }

    /// Notes what came of an action.
    pub(super) fn acted(&mut self, now: Timestamp, target: &str, outcome: Result<(), &str>) {
        let (summary, data) = match outcome {
            Ok(()) => (format!("Successfully executed action {target}"), json!({ "actionState": "Succeeded" })),
            Err(error) => {
                (format!("Failed to execute action {target}"), json!({ "actionState": "Failed", "error": error }))
            }
        };
        self.history.note(now, Kind::Action, summary, Data::Given(data));
    }
}

/// The datapoints of the evaluation range, oldest first. The window slides: it ends with the last full minute.
fn points(definition: &Definition, metrics: &Metrics, now: Timestamp) -> Vec<Point> {
    let period = definition.period;
    let end = floor(now, MINUTE);
    let range = i64::try_from(evaluation_range(definition.evaluation_periods)).unwrap_or(i64::MAX);
    (1..=range)
        .rev()
        .map(|back| {
            let start = end - SignedDuration::from_secs(back * period);
            let values = definition.queries.values(metrics, start, now);
            let breaching = values
                .get(&definition.watched)
                .map(|value| definition.input.comparison_operator.breaches(*value, definition.input.threshold));
            Point { start, values, breaching }
        })
        .collect()
}

impl Queries {
    /// The values of one period, of everything that has one.
    #[must_use]
    pub fn values(&self, metrics: &Metrics, start: Timestamp, now: Timestamp) -> BTreeMap<String, f64> {
        let mut values = BTreeMap::new();
        for (id, source) in &self.sources {
            if let Source::Metric(metric) = source
                && let Some(value) = metric.value(metrics, start, now)
            {
                values.insert(id.clone(), value);
            }
        }
        let mut sums = BTreeMap::new();
        for (id, source) in &self.sources {
            if let Source::Expression(expression) = source
                && let Some(value) = expression.value(&values)
            {
                sums.insert(id.clone(), value);
            }
        }
        values.extend(sums);
        values
    }

    /// How many metrics' values one of them is made of.
    #[must_use]
    pub fn metrics(&self, id: &str) -> usize {
        match self.sources.get(id) {
            Some(Source::Expression(expression)) => expression.ids().count(),
            Some(Source::Metric(_)) => 1,
            None => 0,
        }
    }

    /// The value of one of them for one period.
    #[must_use]
    pub fn value(&self, id: &str, metrics: &Metrics, start: Timestamp, now: Timestamp) -> Option<f64> {
        match self.sources.get(id)? {
            Source::Metric(metric) => metric.value(metrics, start, now),
            Source::Expression(expression) => {
                let value = |id: &str| match self.sources.get(id) {
                    Some(Source::Metric(metric)) => Some((id.to_owned(), metric.value(metrics, start, now)?)),
                    _ => None,
                };
                expression.value(&expression.ids().filter_map(value).collect())
            }
        }
    }
}
