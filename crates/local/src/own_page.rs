//! Whether a request comes from this computer and, where a web page made it, from a page of the same address.

use aws::elb::rules::without_port;
use http::{HeaderMap, HeaderValue, Uri, header};

/// A web page elsewhere can make its reader's browser send requests here. It cannot send another site's `Host` unless
/// it owns a name that leads here (DNS rebinding), nor hide its `Origin`.
///
/// # Errors
/// A sentence about what is wrong, and what to do instead.
pub fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), &'static str> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let authority = uri.authority().map(http::uri::Authority::as_str);
    let host = text(header::HOST).or(authority).unwrap_or_default();
    if !is_loopback(without_port(host)) {
        return Err("this is answered under a loopback address only, like http://127.0.0.1: send that as Host");
    }
    if text(header::ORIGIN).is_some_and(|origin| !origin.eq_ignore_ascii_case(&format!("http://{host}"))) {
        return Err("of web pages, this is answered to those of the same address only");
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

    fn is_answered(uri: &'static str, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        check(&Uri::from_static(uri), &headers.collect()).is_ok()
    }

    #[test]
    fn only_loopback_names_are_answered() {
        for (host, expected) in [
            ("127.0.0.1:8080", true),
            ("127.9.9.9", true),
            ("LOCALHOST:1", true),
            ("[::1]:8080", true),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("192.168.1.2:8080", false),
            ("", false),
        ] {
            assert_eq!(is_answered("/", &[("host", host)]), expected, "{host}");
        }
        assert!(!is_answered("/", &[]));
        assert!(is_answered("http://127.0.0.1:8080/", &[]));
        assert!(!is_answered("http://evil.example/", &[]));
    }

    #[test]
    fn other_pages_are_not_answered() {
        let host = ("host", "127.0.0.1:8080");
        assert!(is_answered("/", &[host, ("origin", "http://127.0.0.1:8080")]));
        for origin in ["http://evil.example", "null", "http://127.0.0.1:8081", "https://127.0.0.1:8080", ""] {
            assert!(!is_answered("/", &[host, ("origin", origin)]), "{origin}");
        }
    }
}
