//! The networks around the proxies. All is gone with the test, however it ends.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use data_plane::Namespace;
use local::functions::spawner::Spawner;
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use vpn_core::clock::Stopwatch;

/// The name that every project sets, and the record that the gateway finds the proxies by.
pub const PROXY: &str = "http://proxy.egress.example.com:3128";
pub const RECORD: &str = "proxies.egress.internal";
/// Where a consumer's endpoint is, and the gateway: in the same range.
const ENDPOINT: &str = "10.0.0.50";
pub const GATEWAY: &str = "10.0.1.20";
/// The router and the resolver of the provider's VPC, and where AWS's interfaces are for its instances.
const ROUTER: &str = "10.0.0.1";
pub const RESOLVER: &str = "10.0.0.2";
pub const API: &str = "10.0.0.3";
/// Where an instance is told about itself.
pub const METADATA: &str = "169.254.169.254";
/// On the internet: a site, and what the proxies look at to see whether they get through.
pub const SITE: &str = "93.184.216.34";
const AWS: &str = "52.94.0.10";
/// How long something may take by the real clock: many times what it does.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub directory: PathBuf,
    pub spawner: Spawner,
    pub python: PathBuf,
    pub vpc: Namespace,
    internet: Namespace,
    gateway: Namespace,
    consumers: [Namespace; 2],
    /// Servers and relays.
    running: Vec<Child>,
}

/// A file of this suite.
pub fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/squid").join(name).display().to_string()
}

impl World {
    /// The first consumer's endpoint leads to the first of these names of proxies, the second's to the second. The VPC's resolver
    /// knows `names` beside those that everybody needs; in the VPC are these addresses.
    pub async fn begin(gateways: [&str; 2], names: &Value, addresses: &[String]) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("squid-{:016x}", fastrand::u64(..)));
        fs::create_dir_all(&directory).expect("a directory");
        let python = harness::python().await;
        let spawner = Spawner::default();
        let (vpc, internet) = (Namespace::new(&spawner).await, Namespace::new(&spawner).await);
        let gateway = Namespace::new(&spawner).await;
        let consumers = [Namespace::new(&spawner).await, Namespace::new(&spawner).await];
        let mut world = Self { directory, spawner, python, vpc, internet, gateway, consumers, running: Vec::new() };
        world.lay_cables(addresses).await;
        world.start_servers(names).await;
        world.start_relays(gateways).await;
        world
    }

    async fn lay_cables(&self, addresses: &[String]) {
        let Self { vpc, internet, .. } = self;
        vpc.connect("44.0.0.1/30", internet, "44.0.0.2/30").await;
        let (there, back) = (format!("to{}", internet.pid()), format!("to{}", vpc.pid()));
        for command in [
            // An address of its own: another when a machine goes would be another router for the rest.
            "ip link add br0 address 02:00:00:00:00:01 type bridge".to_owned(),
            "ip link set br0 up".to_owned(),
            format!("ip address add {ROUTER}/16 dev br0"),
            format!("ip address add {RESOLVER}/32 dev lo"),
            format!("ip address add {API}/32 dev lo"),
            format!("ip address add {METADATA}/32 dev lo"),
            "ip address add 2600:1f00:1::1/64 dev br0 nodad".to_owned(),
            format!("ip address add 2600:1f00:2::1/64 dev {there} nodad"),
            "ip route add default via 44.0.0.2".to_owned(),
            "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1".to_owned(),
            "nft add table ip nat".to_owned(),
            "nft add chain ip nat out { type nat hook postrouting priority 100 ; }".to_owned(),
            format!("nft add rule ip nat out oifname {there} masquerade"),
        ] {
            vpc.run(&command).await;
        }
        for address in addresses {
            let bits = if address.contains(':') { "128 nodad" } else { "32" };
            let (length, flags) = bits.split_once(' ').unwrap_or((bits, ""));
            vpc.run(&format!("ip address add {address}/{length} dev lo {flags}")).await;
        }
        for command in [
            format!("ip address add {SITE}/32 dev lo"),
            format!("ip address add {AWS}/32 dev lo"),
            format!("ip address add 2600:1f00:2::2/64 dev {back} nodad"),
            "ip route add 2600:1f00:1::/64 via 2600:1f00:2::1".to_owned(),
        ] {
            internet.run(&command).await;
        }
        self.plug(&self.gateway, &format!("{GATEWAY}/16"), None).await;
        for consumer in &self.consumers {
            consumer.run("ip address add 10.0.0.10/16 dev lo").await;
            consumer.run(&format!("ip address add {ENDPOINT}/32 dev lo")).await;
        }
    }

    /// Connects something to the provider's VPC, with an address of its own.
    pub async fn plug(&self, what: &Namespace, address: &str, ipv6: Option<&str>) {
        let port = format!("port{}", what.pid());
        self.vpc.run(&format!("ip link add {port} type veth peer name eth0 netns {}", what.pid())).await;
        self.vpc.run(&format!("ip link set {port} master br0 up")).await;
        what.run(&format!("ip address add {address} dev eth0")).await;
        what.run("ip link set eth0 up").await;
        what.run(&format!("ip route add default via {ROUTER}")).await;
        if let Some(ipv6) = ipv6 {
            what.run(&format!("ip address add {ipv6} dev eth0 nodad")).await;
            what.run("ip route add default via 2600:1f00:1::1").await;
        }
    }

    async fn start_servers(&mut self, names: &Value) {
        let mut known = json!({
            "site.example.com": {"A": [SITE]},
            "denied.example.com": {"A": [SITE]},
            "other.example.org": {"A": [SITE]},
            "sts.us-east-1.amazonaws.com": {"A": [AWS]},
        });
        known.as_object_mut().expect("an object").extend(names.as_object().cloned().unwrap_or_default());
        let known = self.write("names.json", &known.to_string());
        let theirs = self.write("consumer.json", &json!({"proxy.egress.example.com": {"A": [ENDPOINT]}}).to_string());
        self.write("resolv.conf", "nameserver 127.0.0.1\n");
        let certificate = self.certificate().await;
        let (vpc, sites) = (file("vpc.py"), file("sites.py"));
        let started = [
            self.vpc.spawn(&self.spawner, &["env", "python3", &vpc, RESOLVER, API, &known]).await,
            self.vpc.spawn(&self.spawner, &["env", "python3", &sites]).await,
            self.internet.spawn(&self.spawner, &["env", "python3", &sites, &certificate]).await,
            self.consumers[0].spawn(&self.spawner, &["env", "python3", &vpc, "127.0.0.1", "127.0.0.1", &theirs]).await,
            self.consumers[1].spawn(&self.spawner, &["env", "python3", &vpc, "127.0.0.1", "127.0.0.1", &theirs]).await,
        ];
        self.running.extend(started);
        for url in [format!("http://{API}:8000/records"), format!("http://{SITE}/"), format!("http://{ROUTER}/")] {
            self.vpc.answered(&[&url]).await;
        }
    }

    async fn start_relays(&mut self, gateways: [&str; 2]) {
        let relay = file("relay.py");
        for (number, name) in gateways.into_iter().enumerate() {
            let socket = self.directory.join(format!("link-{number}")).display().to_string();
            let words = ["env", "python3", &relay, "gateway", &socket, RESOLVER, name];
            let there = self.gateway.spawn(&self.spawner, &words).await;
            let words = ["env", "python3", &relay, "endpoint", ENDPOINT, &socket];
            let here = self.consumers[number].spawn(&self.spawner, &words).await;
            self.running.extend([there, here]);
        }
    }

    /// A certificate of the site with its key, for itself the authority.
    async fn certificate(&self) -> String {
        let both = self.directory.join("site.pem").display().to_string();
        let subject = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=site -addext subjectAltName=DNS:site.example.com,DNS:sts.us-east-1.amazonaws.com";
        let output = Command::new("openssl").args(subject.split(' ')).args(["-keyout", &both, "-out", &both]).output();
        let output = output.await.expect("openssl");
        let certificate = output.status.success().then(|| fs::read_to_string(&both).expect("a certificate"));
        assert!(certificate.is_some_and(|it| it.contains("CERTIFICATE") && it.contains("KEY")), "{output:?}");
        both
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.directory.join(name);
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// Runs curl in a consumer's VPC, with the proxy by its name.
    pub async fn curl(&self, consumer: usize, arguments: &[&str]) -> Output {
        let certificate = self.directory.join("site.pem").display().to_string();
        let mut words =
            vec!["curl", "--silent", "--show-error", "--max-time", "20", "--proxy", PROXY, "--cacert", &certificate];
        words.extend(arguments);
        let words = self.in_consumer(consumer, &words);
        Command::new(&words[0]).args(&words[1..]).kill_on_drop(true).output().await.expect("nsenter")
    }

    /// Words that run others in a consumer's VPC, with its resolver.
    pub fn in_consumer(&self, consumer: usize, words: &[&str]) -> Vec<String> {
        self.consumers[consumer].words_with_names(&self.directory.join("resolv.conf"), words)
    }

    /// Whether a consumer gets a page of the site.
    pub async fn serves(&self, consumer: usize) -> bool {
        let output = self.curl(consumer, &["--fail", "--max-time", "2", "http://site.example.com/"]).await;
        output.status.success()
    }

    /// What the emulated AWS has or was told.
    pub async fn aws(&self, path: &str) -> Value {
        let output = self.vpc.output(&["curl", "--silent", "--fail", &format!("http://{API}:8000{path}")]).await;
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Waits until something is so (real time).
    pub async fn until(&self, what: &str, is_so: impl AsyncFnMut() -> bool) {
        self.until_or(what, is_so, String::new).await;
    }

    /// The same, with what is to be shown where it does not become so.
    pub async fn until_or(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool, shown: impl Fn() -> String) {
        let begun = Stopwatch::start();
        while !is_so().await {
            assert!(begun.elapsed() < PATIENCE, "after {PATIENCE:?} it is not so that {what}\n{}", shown());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What is left of it is small, and below the build's own directory.
        drop(fs::remove_dir_all(&self.directory));
    }
}
