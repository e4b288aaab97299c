//! The protocols that the SDK for Rust does not speak.

use super::*;

#[tokio::test]
async fn json_sends_times_as_numbers() {
    let aws = Aws::new(Principal::Administrator).await;
    let epoch = start().as_second();
    let datum = json!({ "MetricName": "M", "Value": 3, "Timestamp": epoch });
    let put = json!({ "Namespace": "N", "MetricData": [datum] });
    assert_eq!(aws.json("PutMetricData", &put).await, (200, Value::Null));
    let get = json!({
        "Namespace": "N", "MetricName": "M", "Period": 60, "Statistics": ["Sum"],
        "StartTime": epoch, "EndTime": epoch + 60,
    });
    let (status, body) = aws.json("GetMetricStatistics", &get).await;
    assert_eq!(status, 200);
    assert_eq!(body["Datapoints"], json!([{ "Timestamp": 1_795_262_400.0, "Unit": "None", "Sum": 3.0 }]));
    let set = json!({ "AlarmName": "x", "StateValue": "OK", "StateReason": "r" });
    let (status, body) = aws.json("SetAlarmState", &set).await;
    assert_eq!(status, 404);
    assert_eq!(body, json!({ "__type": "com.amazonaws.cloudwatch#ResourceNotFound", "message": "Unknown alarm" }));
}

#[tokio::test]
async fn query_takes_forms_and_gives_xml() {
    let aws = Aws::new(Principal::Administrator).await;
    let version = ("Version", "2010-08-01");
    let (status, body) = aws
        .query(&[
            ("Action", "PutMetricAlarm"),
            version,
            ("AlarmName", "a&b"),
            ("EvaluationPeriods", "3"),
            ("Threshold", "1"),
            ("ComparisonOperator", "LessThanThreshold"),
            ("ActionsEnabled", "false"),
            ("AlarmActions.member.1", "arn:aws:sns:us-east-1:123456789012:t"),
            ("Metrics.member.1.Id", "m1"),
            ("Metrics.member.1.MetricStat.Metric.Namespace", "N"),
            ("Metrics.member.1.MetricStat.Metric.MetricName", "M"),
            ("Metrics.member.1.MetricStat.Metric.Dimensions.member.1.Name", "D"),
            ("Metrics.member.1.MetricStat.Metric.Dimensions.member.1.Value", "7"),
            ("Metrics.member.1.MetricStat.Period", "300"),
            ("Metrics.member.1.MetricStat.Stat", "Sum"),
            ("Metrics.member.1.ReturnData", "true"),
        ])
        .await;
    assert_eq!(status, 200, "{body}");
    let root = "<PutMetricAlarmResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><ResponseMetadata>";
    assert!(body.starts_with(root), "{body}");
    let (_, body) = aws.query(&[("Action", "DescribeAlarms"), version, ("AlarmNames.member.1", "a&b")]).await;
    for part in [
        "<DescribeAlarmsResult>",
        "<MetricAlarms><member>",
        "<AlarmName>a&amp;b</AlarmName>",
        "<ActionsEnabled>false</ActionsEnabled>",
        "<Value>7</Value>",
        "<Threshold>1.0</Threshold>",
        "<StateUpdatedTimestamp>2026-11-21T12:00:00Z</StateUpdatedTimestamp>",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }

    let (status, body) = aws
        .query(&[
            ("Action", "PutMetricData"),
            version,
            ("Namespace", "N"),
            ("MetricData.member.1.MetricName", "M"),
            ("MetricData.member.1.Value", "2.5"),
            ("MetricData.member.1.Timestamp", START),
        ])
        .await;
    assert_eq!(status, 200, "{body}");
    let (_, body) = aws
        .query(&[
            ("Action", "GetMetricStatistics"),
            version,
            ("Namespace", "N"),
            ("MetricName", "M"),
            ("Period", "60"),
            ("Statistics.member.1", "Sum"),
            ("StartTime", START),
            ("EndTime", "2026-11-21T12:01:00Z"),
        ])
        .await;
    assert!(body.contains("<Sum>2.5</Sum>"), "{body}");

    let (status, body) = aws.query(&[("Action", "MakeCoffee"), version]).await;
    assert_eq!(status, 400);
    assert!(body.contains("<Code>InvalidAction</Code>") && body.contains("<Type>Sender</Type>"), "{body}");
}
