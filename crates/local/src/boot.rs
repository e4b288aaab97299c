//! Starts everything, in the program and in tests.

use std::{
    io,
    net::Ipv4Addr,
    sync::{Arc, PoisonError},
    time::Duration,
};

use aws::{
    cloudwatch,
    deployment::{Deployment, Endpoint},
    ec2,
};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    api, build, clock, engine,
    executables::Source,
    flags::Options,
    listener, panel, this_computer,
    upstream::{self, Forked, Upstream},
    world::{self, Shared, World},
};

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// A port is taken, or may not be used.
    #[error("port {port} cannot be used ({error}): {flag} takes another one, 0 for any that is free")]
    Port {
        /// The port.
        port: u16,
        /// The flag that chooses it.
        flag: &'static str,
        /// What the system says.
        error: io::Error,
    },
    /// A file of `infra` does not fit.
    #[error(transparent)]
    BadFile(#[from] this_computer::BadFile),
    /// `infra/alarm.json` is no alarm.
    #[error("infra/alarm.json: {0}")]
    BadAlarm(#[from] cloudwatch::Fault),
    /// There is no upstream.
    #[error("the upstream does not answer as moto does ({0}): start one with moto_server, and name its address")]
    Upstream(#[from] upstream::Failed),
}

/// Where everything is.
#[derive(Debug, Clone)]
pub struct Urls {
    /// The employee page.
    pub employee: String,
    /// The control panel.
    pub panel: String,
    /// The endpoint URL for SDKs and the AWS CLI.
    pub aws: String,
    /// The load balancer's listener for plain HTTP, in front of an upstream only.
    pub http: Option<String>,
}

/// Everything that was started. It ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where everything is.
    pub urls: Urls,
    /// The world.
    pub world: Shared,
    /// What stands behind it, if anything does.
    pub upstream: Option<Arc<Upstream>>,
    tasks: JoinSet<()>,
    functions: Source,
    speed: f64,
}

impl Running {
    /// Provides the functions, and then lets time run: before, nothing could happen in it. When this returns they are
    /// there, or [`executables::Progress`](crate::executables::Progress) says why they are not.
    pub async fn provide_functions(&mut self) {
        // In front of an upstream they come from there.
        if self.world.upstream.is_none() {
            build::provide(&self.world, &self.functions).await;
        }
        self.world.timeline.set_speed(self.speed);
        self.tasks.spawn(engine::run(Arc::clone(&self.world)));
    }
}

/// Starts everything but the functions, which [`Running::provide_functions`] does.
///
/// # Errors
/// When a port cannot be used.
pub async fn start(options: Options) -> Result<Running, CannotStart> {
    let (employee, employee_url) = bind(options.employee_port, "--employee-port").await?;
    let (control, panel_url) = bind(options.panel_port, "--panel-port").await?;
    let (aws, aws_url) = bind(options.aws_port, "--aws-port").await?;

    let delays = delays(&options);
    let start = options.start.unwrap_or_else(clock::system);
    let addresses = upstream::Addresses { aws: aws_url.clone(), employee: employee_url.clone() };
    let upstream = options.upstream.as_deref().map(|url| Arc::new(Upstream::new(url, addresses, fork_kept)));
    let mut world = match &upstream {
        Some(upstream) => World::new(in_front(upstream.endpoint().await?), start)?,
        None => World::new(on_this_computer(&options, &employee_url, &aws_url)?, start)?,
    };
    world.upstream = upstream.clone().map(|upstream| upstream as Arc<dyn world::Upstream>);
    world.ec2.get_mut().unwrap_or_else(PoisonError::into_inner).settings.delays = delays;
    let doors = Doors { employee, control, aws };
    let urls = Urls { employee: employee_url, panel: panel_url, aws: aws_url, http: None };
    serve(world, upstream, doors, urls, options.functions, options.speed).await
}

/// A copy of a world in front of a copy of its upstream: everything is as it stands, and goes its own way from now on.
/// Sessions, and what is still to fall due but alarms and schedules, are not copied; its clock stands.
///
/// # Errors
/// When no port is free.
pub async fn fork(world: &World, original: &Upstream, upstream: &str) -> Result<Running, CannotStart> {
    let (employee, employee_url) = bind(0, "--employee-port").await?;
    let (control, panel_url) = bind(0, "--panel-port").await?;
    let (aws, aws_url) = bind(0, "--aws-port").await?;
    let addresses = upstream::Addresses { aws: aws_url.clone(), employee: employee_url.clone() };
    let upstream = Arc::new(original.copy(upstream, addresses));
    let copy = world.copy(Arc::clone(&upstream) as Arc<dyn world::Upstream>);
    let doors = Doors { employee, control, aws };
    let urls = Urls { employee: employee_url, panel: panel_url, aws: aws_url, http: None };
    let mut running = serve(copy, Some(upstream), doors, urls, Source::Cargo, 0.0).await?;
    running.provide_functions().await;
    Ok(running)
}

/// The same for the upstream, which keeps it.
fn fork_kept<'a>(world: &'a World, original: &'a Upstream, upstream: &'a str) -> BoxFuture<'a, Result<Forked, String>> {
    Box::pin(async move {
        let running = fork(world, original, upstream).await.map_err(|error| error.to_string())?;
        Ok(Forked { aws: running.urls.aws.clone(), running: Box::new(running) })
    })
}

struct Doors {
    employee: TcpListener,
    control: TcpListener,
    aws: TcpListener,
}

async fn serve(
    world: World,
    upstream: Option<Arc<Upstream>>,
    doors: Doors,
    mut urls: Urls,
    functions: Source,
    speed: f64,
) -> Result<Running, CannotStart> {
    let world = Arc::new(world);
    let mut tasks = JoinSet::new();
    tasks.spawn(api::serve(Arc::clone(&world), doors.aws));
    tasks.spawn(listener::serve(Arc::clone(&world), doors.employee));
    tasks.spawn(panel::serve(Arc::clone(&world), doors.control));
    if world.upstream.is_some() {
        let (plain, url) = bind(0, "--employee-port").await?;
        tasks.spawn(listener::serve_plain(Arc::clone(&world), plain));
        urls.http = Some(url);
    }
    Ok(Running { urls, world, upstream, tasks, functions, speed })
}

/// An account in which nothing is deployed yet.
fn in_front(endpoint: Endpoint) -> Deployment {
    Deployment {
        partition: this_computer::PARTITION.to_owned(),
        region: this_computer::REGION.to_owned(),
        account: this_computer::ACCOUNT.to_owned(),
        endpoint,
        ..Deployment::default()
    }
}

fn on_this_computer(
    options: &Options,
    employee_url: &str,
    aws_url: &str,
) -> Result<Deployment, this_computer::BadFile> {
    this_computer::deployment(&this_computer::Options {
        subnets: this_computer::SUBNETS[..options.subnets].iter().map(|(id, ..)| (*id).to_owned()).collect(),
        routes: options.routes.clone(),
        idle_time: options.idle_time,
        employee_url: employee_url.to_owned(),
        aws_url: aws_url.to_owned(),
        // What Cognito and the server of the load balancer's keys are on AWS, the employee page's listener plays.
        sign_out_url: format!("{employee_url}/local/logout"),
        key_server: format!("{employee_url}/local/keys"),
        // A clock that stands is stepped: then nobody waits for the page's own intervals.
        speed: options.speed.max(1.0),
        ..this_computer::Options::default()
    })
}

fn delays(options: &Options) -> ec2::Delays {
    let time = |time: Duration| SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    ec2::Delays {
        associate: time(options.associate_delay),
        disassociate: time(options.disassociate_delay),
        create_route: time(options.route_delay),
        delete_route: time(options.route_delay),
        ..ec2::Delays::default()
    }
}

async fn bind(port: u16, flag: &'static str) -> Result<(TcpListener, String), CannotStart> {
    let failed = |error| CannotStart::Port { port, flag, error };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let url = format!("http://{}", listener.local_addr().map_err(failed)?);
    Ok((listener, url))
}
