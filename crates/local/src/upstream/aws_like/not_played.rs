//! What moto would take and nothing here would do: refused, because a success that was not done is a lie.

use crate::upstream::operation::Operation;

/// The call, and what would not happen.
const REFUSED: [(&str, &str); 8] = [
    ("cloudwatch:PutCompositeAlarm", "no composite alarm would be judged"),
    ("cloudwatch:PutAnomalyDetector", "no band would be computed"),
    ("cloudwatch:PutMetricStream", "no metric would be sent"),
    ("events:PutEvents", "no event would reach a rule"),
    ("logs:PutMetricFilter", "no log line would become a metric"),
    ("logs:PutSubscriptionFilter", "no log line would be sent"),
    ("lambda:POST /2015-03-31/event-source-mappings", "nothing would be polled"),
    ("lambda:PUT /2017-10-31/functions/*/concurrency", "no invocation would be held back"),
];

/// Why a call is refused; `None` for what passes.
pub fn why(operation: &Operation) -> Option<&'static str> {
    let call = operation.full_name();
    let is = |pattern: &str| match pattern.split_once('*') {
        Some((start, end)) => call.starts_with(start) && call.trim_end_matches('/').ends_with(end),
        None => call.trim_end_matches('/') == pattern,
    };
    REFUSED.iter().find(|(pattern, _)| is(pattern)).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn only_what_would_not_be_done_is_refused() {
        for (service, name, refused) in [
            ("cloudwatch", "PutCompositeAlarm", true),
            ("cloudwatch", "PutMetricAlarm", false),
            ("lambda", "PUT /2017-10-31/functions/F/concurrency", true),
            ("lambda", "POST /2015-03-31/event-source-mappings/", true),
            ("lambda", "PutProvisionedConcurrencyConfig", false),
        ] {
            let operation = Operation { service: service.to_owned(), name: name.to_owned(), fields: Value::Null };
            assert_eq!(why(&operation).is_some(), refused, "{service}:{name}");
        }
    }
}
