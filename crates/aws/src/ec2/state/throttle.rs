//! Request throttling: a token bucket per action, refilled by the emulated world's time (fact 4.16).

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ec2::{
    AwsError,
    settings::{Bucket, Limits},
};

/// What is left in each action's bucket, and since when.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets(BTreeMap<&'static str, (f64, Timestamp)>);

impl Buckets {
    pub(super) fn take(&mut self, limits: &Limits, now: Timestamp, action: &'static str) -> Result<(), AwsError> {
        if !limits.throttle {
            return Ok(());
        }
        let bucket = bucket(limits, action);
        let (level, since) = self.0.entry(action).or_insert((bucket.burst, now));
        let passed = now.duration_since(*since).as_secs_f64().max(0.0);
        *level = (*level + passed * bucket.per_second).min(bucket.burst);
        *since = now.max(*since);
        if *level < 1.0 {
            return Err(AwsError::with_status("RequestLimitExceeded", "Request limit exceeded.", 503));
        }
        *level -= 1.0;
        Ok(())
    }
}

fn bucket(limits: &Limits, action: &str) -> Bucket {
    match action {
        "CreateClientVpnRoute" | "DeleteClientVpnRoute" | "AuthorizeClientVpnIngress" | "RevokeClientVpnIngress" => {
            limits.route
        }
        "CreateTags" | "DeleteTags" => limits.tag,
        _ if action.starts_with("Describe") => limits.describe,
        _ => limits.change,
    }
}
