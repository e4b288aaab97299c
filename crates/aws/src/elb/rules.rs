//! Which rule takes a request.

use http::{HeaderMap, Method};

use crate::{deployment::Rule, wildcard::fits};

/// The first rule whose every condition holds; an empty condition holds for everything.
#[must_use]
pub fn matching<'a>(
    rules: &'a [Rule],
    host: &str,
    path: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Option<&'a Rule> {
    let host = without_port(host).to_ascii_lowercase();
    let sent = |name: &str, wanted: &str| {
        let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        texts.into_iter().any(|text| fits(&wanted.to_ascii_lowercase(), &text.to_ascii_lowercase()))
    };
    rules.iter().filter(|rule| rule.not_emulated.is_none()).find(|rule| {
        any(&rule.hosts, |value| fits(&value.to_ascii_lowercase(), &host))
            && any(&rule.paths, |value| fits(value, path))
            && any(&rule.methods, |value| value == method.as_str())
            && rule.headers.iter().all(|(name, values)| values.iter().any(|value| sent(name, value)))
    })
}

fn any(values: &[String], holds: impl Fn(&str) -> bool) -> bool {
    values.is_empty() || values.iter().any(|value| holds(value))
}

/// The host of a `Host` header, which may carry a port and may be an IPv6 address in brackets.
#[must_use]
pub fn without_port(host: &str) -> &str {
    let port = host.rfind(':').filter(|colon| host[colon + 1..].bytes().all(|byte| byte.is_ascii_digit()));
    port.map_or(host, |colon| &host[..colon])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(hosts: &[&str], paths: &[&str], methods: &[&str]) -> Rule {
        let list = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        Rule { hosts: list(hosts), paths: list(paths), methods: list(methods), ..Rule::default() }
    }

    #[test]
    fn hosts_ignore_case_and_port_but_paths_and_methods_do_not() {
        let rules = [rule(&["*.Example.com"], &["/VPN"], &["GET"])];
        let found = |host, path, method| matching(&rules, host, path, &method, &HeaderMap::new()).is_some();
        assert!(found("vpn.EXAMPLE.com:8443", "/VPN", Method::GET));
        assert!(!found("vpn.example.com", "/vpn", Method::GET));
        assert!(!found("vpn.example.com", "/VPN", Method::HEAD));
        assert!(!found("example.com", "/VPN", Method::GET));
    }

    #[test]
    fn the_first_rule_wins_and_an_empty_condition_takes_everything() {
        let rules = [rule(&[], &["/signed-out"], &[]), rule(&[], &[], &[])];
        let found = |path| matching(&rules, "h", path, &Method::GET, &HeaderMap::new()).map(|rule| rule.paths.len());
        assert_eq!(found("/signed-out"), Some(1));
        assert_eq!(found("/"), Some(0));
        assert!(matching(&rules[..1], "h", "/", &Method::GET, &HeaderMap::new()).is_none());
    }

    #[test]
    fn headers_are_compared_without_case_and_what_is_not_emulated_takes_nothing() {
        let japanese =
            Rule { headers: vec![("Accept-Language".to_owned(), vec!["ja*".to_owned()])], ..Rule::default() };
        let not_emulated = Rule { not_emulated: Some("a condition on source-ip".to_owned()), ..Rule::default() };
        let rules = [not_emulated, japanese];
        let found = |language: &'static str| {
            let headers =
                HeaderMap::from_iter([(http::header::ACCEPT_LANGUAGE, http::HeaderValue::from_static(language))]);
            matching(&rules, "h", "/", &Method::GET, &headers).is_some()
        };
        assert!(found("ja,en;q=0.5") && found("JA"));
        assert!(!found("en,ja;q=0.5"));
        assert!(matching(&rules, "h", "/", &Method::GET, &HeaderMap::new()).is_none());
    }

    #[test]
    fn ports() {
        for (host, bare) in [("a:1", "a"), ("a", "a"), ("[::1]:8080", "[::1]"), ("[::1]", "[::1]"), ("a:", "a")] {
            assert_eq!(without_port(host), bare);
        }
    }
}
