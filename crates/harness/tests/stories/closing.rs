//! Turned off by hand, and closed.

use http::StatusCode;
use serde_json::json;

use harness::Vpn as _;

use crate::story::{DISASSOCIATE, Functions, IDLE, SCHEDULE, Story, phase_of};

stories!(off_stays_off, off_waits_for_the_connected, force_stays_off, closed_stays_closed);

async fn off_stays_off(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    assert_eq!(story.press("/off", "").await.status(), StatusCode::SEE_OTHER);
    assert!(story.goes_off());
    story.sign_in_again().await;
    for _ in 0..IDLE + SCHEDULE {
        // Another page still waits.
        let phase = story.progress().await["phase"].clone();
        assert!(phase == "turning-off" || phase == "off", "{phase}");
        story.pass(1).await;
    }
    assert!(story.is_off());
    assert_eq!(story.tags(), json!({}));
}

async fn off_waits_for_the_connected(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    let client = story.connect("ipad-1").await;
    let started = story.last_number();
    let answer = story.press("/off", "").await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert_eq!(story.changes(started), Vec::<String>::new());
    story.disconnect(&client);
    assert_eq!(story.press("/off", "").await.status(), StatusCode::SEE_OTHER);
    story.pass_until("it is off", DISASSOCIATE + 1, Story::is_off).await;
}

async fn force_stays_off(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    story.connect("ipad-1").await;
    let answer = story.order(json!({ "force": true })).await;
    assert_eq!(answer["Results"].as_array().map(Vec::len), Some(2), "{answer}");
    for _ in 0..IDLE + SCHEDULE {
        story.progress().await;
        story.pass(1).await;
    }
    assert!(story.is_off());
    // A fresh request is another matter.
    story.turned_on().await;
}

async fn closed_stays_closed(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    story.order(json!({ "force": true, "closed_for": "2h" })).await;
    story.pass_until("it is off", DISASSOCIATE + 1, Story::is_off).await;
    for _ in 0..11 {
        let page = story.open().await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(phase_of(page.body()), "closed");
        story.pass(10).await;
        assert!(story.is_off());
    }
    story.pass(SCHEDULE + 1).await;
    story.turned_on().await;
}
