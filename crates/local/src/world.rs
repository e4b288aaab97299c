//! Everything together.

use std::sync::{Arc, Mutex, RwLock};

use crate::{
    alb, clock::Clock, cloudwatch, deployment::Deployment, ec2, functions, happenings::Happenings, timeline::Timeline,
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
    /// The load balancer's sessions and key.
    pub alb: alb::State,
    /// What happened.
    pub happenings: Happenings,
}

/// How everything refers to the world.
pub type Shared = Arc<World>;
