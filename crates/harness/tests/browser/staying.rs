//! What becomes of a page that stays open, is left, hidden, restored, or loses its network or session.

use std::time::Duration;

use aws::ec2::{AwsError, Fault};
use harness::Vpn as _;
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    engine::Wish,
    story::{AS_ON_AWS, ENDED, LOST, PHASE, SELDOM, Story, sessions_last},
};

const NONE: [&str; 0] = [];

#[tokio::test]
async fn without_javascript_everything_can_be_done() {
    let story = Story::begin().await;
    story.browser.wish(Wish::Scripts(false)).await;
    story.sign_in_at("/vpn").await;
    story.shows("off").await;
    story.browser.press("form[action='/on'] button").await;
    story.shows("starting").await;
    story.pass(11).await;
    story.shows("starting").await;
    story.browser.press(".looked > a").await;
    story.shows("ready").await;
    story.browser.press("form[action='/keep'] button[value='1']").await;
    story.shows("ready").await;
    story.turn_off().await;
    story.shows("turning-off").await;
    assert!(story.browser.url().await.contains("/vpn?seen="), "reloading would not turn it off again");
    story.end().await;
}

#[tokio::test]
async fn without_a_network_it_says_so_and_goes_on_when_it_is_back() {
    let story = Story::begin().await;
    story.sign_in_at("/").await;
    story.shows("starting").await;
    story.browser.be_offline(true).await;
    story.browser.until(LOST).await;
    story.pass(11).await;
    story.shows("starting").await;
    story.browser.be_offline(false).await;
    story.shows("ready").await;
    story.browser.until(&format!("!{LOST}")).await;
    story.end().await;
}

/// It shows nothing older than it showed, says how old that is, and what it shows stays true when a person loads it again.
#[tokio::test]
async fn where_aws_has_no_time_it_says_how_old_what_it_shows_is() {
    let story = Story::with(&SELDOM).await;
    story.turn_on().await;
    story.pass_seconds(2).await;
    story.go("/vpn").await;
    story.shows("ready").await;
    let busy = AwsError::with_status("RequestLimitExceeded", "as ordered", 503);
    story.with_ec2(|ec2, _| ec2.add_fault(Fault::error("*", busy)));
    story.pass(3).await;
    let number = story.last_number();
    story.browser.js("dispatchEvent(new Event('online'));", json!([])).await;
    story.happen(number, 1, |entry| entry.kind == "employee").await;
    story.browser.until("document.getElementById('looked').textContent.includes('3 min')").await;
    story.browser.press(".looked > a").await;
    story.browser.until("document.getElementById('looked').textContent.includes('3 min')").await;
    story.shows("ready").await;
    assert_eq!(story.problem().await, "");
    // Another environment has seen nothing, or less: the page that is open keeps what it shows.
    story.world.functions.recycle(story.world.clock.now() + SignedDuration::from_hours(3));
    let number = story.last_number();
    story.browser.js("dispatchEvent(new Event('online'));", json!([])).await;
    story.happen(number, 1, |entry| entry.kind == "employee").await;
    story.shows("ready").await;
    story.browser.until("document.getElementById('looked').textContent.includes('3 min')").await;
    story.end().await;
}

#[tokio::test]
async fn going_back_shows_how_it_is_now_and_turns_nothing_on() {
    let story = Story::with(&SELDOM).await;
    story.turn_on().await;
    story.go("/signed-out").await;
    story.pass(60).await;
    let number = story.last_number();
    story.browser.post("/back", json!({})).await;
    story.shows("off").await;
    story.browser.post("/forward", json!({})).await;
    story.browser.post("/back", json!({})).await;
    story.shows("off").await;
    assert_eq!(story.writes(number), NONE);
    story.end().await;
}

/// Chromium keeps no page that is `no-store` and has asked by script; `WebKit` does. The event is the same.
#[tokio::test]
async fn a_page_from_the_back_forward_cache_looks_at_once() {
    let story = Story::with(&SELDOM).await;
    story.turn_on().await;
    story.pass(60).await;
    let number = story.last_number();
    story.shows("ready").await;
    let event = "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));";
    story.browser.js(event, json!([])).await;
    story.shows("off").await;
    assert_eq!(story.writes(number), NONE);
    story.end().await;
}

#[tokio::test]
async fn two_tabs_show_the_same_and_turn_it_on_once() {
    let story = Story::begin().await;
    story.sign_in_at("/").await;
    let first = story.browser.tab().await;
    let second = story.browser.open_tab().await;
    story.go("/").await;
    let associated = |name: &&String| *name == "AssociateClientVpnTargetNetwork";
    assert_eq!(story.writes(0).iter().filter(associated).count(), 2);
    story.pass(11).await;
    for tab in [&first, &second] {
        story.browser.switch_to(tab).await;
        story.shows("ready").await;
    }
    story.turn_off().await;
    story.browser.switch_to(&first).await;
    story.shows("turning-off").await;
    story.end().await;
}

#[tokio::test]
async fn a_session_that_ends_while_waiting_is_said_and_a_link_signs_in_again() {
    let story = Story::begin().await;
    sessions_last(&story.world, Duration::from_secs(120));
    story.sign_in_at("/").await;
    story.shows("starting").await;
    story.pass(1).await;
    assert_ne!(story.browser.value(ENDED).await, true);
    story.pass(2).await;
    story.browser.until(ENDED).await;
    let number = story.last_number();
    // It asks no more: whoever comes back to it later makes it ask once.
    story.browser.hide().await;
    story.browser.come_back().await;
    story.happens(number, |entry| entry.data["status"] == 302).await;
    story.browser.press("a.button[href='/vpn']").await;
    story.sign_in().await;
    story.shows("starting").await;
    story.pass(10).await;
    story.browser.until(ENDED).await;
    assert_eq!(story.billed(), 2, "the schedule has finished what the page no longer could");
    story.end().await;
}

/// A tablet stops the timers of a page that nobody sees; here the next would come in an hour.
#[tokio::test]
async fn hidden_for_two_hours_it_says_off_within_a_second_and_has_not_turned_it_on() {
    let story = Story::with(&[("VPN_PAGE_INTERVAL", "15s"), ("VPN_PAGE_INTERVAL_HIDDEN", "1h")]).await;
    story.turn_on().await;
    // In real time and by the page's own clock, from the moment it is in front again.
    let watch = format!(
        "window.took = null; let began; \
         document.addEventListener('visibilitychange', () => (began = performance.now()), true); \
         new MutationObserver(() => {{ if (began && {PHASE} === 'off') window.took ??= performance.now() - began; }}) \
           .observe(document, {{subtree: true, childList: true, attributes: true}});"
    );
    story.browser.hide().await;
    story.browser.js(&watch, json!([])).await;
    story.pass(120).await;
    let number = story.last_number();
    story.browser.come_back().await;
    story.browser.until("window.took !== null").await;
    let took = story.browser.value("window.took").await.as_f64().expect("milliseconds");
    assert!(took < 1000.0, "{took} ms");
    assert_eq!(story.writes(number), NONE);
    assert_eq!(story.billed(), 0);
    story.end().await;
}

/// A browser that restores its tabs loads the address that was last shown.
#[tokio::test]
async fn the_restored_address_only_shows() {
    let story = Story::with(&SELDOM).await;
    story.turn_on().await;
    let mut addresses = vec![story.browser.url().await];
    story.browser.press("form[action='/keep'] button[value='1']").await;
    addresses.push(story.browser.url().await);
    story.turn_off().await;
    story.shows("turning-off").await;
    addresses.push(story.browser.url().await);
    story.pass(60).await;
    let number = story.last_number();
    for address in addresses {
        story.browser.open_tab().await;
        story.browser.go(&address).await;
        story.browser.until("['/vpn', '/local/sign-in'].includes(location.pathname)").await;
        if story.browser.url().await.contains("/local/sign-in") {
            story.sign_in().await;
        }
        story.shows("off").await;
    }
    assert_eq!(story.writes(number), NONE);
    story.end().await;
}

/// The world's clock stands while the page's runs, so nothing changes, and no bucket of EC2's fills again.
async fn asked(story: &Story, minutes: i64) -> usize {
    story.with_ec2(|ec2, _| ec2.settings.limits.throttle = false);
    let number = story.last_number();
    story.browser.pass_the_pages_time(SignedDuration::from_mins(minutes)).await;
    story.invocations(number).len()
}

/// Every 15 s with jitter, for half an hour; then nothing until the schedule has surely come after the end of the
/// countdown that it shows, here 30 minutes.
#[tokio::test]
async fn it_stops_asking_after_half_an_hour() {
    let story = Story::with(&AS_ON_AWS).await;
    story.sign_in_at("/").await;
    story.shows("starting").await;
    let count = asked(&story, 30).await;
    assert!((100..=142).contains(&count), "{count} times");
    assert_eq!(asked(&story, 34).await, 0);
    assert_eq!(asked(&story, 4).await, 1);
    assert_eq!(asked(&story, 30).await, 0);
    story.end().await;
}

/// For two minutes beyond ready; then once more, in the same way.
#[tokio::test]
async fn it_stops_asking_when_it_is_ready() {
    let story = Story::with(&AS_ON_AWS).await;
    story.turn_on().await;
    let count = asked(&story, 3).await;
    assert!((6..=10).contains(&count), "{count} times");
    assert_eq!(asked(&story, 31).await, 0);
    assert_eq!(asked(&story, 5).await, 1);
    assert_eq!(asked(&story, 18).await, 0);
    story.end().await;
}

#[tokio::test]
async fn hidden_it_asks_once_a_minute() {
    let story = Story::with(&AS_ON_AWS).await;
    story.sign_in_at("/").await;
    story.shows("starting").await;
    // Said to be hidden only: in a window that is, the page's clock could not run ahead.
    let hidden = "Object.defineProperty(document, 'hidden', {value: true}); \
                  document.dispatchEvent(new Event('visibilitychange'));";
    story.browser.js(hidden, json!([])).await;
    let count = asked(&story, 10).await;
    assert!((8..=12).contains(&count), "{count} times");
    story.end().await;
}
