//! The data plane of the endpoint: while a subnet is associated there is a server, and what happens at one is told to the
//! other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use aws::{
    client_connect::{Attempt, NO_ANSWER},
    ec2::{Given, Traffic},
};
use local::{
    clients,
    functions::spawner::Spawner,
    locks::lock,
    world::{Shared, World},
};
use serde_json::json;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

use crate::{
    configuration::{Certificates, Setup, for_client},
    firewall,
    management::{self, Client, Event, Variables},
    place::Place,
    server::{CannotStart, Heard, Server},
};

/// How often it looks at the endpoint (real time): whoever asks is not told, so that nothing there has to know of this.
const LOOKS_EVERY: Duration = Duration::from_millis(50);

/// Carries the clients of a world's endpoint until it is dropped.
#[derive(Debug)]
pub struct DataPlane {
    follower: Arc<Follower>,
    looking: JoinHandle<()>,
}

impl DataPlane {
    /// Begins to follow the endpoint of a world.
    #[must_use]
    pub fn start(world: Shared, certificates: Certificates, place: Place) -> Self {
        let follower =
            Arc::new(Follower { world, place, certificates, spawner: Spawner::default(), carrier: Mutex::default() });
        let looking = tokio::spawn(look_again_and_again(Arc::clone(&follower)));
        Self { follower, looking }
    }

    /// Looks at the endpoint now. When this returns there is a server if there should be.
    ///
    /// # Errors
    /// [`CannotStart`].
    pub async fn look(&self) -> Result<(), CannotStart> {
        self.follower.look().await
    }
}

impl Drop for DataPlane {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

#[derive(Debug)]
struct Follower {
    world: Shared,
    place: Place,
    certificates: Certificates,
    spawner: Spawner,
    carrier: Mutex<Option<Carrier>>,
}

/// A server with its clients.
#[derive(Debug)]
struct Carrier {
    server: Server,
    clients: Arc<Clients>,
    /// The rules of nftables that hold.
    rules: Option<String>,
    hearing: JoinHandle<()>,
}

/// Who is at a server.
#[derive(Debug)]
struct Clients {
    world: Shared,
    orders: mpsc::UnboundedSender<String>,
    known: StdMutex<BTreeMap<Client, Known>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// The connect handler is being asked.
    Asked,
    /// It is connected, under this id.
    Connected(String),
    /// It is being cut off.
    Killed,
}

async fn look_again_and_again(follower: Arc<Follower>) {
    let mut told = String::new();
    loop {
        if let Err(error) = follower.look().await {
            let text = format!("the endpoint has no data plane: {error}");
            if text != told {
                tracing::error!("{text}");
                let now = follower.world.clock.now();
                follower.world.journal.note(now, "fault", text.clone(), json!({"error": error.to_string()}));
                told = text;
            }
        }
        tokio::time::sleep(LOOKS_EVERY).await;
    }
}

impl Follower {
    async fn look(&self) -> Result<(), CannotStart> {
        let mut carrier = self.carrier.lock().await;
        let given = lock(&self.world.ec2).given(self.world.clock.now());
        let setup = match &given {
            Some(given) => Some(Setup::new(given, &self.certificates)?),
            None => None,
        };
        if let Some(ended) = carrier.take_if(|it| it.has_ended() || setup.as_ref() != Some(&it.server.setup)) {
            ended.end().await?;
        }
        let (Some(given), Some(setup)) = (given, setup) else { return Ok(()) };
        if carrier.is_none() {
            *carrier = Some(self.begin(setup).await?);
        }
        if let Some(carrier) = carrier.as_mut() {
            self.filter(carrier, &given).await?;
            carrier.clients.cut_off_whoever_was_ended();
        }
        Ok(())
    }

    async fn begin(&self, setup: Setup) -> Result<Carrier, CannotStart> {
        let (heard, hears) = mpsc::unbounded_channel();
        let server = Server::start(&self.spawner, &self.place, setup, heard).await?;
        let world = Arc::clone(&self.world);
        let clients = Arc::new(Clients { world, orders: server.orders(), known: StdMutex::default() });
        let hearing = tokio::spawn(hear(Arc::clone(&clients), hears));
        Ok(Carrier { server, clients, rules: None, hearing })
    }

    /// Lets on what has a route and an authorization rule, where anything is carried at all.
    async fn filter(&self, carrier: &mut Carrier, given: &Given) -> Result<(), CannotStart> {
        if matches!(self.place, Place::Loopback { .. }) {
            return Ok(());
        }
        let rules = firewall::rules(given);
        if carrier.rules.as_ref() == Some(&rules) {
            return Ok(());
        }
        let output = self.place.run("nft", vec![rules.clone()]).await?;
        if !output.status.success() {
            return Err(CannotStart::Firewall(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        carrier.rules = Some(rules);
        Ok(())
    }
}

impl Carrier {
    fn has_ended(&self) -> bool {
        self.hearing.is_finished()
    }

    /// Everybody is told, so that they try again at once instead of waiting for signs of life.
    async fn end(self) -> Result<(), CannotStart> {
        self.clients.cut_off_everyone();
        let is_there = |known: &BTreeMap<Client, Known>| known.values().any(|known| *known == Known::Killed);
        let gone = async {
            while is_there(&lock(&self.clients.known)) && !self.has_ended() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        // Whoever is not gone by then was told all the same, or misses the server's signs of life.
        drop(tokio::time::timeout(GOODBYE, gone).await);
        self.server.end().await?;
        self.hearing.abort();
        self.clients.everyone_is_gone();
        Ok(())
    }
}

/// How long a server that ends has to tell its clients: less than one of them waits before it tries again.
const GOODBYE: Duration = Duration::from_millis(500);

async fn hear(clients: Arc<Clients>, mut hears: mpsc::UnboundedReceiver<Heard>) {
    while let Some(heard) = hears.recv().await {
        match heard {
            Heard::Event(Event::Connects { client, key, variables }) => {
                lock(&clients.known).insert(client, Known::Asked);
                // Others go on while the handler thinks.
                tokio::spawn(Arc::clone(&clients).ask(client, key, variables));
            }
            Heard::Event(Event::ComesAgain { client, key }) => clients.comes_again(client, key),
            Heard::Event(Event::Gone(client)) => clients.gone(client),
            Heard::Event(Event::Traffic { client, from, to }) => clients.count(client, from, to),
            Heard::Event(Event::Fatal(line)) => tracing::error!("OpenVPN: {line}"),
            Heard::Line(line) => match refusal(&line) {
                Some((attempt, why)) => clients::refused_in_handshake(&clients.world, &attempt, &why),
                None => tracing::debug!("OpenVPN: {line}"),
            },
            Heard::Ended => break,
        }
    }
    clients.everyone_is_gone();
}

impl Clients {
    /// Asks about a client as the Client VPN service does, and tells the server.
    async fn ask(self: Arc<Self>, client: Client, key: u64, variables: Variables) {
        let order = match clients::connect(&self.world, &attempt(&variables)).await {
            Ok(id) => {
                // It may have gone meanwhile, or have been ended.
                if !self.stays(client, &id) {
                    clients::disconnect(&self.world, &id);
                    return;
                }
                self.lines(&id).map(|lines| management::accept(client, key, &lines)).unwrap_or_else(|why| {
                    clients::disconnect(&self.world, &id);
                    management::deny(client, key, &why, &why)
                })
            }
            // Turned off while it came: the server is about to end, and the client finds nobody when it tries again.
            Err(refused) if refused.reason == NO_ANSWER => management::kill(client),
            Err(refused) => management::deny(client, key, refused.reason, &refused.message),
        };
        self.tell(order);
    }

    /// Whether a client still waits for its answer; then it is connected under this id.
    fn stays(&self, client: Client, id: &str) -> bool {
        let mut known = lock(&self.known);
        let waits = known.get_mut(&client).filter(|known| **known == Known::Asked);
        waits.map(|known| *known = Known::Connected(id.to_owned())).is_some()
    }

    /// What a client gets that was let in under this id.
    fn lines(&self, id: &str) -> Result<Vec<String>, String> {
        let now = self.world.clock.now();
        let ec2 = lock(&self.world.ec2);
        let given = ec2.given(now).ok_or("the VPN is off")?;
        let address = ec2.client_addresses(now).remove(id).ok_or("the connection was ended")?;
        for_client(&given, &address).map_err(|unfit| unfit.to_string())
    }

    /// Its keys are new, and nothing else: it was let in before.
    fn comes_again(&self, client: Client, key: u64) {
        let is_in = matches!(lock(&self.known).get(&client), Some(Known::Connected(_)));
        let gone = "the connection was ended";
        self.tell(if is_in { management::accept(client, key, &[]) } else { management::deny(client, key, gone, gone) });
    }

    fn gone(&self, client: Client) {
        if let Some(Known::Connected(id)) = lock(&self.known).remove(&client) {
            clients::disconnect(&self.world, &id);
        }
    }

    fn count(&self, client: Client, from: u64, to: u64) {
        if let Some(Known::Connected(id)) = lock(&self.known).get(&client) {
            lock(&self.world.ec2).set_traffic(id, Traffic { ingress: from, egress: to });
        }
    }

    /// Whose connection was ended at the endpoint: by an administrator, a new list, or with the last subnet.
    fn cut_off_whoever_was_ended(&self) {
        let active: BTreeSet<String> = {
            let world: &World = &self.world;
            lock(&world.ec2).client_addresses(world.clock.now()).into_keys().collect()
        };
        self.cut_off(|known| matches!(known, Known::Connected(id) if !active.contains(id)));
    }

    fn cut_off_everyone(&self) {
        self.cut_off(|known| *known != Known::Killed);
    }

    fn cut_off(&self, is_meant: impl Fn(&Known) -> bool) {
        let mut known = lock(&self.known);
        for (client, known) in known.iter_mut().filter(|(_, known)| is_meant(known)) {
            if let Known::Connected(id) = std::mem::replace(known, Known::Killed) {
                clients::disconnect(&self.world, &id);
            }
            self.tell(management::kill(*client));
        }
    }

    fn everyone_is_gone(&self) {
        for known in std::mem::take(&mut *lock(&self.known)).into_values() {
            if let Known::Connected(id) = known {
                clients::disconnect(&self.world, &id);
            }
        }
    }

    fn tell(&self, order: String) {
        if self.orders.send(order).is_err() {
            tracing::debug!("a server that is gone is told nothing");
        }
    }
}

/// What is known of a client after its handshake. An iPad's default is not to be made up here.
fn attempt(variables: &Variables) -> Attempt {
    let told = |name: &str| variables.get(name).filter(|value| !value.is_empty()).cloned();
    Attempt {
        common_name: told("common_name").unwrap_or_default(),
        // In pairs of small letters with colons between them; OpenSSL writes capitals.
        serial: told("tls_serial_hex_0").map(|serial| serial.replace(':', "").to_uppercase()),
        username: None,
        platform: told("IV_PLAT"),
        platform_version: told("IV_PLAT_VER"),
        public_ip: told("trusted_ip").or_else(|| told("untrusted_ip")).unwrap_or_default(),
        client_openvpn_version: told("IV_VER"),
        aws_client_version: None,
        groups: None,
        minutes: None,
    }
}

/// Whom the server refused in the handshake, and why, from a line such as
/// `192.0.2.7:1194 VERIFY ERROR: depth=0, error=certificate revoked: CN=ipad-01, serial=4097`. The management interface is
/// silent about these.
fn refusal(line: &str) -> Option<(Attempt, String)> {
    let (from, error) = line.split_once(" VERIFY ERROR: depth=")?;
    let (_, error) = error.split_once("error=")?;
    let (why, subject) = error.split_once(": ")?;
    let (subject, serial) = subject.rsplit_once(", serial=").unwrap_or((subject, ""));
    let common_name = subject.split(", ").find_map(|part| part.strip_prefix("CN=")).unwrap_or(subject);
    let attempt = Attempt {
        common_name: common_name.to_owned(),
        serial: Some(serial.to_owned()).filter(|serial| !serial.is_empty()),
        platform: None,
        public_ip: from.rsplit_once(':').map_or(from, |(address, _)| address).to_owned(),
        client_openvpn_version: None,
        ..Attempt::default()
    };
    Some((attempt, why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_what_the_client_says() {
        let variables = [
            ("common_name", "alice/ipad"),
            ("tls_serial_hex_0", "0f:3a"),
            ("IV_PLAT", "ios"),
            ("IV_PLAT_VER", ""),
            ("IV_VER", "3.10.5"),
            ("untrusted_ip", "192.0.2.7"),
        ];
        let attempt = attempt(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        assert_eq!((attempt.common_name.as_str(), attempt.serial.as_deref()), ("alice/ipad", Some("0F3A")));
        assert_eq!((attempt.platform.as_deref(), attempt.platform_version), (Some("ios"), None));
        assert_eq!(
            (attempt.public_ip.as_str(), attempt.client_openvpn_version.as_deref()),
            ("192.0.2.7", Some("3.10.5"))
        );
    }

    #[test]
    fn a_refusal_names_who_and_why() {
        let line = "192.0.2.7:1194 VERIFY ERROR: depth=0, error=certificate revoked: CN=alice/ipad, serial=4097";
        let (attempt, why) = refusal(line).expect("a refusal");
        assert_eq!((attempt.common_name.as_str(), attempt.public_ip.as_str()), ("alice/ipad", "192.0.2.7"));
        assert_eq!((attempt.serial.as_deref(), why.as_str()), (Some("4097"), "certificate revoked"));
        let long = "192.0.2.7:1 VERIFY ERROR: depth=1, error=CRL has expired: C=NL, O=us, CN=ca";
        let (attempt, why) = refusal(long).expect("a refusal");
        assert_eq!((attempt.common_name.as_str(), why.as_str()), ("ca", "CRL has expired"));
        assert!(refusal("192.0.2.7:1194 VERIFY OK: depth=0, CN=alice/ipad").is_none());
    }
}
