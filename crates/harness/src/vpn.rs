//! The VPN in any world, seen from behind, and its time. What people see of it comes by [`crate::http`], and counts as use.

use std::{collections::BTreeMap, sync::Arc};

use aws::{
    authorize::{Context, Principal},
    client_connect::Attempt,
    deployment::Deployment,
    ec2,
    lambda::{NotInvoked, Outcome},
};
use jiff::{SignedDuration, Timestamp};
use local::{
    clients, engine, invocations,
    journal::Entry,
    locks::{lock, read, write},
    world::World,
};
use serde_json::Value;

/// Everything with a world around it.
pub trait Vpn {
    fn world(&self) -> &Arc<World>;

    /// What its clock says.
    fn now(&self) -> Timestamp {
        self.world().clock.now()
    }

    /// Lets all happen that falls due in so many minutes.
    fn pass(&self, minutes: i64) -> impl Future<Output = ()> + Send
    where
        Self: Sync,
    {
        engine::advance(self.world(), SignedDuration::from_mins(minutes))
    }

    /// The same in seconds.
    fn pass_seconds(&self, seconds: i64) -> impl Future<Output = ()> + Send
    where
        Self: Sync,
    {
        engine::advance(self.world(), SignedDuration::from_secs(seconds))
    }

    /// Passes time until something is so, and says after how many minutes.
    ///
    /// # Errors
    /// In words, where it is not so after `at_most` minutes.
    fn try_until(
        &self,
        what: &str,
        at_most: i64,
        is_so: impl Fn(&Self) -> bool + Send,
    ) -> impl Future<Output = Result<i64, String>> + Send
    where
        Self: Sized + Sync,
    {
        async move {
            for minutes in 0..=at_most {
                if is_so(self) {
                    return Ok(minutes);
                }
                self.pass(1).await;
            }
            let (states, tags) = (self.states(), self.tags());
            Err(format!("{what}: not within {at_most} minutes; {states:?}, tags {tags}"))
        }
    }

    /// The same where it must become so.
    ///
    /// # Panics
    /// Where it does not.
    fn pass_until(
        &self,
        what: &str,
        at_most: i64,
        is_so: impl Fn(&Self) -> bool + Send,
    ) -> impl Future<Output = i64> + Send
    where
        Self: Sized + Sync,
    {
        async move {
            let minutes = self.try_until(what, at_most, is_so).await;
            minutes.unwrap_or_else(|late| panic!("{late}\n{}", self.happened_but_calls().join("\n")))
        }
    }

    /// Looks at, or changes, the state that EC2 has by now.
    fn with_ec2<T>(&self, look: impl FnOnce(&mut ec2::ClientVpn, Timestamp) -> T) -> T {
        let now = self.now();
        look(&mut lock(&self.world().ec2), now)
    }

    /// The endpoint with its associations, routes and tags.
    fn report(&self) -> Value {
        self.with_ec2(|ec2, now| ec2.report(now))
    }

    /// The endpoint's tags.
    fn tags(&self) -> Value {
        self.report()["Endpoint"]["Tags"].take()
    }

    /// Each subnet that is or was associated, with what its association says.
    fn states(&self) -> BTreeMap<String, String> {
        let report = self.report();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let listed = report["Associations"].as_array().into_iter().flatten();
        listed.map(|it| (text(&it["TargetNetworkId"]), text(&it["Status"]["Code"]))).collect()
    }

    /// How many associations cost money.
    fn billed(&self) -> usize {
        self.with_ec2(|ec2, now| ec2.billed_associations(now))
    }

    /// Changes what is deployed.
    fn change<T>(&self, change: impl FnOnce(&mut Deployment) -> T) -> T {
        change(&mut write(&self.world().deployment))
    }

    /// The id of the endpoint.
    fn endpoint(&self) -> String {
        read(&self.world().deployment).endpoint.id.clone()
    }

    /// Whoever signs in as the n-th of the user pool, counted from 0.
    fn user(&self, number: usize) -> Option<String> {
        Some(read(&self.world().deployment).user_pool.users.get(number)?.sub.clone())
    }

    /// A device connects: its connection's id.
    ///
    /// # Panics
    /// Where it is turned away.
    fn connect(&self, common_name: &str) -> impl Future<Output = String> + Send
    where
        Self: Sync,
    {
        let attempt = Attempt { common_name: common_name.to_owned(), ..Attempt::default() };
        async move { clients::connect(self.world(), &attempt).await.expect("let in") }
    }

    /// An administrator invokes a function and waits.
    ///
    /// # Errors
    /// What Lambda says instead of invoking it.
    fn invoke(&self, function: &str, payload: &Value) -> impl Future<Output = Result<Outcome, NotInvoked>> + Send
    where
        Self: Sync,
    {
        let arn = read(&self.world().deployment).function_arn(function);
        let payload = payload.to_string().into();
        async move { invocations::invoke(self.world(), &arn, payload, &Principal::Administrator, &Context::new()).await }
    }

    /// What happened after a number, 0 for all.
    fn since(&self, number: u64) -> Vec<Entry> {
        self.world().journal.after(number)
    }

    /// The number of what happened last.
    fn last_number(&self) -> u64 {
        self.since(0).last().map_or(0, |entry| entry.number)
    }

    /// What happened of a kind after a number, in words.
    fn of_kind(&self, kind: &str, since: u64) -> Vec<String> {
        self.since(since).into_iter().filter(|it| it.kind == kind).map(|it| it.text).collect()
    }

    /// What happened, in words, without the calls to AWS.
    fn happened_but_calls(&self) -> Vec<String> {
        let kept = self.since(0).into_iter().filter(|it| it.kind != "aws-call");
        kept.map(|it| format!("{} {}: {}", it.at, it.kind, it.text)).collect()
    }
}
