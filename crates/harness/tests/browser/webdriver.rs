//! As much of `WebDriver` as the stories need, whatever engine is behind it. A crate for this would change
//! features of `time` and `syn`, and with them have the EC2 SDK built twice.

use std::time::Duration;

use ::http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::engine::{Engine, Wish};

/// How long anything may take until a test gives up.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
pub(crate) const LOOK: Duration = Duration::from_millis(20);
/// After so many looks without a change the page's own clock counts as stopped: ten seconds, longer than any request takes.
const STANDS: usize = 500;
/// What `WebDriver` calls a reference to an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with a fresh profile, and one tab at first.
pub(crate) struct Browser {
    pub(crate) engine: Engine,
}

impl Browser {
    pub(crate) async fn start() -> Self {
        Self { engine: Engine::start().await }
    }

    /// Ends the browser, which also removes its profile. `WebKit` has none, and its driver cannot close its only window.
    pub(crate) async fn end(self) {
        if !matches!(self.engine, Engine::WebKit(_)) {
            self.command(Method::DELETE, "", Value::Null).await;
        }
    }

    async fn try_command(&self, method: Method, path: &str, body: Value) -> Result<Value, String> {
        tokio::time::timeout(DEADLINE, self.engine.command(method, path, body))
            .await
            .unwrap_or_else(|_| Err("no answer".to_owned()))
    }

    async fn command(&self, method: Method, path: &str, body: Value) -> Value {
        self.try_command(method, path, body).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.command(Method::POST, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.command(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn go(&self, url: &str) {
        self.post("/url", json!({"url": url})).await;
    }

    pub(crate) async fn url(&self) -> String {
        text(self.get("/url").await)
    }

    pub(crate) async fn title(&self) -> String {
        text(self.get("/title").await)
    }

    /// Chromium's own protocol, for what no person could do with a mouse.
    pub(crate) async fn cdp(&self, method: &str, parameters: Value) -> Value {
        let Engine::Chromium(it) = &self.engine else { panic!("only Chromium knows {method}") };
        let said = tokio::time::timeout(DEADLINE, it.cdp(method, parameters)).await;
        said.unwrap_or_else(|_| Err("no answer".to_owned())).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Runs a function body in the page.
    pub(crate) async fn js(&self, script: &str, arguments: Value) -> Value {
        self.post("/execute/sync", json!({"script": script, "args": arguments})).await
    }

    /// The same for one that ends later, with its last argument called.
    pub(crate) async fn js_async(&self, script: &str, arguments: Value) -> Value {
        self.post("/execute/async", json!({"script": script, "args": arguments})).await
    }

    /// The value of an expression.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        self.js(&format!("return {expression};"), json!([])).await
    }

    /// Waits until an expression is true of the page. A page that just leaves has no answer, and is asked again.
    pub(crate) async fn until(&self, expression: &str) {
        let script = json!({"script": format!("return Boolean({expression});"), "args": []});
        let mut last = Err(String::new());
        let there = tokio::time::timeout(DEADLINE, async {
            loop {
                last = self.try_command(Method::POST, "/execute/sync", script.clone()).await;
                if last == Ok(Value::Bool(true)) {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        if there.await.is_err() {
            let (url, text) = (self.url().await, self.value("document.documentElement?.innerText").await);
            panic!("never came: {expression} ({last:?})\nat {url}:\n{}", text.as_str().unwrap_or_default());
        }
    }

    /// Presses the first visible element that a selector finds, as a person does: it must not be covered.
    pub(crate) async fn press(&self, selector: &str) {
        self.until(&visible(selector)).await;
        let pressed = tokio::time::timeout(DEADLINE, async {
            // A page that looks again while somebody aims puts another button in the same place.
            while self.try_to_press(selector).await.is_err_and(|error| {
                assert!(error.contains("stale element"), "{selector}: {error}");
                true
            }) {}
        });
        assert!(pressed.await.is_ok(), "{selector} does not stand still");
    }

    async fn try_to_press(&self, selector: &str) -> Result<(), String> {
        let selector = json!({"using": "css selector", "value": selector});
        let found = self.try_command(Method::POST, "/elements", selector).await?;
        for found in found.as_array().expect("elements") {
            let element = format!("/element/{}", found[ELEMENT].as_str().expect("an element"));
            if self.try_command(Method::GET, &format!("{element}/displayed"), Value::Null).await? == true {
                let script = "arguments[0].scrollIntoView({block: 'center'});";
                self.try_command(Method::POST, "/execute/sync", json!({"script": script, "args": [found]})).await?;
                return self.try_command(Method::POST, &format!("{element}/click"), json!({})).await.map(drop);
            }
        }
        Err(format!("nothing to press at {}", self.url().await))
    }

    /// Whether an element that a selector finds can be seen.
    pub(crate) async fn sees(&self, selector: &str) -> bool {
        self.value(&visible(selector)).await == true
    }

    pub(crate) async fn wish(&self, wish: Wish<'_>) {
        let granted = tokio::time::timeout(DEADLINE, self.engine.be(wish)).await;
        granted.unwrap_or_else(|_| Err("no answer".to_owned())).unwrap_or_else(|error| panic!("{wish:?}: {error}"));
    }

    /// Is a touch device whose owner reads a language.
    pub(crate) async fn be(&self, agent: &str, languages: &str) {
        self.wish(Wish::Device { agent, languages }).await;
    }

    pub(crate) async fn color_scheme(&self, scheme: &str) {
        self.wish(Wish::Dark(scheme == "dark")).await;
        self.until(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches")).await;
    }

    pub(crate) async fn size(&self, width: u32, height: u32) {
        self.wish(Wish::Size(width, height)).await;
        // Chromium's window is as wide as what does not fit in, and so wide at once.
        if !self.engine.is_chromium() {
            self.until(&format!("innerWidth === {width} && innerHeight === {height}")).await;
        }
    }

    /// The network is gone, or there again.
    pub(crate) async fn be_offline(&self, offline: bool) {
        self.wish(Wish::Offline(offline)).await;
    }

    /// Another app is in front of the browser.
    pub(crate) async fn hide(&self) {
        self.wish(Wish::Hidden(true)).await;
        self.until("document.hidden").await;
    }

    /// The browser is in front again.
    pub(crate) async fn come_back(&self) {
        self.wish(Wish::Hidden(false)).await;
        self.until("!document.hidden").await;
    }

    /// Lets the page's own clock run ahead, timers and all; it stands while a request is under way, and for good
    /// afterwards. It does not run in a window that is hidden.
    pub(crate) async fn pass_the_pages_time(&self, time: SignedDuration) {
        let now = || async { self.value("Date.now()").await.as_f64().expect("a number") };
        let run = async |budget: f64| {
            let policy = json!({"policy": "pauseIfNetworkFetchesPending", "budget": budget});
            self.cdp("Emulation.setVirtualTimePolicy", policy).await;
        };
        let begin = now().await;
        let end = begin + time.as_millis_f64();
        run(end - begin).await;
        let passed = tokio::time::timeout(DEADLINE * 3, async {
            let (mut at, mut looks) = (begin, 0);
            loop {
                let is = now().await;
                if is >= end {
                    return;
                }
                // Chromium stops it now and then for no reason that can be seen: go on with what is left.
                looks = if is > at { 0 } else { looks + 1 };
                if looks > STANDS {
                    looks = 0;
                    run(end - is).await;
                }
                at = is;
                tokio::time::sleep(LOOK).await;
            }
        });
        assert!(passed.await.is_ok(), "the page's time does not pass");
    }

    /// The tab that is in front.
    pub(crate) async fn tab(&self) -> String {
        text(self.get("/window").await)
    }

    /// Opens another tab and goes on there; the first is hidden then.
    pub(crate) async fn open_tab(&self) -> String {
        let tab = text(self.post("/window/new", json!({"type": "tab"})).await["handle"].clone());
        self.switch_to(&tab).await;
        tab
    }

    pub(crate) async fn switch_to(&self, tab: &str) {
        self.post("/window", json!({"handle": tab})).await;
    }

    /// What the page complained about, since the last time. Only Chromium tells.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        if !self.engine.is_chromium() {
            return Vec::new();
        }
        let lines = self.post("/se/log", json!({"type": "browser"})).await;
        let lines = lines.as_array().expect("lines").iter();
        lines.map(|line| format!("{}: {}", line["level"], line["message"])).collect()
    }
}

/// An expression: whether an element that a selector finds can be seen.
pub(crate) fn visible(selector: &str) -> String {
    format!("[...document.querySelectorAll({})].some((element) => element.checkVisibility())", json!(selector))
}

fn text(value: Value) -> String {
    value.as_str().expect("text").to_owned()
}
