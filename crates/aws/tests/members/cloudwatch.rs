//! CloudWatch's operations, in its three protocols.

use aws::{
    cloudwatch::{
        CloudWatch, ServiceError,
        table::{Kind, Member, OPERATIONS},
        wire,
    },
    deployment::Deployment,
};
use ciborium::Value as Cbor;
use http::Request;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{Members, modelled};

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().expect("a time")
}

/// A member of the table as the model would have it, and all that is in it.
fn told(path: &str, required: bool, kind: &Kind, into: &mut Members) {
    let (kind, inside): (Value, Vec<(String, bool, &Kind)>) = match kind {
        Kind::NotEmulated => (json!("not emulated"), vec![]),
        Kind::Text(least, most) => (json!({ "type": "string", "min": least, "max": most }), vec![]),
        Kind::Word(words) => (json!({ "type": "string", "enum": words }), vec![]),
        Kind::Integer(least, most) => (json!({ "type": "integer", "min": least, "max": most }), vec![]),
        Kind::Number => (json!({ "type": "double" }), vec![]),
        Kind::Flag => (json!({ "type": "boolean" }), vec![]),
        Kind::Time => (json!({ "type": "timestamp" }), vec![]),
        Kind::List(least, most, of) => {
            (json!({ "type": "list", "min": least, "max": most }), vec![(format!("{path}.N"), false, *of)])
        }
        Kind::Structure(members) => {
            let inside = |member: &'static Member| (format!("{path}.{}", member.name), member.required, &member.kind);
            (json!({ "type": "structure" }), members.iter().map(inside).collect())
        }
    };
    into.insert(path.to_owned(), json!({ "is": kind, "required": required }));
    for (path, required, kind) in inside {
        told(&path, required, kind, into);
    }
}

#[test]
fn the_table_is_the_model() {
    let modelled = modelled("cloudwatch");
    assert!(OPERATIONS.iter().map(|(name, _)| *name).eq(modelled.keys().map(String::as_str)), "the operations");
    for (operation, members) in OPERATIONS {
        let mut table = Members::new();
        members.iter().for_each(|member| told(member.name, member.required, &member.kind, &mut table));
        let refused: Vec<_> = table.iter().filter(|(_, it)| it["is"] == "not emulated").map(|(path, _)| path).collect();
        for (path, model) in &modelled[*operation] {
            if refused.iter().any(|refused| path == *refused || path.starts_with(&format!("{refused}."))) {
                continue;
            }
            let here = table.get(path).unwrap_or_else(|| panic!("{operation}: {path} is not in the table"));
            assert_eq!(here["is"]["type"], model["type"], "{operation}: {path}");
            assert_eq!(here["required"], json!(model["required"] == true), "{operation}: {path}");
            for limit in ["min", "max", "enum"] {
                if !model[limit].is_null() {
                    assert_eq!(here["is"][limit], model[limit], "{operation}: {limit} of {path}");
                }
            }
        }
        let invented: Vec<_> = table.keys().filter(|path| !modelled[*operation].contains_key(*path)).collect();
        assert!(invented.is_empty(), "{operation}: the model has no {invented:?}");
    }
}

/// A value that is within the limits, and with it all that a structure has to have.
fn example(name: &str, kind: &Kind) -> Value {
    match kind {
        Kind::NotEmulated => json!("x"),
        Kind::Word(words) => json!(words[0]),
        Kind::Integer(least, _) => {
            if name == "Period" {
                json!(60)
            } else {
                json!(least)
            }
        }
        Kind::Number => json!(1.0),
        Kind::Flag => json!(true),
        Kind::Time => json!(if name.starts_with("End") { "2026-11-21T11:59:00Z" } else { "2026-11-21T11:00:00Z" }),
        Kind::List(_, _, of) => json!([example(name, of)]),
        Kind::Structure(members) => {
            let required = members.iter().filter(|member| member.required);
            Value::Object(required.map(|member| (member.name.to_owned(), example(member.name, &member.kind))).collect())
        }
        Kind::Text(..) => json!(match name {
            "Stat" => "Sum",
            "Id" => "m1",
            "Expression" => "m1",
            "TreatMissingData" => "missing",
            "OKActions" | "AlarmActions" | "InsufficientDataActions" => "arn:aws:sns:us-east-1:1:t",
            "ResourceARN" => "arn:aws:cloudwatch:us-east-1:1:alarm:x",
            "StateReasonData" => "{}",
            "NextToken" => "0",
            _ => "x",
        }),
    }
}

/// Where each member is, from the operation's own to those inside of lists and structures.
fn paths(members: &'static [Member]) -> Vec<Vec<&'static Member>> {
    let below = |member: &'static Member| {
        let inside = match member.kind {
            Kind::List(_, _, Kind::Structure(members)) => paths(members),
            Kind::Structure(members) => paths(members),
            _ => vec![],
        };
        let inside = inside.into_iter().map(move |path| [vec![member], path].concat());
        std::iter::once(vec![member]).chain(inside)
    };
    members.iter().flat_map(below).collect()
}

/// Puts an example of the last member of a path where it belongs.
fn put(value: &mut Value, path: &[&'static Member]) {
    let [member, rest @ ..] = path else { return };
    let there = &mut value[member.name];
    if there.is_null() {
        *there = example(member.name, &member.kind);
    }
    put(if there.is_array() && !rest.is_empty() { &mut there[0] } else { there }, rest);
}

/// An input with a member, and with what makes sense only together.
fn input_with(operation: &str, members: &'static [Member], path: &[&'static Member]) -> Value {
    let names: Vec<_> = path.iter().map(|member| member.name).collect();
    let mut input = example("", &Kind::Structure(members));
    put(&mut input, path);
    let metric = json!({ "Namespace": "x", "MetricName": "x" });
    let mut fill = |part: Value| {
        for (name, value) in part.as_object().expect("an object") {
            if input[name].is_null() {
                input[name] = value.clone();
            }
        }
    };
    match operation {
        "PutMetricAlarm" => {
            fill(json!({ "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold" }));
            if names[0] != "Metrics" {
                fill(metric.clone());
                fill(json!({ "Statistic": "Sum", "Period": 60 }));
            }
        }
        "PutMetricData" => fill(json!({ "MetricData": [{ "MetricName": "x" }] })),
        "GetMetricStatistics" => fill(json!({ "Statistics": ["Sum"] })),
        // The name of an alarm.
        "DescribeAlarms" if names == ["NextToken"] => input["NextToken"] = json!("x"),
        _ => {}
    }
    if operation == "PutMetricData" {
        let datum = &mut input["MetricData"][0];
        match names.get(1) {
            Some(&"StatisticValues" | &"Values") => {}
            Some(&"Counts") => datum["Values"] = json!([1.0]),
            _ => datum["Value"] = json!(1.0),
        }
    }
    for queries in ["Metrics", "MetricDataQueries"] {
        if input[queries].is_null() {
            continue;
        }
        let stat = json!({ "Metric": {}, "Period": 60, "Stat": "Sum" });
        if names.last() == Some(&"Expression") {
            input[queries][0]["Id"] = json!("e1");
            let list = input[queries].as_array_mut().expect("a list");
            list.push(json!({ "Id": "m1", "MetricStat": stat, "ReturnData": false }));
        } else if input[queries][0]["MetricStat"].is_null() {
            input[queries][0]["MetricStat"] = stat;
        }
        for query in input[queries].as_array_mut().expect("a list") {
            let Some(named) = query.get_mut("MetricStat").and_then(|stat| stat["Metric"].as_object_mut()) else {
                continue;
            };
            named.extend(metric.as_object().expect("an object").clone());
        }
    }
    input
}

fn cloudwatch() -> CloudWatch {
    let deployment = Deployment {
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        account: "1".to_owned(),
        alarms: vec![json!({ "AlarmName": "x", "Namespace": "x", "MetricName": "x", "Statistic": "Sum", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold" })],
        ..Deployment::default()
    };
    CloudWatch::new(&deployment, now()).expect("an alarm")
}

/// The input as each protocol carries it.
fn sent(operation: &str, input: &Value) -> [Result<Value, ServiceError>; 3] {
    let read = |request: http::request::Builder, body: &[u8]| {
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let request = wire::read(&parts, body);
        assert_eq!(request.operation, operation);
        request.input
    };
    let target = Request::post("/").header("x-amz-target", format!("GraniteServiceVersion20100801.{operation}"));
    let path = format!("/service/GraniteServiceVersion20100801/operation/{operation}");
    let cbor = Request::post(path).header("smithy-protocol", "rpc-v2-cbor");
    let mut body = Vec::new();
    ciborium::into_writer(&in_cbor(input), &mut body).expect("CBOR");
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", operation).append_pair("Version", "2010-08-01");
    flattened(String::new(), input, &mut |name, value| {
        form.append_pair(name, value);
    });
    [
        read(target, in_json(input).to_string().as_bytes()),
        read(cbor, &body),
        read(Request::post("/"), form.finish().as_bytes()),
    ]
}

/// JSON sends times as seconds.
fn in_json(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), in_json(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(in_json).collect(),
        Value::String(text) => text.parse::<Timestamp>().map_or_else(|_| json!(text), |time| json!(time.as_second())),
        other => other.clone(),
    }
}

/// CBOR too, with a tag.
fn in_cbor(value: &Value) -> Cbor {
    match value {
        Value::Object(members) => {
            Cbor::Map(members.iter().map(|(name, value)| (Cbor::Text(name.clone()), in_cbor(value))).collect())
        }
        Value::Array(items) => Cbor::Array(items.iter().map(in_cbor).collect()),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(time) => Cbor::Tag(1, Box::new(Cbor::Integer(time.as_second().into()))),
            Err(_) => Cbor::Text(text.clone()),
        },
        other => Cbor::serialized(other).expect("a plain value"),
    }
}

fn flattened(path: String, value: &Value, add: &mut impl FnMut(&str, &str)) {
    let inner = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| flattened(inner(name), value, add)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(place, item)| flattened(inner(&format!("member.{}", place + 1)), item, add)),
        Value::String(text) => add(&path, text),
        other => add(&path, &other.to_string()),
    }
}

/// Each member beside what is required: read alike in three protocols, and taken; or refused by its name.
#[test]
fn each_member_is_read_or_refused_in_each_protocol() {
    let mut tried = 0;
    for (operation, members) in OPERATIONS {
        for path in paths(members) {
            tried += 1;
            let names: Vec<_> = path.iter().map(|member| member.name).collect();
            let what = format!("{operation} with {}", names.join("."));
            let input = input_with(operation, members, &path);
            let read = sent(operation, &input);
            if path.last().is_some_and(|member| matches!(member.kind, Kind::NotEmulated)) {
                for refused in read {
                    let error = refused.expect_err(&what);
                    let is_named = error.message.contains(names[names.len() - 1]);
                    assert!(error.code == "ValidationError" && is_named, "{what}: {error}");
                }
                continue;
            }
            for read in read {
                let read = read.unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(read, input, "{what}");
                if let Err(error) = cloudwatch().call(now(), operation, &read) {
                    panic!("{what}: {error}");
                }
            }
        }
    }
    assert!(tried > 120, "{tried}");
}

/// What is beyond a limit is AWS's `ValidationError`, of another type its `SerializationException`, absent its null.
#[test]
fn what_is_beyond_its_limits_is_refused() {
    let mut tried = 0;
    for (operation, members) in OPERATIONS {
        for member in *members {
            let refused = |value: Option<Value>, code: &str| {
                let mut input = example("", &Kind::Structure(members));
                let given = input.as_object_mut().expect("an object");
                given.remove(member.name);
                given.extend(value.clone().map(|value| (member.name.to_owned(), value)));
                let [by_json, ..] = sent(operation, &input);
                let error = by_json.expect_err(&format!("{operation} with {}: {value:?}", member.name));
                assert_eq!(error.code, code, "{operation} with {}: {error}", member.name);
            };
            if member.required {
                refused(None, "ValidationError");
            }
            let beyond = match member.kind {
                Kind::NotEmulated | Kind::Structure(_) => vec![],
                Kind::Text(0, most) => vec![json!("x".repeat(most + 1))],
                Kind::Text(_, most) => vec![json!(""), json!("x".repeat(most + 1))],
                Kind::Word(_) => vec![json!("Neither")],
                Kind::Integer(least, most) if most < i64::from(i32::MAX) => vec![json!(least - 1), json!(most + 1)],
                Kind::Integer(least, _) => vec![json!(least - 1)],
                Kind::List(0, most, of) => vec![Value::Array(vec![example(member.name, of); most + 1])],
                Kind::List(_, most, of) => vec![json!([]), Value::Array(vec![example(member.name, of); most + 1])],
                Kind::Number | Kind::Flag | Kind::Time => vec![],
            };
            for value in beyond {
                tried += 1;
                refused(Some(value), "ValidationError");
            }
            if !matches!(member.kind, Kind::NotEmulated) {
                refused(
                    Some(json!([{ "x": [] }]))
                        .filter(|_| !matches!(member.kind, Kind::List(..)))
                        .or(Some(json!(7.5)))
                        .filter(|_| !matches!(member.kind, Kind::Number))
                        .or(Some(json!("x"))),
                    "SerializationException",
                );
            }
        }
    }
    assert!(tried > 50, "{tried}");
}
