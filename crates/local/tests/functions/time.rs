//! Virtual time: schedules, and a clock that stands while an invocation runs.

use std::time::Duration;

use jiff::SignedDuration;
use local::{
    deployment::Schedule,
    functions::Limits,
    timeline::{advance, run},
};
use serde_json::{Value, json};

use crate::setup::Here;

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
    assert!(forbidden.happened("schedule").iter().all(|happening| happening["error"].is_string()));
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
    assert_eq!(acted, json!({ "alarm": "Invocations", "target": arn, "error": null }));
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
