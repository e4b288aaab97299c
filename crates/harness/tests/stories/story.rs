//! A story: people, clients and an administrator at a whole world, whose time the story passes.

use std::sync::Arc;

use ::http::{Response, StatusCode};
use aws::{
    deployment::Deployment,
    ec2::{AwsError, Fault},
};
pub use harness::http::{FORM, NAVIGATION, SCRIPT};
use harness::{Vpn, http};
use jiff::SignedDuration;
use local::{
    boot::{self, Running},
    clients,
    executables::beside_test_executable,
    flags::Options,
    locks::write,
    this_computer::{self, Settings},
    world::World,
};
use serde_json::{Value, json};

use crate::in_process;

pub const ASSOCIATOR: &str = "AWSClientVPN-AssociatingSubnets";
pub const DISASSOCIATOR: &str = "AWSClientVPN-DisassociatingSubnets";
pub const ROUTE: &str = "10.20.0.0/16";

/// AWS's own times in these stories, and what the schedule may add.
pub const ASSOCIATE: i64 = 5;
pub const DISASSOCIATE: i64 = 5;
pub const SCHEDULE: i64 = 5;
/// A route, to the next full minute.
pub const MAKE_ROUTE: i64 = 2;
pub const IDLE: i64 = 30;

/// Where the functions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Functions {
    /// As AWS runs them: the real processes behind a Runtime API.
    Processes,
    /// Handler, SDK and emulator in this process.
    InProcess,
}

/// Everything, and one employee who has signed in.
pub struct Story {
    running: Running,
    cookie: String,
    /// How many subnets and routes the settings name.
    wanted: (usize, usize),
}

impl Story {
    /// One employee, two subnets, one route, a Monday morning, nothing on.
    pub async fn begin(functions: Functions) -> Self {
        Self::begin_with(functions, |_| ()).await
    }

    /// The same with another deployment.
    pub async fn begin_with(functions: Functions, change: impl FnOnce(&mut Deployment)) -> Self {
        Self::begin_as(functions, 2, vec![ROUTE.to_owned()], change).await
    }

    /// The same with so many subnets and routes, each of which takes AWS 150 seconds (fact 11.10).
    pub async fn begin_with_routes(functions: Functions, subnets: usize, routes: usize) -> Self {
        let routes = (0..routes).map(|number| format!("172.16.{number}.0/24")).collect();
        let story = Self::begin_as(functions, subnets, routes, |_| ()).await;
        story.with_ec2(|ec2, _| ec2.settings.delays.create_route = SignedDuration::from_secs(150));
        story
    }

    /// The same with other routes.
    pub async fn begin_with_these_routes(functions: Functions, routes: &[&str]) -> Self {
        Self::begin_as(functions, 2, routes.iter().map(ToString::to_string).collect(), |_| ()).await
    }

    async fn begin_as(
        functions: Functions,
        subnets: usize,
        routes: Vec<String>,
        change: impl FnOnce(&mut Deployment),
    ) -> Self {
        let wanted = (subnets, routes.len());
        let directory = beside_test_executable().expect("the directory of the executables");
        let options = Options {
            start: Some("2026-11-02T09:00:00Z".parse().expect("time")),
            settings: Settings { subnets: this_computer::subnets(subnets), routes, ..Settings::default() },
            ..Options::stepped(directory)
        };
        let mut running = boot::start(options).await.expect("started");
        change(&mut write(&running.world.deployment));
        running.provide_functions().await;
        assert_eq!(running.world.functions.build.get().error, None, "the functions are there");
        if functions == Functions::InProcess {
            in_process::install(&running.world);
        }
        let mut story = Self { running, cookie: String::new(), wanted };
        story.cookie = story.sign_in(0).await;
        story
    }

    // What people do.

    /// Signs somebody in, and gives the browser's cookie.
    pub async fn sign_in(&self, user: usize) -> String {
        let user = self.user(user).expect("so many people");
        http::cookies(&http::sign_in(&self.running.urls.employee, &[], &user, "/vpn").await)
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response<String> {
        self.send_as(&self.cookie, method, path, headers, body).await
    }

    pub async fn send_as(
        &self,
        cookie: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<String> {
        let url = format!("{}{path}", self.running.urls.employee.trim_end_matches('/'));
        let mut all = headers.to_vec();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("cookie")) && !cookie.is_empty() {
            all.push(("cookie", cookie));
        }
        http::send(method, &url, &all, body.to_owned()).await
    }

    /// Opens the address everybody has, signs in where the last time is over an hour ago, and comes to the page.
    pub async fn open(&mut self) -> Response<String> {
        let mut answer = self.send("GET", "/", &NAVIGATION, "").await;
        if answer.status() == StatusCode::FOUND {
            self.cookie = self.sign_in(0).await;
            answer = self.send("GET", "/", &NAVIGATION, "").await;
        }
        if answer.status() != StatusCode::SEE_OTHER {
            return answer;
        }
        let page = answer.headers()["location"].to_str().expect("an address").to_owned();
        assert!(page.starts_with("/vpn?seen="), "{page}");
        self.send("GET", &page, &NAVIGATION, "").await
    }

    /// Reloads the page.
    pub async fn show(&self) -> Response<String> {
        self.send("GET", "/vpn", &NAVIGATION, "").await
    }

    /// The page's JSON twin.
    pub async fn state(&self) -> Value {
        json_of(&self.send("GET", "/state", &SCRIPT, "").await)
    }

    /// A waiting page asks.
    pub async fn progress(&self) -> Value {
        json_of(&self.send("POST", "/progress", &SCRIPT, "").await)
    }

    /// Signs in again, as people must each hour.
    pub async fn sign_in_again(&mut self) {
        self.cookie = self.sign_in(0).await;
    }

    /// Presses a button of the page.
    pub async fn press(&self, path: &str, form: &str) -> Response<String> {
        self.send("POST", path, &FORM, form).await
    }

    /// The hand-made routes that are active.
    pub fn routes(&self) -> usize {
        let report = self.report();
        let listed = report["Routes"].as_array().cloned().unwrap_or_default();
        listed.iter().filter(|r| r["Origin"] == "add-route" && r["Status"]["Code"] == "active").count()
    }

    pub fn is_on(&self) -> bool {
        let states = self.states();
        states.len() == self.wanted.0 && states.values().all(|state| state == "associated")
    }

    /// On, and every route of every subnet is there.
    pub fn is_routed(&self) -> bool {
        self.is_on() && self.routes() == self.wanted.0 * self.wanted.1
    }

    /// Nothing is associated, or all of it goes.
    pub fn goes_off(&self) -> bool {
        self.states().values().all(|state| state.starts_with("disassoc"))
    }

    /// Nothing costs money any more.
    pub fn is_off(&self) -> bool {
        self.billed() == 0
    }

    // Clients and the administrator.

    pub fn disconnect(&self, id: &str) {
        assert!(clients::disconnect(self.world(), id), "{id} is connected");
    }

    /// A subnet of the settings, counted from 0.
    pub fn subnet(&self, number: usize) -> String {
        this_computer::SUBNETS[number].0.to_owned()
    }

    /// Somebody associates a subnet in the console.
    pub fn associate_by_hand(&self, number: usize) {
        let (endpoint, subnet) = (self.endpoint(), self.subnet(number));
        self.with_ec2(|ec2, now| ec2.associate(now, &endpoint, &subnet, None)).expect("associated");
    }

    pub fn break_call(&self, fault: Fault) {
        self.with_ec2(|ec2, _| ec2.add_fault(fault));
    }

    pub fn delete_alarm(&self) {
        let now = self.now();
        let name = this_computer::ALARM;
        let mut cloudwatch = self.world().cloudwatch.lock().expect("cloudwatch");
        cloudwatch.call(now, "DeleteAlarms", &json!({ "AlarmNames": [name] })).expect("deleted");
    }

    pub fn stop_schedule(&self) {
        self.schedule(false);
    }

    pub fn start_schedule(&self) {
        self.schedule(true);
    }

    fn schedule(&self, enabled: bool) {
        self.change(|deployment| deployment.schedules.iter_mut().for_each(|schedule| schedule.enabled = enabled));
    }

    /// The association of a subnet.
    pub fn association(&self, subnet: &str) -> String {
        let listed = self.report()["Associations"].as_array().cloned().unwrap_or_default();
        let its = listed.iter().find(|a| a["TargetNetworkId"] == subnet);
        its.and_then(|a| a["AssociationId"].as_str()).expect("associated").to_owned()
    }

    /// Invokes the disassociator by hand and waits: what it answers.
    pub async fn order(&self, payload: Value) -> Value {
        let outcome = self.invoke(DISASSOCIATOR, &payload).await.expect("invoked");
        let answer: Value = serde_json::from_slice(&outcome.payload).expect("json");
        match outcome.function_error {
            Some(_) => answer,
            None => serde_json::from_str(answer["body"].as_str().expect("a body")).expect("json in the body"),
        }
    }

    // What happened.

    /// Calls that change something, as `action outcome`, since a number of [`Vpn::last_number`].
    pub fn changes(&self, since: u64) -> Vec<String> {
        self.calls(since).into_iter().filter(|call| !call.starts_with("Describe")).collect()
    }

    /// All EC2 calls of the functions, as `action outcome`.
    pub fn calls(&self, since: u64) -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = self.since(since).into_iter();
        let ec2 = all.filter(|h| h.kind == "aws-call" && h.data["service"] == "ec2");
        ec2.map(|h| format!("{} {}", text(&h.data["action"]), text(&h.data["outcome"]))).collect()
    }

    /// Invocations of a function, with the type of their error.
    pub fn invocations(&self, function: &str, since: u64) -> Vec<Option<String>> {
        let all = self.since(since).into_iter();
        let its = all.filter(|h| h.kind == "invocation" && h.data["function"] == function);
        its.map(|h| h.data["error_type"].as_str().map(str::to_owned)).collect()
    }

    /// Turned on by the page, with every route, the page closed, and seen ready by the schedule.
    pub async fn turned_on(&mut self) {
        assert_eq!(self.open().await.status(), StatusCode::OK);
        self.pass_until("on and routed", ASSOCIATE + SCHEDULE + MAKE_ROUTE + 1, Self::is_routed).await;
        self.pass_until("it is seen ready", SCHEDULE + 1, Self::is_seen_ready).await;
    }

    /// Somebody has seen it ready and written that down.
    pub fn is_seen_ready(&self) -> bool {
        self.tags().get("vpn-on-demand:ready-since").is_some()
    }
}

impl Vpn for Story {
    fn world(&self) -> &Arc<World> {
        &self.running.world
    }
}

/// The phase a page shows.
pub fn phase_of(page: &str) -> &str {
    let body = page.split_once("<body").expect("a page").1;
    let rest = body.split_once("data-phase=\"").expect("a page with a phase").1;
    rest.split('"').next().unwrap_or_default()
}

pub fn json_of(answer: &Response<String>) -> Value {
    serde_json::from_str(answer.body()).unwrap_or_else(|_| json!({ "text": answer.body() }))
}

/// An error as EC2 answers it.
pub fn error(code: &str, status: u16) -> AwsError {
    AwsError::with_status(code, "as the story has it", status)
}
