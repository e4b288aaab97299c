//! The idle alarm's story, minute by minute, with the definition of `infra/alarm.json`.

use aws::cloudwatch::{CloudWatch, alarm::StateValue};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::this_computer::{self, ALARM, ASSOCIATOR, Settings};

const ENDPOINT: &str = "cvpn-endpoint-0123456789abcdef0";

fn minute(count: i64) -> Timestamp {
    "2026-11-21T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(count)
}

fn idle_alarm() -> CloudWatch {
    CloudWatch::new(&this_computer::deployment(&Settings::default()).unwrap(), minute(0)).unwrap()
}

fn invoked(state: &mut CloudWatch, at: Timestamp) {
    state.record(at, "AWS/Lambda", "Invocations", &[("FunctionName", ASSOCIATOR)], 1.0);
}

fn connections(state: &mut CloudWatch, at: Timestamp, count: f64) {
    state.record(at, "AWS/ClientVPN", "ActiveConnectionsCount", &[("Endpoint", ENDPOINT)], count);
}

/// Lets minutes pass, with metrics every five, and gives the minutes at which the alarm called.
fn pass(
    state: &mut CloudWatch,
    minutes: std::ops::RangeInclusive<i64>,
    count: impl Fn(i64) -> Option<f64>,
) -> Vec<i64> {
    let mut called = Vec::new();
    for at in minutes {
        if at % 5 == 0
            && let Some(count) = count(at)
        {
            connections(state, minute(at), count);
        }
        if !state.evaluate(minute(at)).is_empty() {
            called.push(at);
        }
    }
    called
}

#[test]
fn it_calls_once_thirty_minutes_after_the_last_use() {
    let mut state = idle_alarm();
    invoked(&mut state, minute(2) + SignedDuration::from_secs(30));
    // Connected from minute 10 to 21: published as 1 at 10, 15 and 20.
    let called = pass(&mut state, 1..=120, |at| Some(if (10..=20).contains(&at) { 1.0 } else { 0.0 }));
    // Six windows of five minutes begin after minute 20 at minute 51.
    assert_eq!(called, [51]);
    assert_eq!(state.alarm_state(ALARM), Some(StateValue::Alarm));
}

#[test]
fn an_invocation_alone_keeps_it_quiet_for_thirty_minutes() {
    let mut state = idle_alarm();
    pass(&mut state, 1..=60, |_| Some(0.0));
    assert_eq!(state.alarm_state(ALARM), Some(StateValue::Alarm));
    invoked(&mut state, minute(61));
    assert_eq!(pass(&mut state, 61..=61, |_| Some(0.0)), [0; 0]);
    assert_eq!(state.alarm_state(ALARM), Some(StateValue::Alarm), "the minute is not over");
    assert_eq!(pass(&mut state, 62..=180, |_| Some(0.0)), [92], "back to OK at 62, and called again thirty minutes on");
}

#[test]
fn nothing_published_while_off_ages_out_to_ok() {
    let mut state = idle_alarm();
    assert_eq!(pass(&mut state, 1..=60, |at| (at <= 40).then_some(0.0)), [31], "the sixth datapoint is of minute 30");
    // The last point, of minute 40, leaves the window of N + 2 periods bit by bit: fewer than six remain after minute 50.
    assert_eq!(state.alarm_state(ALARM), Some(StateValue::Ok));
    // On again, without a request, as from the console: a full idle time from the first datapoint on.
    assert_eq!(pass(&mut state, 61..=180, |at| (at >= 100).then_some(0.0)), [126]);
}

#[test]
fn it_is_ok_while_nothing_was_ever_published() {
    let mut state = idle_alarm();
    assert_eq!(state.alarm_state(ALARM), Some(StateValue::InsufficientData));
    assert_eq!(pass(&mut state, 1..=60, |_| None), [0; 0]);
    assert_eq!(state.alarm_state(ALARM), Some(StateValue::Ok), "missing data is not breaching");
}

/// The table of facts 1.9: why `notBreaching`. Idle from minute 0 on, off from 40 to 120, then a request.
#[test]
fn only_not_breaching_rests_while_off_and_calls_after_every_request() {
    use StateValue::{Alarm, InsufficientData, Ok};
    for (missing, published, while_off, console, called) in [
        // Missing data, whether metrics are published while off: the state after eighty minutes of that, the calls after
        // somebody at the console turned on then, and those after a request a while later.
        ("notBreaching", false, Ok, vec![151], vec![232]),
        ("notBreaching", true, Alarm, vec![], vec![232]),
        ("missing", false, InsufficientData, vec![151], vec![232]),
        ("missing", true, Alarm, vec![], vec![232]),
        ("ignore", false, Alarm, vec![], vec![232]),
        ("ignore", true, Alarm, vec![], vec![232]),
        ("breaching", false, Alarm, vec![], vec![232]),
        ("breaching", true, Alarm, vec![], vec![232]),
    ] {
        let mut deployment = this_computer::deployment(&Settings::default()).unwrap();
        deployment.alarms[0]["TreatMissingData"] = json!(missing);
        let mut state = CloudWatch::new(&deployment, minute(0)).unwrap();
        pass(&mut state, 1..=40, |_| Some(0.0));
        pass(&mut state, 41..=120, |_| published.then_some(0.0));
        assert_eq!(state.alarm_state(ALARM), Some(while_off), "{missing}, published while off: {published}");
        assert_eq!(pass(&mut state, 121..=200, |_| Some(0.0)), console, "{missing}, {published}: at the console");
        invoked(&mut state, minute(201));
        assert_eq!(pass(&mut state, 201..=280, |_| Some(0.0)), called, "{missing}, {published}: a request");
    }
}

/// The product's own table: whatever was published while it was off, every request leads to a call thirty minutes on.
#[test]
fn it_calls_after_every_request_whether_metrics_are_published_while_off_or_not() {
    for published in [false, true] {
        let mut state = idle_alarm();
        for round in 0..5 {
            let start = round * 300;
            let off = pass(&mut state, start + 1..=start + 200, |_| published.then_some(0.0));
            assert!(off.is_empty() || round == 0 && published, "while off nobody is called: {off:?}");
            invoked(&mut state, minute(start + 201));
            let on = pass(&mut state, start + 201..=start + 240, |_| Some(0.0));
            assert_eq!(on, [start + 232], "published while off: {published}");
            pass(&mut state, start + 241..=start + 300, |_| published.then_some(0.0));
        }
    }
}

#[test]
fn set_to_ok_it_is_judged_again_and_calls_again() {
    let mut state = idle_alarm();
    pass(&mut state, 1..=60, |_| Some(0.0));
    let set = json!({ "AlarmName": ALARM, "StateValue": "OK", "StateReason": "held back" });
    let (output, actions) = state.call(minute(60), "SetAlarmState", &set).unwrap();
    assert_eq!((output, actions.len()), (None, 0));
    assert_eq!(pass(&mut state, 61..=180, |_| Some(0.0)), [61]);
}

#[test]
fn without_actions_it_changes_and_calls_nobody() {
    let mut state = idle_alarm();
    state.call(minute(0), "DisableAlarmActions", &json!({ "AlarmNames": [ALARM] })).unwrap();
    assert_eq!(pass(&mut state, 1..=60, |_| Some(0.0)), [0; 0]);
    assert_eq!(state.alarm_state(ALARM), Some(StateValue::Alarm));
    state.call(minute(60), "EnableAlarmActions", &json!({ "AlarmNames": [ALARM] })).unwrap();
    assert_eq!(pass(&mut state, 61..=120, |_| Some(0.0)), [0; 0], "only a change calls");
}

#[test]
fn deleted_it_is_gone() {
    let mut state = idle_alarm();
    state.call(minute(0), "DeleteAlarms", &json!({ "AlarmNames": [ALARM] })).unwrap();
    assert_eq!(pass(&mut state, 1..=60, |_| Some(0.0)), [0; 0]);
    assert_eq!(state.alarm_state(ALARM), None);
}

#[test]
fn the_event_is_cloudwatchs() {
    let mut state = idle_alarm();
    connections(&mut state, minute(0), 1.0);
    pass(&mut state, 1..=30, |_| Some(0.0));
    let mut actions = state.evaluate(minute(31) + SignedDuration::from_millis(7));
    let action = actions.pop().unwrap();
    let alarm_arn = format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{ALARM}");
    let target = "arn:aws:lambda:us-east-1:123456789012:function:AWSClientVPN-DisassociatingSubnets";
    assert_eq!((action.alarm_arn.as_str(), action.target.as_str()), (alarm_arn.as_str(), target));
    let mut event = action.event;
    let reason_data: Value = serde_json::from_str(event["alarmData"]["state"]["reasonData"].as_str().unwrap()).unwrap();
    event["alarmData"]["state"]["reasonData"] = json!("…");
    event["alarmData"]["previousState"]["reasonData"] = json!("…");
    assert_eq!(
        reason_data,
        json!({
            "version": "1.0",
            "queryDate": "2026-11-21T12:31:00.007+0000",
            "startDate": "2026-11-21T12:01:00.000+0000",
            "period": 300,
            "recentDatapoints": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            "threshold": 1.0,
            "evaluatedDatapoints": [
                { "timestamp": "2026-11-21T12:26:00.000+0000", "value": 0.0 },
                { "timestamp": "2026-11-21T12:21:00.000+0000", "value": 0.0 },
                { "timestamp": "2026-11-21T12:16:00.000+0000", "value": 0.0 },
                { "timestamp": "2026-11-21T12:11:00.000+0000", "value": 0.0 },
                { "timestamp": "2026-11-21T12:06:00.000+0000", "value": 0.0 },
                { "timestamp": "2026-11-21T12:01:00.000+0000", "value": 0.0 },
            ],
        })
    );
    let metric = |id: &str, namespace: &str, name: &str, dimensions: Value, stat: &str| {
        json!({
            "id": id,
            "metricStat": {
                "metric": { "namespace": namespace, "name": name, "dimensions": dimensions },
                "period": 300,
                "stat": stat,
            },
            "returnData": false,
        })
    };
    assert_eq!(
        event,
        json!({
            "source": "aws.cloudwatch",
            "alarmArn": alarm_arn,
            "accountId": "123456789012",
            "time": "2026-11-21T12:31:00.007+0000",
            "region": "us-east-1",
            "alarmData": {
                "alarmName": ALARM,
                "state": {
                    "value": "ALARM",
                    "reason": "Threshold Crossed: 6 out of the last 6 datapoints [0.0 (21/11/26 12:26:00), 0.0 \
                               (21/11/26 12:21:00), 0.0 (21/11/26 12:16:00), 0.0 (21/11/26 12:11:00), 0.0 (21/11/26 \
                               12:06:00), 0.0 (21/11/26 12:01:00)] were less than the threshold (1.0) (minimum 6 \
                               datapoints for OK -> ALARM transition).",
                    "reasonData": "…",
                    "timestamp": "2026-11-21T12:31:00.007+0000",
                },
                "previousState": {
                    "value": "OK",
                    "reason": "Threshold Crossed: 1 out of the last 6 datapoints [1.0 (21/11/26 11:56:00)] was not less \
                               than the threshold (1.0) (minimum 1 datapoint for INSUFFICIENT_DATA -> OK transition).",
                    "reasonData": "…",
                    "timestamp": "2026-11-21T12:01:00.000+0000",
                },
                "configuration": {
                    "description": "Nobody has asked for the VPN or been connected to it for the idle time: look whether \
                                    to turn it off.",
                    "metrics": [
                        { "id": "e1", "expression": "m1+m2", "label": "UsingClientVPN", "returnData": true },
                        metric("m1", "AWS/Lambda", "Invocations", json!({ "FunctionName": ASSOCIATOR }), "Sum"),
                        metric("m2", "AWS/ClientVPN", "ActiveConnectionsCount", json!({ "Endpoint": ENDPOINT }), "Maximum"),
                    ],
                },
            },
        })
    );
}

#[test]
fn the_report_shows_what_was_evaluated() {
    let mut state = idle_alarm();
    connections(&mut state, minute(0), 2.0);
    invoked(&mut state, minute(3));
    state.record(minute(1), "ClientVpnOnDemand", "AssociatedSubnets", &[("Endpoint", ENDPOINT)], 1.0);
    state.evaluate(minute(5));
    let report = state.report(minute(5));
    let alarm = &report["alarms"][0];
    assert_eq!((&alarm["state"], &alarm["threshold"]), (&json!("OK"), &json!(1.0)));
    let points = alarm["points"].as_array().unwrap();
    assert_eq!(points.len(), 8);
    assert_eq!(
        points.last().unwrap(),
        &json!({
            "time": "2026-11-21T12:00:00Z",
            "values": { "e1": 3.0, "m1": 1.0, "m2": 2.0 },
            "missing": false,
            "breaching": false,
        })
    );
    assert_eq!(points[0]["missing"], true);
    assert_eq!(report["gauges"][0]["latest"], json!({ "time": "2026-11-21T12:01:00Z", "value": 1.0 }));
}
