//! An employee's browser, and the world behind the page.

use std::sync::PoisonError;

use jiff::SignedDuration;
use local::{
    boot::{self, Running},
    build::{Phase, beside_test_executable},
    ec2,
    flags::Options,
    happenings::Happening,
    this_computer::ASSOCIATOR,
    timeline,
    world::Shared,
};
use serde_json::Value;

use crate::webdriver::{Browser, DEADLINE};

/// The state that the page shows.
pub(crate) const PHASE: &str = "(document.body.dataset.phase ?? document.querySelector('.state')?.classList[1] ?? '')";

/// The page's own timers are real while the world's clock is stepped: it asks often, so that nobody waits.
const PACE: [(&str, &str); 4] = [
    ("VPN_PAGE_INTERVAL", "200ms"),
    ("VPN_PAGE_INTERVAL_HIDDEN", "400ms"),
    ("VPN_PAGE_LIMIT", "10m"),
    ("VPN_PAGE_LIMIT_READY", "10m"),
];

/// What changes something in EC2.
const WRITES: [&str; 8] = ["Associate", "Disassociate", "Create", "Delete", "Terminate", "Modify", "Authorize", "Revoke"];

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
        let options = Options {
            start: "2026-11-02T09:00:00Z".parse().ok(),
            routes: vec!["10.1.0.0/16".to_owned()],
            ..Options::stepped(beside_test_executable().expect("the functions' directory"))
        };
        let mut running = boot::start(options).await.expect("started");
        {
            let mut deployment = running.world.deployment.write().unwrap_or_else(PoisonError::into_inner);
            let function = deployment.functions.get_mut(ASSOCIATOR).expect("deployed");
            function.environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        running.provide_functions().await;
        let build = running.world.functions.build.get();
        assert_eq!(build.phase, Phase::Done, "{:?}", build.error);
        let world = running.world.clone();
        Self { browser: Browser::start().await, world, running }
    }

    pub(crate) async fn end(self) {
        self.browser.end().await;
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

    /// Waits until the page shows a state.
    pub(crate) async fn shows(&self, phase: &str) {
        self.browser.until(&format!("{PHASE} === '{phase}'")).await;
    }

    /// The state that the page shows at this moment.
    pub(crate) async fn phase(&self) -> String {
        self.browser.value(PHASE).await.as_str().unwrap_or_default().to_owned()
    }

    /// Passes time.
    pub(crate) async fn pass(&self, minutes: i64) {
        timeline::advance(&self.world, SignedDuration::from_mins(minutes)).await;
    }

    pub(crate) fn ec2<T>(&self, look: impl FnOnce(&mut ec2::State) -> T) -> T {
        look(&mut self.world.ec2.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many subnets are billed at this moment.
    pub(crate) fn billed(&self) -> usize {
        self.ec2(|ec2| ec2.billed_associations(self.world.clock.now()))
    }

    /// What happened after a number.
    pub(crate) fn since(&self, number: usize) -> Vec<Happening> {
        self.world.happenings.after(u64::try_from(number).expect("small"))
    }

    /// How much has happened.
    pub(crate) fn number(&self) -> usize {
        self.since(0).len()
    }

    /// Waits until something has happened.
    pub(crate) async fn happens(&self, after: usize, what: impl Fn(&Happening) -> bool) {
        let happened = tokio::time::timeout(DEADLINE, async {
            while !self.since(after).iter().any(&what) {
                tokio::task::yield_now().await;
            }
        });
        assert!(happened.await.is_ok(), "it never happened: {:#?}", self.since(after));
    }

    /// The calls after a number that change something in EC2.
    pub(crate) fn writes(&self, after: usize) -> Vec<String> {
        let calls = self.since(after).into_iter().filter(|happening| happening.kind == "aws-call");
        let names = calls.filter_map(|call| call.data["action"].as_str().map(str::to_owned));
        names.filter(|name| WRITES.iter().any(|write| name.starts_with(write))).collect()
    }

    /// Invocations of the function that turns on, after a number.
    pub(crate) fn invocations(&self, after: usize) -> Vec<Value> {
        let all = self.since(after).into_iter().filter(|happening| happening.kind == "invocation");
        all.map(|happening| happening.data).filter(|data| data["function"] == ASSOCIATOR).collect()
    }
}
