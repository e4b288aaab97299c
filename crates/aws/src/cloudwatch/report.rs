//! What the control panel shows.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{CloudWatch, alarm::Alarm, metrics::Statistic};

/// How far back the gauges are shown.
const SHOWN: SignedDuration = SignedDuration::from_hours(4);

/// Alarms with the datapoints last evaluated, and the metrics that functions and people put.
pub(super) fn report(state: &CloudWatch, now: Timestamp) -> Value {
    let alarms: Vec<_> = state.alarms.values().map(|alarm| told(alarm, state)).collect();
    let gauges: Vec<_> = state
        .metrics
        .iter()
        .filter(|(metric, _)| !metric.namespace.starts_with("AWS/"))
        .map(|(metric, minutes)| {
            let points: Vec<_> = minutes
                .range((now - SHOWN, "")..)
                .map(|((minute, _), statistics)| json!({ "time": minute, "value": Statistic::Average.of(statistics) }))
                .collect();
            json!({
                "namespace": metric.namespace,
                "name": metric.name,
                "dimensions": metric.dimensions,
                "latest": points.last(),
                "points": points,
            })
        })
        .collect();
    json!({ "alarms": alarms, "gauges": gauges })
}

fn told(alarm: &Alarm, state: &CloudWatch) -> Value {
    let input = &alarm.definition.input;
    let points: Vec<_> = alarm
        .points
        .iter()
        .map(|point| {
            json!({
                "time": point.start,
                "values": point.values,
                "missing": point.breaching.is_none(),
                "breaching": point.breaching.unwrap_or(false),
            })
        })
        .collect();
    json!({
        "name": input.alarm_name,
        "arn": state.alarm_arn(&input.alarm_name),
        "state": alarm.state.value,
        "reason": alarm.state.reason,
        "since": alarm.state.since,
        "actions_enabled": input.actions_enabled,
        "watched": alarm.definition.watched,
        "comparison": input.comparison_operator,
        "threshold": input.threshold,
        "period": alarm.definition.period,
        "evaluation_periods": alarm.definition.evaluation_periods,
        "datapoints_to_alarm": alarm.definition.datapoints_to_alarm,
        "treat_missing_data": alarm.definition.missing,
        "points": points,
    })
}
