//! The bucket in which profiles wait (`--profiles`): one for each person, of a VPN that does not exist.

use aws::{
    authorize::{Context, Decision, Principal},
    xml::escape,
};
use axum::{body::Body, response::Response};
use http::{Method, StatusCode, header, request::Parts};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::{credential, parameter};
use crate::{locks::read, this_computer::PROFILES_BUCKET, world::World};

/// The device for which one waits.
const DEVICE: &str = "ipad.ovpn";
/// Nothing in it lets anybody in.
const PROFILE: &str = "client\ndev tun\nproto udp\nremote cvpn-endpoint-0123456789abcdef0.example.com 443\n";

/// Whether a request is for S3.
pub(super) fn is_asked(parts: &Parts) -> bool {
    credential(parts).is_some_and(|credential| credential.split('/').nth(3) == Some("s3"))
}

/// Answers a list or a profile, to whoever may have it.
pub(super) fn answer(world: &World, principal: &Principal, parts: &Parts) -> Response {
    let path = parts.uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if bucket != PROFILES_BUCKET || parts.method != Method::GET {
        return refused(StatusCode::NOT_FOUND, "NoSuchBucket", "Of S3, only the bucket of profiles is emulated here.");
    }
    if has_ended(parts, world.clock.now()) {
        return refused(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired");
    }
    let prefix = parameter(parts, "prefix").unwrap_or_default();
    let (action, resource) = match key {
        "" => ("s3:ListBucket", format!("arn:aws:s3:::{bucket}")),
        key => ("s3:GetObject", format!("arn:aws:s3:::{bucket}/{key}")),
    };
    let context = Context::from([("s3:prefix".to_owned(), vec![prefix.clone()])]);
    if let Decision::Denied(words) = world.may(principal, action, &resource, &context) {
        return refused(StatusCode::FORBIDDEN, "AccessDenied", &words);
    }
    let users = read(&world.deployment).user_pool.users.clone();
    let keys = users.iter().map(|user| format!("profiles/{}/{DEVICE}", user.sub));
    if key.is_empty() {
        let contents =
            keys.filter(|key| key.starts_with(&prefix)).map(|key| format!("<Contents><Key>{key}</Key></Contents>"));
        let list = format!("<ListBucketResult>{}</ListBucketResult>", contents.collect::<String>());
        return told(StatusCode::OK, &[(header::CONTENT_TYPE, "application/xml")], list);
    }
    if !keys.into_iter().any(|waiting| waiting == key) {
        return refused(StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist.");
    }
    let as_asked = |name: &str| parameter(parts, name).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, &*as_asked("response-content-type")),
        (header::CONTENT_DISPOSITION, &*as_asked("response-content-disposition")),
        (header::CACHE_CONTROL, &*as_asked("response-cache-control")),
    ];
    told(StatusCode::OK, &headers, PROFILE.to_owned())
}

/// Whether an address that is signed was good for too short a time (fact 15.3). One that cannot be read is good for none.
#[must_use]
pub fn has_ended(parts: &Parts, now: Timestamp) -> bool {
    if parameter(parts, "X-Amz-Signature").is_none() {
        return false;
    }
    let until = || {
        let at = DateTime::strptime("%Y%m%dT%H%M%SZ", parameter(parts, "X-Amz-Date")?).ok()?;
        let seconds = parameter(parts, "X-Amz-Expires")?.parse().ok()?;
        let at = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
        at.checked_add(SignedDuration::from_secs(seconds)).ok()
    };
    until().is_none_or(|until| until < now)
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!("<Error><Code>{code}</Code><Message>{}</Message></Error>", escape(message));
    told(status, &[(header::CONTENT_TYPE, "application/xml")], body)
}

fn told(status: StatusCode, headers: &[(header::HeaderName, &str)], body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
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
