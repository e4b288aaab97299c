//! CloudWatch's inputs, in all three protocols.

use aws::cloudwatch::{
    CloudWatch,
    operations::touched,
    table::{Kind, Member, OPERATIONS},
    wire::{Protocol, Request, read, write},
};
use http::request::Parts;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{
    any_text,
    odd::{self, any_json, changed, nearly},
    texts,
};

const WORDS: [&str; 10] =
    ["alarm-1", "alarm-2", "Average", "m1", "m1 + m2", "IF(m1 > 0, 1)", "*", "2026-11-02T12:00:00Z", "missing", "VPN"];
const JSON: &str = "DescribeAlarms";

/// Odd bodies by protocol, and the code of the refusal; empty where it is taken.
const CORPUS: [(Protocol, &[u8], &str); 17] = [
    (Protocol::Json, b"{}", ""),
    (Protocol::Json, b"", "SerializationException"),
    (Protocol::Json, b"[]", "SerializationException"),
    (Protocol::Json, b"{\"MaxRecords\": 1e400}", "SerializationException"),
    (Protocol::Json, b"{\"MaxRecords\": 1.0}", "SerializationException"),
    (Protocol::Json, b"{\"MaxRecords\": 0}", "ValidationError"),
    (Protocol::Json, b"{\"AlarmNames\": [null]}", "SerializationException"),
    (Protocol::Json, b"{\"AlarmNames\": null}", ""),
    (Protocol::Json, b"{\"alarmNames\": []}", "ValidationError"),
    (Protocol::Json, b"\xef\xbb\xbf{}", "SerializationException"),
    (Protocol::Cbor, b"", ""),
    (Protocol::Cbor, b"\xbf\xff", ""),
    (Protocol::Cbor, b"\xa1", "SerializationException"),
    (Protocol::Cbor, b"\xa1\x01\x01", "SerializationException"),
    (Protocol::Cbor, b"\xa1\x6aMaxRecords\x1b\xff\xff\xff\xff\xff\xff\xff\xff", "SerializationException"),
    (Protocol::Query, b"Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.x=a", "SerializationException"),
    (Protocol::Query, b"Action=DescribeAlarms&Version=2010-08-01&a.b.c.d.e.f.g.h.i.j.k=1", "MalformedQueryString"),
];

#[test]
fn the_corpus_is_read_as_it_says() {
    for (protocol, body, code) in CORPUS {
        let request = read(&parts(protocol, JSON), body);
        let refused = request.input.err();
        assert_eq!(
            refused.as_ref().map_or("", |error| error.code),
            code,
            "{protocol:?} {}: {refused:?}",
            body.escape_ascii()
        );
    }
}

fn now() -> Timestamp {
    "2026-11-02T12:00:00Z".parse().expect("a time")
}

/// With an alarm, and what it judges.
fn watching() -> CloudWatch {
    let mut state = CloudWatch::default();
    let alarm = json!({
        "AlarmName": "alarm-1", "ComparisonOperator": "LessThanThreshold", "Threshold": 1, "EvaluationPeriods": 3,
        "Namespace": "VPN", "MetricName": "m1", "Statistic": "Average", "Period": 60, "AlarmActions": ["arn:aws:sns:a:b:c"],
    });
    let data = json!({ "Namespace": "VPN", "MetricData": [{ "MetricName": "m1", "Value": 0 }] });
    for (operation, input) in [("PutMetricAlarm", alarm), ("PutMetricData", data)] {
        state.call(now(), operation, &input).expect(operation);
    }
    state
}

fn parts(protocol: Protocol, operation: &str) -> Parts {
    let request = http::Request::builder();
    let request = match protocol {
        Protocol::Cbor => request
            .uri(format!("/service/GraniteServiceVersion20100801/operation/{operation}"))
            .header("smithy-protocol", "rpc-v2-cbor"),
        Protocol::Json => request.header("x-amz-target", format!("GraniteServiceVersion20100801.{operation}")),
        Protocol::Query => request,
    };
    request.body(()).expect("a request").into_parts().0
}

/// A value that is of a kind.
fn of(kind: &'static Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Text(least, most) => {
            let fits = move |text: &String| (*least..=*most).contains(&text.chars().count());
            prop_oneof![
                3 => prop::sample::select(WORDS.as_slice()).prop_map(str::to_owned).prop_filter("too long", fits),
                1 => prop_oneof![any_text(), Just("x".to_owned())].prop_filter("too long", fits),
            ]
            .prop_map(Value::from)
            .boxed()
        }
        Kind::Word(words) => prop::sample::select(*words).prop_map(Value::from).boxed(),
        Kind::Integer(least, most) => {
            prop_oneof![Just(60_i64.clamp(*least, *most)), *least..=*most].prop_map(Value::from).boxed()
        }
        // serde_json reads others back to the last bit but one.
        Kind::Number => {
            prop_oneof![any::<i32>().prop_map(Value::from), any::<i32>().prop_map(|n| json!(f64::from(n) / 8.0))]
                .boxed()
        }
        Kind::Flag => any::<bool>().prop_map(Value::from).boxed(),
        Kind::Time => {
            prop_oneof![1_793_500_000_000_i64..1_793_700_000_000, -62_135_596_800_000_i64..221_845_392_000_000,]
                .prop_map(|ms| json!(Timestamp::from_millisecond(ms).expect("within")))
                .boxed()
        }
        Kind::List(least, most, of_kind) => {
            prop::collection::vec(of(of_kind), *least..=(*most).min(least + 2)).prop_map(Value::from).boxed()
        }
        // In a form nothing says that there is an empty one.
        Kind::Structure(members) => structure(members).prop_filter("empty", |value| *value != json!({})).boxed(),
        Kind::NotEmulated => Just(Value::Null).boxed(),
    }
}

/// All that must be, and some of what may.
fn structure(members: &'static [Member]) -> BoxedStrategy<Value> {
    let member = |member: &'static Member| {
        let value = of(&member.kind);
        let value = if member.required { value.prop_map(Some).boxed() } else { prop::option::of(value).boxed() };
        value.prop_map(|value| (member.name, value))
    };
    members
        .iter()
        .filter(|member| !matches!(member.kind, Kind::NotEmulated))
        .map(member)
        .collect::<Vec<_>>()
        .prop_map(|members| {
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect::<Map<_, _>>()
                .into()
        })
        .boxed()
}

fn any_call() -> impl Strategy<Value = (&'static str, Value)> {
    let inputs: Vec<_> = OPERATIONS
        .iter()
        .map(|(operation, members)| structure(members).prop_map(|input| (*operation, input)).boxed())
        .collect();
    proptest::strategy::Union::new(inputs)
}

/// As an input is sent in the Query protocol.
fn flat(form: &mut Vec<(String, String)>, name: &str, value: &Value) {
    let under = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(part, value)| flat(form, &under(part), value)),
        Value::Array(items) if items.is_empty() => form.push((name.to_owned(), String::new())),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| flat(form, &under(&format!("member.{}", n + 1)), item))
        }
        Value::String(text) => form.push((name.to_owned(), text.clone())),
        other => form.push((name.to_owned(), other.to_string())),
    }
}

fn body(protocol: Protocol, operation: &str, input: &Value) -> Vec<u8> {
    if protocol != Protocol::Query {
        return write(protocol, operation, &Ok(Some(input.clone())), "id").into_body();
    }
    let mut form = vec![("Action".to_owned(), operation.to_owned()), ("Version".to_owned(), "2010-08-01".to_owned())];
    flat(&mut form, "", input);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes()
}

/// Carries out what was read, and reads what is answered.
fn answered(state: &mut CloudWatch, request: &Request) {
    let output = request.input.clone().and_then(|input| {
        let _ = touched(state, &request.operation, &input);
        state.call(now(), &request.operation, &input).map(|(output, _)| output)
    });
    for protocol in [Protocol::Cbor, Protocol::Json, Protocol::Query] {
        let answer = write(protocol, &request.operation, &output, "id");
        assert_eq!(answer.status().is_success(), output.is_ok(), "{output:?}");
        if protocol == Protocol::Query {
            texts(std::str::from_utf8(answer.body()).expect("UTF-8"));
        } else if !answer.body().is_empty() {
            // Read as an input: an answer is written the same way.
            let read = read(&parts(protocol, "NoneOfOurs"), answer.body());
            assert!(read.input.is_ok(), "{protocol:?}: {read:?}");
        }
    }
}

proptest! {
    #![proptest_config(odd::config())]

    #[test]
    fn an_input_is_the_same_in_all_protocols((operation, input) in any_call()) {
        for protocol in [Protocol::Cbor, Protocol::Json, Protocol::Query] {
            let request = read(&parts(protocol, operation), &body(protocol, operation, &input));
            prop_assert_eq!((request.protocol, request.operation.as_str()), (protocol, operation));
            prop_assert_eq!(request.input.as_ref(), Ok(&input), "{:?}", protocol);
        }
    }

    /// Several calls to one CloudWatch, and a minute's judging after each.
    #[test]
    fn every_input_is_answered(calls in prop::collection::vec(any_call(), 1..5)) {
        let mut state = watching();
        for (operation, input) in calls {
            answered(&mut state, &read(&parts(Protocol::Json, operation), &body(Protocol::Json, operation, &input)));
            state.evaluate(now());
        }
    }

    #[test]
    fn what_is_nearly_an_input_is_answered(
        (operation, input) in any_call().prop_flat_map(|(operation, input)| (Just(operation), prop_oneof![nearly(input, &WORDS), any_json(&WORDS)])),
    ) {
        for protocol in [Protocol::Cbor, Protocol::Json, Protocol::Query] {
            answered(&mut watching(), &read(&parts(protocol, operation), &body(protocol, operation, &input)));
        }
    }

    #[test]
    fn what_are_nearly_bytes_of_an_input_are_answered(
        (operation, protocol, sent) in (any_call(), prop::sample::select(vec![Protocol::Cbor, Protocol::Json, Protocol::Query]))
            .prop_flat_map(|((operation, input), protocol)| (Just(operation), Just(protocol), changed(body(protocol, operation, &input)))),
    ) {
        answered(&mut watching(), &read(&parts(protocol, operation), &sent));
    }
}
