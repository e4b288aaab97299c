//! One chromedriver for one test. It and its browser end with the test, however that ends.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::webdriver::DEADLINE;

/// Ends its process group when standard input does: at the end of a test, and when the test is killed. The browser then
/// ends by itself, since it talks to chromedriver through a pipe (`--remote-debugging-pipe`).
const GUARD: &str = r#"
exec 3<&0
chromedriver --port=0 --log-level=SEVERE 3<&- </dev/null &
driver=$!
(read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 &
wait "$driver"
"#;
/// It takes a port that is free for IPv4, and ends if somebody has the same one for IPv6: so often another one is tried.
const TRIES: usize = 5;
const STARTED: &str = "started successfully on port ";

pub(crate) struct Driver {
    pub(crate) port: u16,
    _process: Child,
    _guard: Option<ChildStdin>,
}

impl Driver {
    pub(crate) async fn start() -> Self {
        for _ in 0..TRIES {
            if let Some(driver) = Self::try_start().await {
                return driver;
            }
        }
        panic!("chromedriver starts, if .ci/browser has installed it");
    }

    /// `None` if it has ended instead, or does not say where it is.
    async fn try_start() -> Option<Self> {
        let mut process = Command::new("sh")
            .args(["-c", GUARD])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("sh");
        let guard = process.stdin.take();
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port = tokio::time::timeout(DEADLINE, port(lines)).await.ok().flatten()?;
        Some(Self { port, _process: process, _guard: guard })
    }
}

async fn port(mut lines: Lines<BufReader<ChildStdout>>) -> Option<u16> {
    while let Some(line) = lines.next_line().await.expect("chromedriver's output") {
        if let Some((_, port)) = line.split_once(STARTED) {
            return port.trim_end_matches('.').parse().ok();
        }
    }
    None
}
