//! The AWS endpoint: one address for every AWS API that is emulated here. Which API a request is for shows in its content.
//!
//! Who asks shows in the access key id of the request's Signature Version 4, in its header or in its address, and nowhere
//! else: **signatures are not verified**, since whoever reaches this address is at this computer anyway. Each function signs
//! with a key of its own, see [`aws::authorize::keys`]; every other key is the administrator's. A request that is not signed
//! at all is refused.

pub mod cloudwatch;
pub mod ec2;
pub mod s3;

use std::{collections::BTreeMap, sync::Arc};

use aws::{authorize::keys::principal, cloudwatch::wire, ec2::wire::form, identifiers};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, header, request::Parts};

use crate::{locks::read, own_page, panel, world::Shared};

/// Serves until its task is dropped.
pub async fn serve(world: Shared, listener: tokio::net::TcpListener) {
    if let Err(error) = axum::serve(listener, router(world)).await {
        tracing::error!(%error, "the AWS endpoint has stopped");
    }
}

/// The AWS endpoint. Who reaches it is an administrator, and in front of an upstream it runs the packages that it is sent:
/// no web page may lead its reader's browser here.
fn router(world: Shared) -> Router {
    let mut router = Router::new().fallback(answer).with_state(Arc::clone(&world));
    if world.upstream.is_some() {
        // For tests that know no other address.
        router = router.nest("/_local/panel", panel::router(world));
    }
    router.layer(middleware::from_fn(own_pages_only))
}

async fn own_pages_only(request: Request, next: Next) -> Response {
    match own_page::check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => refused(StatusCode::FORBIDDEN, "AccessDeniedException", why),
    }
}

async fn answer(State(world): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let most = if world.upstream.is_some() { LARGEST_PACKAGE } else { LARGEST_BODY };
    let body = match to_bytes(body, most).await {
        Ok(body) => body,
        Err(error) => return refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &error.to_string()),
    };
    let (mut parts, mut body) = (parts, body);
    if parts.method == Method::POST && parts.headers.contains_key(header::CONTENT_ENCODING) {
        body = match wire::plain(&parts.headers, &body) {
            Ok(plain) => Bytes::from(plain.into_owned()),
            Err(error) => {
                let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
                return refused(status, error.code, &error.message);
            }
        };
        // Whoever reads it from here on reads it as it is.
        parts.headers.remove(header::CONTENT_ENCODING);
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    let principal = access_key_id(&parts).map(|key| {
        let deployment = read(&world.deployment);
        principal(&deployment, &key)
    });
    if let Some(upstream) = &world.upstream {
        return upstream.answer(&world, principal, &parts, body).await;
    }
    if !world.call_takes.is_zero() {
        tokio::time::sleep(world.call_takes).await;
    }
    if let Some(principal) = principal.as_ref().filter(|_| s3::is_asked(&parts)) {
        return s3::answer(&world, principal, &parts);
    }
    match api(&parts, &body) {
        Api::Ec2(parameters) => ec2::answer(&world, principal.as_ref(), parameters).await,
        Api::CloudWatch => match principal {
            Some(principal) => cloudwatch::answer(&world, &principal, &parts, &body).await,
            None => refused(StatusCode::FORBIDDEN, "MissingAuthenticationToken", "The request is not signed."),
        },
        Api::Other => refused(
            StatusCode::BAD_REQUEST,
            "InvalidAction",
            "Neither EC2's Query API nor an API of CloudWatch: nothing else is emulated here.",
        ),
    }
}

enum Api {
    Ec2(BTreeMap<String, String>),
    CloudWatch,
    Other,
}

fn api(parts: &Parts, body: &[u8]) -> Api {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if text("x-amz-target").starts_with("GraniteServiceVersion20100801.")
        || parts.uri.path().starts_with("/service/GraniteServiceVersion20100801/")
    {
        return Api::CloudWatch;
    }
    let is_form = text(header::CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded");
    let parameters = match parts.method {
        Method::GET => form(parts.uri.query().unwrap_or_default().as_bytes()),
        Method::POST if is_form => form(body),
        _ => return Api::Other,
    };
    match parameters.get("Version").map(String::as_str) {
        Some("2010-08-01") => Api::CloudWatch,
        // Another version, or none, is EC2's to refuse.
        _ if parameters.contains_key("Action") || parameters.contains_key("Version") => Api::Ec2(parameters),
        _ => Api::Other,
    }
}

/// Whose a signature is.
#[must_use]
pub fn access_key_id(parts: &Parts) -> Option<String> {
    let credential = credential(parts)?;
    credential.split('/').next().filter(|key| !key.is_empty()).map(str::to_owned)
}

/// `KEY/DATE/REGION/SERVICE/aws4_request`: of `Authorization: AWS4-HMAC-SHA256 Credential=…`, or of an address that is signed.
#[must_use]
pub fn credential(parts: &Parts) -> Option<String> {
    let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
        return parameter(parts, "X-Amz-Credential");
    };
    let (_, credential) = authorization.to_str().ok()?.strip_prefix("AWS4-")?.split_once("Credential=")?;
    credential.split(',').next().map(str::to_owned)
}

/// A parameter of the address.
#[must_use]
pub fn parameter(parts: &Parts, name: &str) -> Option<String> {
    form(parts.uri.query().unwrap_or_default().as_bytes()).remove(name)
}

/// An error before it is known whose it is, readable for both kinds of SDK: the type for JSON stands in a header.
fn refused(status: StatusCode, code: &'static str, message: &str) -> Response {
    let body = serde_json::json!({ "__type": code, "message": message }).to_string();
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/x-amz-json-1.0".to_owned()),
        ("x-amzn-errortype", code.to_owned()),
        ("x-amzn-requestid", identifiers::uuid()),
    ];
    (status, headers, Body::from(body)).into_response()
}

/// As much as CloudWatch takes at once, and more than any call of EC2 needs.
const LARGEST_BODY: usize = 1024 * 1024;
/// More than any call in front of an upstream needs: Lambda takes packages of 50 MB, in base64.
const LARGEST_PACKAGE: usize = 70 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use http::{Request, header};

    use super::{Api, access_key_id, api, credential};

    #[test]
    fn content_tells_the_api() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let target = ("x-amz-target", "GraniteServiceVersion20100801.PutMetricData");
        for (method, path, headers, body, expected) in [
            ("POST", "/", vec![form], "Action=X&Version=2016-11-15", "ec2"),
            ("POST", "/", vec![form], "Action=X&Version=2012-01-01", "ec2"),
            ("GET", "/?Action=X&Version=2016-11-15", vec![], "", "ec2"),
            ("POST", "/", vec![form], "Action=X&Version=2010-08-01", "cloudwatch"),
            ("POST", "/", vec![("content-type", "application/x-amz-json-1.0"), target], "{}", "cloudwatch"),
            (
                "POST",
                "/service/GraniteServiceVersion20100801/operation/PutMetricData",
                vec![("smithy-protocol", "rpc-v2-cbor")],
                "",
                "cloudwatch",
            ),
            ("POST", "/", vec![form], "", "other"),
            ("POST", "/", vec![], "Action=X&Version=2016-11-15", "other"),
            ("GET", "/", vec![], "", "other"),
            ("PUT", "/", vec![form], "Action=X&Version=2016-11-15", "other"),
        ] {
            let mut request = Request::builder().method(method).uri(path);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let found = match api(&request.body(()).unwrap().into_parts().0, body.as_bytes()) {
                Api::Ec2(_) => "ec2",
                Api::CloudWatch => "cloudwatch",
                Api::Other => "other",
            };
            assert_eq!(found, expected, "{method} {path} {body}");
        }
    }

    #[test]
    fn the_key_stands_in_the_signature() {
        let of = |uri: &str, value: Option<&str>| {
            let mut request = Request::get(uri);
            if let Some(value) = value {
                request = request.header(header::AUTHORIZATION, value);
            }
            let parts = request.body(()).unwrap().into_parts().0;
            (access_key_id(&parts), credential(&parts))
        };
        let key = |value: &str| of("/?X-Amz-Credential=AKIA2", Some(value)).0;
        let signed = "AWS4-HMAC-SHA256 Credential=AKIA1/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host";
        assert_eq!(key(signed).as_deref(), Some("AKIA1"));
        assert_eq!(key("Bearer x"), None);
        assert_eq!(key("AWS4-HMAC-SHA256 Credential=/x"), None);
        let scope = "AKIA1/20260101/us-east-1/s3/aws4_request";
        let address = format!("/b/k?X-Amz-Expires=60&X-Amz-Credential={}", scope.replace('/', "%2F"));
        assert_eq!(of(&address, None), (Some("AKIA1".to_owned()), Some(scope.to_owned())));
        assert_eq!(of("/b/k", None), (None, None));
    }
}
