//! Four network namespaces: the device, the internet, the endpoint, and a VPC without an internet gateway. They have no
//! names, and are gone with the processes that hold them, which end with the test however it ends.

use std::{fs, path::Path};

use data_plane::Namespace;
use local::functions::spawner::Spawner;
use tokio::process::Child;

/// The endpoint's address on the internet, and its own in the associated subnet: all that the VPC sees of clients.
pub const ENDPOINT: &str = "198.51.100.2";
pub const IN_THE_SUBNET: &str = "10.0.0.5";
/// The device's address where it is.
pub const DEVICE: &str = "192.0.2.2";
/// A web server in the VPC, two in networks that are reached through it, and one on the internet.
pub const VPC: &str = "10.0.0.10";
pub const PEERED: &str = "10.20.0.10";
pub const OTHER: &str = "10.30.0.10";
pub const INTERNET: &str = "203.0.113.80";

/// Answers every request with the address that it comes from, and one for `/much` with a hundred thousand bytes.
const WEB_SERVER: &str = "import http.server\n\
class Handler(http.server.BaseHTTPRequestHandler):\n\
\x20   def do_GET(self):\n\
\x20       self.send_response(200)\n\
\x20       self.end_headers()\n\
\x20       self.wfile.write(b'x' * 100000 if self.path == '/much' else self.client_address[0].encode())\n\
\x20   def log_message(self, *_):\n\
\x20       pass\n\
http.server.ThreadingHTTPServer(('0.0.0.0', 80), Handler).serve_forever()\n";

/// Answers for names: any in front of the endpoint's leads to it, its own leads nowhere (fact 7.12).
const NAMES: &str = "import socket, sys\n\
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
server.bind(('127.0.0.1', 53))\n\
while True:\n\
\x20   query, whom = server.recvfrom(512)\n\
\x20   end = query.index(0, 12) + 5\n\
\x20   name, labels = 12, 0\n\
\x20   while query[name]:\n\
\x20       name, labels = name + query[name] + 1, labels + 1\n\
\x20   known = labels == 7 and b'clientvpn' in query[:end]\n\
\x20   answered = known and query[end - 4:end - 2] == b'\\0\\1'\n\
\x20   answer = b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\0\\0\\4' + socket.inet_aton(sys.argv[1]) if answered else b''\n\
\x20   counts = b'\\0\\1\\0' + bytes([answered]) + b'\\0\\0\\0\\0'\n\
\x20   server.sendto(query[:2] + b'\\x81' + bytes([0x80 if known else 0x83]) + counts + query[12:end] + answer, whom)\n";

pub struct Network {
    device: Namespace,
    internet: Namespace,
    endpoint: Namespace,
    vpc: Namespace,
    /// Web servers, and whoever answers the device's questions for names.
    servers: Vec<Child>,
    /// What it has started ends with it.
    _spawner: Spawner,
}

impl Network {
    pub async fn begin(directory: &Path) -> Self {
        let spawner = Spawner::default();
        let mut network = Self {
            device: Namespace::new(&spawner).await,
            internet: Namespace::new(&spawner).await,
            endpoint: Namespace::new(&spawner).await,
            vpc: Namespace::new(&spawner).await,
            servers: Vec::new(),
            _spawner: Spawner::default(),
        };
        let Self { device, internet, endpoint, vpc, .. } = &network;
        for ((one, address), (other, address_there)) in [
            ((device, "192.0.2.2/24"), (internet, "192.0.2.1/24")),
            ((internet, "198.51.100.1/24"), (endpoint, "198.51.100.2/24")),
            ((endpoint, "10.0.0.5/16"), (vpc, "10.0.0.10/16")),
        ] {
            one.connect(address, other, address_there).await;
        }
        for (namespace, command) in [
            (device, "ip route add default via 192.0.2.1".to_owned()),
            (internet, format!("ip address add {INTERNET}/32 dev lo")),
            (internet, "sysctl -qw net.ipv4.ip_forward=1".to_owned()),
            (endpoint, "ip route add default via 198.51.100.1".to_owned()),
            (endpoint, "ip route add 10.20.0.0/16 via 10.0.0.10".to_owned()),
            (endpoint, "ip route add 10.30.0.0/16 via 10.0.0.10".to_owned()),
            (endpoint, "sysctl -qw net.ipv4.ip_forward=1".to_owned()),
            (vpc, format!("ip address add {PEERED}/32 dev lo")),
            (vpc, format!("ip address add {OTHER}/32 dev lo")),
        ] {
            namespace.run(&command).await;
        }
        fs::write(directory.join("resolv.conf"), "nameserver 127.0.0.1\n").expect("a file");
        let names = ["env", "python3", "-c", NAMES, ENDPOINT];
        let web = ["env", "python3", "-c", WEB_SERVER];
        let servers = [
            device.spawn(&spawner, &names).await,
            internet.spawn(&spawner, &web).await,
            vpc.spawn(&spawner, &web).await,
        ];
        network.servers.extend(servers);
        network._spawner = spawner;
        for (namespace, address) in [(&network.internet, INTERNET), (&network.vpc, VPC)] {
            namespace.answered(&[address]).await;
        }
        network
    }

    /// The process whose namespace the endpoint's server is to be in.
    pub fn endpoint(&self) -> u32 {
        self.endpoint.pid()
    }

    /// What goes before a program on the device: its network, and its servers of names.
    pub fn on_the_device(&self, directory: &Path) -> Vec<String> {
        self.device.words_with_names(&directory.join("resolv.conf"), &[])
    }

    /// What a web server sees of the device, if it is reached.
    pub async fn reaches(&self, address: &str) -> Option<String> {
        let words = ["curl", "--silent", "--max-time", "2", address];
        let output = self.device.output(&words).await;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
