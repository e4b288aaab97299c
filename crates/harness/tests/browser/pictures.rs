//! The pictures of the README. Every other state is pictured where it is checked.

use crate::{
    checks::{IPAD, PHONE, TABLET},
    states::PageCase,
    story::Story,
    webdriver::Browser,
};
use harness::Vpn as _;

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/26.0 Mobile/15E148 Safari/604.1";
/// They are kept in the repository.
const LARGEST: usize = 60_000;

#[tokio::test]
async fn pictures_for_the_readme() {
    let mut browser = Browser::start().await;
    for (name, state, agent, language, size, scheme) in [
        ("ready-on-an-ipad", PageCase::Ready, IPAD, "en", TABLET, "light"),
        ("starting-on-an-iphone", PageCase::Starting, IPHONE, "en", PHONE, "light"),
        ("ready-in-chinese", PageCase::Ready, IPHONE, "zh-CN", PHONE, "light"),
        ("off-in-the-dark", PageCase::Off, IPHONE, "ja", PHONE, "dark"),
    ] {
        browser.be(agent, language).await;
        browser.size(size.0, size.1).await;
        browser.color_scheme(scheme).await;
        let story = state.story(browser).await;
        let bytes = story.browser.small_picture(name).await;
        assert!(bytes < LARGEST, "{name}: {bytes} bytes");
        browser = story.leave();
    }
    browser.end().await;
}

/// A day at the panel: somebody opened the page, worked for an hour, and has left.
#[tokio::test]
async fn a_picture_of_the_control_panel() {
    let story = Story::begin().await;
    story.browser.color_scheme("light").await;
    story.pass(12 * 60).await;
    story.turn_on().await;
    let client = story.connect("ipad-01").await;
    story.pass(25).await;
    assert!(local::clients::disconnect(&story.world, &client));
    story.pass(20).await;
    story.browser.size(1280, 900).await;
    story.browser.go(&story.running.urls.panel).await;
    story.browser.until("document.querySelector('#off .column') && document.querySelector('#lanes .dot')").await;
    let bytes = story.browser.small_picture("control-panel").await;
    assert!(bytes < LARGEST, "{bytes} bytes");
    story.end().await;
}
