//! Who may do what with a bucket: whoever owns it, by the policies of the caller and the bucket, and while the address that
//! leads there is good (facts 15.1 to 15.3). moto judges a bucket's policy without its conditions, so it is not asked
//! (`infra/tests/account.py`).

use aws::{
    authorize::{Context, Decision, Principal, denied_by},
    xml::escape,
};
use http::{StatusCode, request::Parts};
use local::{
    api::s3::has_ended,
    this_computer::{ACCOUNT, PARTITION},
    world::Shared,
};
use serde_json::Value;

use crate::{
    client::{Client, Failed},
    operation::{Operation, s3::resources},
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
    let bucket = operation.text("Bucket");
    if operation.name != "CreateBucket" && is_of_another_account(&upstream.client, bucket).await? {
        return Err(Refusal::denied("s3", "Access Denied"));
    }
    let policy = policy(&upstream.client, bucket).await?;
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

/// Whether somebody else has the bucket, in an account where nobody has let us in (fact 15.2).
async fn is_of_another_account(client: &Client, bucket: &str) -> Result<bool, Failed> {
    if bucket.is_empty() || client.text("s3", "/").await?.contains(&format!("<Name>{bucket}</Name>")) {
        return Ok(false);
    }
    Ok(if_found(client, &format!("/{bucket}?versioning")).await?.is_some())
}

async fn if_found(client: &Client, call: &str) -> Result<Option<String>, Failed> {
    match client.text("s3", call).await {
        Ok(text) => Ok(Some(text)),
        Err(Failed::Answered { code, .. }) if code == "404" => Ok(None),
        Err(error) => Err(error),
    }
}

/// The policy of a bucket, if it has one.
async fn policy(client: &Client, bucket: &str) -> Result<Option<Value>, Failed> {
    if bucket.is_empty() {
        return Ok(None);
    }
    let call = format!("/{bucket}?policy");
    let Some(text) = if_found(client, &call).await? else { return Ok(None) };
    serde_json::from_str(&text).map_err(|error| Failed::Broken { call, problem: error.to_string() })
}

/// The tags that a bucket was made with, which moto passes over.
pub(crate) async fn tag_made(client: &Client, operation: &Operation, status: StatusCode) -> Result<(), Failed> {
    let is_made = operation.full_name() == "s3:CreateBucket" && status.is_success();
    let Some(tags) = operation.fields["Tags"].as_array().filter(|_| is_made) else { return Ok(()) };
    let text = |tag: &Value, name: &str| escape(tag[name].as_str().unwrap_or_default()).into_owned();
    let tag = |tag: &Value| format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", text(tag, "Key"), text(tag, "Value"));
    let body = format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.iter().map(tag).collect::<String>());
    client.put("s3", &format!("/{}?tagging", operation.text("Bucket")), body).await
}
