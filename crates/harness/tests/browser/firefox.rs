//! Firefox, by Marionette: `WebDriver`'s commands under its own names, as geckodriver would send them (Debian has none).
//! What those have no words for, by preferences and the window around the page.

use ::http::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufStream},
    net::TcpStream,
    sync::Mutex,
};

use crate::{
    driver::Driver,
    engine::Wish,
    webdriver::{DEADLINE, LOOK},
};

const RUN: &str = r#"MOZ_HEADLESS_WIDTH=2000 MOZ_HEADLESS_HEIGHT=1400 firefox --headless --no-remote --profile "$1" \
    --marionette --remote-allow-system-access 3<&- </dev/null >/dev/null 2>&1 &"#;
/// Any free port, which then stands in `PORT`; nothing is fetched that no test asks for.
const PREFERENCES: &str = r#"user_pref("marionette.port", 0);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("network.disable-localhost-when-offline", true);
"#;
const PORT: &str = "MarionetteActivePort";

pub(crate) struct Firefox {
    pub(crate) process: u64,
    marionette: Mutex<BufStream<TcpStream>>,
    _driver: Driver,
}

impl Firefox {
    pub(crate) async fn start() -> Self {
        let mut driver = Driver::start(RUN, &[("user.js", PREFERENCES)]);
        let file = driver.directory.join(PORT);
        let stream = tokio::time::timeout(DEADLINE, async {
            loop {
                assert!(!driver.has_ended(), "firefox starts, if .ci/browser has installed it");
                let port = std::fs::read_to_string(&file).ok().and_then(|port| port.trim().parse::<u16>().ok());
                if let Some(port) = port
                    && let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await
                {
                    return stream;
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        let mut stream = BufStream::new(stream.await.expect("firefox says where it listens"));
        read(&mut stream).await.expect("a greeting");
        let mut browser = Self { process: 0, marionette: Mutex::new(stream), _driver: driver };
        let created = browser.send("WebDriver:NewSession", json!({})).await.expect("a session");
        browser.process = created["capabilities"]["moz:processID"].as_u64().expect("the browser's process");
        browser
    }

    pub(crate) async fn command(&self, method: &Method, path: &str, mut body: Value) -> Result<Value, String> {
        let parts: Vec<_> = path.split('/').skip(1).collect();
        let name = match (method.as_str(), parts.as_slice()) {
            ("POST", ["url"]) => "WebDriver:Navigate",
            ("GET", ["url"]) => "WebDriver:GetCurrentURL",
            ("GET", ["title"]) => "WebDriver:GetTitle",
            ("POST", ["execute", "sync"]) => "WebDriver:ExecuteScript",
            ("POST", ["execute", "async"]) => "WebDriver:ExecuteAsyncScript",
            ("POST", ["elements"]) => "WebDriver:FindElements",
            ("GET", ["element", id, "displayed"]) => {
                body = json!({"id": id});
                "WebDriver:IsElementDisplayed"
            }
            ("POST", ["element", id, "click"]) => {
                body = json!({"id": id});
                "WebDriver:ElementClick"
            }
            ("POST", ["actions"]) => "WebDriver:PerformActions",
            ("POST", ["refresh"]) => "WebDriver:Refresh",
            ("POST", ["back"]) => "WebDriver:Back",
            ("POST", ["forward"]) => "WebDriver:Forward",
            ("GET", ["window"]) => "WebDriver:GetWindowHandle",
            ("POST", ["window"]) => "WebDriver:SwitchToWindow",
            ("POST", ["window", "new"]) => "WebDriver:NewWindow",
            ("GET", ["screenshot"]) => {
                body = json!({"full": true});
                "WebDriver:TakeScreenshot"
            }
            ("DELETE", []) => {
                body = json!({"flags": ["eForceQuit"]});
                "Marionette:Quit"
            }
            _ => return Err(format!("unknown command: {method} {path}")),
        };
        let mut said = self.send(name, if body.is_null() { json!({}) } else { body }).await?;
        Ok(if said.get("value").is_some() { said["value"].take() } else { said })
    }

    pub(crate) async fn be(&self, wish: Wish<'_>) -> Result<(), String> {
        let script = match wish {
            Wish::Device { agent, languages } => {
                // Coarse, and nothing else.
                self.prefer("ui.allPointerCapabilities", json!(1)).await?;
                self.prefer("general.useragent.override", json!(agent)).await?;
                return self.prefer("intl.accept_languages", json!(languages)).await;
            }
            Wish::Dark(dark) => {
                return self.prefer("layout.css.prefers-color-scheme.content-override", json!(i32::from(!dark))).await;
            }
            Wish::Still(still) => return self.prefer("ui.prefersReducedMotion", json!(i32::from(still))).await,
            Wish::Scripts(run) => return self.prefer("javascript.enabled", json!(run)).await,
            Wish::Size(width, height) => {
                format!("Object.assign(gBrowser.selectedBrowser.style, {{width: '{width}px', height: '{height}px'}});")
            }
            Wish::Offline(offline) => format!("Services.io.offline = {offline};"),
            Wish::Hidden(hidden) => format!("gBrowser.selectedBrowser.docShellIsActive = {};", !hidden),
        };
        self.around(&script).await
    }

    async fn prefer(&self, name: &str, value: Value) -> Result<(), String> {
        let kind = if value.is_string() {
            "String"
        } else if value.is_boolean() {
            "Bool"
        } else {
            "Int"
        };
        self.around(&format!("Services.prefs.set{kind}Pref('{name}', {value});")).await
    }

    /// Runs a script in the window around the page.
    async fn around(&self, script: &str) -> Result<(), String> {
        self.send("Marionette:SetContext", json!({"value": "chrome"})).await?;
        let done = self.send("WebDriver:ExecuteScript", json!({"script": script, "args": []})).await;
        self.send("Marionette:SetContext", json!({"value": "content"})).await?;
        done.map(drop)
    }

    async fn send(&self, name: &str, parameters: Value) -> Result<Value, String> {
        let mut stream = self.marionette.lock().await;
        let message = json!([0, 1, name, parameters]).to_string();
        let sent = async {
            stream.write_all(format!("{}:{message}", message.len()).as_bytes()).await?;
            stream.flush().await?;
            read(&mut stream).await
        };
        let mut said = sent.await.map_err(|error| error.to_string())?;
        if said[2].is_null() {
            Ok(said[3].take())
        } else {
            Err(format!("{}: {}", said[2]["error"], said[2]["message"]))
        }
    }
}

/// A message, with its length before it.
async fn read(stream: &mut BufStream<TcpStream>) -> std::io::Result<Value> {
    let mut length = 0;
    loop {
        match stream.read_u8().await? {
            b':' => break,
            digit => length = length * 10 + usize::from(digit - b'0'),
        }
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    Ok(serde_json::from_slice(&message)?)
}
