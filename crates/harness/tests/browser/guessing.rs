//! Browsers load pages that nobody has asked for yet. None of that turns the VPN on.

use harness::Vpn as _;
use serde_json::json;

use crate::story::Story;

/// What a browser loads on its own account, each with a query of its own to be told by.
const LOADS: &str = r#"
const add = (parent, tag, properties) => parent.append(Object.assign(document.createElement(tag), properties));
const rules = { prerender: [{ source: "list", urls: ["/"] }], prefetch: [{ source: "list", urls: ["/?prefetch", "/vpn"] }] };
add(document.head, "script", { type: "speculationrules", textContent: JSON.stringify(rules) });
add(document.head, "link", { rel: "prefetch", href: "/?link" });
add(document.body, "iframe", { src: "/?frame" });
add(document.body, "img", { src: "/?image" });
fetch("/?script");
"#;
/// Chromium loads ahead, which the others do not: theirs are the frame, the image and the script's.
const HOW_MANY: usize = 7;
const ASKED_FOR: usize = 3;

#[tokio::test]
async fn prefetching_prerendering_and_embedding_turn_nothing_on() {
    let story = Story::begin().await;
    story.sign_in_at("/vpn").await;
    // A page without a content policy, of the same site.
    story.go("/signed-out").await;
    let number = story.last_number();
    story.browser.js(LOADS, json!([])).await;
    let how_many = if story.browser.engine.is_chromium() { HOW_MANY } else { ASKED_FOR };
    story.happen(number, how_many, |entry| entry.kind == "employee" && entry.data["status"] == 403).await;
    assert_eq!(story.writes(number), Vec::<String>::new());
    assert_eq!(story.billed(), 0);

    // Going there for real is something else.
    story.go("/").await;
    story.shows("starting").await;
    assert_eq!(story.billed(), 2);
    story.end().await;
}

#[tokio::test]
async fn an_icon_or_another_path_never_reaches_the_function() {
    let story = Story::begin().await;
    story.sign_in_at("/vpn").await;
    let number = story.last_number();
    let script = "const done = arguments[1]; Promise.all(arguments[0].map((path) => fetch(path))).then((all) => \
                  done(all.map((one) => one.status)));";
    let paths = json!(["/favicon.ico", "/apple-touch-icon.png", "/robots.txt", "/.well-known/security.txt"]);
    assert_eq!(story.browser.js_async(script, json!([paths])).await, json!([404, 404, 404, 404]));
    assert_eq!(story.invocations(number).len(), 0);
    story.end().await;
}
