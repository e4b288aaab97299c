//! Scenes of the story. Each begins with everything deployed, off, and nobody there; and says in words what fails.

mod failing;
mod page;
mod profile;
mod turning;
mod watching;

use harness::{
    Vpn as _,
    http::{NAVIGATION, SCRIPT},
};
use http::Response;
use local::locks::lock;
use serde_json::Value;

use crate::{Account, guards};

pub const ASSOCIATOR: &str = "AWSClientVPN-AssociatingSubnets";
pub const DISASSOCIATOR: &str = "AWSClientVPN-DisassociatingSubnets";
pub const CONNECTOR: &str = "AWSClientVPN-ConnectHandler";
const IDLE: i64 = 30;
const ORIGIN: &str = "https://vpn.example.com";

/// What came of a scene.
pub type Outcome = Result<(), String>;

fn expect(is_so: bool, words: impl Into<String>) -> Outcome {
    if is_so { Ok(()) } else { Err(words.into()) }
}

/// All scenes of the story; negative cases are in [`guards::all`].
pub const ALL: [&str; 38] = [
    "session",
    "on",
    "on by the page",
    "on by schedule",
    "sign-in",
    "connect",
    "let in in spite of a broken policy",
    "stays",
    "off by alarm",
    "off by schedule",
    "called in time",
    "on by hand",
    "closed",
    "keep",
    "buttons",
    "state",
    "returns",
    "languages",
    "sign-out",
    "http",
    "people",
    "profile",
    "slow for AWSClientVPN-AssociatingSubnets",
    "slow for AWSClientVPN-DisassociatingSubnets",
    "retried",
    "failure told",
    "quiet",
    "silent",
    "now and then silent",
    "long",
    "month",
    "errors of AWSClientVPN-AssociatingSubnets",
    "errors of AWSClientVPN-DisassociatingSubnets",
    "errors of AWSClientVPN-ConnectHandler",
    "log of AWSClientVPN-AssociatingSubnets",
    "log of AWSClientVPN-DisassociatingSubnets",
    "log of AWSClientVPN-ConnectHandler",
    "nobody counts as somebody",
];

/// Runs one.
pub async fn run(account: &Account, scene: &str) -> Outcome {
    account.world().refresh_deployment().await;
    if let Some(function) = scene.strip_prefix("errors of ") {
        return account.errors(function).await;
    }
    if let Some(function) = scene.strip_prefix("log of ") {
        return account.log(function).await;
    }
    if let Some(function) = scene.strip_prefix("slow for ") {
        return account.slow(function).await;
    }
    match scene {
        "on" => account.turn_on().await.map(drop),
        "on by the page" => {
            account.without_schedule();
            account.turn_on().await.map(drop)
        }
        "on by schedule" => account.on_by_schedule().await,
        "sign-in" => account.enter(&[]).await.map(drop),
        "session" => account.session().await,
        "connect" => account.connects().await.map(drop),
        "let in in spite of a broken policy" => account.let_in_anyway().await,
        "stays" => account.stays().await,
        "off by alarm" => account.off_by_alarm().await,
        "off by schedule" => account.off_by_schedule().await,
        "called in time" => account.called_in_time().await,
        "on by hand" => account.on_by_hand().await,
        "closed" => account.closed().await,
        "keep" => account.keep().await,
        "buttons" => account.buttons().await,
        "state" => account.state().await,
        "returns" => account.returns().await,
        "languages" => account.languages().await,
        "sign-out" => account.sign_out().await,
        "http" => account.http().await,
        "people" => account.people().await,
        "profile" => account.profile().await,
        "retried" => account.retried(5).await,
        "failure told" => account.failure_told().await,
        "quiet" => account.quiet().await,
        "silent" => account.silent().await,
        "now and then silent" => account.now_and_then_silent().await,
        "long" => account.long().await,
        "month" => account.month().await,
        "nobody counts as somebody" => account.nobody_counts().await,
        guard => guards::run(account, guard).await,
    }
}

impl Account {
    /// What the associations say that are not gone.
    fn there(&self) -> Vec<String> {
        self.states().into_values().filter(|state| state != "disassociated").collect()
    }

    fn is_on(&self) -> bool {
        self.there() == ["associated", "associated"] && self.billed() == 2
    }

    fn routes(&self) -> usize {
        let report = self.report();
        let ready = |route: &&Value| route["DestinationCidr"] == "10.20.0.0/16" && route["Status"]["Code"] == "active";
        report["Routes"].as_array().into_iter().flatten().filter(ready).count()
    }

    fn noted(&self, kind: &str, words: &str) -> usize {
        self.of_kind(kind, 0).iter().filter(|text| text.contains(words)).count()
    }

    fn told(&self, topic: &str, from: &str) -> bool {
        let told = lock(&self.world().publications).clone();
        let is = |told: &Value, field: &str, end: &str| told[field].as_str().is_some_and(|arn| arn.contains(end));
        told.iter().any(|it| is(it, "topic", topic) && is(it, "from", from))
    }

    async fn get(&self, cookie: &str, path: &str, more: &[(&str, &str)]) -> Response<String> {
        // The page's script asks there, and nobody goes there.
        let mut headers = if path == "/state" { SCRIPT.to_vec() } else { NAVIGATION.to_vec() };
        headers.push(("cookie", cookie));
        headers.extend(more);
        self.send("GET", path, &headers, "").await
    }

    async fn post(&self, cookie: &str, path: &str, body: &str) -> Response<String> {
        let headers = [
            ("accept", "text/html"),
            ("origin", ORIGIN),
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", cookie),
        ];
        self.send("POST", path, &headers, body).await
    }

    /// Takes a function's program away, and gives it back.
    fn program(&self, function: &str, program: Option<std::path::PathBuf>) -> Option<std::path::PathBuf> {
        self.change(|deployment| std::mem::replace(&mut deployment.functions.get_mut(function)?.bootstrap, program))
    }

    fn without_schedule(&self) {
        self.change(|deployment| deployment.schedules.clear());
    }

    fn marks(&self) -> Vec<String> {
        let tags = self.with_ec2(|ec2, _| ec2.tags_of(&ec2.endpoint().id));
        tags.into_keys().filter(|key| key.starts_with("vpn-on-demand:")).collect()
    }

    fn has_mark(&self, mark: &str) -> bool {
        self.marks().contains(&format!("vpn-on-demand:{mark}"))
    }
}

fn brief(text: &str) -> String {
    text.chars().take(200).collect::<String>().replace('\n', " ")
}
