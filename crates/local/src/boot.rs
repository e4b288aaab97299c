//! Starts everything, in the program and in tests.

use std::{io, net::Ipv4Addr, sync::Arc, time::Duration};

use aws::{cloudwatch, deployment::Deployment, ec2};
use jiff::SignedDuration;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    api, build, clock, engine,
    executables::Source,
    flags::Options,
    listener,
    locks::lock,
    panel, this_computer,
    world::{Shared, World},
};

/// Why it does not start.
#[derive(Debug, thiserror::Error)]
pub enum CannotStart {
    /// A port is taken, or may not be used.
    #[error("port {port} cannot be used ({error}): {flag} takes another one, 0 for any that is free")]
    Port {
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
    BadAlarm(#[from] cloudwatch::ServiceError),
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
}

/// The listeners that everybody finds, bound before anything is made that has to know their addresses.
#[derive(Debug)]
pub struct Listeners {
    /// Where they are.
    pub urls: Urls,
    employee: TcpListener,
    panel: TcpListener,
    aws: TcpListener,
}

impl Listeners {
    /// Binds each to a port, to a free one where that is 0.
    ///
    /// # Errors
    /// When a port cannot be used.
    pub async fn bind(employee: u16, panel: u16, aws: u16) -> Result<Self, CannotStart> {
        let (employee, employee_url) = bind(employee, "--employee-port").await?;
        let (panel, panel_url) = bind(panel, "--panel-port").await?;
        let (aws, aws_url) = bind(aws, "--aws-port").await?;
        let urls = Urls { employee: employee_url, panel: panel_url, aws: aws_url };
        Ok(Self { urls, employee, panel, aws })
    }
}

/// A world that is served at its listeners. It ends when this is dropped.
#[derive(Debug)]
pub struct Served {
    world: Shared,
    tasks: JoinSet<()>,
}

impl Served {
    /// Serves it. Its time stands.
    #[must_use]
    pub fn new(world: Shared, listeners: Listeners) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(api::serve(Arc::clone(&world), listeners.aws));
        tasks.spawn(listener::serve(Arc::clone(&world), listeners.employee));
        tasks.spawn(panel::serve(Arc::clone(&world), listeners.panel));
        Self { world, tasks }
    }

    /// Lets another task run as long as these.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Lets time run at a speed; it stands at 0, and what falls due when it is stepped happens.
    pub fn let_time_run(&mut self, speed: f64) {
        self.world.timeline.set_speed(speed);
        self.tasks.spawn(engine::run(Arc::clone(&self.world)));
    }
}

/// Everything that was started. It ends when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where everything is.
    pub urls: Urls,
    pub world: Shared,
    served: Served,
    functions: Source,
    speed: f64,
}

impl Running {
    /// Provides the functions, and then lets time run: before, nothing could happen in it. When this returns they are
    /// there, or [`executables::Progress`](crate::executables::Progress) says why they are not.
    pub async fn provide_functions(&mut self) {
        build::provide(&self.world, &self.functions).await;
        self.served.let_time_run(self.speed);
    }
}

/// Starts everything but the functions, which [`Running::provide_functions`] does.
///
/// # Errors
/// When a port cannot be used, or a file of `infra` does not fit.
pub async fn start(options: Options) -> Result<Running, CannotStart> {
    let listeners = Listeners::bind(options.employee_port, options.panel_port, options.aws_port).await?;
    let urls = listeners.urls.clone();
    let mut world = World::new(on_this_computer(&options, &urls)?, options.start.unwrap_or_else(clock::system))?;
    world.functions.limits.concurrency = options.concurrency;
    world.call_takes = options.call_takes;
    lock(&world.ec2).settings.delays = delays(&options);
    let world = Arc::new(world);
    let served = Served::new(Arc::clone(&world), listeners);
    Ok(Running { urls, world, served, functions: options.functions, speed: options.speed })
}

fn on_this_computer(options: &Options, urls: &Urls) -> Result<Deployment, this_computer::BadFile> {
    let employee_url = &urls.employee;
    this_computer::deployment(&this_computer::Settings {
        employee_url: employee_url.clone(),
        aws_url: urls.aws.clone(),
        // What Cognito and the server of the load balancer's keys are on AWS, the employee page's listener emulates.
        sign_out_url: format!("{employee_url}/local/logout"),
        key_server: format!("{employee_url}/local/keys"),
        // A clock that stands is stepped: then nobody waits for the page's own intervals.
        speed: options.speed.max(1.0),
        ..options.settings.clone()
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
