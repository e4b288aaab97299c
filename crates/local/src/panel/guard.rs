//! Whose requests are answered: this computer's own, and of web pages only the panel's.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::body::Refusal;
use crate::own_page;

pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Beside what [`own_page`] asks: a page elsewhere cannot send JSON without asking first.
fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    own_page::check(uri, headers).map_err(|why| Refusal::new(StatusCode::FORBIDDEN, why))?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if method == Method::POST && !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send JSON, as Content-Type: application/json"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: Method, headers: &[(&'static str, &'static str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        check(&method, &Uri::from_static("/"), &map).err().map_or(200, |refusal| refusal.status().as_u16())
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
        assert_eq!(status(Method::GET, &[("host", "evil.example:8080")]), 403);
    }
}
