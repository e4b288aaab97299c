//! An employee's browser, and the world behind the page.

use std::{sync::Arc, time::Duration};

use aws::deployment::Action;
use harness::Vpn;
use local::{
    boot::{self, Running},
    executables::{Phase, beside_test_executable},
    flags::Options,
    journal::Entry,
    locks::write,
    this_computer::{ASSOCIATOR, PROFILES_BUCKET, Settings},
    world::{Shared, World},
};
use serde_json::{Value, json};

use crate::webdriver::{Browser, DEADLINE, LOOK};

/// Whether the page says that it cannot reach the server.
pub(crate) const LOST: &str =
    "(document.getElementById('lost')?.checkVisibility() && document.getElementById('lost').textContent !== '')";

/// Whether the page says that the session has ended.
pub(crate) const ENDED: &str =
    "(document.body.dataset.problem === 'ended' || document.getElementById('ended')?.checkVisibility())";

/// The state that the page shows.
pub(crate) const PHASE: &str = "(document.body.dataset.phase ?? document.querySelector('.state')?.classList[1] ?? '')";
/// The problem that the page was loaded with.
const PROBLEM: &str = "(document.body.dataset.problem ?? JSON.parse(document.body.dataset.state).problem?.code ?? '')";

/// The page's own timers are real while the world's clock is stepped: it asks often, so that nobody waits.
pub(crate) const PACE: [(&str, &str); 4] = [
    ("VPN_PAGE_INTERVAL", "200ms"),
    ("VPN_PAGE_INTERVAL_HIDDEN", "400ms"),
    ("VPN_PAGE_LIMIT", "10m"),
    ("VPN_PAGE_LIMIT_READY", "10m"),
];

/// Profiles wait for people: what `local` is told by its flag.
pub(crate) const PROFILES: (&str, &str) = ("VPN_PROFILES_BUCKET", PROFILES_BUCKET);

/// A page that asks so seldom that it never does while somebody looks.
pub(crate) const SELDOM: [(&str, &str); 2] = [("VPN_PAGE_INTERVAL", "10m"), ("VPN_PAGE_INTERVAL_HIDDEN", "10m")];

/// What AWS itself would answer with, to a page with the settings it has on AWS.
pub(crate) const AS_ON_AWS: [(&str, &str); 5] = [
    ("VPN_PAGE_INTERVAL", "15s"),
    ("VPN_PAGE_INTERVAL_HIDDEN", "60s"),
    ("VPN_PAGE_LIMIT", "30m"),
    ("VPN_PAGE_LIMIT_READY", "2m"),
    ("VPN_PAGE_MINUTE", "1m"),
];

/// What changes something in EC2.
const WRITES: [&str; 8] =
    ["Associate", "Disassociate", "Create", "Delete", "Terminate", "Modify", "Authorize", "Revoke"];

pub(crate) struct Story {
    pub(crate) browser: Browser,
    pub(crate) world: Shared,
    pub(crate) running: Running,
}

impl Story {
    /// A browser that has been nowhere yet, and a VPN that is off.
    pub(crate) async fn begin() -> Self {
        Self::with(&PACE).await
    }

    /// The same with other settings of the function that turns on.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        Self::of(Browser::start().await, settings).await
    }

    /// The same with a browser that is there already.
    pub(crate) async fn of(browser: Browser, settings: &[(&str, &str)]) -> Self {
        let options = Options {
            start: "2026-11-02T09:00:00Z".parse().ok(),
            settings: Settings {
                routes: vec!["10.1.0.0/16".to_owned()],
                profiles: settings.contains(&PROFILES),
                ..Options::default().settings
            },
            ..Options::stepped(beside_test_executable().expect("the functions' directory"))
        };
        let mut running = boot::start(options).await.expect("started");
        {
            let mut deployment = write(&running.world.deployment);
            let function = deployment.functions.get_mut(ASSOCIATOR).expect("deployed");
            function.environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        // Longer than any story; how a session ends is a story of its own.
        sessions_last(&running.world, Duration::from_secs(12 * 3600));
        running.provide_functions().await;
        let build = running.world.functions.build.get();
        assert_eq!(build.phase, Phase::Done, "{:?}", build.error);
        let world = running.world.clone();
        Self { browser, world, running }
    }

    pub(crate) async fn end(self) {
        self.browser.end().await;
    }

    /// Ends the world, and keeps the browser for another one.
    pub(crate) fn leave(self) -> Browser {
        self.browser
    }

    /// Goes to a path of the page.
    pub(crate) async fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.running.urls.employee)).await;
    }

    /// Goes to a path as somebody who has to sign in first.
    pub(crate) async fn sign_in_at(&self, path: &str) {
        self.go(path).await;
        self.sign_in().await;
    }

    /// Chooses the first person of the sign-in page.
    pub(crate) async fn sign_in(&self) {
        self.browser.until("location.pathname === '/local/sign-in'").await;
        self.browser.press("button[name=user]").await;
        self.browser.until("location.pathname === '/vpn'").await;
    }

    /// Signs in at a path whose page says that something is wrong, wherever that is.
    pub(crate) async fn sign_in_to_a_problem(&self, path: &str) {
        self.go(path).await;
        self.browser.until("location.pathname === '/local/sign-in'").await;
        self.browser.press("button[name=user]").await;
        self.browser.until(&format!("document.body.dataset.state && {PROBLEM} !== ''")).await;
    }

    /// Makes the page look at once, as when it comes to the front.
    pub(crate) async fn looks_now(&self) {
        self.browser.js("document.dispatchEvent(new Event('visibilitychange'));", json!([])).await;
    }

    /// Turns it on without the page's help, and looks at it.
    pub(crate) async fn turn_on(&self) {
        self.sign_in_at("/").await;
        // Associated after five minutes; the schedule that finishes it comes after ten.
        self.pass(11).await;
        self.go("/vpn").await;
        self.shows("ready").await;
    }

    /// Waits until the page shows a state.
    pub(crate) async fn shows(&self, phase: &str) {
        self.browser.until(&format!("{PHASE} === '{phase}'")).await;
    }

    /// The state that the page shows at this moment.
    pub(crate) async fn phase(&self) -> String {
        self.browser.value(PHASE).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page says that something is wrong.
    pub(crate) async fn reports(&self, problem: &str) {
        self.browser.until(&format!("{PROBLEM} === '{problem}'")).await;
    }

    /// The problem that the page was loaded with, in a word.
    pub(crate) async fn problem(&self) -> String {
        self.browser.value(PROBLEM).await.as_str().unwrap_or_default().to_owned()
    }

    /// Opens the part of the page that turns off, and presses its button.
    pub(crate) async fn turn_off(&self) {
        if !self.browser.sees("form[action='/off'] button").await {
            self.browser.press("details:has(form[action='/off']) summary").await;
        }
        self.browser.press("form[action='/off'] button").await;
    }

    /// Waits until something has happened.
    pub(crate) async fn happens(&self, after: u64, what: impl Fn(&Entry) -> bool) {
        self.happen(after, 1, what).await;
    }

    /// Waits until something has happened so many times.
    pub(crate) async fn happen(&self, after: u64, times: usize, what: impl Fn(&Entry) -> bool) {
        let happened = tokio::time::timeout(DEADLINE, async {
            while self.since(after).into_iter().filter(&what).count() < times {
                tokio::time::sleep(LOOK).await;
            }
        });
        assert!(happened.await.is_ok(), "it never happened: {:#?}", self.since(after));
    }

    /// The calls after a number that change something in EC2.
    pub(crate) fn writes(&self, after: u64) -> Vec<String> {
        let calls = self.since(after).into_iter().filter(|entry| entry.kind == "aws-call");
        let names = calls.filter_map(|call| call.data["action"].as_str().map(str::to_owned));
        names.filter(|name| WRITES.iter().any(|write| name.starts_with(write))).collect()
    }

    /// Invocations of the function that turns on, after a number.
    pub(crate) fn invocations(&self, after: u64) -> Vec<Value> {
        let all = self.since(after).into_iter().filter(|entry| entry.kind == "invocation");
        all.map(|entry| entry.data).filter(|data| data["function"] == ASSOCIATOR).collect()
    }
}

impl Vpn for Story {
    fn world(&self) -> &Arc<World> {
        &self.world
    }
}

/// Changes how long a sign-in lasts.
pub(crate) fn sessions_last(world: &Shared, time: Duration) {
    for rule in &mut write(&world.deployment).listener.rules {
        for action in &mut rule.actions {
            if let Action::AuthenticateCognito(authenticate) = action {
                authenticate.session_timeout = time;
            }
        }
    }
}
