//! What watches: alarms, schedules, topics, log groups.

use std::collections::{BTreeMap, BTreeSet};

use aws::deployment::Schedule;
use serde_json::{Value, json};

use super::{document, list, text};
use crate::{
    aws_like::not_emulated::rate,
    client::{Client, Failed},
};

/// What `DescribeAlarms` tells beside what `PutMetricAlarm` takes.
const TOLD: [&str; 9] = [
    "AlarmArn",
    "AlarmConfigurationUpdatedTimestamp",
    "EvaluationState",
    "StateReason",
    "StateReasonData",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "StateValue",
    "Rule",
];

/// The alarms, each as it was put.
pub(super) async fn alarms(client: &Client) -> Result<Vec<Value>, Failed> {
    let answer = client.json("monitoring", "GraniteServiceVersion20100801.DescribeAlarms", &json!({})).await?;
    Ok(list(&answer, "MetricAlarms").map(alarm).collect())
}

fn alarm(described: &Value) -> Value {
    let mut alarm = filled(described);
    if let Some(fields) = alarm.as_object_mut() {
        fields.retain(|name, _| !TOLD.contains(&name.as_str()));
    }
    alarm
}

/// Without what is empty: what an alarm does not have is listed empty.
fn filled(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept =
                fields.iter().filter(|(_, value)| !value.is_null() && **value != json!([]) && **value != json!(""));
            Value::Object(kept.map(|(name, value)| (name.clone(), filled(value))).collect())
        }
        Value::Array(items) => items.iter().map(filled).collect(),
        other => other.clone(),
    }
}

/// The rules on a schedule, once for each of their targets.
pub(super) async fn schedules(client: &Client, remarks: &mut Vec<String>) -> Result<Vec<Schedule>, Failed> {
    let answer = client.json("events", "AWSEvents.ListRules", &json!({})).await?;
    let mut schedules = Vec::new();
    for rule in list(&answer, "Rules") {
        let (name, expression) = (text(rule, "Name"), text(rule, "ScheduleExpression"));
        let Some(rate) = rate(&expression) else {
            remarks.push(format!("the rule {name} is not emulated: {expression:?} is not a rate"));
            continue;
        };
        let targets = client.json("events", "AWSEvents.ListTargetsByRule", &json!({ "Rule": name })).await?;
        for target in list(&targets, "Targets") {
            schedules.push(Schedule {
                name: name.clone(),
                arn: text(rule, "Arn"),
                rate,
                enabled: rule["State"] == "ENABLED",
                target: text(target, "Arn"),
            });
        }
    }
    Ok(schedules)
}

/// The topics, and who may publish to each.
pub(super) async fn topics(client: &Client) -> Result<BTreeMap<String, Value>, Failed> {
    const SNS: &str = "2010-03-31";
    let answer = client.query("sns", SNS, "ListTopics", &[]).await?;
    let mut topics = BTreeMap::new();
    for topic in list(&answer, "Topics") {
        let arn = text(topic, "TopicArn");
        let answer = client.query("sns", SNS, "GetTopicAttributes", &[("TopicArn", &arn)]).await?;
        topics.insert(arn, policy(&answer["Attributes"]));
    }
    Ok(topics)
}

/// Attributes come as `entry` elements with key and value.
fn policy(attributes: &Value) -> Value {
    let entries = match &attributes["entry"] {
        Value::Array(entries) => entries.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let policy = entries.iter().find(|entry| entry["key"] == "Policy").map(|entry| text(entry, "value"));
    policy.map_or(Value::Null, |policy| document(&policy))
}

/// The names of all log groups.
pub(super) async fn log_groups(client: &Client) -> Result<BTreeSet<String>, Failed> {
    let answer = client.json("logs", "Logs_20140328.DescribeLogGroups", &json!({})).await?;
    Ok(list(&answer, "logGroups").map(|group| text(group, "logGroupName")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_what_was_put() {
        let described = json!({ "AlarmName": "a", "AlarmArn": "arn", "StateValue": "OK", "OKActions": [], "Unit": null,
            "Metrics": [{ "Id": "m1", "Label": null, "MetricStat": { "Metric": { "Dimensions": [] }, "Stat": "Sum" } }] });
        let expected =
            json!({ "AlarmName": "a", "Metrics": [{ "Id": "m1", "MetricStat": { "Metric": {}, "Stat": "Sum" } }] });
        assert_eq!(alarm(&described), expected);
    }

    #[test]
    fn the_policy_of_a_topic() {
        let attributes =
            json!({ "entry": [{ "key": "Owner", "value": "1" }, { "key": "Policy", "value": "{\"Id\": \"x\"}" }] });
        assert_eq!(policy(&attributes), json!({ "Id": "x" }));
        assert_eq!(policy(&json!("")), Value::Null);
    }
}
