//! All environments of all functions: which is used, and when one is ended.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use aws::lambda::{Limits, NotInvoked};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{activity::Activity, environment::Environment, spawner::Spawner};
use crate::{executables::Progress, locks::lock};

/// A function inside this process: time, request id and payload in, the answer or the error's type and message out.
pub type InProcess =
    Arc<dyn Fn(Timestamp, String, Bytes) -> BoxFuture<'static, Result<Bytes, (String, String)>> + Send + Sync>;

/// The functions' processes. Dropping it ends them.
#[derive(Default)]
pub struct Host {
    /// How the service treats all functions.
    pub limits: Limits,
    /// How far the building of the functions is.
    pub build: Progress,
    pub(crate) activity: Arc<Activity>,
    pools: Mutex<BTreeMap<String, Pool>>,
    pub(crate) spawner: Spawner,
    pub(crate) in_process: Mutex<BTreeMap<String, InProcess>>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("pools", &self.pools).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Pool {
    idle: Vec<Environment>,
    busy: usize,
}

/// The right to use one environment of a function.
pub(crate) struct Lease<'a> {
    host: &'a Host,
    pub(crate) name: &'a str,
    pub(crate) environment: Option<Environment>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut pools = self.host.pools();
        let pool = pools.entry(self.name.to_owned()).or_default();
        pool.busy -= 1;
        pool.idle.extend(self.environment.take().filter(Environment::is_waiting));
    }
}

impl Host {
    /// Runs a function inside this process from now on: for tests whose many permutations need no processes.
    pub fn run_in_process(&self, function: &str, handler: InProcess) {
        lock(&self.in_process).insert(function.to_owned(), handler);
    }

    /// Ends environments that nobody used for a while, and those that are old.
    pub fn recycle(&self, now: Timestamp) {
        for pool in self.pools().values_mut() {
            pool.idle.retain(|environment| self.keeps(environment, now));
        }
    }

    /// Environments per function, for the control panel.
    #[must_use]
    pub fn report(&self) -> Value {
        let pools = self.pools();
        let per_function =
            pools.iter().map(|(name, pool)| (name.clone(), json!({ "idle": pool.idle.len(), "busy": pool.busy })));
        Value::Object(per_function.collect())
    }

    fn keeps(&self, environment: &Environment, now: Timestamp) -> bool {
        now.duration_since(environment.used) < self.limits.idle
            && now.duration_since(environment.born) < self.limits.age
    }

    fn pools(&self) -> MutexGuard<'_, BTreeMap<String, Pool>> {
        lock(&self.pools)
    }

    /// An environment that was made of this, or the right to make one.
    pub(crate) fn lease<'a>(&'a self, name: &'a str, made_of: &str, now: Timestamp) -> Result<Lease<'a>, NotInvoked> {
        let mut pools = self.pools();
        let under_way: usize = pools.values().map(|pool| pool.busy).sum();
        let pool = pools.entry(name.to_owned()).or_default();
        pool.idle.retain_mut(|environment| {
            environment.made_of == made_of && self.keeps(environment, now) && environment.lives()
        });
        if under_way >= self.limits.concurrency {
            return Err(NotInvoked::Throttled(name.to_owned()));
        }
        pool.busy += 1;
        Ok(Lease { host: self, name, environment: pool.idle.pop() })
    }
}
