//! With the keyboard alone, without motion, and in a tab that is not in front.

use harness::Vpn as _;
use serde_json::json;

use crate::{
    engine::Wish,
    story::{SELDOM, Story},
    webdriver::Browser,
};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

impl Browser {
    async fn key(&self, key: &str) {
        let actions = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        self.post("/actions", json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})).await;
    }

    /// Goes on with the tabulator until something has the focus, and shows it.
    async fn tab_to(&self, selector: &str) {
        let there = format!("document.activeElement.matches({})", json!(selector));
        for _ in 0..20 {
            self.key(TAB).await;
            if self.value(&there).await == true {
                let outline = "getComputedStyle(document.activeElement).outlineStyle";
                assert_eq!(self.value(outline).await, "solid", "{selector} shows that it has the focus");
                return;
            }
        }
        panic!("{selector} is not to be reached by the keyboard");
    }
}

#[tokio::test]
async fn with_the_keyboard_everything_can_be_reached_and_nothing_loses_the_focus() {
    let story = Story::begin().await;
    story.sign_in_at("/vpn").await;
    story.browser.tab_to("form[action='/on'] button").await;
    story.browser.key(ENTER).await;
    story.shows("starting").await;
    story.browser.tab_to(".looked a").await;
    story.pass(11).await;
    story.shows("ready").await;
    assert_eq!(story.browser.value("document.activeElement.matches('.looked a')").await, true);
    story.browser.tab_to(".guide summary").await;
    story.browser.key(ENTER).await;
    assert!(story.browser.sees(".guide details ol").await, "the other devices are one press away");
    story.browser.tab_to("form[action='/keep'] button[value='8']").await;
    story.browser.tab_to("#off summary").await;
    story.browser.key(ENTER).await;
    story.browser.tab_to("form[action='/off'] button").await;
    story.browser.key(ENTER).await;
    story.shows("turning-off").await;
    // Somebody else presses it, and it goes: the headline gets the focus, not the top of the page.
    story.browser.tab_to("form[action='/on'] button").await;
    story.browser.js("fetch('/on', {method: 'POST'});", json!([])).await;
    story.shows("turning-on-again").await;
    assert_eq!(story.browser.value("document.activeElement.nodeName").await, "H1");
    story.end().await;
}

#[tokio::test]
async fn nothing_moves_for_those_who_want_it_still() {
    let story = Story::with(&SELDOM).await;
    story.sign_in_at("/").await;
    let animation = "getComputedStyle(document.querySelector('.symbol')).animationName";
    assert_ne!(story.browser.value(animation).await, "none");
    story.browser.wish(Wish::Still(true)).await;
    // WebKitGTK tells it to pages that come.
    story.go("/vpn").await;
    story.browser.until(&format!("{animation} === 'none'")).await;
    story.end().await;
}

#[tokio::test]
async fn in_the_background_title_and_icon_tell_what_is_so() {
    let story = Story::begin().await;
    story.sign_in_at("/").await;
    story.shows("starting").await;
    let icon = "document.getElementById('icon').href";
    let (title, starting) = (story.browser.title().await, story.browser.value(icon).await);
    story.browser.hide().await;
    story.pass(11).await;
    story.browser.until(&format!("document.title !== {} && {icon} !== {starting}", json!(title))).await;
    assert_eq!(story.phase().await, "ready");
    story.end().await;
}

/// Here a minute of the page passes in a second, and it has looked once.
#[tokio::test]
async fn in_the_background_what_is_old_is_not_told_as_if_it_were_so() {
    let settings = [
        ("VPN_PAGE_INTERVAL", "10m"),
        ("VPN_PAGE_INTERVAL_HIDDEN", "10m"),
        ("VPN_PAGE_LIMIT", "2s"),
        ("VPN_PAGE_MINUTE", "1s"),
    ];
    let story = Story::with(&settings).await;
    story.turn_on().await;
    let icon = "document.getElementById('icon').href";
    let (title, ready) = (story.browser.title().await, story.browser.value(icon).await);
    let first = title.split(' ').next().expect("a word");
    story.browser.hide().await;
    story.browser.until(&format!("!document.title.includes({}) && {icon} !== {ready}", json!(first))).await;
    let minutes = "/\\d/.test(document.title)";
    assert_eq!(story.browser.value(minutes).await, true, "it says how long ago it looked");
    story.end().await;
}
