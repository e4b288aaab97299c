//! Everything together.

use std::{
    panic::resume_unwind,
    sync::{Arc, Mutex, RwLock},
};

use jiff::Timestamp;
use tokio::task::JoinHandle;

use crate::{
    alb, clock::Clock, cloudwatch, deployment::Deployment, ec2, functions, happenings::Happenings, timeline::Timeline,
};

/// The emulated world. Locks are held for single calls of pure state, never across an await.
#[derive(Debug)]
pub struct World {
    /// Its time.
    pub clock: Clock,
    /// When it began.
    pub started: Timestamp,
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

impl World {
    /// A world in which this is deployed and nothing has happened.
    ///
    /// # Errors
    /// An alarm of the deployment that CloudWatch refuses.
    pub fn new(deployment: Deployment, start: Timestamp) -> Result<Self, cloudwatch::Fault> {
        let ec2 = ec2::State::new(&deployment.endpoint, &deployment.region, &deployment.account);
        let cloudwatch = cloudwatch::State::new(&deployment, start)?;
        Ok(Self {
            clock: Clock::new(start),
            started: start,
            timeline: Timeline::default(),
            deployment: RwLock::new(deployment),
            ec2: Mutex::new(ec2),
            cloudwatch: Mutex::new(cloudwatch),
            functions: functions::Host::default(),
            alb: alb::State::default(),
            happenings: Happenings::default(),
        })
    }
}

/// Waits for a task of ours. A panic in it goes on here; it is cancelled only when everything ends, and then nobody
/// needs an answer any more.
pub(crate) async fn joined<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => std::future::pending().await,
        },
    }
}
