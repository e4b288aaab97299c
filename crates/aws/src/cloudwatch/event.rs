//! What CloudWatch tells about a change of state: the event for a function, reasons, `reasonData`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    Place,
    alarm::{Alarm, AlarmState, Point, StateValue},
    definition::{Definition, MetricDataQuery},
    judge::TreatMissingData,
};

/// CloudWatch's times: milliseconds, and an offset without a colon.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// The event that a function gets.
pub(super) fn event(alarm: &Alarm, previous: &AlarmState, place: &Place) -> Value {
    let input = &alarm.definition.input;
    let mut configuration = Map::new();
    if let Some(description) = &input.alarm_description {
        configuration.insert("description".to_owned(), json!(description));
    }
    let queries = input.queries().unwrap_or_default();
    configuration.insert("metrics".to_owned(), queries.iter().map(metric).collect());
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": place.alarm_arn(&input.alarm_name),
        "accountId": place.account,
        "time": time(alarm.state.since),
        "region": place.region,
        "alarmData": {
            "alarmName": input.alarm_name,
            "state": state(&alarm.state),
            "previousState": state(previous),
            "configuration": configuration,
        },
    })
}

fn state(state: &AlarmState) -> Value {
    let mut told = json!({ "value": state.value, "reason": state.reason, "timestamp": time(state.since) });
    if let Some(data) = &state.reason_data {
        told["reasonData"] = json!(data);
    }
    told
}

/// An expression has no `metricStat`, a metric no `expression`.
fn metric(query: &MetricDataQuery) -> Value {
    let mut told = json!({ "id": query.id, "returnData": query.return_data.unwrap_or(true) });
    if let Some(expression) = &query.expression {
        told["expression"] = json!(expression);
    }
    if let Some(label) = &query.label {
        told["label"] = json!(label);
    }
    if let Some(stat) = &query.metric_stat {
        let metric = &stat.metric;
        let dimensions: Map<_, _> =
            metric.dimensions.iter().map(|dimension| (dimension.name.clone(), json!(dimension.value))).collect();
        told["metricStat"] = json!({
            "metric": { "namespace": metric.namespace, "name": metric.metric_name, "dimensions": dimensions },
            "period": stat.period,
            "stat": stat.stat,
        });
    }
    told
}

/// The most recent real datapoints that were judged, newest first.
fn judged<'a>(definition: &Definition, points: &'a [Point]) -> Vec<(&'a Point, f64)> {
    let value = |point: &'a Point| Some((point, *point.values.get(&definition.watched)?));
    points.iter().rev().filter_map(value).take(definition.evaluation_periods).collect()
}

/// `reasonData`: the times and values that led to the state.
pub fn reason_data(definition: &Definition, points: &[Point], now: Timestamp) -> Value {
    let judged = judged(definition, points);
    let mut data = json!({
        "version": "1.0",
        "queryDate": time(now),
        "period": definition.period,
        "recentDatapoints": judged.iter().rev().map(|(_, value)| json!(value)).collect::<Value>(),
        "threshold": definition.input.threshold,
        "evaluatedDatapoints": judged
            .iter()
            .map(|(point, value)| json!({ "timestamp": time(point.start), "value": value }))
            .collect::<Value>(),
    });
    if let Some((oldest, _)) = judged.last() {
        data["startDate"] = json!(time(oldest.start));
    }
    if let Some(statistic) = &definition.input.statistic {
        data["statistic"] = json!(statistic);
    }
    data
}

/// The reason in CloudWatch's words.
pub fn reason(definition: &Definition, points: &[Point], from: StateValue, to: StateValue) -> String {
    let n = definition.evaluation_periods;
    let judged = judged(definition, points);
    if judged.is_empty() {
        let treated = match definition.missing {
            TreatMissingData::Breaching => "Breaching",
            TreatMissingData::NotBreaching => "NonBreaching",
            TreatMissingData::Missing | TreatMissingData::Ignore => {
                return format!("Insufficient Data: {n} datapoints were unknown.");
            }
        };
        return format!(
            "Threshold Crossed: no datapoints were received for {n} periods and {n} missing datapoints were treated as \
             [{treated}]."
        );
    }
    let alarming = to == StateValue::Alarm;
    let told: Vec<_> = judged
        .iter()
        .filter(|(point, _)| point.breaching == Some(alarming))
        .map(|(point, value)| format!("{value:?} ({})", point.start.strftime("%d/%m/%y %H:%M:%S")))
        .collect();
    let m = definition.datapoints_to_alarm;
    let needed = if alarming { m } else { n - m + 1 };
    let (s, were) = if needed == 1 { ("", "was") } else { ("s", "were") };
    format!(
        "Threshold Crossed: {} out of the last {n} datapoints [{}] {were} {}{} the threshold ({:?}) (minimum {needed} \
         datapoint{s} for {} -> {} transition).",
        told.len(),
        told.join(", "),
        if alarming { "" } else { "not " },
        definition.input.comparison_operator.words(),
        definition.input.threshold,
        from.name(),
        to.name(),
    )
}

/// `HistoryData` of a change of state.
pub fn history_data(previous: &AlarmState, now: &AlarmState) -> Value {
    let told = |state: &AlarmState| {
        let data = state.reason_data.as_deref().and_then(|data| serde_json::from_str::<Value>(data).ok());
        json!({ "stateValue": state.value, "stateReason": state.reason, "stateReasonData": data })
    };
    json!({ "version": "1.0", "oldState": told(previous), "newState": told(now) })
}
