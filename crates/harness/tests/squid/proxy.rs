//! A proxy's machine, made by its user-data.

use std::{collections::BTreeMap, fs, path::PathBuf, process::Output};

use data_plane::Namespace;
use harness::infra;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::world::{API, PATIENCE, RECORD, RESOLVER, World, file};

const PATH: &str = "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

pub struct Proxy {
    pub machine: Namespace,
    pub address: String,
    /// Its root, as it is seen from here.
    root: PathBuf,
    /// The same, as it is seen from the machine's own first process.
    inside: PathBuf,
    _sites: Child,
}

/// The settings of provider.sh that reach user-data, as bash reads them.
pub fn settings(changes: &[(&str, &str)]) -> String {
    let mut all = BTreeMap::from([
        ("REGION", "us-east-1"),
        ("VPC_CIDRS", "10.0.0.0/16"),
        ("ALLOWED_DESTINATIONS", ""),
        ("DENIED_DESTINATIONS", ""),
        ("LOG_GROUP", "/egress/access"),
        ("PROXY_BALANCER", "nlb"),
        ("ZONE_ID", "Z0123456789EGRESS"),
        ("RECORD_NAME", RECORD),
        ("HEALTH_SECONDS", "10"),
        ("HEALTH_FAILURES", "3"),
    ]);
    all.extend(changes.iter().copied());
    all.iter().map(|(name, value)| format!("{name}='{}'\n", value.replace('\'', "'\\''"))).collect()
}

/// Runs lines of bash with these settings and the libraries of user-data.
pub async fn library(settings: &str, lines: &str) -> Output {
    let script = format!(
        "set -Eeuo pipefail\nset -o noglob\nINFRA='{}'\nsource \"$INFRA/lib/output.sh\"\nsource \"$INFRA/egress/lib/gap.sh\"\n\
         source \"$INFRA/egress/lib/user_data.sh\"\n{settings}{lines}",
        infra().display()
    );
    Command::new("bash").args(["-c", &script]).kill_on_drop(true).output().await.expect("bash")
}

impl Proxy {
    /// A machine at 10.0.NUMBER.11 that has not run its user-data yet.
    pub async fn new(world: &World, number: u8) -> Self {
        let place = world.directory.join(format!("machine-{number}"));
        fs::create_dir_all(&place).expect("a directory");
        let repository = infra().join("..").canonicalize().expect("the repository").display().to_string();
        let shared = world.directory.display().to_string();
        let (init, stubs) = (file("machine.sh"), file(""));
        let cli = world.python.with_file_name("aws").display().to_string();
        let endpoint = format!("http://{API}:8000");
        let words =
            ["bash", &init, &place.display().to_string(), &stubs, RESOLVER, &cli, &endpoint, &repository, &shared];
        let machine = Namespace::machine(&world.spawner, &words.map(str::to_owned)).await;
        let address = format!("10.0.{number}.11");
        world.plug(&machine, &format!("{address}/16"), Some(&format!("2600:1f00:1::{number}1/64"))).await;
        let inside = place.join("root");
        let root = PathBuf::from(format!("/proc/{}/root{}", machine.pid(), inside.display()));
        world.until("the machine is there", async || root.join("run/there").exists()).await;
        let sites = machine.spawn(&world.spawner, &["env", "python3", &file("sites.py")]).await;
        Self { machine, address, root, inside, _sites: sites }
    }

    /// The same, with its user-data run: unchanged, as EC2 hands it over.
    pub async fn begin(world: &World, number: u8, changes: &[(&str, &str)]) -> Self {
        let proxy = Self::new(world, number).await;
        let output = proxy.set_up(world, changes).await;
        assert!(output.status.success(), "user-data: {}", String::from_utf8_lossy(&output.stderr));
        proxy.answers(world).await;
        proxy
    }

    /// Runs the user-data.
    pub async fn set_up(&self, world: &World, changes: &[(&str, &str)]) -> Output {
        let script = world.directory.join(format!("user-data-{}", self.address)).display().to_string();
        let written =
            library(&settings(changes), &format!("user_data::write '{script}.gz'\ngzip -dc '{script}.gz' >'{script}'"))
                .await;
        assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
        self.run(&["bash", &script]).await
    }

    /// Waits until its squid answers, where nothing is logged.
    pub async fn answers(&self, world: &World) {
        let proxy = format!("http://{}:3127", self.address);
        let words = ["--proxy", &proxy, "http://site.example.com/"];
        if tokio::time::timeout(PATIENCE, world.vpc.answered(&words)).await.is_err() {
            panic!("squid does not answer: {}{}", self.text("/run/squid.log"), self.text("/var/log/squid/cache.log"));
        }
    }

    /// Runs something on the machine, as root.
    pub async fn run(&self, words: &[&str]) -> Output {
        let words = self.words(words);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        self.machine.output(&words).await
    }

    /// The same, where it has to succeed.
    pub async fn must(&self, words: &[&str]) -> String {
        let output = self.run(words).await;
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn words(&self, words: &[&str]) -> Vec<String> {
        let root = self.inside.display().to_string();
        let environment = ["env", "-i", PATH, "AWS_ACCESS_KEY_ID=any", "AWS_SECRET_ACCESS_KEY=any"];
        let mut all: Vec<_> = ["chroot", &root].iter().chain(&environment).map(ToString::to_string).collect();
        all.extend(words.iter().map(ToString::to_string));
        all
    }

    /// A file of it, for whoever reads it from outside.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// What its access log has.
    pub fn log(&self) -> Vec<Value> {
        let text = self.text("/var/log/squid/access.log");
        text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }

    /// It is gone, at once and with all it has.
    pub async fn dies(&mut self) {
        self.machine.end().await;
    }
}
