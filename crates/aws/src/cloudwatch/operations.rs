//! The API's operations on plain state: input and output as JSON values in AWS's spelling, times as RFC 3339 text.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    AlarmAction, CloudWatch, ServiceError,
    alarm::{Alarm, AlarmState, StateValue},
    definition::{NamedMetric, read_unit},
    history::Item,
    inputs::{AlarmNames, DescribeAlarmHistory, DescribeAlarms, PutMetricData, SetAlarmState},
};

/// What an operation gave: its output (`None` where AWS has none) and the actions it caused.
pub type Outcome = Result<(Option<Value>, Vec<AlarmAction>), ServiceError>;

/// Datapoints may be this old, and this far ahead.
const OLDEST: SignedDuration = SignedDuration::from_hours(14 * 24);
const LATEST: SignedDuration = SignedDuration::from_hours(2);
const PAGE: usize = 50;

impl CloudWatch {
    /// Carries out one operation.
    ///
    /// # Errors
    /// What AWS would answer.
    pub fn call(&mut self, now: Timestamp, operation: &str, input: &Value) -> Outcome {
        let output = match operation {
            "DescribeAlarms" => self.describe_alarms(&read(input)?)?,
            "DescribeAlarmHistory" => self.describe_alarm_history(&read(input)?)?,
            "GetMetricData" => self.get_metric_data(now, &read(input)?)?,
            "GetMetricStatistics" => self.get_metric_statistics(now, &read(input)?)?,
            "ListMetrics" => self.list_metrics(now, &read(input)?)?,
            "ListTagsForResource" => self.list_tags(&read(input)?)?,
            "SetAlarmState" => return self.set_alarm_state(now, read(input)?).map(|actions| (None, actions)),
            "PutMetricData" => return self.put_metric_data(now, read(input)?).map(nothing),
            "PutMetricAlarm" => return self.put_metric_alarm(now, input).map(nothing),
            "TagResource" => return self.tag(&read(input)?).map(nothing),
            "UntagResource" => return self.untag(&read(input)?).map(nothing),
            "DeleteAlarms" => return self.delete_alarms(&read(input)?).map(nothing),
            "EnableAlarmActions" => return self.switch_actions(&read(input)?, true).map(nothing),
            "DisableAlarmActions" => return self.switch_actions(&read(input)?, false).map(nothing),
            _ => return Err(unknown(operation)),
        };
        Ok((Some(output), Vec::new()))
    }

    fn set_alarm_state(&mut self, now: Timestamp, input: SetAlarmState) -> Result<Vec<AlarmAction>, ServiceError> {
        let value = StateValue::read(&input.state_value).ok_or_else(|| {
            ServiceError::validation(format!(
                "Value {:?} at 'stateValue' is not a state of an alarm",
                input.state_value
            ))
        })?;
        if let Some(data) = &input.state_reason_data
            && serde_json::from_str::<Value>(data).is_err()
        {
            return Err(ServiceError::new("InvalidFormat", "StateReasonData was not valid JSON"));
        }
        let place = &self.place;
        let alarm = self.alarms.get_mut(&input.alarm_name).ok_or_else(not_found)?;
        let reason_data = input.state_reason_data;
        Ok(alarm.become_state(AlarmState { value, reason: input.state_reason, reason_data, since: now }, place))
    }

    fn put_metric_data(&mut self, now: Timestamp, input: PutMetricData) -> Result<(), ServiceError> {
        let invalid = |message: String| ServiceError::new("InvalidParameterValue", message);
        if input.namespace.starts_with("AWS/") || input.namespace.starts_with(':') || input.namespace.is_empty() {
            return Err(invalid(format!("The value {:?} for parameter Namespace is invalid.", input.namespace)));
        }
        if input.metric_data.is_empty() {
            return Err(ServiceError::new("MissingParameter", "The parameter MetricData is required."));
        }
        let mut read = Vec::new();
        for datum in input.metric_data {
            let at = datum.timestamp.unwrap_or(now);
            if at < now - OLDEST || at > now + LATEST {
                return Err(invalid(format!("The Timestamp {at} must be within the last two weeks and not ahead.")));
            }
            let metric = NamedMetric {
                namespace: input.namespace.clone(),
                metric_name: datum.metric_name.clone(),
                dimensions: datum.dimensions.clone(),
            };
            if datum.storage_resolution.is_some_and(|resolution| ![1, 60].contains(&resolution)) {
                return Err(invalid("The StorageResolution must be 1 or 60.".to_owned()));
            }
            let unit = read_unit(datum.unit.as_deref().unwrap_or("None"))?;
            read.push((at, metric.metric(), unit, datum.statistics()?));
        }
        for (at, metric, unit, values) in read {
            values.iter().for_each(|values| self.metrics.record(at, metric.clone(), unit, values));
        }
        Ok(())
    }

    fn delete_alarms(&mut self, input: &AlarmNames) -> Result<(), ServiceError> {
        // "If you specify any incorrect alarm names, the alarms you specify with correct names are still deleted."
        let gone = input.alarm_names.iter().filter(|name| self.alarms.remove(*name).is_some()).count();
        if gone == input.alarm_names.len() { Ok(()) } else { Err(not_found()) }
    }

    /// Names of alarms that do not exist are passed over, as AWS does.
    #[expect(clippy::unnecessary_wraps, reason = "it stands among operations that can fail")]
    fn switch_actions(&mut self, input: &AlarmNames, enabled: bool) -> Result<(), ServiceError> {
        for name in &input.alarm_names {
            if let Some(alarm) = self.alarms.get_mut(name) {
                alarm.definition.input.actions_enabled = enabled;
            }
        }
        Ok(())
    }

    fn describe_alarms(&self, input: &DescribeAlarms) -> Result<Value, ServiceError> {
        let from = input.next_token.as_deref();
        if from.is_some_and(|name| !self.alarms.contains_key(name)) {
            return Err(ServiceError::new("InvalidNextToken", "The token is not one that was given."));
        }
        let metric_alarms = input.alarm_types.is_empty() || input.alarm_types.iter().any(|kind| kind == "MetricAlarm");
        let mut chosen = self.alarms.range(from.unwrap_or_default().to_owned()..).filter(|(name, alarm)| {
            metric_alarms
                && (input.alarm_names.is_empty() || input.alarm_names.contains(name))
                && input.alarm_name_prefix.as_deref().is_none_or(|prefix| name.starts_with(prefix))
                && input.state_value.as_deref().is_none_or(|state| state == alarm.state.value.name())
                && input.action_prefix.as_deref().is_none_or(|prefix| {
                    let input = &alarm.definition.input;
                    let mut actions = [&input.ok_actions, &input.alarm_actions, &input.insufficient_data_actions]
                        .into_iter()
                        .flatten();
                    actions.any(|action| action.starts_with(prefix))
                })
        });
        let page = input.max_records.unwrap_or(PAGE).clamp(1, 100);
        let alarms: Vec<_> = chosen.by_ref().take(page).map(|(_, alarm)| self.described(alarm)).collect();
        let mut output = json!({ "MetricAlarms": alarms, "CompositeAlarms": [] });
        if let Some((next, _)) = chosen.next() {
            output["NextToken"] = json!(next);
        }
        Ok(output)
    }

    fn described(&self, alarm: &Alarm) -> Value {
        let input = &alarm.definition.input;
        let mut told = match serde_json::to_value(input) {
            Ok(Value::Object(told)) => told,
            _ => Map::new(),
        };
        told.insert("AlarmArn".to_owned(), json!(self.alarm_arn(&input.alarm_name)));
        told.insert("AlarmConfigurationUpdatedTimestamp".to_owned(), json!(alarm.configured));
        told.insert("StateValue".to_owned(), json!(alarm.state.value));
        told.insert("StateReason".to_owned(), json!(alarm.state.reason));
        told.insert("StateUpdatedTimestamp".to_owned(), json!(alarm.state.since));
        told.insert("StateTransitionedTimestamp".to_owned(), json!(alarm.state.since));
        if let Some(data) = &alarm.state.reason_data {
            told.insert("StateReasonData".to_owned(), json!(data));
        }
        // AWS always answers with a list of dimensions for an alarm on one metric, and with none otherwise.
        told.entry("Dimensions").or_insert_with(|| json!([]));
        Value::Object(told)
    }

    fn describe_alarm_history(&self, input: &DescribeAlarmHistory) -> Result<Value, ServiceError> {
        // Others have none here.
        let metric_alarms = input.alarm_types.is_empty() || input.alarm_types.iter().any(|kind| kind == "MetricAlarm");
        let mut items: Vec<_> = self
            .alarms
            .iter()
            .filter(|(name, _)| metric_alarms && input.alarm_name.as_ref().is_none_or(|wanted| wanted == *name))
            .flat_map(|(name, alarm)| alarm.history.newest_first().map(move |item| (name, item)))
            .filter(|(_, item)| input.history_item_type.as_deref().is_none_or(|kind| kind == item.kind.name()))
            .filter(|(_, item)| input.start_date.is_none_or(|start| item.at >= start))
            .filter(|(_, item)| input.end_date.is_none_or(|end| item.at <= end))
            .collect();
        items.sort_by_key(|(_, item)| std::cmp::Reverse(item.at));
        if input.scan_by.as_deref() == Some("TimestampAscending") {
            items.reverse();
        }
        let (items, next) = page(items, input.max_records.unwrap_or(100), input.next_token.as_deref())?;
        let told = |(name, item): (&String, &Item)| {
            json!({
                "AlarmName": name,
                "AlarmType": "MetricAlarm",
                "Timestamp": item.at,
                "HistoryItemType": item.kind.name(),
                "HistorySummary": item.summary,
                "HistoryData": item.data.json().to_string(),
            })
        };
        let mut output = json!({ "AlarmHistoryItems": items.into_iter().map(told).collect::<Value>() });
        if let Some(next) = next {
            output["NextToken"] = json!(next);
        }
        Ok(output)
    }
}

/// A page of a list, and the token of the next one.
pub(super) fn page<T>(
    items: Vec<T>,
    size: usize,
    token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let start = start(token)?;
    let next = start.saturating_add(size);
    let token = (items.len() > next).then(|| next.to_string());
    Ok((items.into_iter().skip(start).take(size).collect(), token))
}

/// Where a token says to go on: after so many.
pub(super) fn start(token: Option<&str>) -> Result<usize, ServiceError> {
    let refuse = |_| ServiceError::new("InvalidNextToken", "The token is not one that was given.");
    token.map_or(Ok(0), |token| token.parse().map_err(refuse))
}

fn nothing((): ()) -> (Option<Value>, Vec<AlarmAction>) {
    (None, Vec::new())
}

/// AWS's answer to an operation it does not have, and this one's to those that are not emulated.
#[must_use]
pub fn unknown(operation: &str) -> ServiceError {
    ServiceError::new("InvalidAction", format!("The action {operation} is not valid for this web service."))
}

fn not_found() -> ServiceError {
    ServiceError { code: "ResourceNotFound", message: "Unknown alarm".to_owned(), status: 404 }
}

fn read<'de, T: Deserialize<'de>>(input: &'de Value) -> Result<T, ServiceError> {
    T::deserialize(input).map_err(|error| ServiceError::validation(error.to_string()))
}

/// What a call touches: resources to be allowed, and what its conditions may ask for.
#[must_use]
pub fn touched(state: &CloudWatch, operation: &str, input: &Value) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
    let text = |name: &str| input[name].as_str().map(ToOwned::to_owned);
    let list = |name: &str| -> Vec<String> {
        input[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
    };
    let mut context = BTreeMap::new();
    let named = match operation {
        "PutMetricAlarm" => {
            let actions = ["OKActions", "AlarmActions", "InsufficientDataActions"].map(list).concat();
            context.insert("cloudwatch:AlarmActions".to_owned(), actions);
            text("AlarmName").into_iter().collect()
        }
        "SetAlarmState" | "DescribeAlarmHistory" => text("AlarmName").into_iter().collect(),
        "DeleteAlarms" | "EnableAlarmActions" | "DisableAlarmActions" | "DescribeAlarms" => list("AlarmNames"),
        "ListTagsForResource" | "TagResource" | "UntagResource" => {
            return (text("ResourceARN").into_iter().collect(), context);
        }
        "PutMetricData" => {
            context.extend(text("Namespace").map(|namespace| ("cloudwatch:namespace".to_owned(), vec![namespace])));
            return (vec!["*".to_owned()], context);
        }
        _ => return (vec!["*".to_owned()], context),
    };
    if named.is_empty() {
        return (vec![state.alarm_arn("*")], context);
    }
    (named.iter().map(|name| state.alarm_arn(name)).collect(), context)
}
