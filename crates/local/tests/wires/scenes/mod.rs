//! Scenes of the story. Each begins with everything deployed, off, and nobody there; and says in words what fails.

use std::sync::PoisonError;

use bytes::Bytes;
use http::Response;
use jiff::SignedDuration;
use local::{
    authorize::{Context, Principal},
    clients,
    deployment::Deployment,
    functions, timeline,
};

use crate::{guards, setup::Account};

pub const ASSOCIATOR: &str = "AWSClientVPN-AssociatingSubnets";
pub const DISASSOCIATOR: &str = "AWSClientVPN-DisassociatingSubnets";
pub const CONNECTOR: &str = "AWSClientVPN-ConnectHandler";
const IDLE: i64 = 30;
const ORIGIN: &str = "https://vpn.example.com";
/// A browser in which a person navigates.
const NAVIGATION: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")];

/// What came of a scene.
pub type Outcome = Result<(), String>;

fn expect(is_so: bool, words: impl Into<String>) -> Outcome {
    if is_so { Ok(()) } else { Err(words.into()) }
}

/// All scenes of the story; negative cases are in [`guards::ALL`].
pub const ALL: [&str; 27] = [
    "session",
    "on",
    "sign-in",
    "connect",
    "stays",
    "off by alarm",
    "off by schedule",
    "keep",
    "buttons",
    "state",
    "returns",
    "languages",
    "sign-out",
    "http",
    "retried",
    "failure told",
    "late retry",
    "quiet",
    "silent",
    "long",
    "errors of AWSClientVPN-AssociatingSubnets",
    "errors of AWSClientVPN-DisassociatingSubnets",
    "errors of AWSClientVPN-ConnectHandler",
    "log of AWSClientVPN-AssociatingSubnets",
    "log of AWSClientVPN-DisassociatingSubnets",
    "log of AWSClientVPN-ConnectHandler",
    "nobody counts as somebody",
];

/// Plays one.
pub async fn play(account: &Account, scene: &str) -> Outcome {
    account.world().fresh().await;
    if let Some(function) = scene.strip_prefix("errors of ") {
        return account.errors(function).await;
    }
    if let Some(function) = scene.strip_prefix("log of ") {
        return account.log(function).await;
    }
    match scene {
        "on" => account.turn_on().await.map(drop),
        "sign-in" => account.enter(&[]).await.map(drop),
        "session" => account.session().await,
        "connect" => account.connects().await.map(drop),
        "stays" => account.stays().await,
        "off by alarm" => account.off_by_alarm().await,
        "off by schedule" => account.off_by_schedule().await,
        "keep" => account.keep().await,
        "buttons" => account.buttons().await,
        "state" => account.state().await,
        "returns" => account.returns().await,
        "languages" => account.languages().await,
        "sign-out" => account.sign_out().await,
        "http" => account.http().await,
        "retried" => account.retried(5).await,
        "late retry" => account.late_retry().await,
        "failure told" => account.failure_told().await,
        "quiet" => account.quiet().await,
        "silent" => account.silent().await,
        "long" => account.long().await,
        "nobody counts as somebody" => account.nobody_counts().await,
        guard => guards::play(account, guard).await,
    }
}

impl Account {
    async fn pass(&self, minutes: i64) {
        timeline::advance(self.world(), SignedDuration::from_mins(minutes)).await;
    }

    fn change(&self, change: impl FnOnce(&mut Deployment)) {
        change(&mut self.world().deployment.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn report(&self) -> serde_json::Value {
        self.world().ec2.lock().unwrap_or_else(PoisonError::into_inner).report(self.world().clock.now())
    }

    fn states(&self) -> Vec<String> {
        let report = self.report();
        let listed = report["Associations"].as_array().cloned().unwrap_or_default();
        let states = listed.iter().map(|it| it["Status"]["Code"].as_str().unwrap_or_default().to_owned());
        states.filter(|state| state != "disassociated").collect()
    }

    fn is_on(&self) -> bool {
        self.states() == ["associated", "associated"]
    }

    fn routes(&self) -> usize {
        let report = self.report();
        let ready = |route: &&serde_json::Value| {
            route["DestinationCidr"] == "10.20.0.0/16" && route["Status"]["Code"] == "active"
        };
        report["Routes"].as_array().into_iter().flatten().filter(ready).count()
    }

    async fn until(&self, what: &str, at_most: i64, is_so: impl Fn(&Self) -> bool) -> Result<i64, String> {
        for minutes in 0..=at_most {
            if is_so(self) {
                return Ok(minutes);
            }
            self.pass(1).await;
        }
        Err(format!("{what}: not within {at_most} minutes; {:?}", self.states()))
    }

    fn noted(&self, kind: &str, words: &str) -> usize {
        let all = self.world().happenings.after(0);
        all.iter().filter(|it| it.kind == kind && it.text.contains(words)).count()
    }

    fn told(&self, topic: &str, from: &str) -> bool {
        let told = self.world().publications.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is = |told: &serde_json::Value, field: &str, end: &str| {
            told[field].as_str().is_some_and(|arn| arn.contains(end))
        };
        told.iter().any(|it| is(it, "topic", topic) && is(it, "from", from))
    }

    async fn get(&self, cookie: &str, path: &str, more: &[(&str, &str)]) -> Response<String> {
        let mut headers = NAVIGATION.to_vec();
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

    /// From the address everybody has to the sign-in and back: the cookie.
    async fn enter(&self, more: &[(&str, &str)]) -> Result<String, String> {
        let mut headers = NAVIGATION.to_vec();
        headers.extend(more);
        let first = self.send("GET", "/vpn", &headers, "").await;
        let to = first.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        let leads = first.status() == 302 && to.starts_with("/local/sign-in");
        expect(leads, format!("nobody is led to the sign-in: {} {}", first.status(), brief(first.body())))?;
        let page = self.send("GET", &to, &headers, "").await;
        expect(page.status() == 200, format!("no sign-in page: {} {}", page.status(), brief(page.body())))?;
        let sub = self
            .world()
            .deployment
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .user_pool
            .users
            .first()
            .map(|user| user.sub.clone());
        let form = format!("user={}&uri=/vpn", sub.ok_or("the user pool has no people")?);
        let mut headers =
            vec![("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        headers.extend(more);
        let answer = self.send("POST", "/local/sign-in", &headers, &form).await;
        expect(answer.status() == 303, format!("no sign-in: {} {}", answer.status(), brief(answer.body())))?;
        let cookies = answer.headers().get_all("set-cookie").iter();
        Ok(cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next()).collect::<Vec<_>>().join("; "))
    }

    async fn turn_on(&self) -> Result<String, String> {
        let cookie = self.enter(&[]).await?;
        let answer = self.get(&cookie, "/", &[]).await;
        let to = answer.headers().get("location").is_some_and(|to| to.as_bytes() == b"/vpn");
        expect(answer.status() == 303 && to, format!("opening fails: {} {}", answer.status(), brief(answer.body())))?;
        self.until("it goes on", 15, Self::is_on).await?;
        // The page goes on with it while somebody looks, and so does the schedule.
        self.post(&cookie, "/progress", "").await;
        self.until("two routes lead into the network", 10, |it| it.routes() == 2).await?;
        let page = self.get(&cookie, "/vpn", &[]).await;
        let is_ready = page.status() == 200 && page.body().contains("data-phase=\"ready\"");
        expect(is_ready, format!("the page does not say ready: {} {}", page.status(), brief(page.body())))?;
        Ok(cookie)
    }

    async fn connects(&self) -> Result<(String, String), String> {
        let cookie = self.turn_on().await?;
        let attempt = clients::Attempt { common_name: "ipad-01".to_owned(), ..clients::Attempt::default() };
        let connected = clients::connect(self.world(), &attempt).await;
        let id = connected.map_err(|refused| format!("refused: {}: {}", refused.reason, refused.message))?;
        let asked = self.noted("invocation", &format!("{CONNECTOR} answered"));
        let asked = asked + self.noted("invocation", &format!("{CONNECTOR}:live answered"));
        expect(asked == 1, format!("the connect handler was asked {asked} times"))?;
        Ok((cookie, id))
    }

    async fn stays(&self) -> Outcome {
        let (_, connection) = self.connects().await?;
        self.pass(2 * IDLE).await;
        expect(self.is_on(), "it went off under somebody")?;
        expect(clients::disconnect(self.world(), &connection), "the connection was gone")
    }

    fn without_schedule(&self) {
        self.change(|deployment| deployment.schedules.clear());
    }

    fn without_alarm(&self) {
        self.change(|deployment| {
            let policy = deployment.functions.get_mut(DISASSOCIATOR).map(|it| &mut it.resource_policy["Statement"]);
            if let Some(statements) = policy.and_then(serde_json::Value::as_array_mut) {
                statements.retain(|it| it["Sid"] != "AWS-CW_Invoke-alarm");
            }
        });
    }

    async fn goes_off_in_time(&self) -> Outcome {
        let minutes = self.until("it goes off", 2 * IDLE, |it| it.states().is_empty()).await?;
        expect((IDLE - 5..=IDLE + 15).contains(&minutes), format!("off after {minutes} minutes"))
    }

    /// Turned off, and on again.
    async fn off_by_alarm(&self) -> Outcome {
        self.without_schedule();
        self.turn_on().await?;
        self.goes_off_in_time().await?;
        self.turn_on().await.map(drop)
    }

    async fn off_by_schedule(&self) -> Outcome {
        self.without_alarm();
        self.turn_on().await?;
        self.goes_off_in_time().await?;
        self.turn_on().await.map(drop)
    }

    /// Kept on while idle, by what the alarm alone calls; and off when that ends.
    async fn keep(&self) -> Outcome {
        self.without_schedule();
        let cookie = self.turn_on().await?;
        let answer = self.post(&cookie, "/keep", "hours=2").await;
        expect(answer.status() == 303, format!("keeping fails: {} {}", answer.status(), brief(answer.body())))?;
        self.pass(110).await;
        expect(self.is_on(), "it did not stay on")?;
        self.until("it goes off afterwards", 10 + IDLE + 15, |it| it.states().is_empty()).await.map(drop)
    }

    /// On and off by the page's buttons, which go on by themselves while somebody looks.
    async fn buttons(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        let on = self.post(&cookie, "/on", "").await;
        expect(on.status() == 303, format!("the button on: {} {}", on.status(), brief(on.body())))?;
        self.until("it goes on", 15, Self::is_on).await?;
        let progress = self.post(&cookie, "/progress", "").await;
        let works = progress.status() == 200 && progress.body().starts_with('{');
        expect(works, format!("progress: {} {}", progress.status(), brief(progress.body())))?;
        let keep = self.post(&cookie, "/keep", "hours=1").await;
        expect(keep.status() == 303, format!("the button keep: {} {}", keep.status(), brief(keep.body())))?;
        let off = self.post(&cookie, "/off", "").await;
        expect(off.status() == 303, format!("the button off: {} {}", off.status(), brief(off.body())))?;
        self.until("it goes off", 15, |it| it.states().is_empty()).await.map(drop)
    }

    /// A sign-in lasts an hour.
    async fn session(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        self.pass(50).await;
        let page = self.get(&cookie, "/vpn", &[]).await;
        expect(page.status() == 200, format!("signed out after 50 minutes: {}", page.status()))?;
        self.pass(15).await;
        let page = self.get(&cookie, "/vpn", &[]).await;
        expect(page.status() == 302, format!("still signed in after 65 minutes: {}", page.status()))
    }

    async fn state(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        let answer = self.send("GET", "/state", &[("cookie", &cookie), ("accept", "application/json")], "").await;
        let works = answer.status() == 200 && answer.body().starts_with('{');
        expect(works, format!("/state: {} {}", answer.status(), brief(answer.body())))
    }

    /// After a sign-in the browser comes back by GET to where it was, and the page follows.
    async fn returns(&self) -> Outcome {
        for path in ["/on", "/off", "/keep", "/progress", "/sign-out", "/vpn", "/"] {
            let first = self.get("", path, &[]).await;
            let to = first.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
            expect(
                first.status() == 302 && to.starts_with("/local/sign-in"),
                format!("{path} leads to no sign-in: {}", first.status()),
            )?;
        }
        let cookie = self.enter(&[]).await?;
        for path in ["/on", "/off", "/keep", "/progress"] {
            let answer = self.get(&cookie, path, &[]).await;
            let to = answer.headers().get("location").is_some_and(|to| to.as_bytes() == b"/vpn");
            expect(answer.status() == 303 && to, format!("{path} leads not to the page: {}", answer.status()))?;
        }
        Ok(())
    }

    /// Each language has its own sign-in, which works.
    async fn languages(&self) -> Outcome {
        for (accepted, language) in [("ja-JP,ja;q=0.9", "ja"), ("ko", "ko"), ("zh-TW", "zh-CN"), ("en", "")] {
            for path in ["/", "/vpn"] {
                let found = self.language(accepted, path);
                expect(found == language, format!("{path} in {accepted}: signs in in {found:?}"))?;
            }
            self.enter(&[("accept-language", accepted)]).await.map_err(|error| format!("in {accepted}: {error}"))?;
        }
        Ok(())
    }

    /// What the rule that takes such a request asks Cognito for.
    fn language(&self, accepted: &str, path: &str) -> String {
        use local::deployment::Action;
        let deployment = self.world().deployment.read().unwrap_or_else(PoisonError::into_inner);
        let takes = |rule: &&local::deployment::Rule| {
            (rule.hosts.is_empty() || rule.hosts.iter().any(|host| host == crate::setup::HOST))
                && (rule.paths.is_empty() || rule.paths.iter().any(|it| it == path))
                && (rule.methods.is_empty() || rule.methods.iter().any(|method| method == "GET"))
                && rule.headers.iter().all(|(name, values)| {
                    name.eq_ignore_ascii_case("accept-language")
                        && values.iter().any(|value| accepted.starts_with(value.trim_end_matches('*')))
                })
        };
        let rule = deployment.listener.rules.iter().find(takes);
        let asked = rule.and_then(|rule| {
            rule.actions.iter().find_map(|action| match action {
                Action::AuthenticateCognito(asked) => asked.cognito.as_ref()?.language.clone(),
                _ => None,
            })
        });
        asked.unwrap_or_default()
    }

    async fn sign_out(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        let answer = self.get(&cookie, "/sign-out", &[]).await;
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        let pool = self.world().deployment.read().unwrap_or_else(PoisonError::into_inner).user_pool.clone();
        let account = "https://vpn-on-demand-123456789012.auth.us-east-1.amazoncognito.com/logout?";
        let back = "logout_uri=https%3A%2F%2Fvpn.example.com%2Fsigned-out";
        let leaves =
            to.starts_with(account) && to.contains(&format!("client_id={}", pool.client_id)) && to.contains(back);
        expect(leaves, format!("signing out leads to {to:?}: {} {}", answer.status(), brief(answer.body())))?;
        let known =
            pool.logout_urls.is_none_or(|urls| urls.iter().any(|url| url == "https://vpn.example.com/signed-out"));
        expect(known, "Cognito does not lead back to /signed-out")?;
        // The load balancer's cookies come in several headers.
        let ended = answer.headers().get_all("set-cookie").iter().count();
        expect(ended >= 2, format!("{ended} cookies end"))?;
        let last = self.get("", "/signed-out", &[]).await;
        let is_page = last.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        expect(
            last.status() == 200 && is_page && last.body().contains("href=\"/vpn\""),
            format!("/signed-out: {} {}", last.status(), brief(last.body())),
        )
    }

    async fn http(&self) -> Outcome {
        let http = self.running.urls.http.clone().ok_or("no listener")?;
        let answer = self.send_to(&http, "GET", "/vpn?x=1", &[], "").await;
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        expect(
            answer.status() == 301 && to == "https://vpn.example.com:443/vpn?x=1",
            format!("{} {to:?}", answer.status()),
        )
    }

    /// Takes a function's program away, and gives it back.
    fn program(&self, function: &str, program: Option<std::path::PathBuf>) -> Option<std::path::PathBuf> {
        let mut before = None;
        self.change(|deployment| {
            if let Some(function) = deployment.functions.get_mut(function) {
                before = std::mem::replace(&mut function.bootstrap, program);
            }
        });
        before
    }

    async fn one_event(&self) -> Outcome {
        let arn = self.world().deployment.read().unwrap_or_else(PoisonError::into_inner).function_arn(DISASSOCIATOR);
        let administrator = Principal::Administrator;
        let payload =
            Bytes::from_static(b"{\"source\": \"aws.events\", \"detail-type\": \"Scheduled Event\", \"detail\": {}}");
        let taken = functions::invoke_async(self.world(), &arn, payload, &administrator, &Context::new()).await;
        taken.map_err(|error| error.to_string())
    }

    /// A turning off that fails is tried again.
    async fn retried(&self, minutes: i64) -> Outcome {
        self.without_schedule();
        let program = self.program(DISASSOCIATOR, Some("/nonexistent".into()));
        self.one_event().await?;
        timeline::advance(self.world(), SignedDuration::from_secs(90)).await;
        let failed = self.noted("invocation", &format!("{DISASSOCIATOR} failed"));
        expect(failed == 2, format!("tried {failed} times in the first 90 seconds"))?;
        self.program(DISASSOCIATOR, program);
        self.pass(minutes).await;
        expect(self.noted("invocation", &format!("{DISASSOCIATOR} answered")) == 1, "not tried a third time")
    }

    /// Lambda keeps an event for hours while it has no environment; a minute is too short even for a retry.
    async fn late_retry(&self) -> Outcome {
        let settings = {
            let deployment = self.world().deployment.read().unwrap_or_else(PoisonError::into_inner);
            deployment.functions.get(DISASSOCIATOR).map(|function| function.event_invoke.clone())
        };
        let age = settings.map(|settings| settings.maximum_event_age.as_secs());
        expect(age == Some(6 * 3600), format!("an event is kept for {age:?} seconds"))?;
        self.retried(5).await
    }

    async fn failure_told(&self) -> Outcome {
        self.without_schedule();
        self.program(DISASSOCIATOR, Some("/nonexistent".into()));
        self.one_event().await?;
        self.pass(10).await;
        expect(self.told("AWSClientVPN-Failures", DISASSOCIATOR), "nobody is told of what was given up")
    }

    /// A copy has no gauge of the time before it: that is told once.
    async fn settle(&self) {
        self.pass(25).await;
        self.world().publications.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// While everything works nobody is told anything.
    async fn quiet(&self) -> Outcome {
        self.settle().await;
        self.turn_on().await?;
        self.goes_off_in_time().await?;
        self.pass(20).await;
        let told = self.world().publications.lock().unwrap_or_else(PoisonError::into_inner).len();
        expect(told == 0, format!("{told} notices though everything works"))
    }

    async fn silent(&self) -> Outcome {
        self.settle().await;
        self.pass(20).await;
        expect(!self.told("", "ScheduleSilent"), "told though the schedule lives")?;
        self.without_schedule();
        self.until("told that the schedule is dead", 30, |it| {
            it.told("AWSClientVPN-Notices", "AWSClientVPN-ScheduleSilent")
        })
        .await
        .map(drop)
    }

    async fn long(&self) -> Outcome {
        self.connects().await?;
        self.pass(55).await;
        expect(!self.told("", "OnForLong"), "told after less than two hours")?;
        let told = |it: &Self| it.told("AWSClientVPN-Notices", "AWSClientVPN-OnForLong");
        self.until("told that it is on for long", 150, told).await.map(drop)
    }

    async fn errors(&self, function: &str) -> Outcome {
        self.pass(10).await;
        expect(!self.told("", "FunctionErrors"), "told though nothing failed")?;
        self.program(function, Some("/nonexistent".into()));
        let arn = self.world().deployment.read().unwrap_or_else(PoisonError::into_inner).function_arn(function);
        let payload = Bytes::from_static(b"{}");
        let failed = functions::invoke(self.world(), &arn, payload, &Principal::Administrator, &Context::new()).await;
        let failed = failed.map_err(|error| error.to_string())?;
        expect(failed.function_error.is_some(), "it does not fail")?;
        let told = |it: &Self| it.told("AWSClientVPN-Notices", "AWSClientVPN-FunctionErrors");
        self.until("told of the error", 15, told).await.map(drop)
    }

    /// What a function writes can be read, as JSON.
    async fn log(&self, function: &str) -> Outcome {
        self.connects().await?;
        self.pass(6).await;
        let all = self.world().happenings.after(0);
        let lines: Vec<_> = all
            .iter()
            .filter(|it| {
                it.kind == "function-log" && it.data["function"].as_str().is_some_and(|name| name.starts_with(function))
            })
            .collect();
        if let Some(lost) = lines.iter().find(|it| it.data["lost"].is_string()) {
            return Err(lost.text.clone());
        }
        expect(!lines.is_empty(), "it writes nothing")?;
        let is_json = lines.iter().all(|it| it.data["line"].as_str().is_some_and(|line| line.starts_with('{')));
        expect(is_json, "a line is no JSON")
    }

    /// Neither icons and unknown paths nor health checks count as use, and none of them reaches a function.
    async fn nobody_counts(&self) -> Outcome {
        let cookie = self.enter(&[]).await?;
        for path in ["/favicon.ico", "/apple-touch-icon.png", "/robots.txt", "/vpn/x"] {
            let answer = self.get(&cookie, path, &[]).await;
            expect(answer.status() == 404, format!("{path}: {}", answer.status()))?;
        }
        self.pass(10).await;
        let invoked = self.noted("invocation", ASSOCIATOR);
        expect(invoked == 0, format!("the function that turns on was invoked {invoked} times"))
    }
}

fn brief(text: &str) -> String {
    text.chars().take(200).collect::<String>().replace('\n', " ")
}
