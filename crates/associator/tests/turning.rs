//! What requests do to the VPN, and what the page says when something is wrong.

mod common;

use common::{AlbAnswer, REFERENCE, Setup};
use vpn_core::{
    marks::Mark,
    model::{AssociationState, RouteState},
};

#[tokio::test]
async fn opening_marks_first_then_associates_and_leads_to_the_page() {
    for on in [false, true] {
        let setup = Setup::new();
        let answer = if on { setup.post("/on", "").await } else { setup.get("/").await };
        assert_eq!((answer.status(), answer.header("location")), (303, "/vpn?seen=1793610020001"));
        assert_eq!(
            setup.aws.changes(),
            [
                "set last-request=2026-11-02T09:01:00Z on-since=2026-11-02T09:00:20Z",
                "associate subnet-a",
                "associate subnet-b"
            ]
        );
        assert_eq!(setup.aws.audit_lines()[1], "opening an-employee: associate subnet-a");
    }
}

/// Zones are associated with such an endpoint: no subnet is tried, and every page says that something is wrong.
#[tokio::test]
async fn a_transit_gateway_s_endpoint_is_refused() {
    for on in [false, true] {
        let setup = Setup::new();
        if on {
            setup.aws.turn_on();
        }
        setup.aws.belong_to("tgw-0123456789abcdef0");
        for answer in [
            setup.get("/").await,
            setup.get("/vpn").await,
            setup.post("/on", "").await,
            setup.post("/off", "").await,
            setup.post("/keep", "hours=1").await,
        ] {
            assert!(answer.status() == 500 && answer.says("A network was not accepted."), "{answer:?}");
            assert!(
                answer.says(REFERENCE) && answer.says("Nothing was changed.") && !answer.says("tgw-"),
                "{answer:?}"
            );
        }
        for answer in [setup.get("/state").await, setup.post("/progress", "").await] {
            assert_eq!(answer.json()["problem"]["reference"], REFERENCE, "{answer:?}");
        }
        assert!(setup.aws.changes().is_empty(), "{:?}", setup.aws.changes());
    }
}

#[tokio::test]
async fn a_transit_gateway_s_endpoint_promises_nothing() {
    let setup = Setup::new();
    setup.aws.put_mark(Mark::LastRequest, "2026-11-02T08:50:00Z");
    setup.aws.belong_to("tgw-0123456789abcdef0");
    let waiting = setup.post("/progress", "").await.json();
    assert!(waiting["phase"].is_null() && waiting["title"] == "Problem – VPN", "{waiting}");
    // Whoever only waits has pressed nothing.
    assert!(!waiting.to_string().contains("Nothing was changed."), "{waiting}");
}

#[tokio::test]
async fn showing_never_changes_anything() {
    for prepare in [
        |_: &Setup| {},
        |setup: &Setup| setup.aws.turn_on(),
        |setup: &Setup| {
            setup.aws.put_association("subnet-a", AssociationState::Associated);
            setup.aws.put_mark(Mark::LastRequest, "2026-11-02T09:00:00Z");
        },
    ] {
        let setup = Setup::new();
        prepare(&setup);
        for path in ["/vpn", "/state"] {
            assert_eq!(setup.get(path).await.status(), 200);
        }
        assert!(setup.aws.changes().is_empty(), "{:?}", setup.aws.changes());
    }
}

#[tokio::test]
async fn progress_goes_on_with_what_is_wanted_and_starts_nothing() {
    let setup = Setup::new();
    let state = setup.post("/progress", "").await.json();
    assert_eq!((&state["phase"], &state["ask"]), (&"off".into(), &serde_json::Value::Null));
    assert!(setup.aws.changes().is_empty());

    setup.aws.put_mark(Mark::LastRequest, "2026-11-02T09:00:00Z");
    setup.aws.put_mark(Mark::OnSince, "2026-11-02T08:58:00Z");
    setup.aws.put_association("subnet-a", AssociationState::Associated);
    let state = setup.post("/progress", "").await.json();
    assert_eq!(setup.aws.changes(), ["associate subnet-b", "route 10.20.0.0/16 subnet-a"]);
    assert_eq!(state["phase"], "starting");
    assert_eq!(state["subnets"], serde_json::json!({ "done": 1, "of": 2 }));
    assert_eq!(state["on_for"], 142, "the second invocation is two seconds later");
    assert_eq!(state["ask"]["path"], "/progress");
    assert_eq!((state["ask"]["after"].as_f64(), state["ask"]["at_most"].as_f64()), (Some(15.0), Some(1800.0)));
}

#[tokio::test]
async fn an_open_page_reads_four_lists_at_once_and_changes_nothing() {
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.aws.hold_reads(4);
    for event in [setup.navigation("/vpn"), setup.script("/state"), setup.form("/progress", "")] {
        setup.aws.forget_calls();
        assert_eq!(setup.answer(event).await.status(), 200);
        assert_eq!(setup.aws.calls().len(), 4, "{:?}", setup.aws.calls());
        assert!(setup.aws.changes().is_empty());
    }
    // Opening it again: the same four, and one mark.
    setup.aws.forget_calls();
    assert_eq!(setup.get("/").await.status(), 303);
    assert_eq!(setup.aws.calls().len(), 5);
    assert_eq!(setup.aws.changes(), ["set last-request=2026-11-02T09:01:00Z"]);
    // And within the same minute not even that.
    setup.aws.forget_calls();
    setup.get("/").await;
    assert!(setup.aws.changes().is_empty());
}

#[tokio::test]
async fn keeping_is_bounded_and_needs_a_vpn_that_is_on() {
    let setup = Setup::new();
    let answer = setup.post("/keep", "hours=4").await;
    assert!(answer.status() == 409 && answer.says("The VPN is not on, so it cannot be kept on."), "{answer:?}");
    setup.aws.turn_on();
    for bad in ["", "hours=", "hours=0", "hours=99", "hours=4&hours=8"] {
        assert_eq!(setup.post("/keep", bad).await.status(), 400, "{bad}");
    }
    assert!(setup.aws.changes().is_empty());
    assert_eq!(setup.post("/keep", "hours=4").await.status(), 303);
    assert_eq!(setup.aws.mark(Mark::KeepUntil).as_deref(), Some("2026-11-02T13:01:00Z"));
    let state = setup.get("/state").await.json();
    assert_eq!(state["kept_for"], 4 * 3600 + 40 - 14, "seven invocations of two seconds came before");

    let mut vars = common::vars();
    vars.insert("VPN_KEEP_LIMIT".to_owned(), "2h".to_owned());
    let setup = Setup::with(associator::config::Config::from_vars(&vars).expect("valid"));
    setup.aws.turn_on();
    assert_eq!(setup.post("/keep", "hours=8").await.status(), 303);
    assert_eq!(setup.aws.mark(Mark::KeepUntil).as_deref(), Some("2026-11-02T11:01:00Z"));
    let page = setup.get("/vpn").await;
    assert!(page.says("name=\"hours\" value=\"1\"") && !page.says("name=\"hours\" value=\"4\""), "{page:?}");
}

#[tokio::test]
async fn turning_off_is_for_a_vpn_that_nobody_uses() {
    let setup = Setup::new();
    setup.aws.turn_on();
    assert_eq!(setup.post("/off", "").await.status(), 303);
    assert_eq!(
        setup.aws.changes(),
        ["remove last-request", "disassociate cvpn-assoc-subnet-a", "disassociate cvpn-assoc-subnet-b"]
    );
    let state = setup.get("/state").await.json();
    assert_eq!((&state["phase"], &state["ask"]["method"]), (&"turning-off".into(), &"GET".into()));

    let used = Setup::new();
    used.aws.turn_on();
    used.aws.connect(2, false);
    let answer = used.post("/off", "").await;
    assert!(answer.status() == 409 && answer.says("A device is still connected, perhaps your own."), "{answer:?}");
    assert!(used.aws.changes().is_empty());
}

#[tokio::test]
async fn whoever_connects_meanwhile_is_not_cut_off() {
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.aws.connect_after_the_first_look();
    assert_eq!(setup.post("/off", "").await.status(), 409);
    assert!(setup.aws.changes().is_empty(), "{:?}", setup.aws.changes());
}

#[tokio::test]
async fn a_mark_that_cannot_be_written_means_that_nothing_is_associated() {
    for path in ["/", "/on"] {
        let setup = Setup::new();
        setup.aws.fail("set ", "UnauthorizedOperation");
        let answer = if path == "/" { setup.get("/").await } else { setup.post("/on", "").await };
        assert_eq!(answer.status(), 500);
        assert!(says(&answer, "A permission is missing.") && answer.says("Nothing was changed."), "{answer:?}");
        assert_eq!(setup.aws.changes().len(), 1, "{:?}", setup.aws.changes());
    }
}

/// Whoever only waits has pressed nothing.
#[tokio::test]
async fn a_waiting_page_does_not_say_that_nothing_was_changed() {
    let setup = Setup::new();
    setup.aws.put_mark(Mark::LastRequest, "2026-11-02T09:00:00Z");
    setup.aws.fail("set ", "UnauthorizedOperation");
    let waiting = setup.post("/progress", "").await;
    assert!(says(&waiting, "A permission is missing."), "{waiting:?}");
    assert!(!waiting.says("Nothing was changed."), "{waiting:?}");
    assert_eq!(setup.aws.changes().len(), 1, "{:?}", setup.aws.changes());
}

fn says(answer: &AlbAnswer, text: &str) -> bool {
    // AWS's own words are for the log.
    assert!(!answer.body().contains("AWS's own") && !answer.body().contains("AWS&#39;s own"), "{answer:?}");
    answer.says(text) && answer.says(&format!("Reference: <span>{REFERENCE}</span>"))
}

#[tokio::test]
async fn the_page_says_in_plain_words_what_is_wrong() {
    for (call, code, status, text) in [
        (
            "associate subnet-b",
            "InvalidClientVpnSubnetId.DuplicateAz",
            500,
            "Two networks in the settings are in the same place.",
        ),
        ("associate subnet-b", "InvalidClientVpnSubnetId.DifferentVpc", 500, "A network does not fit"),
        ("associate subnet-b", "InvalidSubnetID.NotFound", 500, "A network does not fit"),
        ("associate", "UnauthorizedOperation", 500, "A permission is missing."),
        ("associate", "NeverHeardOf", 500, "This could not be completed."),
        ("read", "UnauthorizedOperation", 500, "A permission is missing."),
        ("read associations", "InvalidClientVpnEndpointId.NotFound", 500, "It does not exist or is being removed."),
        ("read", "", 503, "The VPN service does not answer."),
        ("read", "InternalError", 503, "The VPN service does not answer."),
    ] {
        let setup = Setup::new();
        setup.aws.fail(call, code);
        for answer in [setup.get("/").await, setup.post("/on", "").await] {
            assert_eq!(answer.status(), status, "{call} {code}");
            assert!(says(&answer, text), "{call} {code}: {answer:?}");
        }
        if call.starts_with("associate subnet-b") {
            assert!(setup.aws.changes().contains(&"associate subnet-a".to_owned()), "the other one goes on");
        }
    }
}

/// "Starting" would promise what does not come.
#[tokio::test]
async fn when_not_one_subnet_is_taken_the_page_does_not_say_that_it_starts() {
    let setup = Setup::new();
    setup.aws.fail("associate", "InvalidSubnetID.NotFound");
    let opened = setup.get("/").await;
    let waiting = setup.post("/progress", "").await.json();
    assert_eq!((&waiting["phase"], &waiting["title"]), (&"failed".into(), &"Not working – VPN".into()));
    let hero = waiting["parts"]["hero"].as_str().expect("HTML");
    for html in [opened.body(), hero] {
        assert!(html.contains("<h1>The VPN could not be turned on.</h1>") && html.contains("Try again"), "{html}");
        assert!(html.contains("<p class=\"wrong\">The VPN is off. A network does not fit"), "{html}");
        assert!(html.contains("class=\"state failed\"") && !html.contains("The VPN is starting."), "{html}");
    }
}

#[tokio::test]
async fn a_script_is_told_too() {
    let setup = Setup::new();
    setup.aws.put_mark(Mark::LastRequest, "2026-11-02T09:00:00Z");
    setup.aws.fail("associate subnet-b", "InvalidClientVpnSubnetId.DuplicateAz");
    let answer = setup.post("/progress", "").await;
    assert_eq!(answer.status(), 200);
    let state = answer.json();
    assert_eq!((&state["problem"]["code"], &state["problem"]["reference"]), (&"same-zone".into(), &REFERENCE.into()));
    assert!(state["parts"]["hero"].as_str().is_some_and(|html| html.contains("in the same place")), "{state}");
    assert_eq!(state["phase"], "starting");

    setup.aws.fail("read", "");
    for answer in [setup.post("/progress", "").await, setup.get("/state").await] {
        assert_eq!(answer.status(), 503);
        let state = answer.json();
        assert_eq!(
            (&state["problem"]["code"], &state["parts"]["facts"]),
            (&"unreachable".into(), &serde_json::Value::Null)
        );
        assert!(state["ask"].is_object(), "it may pass by itself: {state}");
    }
}

#[tokio::test]
async fn what_goes_on_by_itself_is_no_error() {
    for code in ["RequestLimitExceeded", "ConcurrentMutationLimitExceeded", "InternalError", "", "IncorrectState"] {
        let setup = Setup::new();
        setup.aws.fail("associate", code);
        assert_eq!(setup.get("/").await.status(), 303, "{code}");
        assert_eq!(setup.get("/state").await.json()["phase"], "starting", "{code}");
    }
    let setup = Setup::new();
    setup.aws.put_association("subnet-a", AssociationState::Associating);
    setup.aws.fail("route", "InvalidClientVpnActiveAssociationNotFound");
    assert_eq!(setup.get("/").await.status(), 303);
}

#[tokio::test]
async fn a_subnet_that_failed_is_named_with_a_reference_and_tried_again_only_freshly() {
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.aws.put_association("subnet-b", AssociationState::AssociationFailed);
    for answer in [setup.get("/vpn").await, setup.get("/state").await] {
        assert_eq!(answer.status(), 200);
        assert!(says(&answer, "A network could not be connected."), "{answer:?}");
    }
    setup.post("/progress", "").await;
    assert!(setup.aws.changes().is_empty());
    setup.post("/on", "").await;
    assert!(setup.aws.changes().contains(&"disassociate cvpn-assoc-subnet-b".to_owned()));
}

#[tokio::test]
async fn what_cannot_be_turned_off_is_said() {
    for code in ["ConcurrentMutationLimitExceeded", "InternalError", "IncorrectState"] {
        let setup = Setup::new();
        setup.aws.turn_on();
        setup.aws.fail("disassociate cvpn-assoc-subnet-a", code);
        let answer = setup.post("/off", "").await;
        assert_eq!(answer.status(), 503, "{code}");
        assert!(says(&answer, "Not all of the VPN could be turned off."), "{code}: {answer:?}");
        assert!(setup.aws.changes().contains(&"disassociate cvpn-assoc-subnet-b".to_owned()), "{code}");
    }
}

#[tokio::test]
async fn a_route_that_aws_does_not_take_or_that_failed_is_named_as_one() {
    let setup = Setup::new();
    setup.aws.put_mark(Mark::LastRequest, "2026-11-02T09:00:00Z");
    setup.aws.put_association("subnet-a", AssociationState::Associated);
    setup.aws.fail("route", "ClientVpnRouteLimitExceeded");
    assert_eq!(setup.post("/progress", "").await.json()["problem"]["code"], "route");

    let setup = Setup::new();
    setup.aws.turn_on();
    setup.aws.put_association("subnet-b", AssociationState::Associated);
    assert_eq!(setup.get("/state").await.json()["problem"], serde_json::Value::Null);
    let setup = Setup::new();
    for (subnet, state) in [("subnet-a", RouteState::Active), ("subnet-b", RouteState::Failed)] {
        setup.aws.put_association(subnet, AssociationState::Associated);
        setup.aws.put_route(subnet, state);
    }
    assert_eq!(setup.get("/state").await.json()["problem"]["code"], "route-failed");
}

#[tokio::test]
async fn only_what_is_associated_can_be_refused_as_a_network() {
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.aws.fail("disassociate cvpn-assoc-subnet-a", "InvalidParameterValue");
    let answer = setup.post("/off", "").await;
    assert_eq!(answer.status(), 500);
    assert!(says(&answer, "This could not be completed."), "{answer:?}");
}

#[tokio::test]
async fn while_it_is_closed_nothing_turns_on_and_the_page_says_so() {
    let setup = Setup::new();
    setup.aws.put_mark(Mark::ClosedUntil, "2026-11-02T10:30:00Z");
    for answer in [setup.get("/").await, setup.post("/on", "").await] {
        assert_eq!(answer.status(), 303);
    }
    setup.post("/progress", "").await;
    assert!(setup.aws.changes().is_empty());
    let page = setup.get("/vpn").await;
    assert!(
        page.says("Your administrator has paused the VPN.") && page.says("1 h 29 min") && !page.says("action=\"/on\""),
        "{page:?}"
    );
}

#[tokio::test]
async fn an_endpoint_that_is_being_deleted_is_not_turned_on() {
    let setup = Setup::new();
    setup.aws.delete_endpoint();
    let answer = setup.get("/").await;
    assert!(answer.status() == 500 && says(&answer, "is being removed"), "{answer:?}");
    assert!(setup.aws.changes().is_empty());
}
