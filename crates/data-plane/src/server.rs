//! One OpenVPN server: its process, and the way in to its management interface.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use local::functions::spawner::Spawner;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{
        UnixListener,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::{Child, ChildStdout},
    sync::mpsc,
    time::timeout,
};

use crate::{
    configuration::Setup,
    management::{Event, Reader},
    place::{ERRORS, Place},
};

/// How long a server may take to be ready: many times what it does.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a server is not there.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    #[error(transparent)]
    Unfit(#[from] crate::configuration::Unfit),
    #[error("OpenVPN cannot be started: {0}")]
    Io(#[from] io::Error),
    #[error("OpenVPN ended, or was not ready in time:\n{0}")]
    NotReady(String),
    #[error("nftables refuses the rules: {0}")]
    Firewall(String),
}

/// What comes from a server.
#[derive(Debug)]
pub enum Heard {
    Event(Event),
    /// A line of its log.
    Line(String),
    /// It is not there any more.
    Ended,
}

/// A server. It ends when this is dropped, and when this program does.
#[derive(Debug)]
pub struct Server {
    pub setup: Setup,
    process: Child,
    orders: mpsc::UnboundedSender<String>,
    _directory: Directory,
}

impl Server {
    /// Starts one, and waits until it takes clients.
    ///
    /// # Errors
    /// [`CannotStart`].
    pub async fn start(
        spawner: &Spawner,
        place: &Place,
        setup: Setup,
        heard: mpsc::UnboundedSender<Heard>,
    ) -> Result<Self, CannotStart> {
        let directory = Directory::new()?;
        for (name, content) in &setup.files {
            directory.write(name, content)?;
        }
        let options = [place.options(&setup), setup.options.clone()].concat();
        directory.write("server.conf", &(options.join("\n") + "\n"))?;
        let listener = UnixListener::bind(directory.0.join("management"))?;
        let arguments = vec!["--config".to_owned(), "server.conf".to_owned()];
        let mut process = place.spawn(spawner, "openvpn", arguments, &directory.0).await?;
        let stdout = process.stdout.take().ok_or_else(|| io::Error::other("OpenVPN has no output"))?;
        let mut log = BufReader::new(stdout).lines();
        let mut said = String::new();
        match timeout(PATIENCE, ready(&mut log, &mut said)).await {
            Ok(Ok(true)) => {}
            Ok(Err(error)) => return Err(error.into()),
            Ok(Ok(false)) | Err(_) => {
                return Err(CannotStart::NotReady(said + &fs::read_to_string(directory.0.join(ERRORS))?));
            }
        }
        // It has connected before it is ready.
        let (stream, _) = listener.accept().await?;
        let (read, write) = stream.into_split();
        let (orders, received) = mpsc::unbounded_channel();
        drop(orders.send("bytecount 1\n".to_owned()));
        tokio::spawn(obey(received, write));
        tokio::spawn(listen(BufReader::new(read).lines(), log, heard));
        Ok(Self { setup, process, orders, _directory: directory })
    }

    /// How it is told things.
    #[must_use]
    pub fn orders(&self) -> mpsc::UnboundedSender<String> {
        self.orders.clone()
    }

    /// Ends it, and waits for that: the next one listens at the same address.
    ///
    /// # Errors
    /// What the system says.
    pub async fn end(mut self) -> io::Result<()> {
        self.process.kill().await
    }
}

/// Whether the server says that it is ready.
async fn ready(log: &mut Lines<BufReader<ChildStdout>>, said: &mut String) -> io::Result<bool> {
    while let Some(line) = log.next_line().await? {
        said.push_str(&line);
        said.push('\n');
        if line.contains("Initialization Sequence Completed") {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn obey(mut orders: mpsc::UnboundedReceiver<String>, mut write: OwnedWriteHalf) {
    while let Some(order) = orders.recv().await {
        if let Err(error) = write.write_all(order.as_bytes()).await {
            // It has ended, which whoever listens is told.
            tracing::debug!("OpenVPN takes no orders any more: {error}");
            return;
        }
    }
}

async fn listen(
    mut management: Lines<BufReader<OwnedReadHalf>>,
    mut log: Lines<BufReader<ChildStdout>>,
    heard: mpsc::UnboundedSender<Heard>,
) {
    let mut reader = Reader::default();
    loop {
        let next = tokio::select! {
            line = management.next_line() => match line {
                Ok(Some(line)) => {
                    if let Some(refused) = line.strip_prefix("ERROR:") {
                        tracing::error!("OpenVPN does not do what it is told: {refused}");
                    }
                    reader.read(&line).map(Heard::Event)
                }
                Ok(None) | Err(_) => Some(Heard::Ended),
            },
            line = log.next_line() => match line {
                Ok(Some(line)) => Some(Heard::Line(line)),
                Ok(None) | Err(_) => Some(Heard::Ended),
            },
        };
        let Some(next) = next else { continue };
        let is_last = matches!(next, Heard::Ended);
        if heard.send(next).is_err() || is_last {
            return;
        }
    }
}

/// A directory for its owner alone, since the server's key is in it. It goes with this.
#[derive(Debug)]
struct Directory(PathBuf);

impl Directory {
    fn new() -> io::Result<Self> {
        // A short path: the name of a socket has at most a hundred bytes.
        let path = std::env::temp_dir().join(format!("data-plane-{:016x}", fastrand::u64(..)));
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn write(&self, name: impl AsRef<Path>, content: &str) -> io::Result<()> {
        let path = self.0.join(name);
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        io::Write::write_all(&mut file, content.as_bytes())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!("{} with the server's key cannot be removed: {error}", self.0.display());
        }
    }
}
