//! Asynchronous invocations: tried again, given up, recorded.

use std::time::Duration;

use aws::deployment::{EventInvoke, Role};
use aws::lambda::Limits;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::setup::{Here, NAME, ROLE, TOPIC};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn telling_admins(change: impl FnOnce(&mut EventInvoke)) -> Here {
    Here::with(
        |function| {
            function.event_invoke.on_failure = Some(TOPIC.to_owned());
            change(&mut function.event_invoke);
        },
        Limits::default(),
    )
}

#[tokio::test]
async fn a_good_one_runs_once() {
    let here = telling_admins(|_| {});
    here.hand_over(json!({ "do": "log" })).await;
    here.pass(SignedDuration::from_mins(10)).await;
    let [invocation] = here.happened("invocation").try_into().expect("one");
    assert_eq!(invocation["async"], true);
    assert!(here.happened("on-failure").is_empty());
}

#[tokio::test]
async fn a_failed_one_is_tried_after_one_and_two_minutes_and_then_recorded() {
    let here = telling_admins(|_| {});
    here.hand_over(json!({ "do": "fail" })).await;
    let tries = |here: &Here| here.happened("invocation").len();

    here.pass(SignedDuration::ZERO).await;
    assert_eq!(tries(&here), 1);
    here.pass(SignedDuration::from_secs(59)).await;
    assert_eq!(tries(&here), 1);
    here.pass(SECOND).await;
    assert_eq!(tries(&here), 2, "after one minute");
    here.pass(SignedDuration::from_secs(119)).await;
    assert_eq!(tries(&here), 2);
    assert!(here.happened("on-failure").is_empty());
    here.pass(SECOND).await;
    assert_eq!(tries(&here), 3, "after two more");
    here.pass(SignedDuration::from_hours(7)).await;
    assert_eq!(tries(&here), 3, "and never again");

    let invocations = here.happened("invocation");
    let id = &invocations[0]["request_id"];
    assert!(invocations.iter().all(|invocation| invocation["request_id"] == *id), "one request id over all tries");
    let times: Vec<&Value> = invocations.iter().map(|invocation| &invocation["now"]).collect();
    assert_eq!(times, ["2026-11-02T09:00:00Z", "2026-11-02T09:01:00Z", "2026-11-02T09:03:00Z"]);

    let [told] = here.happened("on-failure").try_into().expect("one");
    assert_eq!(told["destination"], TOPIC);
    assert_eq!(told.get("lost"), None);
    let expected = json!({
        "version": "1.0",
        "timestamp": "2026-11-02T09:03:00.000Z",
        "requestContext": {
            "requestId": id,
            "functionArn": format!("{}:$LATEST", here.arn()),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": { "do": "fail" },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorType": "Sample", "errorMessage": "as it was told" },
    });
    assert_eq!(told["record"], expected);
}

#[tokio::test]
async fn a_later_try_may_succeed() {
    let here = telling_admins(|_| {});
    here.change(|function| drop(function.environment.insert(crate::sample::INIT.to_owned(), "exit".to_owned())));
    here.hand_over(json!({ "do": "tell" })).await;
    here.pass(SECOND).await;
    here.change(|function| drop(function.environment.remove(crate::sample::INIT)));
    here.pass(SignedDuration::from_mins(10)).await;
    let failed: Vec<bool> =
        here.happened("invocation").iter().map(|invocation| invocation.get("error_type").is_some()).collect();
    assert_eq!(failed, [true, false]);
    assert!(here.happened("on-failure").is_empty());
}

#[tokio::test]
async fn retries_and_age_are_settings() {
    let once = telling_admins(|settings| settings.maximum_retry_attempts = 0);
    once.hand_over(json!({ "do": "fail" })).await;
    once.pass(SignedDuration::from_mins(10)).await;
    assert_eq!(once.happened("invocation").len(), 1);
    assert_eq!(once.happened("on-failure")[0]["record"]["requestContext"]["condition"], "RetriesExhausted");

    let young = telling_admins(|settings| settings.maximum_event_age = Duration::from_secs(60));
    young.hand_over(json!({ "do": "fail" })).await;
    young.pass(SignedDuration::from_mins(10)).await;
    assert_eq!(young.happened("invocation").len(), 2, "the second retry would come after three minutes");
    let context = &young.happened("on-failure")[0]["record"]["requestContext"];
    assert_eq!((&context["condition"], &context["approximateInvokeCount"]), (&"EventAgeExceeded".into(), &2.into()));
}

#[tokio::test]
async fn a_record_that_the_role_may_not_write_is_lost() {
    let here = telling_admins(|settings| settings.maximum_retry_attempts = 0);
    here.world.deployment.write().expect("lock").roles.insert(ROLE.to_owned(), Role::default());
    here.hand_over(json!({ "do": "fail" })).await;
    here.pass(SECOND).await;
    let [lost] = here.happened("on-failure").try_into().expect("one");
    assert_eq!(lost["function"], NAME);
    assert!(lost["lost"].is_string(), "{lost}");
}

#[tokio::test]
async fn one_that_finds_no_environment_waits_and_that_is_no_try() {
    let limits = Limits { concurrency: 1, ..Limits::default() };
    let here = Here::with(|_| {}, limits);
    here.hand_over(json!({ "do": "log" })).await;
    here.hand_over(json!({ "do": "log" })).await;
    here.pass(SECOND).await;
    let invocations = here.happened("invocation");
    let throttled = |invocation: &&Value| invocation["error_type"] == "TooManyRequestsException";
    assert_eq!(invocations.iter().filter(throttled).count(), 1, "{invocations:?}");
    assert_eq!(invocations.iter().filter(|invocation| !throttled(invocation)).count(), 2);
}
