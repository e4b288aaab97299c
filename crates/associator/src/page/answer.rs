//! Answers, and the headers that all of them carry.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lambda_http::Body;
use serde::Serialize;

use crate::Response;

/// Nothing is kept, framed, guessed, told to other sites or asked for without TLS.
const ALWAYS: [(HeaderName, &str); 8] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // A year. Over plain HTTP, as on one's own computer, no browser heeds it.
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];
/// Of what is no page.
const NO_CONTENT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// An answer with a body.
#[must_use]
pub fn with(status: StatusCode, content_type: &'static str, body: impl Into<String>) -> Response {
    let mut response = Response::new(Body::Text(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    always(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn always(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_CONTENT_POLICY));
}

/// To the load balancer's health check.
#[must_use]
pub fn healthy() -> Response {
    with(StatusCode::OK, "text/plain; charset=utf-8", "ok")
}

/// To whoever is not to be told anything.
#[must_use]
pub fn nothing() -> Response {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    always(response.headers_mut());
    response
}

/// On to another path of this page.
#[must_use]
pub fn see_other(path: &str) -> Response {
    match HeaderValue::from_str(path) {
        Ok(path) => leads_to(path),
        Err(error) => broken(&error),
    }
}

/// On to another address.
#[must_use]
pub fn leads_to(location: HeaderValue) -> Response {
    let mut response = nothing();
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// On to a file elsewhere, whose address is a secret: it is told to nobody else.
#[must_use]
pub fn to_download(address: &str) -> Response {
    let mut response = see_other(address);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// An answer, naming the methods that would do.
#[must_use]
pub fn allowing(mut response: Response, methods: &'static str) -> Response {
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

#[must_use]
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(body) => with(status, "application/json", body),
        Err(error) => broken(&error),
    }
}

/// What cannot happen, said honestly if it does.
#[must_use]
pub fn broken(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "an answer could not be written");
    with(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", "500 Internal Server Error")
}
