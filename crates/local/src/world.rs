//! Everything together.

use std::{
    collections::BTreeSet,
    fmt::Debug,
    panic::resume_unwind,
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};

use aws::{
    authorize::{Context, Decision, Principal, authorize},
    cloudwatch,
    deployment::Deployment,
    ec2,
};
use axum::{body::Bytes, http::request::Parts, response::Response};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    alb,
    clock::Clock,
    functions,
    holds::Holds,
    journal::Journal,
    locks::{lock, read},
    timeline::Timeline,
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
    pub deployment: RwLock<Deployment>,
    /// EC2's Client VPN.
    pub ec2: Mutex<ec2::ClientVpn>,
    /// Metrics and alarms.
    pub cloudwatch: Mutex<cloudwatch::CloudWatch>,
    /// The functions' processes.
    pub functions: functions::Host,
    /// Calls to EC2 that wait.
    pub holds: Holds,
    /// The load balancer's sessions and key.
    pub alb: alb::LoadBalancer,
    /// How long a call to AWS is under way, by the real clock: nothing, but where load is tried.
    pub call_takes: Duration,
    /// What happened.
    pub journal: Journal,
    /// What functions wrote.
    pub logs: functions::logs::Logs,
    /// What was published to topics.
    pub publications: Mutex<Vec<Value>>,
    /// What roles and services were allowed to do: principal, action, resource.
    pub used: Mutex<BTreeSet<(String, String, String)>>,
    /// The server whose contents decide, if there is one.
    pub upstream: Option<Arc<dyn Upstream>>,
}

/// A server behind this program: what stands there decides what is deployed here, and it answers whatever is not emulated.
pub trait Upstream: Debug + Send + Sync {
    /// Reads what is deployed there, if anything was written since.
    ///
    /// # Errors
    /// In words, what it refuses; then what was read before stays, and the next one tries again.
    fn refresh<'a>(&'a self, world: &'a World) -> BoxFuture<'a, Result<(), String>>;

    /// Answers one call to the AWS endpoint. `principal` is `None` for a request that is not signed.
    fn answer<'a>(
        &'a self,
        world: &'a Shared,
        principal: Option<Principal>,
        parts: &'a Parts,
        body: Bytes,
    ) -> BoxFuture<'a, Response>;
}

/// How everything refers to the world.
pub type Shared = Arc<World>;

impl World {
    /// A world in which this is deployed and nothing has happened.
    ///
    /// # Errors
    /// An alarm of the deployment that CloudWatch refuses.
    pub fn new(deployment: Deployment, start: Timestamp) -> Result<Self, cloudwatch::ServiceError> {
        let ec2 = ec2::ClientVpn::new(&deployment.endpoint, &deployment.region, &deployment.account);
        let cloudwatch = cloudwatch::CloudWatch::new(&deployment, start)?;
        Ok(Self {
            clock: Clock::new(start),
            started: start,
            timeline: Timeline::default(),
            deployment: RwLock::new(deployment),
            ec2: Mutex::new(ec2),
            holds: Holds::default(),
            cloudwatch: Mutex::new(cloudwatch),
            functions: functions::Host::default(),
            alb: alb::LoadBalancer::default(),
            call_takes: Duration::ZERO,
            journal: Journal::default(),
            logs: functions::logs::Logs::default(),
            publications: Mutex::default(),
            used: Mutex::default(),
            upstream: None,
        })
    }

    /// The same world once more: what happened so far and who is signed in are not copied, what is deployed and
    /// stands is.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            clock: Clock::new(self.clock.now()),
            started: self.started,
            timeline: Timeline::default(),
            deployment: RwLock::new(read(&self.deployment).clone()),
            ec2: Mutex::new(lock(&self.ec2).clone()),
            holds: Holds::default(),
            cloudwatch: Mutex::new(lock(&self.cloudwatch).clone()),
            functions: functions::Host::default(),
            alb: alb::LoadBalancer::default(),
            call_takes: self.call_takes,
            journal: Journal::default(),
            logs: self.logs.copy(),
            publications: Mutex::new(lock(&self.publications).clone()),
            used: Mutex::default(),
            upstream: self.upstream.clone(),
        }
    }

    /// Asks before every AWS call and every invocation, and remembers what was allowed.
    pub fn may(&self, principal: &Principal, action: &str, resource: &str, context: &Context) -> Decision {
        let decision = authorize(&read(&self.deployment), principal, action, resource, context);
        if decision == Decision::Allowed && *principal != Principal::Administrator {
            lock(&self.used).insert((principal.to_string(), action.to_owned(), resource.to_owned()));
        }
        decision
    }

    /// Before a decision: what was written upstream counts from now on. Without an upstream there is nothing to do.
    pub async fn refresh_deployment(&self) {
        let Some(upstream) = &self.upstream else { return };
        if let Err(error) = upstream.refresh(self).await {
            let text = format!("the upstream cannot be read, and what was read before counts: {error}");
            tracing::error!("{text}");
            self.journal.note(self.clock.now(), "fault", text, json!({ "error": error }));
        }
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
