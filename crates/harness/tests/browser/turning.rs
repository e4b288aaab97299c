//! From the first opening to ready, and off again; and every button.

use aws::ec2::{Effect, Fault};
use harness::Vpn as _;

use crate::{
    checks::PHONE,
    story::{SELDOM, Story},
};

const KEPT: &str = "vpn-on-demand:keep-until";

#[tokio::test]
async fn the_first_opening_turns_it_on_and_the_page_follows_until_it_is_off_again() {
    let story = Story::begin().await;
    story.browser.size(PHONE.0, PHONE.1).await;
    story.sign_in_at("/").await;
    story.shows("starting").await;
    assert_eq!(story.billed(), 2);
    let starting = story.browser.title().await;
    story.pass(4).await;
    story.shows("starting").await;
    // Associated after five minutes; then the page's next question has the routes made, which takes AWS two minutes.
    story.pass(2).await;
    story.happen(0, 2, |entry| entry.data["action"] == "CreateClientVpnRoute").await;
    story.pass(3).await;
    story.shows("ready").await;
    assert_ne!(story.browser.title().await, starting, "the title says it too");

    // Nobody connects. It turns off by itself half an hour after it was ready, and nobody touched the page.
    story.pass(32).await;
    story.shows("turning-off").await;
    story.pass(5).await;
    story.shows("off").await;
    assert_eq!(story.billed(), 0);
    assert_eq!(story.browser.moved().await, serde_json::json!([]), "nothing moves under a finger");
    assert_eq!(story.browser.complaints().await, Vec::<String>::new());
    story.end().await;
}

/// A screen reader reads the status when it changes, whole and politely; what counts minutes is no part of it.
#[tokio::test]
async fn each_state_is_read_aloud_once() {
    let story = Story::begin().await;
    story.sign_in_at("/").await;
    story.shows("starting").await;
    let watch = "window.read = []; const status = document.querySelector('[role=status]'); \
        new MutationObserver(() => read.push(status.innerText)) \
          .observe(status, {subtree: true, childList: true, characterData: true, attributes: true});";
    story.browser.js(watch, serde_json::json!([])).await;
    let number = story.last_number();
    story.happen(number, 3, |entry| entry.data["path"] == "/progress").await;
    assert_eq!(story.browser.value("read").await, serde_json::json!([]), "the same is not read again");
    for (minutes, phase) in [(11, "ready"), (30, "turning-off"), (10, "off")] {
        story.pass(minutes).await;
        story.shows(phase).await;
    }
    let read = story.browser.value("read").await;
    let read: Vec<_> = read.as_array().expect("texts").iter().collect();
    assert_eq!(read.len(), 3, "{read:?}");
    assert_eq!(story.browser.value("document.querySelectorAll('[role=status]').length").await, 1);
    story.end().await;
}

#[tokio::test]
async fn what_failed_is_tried_again_by_its_button() {
    let story = Story::begin().await;
    let message = "Insufficient addresses in the subnet".to_owned();
    let failing = Fault::new("AssociateClientVpnTargetNetwork", Effect::Fails { message }).times(2);
    story.with_ec2(|ec2, _| ec2.add_fault(failing));
    story.sign_in_at("/").await;
    story.pass(11).await;
    story.shows("failed").await;
    story.browser.press("form[action='/on'] button").await;
    // What failed has to go first.
    story.shows("turning-on-again").await;
    story.pass(20).await;
    story.shows("ready").await;
    story.end().await;
}

#[tokio::test]
async fn it_is_turned_on_and_off_by_buttons() {
    let story = Story::begin().await;
    story.sign_in_at("/vpn").await;
    story.shows("off").await;
    assert_eq!(story.writes(0), Vec::<String>::new());
    story.browser.press("form[action='/on'] button").await;
    story.shows("starting").await;
    story.pass(11).await;
    story.shows("ready").await;

    story.turn_off().await;
    story.shows("turning-off").await;
    // And back on before it was off.
    story.browser.press("form[action='/on'] button").await;
    story.shows("turning-on-again").await;
    story.pass(20).await;
    story.shows("ready").await;
    assert_eq!(story.billed(), 2);
    story.end().await;
}

#[tokio::test]
async fn it_is_kept_on_for_as_long_as_the_button_says() {
    let story = Story::begin().await;
    story.turn_on().await;
    for hours in [1_i64, 4, 8] {
        let number = story.last_number();
        story.browser.press(&format!("form[action='/keep'] button[value='{hours}']")).await;
        story.happens(number, |entry| entry.data["path"] == "/keep").await;
        story.shows("ready").await;
        let now = story.world.clock.now();
        let until = story.with_ec2(|ec2, now| ec2.report(now)["Tags"][KEPT].as_str().map(str::to_owned)).expect("kept");
        let until: jiff::Timestamp = until.parse().expect("a time");
        let minutes = until.duration_since(now).as_mins();
        assert!((hours * 60 - 1..=hours * 60).contains(&minutes), "{minutes} min for {hours} h");
        // Longer than the idle time, and nobody uses it.
        story.pass(40).await;
        assert_eq!(story.billed(), 2);
        story.go("/vpn").await;
        story.shows("ready").await;
    }
    story.end().await;
}

#[tokio::test]
async fn it_is_not_turned_off_while_somebody_is_connected() {
    let story = Story::begin().await;
    story.turn_on().await;
    let client = story.connect("ipad-01").await;
    // What was seen just before is shared for two seconds, and this clock stands.
    story.pass_seconds(2).await;
    story.browser.until("!document.querySelector(\"form[action='/off']\")").await;
    assert!(local::clients::disconnect(&story.world, &client));
    story.pass_seconds(2).await;
    story.browser.until("document.querySelector(\"form[action='/off']\")").await;
    story.end().await;

    // A page that does not know it yet offers it, and is told.
    let (story, number) = refused().await;
    story.shows("ready").await;
    assert_eq!(story.writes(number), Vec::<String>::new());
    story.end().await;
}

/// Somebody connected, the page did not know it yet, offered to turn off, and was told; with the last call before.
async fn refused() -> (Story, u64) {
    let story = Story::with(&SELDOM).await;
    story.turn_on().await;
    let number = story.last_number();
    story.connect("ipad-01").await;
    story.turn_off().await;
    story.reports("in-use").await;
    (story, number)
}

#[tokio::test]
async fn reloading_what_was_refused_shows_and_does_not_ask_again() {
    let (story, number) = refused().await;
    story.browser.post("/refresh", serde_json::json!({})).await;
    assert!(story.browser.url().await.ends_with("/vpn"));
    story.shows("ready").await;
    assert_eq!(story.problem().await, "");
    assert_eq!(story.writes(number), Vec::<String>::new());
    story.end().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_leaves_the_vpn_alone() {
    let story = Story::begin().await;
    story.turn_on().await;
    let number = story.last_number();
    story.browser.press("a[href='/sign-out']").await;
    story.browser.until("location.pathname === '/signed-out'").await;
    story.go("/vpn").await;
    story.browser.until("location.pathname === '/local/sign-in'").await;
    assert_eq!(story.writes(number), Vec::<String>::new());
    assert_eq!(story.billed(), 2);
    story.end().await;
}
