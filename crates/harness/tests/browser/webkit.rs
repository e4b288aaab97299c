//! `WebKitGTK`, whose engine is Safari's, by `WebKitWebDriver` on a screen that nobody sees; what that has no words for by
//! the window itself, `tools/window.py`.
//!
//! It is never touched (`any-pointer: coarse`), and it tells neither what moved nor what it complained about.

use std::{net::TcpListener, path::Path};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream},
    net::{UnixListener, UnixStream},
    sync::Mutex,
};

use crate::{
    checks::tools,
    driver::Driver,
    engine::{Wish, session},
    webdriver::{DEADLINE, LOOK},
};

/// The window's socket, and the pipe that says which display there is, in the driver's directory.
const SOCKET: &str = "window";
/// Another may take the port between.
const TRIES: usize = 5;

pub(crate) struct WebKit {
    /// The session's address at `WebKitWebDriver`.
    pub(crate) session: String,
    pub(crate) process: u64,
    window: Mutex<BufStream<UnixStream>>,
    _driver: Driver,
}

fn run(port: u16) -> String {
    format!(
        r#"mkfifo "$1/display"
        Xvfb -displayfd 4 -screen 0 2000x3000x24 -nolisten tcp 3<&- 4>"$1/display" </dev/null >/dev/null 2>&1 &
        xvfb=$!
        read -r display <"$1/display" || exit 1
        DISPLAY=:$display WebKitWebDriver --host=127.0.0.1 --port={port} 3<&- </dev/null >/dev/null &"#
    )
}

impl WebKit {
    pub(crate) async fn start() -> Self {
        for _ in 0..TRIES {
            let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
            let mut driver = Driver::start(&run(port), &[]);
            let socket = driver.directory.join(SOCKET);
            let listener = UnixListener::bind(&socket).expect("a socket");
            let options = json!({"binary": "/usr/bin/python3", "args": [tools().join("window.py"), socket]});
            let created = tokio::time::timeout(DEADLINE, async {
                loop {
                    match session(port, json!({"webkitgtk:browserOptions": options})).await {
                        Ok((session, _)) => return Some(session),
                        // It listens a little later than it begins.
                        Err(_) if !driver.has_ended() => tokio::time::sleep(LOOK).await,
                        Err(_) => return None,
                    }
                }
            });
            if let Ok(Some(session)) = created.await {
                let window = Mutex::new(BufStream::new(listener.accept().await.expect("a window").0));
                let mut browser = Self { session, process: 0, window, _driver: driver };
                browser.process = browser.tell(json!({})).await.expect("the window's process");
                return browser;
            }
        }
        panic!("WebKitWebDriver starts, if .ci/browser has installed it");
    }

    pub(crate) async fn be(&self, wish: Wish<'_>) -> Result<(), String> {
        let order = match wish {
            Wish::Device { agent, languages } => {
                json!({"agent": agent, "languages": languages.split(',').collect::<Vec<_>>()})
            }
            Wish::Size(width, height) => json!({"size": [width, height]}),
            Wish::Dark(dark) => json!({"dark": dark}),
            Wish::Still(still) => json!({"still": still}),
            Wish::Offline(offline) => json!({"offline": offline}),
            Wish::Hidden(hidden) => json!({"hidden": hidden}),
            Wish::Scripts(run) => json!({"scripts": run}),
        };
        self.tell(order).await.map(drop)
    }

    /// Of the whole page, however much of it is in the window.
    pub(crate) async fn picture(&self, path: &Path) {
        self.tell(json!({"picture": path})).await.expect("a picture");
        assert!(path.exists(), "no picture: {}", path.display());
    }

    /// The window does as it is told, and answers with the number of its process.
    async fn tell(&self, order: Value) -> Result<u64, String> {
        let mut window = self.window.lock().await;
        let mut line = String::new();
        let told = async {
            window.write_all(format!("{order}\n").as_bytes()).await?;
            window.flush().await?;
            window.read_line(&mut line).await
        };
        told.await.map_err(|error| error.to_string())?;
        line.trim().parse().map_err(|_| format!("the window has ended at {order}"))
    }
}
