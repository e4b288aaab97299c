//! What moto would take and nothing here would do: refused, because a success that was not done is a lie.

use std::time::Duration;

use serde_json::Value;

use crate::operation::Operation;

/// The call, and what would not happen.
const REFUSED: [(&str, &str); 25] = [
    ("cloudwatch:PutCompositeAlarm", "no composite alarm would be judged"),
    ("cloudwatch:PutAnomalyDetector", "no band would be computed"),
    ("cloudwatch:PutMetricStream", "no metric would be sent"),
    ("cloudwatch:PutInsightRule", "no log line would be counted"),
    ("events:PutEvents", "no event would reach a rule"),
    ("events:CreateEventBus", "no event would reach a rule"),
    ("events:CreateArchive", "no event would be kept"),
    ("events:StartReplay", "no event would reach a rule"),
    ("scheduler:*", "nothing would be invoked"),
    ("pipes:*", "nothing would be invoked"),
    ("logs:PutMetricFilter", "no log line would become a metric"),
    ("logs:PutSubscriptionFilter", "no log line would be sent"),
    ("logs:CreateExportTask", "no log line would be sent"),
    ("logs:StartQuery", "no log line would be found"),
    ("logs:StartLiveTail", "no log line would be found"),
    ("logs:GetLogRecord", "no log line would be found"),
    ("lambda:POST /2015-03-31/event-source-mappings", "nothing would be polled"),
    ("lambda:PUT /2017-10-31/functions/*/concurrency", "no invocation would be held back"),
    ("lambda:POST /2021-10-31/functions/*/url", "nobody would be let in by that address"),
    ("lambda:POST /2014-11-13/functions/*/invoke-async", "nothing would be invoked"),
    ("lambda:POST /2021-11-15/functions/*/response-streaming-invocations", "nothing would be invoked"),
    ("sns:Publish", "nobody would be told"),
    ("sns:PublishBatch", "nobody would be told"),
    ("ec2:CreateFlowLogs", "no packet would be logged"),
    ("wafv2:AssociateWebACL", "no request would be looked at"),
];

/// Calls that are emulated, but not with this field.
const FIELDS: [(&str, &str, &str); 11] = [
    ("events:PutRule", "EventPattern", "no event would reach it"),
    ("lambda:CreateFunction", "DeadLetterConfig", "no event would be kept"),
    ("lambda:UpdateFunctionConfiguration", "DeadLetterConfig", "no event would be kept"),
    ("lambda:CreateFunction", "Layers", "the function would run without"),
    ("lambda:UpdateFunctionConfiguration", "Layers", "the function would run without"),
    ("lambda:CreateFunction", "VpcConfig", "the function would run elsewhere"),
    ("lambda:UpdateFunctionConfiguration", "VpcConfig", "the function would run elsewhere"),
    ("lambda:CreateAlias", "RoutingConfig", "one version would get all invocations"),
    ("lambda:UpdateAlias", "RoutingConfig", "one version would get all invocations"),
    ("cognito-idp:CreateUserPool", "LambdaConfig", "no trigger would be invoked"),
    ("cognito-idp:UpdateUserPool", "LambdaConfig", "no trigger would be invoked"),
];

/// Why a call is refused; `None` for what passes.
pub fn why(operation: &Operation) -> Option<&'static str> {
    let call = operation.full_name();
    let is = |pattern: &str| match pattern.split_once('*') {
        Some((start, end)) => call.starts_with(start) && call.trim_end_matches('/').ends_with(end),
        None => call.trim_end_matches('/') == pattern,
    };
    let whole = REFUSED.iter().find(|(pattern, _)| is(pattern)).map(|(_, why)| *why);
    let field = || FIELDS.iter().find(|(name, field, _)| *name == call && says(&operation.fields[*field]));
    whole.or_else(|| field().map(|(_, _, why)| *why)).or_else(|| of_rule(operation))
}

/// Whether a field has anything in it: `{}`, `[]` and `{"TargetArn": ""}` switch something off.
fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => list.iter().any(says),
        Value::Object(fields) => fields.values().any(says),
        _ => true,
    }
}

/// EventBridge: only what an emulated schedule consists of.
fn of_rule(operation: &Operation) -> Option<&'static str> {
    const INPUT: [&str; 3] = ["Input", "InputPath", "InputTransformer"];
    match operation.full_name().as_str() {
        "events:PutRule" => {
            let schedule = operation.text("ScheduleExpression");
            (rate(schedule).is_none()).then_some("only schedules with a rate would invoke anything")
        }
        "events:PutTargets" => {
            let targets = operation.fields["Targets"].as_array()?;
            let has_input = |target: &Value| INPUT.iter().any(|name| says(&target[*name]));
            let is_function = |target: &Value| target["Arn"].as_str().is_some_and(|arn| arn.contains(":lambda:"));
            if targets.iter().any(has_input) {
                return Some("the function would be given another event");
            }
            (!targets.iter().all(is_function)).then_some("only functions would be invoked")
        }
        _ => None,
    }
}

/// How often a schedule like `rate(5 minutes)` is due; `None` for what is no such schedule.
pub fn rate(expression: &str) -> Option<Duration> {
    let (number, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let seconds = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    number
        .parse::<u32>()
        .ok()
        .filter(|number| *number > 0)
        .map(|number| Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operation::call;

    #[test]
    fn only_what_would_not_be_done_is_refused() {
        let target = |more: Value| {
            let mut target = json!({ "Id": "1", "Arn": "arn:aws:lambda:r:1:function:F" });
            target.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "Rule": "r", "Targets": [target] })
        };
        for (name, fields, refused) in [
            ("cloudwatch:PutCompositeAlarm", json!({}), true),
            ("cloudwatch:PutMetricAlarm", json!({}), false),
            ("lambda:PUT /2017-10-31/functions/F/concurrency", json!({}), true),
            ("lambda:POST /2015-03-31/event-source-mappings/", json!({}), true),
            ("lambda:PutProvisionedConcurrencyConfig", json!({}), false),
            ("lambda:POST /2021-10-31/functions/F/url", json!({}), true),
            ("scheduler:?", json!({}), true),
            ("lambda:CreateFunction", json!({ "Layers": [], "VpcConfig": { "SubnetIds": [] } }), false),
            ("lambda:UpdateFunctionConfiguration", json!({ "DeadLetterConfig": { "TargetArn": "t" } }), true),
            ("lambda:CreateAlias", json!({ "RoutingConfig": { "AdditionalVersionWeights": { "1": 0.5 } } }), true),
            ("cognito-idp:UpdateUserPool", json!({ "LambdaConfig": {} }), false),
            ("events:PutRule", json!({ "ScheduleExpression": "rate(5 minutes)" }), false),
            ("events:PutRule", json!({ "ScheduleExpression": "cron(0 * * * ? *)" }), true),
            ("events:PutRule", json!({ "EventPattern": "{}" }), true),
            ("events:PutTargets", target(json!({})), false),
            ("events:PutTargets", target(json!({ "Input": "{}" })), true),
            ("events:PutTargets", target(json!({ "Arn": "arn:aws:sqs:r:1:q" })), true),
        ] {
            assert_eq!(why(&call(name, fields.clone())).is_some(), refused, "{name} {fields}");
        }
    }

    #[test]
    fn rates() {
        for (expression, seconds) in [
            ("rate(5 minutes)", Some(300)),
            ("rate(1 hour)", Some(3_600)),
            ("rate(0 days)", None),
            ("cron(0 * * * ? *)", None),
            ("", None),
        ] {
            assert_eq!(rate(expression).map(|rate| rate.as_secs()), seconds, "{expression}");
        }
    }
}
