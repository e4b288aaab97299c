//! The emulated AWS with its real functions, a data plane behind its endpoint, and people.

use std::{
    net::{TcpListener, UdpSocket},
    process,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use aws::ec2::Certificate;
use data_plane::{Certificates, DataPlane, Place};
use harness::{
    Vpn,
    http::{self, NAVIGATION},
};
use local::{
    boot::{self, Running},
    executables::beside_test_executable,
    flags::Options,
    functions::spawner::Spawner,
    locks::lock,
    this_computer::Settings,
    world::World,
};

use crate::{
    device::{Device, PATIENCE},
    pki::{Certified, Pki, SERVER},
};

/// A profile's `inactive` that no test reaches.
pub const STAYS: &str = "900 65536";

pub struct Office {
    pub running: Running,
    pub pki: Pki,
    pub data_plane: DataPlane,
    pub spawner: Spawner,
    port: Option<u16>,
}

impl Office {
    /// Nothing is on. The server listens on loopback.
    pub async fn begin() -> Self {
        Self::begin_with(Settings::default(), ENOUGH).await
    }

    /// The same with other settings, and as many invocations as the account may have at once.
    pub async fn begin_with(settings: Settings, concurrency: usize) -> Self {
        let port = free_port();
        Self::begin_at(Pki::new(), Place::Loopback { port }, Some(port), settings, concurrency).await
    }

    /// The same with another place for the server.
    pub async fn begin_at(pki: Pki, place: Place, port: Option<u16>, settings: Settings, concurrency: usize) -> Self {
        let directory = beside_test_executable().expect("the directory of the executables");
        // The clock begins at the real time: certificates and lists are good by both.
        let options = Options { settings, concurrency, ..Options::stepped(directory) };
        let mut running = boot::start(options).await.expect("started");
        running.provide_functions().await;
        assert_eq!(running.world.functions.build.get().error, None, "the functions are there");
        let arn = lock(&running.world.ec2).server_certificates().remove(0);
        let certificate = Certificate {
            domain: SERVER.to_owned(),
            common_name: SERVER.to_owned(),
            key_algorithm: "RSA-2048".to_owned(),
            chain: pki.ca(),
        };
        lock(&running.world.ec2).set_certificates([(arn.clone(), Some(certificate))].into());
        let certificates = Certificates::from([(arn, pki.server())]);
        let data_plane = DataPlane::start(Arc::clone(&running.world), certificates, place);
        Self { running, pki, data_plane, spawner: Spawner::default(), port }
    }

    /// A device's profile: what AWS exports, with what `infra/endpoint/lib/profile.sh` puts in.
    pub fn profile(&self, certified: &Certified, inactive: &str) -> String {
        let exported = self.with_ec2(|ec2, now| {
            let id = ec2.endpoint().id;
            ec2.export_configuration(now, &id).expect("exported")
        });
        let (certificate, key) = (certified.certificate.trim_end(), certified.key.trim_end());
        format!("{exported}<cert>\n{certificate}\n</cert>\n<key>\n{key}\n</key>\ninactive {inactive}\npush-peer-info\n")
    }

    /// A client on loopback, where no name leads to the endpoint, and no packet into the tunnel.
    pub async fn device(&self, certified: &Certified, inactive: &str) -> Device {
        self.device_of(&self.profile(certified, inactive)).await
    }

    /// The same with a profile.
    pub async fn device_of(&self, profile: &str) -> Device {
        let port = self.port.expect("on loopback");
        let (head, rest) = profile.split_once("remote ").expect("where the endpoint is");
        let (_, rest) = rest.split_once("remote-random-hostname\n").expect("a name of its own");
        let profile = format!("{head}remote 127.0.0.1 {port}\n{rest}");
        let options = "--dev null --ifconfig-noexec --route-noexec --connect-retry 1 1 --hand-window 5";
        let options: Vec<_> = options.split(' ').collect();
        Device::start(&self.spawner, self.pki.directory(), &profile, &options, &[]).await
    }

    /// An employee signs in and opens the page: her session's cookie.
    pub async fn open(&self) -> String {
        let user = self.user(0).expect("somebody");
        let url = self.running.urls.employee.trim_end_matches('/').to_owned();
        let cookie = http::cookies(&http::sign_in(&url, &[], &user, "/vpn").await);
        let mut headers = NAVIGATION.to_vec();
        headers.push(("cookie", &cookie));
        let answer = http::send("GET", &format!("{url}/"), &headers, String::new()).await;
        assert_eq!(answer.status(), 303, "{}", answer.body());
        cookie
    }

    /// The page turns it on, and it is ready.
    pub async fn turn_on(&self) -> String {
        let cookie = self.open().await;
        self.pass_until("it is on", 15, Self::is_on).await;
        self.look().await;
        cookie
    }

    /// What the open page gets when it asks how things are.
    pub async fn page_sees(&self, cookie: &str) -> u16 {
        let url = format!("{}/state", self.running.urls.employee.trim_end_matches('/'));
        http::send("GET", &url, &[("cookie", cookie)], String::new()).await.status().as_u16()
    }

    pub fn is_on(&self) -> bool {
        self.billed() > 0 && self.states().values().all(|state| state == "associated")
    }

    pub fn is_off(&self) -> bool {
        self.billed() == 0
    }

    /// The data plane knows what is so by now.
    pub async fn look(&self) {
        self.data_plane.look().await.expect("a data plane");
    }

    /// The connections that are listed as active.
    pub fn connected(&self) -> Vec<serde_json::Value> {
        let listed = self.report()["Connections"].as_array().cloned().unwrap_or_default();
        listed.into_iter().filter(|it| it["Status"]["Code"] == "active").collect()
    }

    /// The id of somebody's connection.
    pub fn connection_of(&self, common_name: &str) -> String {
        let connected = self.connected();
        let found = connected.iter().find(|it| it["CommonName"] == common_name);
        found.and_then(|it| it["ConnectionId"].as_str()).expect("connected").to_owned()
    }

    /// An administrator imports a list, and AWS has taken it in.
    pub async fn import_list(&self, list: &str) {
        self.with_ec2(|ec2, now| {
            let endpoint = ec2.endpoint().id;
            ec2.import_revocation_list(now, &endpoint, list).expect("imported");
        });
        self.pass(1).await;
        self.look().await;
    }

    /// Waits until something that clients do is seen here (real time).
    pub async fn sees(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let seen = async {
            while !is_so(self) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let seen = tokio::time::timeout(PATIENCE, seen).await;
        assert!(seen.is_ok(), "{what}: {:?}\n{}", self.connected(), self.happened_but_calls().join("\n"));
    }

    /// The connection log.
    pub fn logged(&self) -> Vec<serde_json::Value> {
        self.with_ec2(|ec2, _| ec2.connection_log().cloned().collect())
    }
}

impl Vpn for Office {
    fn world(&self) -> &Arc<World> {
        &self.running.world
    }
}

/// As many invocations at once as no test has.
pub const ENOUGH: usize = 1000;

/// A port that nobody has, by UDP and by TCP. It lies below those that the kernel gives to connections: one of them could have it
/// before the server does. No two tests look at the same.
fn free_port() -> u16 {
    static LOOKED_AT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(process::id() % 10_000).expect("small");
    let is_free =
        |port: &u16| UdpSocket::bind(("127.0.0.1", *port)).is_ok() && TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut ports = (0..10_000).map(|_| 20_000 + (first + LOOKED_AT.fetch_add(1, Ordering::Relaxed) % 10_000) % 10_000);
    ports.find(is_free).expect("a port")
}
