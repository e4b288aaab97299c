//! Her profile, from the page onto the device: the button, the steps, and a download that only a link of the page leads to.

use harness::Vpn as _;
use serde_json::json;

use crate::{
    checks::TABLET,
    story::{PACE, PROFILES, Story},
    webdriver::{Browser, visible},
};

const LINK: &str = "a[href='/profile']";
const LARGEST: usize = 60_000;

async fn story() -> Story {
    let settings: Vec<_> = PACE.into_iter().chain([PROFILES]).collect();
    let browser = Browser::start().await;
    browser.be(browser.ipad(), "en").await;
    browser.size(TABLET.0, TABLET.1).await;
    let story = Story::of(browser, &settings).await;
    story.sign_in_at("/vpn").await;
    story
}

#[tokio::test]
async fn one_link_downloads_her_profile_and_leaves_the_page_as_it_was() {
    let story = story().await;
    let folder = std::env::temp_dir().join(format!("profiles-{:016x}", fastrand::u64(..)));
    std::fs::create_dir(&folder).expect("a directory");
    let downloads = json!({ "behavior": "allow", "downloadPath": folder });
    story.browser.cdp("Browser.setDownloadBehavior", downloads).await;
    let number = story.last_number();
    story.browser.press("details.setup summary").await;
    story.browser.until(&visible(LINK)).await;
    // An iPad that calls itself a Mac has both ways; the style shows one.
    let shown = "[...document.querySelectorAll('details.setup')].filter((it) => it.checkVisibility()).length";
    assert_eq!(story.browser.value(shown).await, json!(1));
    let bytes = story.browser.small_picture("set-up-on-an-ipad").await;
    assert!(bytes < LARGEST, "{bytes} bytes");
    story.browser.press(LINK).await;
    story.happen(number, 1, |entry| entry.kind == "employee" && entry.data["status"] == 303).await;
    let file = folder.join("ipad.ovpn");
    for _ in 0..200 {
        if file.exists() {
            break;
        }
        // Until the browser has written it: nothing of the page tells.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let profile = std::fs::read_to_string(&file).expect("the download");
    assert!(profile.starts_with("client\n"), "{profile}");
    std::fs::remove_dir_all(&folder).expect("removed");
    assert!(story.browser.url().await.ends_with("/vpn"));
    assert_eq!((story.writes(number), story.billed()), (Vec::new(), 0), "nothing is turned on");
    story.end().await;
}

#[tokio::test]
async fn nothing_but_a_link_of_the_page_leads_there() {
    let story = story().await;
    let number = story.last_number();
    let script = "const done = arguments[0]; fetch('/profile').then((answer) => done(answer.status));";
    assert_eq!(story.browser.js_async(script, json!([])).await, json!(403));
    // As from a bookmark, or from a mail.
    story.go("/profile").await;
    story.happen(number, 2, |entry| entry.kind == "employee" && entry.data["status"] == 403).await;
    story.end().await;
}
