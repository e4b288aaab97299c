//! What only real processes show: the time they are given, and how they fail to start.

use std::collections::BTreeMap;

use aws::authorize::Principal;
use serde_json::{Value, json};

use harness::Vpn as _;

use crate::story::{ASSOCIATOR, DISASSOCIATOR, Functions, IDLE, NAVIGATION, Story};

/// The Runtime API tells one process two times, and it decides by each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_decides_at_two_times() {
    let mut story = Story::begin(Functions::Processes).await;
    story.turned_on().await;
    story.delete_alarm();
    story.stop_schedule();
    let event = json!({ "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} });
    let held = story.order(event.clone()).await;
    assert_eq!(held["HeldBack"]["By"], "recent-use", "{held}");
    // An environment that nobody uses for ten minutes would be ended: the decisions are to be one process's.
    for _ in 0..IDLE / 5 {
        story.pass(5).await;
        let answer = story.order(event.clone()).await;
        assert_eq!(answer["HeldBack"].is_object(), story.is_on(), "{answer}");
    }
    assert!(story.goes_off(), "half an hour later the same process decided otherwise");
    let begun = story.of_kind("environment", 0).into_iter().filter(|text| text.contains(DISASSOCIATOR));
    assert_eq!(begun.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_variable_is_named_in_one_init_error() {
    for (function, names) in [
        (
            ASSOCIATOR,
            &[
                "VPN_ENDPOINT_ID",
                "VPN_SUBNET_IDS",
                "VPN_IDLE_TIME",
                "VPN_HOST",
                "VPN_LOAD_BALANCER_ARN",
                "VPN_KEY_SERVER",
            ][..],
        ),
        (DISASSOCIATOR, &["VPN_ENDPOINT_ID", "VPN_SUBNET_IDS", "VPN_IDLE_TIME", "VPN_ALARM_NAME"]),
    ] {
        let story = Story::begin_with(Functions::Processes, |deployment| {
            let function = deployment.functions.get_mut(function).expect("deployed");
            let bad = names.iter().map(|name| ((*name).to_owned(), "?".to_owned()));
            function.environment.extend(bad);
            function.environment.remove("VPN_ALARM_NAME");
        })
        .await;
        let arn = story.world().deployment.read().expect("deployment").function_arn(function);
        let payload = json!({ "force": true }).to_string().into();
        let who = Principal::Administrator;
        let outcome = local::invocations::invoke(story.world(), &arn, payload, &who, &BTreeMap::new()).await;
        let outcome = outcome.expect("invoked");
        assert!(outcome.function_error.is_some());
        let error: Value = serde_json::from_slice(&outcome.payload).expect("json");
        assert_eq!(error["errorType"], "ConfigurationInvalid", "{error}");
        for name in names {
            assert!(error["errorMessage"].as_str().unwrap_or_default().contains(name), "{name} in {error}");
        }
        if function == ASSOCIATOR {
            let page = story.send("GET", "/vpn", &NAVIGATION, "").await;
            assert_eq!(page.status(), http::StatusCode::BAD_GATEWAY);
        }
    }
}

/// Who changed what: a line for every change, with the subject and AWS's request id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_has_its_audit_line() {
    let mut story = Story::begin(Functions::Processes).await;
    story.turned_on().await;
    story.pass_until("it is off", 2 * IDLE, Story::is_off).await;
    story.pass(IDLE).await;
    let lines: Vec<Value> = story
        .of_kind("function-log", 0)
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["message"] == "audit")
        .collect();
    let changes = story.changes(0);
    let set_alarm = lines.iter().filter(|line| line["audit.action"] == "set-alarm-state").count();
    assert_eq!(lines.len() - set_alarm, changes.len(), "{changes:?}");
    for line in &lines {
        assert!(line["aws.request_id"].is_string(), "{line}");
        assert!(line["audit.outcome"].is_string(), "{line}");
    }
    let subjects = lines.iter().filter(|line| line["audit.trigger"] == "opening");
    assert!(subjects.clone().count() >= 3);
    for line in subjects {
        assert!(line["audit.subject"].is_string(), "{line}");
    }
    let off: Vec<_> = lines.iter().filter(|line| line["audit.action"] == "disassociate").collect();
    assert_eq!(off.len(), 2);
    assert!(off.iter().all(|line| line["association.id"].is_string() && line["audit.subject"].is_null()));
}
