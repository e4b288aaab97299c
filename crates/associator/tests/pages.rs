//! The page itself: every phase, its headers, and that nothing from outside gets into it unescaped.

mod common;

use associator::{
    page::{Pages, State},
    problem::{Kind, Problem},
    texts::english,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use common::{Setup, config};
use http::StatusCode;
use jiff::SignedDuration;
use vpn_core::{
    error::CallError,
    plan::{Phase, Share, View},
};

const PHASES: [Phase; 8] = [
    Phase::Off,
    Phase::Starting,
    Phase::Ready,
    Phase::TurningOff,
    Phase::TurningOnAgain,
    Phase::Failed,
    Phase::Incomplete,
    Phase::Closed,
];

fn view(phase: Phase) -> View {
    View {
        phase,
        subnets: Share { done: 1, of: 2 },
        failed_subnets: 0,
        routes: Share { done: 0, of: 2 },
        connected: 0,
        connected_or_more: false,
        on_for: None,
        turns_off_in: None,
        kept_for: None,
        closed_for: None,
    }
}

fn html(view: &View, problem: Option<&Problem>, reference: &str) -> String {
    let config = config();
    let state = State::of(english(), &config, view, problem, reference);
    let page = Pages::new(&config).page(StatusCode::OK, &state);
    String::from_utf8(page.body().to_vec()).expect("UTF-8")
}

#[test]
fn every_phase_has_its_sentence_and_its_buttons() {
    for (phase, sentence, on) in [
        (Phase::Off, "The VPN is off.", true),
        (Phase::Starting, "The VPN is starting.", false),
        (Phase::Ready, "The VPN is ready.", false),
        (Phase::TurningOff, "The VPN is turning off.", true),
        (Phase::TurningOnAgain, "The VPN is still turning off, then it starts again.", false),
        (Phase::Failed, "The VPN could not be turned on.", true),
        (Phase::Incomplete, "Only a part of the VPN is on.", true),
        (Phase::Closed, "The VPN is closed.", false),
    ] {
        let page = html(&view(phase), None, "");
        assert!(page.contains(sentence), "{phase:?}");
        assert_eq!(page.contains("action=\"/on\""), on, "{phase:?}");
        assert!(page.contains("Look again") && page.contains("/sign-out"), "{phase:?}");
        let left = page.split("<script>").next().and_then(|page| page.split("</style>").nth(1)).expect("a body");
        let places = ["{from}", "{to}", "{idle}", "{done}", "{of}", "{time}"];
        let main = left.split("<main").nth(1).expect("main");
        assert!(!places.iter().any(|place| main.contains(place)), "every place is filled: {main}");
    }
}

#[test]
fn what_waits_asks_and_what_rests_does_not() {
    for phase in PHASES {
        let state = State::of(english(), &config(), &view(phase), None, "");
        let asks = state.ask.map(|ask| (ask.method, ask.path, ask.after, ask.after_hidden, ask.at_most));
        let expected = match phase {
            Phase::Starting | Phase::TurningOnAgain => Some(("POST", "/progress", 15.0, 60.0, 1800.0)),
            Phase::TurningOff => Some(("GET", "/state", 15.0, 60.0, 1800.0)),
            Phase::Ready => Some(("GET", "/state", 15.0, 60.0, 120.0)),
            _ => None,
        };
        assert_eq!(asks, expected, "{phase:?}");
    }
}

#[test]
fn times_are_durations_that_a_script_can_count() {
    let on = View {
        on_for: Some(SignedDuration::from_secs(200)),
        turns_off_in: Some(SignedDuration::from_secs(1440)),
        kept_for: Some(SignedDuration::from_secs(7200)),
        ..view(Phase::Ready)
    };
    let page = html(&on, None, "");
    for part in [
        "data-passed=\"200\">3 min<",
        "data-left=\"1440\">24 min<",
        "data-left=\"7200\">2 h 0 min<",
        "action=\"/keep\"",
        "action=\"/off\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn connected_devices_keep_it_from_being_turned_off() {
    let used = View {
        connected: 1000,
        connected_or_more: true,
        on_for: Some(SignedDuration::from_secs(200)),
        ..view(Phase::Ready)
    };
    let page = html(&used, None, "");
    assert!(page.contains(">1000+<") && !page.contains("action=\"/off\""), "{page}");
    assert!(page.contains("It cannot be turned off while a device is connected."), "{page}");
}

#[test]
fn nothing_from_outside_gets_in_unescaped() {
    let evil = "\"><script>alert(1)</script>{{7*7}}</script>";
    let error = CallError { operation: "Any", code: None, message: evil.to_owned(), request_id: Some(evil.to_owned()) };
    let problem = Problem { kind: Kind::Unknown, nothing_changed: true, error: Some(error) };
    for page in [html(&view(Phase::Off), Some(&problem), evil), {
        let state = State::of_problem(english(), &config(), &problem, evil);
        let page = Pages::new(&config()).page(StatusCode::OK, &state);
        String::from_utf8(page.body().to_vec()).expect("UTF-8")
    }] {
        assert!(!page.contains("<script>alert"), "{page}");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)") || page.contains("&#60;script&#62;alert(1)"), "{page}");
    }
}

#[tokio::test]
async fn only_the_page_s_own_script_and_style_run() {
    let setup = Setup::new();
    let answer = setup.get("/vpn").await;
    let policy = answer.header("content-security-policy");
    let between = |start: &str, end: &str| {
        let from = answer.body().find(start).expect(start) + start.len();
        let to = answer.body()[from..].find(end).expect(end) + from;
        STANDARD.encode(digest(&SHA256, &answer.body().as_bytes()[from..to]))
    };
    assert!(policy.contains(&format!("script-src 'sha256-{}';", between("<script>", "</script>"))), "{policy}");
    assert!(policy.contains(&format!("style-src 'sha256-{}';", between("<style>", "</style>"))), "{policy}");
    for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "connect-src 'self'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let body = answer.body();
    assert!(!body.contains(" style=\"") && !body.contains(" onclick=") && !body.contains("src="), "{body}");
    assert!(!body.contains("https://"), "nothing from third parties: {body}");
}

#[tokio::test]
async fn every_answer_carries_the_same_strict_headers() {
    let setup = Setup::new();
    for path in ["/", "/vpn", "/state", "/sign-out", "/signed-out", "/other", "/on"] {
        let answer = setup.get(path).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
    }
}

#[tokio::test]
async fn the_script_gets_what_it_needs_and_has_no_words_of_its_own() {
    let setup = Setup::new();
    let body = setup.get("/vpn").await.body().to_owned();
    for part in [
        "data-script=\"",
        "data-state=\"",
        "id=\"main\"",
        "id=\"notice\"",
        "id=\"looked\"",
        "id=\"lost\"",
        "id=\"ended\"",
    ] {
        assert!(body.contains(part), "{part}");
    }
    let state = setup.get("/state").await.json();
    for part in ["title", "phase", "ask", "notice", "main", "problem", "turns_off_in", "connected"] {
        assert!(state.get(part).is_some(), "{part} in {state}");
    }
    assert!(state["main"].as_str().is_some_and(|main| body.contains(main)), "the same HTML in both");
}

#[test]
fn every_problem_renders_with_its_reference() {
    for kind in Kind::ALL {
        let problem = Problem::from(kind);
        let state = State::of_problem(english(), &config(), &problem, "ref-1");
        let reported = state.problem.clone().expect("reported");
        assert_eq!((reported.code, reported.reference.as_str()), (kind.word(), "ref-1"));
        assert!(state.notice.contains("Reference: ref-1"), "{kind:?}");
        assert!(kind.status().as_u16() >= 400, "{kind:?}");
    }
}
