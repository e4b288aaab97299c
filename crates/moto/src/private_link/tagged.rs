//! Tags of EC2 on resource endpoints, which stand here, in one call with what stands upstream: both parts are done, or neither.

use axum::{
    body::{Body, Bytes},
    http::request::Parts,
    response::Response,
};
use http::header;
use local::world::Shared;

use crate::{
    accounts::account,
    lattice::{self, Call, Ground, ec2_tags},
    operation::Operation,
    refuse::Refusal,
    upstream::Upstream,
};

/// Answers a call that names resource endpoints; `None` for all others.
pub(super) async fn answer(
    world: &Shared,
    upstream: &Upstream,
    operation: &Operation,
    key: &str,
    parts: &Parts,
    body: &Bytes,
) -> Result<Option<Response>, Refusal> {
    let account = account(key);
    let ours = ec2_tags::named(&upstream.memory().lattice, operation);
    if ours.is_empty() {
        return Ok(None);
    }
    ec2_tags::check(&upstream.memory().lattice, account, &ours)?;
    let mut theirs = None;
    if let Some(form) = without(body, &ours) {
        let mut parts = parts.clone();
        parts.headers.remove(header::CONTENT_LENGTH);
        upstream.memory().stale = true;
        let passed = upstream.client.pass(&parts, form).await?.map(Body::from);
        if !passed.status().is_success() {
            return Ok(Some(passed));
        }
        theirs = Some(passed);
    }
    let mut memory = upstream.memory();
    let call =
        Call { operation, account, now: world.clock.now(), at_once: memory.no_delays, ground: Ground::default() };
    ec2_tags::write(&mut memory.lattice, &call, &ours);
    let told = || lattice::xml::response(lattice::xml::answer(&operation.name, &serde_json::json!({ "return": true })));
    Ok(Some(theirs.unwrap_or_else(told)))
}

/// The same call for the other things that it names; `None` where there are none.
fn without(body: &[u8], ours: &[String]) -> Option<Bytes> {
    let fields = form_urlencoded::parse(body)
        .filter(|(name, value)| !name.starts_with("ResourceId.") || !ours.iter().any(|id| id == value));
    let (mut form, mut number) = (form_urlencoded::Serializer::new(String::new()), 0);
    for (name, value) in fields {
        if name.starts_with("ResourceId.") {
            number += 1;
            form.append_pair(&format!("ResourceId.{number}"), &value);
        } else {
            form.append_pair(&name, &value);
        }
    }
    (number > 0).then(|| form.finish().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_numbered_anew() {
        let body = b"Action=CreateTags&ResourceId.1=vpce-1&ResourceId.2=sg-1&Tag.1.Key=k";
        let form = without(body, &["vpce-1".to_owned()]).expect("another one");
        assert_eq!(form, "Action=CreateTags&ResourceId.1=sg-1&Tag.1.Key=k");
        assert_eq!(without(b"ResourceId.1=vpce-1&Tag.1.Key=k", &["vpce-1".to_owned()]), None);
    }
}
