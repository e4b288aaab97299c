//! What other callers than our functions send: pages, compressed bodies, units, periods, tags, empty lists, absurd numbers.

use std::io::Write as _;

use aws::authorize::Principal;
use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, Dimension, MetricDatum, StandardUnit, StateValue, Statistic, Tag,
};
use flate2::{Compression, write::GzEncoder};
use http::Request;
use local::this_computer::ALARM;
use serde_json::{Value, json};

use crate::{Aws, alarm_with, code, gauge, metric, minutes, sdk, start};

#[tokio::test]
async fn a_history_is_told_page_by_page() {
    let aws = Aws::new(Principal::Administrator).await;
    let client = aws.client();
    for state in [StateValue::Alarm, StateValue::Ok, StateValue::Alarm] {
        client.set_alarm_state().alarm_name(ALARM).state_value(state).state_reason("r").send().await.unwrap();
    }
    let all = client.describe_alarm_history().send().await.unwrap();
    let all: Vec<_> = all.alarm_history_items().iter().filter_map(|item| item.history_summary()).collect();
    let (mut told, mut pages, mut token) = (Vec::new(), 0, None);
    loop {
        let page = client.describe_alarm_history().max_records(2).set_next_token(token).send().await.unwrap();
        assert!(page.alarm_history_items().len() <= 2);
        told.extend(page.alarm_history_items().iter().filter_map(|item| item.history_summary()).map(str::to_owned));
        pages += 1;
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert_eq!(told, all);
    assert_eq!(pages, all.len().div_ceil(2));
    let error = client.describe_alarm_history().next_token("more").send().await.unwrap_err();
    assert!(error.as_service_error().unwrap().is_invalid_next_token(), "{error:?}");
    let others = client.describe_alarm_history().alarm_types(AlarmType::CompositeAlarm).send().await.unwrap();
    assert!(others.alarm_history_items().is_empty());
}

/// SDKs compress what is larger than 10 KB.
#[tokio::test]
async fn compressed_data_are_read() {
    let aws = Aws::new(Principal::Administrator).await;
    let client = aws.client();
    let data: Vec<_> = (0..200).map(|_| gauge(start(), 1.0)).collect();
    client.put_metric_data().namespace("N").set_metric_data(Some(data)).send().await.unwrap();
    let sum = client.get_metric_statistics().namespace("N").metric_name("AssociatedSubnets").period(60);
    let endpoint = Dimension::builder().name("Endpoint").value("cvpn-endpoint-1").build();
    let sum = sum.dimensions(endpoint).statistics(Statistic::Sum).start_time(sdk(start())).end_time(sdk(minutes(1)));
    assert_eq!(sum.send().await.unwrap().datapoints()[0].sum(), Some(200.0));

    let packed = |bytes: &[u8]| {
        let mut packing = GzEncoder::new(Vec::new(), Compression::best());
        packing.write_all(bytes).unwrap();
        packing.finish().unwrap()
    };
    let (parts, ()) = Request::post("/").header("content-encoding", "gzip").body(()).unwrap().into_parts();
    let form = "Action=PutMetricData&Version=2010-08-01&Namespace=N&MetricData.member.1.MetricName=Q\
                &MetricData.member.1.Value=1";
    let (status, body) = aws.raw(&parts, &packed(form.as_bytes())).await;
    assert_eq!(status, 200, "{body}");
    let (status, body) = aws.raw(&parts, &packed(&vec![b'a'; 20 * 1024 * 1024])).await;
    assert_eq!(status, 413, "{body}");
    let (status, body) = aws.raw(&parts, form.as_bytes()).await;
    assert_eq!((status, body.contains("<Code>SerializationException</Code>")), (400, true), "{body}");
    let (parts, ()) = Request::post("/").header("content-encoding", "br").body(()).unwrap().into_parts();
    assert_eq!(aws.raw(&parts, form.as_bytes()).await.0, 400);
}

#[tokio::test]
async fn units_are_kept_and_asked_for() {
    let aws = Aws::new(Principal::Administrator).await;
    let client = aws.client();
    for (unit, value) in [(StandardUnit::Seconds, 2.0), (StandardUnit::Count, 5.0)] {
        let datum = MetricDatum::builder().metric_name("M").value(value).unit(unit).timestamp(sdk(start())).build();
        client.put_metric_data().namespace("N").metric_data(datum).send().await.unwrap();
    }
    let read = client.get_metric_statistics().namespace("N").metric_name("M").period(60).statistics(Statistic::Sum);
    let read = read.start_time(sdk(start())).end_time(sdk(minutes(1)));
    let told = |points: &[aws_sdk_cloudwatch::types::Datapoint]| {
        points.iter().map(|point| (point.unit().cloned(), point.sum())).collect::<Vec<_>>()
    };
    let (seconds, count) = ((Some(StandardUnit::Seconds), Some(2.0)), (Some(StandardUnit::Count), Some(5.0)));
    assert_eq!(told(read.clone().send().await.unwrap().datapoints()), [count, seconds.clone()]);
    assert_eq!(told(read.clone().unit(StandardUnit::Seconds).send().await.unwrap().datapoints()), [seconds]);
    assert!(read.unit(StandardUnit::Bytes).send().await.unwrap().datapoints().is_empty());
    let (status, body) = aws
        .json(
            "PutMetricData",
            &json!({ "Namespace": "N", "MetricData": [{ "MetricName": "M", "Value": 1, "Unit": "Pound" }] }),
        )
        .await;
    assert_eq!((status, &body["__type"]), (400, &json!("com.amazonaws.cloudwatch#ValidationError")), "{body}");
}

#[tokio::test]
async fn each_query_has_its_own_period_and_pages_are_cut() {
    let aws = Aws::new(Principal::Administrator).await;
    for minute in 0..10 {
        aws.world.cloudwatch.lock().unwrap().record(minutes(minute - 10), "N", "M", &[], 1.0);
    }
    let (from, to) = (minutes(-10).as_second(), start().as_second());
    let shown = |id: &str, period| {
        let mut query = metric(id, period);
        query["ReturnData"] = json!(true);
        query
    };
    let queries = json!([shown("fine", 60), shown("coarse", 300)]);
    let ask = |more: Value| {
        let mut input = json!({ "MetricDataQueries": queries, "StartTime": from, "EndTime": to });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let (status, body) = aws.json("GetMetricData", &ask(json!({}))).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["MetricDataResults"][0]["Values"], json!(vec![1.0; 10]));
    assert_eq!(body["MetricDataResults"][1]["Values"], json!([5.0, 5.0]));
    assert_eq!(body["NextToken"], Value::Null);

    let (mut values, mut token) = (Vec::new(), Value::Null);
    for page in 0..3 {
        let (_, body) = aws.json("GetMetricData", &ask(json!({ "MaxDatapoints": 5, "NextToken": token }))).await;
        for result in body["MetricDataResults"].as_array().unwrap() {
            values
                .extend(result["Values"].as_array().unwrap().iter().map(|value| (result["Id"].clone(), value.clone())));
        }
        token = body["NextToken"].clone();
        assert_eq!(token.is_null(), page == 2, "{body}");
    }
    assert_eq!(values.len(), 12);
    assert_eq!(values[11], (json!("coarse"), json!(5.0)));

    // Sums of a hundred terms for each minute of two weeks: page after page, each of which is there in a moment.
    let sum = json!({ "Id": "sum", "Expression": vec!["m"; 100].join("+") });
    let sums = json!({ "MetricDataQueries": [metric("m", 60), sum], "StartTime": to - 14 * 86_400, "EndTime": to });
    let (mut values, mut pages, mut token) = (0, 0, Value::Null);
    loop {
        let mut input = sums.clone();
        input["NextToken"] = token;
        let (_, body) = aws.json("GetMetricData", &input).await;
        values += body["MetricDataResults"][0]["Values"].as_array().map_or(0, Vec::len);
        pages += 1;
        token = body["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!((values, pages), (10, 20), "of 1,008 minutes each");

    let mixed = json!([shown("a", 60), metric("b", 300), { "Id": "e", "Expression": "a+b" }]);
    let input = json!({ "MetricDataQueries": mixed, "StartTime": from, "EndTime": to });
    assert_eq!(aws.json("GetMetricData", &input).await.0, 400);
}

/// Numbers that nobody can reckon with end no call in a panic, and no call takes long.
#[tokio::test]
async fn absurd_numbers_are_refused() {
    let aws = Aws::new(Principal::Administrator).await;
    let get = |member: &str, value: Value| {
        let mut input = json!({ "Namespace": "N", "MetricName": "M", "Period": 60, "Statistics": ["Sum"],
            "StartTime": 0, "EndTime": 60 });
        input[member] = value;
        input
    };
    for (member, value) in [
        ("Period", json!(i64::MAX / 60 * 60)),
        ("Period", json!(0)),
        ("Period", json!(-60)),
        ("EndTime", json!(1e18)),
        ("EndTime", json!(253_402_200_000_i64)),
        ("StartTime", json!(-377_705_000_000_i64)),
    ] {
        let (status, body) = aws.json("GetMetricStatistics", &get(member, value.clone())).await;
        assert_eq!(status, 400, "{member} {value}: {body}");
    }
    let mut wide = metric("m1", 2_147_483_640);
    wide["ReturnData"] = json!(true);
    let input = json!({ "MetricDataQueries": [wide], "StartTime": 0, "EndTime": 221_000_000_000_i64 });
    assert_eq!(aws.json("GetMetricData", &input).await.0, 200);
    let mut alarm = alarm_with(&json!([{ "Id": "e1", "Expression": "m1" }, metric("m1", 2_147_483_640)]));
    alarm["EvaluationPeriods"] = json!(2_147_483_647);
    assert_eq!(aws.json("PutMetricAlarm", &alarm).await.0, 400);
    for operation in ["DescribeAlarms", "DescribeAlarmHistory"] {
        for records in [json!(0), json!(101), json!(-1), json!(1e30), json!(u64::MAX)] {
            let (status, body) = aws.json(operation, &json!({ "MaxRecords": records })).await;
            assert_eq!(status, 400, "{operation} {records}: {body}");
        }
    }
    let deep = format!("Action=PutMetricAlarm&Version=2010-08-01&{}=1", "A.".repeat(100_000));
    let (parts, ()) = Request::post("/").body(()).unwrap().into_parts();
    let (status, body) = aws.raw(&parts, deep.as_bytes()).await;
    assert_eq!((status, body.contains("MalformedQueryString")), (400, true), "{body}");
}

#[tokio::test]
async fn tags_of_alarms_are_put_changed_and_told() {
    let aws = Aws::new(Principal::Administrator).await;
    let client = aws.client();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let put = || {
        let put = client.put_metric_alarm().alarm_name("t").namespace("N").metric_name("M").period(60);
        let put = put.statistic(Statistic::Sum).evaluation_periods(1).threshold(1.0);
        put.comparison_operator(ComparisonOperator::LessThanThreshold)
    };
    put().tags(tag("team", "vpn")).send().await.unwrap();
    // "If you are using this operation to update an existing alarm, any tags you specify are ignored."
    put().tags(tag("team", "other")).send().await.unwrap();
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:t";
    client.tag_resource().resource_arn(arn).tags(tag("cost", "1")).send().await.unwrap();
    let told = async || {
        let tags = client.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
        let told = |tag: &Tag| format!("{}={}", tag.key().unwrap_or_default(), tag.value().unwrap_or_default());
        tags.tags().iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(told().await, ["cost=1", "team=vpn"]);
    client.untag_resource().resource_arn(arn).tag_keys("team").tag_keys("nothing").send().await.unwrap();
    assert_eq!(told().await, ["cost=1"]);
    let error = client.tag_resource().resource_arn(arn).tags(tag("aws:x", "1")).send().await.unwrap_err();
    assert_eq!(code(&error), "InvalidParameterValue");
    let error = client.list_tags_for_resource().resource_arn(format!("{arn}x")).send().await.unwrap_err();
    assert_eq!(code(&error), "ResourceNotFoundException");
}

/// The Query protocol sends an empty list as its name alone.
#[tokio::test]
async fn empty_lists_are_lists() {
    let aws = Aws::new(Principal::Administrator).await;
    let version = ("Version", "2010-08-01");
    let (status, body) = aws.query(&[("Action", "DescribeAlarms"), version, ("AlarmNames", "")]).await;
    assert!(status == 200 && body.contains(ALARM), "{body}");
    let alarm = [
        ("Action", "PutMetricAlarm"),
        version,
        ("AlarmName", "e"),
        ("Namespace", "N"),
        ("MetricName", "M"),
        ("Period", "60"),
        ("Statistic", "Sum"),
        ("EvaluationPeriods", "1"),
        ("Threshold", "1"),
        ("ComparisonOperator", "LessThanThreshold"),
        ("Dimensions", ""),
        ("OKActions", ""),
        ("Tags", ""),
    ];
    let (status, body) = aws.query(&alarm).await;
    assert_eq!(status, 200, "{body}");
    let (status, body) =
        aws.query(&[("Action", "PutMetricData"), version, ("Namespace", "N"), ("MetricData", "")]).await;
    assert!(status == 400 && body.contains("<Code>MissingParameter</Code>"), "{body}");
    for unlike in
        [("AlarmNames", "a"), ("AlarmNames.1", "a"), ("AlarmNames.member.x", "a"), ("MaxRecords.member.1", "1")]
    {
        let (status, body) = aws.query(&[("Action", "DescribeAlarms"), version, unlike]).await;
        assert!(status == 400 && body.contains("<Code>SerializationException</Code>"), "{unlike:?}: {body}");
    }
}
