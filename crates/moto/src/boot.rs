//! Starts everything in front of a moto server, in the program and in tests. The clock stands: it is stepped, or let run,
//! in the control panel.

use std::sync::Arc;

use aws::cloudwatch;
use jiff::Timestamp;
use local::{
    boot::{self, Listeners, Served, Urls},
    clock, listener, this_computer,
    world::{self, Shared, World},
};
use tokio::net::TcpListener;

use crate::{callers::Callers, client::Failed, memory::Addresses, upstream::Upstream};

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// A port cannot be used.
    #[error(transparent)]
    Port(#[from] boot::CannotStart),
    /// No port is free for the listener of plain HTTP.
    #[error("no port is free for the load balancer's listener of plain HTTP: {0}")]
    NoPort(#[from] std::io::Error),
    /// CloudWatch refuses an alarm, though none is there yet.
    #[error("an account without alarms is refused: {0}")]
    BadAlarm(#[from] cloudwatch::ServiceError),
    /// There is no upstream.
    #[error("the upstream does not answer as moto does ({0}): start one with moto_server, and name its address")]
    Upstream(#[from] Failed),
}

/// Everything that was started. It ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where everything is.
    pub urls: Urls,
    /// The load balancer's listener for plain HTTP.
    pub http: String,
    pub world: Shared,
    /// The moto server behind it.
    pub upstream: Arc<Upstream>,
    _served: Served,
}

/// Starts in front of the moto server at `http://HOST:PORT`, in which nothing is deployed yet; the clock begins at `start`,
/// or at the system's time. Who is not among the callers is an administrator.
///
/// # Errors
/// When no port is free, or nothing answers there as moto does.
pub async fn start(url: &str, start: Option<Timestamp>, callers: Callers) -> Result<Running, CannotStart> {
    let listeners = Listeners::bind(0, 0, 0).await?;
    let upstream = Upstream::new(url, addresses(&listeners.urls), Arc::new(callers));
    let world =
        World::new(this_computer::nothing_but(upstream.endpoint().await?), start.unwrap_or_else(clock::system))?;
    serve(world, upstream, listeners).await
}

/// A copy of a world in front of a copy of its upstream: everything is as it stands, and goes its own way from now on.
/// Sessions, and what is still to fall due but alarms and schedules, are not copied; its clock stands.
///
/// # Errors
/// When no port is free.
pub async fn fork(world: &World, original: &Upstream, url: &str) -> Result<Running, CannotStart> {
    let listeners = Listeners::bind(0, 0, 0).await?;
    let upstream = original.copy(url, addresses(&listeners.urls));
    serve(world.copy(), upstream, listeners).await
}

async fn serve(mut world: World, upstream: Upstream, listeners: Listeners) -> Result<Running, CannotStart> {
    let upstream = Arc::new(upstream);
    world.upstream = Some(Arc::clone(&upstream) as Arc<dyn world::Upstream>);
    let urls = listeners.urls.clone();
    let plain = TcpListener::bind(("127.0.0.1", 0)).await?;
    let http = format!("http://{}", plain.local_addr()?);
    let world = Arc::new(world);
    let mut served = Served::new(Arc::clone(&world), listeners);
    served.spawn(listener::serve_plain(Arc::clone(&world), plain));
    served.let_time_run(0.0);
    Ok(Running { urls, http, world, upstream, _served: served })
}

fn addresses(urls: &Urls) -> Addresses {
    Addresses { aws: urls.aws.clone(), employee: urls.employee.clone() }
}
