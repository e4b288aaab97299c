//! What an administrator is told.

use aws::cloudwatch::alarm::StateValue;
use harness::Vpn as _;
use jiff::tz::TimeZone;
use local::{clients, locks::lock};

use super::{ASSOCIATOR, DISASSOCIATOR, IDLE, Outcome, expect};
use crate::Account;

impl Account {
    /// A copy has no gauge of the time before it: that is told once.
    pub(super) async fn settle(&self) {
        self.pass(25).await;
        lock(&self.world().publications).clear();
    }

    /// While everything works nobody is told anything.
    pub(super) async fn quiet(&self) -> Outcome {
        self.settle().await;
        // What is still in ALARM by now would be told no more.
        let silent = lock(&self.world().cloudwatch).alarm_state("AWSClientVPN-ScheduleSilent");
        expect(silent == Some(StateValue::Ok), format!("the alarm on the missing gauge is {silent:?}"))?;
        self.turn_on().await?;
        self.goes_off_in_time().await?;
        self.pass(20).await;
        let told = lock(&self.world().publications).len();
        expect(told == 0, format!("{told} notices though everything works"))
    }

    /// Told when the schedule is dead, and only of that.
    pub(super) async fn silent(&self) -> Outcome {
        self.settle().await;
        self.pass(20).await;
        expect(!self.told("", "ScheduleSilent"), "told though the schedule lives")?;
        self.without_schedule();
        let told = |it: &Self| it.told("AWSClientVPN-Notices", "AWSClientVPN-ScheduleSilent");
        self.try_until("told that the schedule is dead", 30, told).await?;
        // Eight hours without a gauge say nothing else.
        self.pass(480).await;
        expect(!self.told("", "FunctionErrors"), "told of errors, and there were none")?;
        expect(!self.told("", "OnForLong"), "told that it is on, and nobody knows")
    }

    /// Told when it has been on for two hours at a time, and not when it was on twice for less.
    pub(super) async fn long(&self) -> Outcome {
        self.settle().await;
        for _ in 0..2 {
            let (_, connection) = self.connects().await?;
            self.pass(60).await;
            expect(!self.told("", "OnForLong"), "told after less than two hours")?;
            clients::disconnect(self.world(), &connection);
            self.try_until("it goes off", 2 * IDLE, |it| it.there().is_empty()).await?;
            // The gauge sees every five minutes.
            self.pass(10).await;
            expect(!self.told("", "OnForLong"), "told of two times that were short")?;
        }
        self.connects().await?;
        let told = |it: &Self| it.told("AWSClientVPN-Notices", "AWSClientVPN-OnForLong");
        self.try_until("told that it is on for long", 150, told).await.map(drop)
    }

    /// What a month cost is told by the first run after it, each month again, and nothing else is told by that alarm.
    pub(super) async fn month(&self) -> Outcome {
        self.settle().await;
        let (_, connection) = self.connects().await?;
        self.pass(60).await;
        clients::disconnect(self.world(), &connection);
        self.try_until("it goes off", 2 * IDLE, |it| it.there().is_empty()).await?;
        expect(!self.told("", "AWSClientVPN-Month"), "told in the middle of a month")?;
        let now = self.now().to_zoned(TimeZone::UTC);
        let next = now.last_of_month().and_then(|day| day.tomorrow()).map_err(|error| error.to_string())?;
        let payload = include_str!("../../../../../events/disassociator-schedule.json")
            .replace("2026-11-02T09:35:00Z", &next.strftime("%Y-%m-%dT00:00:00Z").to_string());
        let payload = serde_json::from_str(&payload).map_err(|error| error.to_string())?;
        for time in ["first", "second"] {
            let run = self.invoke(DISASSOCIATOR, &payload).await.map_err(|error| error.to_string())?;
            expect(run.function_error.is_none(), format!("the {time} run fails: {:?}", run.payload))?;
            let told = |it: &Self| it.told("AWSClientVPN-Notices", "AWSClientVPN-Month");
            self.try_until(&format!("told the {time} time"), 5, told).await?;
            let message =
                lock(&self.world().publications).iter().map(|it| it["message"].to_string()).collect::<String>();
            // Two subnets for an hour and more, of the region's prices; beside the rest of the month's load balancer.
            let month = now.strftime("%B %Y since ").to_string();
            for words in [month.as_str(), "always on would be $", "saved $"] {
                expect(message.contains(words), format!("{words:?} is not in {message}"))?;
            }
            expect(!message.contains("$0.00"), format!("it cost nothing: {message}"))?;
            self.pass(10).await;
            lock(&self.world().publications).clear();
        }
        Ok(())
    }

    /// Every failure is told, also one among successes, and one that comes after another.
    pub(super) async fn errors(&self, function: &str) -> Outcome {
        let payload = serde_json::from_str(match function {
            ASSOCIATOR => include_str!("../../../../../events/associator-health-check.json"),
            DISASSOCIATOR => include_str!("../../../../../events/disassociator-schedule.json"),
            _ => include_str!("../../../../../events/connect-ipad.json"),
        });
        let payload = payload.map_err(|error| error.to_string())?;
        self.settle().await;
        self.pass(10).await;
        expect(!self.told("", "FunctionErrors"), "told though nothing failed")?;
        for time in ["first", "second"] {
            let works = self.invoke(function, &payload).await.map_err(|error| error.to_string())?;
            expect(works.function_error.is_none(), "it fails though its program is there")?;
            let program = self.program(function, Some("/nonexistent".into()));
            let failed = self.invoke(function, &payload).await.map_err(|error| error.to_string())?;
            self.program(function, program);
            expect(failed.function_error.is_some(), "it does not fail")?;
            let told = |it: &Self| it.told("AWSClientVPN-Notices", "AWSClientVPN-FunctionErrors");
            self.try_until(&format!("told of the {time} error"), 15, told).await?;
            self.pass(25).await;
            lock(&self.world().publications).clear();
        }
        Ok(())
    }

    /// A run of the schedule that is lost now and then is no news.
    pub(super) async fn now_and_then_silent(&self) -> Outcome {
        // Long enough for an alarm that looks at an hour.
        self.pass(60).await;
        self.settle().await;
        for _ in 0..4 {
            let mut schedules = Vec::new();
            self.change(|deployment| schedules = std::mem::take(&mut deployment.schedules));
            self.pass(16).await;
            self.change(|deployment| deployment.schedules = schedules);
            self.pass(6).await;
        }
        expect(!self.told("", "ScheduleSilent"), "told though the schedule lives")
    }
}
