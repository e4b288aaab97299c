//! Virtual time: schedules, and a clock that stands while an invocation runs.

use std::{sync::atomic::Ordering, time::Duration};

use aws::deployment::{Schedule, TargetGroup};
use aws::lambda::Limits;
use jiff::SignedDuration;
use local::engine::{advance, run};
use serde_json::{Value, json};

use crate::setup::{ENDPOINT, Here};

fn every_five_minutes(here: &Here) -> Schedule {
    Schedule {
        name: "EveryFiveMinutes".to_owned(),
        arn: "arn:aws:events:us-east-1:123456789012:rule/EveryFiveMinutes".to_owned(),
        rate: Duration::from_secs(300),
        enabled: true,
        target: here.arn(),
    }
}

fn scheduled() -> Here {
    let here = Here::new();
    let schedule = every_five_minutes(&here);
    here.change(|function| {
        function.resource_policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "events.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": schedule.target,
            "Condition": { "ArnLike": { "AWS:SourceArn": schedule.arn } },
        }] });
        // What cannot be understood is an error that shows the event.
        function.event_invoke.maximum_retry_attempts = 0;
    });
    here.world.deployment.write().expect("lock").schedules.push(schedule);
    here
}

#[tokio::test]
async fn a_schedule_runs_on_time_and_in_order() {
    let here = scheduled();
    here.pass(SignedDuration::from_mins(16)).await;
    let invocations = here.happened("invocation");
    let times: Vec<&Value> = invocations.iter().map(|invocation| &invocation["now"]).collect();
    assert_eq!(times, ["2026-11-02T09:00:30Z", "2026-11-02T09:05:30Z", "2026-11-02T09:10:30Z", "2026-11-02T09:15:30Z"]);
    assert!(invocations.iter().all(|invocation| invocation["source"] == "events.amazonaws.com"));
    let event = &here.happened("on-failure")[1]["record"]["requestPayload"];
    assert_eq!(event["detail-type"], "Scheduled Event");
    assert_eq!(event["source"], "aws.events");
    assert_eq!(event["time"], "2026-11-02T09:05:30Z");
    assert_eq!(event["resources"], json!(["arn:aws:events:us-east-1:123456789012:rule/EveryFiveMinutes"]));
    assert_eq!(here.world.clock.now().to_string(), "2026-11-02T09:16:00Z");
}

#[tokio::test]
async fn a_schedule_that_is_off_or_may_not_invoke_does_not() {
    let off = scheduled();
    off.world.deployment.write().expect("lock").schedules[0].enabled = false;
    off.pass(SignedDuration::from_mins(16)).await;
    assert!(off.happened("schedule").is_empty());

    let forbidden = scheduled();
    forbidden.change(|function| function.resource_policy = Value::Null);
    forbidden.pass(SignedDuration::from_mins(6)).await;
    assert!(forbidden.happened("invocation").is_empty());
    assert!(forbidden.happened("schedule").iter().all(|entry| entry["error"].is_string()));
    assert_eq!(forbidden.happened("schedule").len(), 2);
}

#[tokio::test]
async fn invocations_and_errors_are_counted_and_an_alarm_on_them_invokes() {
    let here = Here::new();
    let (start, arn) = (here.world.clock.now(), here.arn());
    let alarm = |metric: &str| {
        json!({
            "AlarmName": metric, "Namespace": "AWS/Lambda", "MetricName": metric, "Statistic": "Sum", "Period": 60,
            "Dimensions": [{ "Name": "FunctionName", "Value": "Sample" }], "EvaluationPeriods": 1, "Threshold": 2,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold", "AlarmActions": [arn],
        })
    };
    for metric in ["Invocations", "Errors"] {
        let put = here.world.cloudwatch.lock().expect("lock").call(start, "PutMetricAlarm", &alarm(metric));
        put.expect("put");
    }
    let action = |metric: &str| {
        json!({
            "Effect": "Allow",
            "Principal": { "Service": "lambda.alarms.cloudwatch.amazonaws.com" },
            "Action": "lambda:InvokeFunction",
            "Resource": arn,
            "Condition": {
                "StringEquals": { "AWS:SourceAccount": "123456789012" },
                "ArnLike": { "AWS:SourceArn": format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{metric}") },
            },
        })
    };
    here.change(|function| {
        function.resource_policy = json!({ "Version": "2012-10-17", "Statement": [action("Invocations")] });
        function.event_invoke.maximum_retry_attempts = 0;
    });
    here.answer(json!({ "do": "log" })).await;
    here.failure(json!({ "do": "fail" })).await;
    here.pass(SignedDuration::from_mins(1)).await;
    // Two invocations, one error: one alarm.
    let [acted] = here.happened("alarm").try_into().expect("one");
    let told = [&acted["alarm"], &acted["target"], &acted["error"]];
    assert_eq!(told, [&json!("Invocations"), &json!(arn), &json!(null)]);
    let event = &here.happened("on-failure")[0]["record"]["requestPayload"];
    assert_eq!(event["alarmData"]["state"]["value"], "ALARM");

    // A second error, and the one who may not invoke.
    here.failure(json!({ "do": "fail" })).await;
    here.failure(json!({ "do": "fail" })).await;
    here.pass(SignedDuration::from_mins(1)).await;
    let acted = here.happened("alarm");
    let refused = acted.iter().find(|acted| acted["alarm"] == "Errors").expect("acted");
    assert!(refused["error"].is_string(), "{refused}");
}

#[tokio::test]
async fn client_vpn_publishes_every_five_minutes_unless_it_is_told_not_to() {
    for (published, while_off, first) in [(true, true, Some(6)), (true, false, None), (false, true, None)] {
        let here = Here::new();
        here.world.timeline.metrics_published.store(published, Ordering::Relaxed);
        here.world.timeline.metrics_published_while_off.store(while_off, Ordering::Relaxed);
        let alarm = json!({
            "AlarmName": "Nobody", "Namespace": "AWS/ClientVPN", "MetricName": "ActiveConnectionsCount",
            "Dimensions": [{ "Name": "Endpoint", "Value": ENDPOINT }], "Statistic": "Maximum", "Period": 300,
            "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "LessThanThreshold",
            "TreatMissingData": "notBreaching", "AlarmActions": [here.arn()],
        });
        let put = here.world.cloudwatch.lock().expect("lock").call(here.world.clock.now(), "PutMetricAlarm", &alarm);
        put.expect("put");
        let mut minutes = 0;
        while here.happened("alarm").is_empty() && minutes < 20 {
            here.pass(SignedDuration::from_mins(1)).await;
            minutes += 1;
        }
        // Published at the fifth minute, judged at the next one.
        assert_eq!((minutes < 20).then_some(minutes), first, "published {published}, while off {while_off}");
    }
}

#[tokio::test]
async fn health_checks_are_invocations_as_often_as_they_are_set() {
    let here = Here::new();
    let checks = |here: &Here| {
        let invocations = here.happened("invocation");
        invocations.iter().filter(|invocation| invocation["source"] == "elasticloadbalancing.amazonaws.com").count()
    };
    let statement = json!({
        "Effect": "Allow", "Principal": { "Service": "elasticloadbalancing.amazonaws.com" },
        "Action": "lambda:InvokeFunction", "Resource": here.arn(),
    });
    here.change(|function| function.resource_policy = json!({ "Version": "2012-10-17", "Statement": [statement] }));
    let group = TargetGroup { function: here.arn(), multi_value_headers: true, health_check: None };
    let set = |every: Option<Duration>| {
        let group = TargetGroup { health_check: every, ..group.clone() };
        here.world.deployment.write().expect("lock").target_groups.insert("arn".to_owned(), group);
    };
    set(None);
    here.pass(SignedDuration::from_mins(10)).await;
    assert_eq!(checks(&here), 0);
    set(Some(Duration::from_secs(35)));
    // They begin with the next full minute.
    here.pass(SignedDuration::from_secs(60 + 35 * 3)).await;
    assert_eq!(checks(&here), 3);
    set(None);
    here.pass(SignedDuration::from_mins(10)).await;
    assert_eq!(checks(&here), 3);
    set(Some(Duration::from_secs(35)));
    here.pass(SignedDuration::from_mins(1)).await;
    assert_eq!(checks(&here), 4);
}

#[tokio::test]
async fn the_clock_stands_while_an_invocation_runs() {
    let here = Here::new();
    let place = here.directory.0.join("place");
    std::fs::create_dir(&place).expect("place");
    here.hand_over(json!({ "do": "meet", "place": place, "all": 2 })).await;
    let mut hour = Box::pin(here.pass(SignedDuration::from_hours(1)));
    while std::fs::read_dir(&place).expect("place").count() == 0 {
        tokio::select! {
            () = &mut hour => panic!("the clock moved"),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(here.world.clock.now().to_string(), "2026-11-02T09:00:00Z");
    std::fs::write(place.join("second"), "").expect("written");
    hour.await;
    assert_eq!(here.world.clock.now().to_string(), "2026-11-02T10:00:00Z");
}

#[tokio::test]
async fn a_clock_no_faster_than_ours_goes_on_while_an_invocation_runs() {
    let here = Here::new();
    let start = here.world.clock.now();
    let place = here.directory.0.join("place");
    std::fs::create_dir(&place).expect("place");
    here.hand_over(json!({ "do": "meet", "place": place, "all": 2 })).await;
    while std::fs::read_dir(&place).expect("place").count() == 0 {
        tokio::task::yield_now().await;
    }
    let running = tokio::spawn(run(here.world.clone()));
    here.world.timeline.set_speed(1.0);
    let moves = async {
        while here.world.clock.now() == start {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), moves).await.expect("the clock goes on");
    assert!(here.happened("invocation").is_empty(), "it still runs");
    running.abort();
    std::fs::write(place.join("second"), "").expect("written");
    here.pass(SignedDuration::ZERO).await;
    assert_eq!(here.happened("invocation").len(), 1);
}

#[tokio::test]
async fn those_who_pass_time_at_once_take_turns() {
    let here = scheduled();
    let minutes = |minutes| advance(&here.world, SignedDuration::from_mins(minutes));
    tokio::join!(minutes(5), minutes(5), minutes(-5));
    assert_eq!(here.world.clock.now().to_string(), "2026-11-02T09:10:00Z");
    assert_eq!(here.happened("invocation").len(), 2);
}

#[tokio::test]
async fn a_running_clock_can_be_stopped_and_is_not_starved() {
    let here = Here::with(|_| {}, Limits::default());
    let start = here.world.clock.now();
    let running = tokio::spawn(run(here.world.clone()));
    here.world.timeline.set_speed(1_000.0);
    // Invocations without a pause between them.
    while here.world.clock.now().duration_since(start) < SignedDuration::from_mins(5) {
        here.answer(json!({ "do": "log" })).await;
    }
    here.world.timeline.set_speed(f64::NAN);
    assert_eq!(here.world.timeline.report()["speed"], 0.0);
    // One tick may be under way; taking turns with it shows that it was the last.
    here.pass(SignedDuration::ZERO).await;
    running.abort();
}
