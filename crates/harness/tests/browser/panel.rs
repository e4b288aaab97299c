//! The control panel: what it shows, and its buttons.

use harness::Vpn as _;
use serde_json::json;

use crate::{
    checks::{SIZES, directory, w3c},
    story::Story,
};

/// The sum of all shifts that follow no press, those before this was asked included.
const SHIFT: &str = "const done = arguments[0]; let sum = 0; \
    new PerformanceObserver((list) => { for (const {value, hadRecentInput} of list.getEntries()) if (!hadRecentInput) sum += value; }) \
      .observe({type: 'layout-shift', buffered: true}); \
    setTimeout(() => done(sum), 500);";

/// WCAG 2.2's least size of what is pressed: this page is for a desk.
const TARGET: u32 = 24;

impl Story {
    async fn open_panel(&self) {
        self.browser.go(&self.running.urls.panel).await;
        self.browser.until("document.querySelector('#vpn table')").await;
    }

    /// Waits until a part of the panel says something.
    async fn says(&self, part: &str, words: &str) {
        self.browser
            .until(&format!("document.getElementById({}).textContent.includes({})", json!(part), json!(words)))
            .await;
    }

    /// How much has moved under somebody's eyes since the panel was opened, as Chromium measures it: the others do not tell.
    async fn stands_still(&self) {
        if !self.browser.engine.is_chromium() {
            return;
        }
        let shift = self.browser.js_async(SHIFT, json!([])).await;
        assert!(shift.as_f64().is_some_and(|shift| shift < 0.1), "layout shift {shift}");
    }

    async fn step(&self, seconds: u32) {
        let before = self.world.clock.now();
        self.browser.press(&format!("button[data-step='{seconds}']")).await;
        self.browser.until(&format!("!document.querySelector(\"button[data-step='{seconds}']\").disabled")).await;
        assert_eq!(self.world.clock.now().duration_since(before).as_secs(), i64::from(seconds));
    }
}

#[tokio::test]
async fn the_panel_shows_what_happens_and_its_buttons_do_what_they_say() {
    let story = Story::begin().await;
    let panel = story.browser.tab().await;
    story.open_panel().await;
    story.says("vpn", "0 of 2 subnets associated").await;
    story.browser.open_tab().await;
    story.sign_in_at("/").await;
    story.shows("starting").await;
    story.browser.go("about:blank").await;
    story.browser.switch_to(&panel).await;
    story.says("vpn", "associating").await;
    story.says("log", "GET /vpn: 200").await;
    story.stands_still().await;
    // What changes AWS is listed at once, what only reads when it is asked for.
    let listed = |call: &str| {
        format!(
            "[...document.querySelectorAll('#log li')].some((one) => !one.hidden && one.textContent.includes('ec2:{call}'))"
        )
    };
    story.browser.until(&listed("AssociateClientVpnTargetNetwork: OK")).await;
    assert_eq!(story.browser.value(&listed("Describe")).await, false, "reads are hidden");
    story.browser.js("document.querySelector('#kinds [value=read]').click();", json!([])).await;
    assert_eq!(story.browser.value(&listed("Describe")).await, true, "reads are shown");
    story.step(300).await;
    story.step(300).await;
    story.step(60).await;
    story.says("vpn", "2 of 2 subnets associated").await;
    story.says("vpn", "10.1.0.0/16").await;
    story.says("vpn", "vpn-on-demand:last-request").await;

    story.browser.press("#connect button").await;
    story.says("connected", "Connected.").await;
    story.says("clients", "ipad-01").await;
    story.step(1800).await;
    assert_eq!(story.billed(), 2, "somebody is connected");
    story.browser.press("#clients button").await;
    story.says("clients", "terminated").await;

    // Every datapoint of the alarm stands on the time line, and what is below the threshold is marked.
    let points = "(await (await fetch('/api/state')).json()).cloudwatch.alarms[0].points.length";
    let columns = format!(
        "const done = arguments[0]; (async () => {points})().then((points) => \
         done([points, document.querySelectorAll('#off .column').length]));"
    );
    let columns = story.browser.js_async(&columns, json!([])).await;
    assert!(columns[0] == columns[1] && columns[0].as_u64() >= Some(6), "{columns}");
    story.step(1800).await;
    story.browser.until("document.querySelectorAll('#off .column.idle').length >= 5").await;
    story.step(300).await;
    story.step(300).await;
    story.says("log", "alarm AWSClientVPN-DisassociatingSubnets is now ALARM").await;
    story.step(300).await;
    story.says("vpn", "0 of 2 subnets associated").await;
    story.says("bill", "Always on").await;
    assert!(story.browser.sees("#lanes .dot").await);
    assert_eq!(story.browser.complaints().await, Vec::<String>::new());
    story.end().await;
}

#[tokio::test]
async fn things_are_broken_and_mended_at_the_panel() {
    let story = Story::begin().await;
    story.open_panel().await;
    story.browser.press("#fault button").await;
    story.says("faults", "AssociateClientVpnTargetNetwork: error RequestLimitExceeded").await;
    story.browser.press("#faults button").await;
    story.says("faults", "Nothing is broken.").await;

    let alarm = |what: &str| format!("#off button[aria-label^='{what}']");
    story.browser.press(&alarm("Delete")).await;
    story.says("off", "is deleted.").await;
    story.browser.press(&alarm("Restore")).await;
    story.browser.until("!document.getElementById('off').textContent.includes('is deleted.')").await;
    story.browser.press(&alarm("Disable")).await;
    story.says("off", "disabled").await;

    story.browser.press("#vpn button[aria-label^='Associate']").await;
    story.says("vpn", "associating").await;
    story.browser.press("#invoke button").await;
    story.says("invoked", "AssociationId").await;
    story.browser.press("#connect button").await;
    story.says("connected", "no-answer").await;
    // What cannot be done is said.
    story.browser.js("document.querySelector('#invoke textarea').value = 'no JSON';", json!([])).await;
    story.browser.press("#invoke button").await;
    story.says("problem", "JSON").await;
    story.end().await;
}

/// The page is open while the speed is changed, and counts on at the new one.
#[tokio::test]
async fn the_page_goes_as_fast_as_the_clock() {
    let story = Story::begin().await;
    story.turn_on().await;
    let page = story.browser.tab().await;
    let ago = "/\\d/.test(document.getElementById('looked').textContent)";
    assert_eq!(story.browser.value(ago).await, false);
    story.browser.open_tab().await;
    story.open_panel().await;
    story.browser.press("button[data-speed='60']").await;
    story.browser.switch_to(&page).await;
    // A minute is a second now. It stops asking after two of them, and says how long ago it looked.
    story.browser.until(ago).await;
    story.end().await;
}

#[tokio::test]
async fn the_panel_fits_every_screen_and_reader() {
    let story = Story::begin().await;
    story.turn_on().await;
    story.connect("ipad-01").await;
    story.pass(35).await;
    story.open_panel().await;
    story.browser.until("document.querySelector('#off .column') && document.querySelector('#lanes .dot')").await;
    let mut minded = Vec::new();
    for state in ["used", "broken"] {
        if state == "broken" {
            // As full as it gets: a fault, an answer, a refusal, and everything that opens is open.
            story.browser.press("#fault button").await;
            story.says("faults", "RequestLimitExceeded").await;
            story.browser.press("#invoke button").await;
            story.says("invoked", "AssociationId").await;
            story.browser.press("#connect button").await;
            story.says("connected", "no-answer").await;
            story.browser.press("#vpn summary").await;
        }
        for scheme in ["dark", "light"] {
            minded.extend(story.browser.minded_in(scheme, state).await);
        }
        for (width, height) in SIZES {
            minded.extend(story.browser.minded_at(TARGET, (width, height), state).await);
            story.browser.picture(&format!("panel-{state}-{width}")).await;
        }
    }
    let pages = directory("pages-panel");
    let source =
        story.browser.js_async("fetch('/').then((answer) => answer.text()).then(arguments[0]);", json!([])).await;
    std::fs::write(pages.join("panel.html"), source.as_str().expect("text")).expect("written");
    minded.extend(w3c(&pages).await);
    assert!(minded.is_empty(), "{}", minded.join("\n"));
    story.end().await;
}
