//! Many people at once, in real time: 2,000 openings in a minute, then 1,000 waiting pages, with real processes, Lambda's
//! limit of invocations at once, EC2's buckets, and calls that take their time; and the longest list of connections. Prints
//! what came of it as rows of a table.
//!
//! ```console
//! $ cargo test --workspace --features harness/exhaustive --test load -- --nocapture
//! ```

#![expect(clippy::disallowed_methods, reason = "how many people come in a minute is told by the real clock")]

mod count;
mod listed;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use count::Reads;
use harness::http::{NAVIGATION, SCRIPT, cookies, sign_in, try_send};
use local::{
    boot,
    executables::beside_test_executable,
    flags::Options,
    this_computer::{Settings, subnets},
};
use tokio::{sync::Semaphore, task::JoinSet, time::Instant};

const OPENINGS: u32 = 2_000;
const WITHIN: Duration = Duration::from_secs(60);
const PAGES: u32 = 1_000;
/// As often as a page asks that waits in front.
const EVERY: Duration = Duration::from_secs(15);
const WAITS_FOR: Duration = Duration::from_secs(30);
/// A call to EC2 takes about as long.
const CALL: Duration = Duration::from_millis(150);
/// Requests under way: 67 a second, of which each takes two calls one after the other at most, are 20. A computer that cannot
/// answer so many takes longer than a minute: its queue is not what is tried here, and the table says how long it took.
const UNDER_WAY: usize = 40;

/// What somebody's browser got.
#[derive(Default)]
struct Answers {
    all: AtomicUsize,
    /// Whatever is no page, the function's or the load balancer's error, by its status.
    errors: Mutex<BTreeMap<u16, usize>>,
    /// Milliseconds of all together.
    took: AtomicUsize,
}

impl Answers {
    fn count(&self, status: u16, took: Duration) {
        self.all.fetch_add(1, Ordering::Relaxed);
        if !matches!(status, 200 | 303) {
            *self.errors.lock().expect("not poisoned").entry(status).or_default() += 1;
        }
        self.took.fetch_add(usize::try_from(took.as_millis()).unwrap_or(usize::MAX), Ordering::Relaxed);
    }

    fn errors(&self) -> BTreeMap<u16, usize> {
        self.errors.lock().expect("not poisoned").clone()
    }

    /// Nobody got an error page, but whoever came when the account had no invocation left: each of those is the load
    /// balancer's 502, and no other is.
    fn are_pages(&self, throttled: usize) {
        let expected = if throttled == 0 { BTreeMap::new() } else { BTreeMap::from([(502, throttled)]) };
        assert_eq!(self.errors(), expected, "nobody gets an error page");
    }

    fn row(&self, what: &str) {
        let all = self.all.load(Ordering::Relaxed);
        let errors: Vec<_> = self.errors().iter().map(|(status, count)| format!("{count} with {status}")).collect();
        let errors = if errors.is_empty() { "none".to_owned() } else { errors.join(", ") };
        let mean = self.took.load(Ordering::Relaxed) / all.max(1);
        println!("| {what} | {all} | error pages: {errors} | {mean} ms on average |");
    }
}

/// One signed-in browser's requests.
#[derive(Clone)]
struct Browser {
    url: String,
    cookie: String,
    answers: Arc<Answers>,
    turns: Arc<Semaphore>,
}

impl Browser {
    /// The status, where it is led, and the body.
    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
        let mut all = headers.to_vec();
        all.extend([("cookie", self.cookie.as_str()), ("origin", self.url.as_str())]);
        let turn = self.turns.acquire().await.expect("never closed");
        let began = Instant::now();
        let answer = try_send(method, &format!("{}{path}", self.url), &all, "").await;
        let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        drop(turn);
        self.answers.count(answer.status().as_u16(), began.elapsed());
        let location = answer.headers().get("location").and_then(|it| it.to_str().ok()).unwrap_or_default().to_owned();
        (answer.status().as_u16(), location, answer.into_body())
    }

    async fn opens(self) {
        let (_, location, _) = self.send("GET", "/", &NAVIGATION).await;
        if !location.is_empty() {
            self.send("GET", &location, &NAVIGATION).await;
        }
    }

    /// Asks as the page's script does, less often when it is told so.
    async fn waits(self, first: Duration, until: Instant) {
        let (mut seen, mut pause) = (String::new(), first);
        while Instant::now() + pause < until {
            tokio::time::sleep(pause).await;
            let (_, _, body) = self.send("POST", &format!("/progress?lang=en{seen}"), &SCRIPT).await;
            let state: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            if let Some(at) = state["seen"].as_i64() {
                seen = format!("&seen={at}");
            }
            let after = state["ask"]["after"].as_f64().or(state["after"].as_f64());
            pause = after.map_or(EVERY, Duration::from_secs_f64);
        }
    }
}

async fn crowd(concurrency: usize) {
    let directory = beside_test_executable().expect("the directory of the executables");
    let settings = Settings { subnets: subnets(2), routes: vec!["10.20.0.0/16".to_owned()], ..Settings::default() };
    let options = Options { speed: 1.0, settings, concurrency, call_takes: CALL, ..Options::stepped(directory) };
    let mut running = boot::start(options).await.expect("started");
    running.provide_functions().await;
    let url = running.urls.employee.trim_end_matches('/').to_owned();
    let user = running.world.deployment.read().expect("deployment").user_pool.users[0].sub.clone();
    let cookie = cookies(&sign_in(&url, &[], &user, "/vpn").await);
    let answers = Arc::<Answers>::default();
    let turns = Arc::new(Semaphore::new(UNDER_WAY));
    let browser = Browser { url, cookie, answers: Arc::clone(&answers), turns };
    let reads = Reads::of(&running.world);

    let (began, mut all) = (Instant::now(), JoinSet::new());
    for number in 0..OPENINGS {
        tokio::time::sleep_until(began + WITHIN * number / OPENINGS).await;
        all.spawn(browser.clone().opens());
    }
    while all.join_next().await.is_some() {}
    let took = began.elapsed().as_secs();
    answers.row(&format!("{OPENINGS} openings in {took} s, {concurrency} invocations at once"));
    let throttled = reads.row(&running.world, began.elapsed()).await;
    answers.are_pages(throttled);

    let waiting = Arc::<Answers>::default();
    let (began, until) = (Instant::now(), Instant::now() + WAITS_FOR);
    for number in 0..PAGES {
        let page = Browser { answers: Arc::clone(&waiting), ..browser.clone() };
        all.spawn(page.waits(EVERY * number / PAGES, until));
    }
    while all.join_next().await.is_some() {}
    waiting.row(&format!("{PAGES} waiting pages for {} s, {concurrency} invocations at once", WAITS_FOR.as_secs()));
    let throttled = reads.row(&running.world, began.elapsed()).await;
    waiting.are_pages(throttled);
    assert_eq!(
        running.world.ec2.lock().expect("ec2").billed_associations(running.world.clock.now()),
        2,
        "and it is on"
    );
}

/// With what a new account may have at once: the load balancer turns some away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_an_error_page_of_ours_in_a_new_account() {
    crowd(10).await;
}

/// With what an account usually may have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_an_error_page() {
    crowd(1_000).await;
}
