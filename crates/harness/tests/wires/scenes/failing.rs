//! What fails, and what becomes of that.

use std::time::Duration;

use aws::authorize::{Context, Principal};
use bytes::Bytes;
use harness::Vpn as _;
use jiff::SignedDuration;
use local::{engine, invocations, locks::read};
use serde_json::json;

use super::{ASSOCIATOR, DISASSOCIATOR, Outcome, expect};
use crate::Account;

/// How long AWS takes for one answer, in real time: functions are timed by that.
const SLOW: Duration = Duration::from_millis(1500);
/// Longer than any function takes until it calls AWS.
const SOON: Duration = Duration::from_secs(20);

impl Account {
    pub(super) async fn one_event(&self) -> Outcome {
        let arn = read(&self.world().deployment).function_arn(DISASSOCIATOR);
        let administrator = Principal::Administrator;
        let payload =
            Bytes::from_static(b"{\"source\": \"aws.events\", \"detail-type\": \"Scheduled Event\", \"detail\": {}}");
        let taken = invocations::invoke_async(self.world(), &arn, payload, &administrator, &Context::new()).await;
        taken.map_err(|error| error.to_string())
    }

    /// A turning off that fails is tried again.
    pub(super) async fn retried(&self, minutes: i64) -> Outcome {
        self.without_schedule();
        let program = self.program(DISASSOCIATOR, Some("/nonexistent".into()));
        self.one_event().await?;
        engine::advance(self.world(), SignedDuration::from_secs(90)).await;
        let failed = self.noted("invocation", &format!("{DISASSOCIATOR} failed"));
        expect(failed == 2, format!("tried {failed} times in the first 90 seconds"))?;
        self.program(DISASSOCIATOR, program);
        self.pass(minutes).await;
        expect(self.noted("invocation", &format!("{DISASSOCIATOR} answered")) == 1, "not tried a third time")
    }

    pub(super) async fn failure_told(&self) -> Outcome {
        self.without_schedule();
        self.program(DISASSOCIATOR, Some("/nonexistent".into()));
        self.one_event().await?;
        self.pass(10).await;
        expect(self.told("AWSClientVPN-Failures", DISASSOCIATOR), "nobody is told of what was given up")
    }

    /// What a function writes can be read, as JSON.
    pub(super) async fn log(&self, function: &str) -> Outcome {
        self.connects().await?;
        self.pass(6).await;
        let all = self.world().journal.after(0);
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
        expect(is_json, "a line is not JSON")
    }

    /// AWS takes its time for an answer.
    pub(super) async fn slow(&self, function: &str) -> Outcome {
        let holds = self.world().holds.clone();
        let cookie = self.enter(&[]).await?;
        holds.hold(&["DescribeClientVpnEndpoints"]);
        let slowly = async {
            let called = tokio::time::timeout(SOON, holds.until_waiting(1)).await;
            tokio::time::sleep(SLOW).await;
            holds.release();
            called.map_err(|_| "it never calls AWS".to_owned())
        };
        let answered = async {
            if function == ASSOCIATOR {
                let page = self.get(&cookie, "/vpn", &[]).await;
                return expect(page.status() == 200, format!("the page is given up: {}", page.status()));
            }
            let schedule = json!({ "source": "aws.events", "detail-type": "Scheduled Event", "detail": {} });
            let done = self.invoke(function, &schedule).await.map_err(|error| error.to_string())?;
            expect(done.function_error.is_none(), format!("given up: {}", String::from_utf8_lossy(&done.payload)))
        };
        let (called, answered) = tokio::join!(slowly, answered);
        called.and(answered)
    }
}
