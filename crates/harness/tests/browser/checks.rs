//! Every state in every language: words of its own, and nothing that axe-core, the W3C's checker, a small screen, a slow
//! line or a thumb would mind.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Stdio};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use harness::Vpn as _;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{engine::Engine, states::PageCase, story::Story, webdriver::Browser};

/// Width and height: the smallest phone, a phone, a tablet upright and across, a desktop.
pub(crate) const SIZES: [(u32, u32); 5] = [(320, 568), PHONE, TABLET, (1180, 820), (1920, 1080)];
pub(crate) const PHONE: (u32, u32) = (390, 844);
pub(crate) const TABLET: (u32, u32) = (820, 1180);
/// WCAG's and Apple's size of what is touched, in CSS pixels.
pub(crate) const TARGET: u32 = 44;
/// Of the page over the wire, with its headers, in bytes.
pub(crate) const HEAVIEST: u64 = 9_000;

/// iPadOS calls itself a Mac; what tells them apart is the touch screen.
pub(crate) const IPAD: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                    Version/26.0 Safari/605.1.15";

/// As it calls itself where it asks for pages made for phones.
const IPAD_BY_NAME: &str = "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                            Version/26.0 Mobile/15E148 Safari/604.1";

const AXE: &str = "const done = arguments[arguments.length - 1]; \
    axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations.map((one) => \
    `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html + ' ' + node.any.map((any) => any.message)).join(' | ')}`)));";

/// What reaches beyond the right edge, and what is too small to touch.
const MISFITS: &str = "const [least, width] = arguments, found = []; \
    if (document.documentElement.scrollWidth > width) found.push(`scrolls to ${document.documentElement.scrollWidth}`); \
    for (const one of document.querySelectorAll('a, button, summary, input, select, textarea')) { \
      const box = one.getBoundingClientRect(); \
      if (one.checkVisibility() && (box.width < least || box.height < least)) \
        found.push(`${one.outerHTML.slice(0, 80)} is ${box.width} x ${box.height}`); \
      if (one.checkVisibility() && box.right > width + 1) found.push(`${one.outerHTML.slice(0, 80)} is cut off`); \
    } \
    for (const one of document.querySelectorAll('body *')) { \
      if (one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX)) \
        found.push(`${one.outerHTML.slice(0, 80)} scrolls sideways`); \
    } return found;";

/// Where the parts of the page stand, seen from its first card: what answers a press stands above that.
const PLACES: &str = "const top = document.querySelector('main > .card').getBoundingClientRect().top; \
    return ['.zone', '.caption', '#facts', '.looked', '.guide', '#more', 'footer'].map((part) => \
    document.querySelector(part)).map((one) => one && Math.round(one.getBoundingClientRect().top - top));";

/// What has moved since the page was loaded, as browsers measure it, also right after a press. What follows a number that
/// counts goes along with it in its line: that is none. Where nothing is drawn for two seconds there is no frame to wait for.
const MOVED: &str = "const done = arguments[0], moved = []; \
    const counted = ({node, previousRect, currentRect}) => (node?.nodeType ?? 3) === 3 && previousRect.top === currentRect.top; \
    new PerformanceObserver((list) => { \
      for (const {value, sources} of list.getEntries()) for (const from of sources) if (!counted(from)) \
        moved.push([value, (from.node?.outerHTML ?? from.node?.data ?? '').slice(0, 60), from.previousRect, from.currentRect]); \
    }).observe({type: 'layout-shift', buffered: true}); \
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(moved)))); \
    setTimeout(() => done(moved), 2000);";

/// What would move while the page arrives: a browser may draw it where any element ends. Takes the page apart from its end; where a
/// line may break arrives with the words around it.
const ARRIVING: &str = "const whole = document.body.innerHTML, top = (one) => one.getBoundingClientRect().top; \
    const there = [...document.querySelectorAll('body :is(h1, h2, p, a, button, summary, svg, dt, dd, li)')]; \
    const found = [], places = new Map(there.map((one) => [one, top(one)])); \
    for (const last of [...document.querySelectorAll('body :not(wbr)')].reverse()) { \
      last.remove(); \
      for (const [one, before] of places) if (one.isConnected && (one.textContent || one.matches('svg')) \
          && Math.abs(top(one) - before) > .5) { \
        found.push(`${one.outerHTML.slice(0, 80)} stands at ${before}, and at ${top(one)} before ${last.outerHTML.slice(0, 80)}`); \
        places.delete(one); \
      } \
    } document.body.innerHTML = whole; return found;";

/// What the page says is so, in words, and the reference that it names.
const SAID: &str = "const text = (selector) => [...document.querySelectorAll(selector)].map((one) => one.innerText).join(' '); \
    return [text('.notice, [role=status]'), text('.reference')];";

/// The page's own weight.
const WEIGHT: &str = "return performance.getEntriesByType('navigation')[0].transferSize;";

pub(crate) fn tools() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser/tools")
}

fn tool(path: &str) -> PathBuf {
    let path = tools().join("node_modules").join(path);
    assert!(path.exists(), "{} is not there: .ci/browser installs it", path.display());
    path
}

pub(crate) fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&path).expect("a directory");
    path
}

impl Browser {
    /// What axe-core minds about the page as it stands there.
    async fn axe(&self) -> Value {
        let source = fs::read_to_string(tool("axe-core/axe.min.js")).expect("axe-core");
        self.js(&format!("if (!window.axe) {{ {source} }}"), json!([])).await;
        self.js_async(AXE, json!([])).await
    }

    /// What axe minds in a colour scheme.
    pub(crate) async fn minded_in(&self, scheme: &str, name: &str) -> Option<String> {
        self.color_scheme(scheme).await;
        let found = self.axe().await;
        (found != json!([])).then(|| format!("{name}, {scheme}: axe: {found}"))
    }

    /// What does not fit a size, or a finger.
    pub(crate) async fn minded_at(&self, target: u32, (width, height): (u32, u32), name: &str) -> Option<String> {
        self.size(width, height).await;
        let found = self.misfits(target, width).await;
        (found != json!([])).then(|| format!("{name}, {width} px: {found}"))
    }

    /// What scrolls sideways or is too small for a thumb, in this size.
    async fn misfits(&self, target: u32, width: u32) -> Value {
        // A phone's browser makes its window as wide as what does not fit: `innerWidth` tells nothing.
        self.js(MISFITS, json!([target, width])).await
    }

    /// The page as it stands there, and as it comes before any script, unless there is none in this state.
    pub(crate) async fn sources(&self) -> Vec<String> {
        let script = "const done = arguments[0], own = '<!doctype html>' + document.documentElement.outerHTML; \
                      fetch('/vpn', {redirect: 'manual'}).then((answer) => answer.text()).catch(() => '').then((text) => \
                      done([own, text].filter(Boolean)));";
        let sources = self.js_async(script, json!([])).await;
        sources.as_array().expect("texts").iter().map(|text| text.as_str().expect("text").to_owned()).collect()
    }

    /// What has moved on the page since it was loaded. Only Chromium tells.
    pub(crate) async fn moved(&self) -> Value {
        if self.engine.is_chromium() { self.js_async(MOVED, json!([])).await } else { json!([]) }
    }

    /// A picture of the whole page, in the size that it has. `.ci/browser` says where they are.
    pub(crate) async fn picture(&self, name: &str) {
        let name = format!("{name}.png");
        match &self.engine {
            Engine::Chromium(_) => {
                let size = self.cdp("Page.getLayoutMetrics", json!({})).await["cssContentSize"].take();
                let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
                let whole = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
                self.picture_as(&name, whole).await;
            }
            Engine::WebKit(window) => window.picture(&self.pictures().join(name)).await,
            Engine::Firefox(_) => {
                self.keep_picture(&name, &self.get("/screenshot").await);
            }
        }
    }

    /// One of what is seen at first, in a form that is small enough to be kept in the repository; gives its size.
    pub(crate) async fn small_picture(&self, name: &str) -> usize {
        self.cdp("Emulation.setScrollbarsHidden", json!({"hidden": true})).await;
        self.picture_as(&format!("{name}.webp"), json!({"format": "webp", "quality": 55})).await
    }

    async fn picture_as(&self, file: &str, format: Value) -> usize {
        self.keep_picture(file, &self.cdp("Page.captureScreenshot", format).await["data"])
    }

    fn keep_picture(&self, file: &str, data: &Value) -> usize {
        let data = STANDARD.decode(data.as_str().expect("data")).expect("base64");
        fs::write(self.pictures().join(file), &data).expect("written");
        data.len()
    }

    fn pictures(&self) -> PathBuf {
        directory(&format!("screenshots/{}", self.engine.name()))
    }

    /// Its own name for an iPad: what is never touched has to say the word, or it is a Mac.
    pub(crate) fn ipad(&self) -> &'static str {
        if matches!(self.engine, Engine::WebKit(_)) { IPAD_BY_NAME } else { IPAD }
    }
}

/// All states in one language.
pub(crate) async fn every_state(language: &str) {
    let pages = directory(&format!("pages-{language}"));
    let mut browser = Browser::start().await;
    browser.be(browser.ipad(), language).await;
    let (mut minded, mut said, mut places) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for state in PageCase::ALL {
        browser.size(PHONE.0, PHONE.1).await;
        let story = state.story(browser).await;
        let name = state.name();
        let shown = &story.browser;
        let moved = shown.moved().await;
        if moved != json!([]) {
            minded.push(format!("{name}: moved: {moved}"));
        }
        let bytes = shown.js(WEIGHT, json!([])).await;
        assert!((1_000..HEAVIEST).contains(&bytes.as_u64().expect("a number")), "{name}: {bytes} bytes");
        let words = words(&story, state).await;
        if let Some(other) = said.insert(words.clone(), name.clone()).filter(|_| state.has_its_own_words()) {
            minded.push(format!("{name} says the same as {other}: {words}"));
        }
        let spoken = shown.value("document.documentElement.lang").await;
        assert_eq!(spoken, language, "{name}");
        for (number, source) in shown.sources().await.iter().enumerate() {
            fs::write(pages.join(format!("{name}-{number}.html")), source).expect("written");
        }
        for scheme in ["dark", "light"] {
            minded.extend(shown.minded_in(scheme, &name).await);
            shown.size(PHONE.0, PHONE.1).await;
            shown.picture(&format!("{language}-{name}-phone-{scheme}")).await;
        }
        for (width, height) in SIZES {
            minded.extend(shown.minded_at(TARGET, (width, height), &name).await);
            let now = shown.js(PLACES, json!([])).await;
            let (before, first) = places.entry(width).or_insert_with(|| (now.clone(), name.clone()));
            // A page that only says what is wrong for good has nothing but its first card.
            if !now[2].is_null() && now != *before {
                minded.push(format!("{name}, {width} px: things stand at {now}, and at {before} when {first}"));
            }
        }
        shown.size(TABLET.0, TABLET.1).await;
        shown.picture(&format!("{language}-{name}-tablet")).await;
        for (width, height) in SIZES {
            shown.size(width, height).await;
            let found = shown.js(ARRIVING, json!([])).await;
            if found != json!([]) {
                minded.push(format!("{name}, {width} px: while it arrives: {found}"));
            }
        }
        shown.be_offline(false).await;
        browser = story.leave();
    }
    browser.end().await;
    minded.extend(w3c(&pages).await);
    assert!(minded.is_empty(), "{}", minded.join("\n"));
}

/// The words for a state. What an administrator has to look into carries a reference, and the log has it.
async fn words(story: &Story, state: PageCase) -> String {
    let said = story.browser.js(SAID, json!([])).await;
    let text = |index: usize| said[index].as_str().expect("text").to_owned();
    let (words, reference) = (text(0), text(1));
    assert_eq!(!reference.is_empty(), state.needs_an_administrator(), "{state:?}: {reference:?}");
    if let Some(id) = reference.split([' ', '：']).next_back().filter(|id| !id.is_empty()) {
        let logged = |line: &str| line.contains(id) && line.contains("\"level\":\"WARN\"");
        let log: Vec<_> = story.since(0).into_iter().filter(|entry| entry.kind == "function-log").collect();
        assert!(log.iter().any(|line| logged(&line.text)), "{state:?}: {id} is not in {log:#?}");
    }
    words
}

/// What the W3C's checker minds about pages in a directory.
pub(crate) async fn w3c(pages: &PathBuf) -> Vec<String> {
    let mut java = Command::new("java");
    java.arg("-jar").arg(tool("vnu-jar/build/dist/vnu.jar")).args(["--format", "json"]).arg(pages);
    let checked = java.stdin(Stdio::null()).kill_on_drop(true).output().await.expect("java");
    let said: Value = serde_json::from_slice(&checked.stderr).expect("the checker's JSON");
    let messages = said["messages"].as_array().expect("messages").iter();
    messages.map(|one| format!("{}: {} {}", one["url"], one["message"], one["extract"])).collect()
}

/// What stands around the page here: signing in and out, and the note that this is a trial.
#[tokio::test]
async fn pages_of_this_computer() {
    let story = Story::begin().await;
    let pages = directory("pages-local");
    let mut minded = Vec::new();
    for name in ["sign-in", "trial", "signed-out"] {
        let path = match name {
            "sign-in" => {
                story.go("/vpn").await;
                "/local/sign-in"
            }
            "trial" => {
                story.sign_in().await;
                "/vpn"
            }
            _ => {
                story.browser.press("a[href='/sign-out']").await;
                "/signed-out"
            }
        };
        let there = format!("location.pathname === '{path}' && document.readyState === 'complete'");
        story.browser.until(&format!("{there} && document.querySelector('main > [role=note]')")).await;
        fs::write(pages.join(format!("{name}.html")), &story.browser.sources().await[0]).expect("written");
        for scheme in ["dark", "light"] {
            minded.extend(story.browser.minded_in(scheme, name).await);
        }
        for (width, height) in SIZES {
            minded.extend(story.browser.minded_at(TARGET, (width, height), name).await);
        }
        story.browser.size(PHONE.0, PHONE.1).await;
        story.browser.picture(&format!("local-{name}")).await;
    }
    minded.extend(w3c(&pages).await);
    assert!(minded.is_empty(), "{}", minded.join("\n"));
    story.end().await;
}

#[tokio::test]
async fn english() {
    every_state("en").await;
}

#[tokio::test]
async fn chinese() {
    every_state("zh-CN").await;
}

#[tokio::test]
async fn korean() {
    every_state("ko").await;
}

#[tokio::test]
async fn japanese() {
    every_state("ja").await;
}
