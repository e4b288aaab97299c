//! Who may do what with a bucket: whoever owns it, by the policies of the caller and the bucket, and while the address that
//! leads there is good (facts 15.1 to 15.3). moto judges a bucket's policy without its conditions, so it is not asked
//! (`infra/tests/account.py`).

use aws::authorize::{Context, Decision, Principal, denied_by};
use http::request::Parts;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use local::{
    api,
    this_computer::{ACCOUNT, PARTITION},
    world::Shared,
};
use serde_json::Value;

use super::resources;
use crate::{
    client::{Client, Failed},
    operation::Operation,
    refuse::Refusal,
    upstream::Upstream,
};

/// Refuses what AWS would. On AWS everybody here comes over TLS.
pub(crate) async fn may(
    world: &Shared,
    upstream: &Upstream,
    principal: &Principal,
    operation: &Operation,
    parts: &Parts,
) -> Result<(), Refusal> {
    if has_ended(parts, world.clock.now()) {
        return Err(Refusal::denied("s3", "Request has expired"));
    }
    let expected = parts.headers.get("x-amz-expected-bucket-owner");
    if expected.is_some_and(|owner| owner != ACCOUNT) {
        return Err(Refusal::denied("s3", "Access Denied"));
    }
    let action = operation.action();
    let mut context = Context::from([("aws:SecureTransport".to_owned(), vec!["true".to_owned()])]);
    if operation.name.starts_with("ListObject") {
        context.insert("s3:prefix".to_owned(), vec![operation.text("Prefix").to_owned()]);
    }
    let policy = policy(&upstream.client, operation.text("Bucket")).await?;
    let who = match principal {
        Principal::Role(role) => format!("role/{role}"),
        _ => "user/administrator".to_owned(),
    };
    for resource in resources(operation) {
        if let Decision::Denied(words) = world.may(principal, &action, &resource, &context) {
            return Err(Refusal::denied("s3", words));
        }
        let arn = format!("arn:{PARTITION}:iam::{ACCOUNT}:{who}");
        let denied = policy.as_ref().and_then(|policy| denied_by(policy, &arn, &action, &resource, &context));
        if let Some(words) = denied {
            return Err(Refusal::denied("s3", words));
        }
    }
    Ok(())
}

/// The policy of a bucket, if it has one.
async fn policy(client: &Client, bucket: &str) -> Result<Option<Value>, Failed> {
    if bucket.is_empty() {
        return Ok(None);
    }
    let call = format!("/{bucket}?policy");
    match client.text("s3", &call).await {
        Ok(text) => {
            let broken = |error: serde_json::Error| Failed::Broken { call, problem: error.to_string() };
            serde_json::from_str(&text).map(Some).map_err(broken)
        }
        Err(Failed::Answered { code, .. }) if code == "404" => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a signed address was good for too short a time. One that cannot be read is good for none.
fn has_ended(parts: &Parts, now: Timestamp) -> bool {
    if api::parameter(parts, "X-Amz-Signature").is_none() {
        return false;
    }
    let until = || {
        let at = DateTime::strptime("%Y%m%dT%H%M%SZ", api::parameter(parts, "X-Amz-Date")?).ok()?;
        let seconds = api::parameter(parts, "X-Amz-Expires")?.parse().ok()?;
        let at = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
        at.checked_add(SignedDuration::from_secs(seconds)).ok()
    };
    until().is_none_or(|until| until < now)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn an_address_is_good_for_as_long_as_it_says() {
        let ended = |query: &str, now: &str| {
            let request = Request::get(format!("/b/k?{query}")).body(()).expect("a request");
            has_ended(&request.into_parts().0, now.parse().expect("a time"))
        };
        let signed = "X-Amz-Date=20261102T090000Z&X-Amz-Expires=60&X-Amz-Signature=0";
        assert!(!ended(signed, "2026-11-02T09:01:00Z"));
        assert!(ended(signed, "2026-11-02T09:01:01Z"));
        assert!(ended("X-Amz-Date=soon&X-Amz-Expires=60&X-Amz-Signature=0", "2026-11-02T09:00:00Z"));
        assert!(ended("X-Amz-Date=20261102T090000Z&X-Amz-Signature=0", "2026-11-02T09:00:00Z"));
        assert!(!ended("", "2026-11-02T09:00:00Z"), "signed in its header");
    }
}
