//! Which language the page speaks. That it says everything in each of them is checked state by state.

use crate::{
    checks::IPAD,
    story::Story,
    webdriver::{Browser, DEADLINE},
};
use harness::Vpn as _;

async fn language(browser: &Browser) -> String {
    browser.value("document.documentElement.lang").await.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn it_speaks_what_the_browser_prefers() {
    let story = Story::begin().await;
    story.sign_in_at("/vpn").await;
    for (prefers, speaks) in
        [("ja-JP,ja,en", "ja"), ("ko", "ko"), ("zh-CN,zh", "zh-CN"), ("fr-FR,ko,en", "ko"), ("fr-FR", "en")]
    {
        story.browser.be(IPAD, prefers).await;
        // WebKit's own processes hear of it one after the other.
        let spoken = tokio::time::timeout(DEADLINE, async {
            loop {
                story.go("/vpn").await;
                if language(&story.browser).await == speaks {
                    return;
                }
            }
        });
        assert!(spoken.await.is_ok(), "{prefers}: {}", language(&story.browser).await);
    }
    story.end().await;
}

#[tokio::test]
async fn a_language_that_was_chosen_stays() {
    let story = Story::begin().await;
    story.browser.be(IPAD, "en").await;
    story.sign_in_at("/vpn").await;
    for chosen in ["ja", "zh-CN", "ko"] {
        story.browser.press(&format!("nav a[lang='{chosen}']")).await;
        story.browser.until(&format!("document.documentElement.lang === '{chosen}'")).await;
    }
    let off = story.browser.title().await;
    story.browser.press("form[action='/on'] button").await;
    story.shows("starting").await;
    assert_eq!(language(&story.browser).await, "ko");
    // What its script puts there speaks it too.
    let korean = "/[가-힣]/.test(document.querySelector('h1').textContent) && /[가-힣]/.test(document.title)";
    story.browser.until(korean).await;
    story.pass(11).await;
    story.shows("ready").await;
    story.browser.until(korean).await;
    assert_ne!(story.browser.title().await, off);
    story.browser.open_tab().await;
    story.go("/vpn").await;
    assert_eq!(language(&story.browser).await, "ko");
    story.end().await;
}
