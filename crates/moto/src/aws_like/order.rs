//! In which order lists are told, and how policies are worded (fact 11.7).
//!
//! AWS promises no order unless its documentation does ([`PROMISED`]), so every other list of an answer is told backwards;
//! what Cognito is seen to sort is sorted. A policy says the same in other words: where IAM takes one value or a list of one,
//! it is told the other way.

use axum::body::Bytes;
use ciborium::Value as Cbor;
use serde_json::{Map, Value, json};

use super::markup;
use crate::operation::Operation;

/// Lists whose order is promised, and by what.
const PROMISED: [(&str, &str); 5] = [
    ("route53:ListResourceRecordSets", "model: sorted by name"),
    ("logs:FilterLogEvents", "model: sorted by time"),
    ("s3:ListObjectsV2", "model: sorted by key"),
    ("s3:ListObjectVersions", "model: sorted by key"),
    // No list at all, whatever it looks like.
    ("s3:GetObject", "somebody's file"),
];
/// Lists that are told sorted, wherever they were: fields of app clients, as live accounts tell them.
const SORTED: [&str; 5] =
    ["AllowedOAuthFlows", "AllowedOAuthScopes", "CallbackURLs", "ExplicitAuthFlows", "LogoutURLs"];
/// Where one value and a list of one are the same in a policy.
const ONE_OR_MANY: [&str; 5] = ["Action", "Resource", "Service", "AWS", "Statement"];

/// The answer to a call that reads, as AWS might tell it. What is no answer in a known form is left as it is.
pub fn told(operation: &Operation, body: &Bytes) -> Bytes {
    if operation.writes() || PROMISED.iter().any(|(call, _)| *call == operation.full_name()) {
        return body.clone();
    }
    let changed = if body.starts_with(b"<") {
        std::str::from_utf8(body).ok().and_then(markup::backwards).map(Bytes::from)
    } else if let Ok(answer) = serde_json::from_slice(body) {
        Some(json_answer(operation, answer).to_string().into())
    } else {
        ciborium::from_reader(&body[..]).ok().map(backwards_cbor).and_then(|answer| {
            let mut written = Vec::new();
            ciborium::into_writer(&answer, &mut written).ok().map(|()| Bytes::from(written))
        })
    };
    changed.unwrap_or_else(|| body.clone())
}

fn json_answer(operation: &Operation, answer: Value) -> Value {
    let mut answer = backwards(answer);
    // Lambda writes the statements of a function's policy itself, always in the same words.
    if operation.full_name() == "lambda:GetPolicy"
        && let Some(policy) = answer["Policy"].as_str().and_then(|text| serde_json::from_str(text).ok())
    {
        answer["Policy"] = json!(backwards(policy).to_string());
    }
    answer
}

fn backwards(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().rev().map(backwards).collect(),
        Value::Object(fields) => {
            let told = |(name, value): (String, Value)| {
                let mut value = backwards(value);
                if let Value::Array(items) = &mut value
                    && SORTED.contains(&name.as_str())
                {
                    items.sort_by_key(ToString::to_string);
                }
                (name, value)
            };
            Value::Object(fields.into_iter().map(told).collect())
        }
        other => other,
    }
}

fn backwards_cbor(value: Cbor) -> Cbor {
    match value {
        Cbor::Array(items) => Cbor::Array(items.into_iter().rev().map(backwards_cbor).collect()),
        Cbor::Map(fields) => Cbor::Map(fields.into_iter().map(|(name, value)| (name, backwards_cbor(value))).collect()),
        other => other,
    }
}

/// A policy document in other words, which mean the same.
pub(super) fn reworded(document: Value) -> Value {
    in_other_words(backwards(document))
}

fn in_other_words(part: Value) -> Value {
    match part {
        Value::Object(fields) => Value::Object(fields.into_iter().map(field).collect()),
        other => other,
    }
}

fn field((name, value): (String, Value)) -> (String, Value) {
    let value = match (name.as_str(), value) {
        ("Principal", Value::String(everybody)) if everybody == "*" => json!({ "AWS": "*" }),
        ("Statement", Value::Array(statements)) if statements.len() > 1 => {
            statements.into_iter().map(in_other_words).collect()
        }
        ("Condition", Value::Object(operators)) => {
            let told = |(operator, values): (String, Value)| {
                let Value::Object(values) = values else { return (operator, values) };
                let values: Map<_, _> = values.into_iter().map(|(key, value)| (key, other_form(value))).collect();
                (operator, Value::Object(values))
            };
            Value::Object(operators.into_iter().map(told).collect())
        }
        (_, value @ Value::Object(_)) => in_other_words(value),
        (name, value) if ONE_OR_MANY.contains(&name) => other_form(value),
        (_, value) => value,
    };
    (name, value)
}

/// One value as a list, and a list of one as its value.
fn other_form(value: Value) -> Value {
    match value {
        Value::Array(mut items) if items.len() == 1 => match items.swap_remove(0) {
            one @ Value::Object(_) => in_other_words(one),
            one => one,
        },
        Value::Array(items) => Value::Array(items),
        one => json!([one]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(service: &str, name: &str) -> Operation {
        Operation { service: service.to_owned(), name: name.to_owned(), fields: Value::Null }
    }

    #[test]
    fn lists_are_told_backwards_unless_their_order_is_promised_or_known() {
        let answer = |call: &Operation, body: Value| -> Value {
            serde_json::from_slice(&told(call, &body.to_string().into())).unwrap()
        };
        let targets = json!({ "Targets": [{ "Id": "1", "x": [1, 2] }, { "Id": "2" }] });
        let expected = json!({ "Targets": [{ "Id": "2" }, { "Id": "1", "x": [2, 1] }] });
        assert_eq!(answer(&call("events", "ListTargetsByRule"), targets.clone()), expected);
        assert_eq!(answer(&call("events", "PutTargets"), targets.clone()), targets, "a write");
        assert_eq!(answer(&call("logs", "FilterLogEvents"), targets.clone()), targets);
        let client = json!({ "UserPoolClient": { "ExplicitAuthFlows": ["B", "C", "A"], "Other": ["B", "C", "A"] } });
        let told = &answer(&call("cognito-idp", "DescribeUserPoolClient"), client)["UserPoolClient"];
        assert_eq!((&told["ExplicitAuthFlows"], &told["Other"]), (&json!(["A", "B", "C"]), &json!(["A", "C", "B"])));
    }

    #[test]
    fn cbor_keeps_its_times() {
        let time = |at: f64| Cbor::Tag(1, Box::new(Cbor::Float(at)));
        let mut body = Vec::new();
        ciborium::into_writer(&Cbor::Map(vec![("A".into(), Cbor::Array(vec![time(1.0), time(2.0)]))]), &mut body)
            .unwrap();
        let changed = told(&call("cloudwatch", "DescribeAlarms"), &body.into());
        let changed: Cbor = ciborium::from_reader(&changed[..]).unwrap();
        assert_eq!(changed, Cbor::Map(vec![("A".into(), Cbor::Array(vec![time(2.0), time(1.0)]))]));
    }

    #[test]
    fn a_policy_says_the_same_in_other_words() {
        let document = json!({ "Version": "2012-10-17", "Statement": [{
            "Action": "sns:Publish", "Resource": ["a"], "Principal": "*",
            "Condition": { "ArnEquals": { "aws:SourceArn": ["x", "y"] }, "StringEquals": { "k": "v" } } }] });
        let expected = json!({ "Version": "2012-10-17", "Statement": {
            "Action": ["sns:Publish"], "Resource": "a", "Principal": { "AWS": "*" },
            "Condition": { "ArnEquals": { "aws:SourceArn": ["y", "x"] }, "StringEquals": { "k": ["v"] } } } });
        assert_eq!(reworded(document), expected);
        let two = json!({ "Statement": [{ "Action": "a" }, { "Action": ["b", "c"] }] });
        assert_eq!(reworded(two), json!({ "Statement": [{ "Action": ["c", "b"] }, { "Action": ["a"] }] }));
    }
}
