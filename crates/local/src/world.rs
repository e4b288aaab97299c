//! Everything together.

use std::sync::{Arc, Mutex, RwLock};

use jiff::Timestamp;

use crate::{
    clock::Clock, cloudwatch, deployment::Deployment, ec2, functions, happenings::Happenings, timeline::Timeline,
};

/// The emulated world. Locks are held for single calls of pure state, never across an await.
#[derive(Debug)]
pub struct World {
    /// Its time.
    pub clock: Clock,
    /// What falls due.
    pub timeline: Timeline,
    /// What is deployed.
    pub deployment: RwLock<Deployment>,
    /// EC2's Client VPN.
    pub ec2: Mutex<ec2::State>,
    /// Metrics and alarms.
    pub cloudwatch: Mutex<cloudwatch::State>,
    /// The functions' processes.
    pub functions: functions::Host,
    /// What happened.
    pub happenings: Happenings,
}

/// How everything refers to the world.
pub type Shared = Arc<World>;

impl World {
    /// A world in which this is deployed and nothing has happened.
    #[must_use]
    pub fn new(deployment: Deployment, start: Timestamp) -> Self {
        Self {
            clock: Clock::new(start),
            timeline: Timeline::default(),
            ec2: Mutex::new(ec2::State::new(&deployment.endpoint, &deployment.region, &deployment.account)),
            deployment: RwLock::new(deployment),
            cloudwatch: Mutex::default(),
            functions: functions::Host::default(),
            happenings: Happenings::default(),
        }
    }
}
