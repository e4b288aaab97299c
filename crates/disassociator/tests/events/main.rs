//! The handler as Lambda calls it, with an endpoint and a CloudWatch that write down what is asked of them. What it does
//! to EC2 over time is proven by the stories of `crates/local`.

#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod aws;
mod month;
mod settings;

use std::sync::Mutex;

use aws::{FakeAws, Lines};
use disassociator::{config::Config, handler::Handler};
use jiff::Timestamp;
use serde_json::{Value, json};
use vpn_core::{clock, limits};

const NOW: &str = "2026-11-02T09:36:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// What came of it: the status and body, or the type of the error and its message read as a body.
async fn handle(aws: &FakeAws, event: &str) -> (Result<u16, &'static str>, Value, Vec<String>) {
    let vars = [
        ("VPN_ENDPOINT_ID", "cvpn-endpoint-1"),
        ("VPN_SUBNET_IDS", "subnet-1,subnet-2"),
        ("VPN_ALARM_NAME", "AWSClientVPN-DisassociatingSubnets"),
        ("VPN_MONTH_ALARM_NAME", "AWSClientVPN-Month"),
        ("VPN_COST_ASSOCIATED_HOUR", "0.105"),
        ("VPN_COST_STANDING_HOUR", "0.034"),
        ("VPN_ROUTES", "0.0.0.0/0"),
        ("AWS_REGION", "us-east-1"),
    ];
    let lines = Lines::default();
    let config = Config::from_vars(&vars).unwrap();
    let handler = Handler { port: aws, watch: aws, audit: &lines, config, limits: limits::DISASSOCIATOR };
    let handling = clock::at(now(), handler.handle(serde_json::from_str(event).unwrap()));
    let answer = clock::on_reading(|| *aws.reads.lock().unwrap(), handling).await;
    let lines = lines.0.lock().unwrap().clone();
    match answer {
        Ok(answer) => (Ok(answer.status_code), serde_json::from_str(&answer.body).unwrap(), lines),
        Err(error) => {
            let body = serde_json::from_str(&error.to_string()).unwrap_or(Value::String(error.to_string()));
            (Err(error.error_type()), body, lines)
        }
    }
}

const ALARM: &str = include_str!("../../../../events/disassociator-alarm.json");
const SCHEDULE: &str = include_str!("../../../../events/disassociator-schedule.json");
const ON: &str = include_str!("../../../../events/disassociator-on.json");
const OPEN: &str = include_str!("../../../../events/disassociator-open.json");
const KEEP: &str = include_str!("../../../../events/disassociator-keep.json");
const FORCE: &str = include_str!("../../../../events/disassociator-force.json");

fn both_on() -> FakeAws {
    FakeAws { associations: vec![("subnet-1", "associated"), ("subnet-2", "associated")], ..FakeAws::default() }
}

#[tokio::test]
async fn the_answer_has_the_articles_shape() {
    let (status, body, _) = handle(&both_on(), ALARM).await;
    assert_eq!(status, Ok(200));
    let result = |id: &str| json!({ "AssociationId": id, "Status": { "Code": "disassociating" } });
    assert_eq!(body["Message"], "Every associated subnet is being disassociated.");
    assert_eq!(body["Results"], json!([result("assoc-of-subnet-1"), result("assoc-of-subnet-2")]));

    let (status, body, _) = handle(&FakeAws::default(), ALARM).await;
    assert_eq!(status, Ok(404));
    assert_eq!(body["ClientVpnEndpointId"], "cvpn-endpoint-1");

    let (status, body, _) = handle(&FakeAws { connected: true, ..both_on() }, SCHEDULE).await;
    assert_eq!(status, Ok(200));
    assert_eq!(body["HeldBack"], json!({ "By": "connections", "Connections": 1 }));
}

#[tokio::test]
async fn what_is_wanted_is_gone_on_with_and_told() {
    let wanted = |failing| FakeAws {
        associations: vec![("subnet-1", "associating"), ("subnet-2", "disassociated")],
        requested: true,
        failing,
        ..FakeAws::default()
    };
    let made = "create route 0.0.0.0/0 through subnet-1";
    let (status, body, _) = handle(&wanted(vec![]), SCHEDULE).await;
    assert_eq!(status, Ok(200));
    assert_eq!(body["HeldBack"]["By"], "recent-use");
    assert_eq!(body["Changes"], json!([{ "Change": "associate subnet-2" }, { "Change": made }]));

    let not_yet = vec![("create_route", "InvalidClientVpnActiveAssociationNotFound")];
    let (status, body, _) = handle(&wanted(not_yet), SCHEDULE).await;
    assert_eq!(status, Ok(200), "a later step makes it");
    assert!(body["Changes"][1]["Error"].as_str().unwrap().contains("ActiveAssociationNotFound"), "{body}");

    for (code, expected) in [
        // AWS has no room now: the next run goes on, and nobody gets a mail.
        ("RequestLimitExceeded", Ok(200)),
        ("ConcurrentMutationLimitExceeded", Ok(200)),
        ("InternalError", Err("StepUnfinished")),
    ] {
        for operation in ["associate", "create_route"] {
            let (status, body, _) = handle(&wanted(vec![(operation, code)]), SCHEDULE).await;
            assert_eq!(status, expected, "{operation} {code}");
            let failed = usize::from(operation == "create_route");
            assert!(body["Changes"][failed]["Error"].as_str().unwrap().contains(code), "{body}");
            assert_eq!(body["Changes"][1 - failed].get("Error"), None, "no failure stops the others: {body}");
        }
    }

    let (_, body, _) = handle(&FakeAws { connected: true, ..both_on() }, ALARM).await;
    assert_eq!(body.get("Changes"), None);
}

#[tokio::test]
async fn a_failure_fails_the_invocation_after_all_others_were_tried() {
    let aws = FakeAws { refusals: Mutex::new(["InternalError"].into()), ..both_on() };
    let (status, body, lines) = handle(&aws, SCHEDULE).await;
    assert_eq!(status, Err("DisassociationIncomplete"));
    let first = body["Results"][0]["Error"].as_str().unwrap();
    assert!(first.contains("InternalError") && first.contains("req-1"), "{first}");
    assert_eq!(body["Results"][1]["Status"]["Code"], "disassociating");
    assert_eq!(lines, ["Disassociate Failed(Unavailable)", "Disassociate Accepted"]);
}

/// The next run, or the alarm that judges again, goes on; but nobody goes on with what an administrator forces.
#[tokio::test]
async fn that_aws_has_no_room_to_disassociate_now_is_said_and_fails_no_run_that_comes_again() {
    for code in ["RequestLimitExceeded", "ConcurrentMutationLimitExceeded"] {
        for (event, expected) in [(SCHEDULE, Ok(200)), (ALARM, Ok(200)), (FORCE, Err("DisassociationIncomplete"))] {
            let aws = FakeAws { refusals: Mutex::new([code].into()), ..both_on() };
            let (status, body, lines) = handle(&aws, event).await;
            assert_eq!(status, expected, "{code}");
            assert!(body["Message"].as_str().unwrap().contains("the next run goes on"), "{body}");
            assert!(body["Results"][0]["Error"].as_str().unwrap().contains(code), "{body}");
            assert_eq!(body["Results"][1]["Status"]["Code"], "disassociating", "the other is tried all the same");
            assert!(lines.contains(&"Disassociate Failed(Throttled)".to_owned()));
        }
    }
    let aws = FakeAws { refusals: Mutex::new(["RequestLimitExceeded", "InternalError"].into()), ..both_on() };
    assert_eq!(handle(&aws, SCHEDULE).await.0, Err("DisassociationIncomplete"), "the other failure counts");
}

/// It would only look again, or write the same mark, so it fails nothing and mails nobody. But it puts no gauge: when that
/// lasts, the alarm on the missing gauge tells. What an administrator forces nobody does again.
#[tokio::test]
async fn that_aws_has_no_time_for_a_look_or_a_mark_is_said_and_fails_no_run_that_comes_again() {
    for code in ["RequestLimitExceeded", "Throttling"] {
        for operation in ["associations", "routes", "set_marks"] {
            let busy = || FakeAws { failing: vec![(operation, code)], unmarked: true, requested: true, ..both_on() };
            for event in [SCHEDULE, ALARM] {
                let aws = busy();
                let (status, body, _) = handle(&aws, event).await;
                assert_eq!(status, Ok(200), "{operation} {code}: {body}");
                assert!(body["Message"].as_str().unwrap().contains("the next run goes on"), "{body}");
                assert!(body["Error"].as_str().unwrap().contains(code), "{body}");
                let calls = aws.calls();
                assert!(!calls.iter().any(|call| call.starts_with("gauge")), "{operation}: {calls:?}");
                assert!(!calls.iter().any(|call| call.contains("associate ") || call.contains("route ")), "{calls:?}");
                assert_eq!(calls.contains(&SET.to_owned()), event == ALARM, "{operation}: the alarm calls again");
            }
        }
        let aws = FakeAws { failing: vec![("associations", code)], ..both_on() };
        assert_eq!(handle(&aws, FORCE).await.0, Err("AwsCallFailed"), "{code}");
        // The alarm calls again only if it can be set.
        let aws = FakeAws { failing: vec![("associations", code), ("set_alarm", code)], ..both_on() };
        assert_eq!(handle(&aws, ALARM).await.0, Err("AwsCallFailed"), "{code}");
    }
    for (operation, code) in [("associations", "UnauthorizedOperation"), ("set_marks", "InternalError")] {
        let aws = FakeAws { failing: vec![(operation, code)], unmarked: true, requested: true, ..both_on() };
        assert_eq!(handle(&aws, SCHEDULE).await.0, Err("AwsCallFailed"), "{operation} {code}");
    }
}

/// What it is and what to do stands in the failure that an administrator gets.
#[tokio::test]
async fn a_transit_gateway_s_endpoint_is_refused_by_name() {
    for event in [SCHEDULE, ALARM, FORCE, r#"{"force": true, "closed_for": "2h"}"#] {
        let aws = FakeAws { transit_gateway: Some("tgw-0123456789abcdef0"), requested: true, ..both_on() };
        let (status, body, _) = handle(&aws, event).await;
        assert_eq!(status, Err("ConfigurationInvalid"), "{event}: {body}");
        let words = body.as_str().unwrap();
        for part in ["VPN_ENDPOINT_ID=\"cvpn-endpoint-1\"", "tgw-0123456789abcdef0", "a VPC of its own"] {
            assert!(words.contains(part), "{part} in {words}");
        }
        let calls = aws.calls();
        let changes = ["associate", "disassociate", "route", "mark", "unmark"];
        assert!(!calls.iter().any(|call| changes.contains(&call.split(' ').next().unwrap())), "{calls:?}");
    }
}

/// The closing is a tag: whoever removes our tags opens the VPN again, and an administrator is told.
#[tokio::test]
async fn closing_says_how_to_close_for_good() {
    for (aws, expected) in [(both_on(), Ok(200)), (FakeAws::default(), Ok(404))] {
        let (status, body, _) = handle(&aws, r#"{"force": true, "closed_for": "2h"}"#).await;
        assert_eq!(status, expected);
        assert_eq!(body["Closed"]["Until"], "2026-11-02T11:36:00Z", "{body}");
        let words = body["Closed"]["ForGood"].as_str().unwrap();
        assert!(words.contains("terraform apply") && words.contains("--reserved-concurrent-executions 0"), "{words}");
        assert_eq!(handle(&aws, FORCE).await.1.get("Closed"), None);
    }
}

/// The answers that `infra/vpn.sh` reads.
#[tokio::test]
async fn an_administrator_s_orders_are_answered_with_what_became_of_them() {
    let (status, body, lines) = handle(&FakeAws::default(), ON).await;
    assert_eq!((status, &body["Message"]), (Ok(200), &json!("The VPN is being turned on.")));
    assert_eq!(body["Changes"], json!([{ "Change": "associate subnet-1" }, { "Change": "associate subnet-2" }]));
    assert_eq!(lines[0], "SetMarks Accepted", "the request stands before anything is associated");

    assert!(lines.contains(&"SetAlarmState Accepted".to_owned()), "no metric shows it: {lines:?}");

    let keep = |time: &str| json!({ "keep": time }).to_string();
    for (time, status, message) in [
        ("14d", 200, "The VPN stays on until 2026-11-16T09:36:00Z at least."),
        ("336h", 200, "The VPN stays on until 2026-11-16T09:36:00Z at least."),
        (
            "337h",
            409,
            "Nothing was changed: an administrator may keep the VPN on for a minute at least, and for 14 days at most.",
        ),
        (
            "59s",
            409,
            "Nothing was changed: an administrator may keep the VPN on for a minute at least, and for 14 days at most.",
        ),
    ] {
        let aws = both_on();
        let (answered, body, _) = handle(&aws, &keep(time)).await;
        assert_eq!((answered, &body["Message"]), (Ok(status), &json!(message)), "{time}");
        assert_eq!(aws.calls().contains(&"mark vpn-on-demand:keep-until".to_owned()), status == 200, "{time}");
    }
    let (status, body, _) = handle(&FakeAws::default(), &keep("3d")).await;
    assert_eq!(status, Ok(409), "{body}");
    assert!(body["Message"].as_str().unwrap().contains("turn it on first"), "{body}");

    let (status, body, lines) = handle(&FakeAws::default(), OPEN).await;
    assert_eq!((status, &body["Message"], lines.len()), (Ok(200), &json!("The VPN was not closed."), 0));
    let closed = || FakeAws { closed: true, ..FakeAws::default() };
    for event in [ON.to_owned(), keep("3d")] {
        let aws = closed();
        let (status, body, lines) = handle(&aws, &event).await;
        assert_eq!((status, lines.len()), (Ok(409), 0), "{body}");
        assert!(body["Message"].as_str().unwrap().contains("until 2026-11-02T10:36:00Z; open it first"), "{body}");
    }
    let (status, body, lines) = handle(&closed(), OPEN).await;
    assert_eq!((status, lines), (Ok(200), vec!["RemoveMarks Accepted".to_owned()]), "{body}");
}

/// Nobody goes on with what an administrator orders: what AWS did not take fails, whatever the reason.
#[tokio::test]
async fn an_order_that_aws_does_not_take_fails() {
    for code in ["RequestLimitExceeded", "UnauthorizedOperation"] {
        for (event, operation) in [(ON, "associations"), (ON, "set_marks"), (OPEN, "remove_marks"), (KEEP, "set_marks")]
        {
            let aws = FakeAws { failing: vec![(operation, code)], closed: event == OPEN, ..both_on() };
            let (status, body, _) = handle(&aws, event).await;
            assert_eq!(status, Err("AwsCallFailed"), "{event} {operation}");
            assert!(body.as_str().unwrap().contains(code), "{body}");
        }
    }
    let aws = FakeAws { failing: vec![("associate", "InternalError")], ..FakeAws::default() };
    assert_eq!(handle(&aws, ON).await.0, Err("StepUnfinished"));
}

#[tokio::test]
async fn only_a_refusal_of_what_is_still_coming_fails_nothing() {
    for (state, code, status) in [
        ("associating", "IncorrectState", Ok(200)),
        ("association-failed", "IncorrectState", Ok(200)),
        ("associated", "IncorrectState", Err("DisassociationIncomplete")),
        ("associating", "RequestLimitExceeded", Err("DisassociationIncomplete")),
        ("associated", "InvalidClientVpnAssociationIdNotFound", Ok(200)),
    ] {
        let associations = vec![("subnet-1", state)];
        let aws = FakeAws { associations, refusals: Mutex::new([code].into()), ..FakeAws::default() };
        assert_eq!(handle(&aws, FORCE).await.0, status, "{state} {code}");
    }
}

#[tokio::test]
async fn the_alarm_judges_again_until_nothing_is_associated() {
    let refused = |code| FakeAws { refusals: Mutex::new([code].into()), ..both_on() };
    let coming = FakeAws { associations: vec![("subnet-1", "associating")], ..refused("IncorrectState") };
    let unreadable = FakeAws { failing: vec![("associations", "InternalError")], ..both_on() };
    for (name, aws, again) in [
        ("turned off", both_on(), true),
        ("nothing there", FakeAws::default(), false),
        ("held back", FakeAws { connected: true, ..both_on() }, true),
        ("failed", refused("RequestLimitExceeded"), true),
        ("refused", coming, true),
        ("nothing could be read", unreadable, true),
    ] {
        let (_, _, lines) = handle(&aws, ALARM).await;
        let set = aws.calls().iter().any(|call| call == "set AWSClientVPN-DisassociatingSubnets to OK");
        assert_eq!(set, again, "{name}");
        assert_eq!(lines.contains(&"SetAlarmState Accepted".to_owned()), again, "{name}");
    }
    let aws = FakeAws { connected: true, ..both_on() };
    handle(&aws, SCHEDULE).await.0.unwrap();
    assert!(!aws.calls().iter().any(|call| call.starts_with("set ")), "the schedule comes by itself");
}

const SET: &str = "set AWSClientVPN-DisassociatingSubnets to OK";

#[tokio::test]
async fn the_alarm_is_set_before_anything_can_go_wrong_and_once_only() {
    for (name, aws) in [
        ("turned off", both_on()),
        ("held back", FakeAws { connected: true, ..both_on() }),
        ("nothing could be read", FakeAws { failing: vec![("associations", "InternalError")], ..both_on() }),
    ] {
        handle(&aws, ALARM).await.0.ok();
        let calls = aws.calls();
        assert_eq!(calls[..2], ["look", SET], "{name}: a look, and only then the alarm");
        assert_eq!(calls.iter().filter(|call| *call == SET).count(), 1, "{name}: {calls:?}");
    }
}

#[tokio::test]
async fn what_only_goes_lets_the_alarm_be() {
    for state in ["disassociating", "disassociated"] {
        let aws = FakeAws { associations: vec![("subnet-1", state)], ..FakeAws::default() };
        assert_eq!(handle(&aws, ALARM).await.0, Ok(404), "{state}");
        assert!(!aws.calls().contains(&SET.to_owned()), "{state}: it would call every minute while the VPN is off");
    }
}

#[tokio::test]
async fn an_alarm_that_cannot_be_set_is_tried_again_at_the_end_and_fails_an_answer_that_was_good() {
    let failing = vec![("set_alarm", "AccessDenied")];
    let aws = FakeAws { connected: true, failing: failing.clone(), ..both_on() };
    let (status, _, lines) = handle(&aws, ALARM).await;
    assert_eq!(status, Err("AwsCallFailed"));
    assert_eq!(lines, ["SetAlarmState Failed(Forbidden)", "SetAlarmState Failed(Forbidden)"]);
    assert_eq!(aws.calls().last().unwrap(), SET);

    let aws = FakeAws { failing: failing.clone(), refusals: Mutex::new(["IncorrectState"].into()), ..both_on() };
    assert_eq!(handle(&aws, ALARM).await.0, Err("DisassociationIncomplete"), "the first failure is the one to report");

    let failing = vec![("set_alarm", "AccessDenied"), ("associations", "InternalError")];
    let aws = FakeAws { failing, ..both_on() };
    assert_eq!(handle(&aws, ALARM).await.0, Err("AwsCallFailed"));
    assert_eq!(aws.calls().iter().filter(|call| *call == SET).count(), 2, "also where nothing could be read");

    // Found by the second look only, as while descriptions lag: then the end is the first time to set it.
    let aws = FakeAws { unlisted_at_first: true, ..both_on() };
    assert_eq!(handle(&aws, ALARM).await.0, Ok(200));
    assert_eq!(aws.calls().last().unwrap(), SET);
}

#[tokio::test]
async fn each_scheduled_run_puts_the_gauge_and_a_failed_one_stops_nothing() {
    for (associations, gauge) in [
        (vec![], "gauge 0"),
        (vec![("subnet-1", "associated"), ("subnet-9", "disassociating"), ("subnet-2", "disassociated")], "gauge 2"),
    ] {
        let aws = FakeAws { associations, ..FakeAws::default() };
        handle(&aws, SCHEDULE).await.0.unwrap();
        assert!(aws.calls().contains(&gauge.to_owned()), "{:?}", aws.calls());
        handle(&aws, FORCE).await.0.unwrap();
        assert_eq!(aws.calls().iter().filter(|call| call.starts_with("gauge")).count(), 1, "only the schedule");
    }
    let aws = FakeAws { failing: vec![("put_gauge", "InternalError")], ..both_on() };
    assert_eq!(handle(&aws, SCHEDULE).await.0, Ok(200));
    assert!(aws.calls().contains(&"disassociate assoc-of-subnet-2".to_owned()));
}

#[tokio::test]
async fn events_that_ask_for_nothing_touch_nothing() {
    for event in [
        include_str!("../../../../events/disassociator-alarm-ok.json"),
        include_str!("../../../../events/disassociator-alarm-other.json"),
    ] {
        let aws = both_on();
        assert_eq!(handle(&aws, event).await.0, Ok(200));
        assert!(aws.calls().is_empty());
    }
    let aws = both_on();
    let (status, _, _) = handle(&aws, include_str!("../../../../events/disassociator-unknown.json")).await;
    assert_eq!(status, Err("EventNotUnderstood"));
    assert!(aws.calls().is_empty());
}
