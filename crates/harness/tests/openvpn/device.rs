//! A device with a real OpenVPN client and its profile.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use data_plane::place::installed;
use local::{functions::spawner::Spawner, locks::lock};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
    sync::watch,
    time::timeout,
};

/// How long something may take (real time): many times what it does.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A client that runs. It ends when this is dropped, and when the test does.
pub struct Device {
    process: Child,
    said: Arc<Mutex<Vec<String>>>,
    changes: watch::Receiver<()>,
}

/// What a client says once it is connected.
const CONNECTED: &str = "Initialization Sequence Completed";
/// What it says of a refusal in the handshake.
pub const HANDSHAKE_FAILED: &str = "TLS handshake failed";

impl Device {
    /// Starts a client with a profile, inside a process's network namespace if one is named.
    pub async fn start(
        spawner: &Spawner,
        directory: &Path,
        profile: &str,
        options: &[&str],
        wrapper: &[String],
    ) -> Self {
        let file = directory.join(format!("profile-{:016x}.ovpn", fastrand::u64(..)));
        fs::write(&file, profile).expect("a file");
        let mut words: Vec<String> = wrapper.to_vec();
        words.push(installed("openvpn").expect("openvpn is installed").display().to_string());
        words.extend(["--config".to_owned(), file.display().to_string()]);
        words.extend(options.iter().map(ToString::to_string));
        let program = PathBuf::from(words.remove(0));
        let configure = move |command: &mut tokio::process::Command| {
            command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        };
        let mut process = spawner.spawn(&program, configure).await.expect("the client starts");
        let said = Arc::new(Mutex::new(Vec::new()));
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let (change, changes) = watch::channel(());
        let writes = Arc::clone(&said);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                lock(&writes).push(line);
                change.send_replace(());
            }
        });
        Self { process, said, changes }
    }

    /// Waits until it is connected, after so many lines.
    pub async fn connects_after(&mut self, after: usize) {
        self.says_after(after, CONNECTED).await;
    }

    /// Waits until it has said something, after so many lines.
    pub async fn says_after(&mut self, after: usize, words: &str) -> String {
        let find = |said: &[String]| said.iter().skip(after).find(|line| line.contains(words)).cloned();
        let found = timeout(PATIENCE, async {
            loop {
                if let Some(line) = find(&lock(&self.said)) {
                    return Some(line);
                }
                if self.changes.changed().await.is_err() {
                    return find(&lock(&self.said));
                }
            }
        });
        let found = found.await.ok().flatten();
        found.unwrap_or_else(|| panic!("the client does not say {words:?}:\n{}", self.log()))
    }

    pub async fn says(&mut self, words: &str) -> String {
        self.says_after(0, words).await
    }

    pub async fn connects(&mut self) {
        self.says(CONNECTED).await;
    }

    pub fn has_connected(&self) -> bool {
        self.has_said(CONNECTED)
    }

    /// How many lines it has said.
    pub fn lines(&self) -> usize {
        lock(&self.said).len()
    }

    pub fn log(&self) -> String {
        lock(&self.said).join("\n")
    }

    pub fn has_said(&self, words: &str) -> bool {
        lock(&self.said).iter().any(|line| line.contains(words))
    }

    /// Waits until it has ended by itself.
    pub async fn ends(&mut self) -> i32 {
        let ended = timeout(PATIENCE, self.process.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("the client does not end:\n{}", self.log()));
        status.expect("a status").code().unwrap_or(-1)
    }

    /// Ends it, as its user does.
    pub async fn leaves(mut self) {
        self.process.kill().await.expect("the client is there");
    }
}
