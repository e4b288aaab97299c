//! What requests share, and what is shown where AWS has no time: never older than what a page has seen.

mod common;

use common::{AlbAnswer, Setup, event, now};
use jiff::SignedDuration;
use serde_json::Value;
use vpn_core::{marks::Mark, model::AssociationState};

const THROTTLED: &str = "RequestLimitExceeded";

impl Setup {
    /// A request so many milliseconds after the first one, of a page that has seen what was `seen` so long after it.
    async fn later(&self, millis: i64, mut event: Value, seen: Option<i64>) -> AlbAnswer {
        if let Some(seen) = seen {
            event["multiValueQueryStringParameters"]["seen"] = serde_json::json!([milliseconds(seen).to_string()]);
        }
        self.invoke_at(now() + SignedDuration::from_millis(millis), event).await.expect("answered")
    }

    async fn state(&self, millis: i64, seen: Option<i64>) -> Value {
        self.later(millis, self.script("/state"), seen).await.json()
    }

    fn reads(&self) -> usize {
        self.aws.calls().len()
    }
}

fn milliseconds(after: i64) -> i64 {
    now().as_millisecond() + after
}

#[tokio::test]
async fn requests_share_what_was_seen_for_two_seconds() {
    let setup = Setup::new();
    setup.aws.turn_on();
    for (millis, seen, reads) in [
        (0, None, 4),
        (1_999, None, 4),
        (2_000, None, 8),
        // Whoever has seen this or less shares it, whoever has seen more does not.
        (2_500, Some(2_000), 8),
        (2_500, Some(2_001), 12),
        // A clock that is behind shares nothing.
        (2_499, None, 16),
    ] {
        let state = setup.state(millis, seen).await;
        assert_eq!((state["phase"].as_str(), setup.reads()), (Some("ready"), reads), "{millis} {seen:?}");
    }
    // What is no time keeps nothing from anybody.
    let mut odd = setup.script("/state");
    for text in ["9999999999999", "", "soon", "-1", "99999999999999999999", "NaN"] {
        odd["multiValueQueryStringParameters"]["seen"] = serde_json::json!([text]);
        assert_eq!(setup.later(2_500, odd.clone(), None).await.json()["phase"], "ready", "{text}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_time_of_its_observation() {
    let setup = Setup::new();
    setup.aws.turn_on();
    let state = setup.state(0, None).await;
    assert_eq!((&state["seen"], &state["age"]), (&milliseconds(0).into(), &0.into()));
    let shared = setup.state(1_500, None).await;
    assert_eq!((&shared["seen"], &shared["age"]), (&milliseconds(0).into(), &1.into()));
    let page = setup.later(1_600, setup.navigation("/vpn"), None).await;
    let link = format!("href=\"/vpn?seen={}\"", milliseconds(0));
    assert!(page.says(&link) && page.says(&format!("lang=ko&seen={}", milliseconds(0))), "{link}");
    assert!(page.says("&seen=${state.seen}"), "the script sends it back under this name");
    // What was done is newer than what was seen before it.
    let keep = setup.later(1_700, setup.form("/keep", "hours=4"), None).await;
    assert_eq!(keep.header("location"), format!("/vpn?seen={}", milliseconds(1_701)));
}

#[tokio::test]
async fn what_turns_on_or_off_looks_anew_and_what_has_nothing_to_do_does_not() {
    let setup = Setup::new();
    setup.state(0, None).await;
    // Off, as was seen a moment ago: it has to be turned on, so it looks.
    let opened = setup.later(100, setup.navigation("/"), None).await;
    assert_eq!((opened.status(), setup.reads()), (303, 8 + 3));
    assert_eq!(setup.aws.changes().len(), 3);
    // What was seen before the change is not shared after it, by nobody.
    assert_eq!((setup.state(200, None).await["phase"].as_str(), setup.reads()), (Some("starting"), 15));
    // It starts: a waiting page has nothing to do.
    assert_eq!(setup.later(300, setup.form("/progress", ""), None).await.json()["phase"], "starting");
    assert_eq!(setup.reads(), 15);
    // It is on, and her request is written down: an opening has nothing to do either.
    setup.aws.turn_on();
    setup.later(2_200, setup.navigation("/"), None).await;
    setup.later(2_250, setup.navigation("/"), None).await;
    setup.aws.forget_calls();
    for event in [setup.navigation("/"), setup.form("/on", ""), setup.form("/progress", "")] {
        let answer = setup.later(2_300, event, None).await;
        assert!(answer.status() < 400 && setup.reads() == 0, "{answer:?}: {:?}", setup.aws.calls());
        if answer.status() == 303 {
            assert_eq!(answer.header("location"), format!("/vpn?seen={}", milliseconds(2_250)));
        }
    }
    // In the next minute there is a mark to write.
    setup.state(39_900, None).await;
    setup.aws.forget_calls();
    assert_eq!(setup.later(41_000, setup.navigation("/"), None).await.status(), 303);
    assert_eq!(setup.aws.changes(), ["set last-request=2026-11-02T09:02:00Z"]);
    assert_eq!(setup.reads(), 5);
    // Off and keep always look.
    for path in ["/keep", "/off"] {
        setup.state(44_000, None).await;
        setup.aws.forget_calls();
        setup.later(44_100, setup.form(path, "hours=1"), None).await;
        assert!(setup.reads() > 4, "{path}: {:?}", setup.aws.calls());
    }
}

#[tokio::test]
async fn where_aws_has_no_time_the_last_state_is_shown_with_its_age() {
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.state(-210_000, None).await;
    setup.aws.fail("read", THROTTLED);
    for event in [setup.script("/state"), setup.form("/progress", "")] {
        let answer = setup.later(89_999, event, Some(-210_000)).await;
        assert_eq!(answer.status(), 200);
        let state = answer.json();
        assert_eq!((&state["phase"], &state["problem"]), (&"ready".into(), &Value::Null));
        assert_eq!((&state["seen"], &state["age"]), (&milliseconds(-210_000).into(), &299.into()));
        assert_eq!((&state["ask"]["after"], &state["ask"]["after_hidden"]), (&60.0.into(), &60.0.into()));
    }
    let page = setup.later(89_999, setup.navigation("/vpn"), None).await;
    assert!(page.status() == 200 && page.says("<h1>The VPN is ready.</h1>"), "{}", page.body());
    assert!(page.says("<span id=\"looked\">Checked 4 min ago</span>"), "it says how old it is");
    // One try each, and nothing is changed.
    assert_eq!(setup.aws.changes().len(), 0);

    // Nothing newer than what the page shows: it goes on showing that.
    for (seen, millis) in [(Some(-209_999), 89_999), (None, 90_000)] {
        for event in [setup.script("/state"), setup.form("/progress", "")] {
            let answer = setup.later(millis, event, seen).await;
            let unchanged = serde_json::json!({ "unchanged": true, "after": 60.0, "after_hidden": 60.0 });
            assert_eq!((answer.status(), answer.json()), (200, unchanged), "{seen:?}");
        }
    }
    // A page that is opened now says that it goes on looking.
    let page = setup.later(90_000, setup.navigation("/vpn"), None).await;
    assert!(page.status() == 200 && page.says("The VPN service is too busy."), "{}", page.body());
    assert!(page.says("\"after\":60.0"), "{}", page.body());

    // What else fails is told, whatever was seen before.
    let setup = Setup::new();
    setup.state(0, None).await;
    setup.aws.fail("read", "UnauthorizedOperation");
    assert_eq!(setup.later(2_000, setup.script("/state"), None).await.json()["problem"]["code"], "forbidden");
}

#[tokio::test]
async fn an_opening_that_cannot_look_writes_her_request_or_says_that_it_could_not() {
    for path in ["/", "/on"] {
        let setup = Setup::new();
        let asks = |setup: &Setup| if path == "/" { setup.navigation("/") } else { setup.form("/on", "") };
        setup.aws.fail("read", THROTTLED);
        let answer = setup.later(0, asks(&setup), None).await;
        assert_eq!((answer.status(), answer.header("location")), (303, &*format!("/vpn?seen={}", milliseconds(1))));
        assert_eq!(setup.aws.changes(), ["set last-request=2026-11-02T09:01:00Z"]);
        assert_eq!(setup.aws.audit_lines(), ["opening an-employee: vpn-on-demand:last-request=2026-11-02T09:01:00Z"]);
        // Whoever comes in the same minute is written down already.
        assert_eq!(setup.later(39_999, asks(&setup), None).await.status(), 303);
        assert_eq!(setup.aws.changes().len(), 1);
        assert_eq!(setup.later(41_000, asks(&setup), None).await.status(), 303);
        assert_eq!(setup.aws.changes().len(), 2);
        setup.aws.fail("set ", THROTTLED);
        let answer = setup.later(101_000, asks(&setup), None).await;
        assert!(answer.status() == 503 && answer.says("Nothing was changed. "), "{answer:?}");
        assert!(answer.says("It got too many requests at once."), "{answer:?}");
    }
    // Turned off by hand in between: a request after that counts anew.
    let setup = Setup::new();
    setup.later(0, setup.navigation("/"), None).await;
    setup.later(100, setup.form("/off", ""), None).await;
    setup.aws.forget_calls();
    setup.aws.fail("read", THROTTLED);
    setup.later(200, setup.navigation("/"), None).await;
    assert_eq!(setup.aws.changes(), ["set last-request=2026-11-02T09:01:00Z"]);
    // What was written down stands, however that came about.
    let setup = Setup::new();
    setup.later(0, setup.navigation("/"), None).await;
    setup.aws.forget_calls();
    setup.aws.fail("read", THROTTLED);
    assert_eq!(setup.later(3_000, setup.navigation("/"), None).await.status(), 303);
    assert!(setup.aws.changes().is_empty());
    // What could not be written down does not stand.
    let setup = Setup::new();
    setup.aws.fail("set ", "InternalError");
    assert_eq!(setup.later(0, setup.navigation("/"), None).await.status(), 503);
    setup.aws.heal();
    setup.aws.forget_calls();
    setup.aws.fail("read", THROTTLED);
    assert_eq!(setup.later(100, setup.navigation("/"), None).await.status(), 303);
    assert_eq!(setup.aws.changes(), ["set last-request=2026-11-02T09:01:00Z"]);
    // Nor does a mark that cannot be true.
    let setup = Setup::new();
    setup.aws.put_mark(Mark::LastRequest, "2099-01-01T00:00:00Z");
    setup.state(0, None).await;
    setup.aws.fail("read", THROTTLED);
    setup.later(3_000, setup.navigation("/"), None).await;
    assert_eq!(setup.aws.changes(), ["set last-request=2026-11-02T09:01:00Z"]);
    // Whoever only waits writes nothing, and what needs a look says so.
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.aws.fail("read", THROTTLED);
    for (path, status) in [("/progress", 200), ("/keep", 503), ("/off", 503)] {
        let form = event("POST", path, &[("origin", common::ORIGIN)], &setup.token(), "hours=1");
        assert_eq!(setup.later(0, form, None).await.status(), status, "{path}");
    }
    assert_eq!(setup.aws.changes().len(), 0);
}

/// What was seen before subnets were changed is shown to nobody, and what stands still is asked for again too.
#[tokio::test]
async fn what_is_over_is_not_shown_and_what_may_be_over_is_asked_for() {
    let setup = Setup::new();
    setup.later(0, setup.navigation("/"), None).await;
    setup.aws.fail("read", THROTTLED);
    assert_eq!(setup.state(5_000, None).await["unchanged"], true, "it was off, and is not");

    let setup = Setup::new();
    setup.state(0, None).await;
    setup.aws.fail("read", THROTTLED);
    let off = setup.state(5_000, None).await;
    assert_eq!(
        (&off["phase"], &off["ask"]["path"], &off["ask"]["after"]),
        (&"off".into(), &"/state".into(), &60.0.into())
    );

    // The page counts on from when it was seen, and is told what was true then.
    let setup = Setup::new();
    setup.aws.turn_on();
    let first = setup.state(0, None).await["on_for"].as_i64();
    setup.aws.fail("read", THROTTLED);
    let later = setup.state(90_000, None).await;
    assert_eq!((later["on_for"].as_i64(), later["age"].as_i64()), (first, Some(90)));
}

/// Also a page that cannot show a state knows since when none may be older.
#[tokio::test]
async fn a_page_without_a_state_sends_back_what_was_seen_and_done() {
    let setup = Setup::new();
    setup.state(0, None).await;
    setup.aws.fail("read", THROTTLED);
    let opened = setup.later(60_000, setup.navigation("/"), None).await;
    assert_eq!(opened.header("location"), format!("/vpn?seen={}", milliseconds(60_001)));
    // The state from before she asked is not shown to her, and what she is shown instead goes on saying so.
    let page = setup.later(60_100, setup.navigation("/vpn"), Some(60_001)).await;
    assert!(page.says("The VPN service is too busy.") && page.says(&format!("\"seen\":{}", milliseconds(60_001))));
    setup.aws.fail("set ", THROTTLED);
    let keep = setup.later(60_200, setup.form("/keep", "hours=1"), None).await;
    assert!(keep.status() == 503 && keep.says(&format!("\"seen\":{}", milliseconds(60_201))), "{}", keep.body());
    let state = setup.later(60_300, setup.script("/state"), Some(60_001)).await.json();
    assert_eq!(state["unchanged"], true);
}

/// A press that failed in part has changed something: what another environment saw before it is not shown after it.
#[tokio::test]
async fn a_press_that_failed_sends_back_when_it_was_done() {
    let setup = Setup::new();
    setup.aws.fail("associate subnet-b", "UnauthorizedOperation");
    for event in [setup.navigation("/"), setup.form("/on", "")] {
        let page = setup.later(0, event, None).await;
        assert!(page.status() == 500 && page.says("\"phase\":\"starting\""), "{}", page.body());
        assert!(page.says(&format!("\"seen\":{}", milliseconds(1))), "{}", page.body());
    }
}

/// A subnet that AWS takes away at the console is seen by the next look, two seconds later at most.
#[tokio::test]
async fn nothing_is_shared_for_longer() {
    let setup = Setup::new();
    setup.aws.turn_on();
    setup.state(0, None).await;
    setup.aws.put_association("subnet-a", AssociationState::Disassociating);
    assert_eq!(setup.state(1_999, None).await["subnets"]["done"], 2);
    assert_eq!(setup.state(2_000, None).await["subnets"]["done"], 1);
}
