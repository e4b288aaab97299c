//! The page itself: every phase, its headers, and that nothing from outside gets into it unescaped.

mod common;

use associator::{
    page::{PageState, Pages},
    problem::{Kind, Problem},
    texts::english,
    visitor::{Device, Visitor},
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use common::{Setup, config, view};
use http::StatusCode;
use jiff::SignedDuration;
use vpn_core::{
    error::CallError,
    plan::{Phase, View},
};

fn html(view: &View, problem: Option<&Problem>, reference: &str) -> String {
    rendered(&PageState::of(english(), &config(), view, problem, reference))
}

fn rendered(state: &PageState) -> String {
    common::rendered(&config(), Visitor::reading(english(), Device::Ipad), state)
}

#[test]
fn every_phase_has_its_sentence_and_its_buttons() {
    for (phase, sentence, on) in [
        (Phase::Off, "The VPN is off.", true),
        (Phase::Starting, "The VPN is starting.", false),
        (Phase::Ready, "The VPN is ready.", false),
        (Phase::TurningOff, "The VPN is turning off.", true),
        (Phase::TurningOnAgain, "The VPN will start again.", false),
        (Phase::Failed, "The VPN could not be turned on.", true),
        (Phase::Incomplete, "Only a part of the VPN is on.", true),
        (Phase::Closed, "The VPN is paused.", false),
    ] {
        let closed_for = (phase == Phase::Closed).then(|| SignedDuration::from_mins(90));
        let page = html(&View { closed_for, ..view(phase) }, None, "");
        assert!(page.contains(&format!("<h1>{sentence}</h1>")), "{phase:?}");
        assert_eq!(page.contains("action=\"/on\""), on, "{phase:?}");
        assert!(page.contains("Check again") && page.contains("/sign-out"), "{phase:?}");
        let word = associator::page::word(phase);
        assert!(page.contains(&format!("<body data-phase=\"{word}\"")), "{phase:?}");
        assert!(page.contains(&format!("class=\"state {word}")), "{phase:?}");
    }
}

#[test]
fn the_title_and_the_icon_tell_the_phases_apart() {
    let states = Phase::ALL.map(|phase| PageState::of(english(), &config(), &view(phase), None, ""));
    for (index, one) in states.iter().enumerate() {
        assert!(one.icon.starts_with("data:image/svg+xml;base64,"), "{}", one.icon);
        assert!(
            rendered(one)
                .contains(&format!("<link id=\"icon\" rel=\"icon\" href=\"{}\">", one.icon.replace('+', "&#43;")))
                || rendered(one).contains(&format!("<link id=\"icon\" rel=\"icon\" href=\"{}\">", one.icon))
        );
        for other in &states[index + 1..] {
            assert_ne!(one.title, other.title);
        }
    }
    let icons: std::collections::BTreeSet<_> = states.iter().map(|state| &state.icon).collect();
    assert_eq!(icons.len(), 7, "only the two ways of starting look the same");
    assert_eq!(states[0].title, "Off – VPN");
}

#[test]
fn what_waits_asks_and_what_rests_does_not() {
    for phase in Phase::ALL {
        let state = PageState::of(english(), &config(), &view(phase), None, "");
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
        "in <span data-left=\"1440\">24 min<",
        "for at least <span data-left=\"7200\">2 h<",
        "action=\"/keep\"",
        "action=\"/off\"",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn starting_shows_how_long_it_takes_has_taken_and_how_far_it_is() {
    let page = html(&View { on_for: Some(SignedDuration::from_secs(200)), ..view(Phase::Starting) }, None, "");
    for part in [
        "This usually takes 2 to 10 minutes.",
        "max=\"4\" value=\"1\"></progress>",
        "<span>1 of 4 steps done</span>",
        "<span data-passed=\"200\">3 min</span> so far",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(html(&view(Phase::Off), None, "").contains("It is usually ready in 2 to 10 minutes."));
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
    assert!(page.contains(">1,000+<") && !page.contains("action=\"/off\""), "{page}");
    assert!(page.contains("A device is still connected, perhaps your own, so the VPN stays on."), "{page}");
    assert!(page.contains("<dt>Turns off</dt><dd>after use</dd>"), "{page}");
}

#[test]
fn what_cannot_be_done_now_has_its_place_but_no_effect() {
    for phase in [Phase::Off, Phase::Closed, Phase::Failed] {
        let page = html(&view(phase), None, "");
        assert_eq!(page.matches("\" disabled>").count(), 3, "{phase:?}");
        assert!(page.contains("once the VPN is on") && !page.contains("action=\"/off\""), "{phase:?}");
    }
}

#[test]
fn a_problem_takes_the_place_of_the_next_step_or_answers_what_was_pressed() {
    let failed = html(&view(Phase::Failed), Some(&Kind::AssociationFailed.into()), "ref-1");
    assert!(failed.contains("<p class=\"wrong\">The VPN is off. A network could not be connected."), "{failed}");
    assert!(failed.contains("Reference: <span>ref-1</span>") && !failed.contains("class=\"notice\""), "{failed}");
    let refused = html(&view(Phase::Ready), Some(&Kind::InUse.into()), "ref-1");
    assert!(refused.contains("role=\"alert\">\n<h2>The VPN was not turned off.</h2>"), "{refused}");
    assert!(refused.contains("Connect in your VPN app now.") && !refused.contains("ref-1"), "{refused}");
}

#[test]
fn nothing_from_outside_gets_in_unescaped() {
    let evil = "\"'><script>alert(1)</script>{{7*7}}</script>";
    let error = CallError { operation: "Any", code: None, message: evil.to_owned(), request_id: Some(evil.to_owned()) };
    let problem = Problem { nothing_changed: true, error: Some(error), ..Kind::Unknown.into() };
    let mut vars = common::vars();
    for name in ["VPN_COMPANY_NAME", "VPN_SUPPORT_CONTACT"] {
        vars.insert(name.to_owned(), "\"'><script>alert(1)</script>".to_owned());
    }
    vars.insert("VPN_LINKS".to_owned(), "\"'><script>alert(1)</script>=https://a.example/?'&lt=&quot".to_owned());
    let named = associator::config::Config::from_vars(&vars).expect("words are words");
    let of_company = PageState::of(english(), &named, &view(Phase::Ready), None, "");
    for page in [
        html(&view(Phase::Off), Some(&problem), evil),
        rendered(&PageState::of_problem(english(), &config(), &problem, evil)),
        common::rendered(&named, Visitor::reading(english(), Device::Mac), &of_company),
    ] {
        assert!(!page.contains("<script>alert"), "{page}");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert!(page.contains("script&gt;alert(1)") || page.contains("script&#62;alert(1)"), "{page}");
        let tag = page.split("<body").nth(1).and_then(|rest| rest.split('>').next()).expect("a body");
        assert!(tag.ends_with("}'") && tag.matches('\'').count() == 4, "no value ends its attribute: {tag}");
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
    for part in [
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "connect-src 'self'",
        "img-src data:;",
        "form-action 'self' https:;",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let body = answer.body();
    for part in [" style=\"", " onclick=", " src=", "@import", "url(", "@font-face", "http-equiv", "<iframe", "<img"] {
        assert!(!body.contains(part), "{part} in {body}");
    }
    // Other sites are only led to by a link that somebody presses: the one request of the first view is the page.
    assert_eq!(body.matches("https://").count(), body.matches("<a class=\"any\" href=\"https://").count(), "{body}");
    assert_eq!(body.matches("<link").count(), 1, "{body}");
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
            ("strict-transport-security", "max-age=31536000"),
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
        "data-phase=\"off\"",
        "data-problem=\"\"",
        "data-script='{",
        "data-state='{",
        "id=\"main\"",
        "id=\"hero\"",
        "id=\"facts\"",
        "id=\"more\"",
        "id=\"looked\"",
        "id=\"lost\"",
        "<template id=\"ended\" data-title=\"",
        "You are no longer signed in.",
    ] {
        assert!(body.contains(part), "{part}");
    }
    let state = setup.get("/state").await.json();
    for part in ["title", "icon", "phase", "ask", "problem", "turns_off_in", "connected"] {
        assert!(state.get(part).is_some(), "{part} in {state}");
    }
    for part in ["hero", "facts", "more"] {
        assert!(state["parts"][part].as_str().is_some_and(|html| body.contains(html)), "the same {part} in both");
    }
}

#[test]
fn every_problem_is_said_and_an_administrator_s_has_a_reference() {
    for kind in Kind::ALL {
        let problem = Problem::from(kind);
        let state = PageState::of_problem(english(), &config(), &problem, "ref-1");
        let reported = state.problem.clone().expect("reported");
        assert_eq!((reported.code, reported.reference.as_str()), (kind.word(), "ref-1"));
        let for_people = matches!(kind, Kind::NotFound | Kind::NoProfile | Kind::Method | Kind::InUse | Kind::NotOn);
        assert_eq!(state.parts.hero.contains("Reference: <span>ref-1</span>"), !for_people, "{kind:?}");
        assert!(state.parts.hero.contains("href=\"/vpn\""), "{kind:?} leads on");
        assert!(kind.status().as_u16() >= 400, "{kind:?}");
        let page = rendered(&state);
        assert!(page.contains(&format!("data-phase=\"unknown\" data-problem=\"{}\"", kind.word())), "{page}");
        assert_eq!(state.ask.is_some(), page.contains("id=\"facts\""), "what goes on looking has the places");
    }
}

#[test]
fn signing_out_leads_to_a_page_that_asks_nothing() {
    let page = Pages::new(&config()).signed_out(&Visitor::reading(english(), Device::Ipad));
    let page = String::from_utf8(page.body().to_vec()).expect("UTF-8");
    assert!(page.contains("<h1>You are signed out.</h1>") && !page.contains("/sign-out"), "{page}");
    assert_eq!(page.matches("\"ask\":null").count(), 1, "{page}");
}

#[test]
fn a_page_says_whose_vpn_it_is_and_whom_to_ask() {
    let mut vars = common::vars();
    for (name, value) in [
        ("VPN_COMPANY_NAME", "Example & Sons"),
        ("VPN_SUPPORT_CONTACT", "it-help@example.com"),
        ("VPN_LINKS", "VPN profile=https://intranet.example.com/vpn; Rules=https://intranet.example.com/rules"),
    ] {
        vars.insert(name.to_owned(), value.to_owned());
    }
    let config = associator::config::Config::from_vars(&vars).expect("valid");
    let state = PageState::of(english(), &config, &view(Phase::Ready), None, "");
    let page = common::rendered(&config, Visitor::reading(english(), Device::Ipad), &state);
    assert_eq!(state.title, "Ready – Example & Sons VPN");
    for part in [
        "<p class=\"name\">Example &#38; Sons VPN</p>",
        "Questions? <a href=\"mailto:it-help@example.com\">it-help@example.com</a>",
        "<a href=\"https://intranet.example.com/vpn\">VPN profile</a>",
        "<a href=\"https://intranet.example.com/rules\">Rules</a>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let without = rendered(&PageState::of_problem(english(), &common::config(), &Kind::Busy.into(), "ref-1"));
    assert!(!without.contains("mailto:") && without.contains("Reference: <span>ref-1</span>"), "{without}");
    let page = Pages::new(&config).page(
        &Visitor::reading(english(), Device::Ipad),
        StatusCode::OK,
        &PageState::of_problem(english(), &config, &Kind::Forbidden.into(), "ref-1"),
    );
    let page = String::from_utf8_lossy(page.body());
    assert!(page.contains("<a href=\"mailto:it-help@example.com\">"), "also where something is wrong: {page}");
    let mail = "<a href=\"mailto:it-help@example.com?subject=Example%20%26%20Sons%20VPN%3A%20Reference%3A%20ref-1\">";
    assert!(page.contains(mail), "the reference goes into the mail by itself: {page}");
}
