//! Chromium, by chromedriver; what that has no words for by its own protocol (CDP).

use ::http::Method;
use serde_json::{Value, json};

use crate::{
    driver::Driver,
    engine::{Wish, send, session},
    webdriver::DEADLINE,
};

/// The browser ends by itself when chromedriver does: they talk through a pipe (`--remote-debugging-pipe`).
const RUN: &str = "chromedriver --port=0 --log-level=SEVERE 3<&- </dev/null &";
/// It takes a port that is free for IPv4, and ends if somebody has the same one for IPv6: so often another one is tried.
const TRIES: usize = 5;
const STARTED: &str = "started successfully on port ";

const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--window-size=1000,1200",
];

pub(crate) struct Chromium {
    /// The session's address at chromedriver.
    pub(crate) session: String,
    pub(crate) process: u64,
    _driver: Driver,
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        for _ in 0..TRIES {
            let mut driver = Driver::start(RUN, &[]);
            // `None` if it has ended instead, or does not say where it is.
            if let Some(port) = tokio::time::timeout(DEADLINE, port(&mut driver)).await.ok().flatten() {
                return Self::at(port, driver).await;
            }
        }
        panic!("chromedriver starts, if .ci/browser has installed it");
    }

    async fn at(port: u16, driver: Driver) -> Self {
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {"args": ARGUMENTS},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let (session, capabilities) = session(port, capabilities).await.expect("a browser");
        let process = capabilities["goog:processID"].as_u64().expect("the browser's process");
        Self { session, process, _driver: driver }
    }

    pub(crate) async fn be(&self, wish: Wish<'_>) -> Result<(), String> {
        let done = match wish {
            Wish::Device { agent, languages } => {
                let named = json!({"userAgent": agent, "acceptLanguage": languages});
                self.cdp("Emulation.setUserAgentOverride", named).await?;
                self.cdp("Emulation.setTouchEmulationEnabled", json!({"enabled": true})).await
            }
            Wish::Size(width, height) => {
                let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 1000});
                self.cdp("Emulation.setDeviceMetricsOverride", size).await
            }
            Wish::Dark(dark) => self.media("prefers-color-scheme", if dark { "dark" } else { "light" }).await,
            Wish::Still(still) => {
                self.media("prefers-reduced-motion", if still { "reduce" } else { "no-preference" }).await
            }
            Wish::Offline(offline) => {
                let conditions = json!({"offline": offline, "latency": 0, "throughput": -1});
                self.post("/chromium/network_conditions", json!({"network_conditions": conditions})).await
            }
            Wish::Hidden(true) => self.post("/window/minimize", json!({})).await,
            Wish::Hidden(false) => self.post("/window/rect", json!({"width": 1000, "height": 1200})).await,
            Wish::Scripts(run) => self.cdp("Emulation.setScriptExecutionDisabled", json!({"value": !run})).await,
        };
        done.map(drop)
    }

    async fn media(&self, name: &str, value: &str) -> Result<Value, String> {
        self.cdp("Emulation.setEmulatedMedia", json!({"features": [{"name": name, "value": value}]})).await
    }

    /// Its own protocol.
    pub(crate) async fn cdp(&self, method: &str, parameters: Value) -> Result<Value, String> {
        self.post("/goog/cdp/execute", json!({"cmd": method, "params": parameters})).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        send(Method::POST, &format!("{}{path}", self.session), &body).await
    }
}

async fn port(driver: &mut Driver) -> Option<u16> {
    while let Some(line) = driver.lines.next_line().await.expect("chromedriver's output") {
        if let Some((_, port)) = line.split_once(STARTED) {
            return port.trim_end_matches('.').parse().ok();
        }
    }
    None
}
