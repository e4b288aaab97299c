//! Whose requests are answered: this computer's own, and of web pages only the panel's.

use aws::elb::rules::without_port;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::body::Refusal;

pub(super) async fn guard(request: Request, next: Next) -> Response {
    let host = request.uri().authority().map(ToString::to_string);
    let mut response = match check(request.method(), request.headers(), host.as_deref()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A web page elsewhere can make its reader's browser send requests here. It cannot send another site's `Host` unless
/// it owns a name that leads here (DNS rebinding), nor JSON without asking first, nor hide its `Origin`.
fn check(method: &Method, headers: &HeaderMap, authority: Option<&str>) -> Result<(), Refusal> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let host = text(header::HOST).or(authority).unwrap_or_default();
    if !is_loopback(without_port(host)) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "this is answered under a loopback address only"));
    }
    if text(header::ORIGIN).is_some_and(|origin| !origin.eq_ignore_ascii_case(&format!("http://{host}"))) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "this is answered to the panel's own page only"));
    }
    let kind = text(header::CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if method == Method::POST && !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON, as Content-Type: application/json"));
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: Method, headers: &[(&'static str, &'static str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        check(&method, &map, None).err().map_or(200, |refusal| refusal.status().as_u16())
    }

    #[test]
    fn only_loopback_names_are_answered() {
        for (host, expected) in [
            ("127.0.0.1:8080", 200),
            ("127.9.9.9", 200),
            ("LOCALHOST:1", 200),
            ("[::1]:8080", 200),
            ("evil.example:8080", 403),
            ("127.0.0.1.evil.example", 403),
            ("localhost.evil.example", 403),
            ("192.168.1.2:8080", 403),
            ("", 403),
        ] {
            assert_eq!(status(Method::GET, &[("host", host)]), expected, "{host}");
        }
        assert_eq!(status(Method::GET, &[]), 403);
    }

    #[test]
    fn other_pages_cannot_act() {
        let json = ("content-type", "application/json; charset=utf-8");
        let host = ("host", "127.0.0.1:8080");
        assert_eq!(status(Method::POST, &[host, json]), 200);
        assert_eq!(status(Method::POST, &[host, json, ("origin", "http://127.0.0.1:8080")]), 200);
        for origin in ["http://evil.example", "null", "http://127.0.0.1:8081", "https://127.0.0.1:8080", ""] {
            assert_eq!(status(Method::POST, &[host, json, ("origin", origin)]), 403, "{origin}");
            assert_eq!(status(Method::DELETE, &[host, ("origin", origin)]), 403, "{origin}");
        }
        for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            assert_eq!(status(Method::POST, &[host, ("content-type", kind)]), 415, "{kind}");
        }
        assert_eq!(status(Method::POST, &[host]), 415);
    }
}
