//! The moto server behind this program, as one object that [`local`] asks.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use aws::ec2;
use local::{
    locks::{lock, write},
    this_computer,
    world::World,
};
use serde_json::{Value, json};
use tokio::sync::Mutex as AsyncMutex;

use crate::{
    callers::{self, Faults},
    client::{Client, Failed},
    internet,
    memory::{Addresses, Memory},
    read,
};

/// The server behind this program, and what it lacks.
#[derive(Debug)]
pub struct Upstream {
    pub(crate) client: Client,
    pub(crate) addresses: Addresses,
    pub(crate) callers: callers::Shared,
    memory: Mutex<Memory>,
    /// It is read by one at a time.
    reading: AsyncMutex<()>,
    /// The copies that are there, by the addresses of their AWS endpoints. The first one keeps them, and they end with
    /// it; each of them can be copied too, and be ended.
    _kept: Option<Arc<Copies>>,
    pub(crate) copies: Weak<Copies>,
}

/// What keeps each copy running, by the address of its AWS endpoint.
pub(crate) type Copies = Mutex<BTreeMap<String, Box<dyn Debug + Send>>>;

impl Upstream {
    /// In front of `http://HOST:PORT`.
    #[must_use]
    pub fn new(url: &str, addresses: Addresses, callers: callers::Shared) -> Self {
        let copies = Arc::new(Copies::default());
        Self {
            client: Client::new(url, this_computer::REGION),
            addresses,
            callers,
            memory: Mutex::new(Memory { stale: true, ..Memory::default() }),
            reading: AsyncMutex::default(),
            copies: Arc::downgrade(&copies),
            _kept: Some(copies),
        }
    }

    /// The same in front of a copy of what is behind it.
    pub(crate) fn copy(&self, url: &str, addresses: Addresses) -> Self {
        let mut memory = self.memory().clone();
        // Functions are told other addresses.
        memory.stale = true;
        memory.begin_faults(Faults::default());
        let client = Client::new(url, this_computer::REGION);
        let copies = Weak::clone(&self.copies);
        let callers = Arc::clone(&self.callers);
        Self {
            client,
            addresses,
            callers,
            memory: Mutex::new(memory),
            reading: AsyncMutex::default(),
            _kept: None,
            copies,
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
        self.memory().calls.iter().map(|call| json!(call)).collect()
    }

    /// Where the upstream is.
    #[must_use]
    pub fn url(&self) -> &str {
        self.client.base()
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        lock(&self.memory)
    }

    /// Reads what is deployed, if anything was written since.
    ///
    /// # Errors
    /// What the upstream refuses; then what was read before stays, and the next one tries again.
    pub(crate) async fn read_anew(&self, world: &World) -> Result<(), Failed> {
        let _turn = self.reading.lock().await;
        let memory = {
            let mut memory = self.memory();
            if !std::mem::take(&mut memory.stale) {
                return Ok(());
            }
            memory.clone()
        };
        let endpoint = lock(&world.ec2).endpoint();
        match read::everything(&self.client, &memory, &self.addresses, endpoint).await {
            Ok(found) => {
                self.take_over(world, found);
                Ok(())
            }
            Err(error) => {
                self.memory().stale = true;
                Err(error)
            }
        }
    }

    fn take_over(&self, world: &World, found: read::Found) {
        let now = world.clock.now();
        let read::Found { deployment, mut remarks } = found;
        let (subnets, vpcs) = (deployment.endpoint.subnets.clone(), deployment.endpoint.vpcs.clone());
        lock(&world.ec2).change_endpoint(|endpoint| {
            // Its VPC may have been made after the endpoint was told of it.
            if let Some(block) = vpcs.get(&endpoint.vpc) {
                endpoint.vpc_cidr.clone_from(block);
            }
            (endpoint.subnets, endpoint.vpcs) = (subnets, vpcs);
        });
        remarks.extend(lock(&world.cloudwatch).follow(&deployment, now));
        let new: Vec<_> = {
            let mut memory = self.memory();
            let new = remarks.iter().filter(|remark| !memory.remarks.contains(remark)).cloned().collect();
            memory.remarks = remarks;
            new
        };
        for remark in new {
            world.journal.note(now, "build", remark, json!({}));
        }
        *write(&world.deployment) = deployment;
    }

    /// Forgets everything; the upstream was emptied.
    pub(crate) async fn reset(&self, world: &World) -> Result<(), Failed> {
        *self.memory() = Memory { stale: true, ..Memory::default() };
        let endpoint = self.endpoint().await?;
        let settings = lock(&world.ec2).settings;
        let mut fresh = ec2::ClientVpn::new(&endpoint, this_computer::REGION, this_computer::ACCOUNT);
        fresh.settings = settings;
        *lock(&world.ec2) = fresh;
        write(&world.deployment).endpoint = endpoint;
        lock(&world.used).clear();
        lock(&world.publications).clear();
        world.logs.clear();
        Ok(())
    }
}
