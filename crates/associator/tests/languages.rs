//! Every state in every language: what a person sees is whole, in one language, and small.

mod common;

use associator::{
    config::Config,
    page::{PageState, Pages},
    problem::Kind,
    texts::{self, Texts},
    visitor::{Device, Visitor},
};
use common::{ORIGIN, Setup, event, view};
use http::StatusCode;
use jiff::SignedDuration;
use vpn_core::plan::{Phase, View};

/// What the first view may weigh with usual settings, as it travels.
const USUAL_WEIGHT: usize = 8_500;

fn usual_config() -> Config {
    let mut vars = common::vars();
    for (name, value) in [
        ("VPN_COMPANY_NAME", "0".repeat(20)),
        ("VPN_SUPPORT_CONTACT", "0".repeat(20)),
        ("VPN_LINKS", format!("{}=https://intranet.example.com/vpn", "0".repeat(20))),
    ] {
        vars.insert(name.to_owned(), value);
    }
    Config::from_vars(&vars).expect("valid")
}

fn full_config() -> Config {
    let mut vars = common::vars();
    let link = |letter: &str| format!("{}=https://intranet.example.com/{}", letter.repeat(40), "x".repeat(170));
    vars.insert("VPN_COMPANY_NAME".to_owned(), "0".repeat(40));
    vars.insert("VPN_SUPPORT_CONTACT".to_owned(), "0".repeat(100));
    vars.insert("VPN_LINKS".to_owned(), [link("0"), link("1"), link("2"), link("3")].join(";"));
    Config::from_vars(&vars).expect("valid")
}

/// Every state that there is.
fn states(texts: &Texts, config: &Config) -> Vec<PageState> {
    let reference = common::REFERENCE;
    let mut states = Vec::new();
    for phase in Phase::ALL {
        let time = Some(SignedDuration::from_mins(479));
        let on = View { on_for: time, turns_off_in: time, kept_for: time, ..view(phase) };
        let used = View { connected: 1000, connected_or_more: true, turns_off_in: None, ..on.clone() };
        let closed = View { closed_for: time, ..view(phase) };
        for view in [view(phase), on, used, closed] {
            states.push(PageState::of(texts, config, &view, None, reference));
        }
        for kind in Kind::ALL {
            states.push(PageState::of(texts, config, &view(phase), Some(&kind.into()), reference));
        }
    }
    states.extend(Kind::ALL.map(|kind| PageState::of_problem(texts, config, &kind.into(), reference)));
    states.extend([PageState::ended(texts, config), PageState::signed_out(texts, config)]);
    states
}

/// The words between the tags, and in the attributes that are read aloud or seen.
fn words(page: &str) -> String {
    let mut page = page.to_owned();
    for name in ["script", "style"] {
        let (from, to) = (page.find(&format!("<{name}>")).expect(name), page.find(&format!("</{name}>")).expect(name));
        page.replace_range(from..to, "");
    }
    let (_, body) = page.split_once("<title>").expect("a title");
    let mut words = String::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        for name in ["aria-label=\"", "data-head=\"", "data-room=\"", "data-title=\""] {
            words.extend(tag.split(name).nth(1).and_then(|rest| rest.split('"').next()));
            words.push('\n');
        }
        // The other languages name themselves.
        if !tag.contains("hreflang") && !tag.contains("?lang=") {
            words.push_str(text);
        }
        words.push('\n');
    }
    words
}

#[test]
fn every_state_is_whole_and_in_one_language() {
    let config = full_config();
    for texts in texts::all() {
        for device in [Device::Android, Device::Mac] {
            for state in states(texts, &config) {
                let page = common::rendered(&config, Visitor::reading(texts, device), &state);
                assert!(page.contains(&format!("<html lang=\"{}\">", texts.language)));
                let mut words = words(&page);
                assert!(!words.contains(['{', '}']), "a place is left: {words}");
                if texts.language != "en" {
                    for name in
                        [common::REFERENCE, "App Store", "Google Play", "AWS VPN Client", "OpenVPN Connect", "VPN"]
                    {
                        words = words.replace(name, "");
                    }
                    for name in ["iPad", "iPhone", "Android", "Mac", "&#39;", "&#34;", "&#38;"] {
                        words = words.replace(name, "");
                    }
                    let english = words.lines().find(|line| line.chars().any(|c| c.is_ascii_alphabetic()));
                    assert_eq!(english, None, "{} {}", texts.language, state.title);
                }
            }
        }
    }
}

#[test]
fn no_page_weighs_more_than_it_may() {
    for (config, weight) in [(usual_config(), USUAL_WEIGHT), (full_config(), common::WEIGHT)] {
        let pages = Pages::new(&config);
        for texts in texts::all() {
            for device in [Device::Ipad, Device::Windows, Device::Mac] {
                for state in states(texts, &config) {
                    let state = state.seen(common::now(), common::now());
                    let page = pages.page(&Visitor::reading(texts, device), StatusCode::OK, &state);
                    let bytes = common::weight(page);
                    assert!(bytes < weight, "{bytes} bytes, {} {device:?} {}", texts.language, state.title);
                }
            }
        }
    }
}

#[test]
fn the_structure_is_the_same_in_every_state() {
    // Room is kept for the longest words, so nothing moves when the script puts another state in place.
    let tags = |html: &str| html.matches("data-room=").count();
    for texts in texts::all() {
        let config = common::config();
        let rooms: std::collections::BTreeSet<_> = Phase::ALL
            .map(|phase| PageState::of(texts, &config, &view(phase), None, ""))
            .iter()
            .map(|state| {
                let room = state.parts.hero.split("data-head=").nth(1).and_then(|rest| rest.split('>').next());
                let facts = state.parts.facts.as_deref().map(|facts| facts.matches("<dt>").count());
                let more = state.parts.more.as_deref().map(|more| (tags(more), more.matches("<button name").count()));
                (room.map(str::to_owned), facts, more)
            })
            .collect();
        assert_eq!(rooms.len(), 1, "{rooms:?}");
    }
}

#[tokio::test]
async fn the_language_is_chosen_by_link_then_cookie_then_browser() {
    let setup = Setup::new();
    let html = ("accept", "text/html");
    let page = |lang: &'static str, headers: Vec<(&'static str, &'static str)>| {
        let mut event = event("GET", "/vpn", &[vec![html], headers].concat(), &setup.token(), "");
        if !lang.is_empty() {
            event["multiValueQueryStringParameters"] = serde_json::json!({ "lang": [lang] });
        }
        event
    };
    let ja = ("accept-language", "ja,en;q=0.5");
    for (event, language, kept) in [
        (page("", vec![]), "en", ""),
        (page("", vec![ja]), "ja", ""),
        (page("", vec![ja, ("cookie", "a=b; vpn-language=ko; c=d")]), "ko", ""),
        (page("", vec![ja, ("cookie", "a=b"), ("cookie", "vpn-language=ko")]), "ko", ""),
        (page("", vec![ja, ("cookie", "vpn-language=xx")]), "ja", ""),
        (page("", vec![ja, ("cookie", "other=ko")]), "ja", ""),
        (page("zh-CN", vec![ja, ("cookie", "vpn-language=ko")]), "zh-CN", "zh-CN"),
        (page("xx", vec![ja]), "ja", ""),
        (page("ko%0d%0aset-cookie:a=b", vec![ja]), "ja", ""),
    ] {
        let answer = setup.answer(event.clone()).await;
        assert!(answer.says(&format!("<html lang=\"{language}\">")), "{event}");
        let cookie = match kept {
            "" => String::new(),
            kept => format!("vpn-language={kept}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure"),
        };
        assert_eq!(answer.header("set-cookie"), cookie, "{event}");
    }
    assert!(setup.aws.changes().is_empty());
}

#[tokio::test]
async fn a_script_gets_the_language_of_its_page_and_keeps_nothing() {
    let setup = Setup::new();
    setup.aws.turn_on();
    for (method, path) in [("GET", "/state"), ("POST", "/progress")] {
        let mut event = event(method, path, &[("origin", ORIGIN), ("cookie", "vpn-language=ko")], &setup.token(), "");
        event["multiValueQueryStringParameters"] = serde_json::json!({ "lang": ["ja"] });
        let answer = setup.answer(event).await;
        assert_eq!(answer.json()["title"], "利用できます – VPN", "{path}");
        assert_eq!(answer.header("set-cookie"), "", "{path}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_language_too() {
    let setup = Setup::new();
    setup.aws.fail("read", "UnauthorizedOperation");
    let mut event = setup.navigation("/vpn");
    event["multiValueHeaders"]["accept-language"] = serde_json::json!(["ko-KR"]);
    let answer = setup.answer(event).await;
    assert!(answer.says("이 페이지에 VPN 제어 권한이 없습니다.") && answer.says(common::REFERENCE), "{answer:?}");
}

#[tokio::test]
async fn a_browser_that_only_looks_ahead_chooses_no_language() {
    let setup = Setup::new();
    let headers = [("accept", "text/html"), ("sec-purpose", "prefetch")];
    let mut event = event("GET", "/vpn", &headers, &setup.token(), "");
    event["multiValueQueryStringParameters"] = serde_json::json!({ "lang": ["ja"] });
    let answer = setup.answer(event).await;
    assert_eq!((answer.status(), answer.header("set-cookie")), (403, ""));
}

#[test]
fn the_device_in_front_comes_first_and_the_others_are_one_press_away() {
    let config = common::config();
    let english = texts::english();
    let state = PageState::of(english, &config, &view(Phase::Ready), None, "");
    const TOUCH: &str = "Tap the switch next to your company’s profile.";
    const COMPUTER: &str = "Open AWS VPN Client or OpenVPN Connect.";
    for (device, title, first, other, stores) in [
        (Device::Ipad, "Connect on this iPad", TOUCH, COMPUTER, &["apps.apple.com"][..]),
        (Device::Iphone, "Connect on this iPhone", TOUCH, COMPUTER, &["apps.apple.com"]),
        (Device::Android, "Connect on this device", TOUCH, COMPUTER, &["play.google.com"]),
        (Device::Windows, "Connect on this computer", COMPUTER, TOUCH, &["aws.amazon.com", "openvpn.net"]),
        (Device::Linux, "Connect on this computer", COMPUTER, TOUCH, &["aws.amazon.com"]),
        (Device::Other, "Connect on a computer", COMPUTER, TOUCH, &["aws.amazon.com", "openvpn.net"]),
    ] {
        let page = common::rendered(&config, Visitor::reading(english, device), &state);
        let (own, rest) = page.split_once("<details class=\"any\">").expect("details");
        assert!(own.contains(&format!("<h2>{title}</h2>")) && own.contains(first) && !own.contains(other), "{page}");
        assert!(rest.contains(other), "{page}");
        for store in ["apps.apple.com", "play.google.com", "aws.amazon.com", "openvpn.net"] {
            assert_eq!(own.contains(store), stores.contains(&store), "{device:?} {store}");
        }
    }
}

#[test]
fn what_calls_itself_a_mac_may_be_an_ipad() {
    let config = common::config();
    let english = texts::english();
    let state = PageState::of(english, &config, &view(Phase::Ready), None, "");
    let page = common::rendered(&config, Visitor::reading(english, Device::Mac), &state);
    assert!(page.contains("<div class=\"mac\"><h2>Connect on this Mac</h2>"), "{page}");
    assert!(page.contains("<div class=\"pad\"><h2>Connect on this iPad</h2>"), "{page}");
    assert!(page.contains("(any-pointer: coarse)"), "the style decides by whether there is a touch screen");
}
