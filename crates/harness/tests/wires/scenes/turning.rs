//! Turning on and off, by whomever.

use aws::client_connect::Attempt;
use harness::Vpn as _;
use local::{
    clients,
    locks::{lock, read},
};
use serde_json::{Value, json};

use super::{ASSOCIATOR, CONNECTOR, DISASSOCIATOR, IDLE, Outcome, brief, expect};
use crate::Account;

impl Account {
    pub(super) async fn turn_on(&self) -> Result<String, String> {
        let cookie = self.enter(&[]).await?;
        let answer = self.get(&cookie, "/", &[]).await;
        let to = answer.headers().get("location").is_some_and(|to| to.as_bytes().starts_with(b"/vpn?seen="));
        expect(answer.status() == 303 && to, format!("opening fails: {} {}", answer.status(), brief(answer.body())))?;
        self.try_until("it goes on", 15, Self::is_on).await?;
        // The page goes on with it while somebody looks, and so does the schedule.
        self.post(&cookie, "/progress", "").await;
        self.try_until("two routes lead into the network", 10, |it| it.routes() == 2).await?;
        let page = self.get(&cookie, "/vpn", &[]).await;
        let is_ready = page.status() == 200 && page.body().contains("data-phase=\"ready\"");
        expect(is_ready, format!("the page does not say ready: {} {}", page.status(), brief(page.body())))?;
        self.post(&cookie, "/progress", "").await;
        expect(self.has_mark("ready-since"), "nobody wrote down that it is ready")?;
        Ok(cookie)
    }

    pub(super) async fn connects(&self) -> Result<(String, String), String> {
        let cookie = self.turn_on().await?;
        let asked = || {
            ["", ":live"]
                .map(|alias| self.noted("invocation", &format!("{CONNECTOR}{alias} answered")))
                .iter()
                .sum::<usize>()
        };
        let before = asked();
        let attempt = Attempt { common_name: "ipad-01".to_owned(), ..Attempt::default() };
        let connected = clients::connect(self.world(), &attempt).await;
        let id = connected.map_err(|refused| format!("refused: {}: {}", refused.reason, refused.message))?;
        let asked = asked() - before;
        expect(asked == 1, format!("the connect handler was asked {asked} times"))?;
        Ok((cookie, id))
    }

    pub(super) async fn stays(&self) -> Outcome {
        let (_, connection) = self.connects().await?;
        self.pass(2 * IDLE).await;
        expect(self.is_on(), "it went off under somebody")?;
        expect(clients::disconnect(self.world(), &connection), "the connection was gone")
    }

    pub(super) fn without_alarm(&self) {
        self.change(|deployment| {
            let policy = deployment.functions.get_mut(DISASSOCIATOR).map(|it| &mut it.resource_policy["Statement"]);
            if let Some(statements) = policy.and_then(Value::as_array_mut) {
                statements.retain(|it| it["Sid"] != "AWS-CW_Invoke-alarm");
            }
        });
    }

    pub(super) async fn goes_off_in_time(&self) -> Outcome {
        let minutes = self.try_until("it goes off", 2 * IDLE, |it| it.there().is_empty()).await?;
        expect((IDLE - 5..=IDLE + 15).contains(&minutes), format!("off after {minutes} minutes"))
    }

    /// Turned off, and on again.
    pub(super) async fn off_by_alarm(&self) -> Outcome {
        self.without_schedule();
        self.turn_on().await?;
        self.goes_off_in_time().await?;
        self.turn_on().await.map(drop)
    }

    pub(super) async fn off_by_schedule(&self) -> Outcome {
        self.without_alarm();
        self.turn_on().await?;
        self.goes_off_in_time().await?;
        self.turn_on().await.map(drop)
    }

    /// Kept on while idle, by what the alarm alone calls; and off when that ends.
    pub(super) async fn keep(&self) -> Outcome {
        self.without_schedule();
        let cookie = self.turn_on().await?;
        let answer = self.post(&cookie, "/keep", "hours=2").await;
        expect(answer.status() == 303, format!("keeping fails: {} {}", answer.status(), brief(answer.body())))?;
        self.pass(110).await;
        expect(self.is_on(), "it did not stay on")?;
        self.try_until("it goes off afterwards", 10 + IDLE + 15, |it| it.there().is_empty()).await.map(drop)
    }

    /// The function that is asked breaks off behind the mark: the schedule goes on alone.
    pub(super) async fn on_by_schedule(&self) -> Outcome {
        self.change(|deployment| {
            let role = deployment.roles.get_mut("LambdaRole-ClientVPN-Associator");
            for policy in role.into_iter().flat_map(|role| &mut role.policies) {
                if let Some(statements) = policy["Statement"].as_array_mut() {
                    statements.retain(|it| it["Sid"] != "TurnOn");
                }
            }
        });
        let cookie = self.enter(&[]).await?;
        self.get(&cookie, "/", &[]).await;
        expect(self.has_mark("last-request") && self.there().is_empty(), "the page did more, or less, than its mark")?;
        self.try_until("it goes on", 20, Self::is_on).await?;
        self.try_until("two routes lead into the network", 15, |it| it.routes() == 2).await?;
        self.try_until("it is seen ready", 10, |it| it.has_mark("ready-since")).await.map(drop)
    }

    /// Somebody associates in the console: it is on for its idle time, and the mark of that comes and goes.
    pub(super) async fn on_by_hand(&self) -> Outcome {
        let subnets = {
            let deployment = read(&self.world().deployment);
            let function = deployment.functions.get(ASSOCIATOR).ok_or("there is no function")?;
            function.environment.get("VPN_SUBNET_IDS").cloned().unwrap_or_default()
        };
        let endpoint = lock(&self.world().ec2).endpoint().id;
        for subnet in subnets.split(',') {
            let input = json!({ "ClientVpnEndpointId": endpoint, "SubnetId": subnet });
            self.call("ec2", "associate-client-vpn-target-network", &input).await?;
        }
        self.try_until("the mark comes", 6, |it| it.has_mark("on-since")).await?;
        let minutes = self.try_until("it goes off", 2 * IDLE, |it| it.there().is_empty()).await?;
        expect((IDLE - 10..=IDLE + 15).contains(&minutes), format!("off after {minutes} minutes"))?;
        self.try_until("the mark goes", 20, |it| !it.has_mark("on-since")).await.map(drop)
    }

    /// An administrator turns it off, and closes it for a time.
    pub(super) async fn closed(&self) -> Outcome {
        let cookie = self.turn_on().await?;
        self.post(&cookie, "/keep", "hours=2").await;
        expect(self.has_mark("keep-until") && self.has_mark("last-request"), "the marks are not there")?;
        let done = self
            .invoke(DISASSOCIATOR, &json!({ "force": true, "closed_for": "2h" }))
            .await
            .map_err(|error| error.to_string())?;
        let answer = String::from_utf8_lossy(&done.payload).into_owned();
        expect(done.function_error.is_none(), format!("it cannot be closed: {}", brief(&answer)))?;
        expect(self.has_mark("closed-until"), "it is not closed")?;
        expect(!self.has_mark("keep-until") && !self.has_mark("last-request"), "somebody still wants it")?;
        self.try_until("it goes off", 15, |it| it.there().is_empty()).await?;
        let cookie = self.enter(&[]).await?;
        self.get(&cookie, "/", &[]).await;
        self.pass(20).await;
        expect(self.there().is_empty(), "it goes on though it is closed")?;
        self.pass(100).await;
        self.turn_on().await.map(drop)
    }

    /// In shadow mode the handler refuses nobody, not even when it cannot read its policy.
    pub(super) async fn let_in_anyway(&self) -> Outcome {
        self.change(|deployment| {
            for (_, function) in deployment.functions.iter_mut().filter(|(name, _)| name.starts_with(CONNECTOR)) {
                function.environment.insert("VPN_POLICY_DIR".to_owned(), "nowhere".to_owned());
            }
        });
        self.connects().await.map(drop)
    }

    /// The alarm calls when nobody has used it for the idle time: neither while it is off, nor while it is used now and
    /// then. On AWS every call is an invocation, and every needless one a line that somebody may read.
    pub(super) async fn called_in_time(&self) -> Outcome {
        self.without_schedule();
        let called = |it: &Self| it.noted("invocation", &format!("{DISASSOCIATOR} answered lambda.alarms"));
        self.pass(45).await;
        expect(called(self) == 0, "the alarm called though it was off")?;
        let mut cookie = self.turn_on().await?;
        for _ in 0..4 {
            self.pass(20).await;
            cookie = self.enter(&[]).await.unwrap_or(cookie);
            self.get(&cookie, "/vpn", &[]).await;
            expect(called(self) == 0, "the alarm called though somebody had asked within the idle time")?;
        }
        self.try_until("the alarm calls", IDLE + 15, |it| called(it) > 0).await.map(drop)
    }
}
