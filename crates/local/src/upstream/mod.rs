#![doc = include_str!("README.md")]

// In the order in which a call passes them.
pub mod operation;
mod refuse;
mod session;

mod aws_like;
mod control;
mod expect;
mod fork;
mod gate;
mod groups;
mod instead;
mod internet;
mod invoke;
mod keep;
mod logs;
mod packages;
mod people;
mod tagging;

mod client;
mod xml;

mod read;

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use aws::{authorize::Principal, ec2};
use axum::{body::Bytes, http::request::Parts, response::Response};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex as AsyncMutex;

pub use client::Failed;
pub use read::Addresses;

use crate::{
    locks::{lock, write},
    this_computer,
    world::{self, Shared, World},
};
use aws_like::{certificates, delays};
use client::Client;
use packages::Packages;

/// The server behind this program, and what it lacks.
#[derive(Debug)]
pub struct Upstream {
    client: Client,
    addresses: Addresses,
    state: Mutex<State>,
    /// It is read by one at a time.
    reading: AsyncMutex<()>,
    /// The copies that are there, by the addresses of their AWS endpoints. The first one keeps them, and they end with
    /// it; each of them can be copied too, and be ended.
    _kept: Option<Arc<Copies>>,
    copies: Weak<Copies>,
    fork: Fork,
}

/// Starts a copy of a world in front of a copy of its upstream, which is at this URL.
pub type Fork = for<'a> fn(&'a World, &'a Upstream, &'a str) -> BoxFuture<'a, Result<Forked, String>>;

/// A copy that runs until this is dropped.
pub struct Forked {
    /// Its AWS endpoint.
    pub aws: String,
    /// What keeps it running.
    pub running: Box<dyn Debug + Send>,
}

type Copies = Mutex<BTreeMap<String, Box<dyn Debug + Send>>>;

/// What is kept here of what was written there.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Something was written since it was last read.
    stale: bool,
    packages: Packages,
    /// Fields that moto forgets.
    kept: BTreeMap<String, Value>,
    /// Branding styles by app client.
    branding: BTreeMap<String, Value>,
    /// Tags that user pools got or lost after they were created.
    pool_tags: BTreeMap<String, BTreeMap<String, Option<String>>>,
    /// Provisioned concurrency by function and alias.
    provisioned: BTreeMap<String, Value>,
    certificates: certificates::Certificates,
    /// Until when AWS does not know of what was done.
    delayed: BTreeMap<(delays::Kind, String), Timestamp>,
    /// AWS knows of everything at once: not as it is.
    no_delays: bool,
    /// How alarms stand, as the upstream was told last: value and reason, by name.
    told: BTreeMap<String, (&'static str, String)>,
    calls: Vec<control::Call>,
    /// What was said about what is not played; once is enough.
    remarks: Vec<String>,
}

impl Upstream {
    /// In front of `http://HOST:PORT`.
    #[must_use]
    pub fn new(url: &str, addresses: Addresses, fork: Fork) -> Self {
        let copies = Arc::new(Copies::default());
        Self {
            client: Client::new(url, this_computer::REGION),
            addresses,
            state: Mutex::new(State { stale: true, ..State::default() }),
            reading: AsyncMutex::default(),
            copies: Arc::downgrade(&copies),
            fork,
            _kept: Some(copies),
        }
    }

    /// The same in front of a copy of what is behind it.
    pub(crate) fn copy(&self, url: &str, addresses: Addresses) -> Self {
        let mut state = self.state().clone();
        // Functions are told other addresses.
        state.stale = true;
        state.calls.clear();
        let client = Client::new(url, this_computer::REGION);
        let copies = Weak::clone(&self.copies);
        Self {
            client,
            addresses,
            state: Mutex::new(state),
            reading: AsyncMutex::default(),
            _kept: None,
            copies,
            fork: self.fork,
        }
    }

    /// The endpoint that everybody finds at the beginning, in a default VPC as AWS makes it.
    ///
    /// # Errors
    /// When the upstream does not tell of its VPC.
    pub async fn endpoint(&self) -> Result<aws::deployment::Endpoint, Failed> {
        let endpoint = read::endpoint(&self.client).await?;
        internet::open(&self.client, &endpoint.vpc).await?;
        Ok(endpoint)
    }

    /// The calls so far, each with `operation`, `write`, `principal` and `status`.
    #[must_use]
    pub fn calls(&self) -> Vec<Value> {
        self.state().calls.iter().map(|call| json!(call)).collect()
    }

    /// Where the upstream is.
    #[must_use]
    pub fn url(&self) -> &str {
        self.client.base()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Reads what is deployed, if anything was written since.
    ///
    /// # Errors
    /// What the upstream refuses; then what was read before stays, and the next one tries again.
    async fn read_anew(&self, world: &World) -> Result<(), Failed> {
        let _turn = self.reading.lock().await;
        let state = {
            let mut state = self.state();
            if !std::mem::take(&mut state.stale) {
                return Ok(());
            }
            state.clone()
        };
        let endpoint = lock(&world.ec2).endpoint().clone();
        match read::everything(&self.client, &state, &self.addresses, endpoint).await {
            Ok(found) => {
                self.take_over(world, found);
                Ok(())
            }
            Err(error) => {
                self.state().stale = true;
                Err(error)
            }
        }
    }

    fn take_over(&self, world: &World, found: read::Found) {
        let now = world.clock.now();
        let read::Found { deployment, mut remarks } = found;
        let subnets = deployment.endpoint.subnets.clone();
        lock(&world.ec2).change_endpoint(|endpoint| endpoint.subnets = subnets);
        remarks.extend(lock(&world.cloudwatch).follow(&deployment, now));
        let new: Vec<_> = {
            let mut state = self.state();
            let new = remarks.iter().filter(|remark| !state.remarks.contains(remark)).cloned().collect();
            state.remarks = remarks;
            new
        };
        for remark in new {
            world.happenings.note(now, "build", remark, json!({}));
        }
        *write(&world.deployment) = deployment;
    }

    /// Forgets everything; the upstream was emptied.
    pub(crate) async fn reset(&self, world: &World) -> Result<(), Failed> {
        *self.state() = State { stale: true, ..State::default() };
        let endpoint = self.endpoint().await?;
        let settings = lock(&world.ec2).settings;
        let mut fresh = ec2::State::new(&endpoint, this_computer::REGION, this_computer::ACCOUNT);
        fresh.settings = settings;
        *lock(&world.ec2) = fresh;
        write(&world.deployment).endpoint = endpoint;
        lock(&world.used).clear();
        lock(&world.publications).clear();
        world.logs.clear();
        Ok(())
    }
}

impl world::Upstream for Upstream {
    fn refresh<'a>(&'a self, world: &'a World) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.read_anew(world).await.map_err(|error| error.to_string()) })
    }

    fn answer<'a>(
        &'a self,
        world: &'a Shared,
        principal: Option<Principal>,
        parts: &'a Parts,
        body: Bytes,
    ) -> BoxFuture<'a, Response> {
        Box::pin(gate::answer(world, self, principal, parts, body))
    }
}
