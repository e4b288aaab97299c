//! What is asked, and whether a person asks it.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use lambda_http::{Request, RequestExt};

use crate::profiles::{DEVICE, Device};

/// The page's own path.
pub const PAGE: &str = "/vpn";
/// The parameter of an address in which the page sends back when what it shows was seen, in milliseconds since
/// 1970-01-01T00:00:00Z.
pub const SEEN: &str = "seen";
/// The clocks of two environments differ by less.
const SEEN_AHEAD_AT_MOST: SignedDuration = SignedDuration::from_mins(1);
/// Where the profile of a device is fetched.
pub const PROFILE: &str = "/profile";
/// Where Cognito's logout returns to: a fixed answer of the load balancer, outside of the sign-in.
pub const SIGNED_OUT: &str = "/signed-out";

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Turns on.
    Open,
    /// Shows.
    Show,
    /// Turns on, by a button.
    On,
    /// Goes on with what is wanted.
    Progress,
    /// Keeps on.
    Keep,
    /// Turns off.
    Off,
    /// Shows, as JSON.
    State,
    /// Leaves.
    SignOut,
    /// Leads to her profile.
    Profile,
}

const ROUTES: [(&str, Method, Route); 9] = [
    ("/", Method::GET, Route::Open),
    (PAGE, Method::GET, Route::Show),
    ("/on", Method::POST, Route::On),
    ("/progress", Method::POST, Route::Progress),
    ("/keep", Method::POST, Route::Keep),
    ("/off", Method::POST, Route::Off),
    ("/state", Method::GET, Route::State),
    ("/sign-out", Method::GET, Route::SignOut),
    (PROFILE, Method::GET, Route::Profile),
];

/// What a method and a path ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// One of the routes.
    Route(Route),
    /// The answer's head only: nothing is done or read for it.
    Head,
    /// A path that only takes POST, without it: the load balancer returns there after a sign-in.
    ToPage,
    /// A method that a path does not take; the ones it does.
    WrongMethod(&'static str),
    /// No path of ours.
    Nothing,
}

/// Finds the route.
#[must_use]
pub fn asked(method: &Method, path: &str) -> Asked {
    let Some((_, wanted, route)) = ROUTES.iter().find(|(known, ..)| *known == path) else {
        return Asked::Nothing;
    };
    let reads = *method == Method::GET || *method == Method::HEAD;
    match *wanted == Method::POST {
        _ if method == wanted => Asked::Route(*route),
        false if reads => Asked::Head,
        true if reads => Asked::ToPage,
        false => Asked::WrongMethod("GET, HEAD"),
        true => Asked::WrongMethod("POST"),
    }
}

/// When the newest that this page has shown was seen. What is no time, or lies ahead, counts as none: then nothing is kept
/// from it.
#[must_use]
pub fn seen(request: &Request, now: Timestamp) -> Option<Timestamp> {
    let query = request.query_string_parameters_ref()?;
    let seen = Timestamp::from_millisecond(query.first(SEEN)?.parse().ok()?).ok()?;
    (seen.duration_since(now) <= SEEN_AHEAD_AT_MOST).then_some(seen)
}

/// Which device's profile is asked for: `None` where none is named, and what is no name of one is none that waits.
#[must_use]
pub fn device(request: &Request) -> Option<Option<Device>> {
    Some(Device::parse(request.query_string_parameters_ref()?.first(DEVICE)?))
}

/// The page's address for whoever has seen this.
#[must_use]
pub fn page_since(seen: Timestamp) -> String {
    format!("{PAGE}?{SEEN}={}", seen.as_millisecond())
}

/// Whether a script asks: its errors are JSON too.
#[must_use]
pub fn wants_json(path: &str) -> bool {
    matches!(path, "/state" | "/progress")
}

/// The load balancer's health check, which carries no identity.
#[must_use]
pub fn is_health_check(headers: &HeaderMap) -> bool {
    text(headers, "user-agent").is_some_and(|agent| agent.starts_with("ELB-HealthChecker/"))
}

/// Whether a browser fetches only in case somebody might go there, or for a preview of it.
fn is_speculative(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| headers.contains_key(*name))
}

/// Whether a GET is what it should be: a person goes to a page, or the page's own script asks. What another site embeds,
/// fetches or lets a browser fetch in advance reads nothing: forty such requests a second would leave nobody a read.
///
/// A browser that says nothing of it (Safari before 16.4) is believed where nothing changes.
#[must_use]
pub fn is_wanted(asked: &Asked, headers: &HeaderMap) -> bool {
    if *asked == Asked::Nothing {
        return true;
    }
    let says = headers.keys().any(|name| name.as_str().starts_with("sec-fetch-"));
    let html = || text(headers, "accept").is_some_and(|accept| accept.starts_with("text/html"));
    !is_speculative(headers)
        && match (asked, says) {
            // Only a link of this very page, and where the browser says that it is one: a profile is a key.
            (Asked::Route(Route::Profile), says) => {
                says && [
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-mode", "navigate"),
                    ("sec-fetch-dest", "document"),
                ]
                .into_iter()
                .all(|(name, value)| only(headers, name) == Some(value))
            }
            (Asked::Route(Route::State), true) => only(headers, "sec-fetch-site") == Some("same-origin"),
            (_, true) => only(headers, "sec-fetch-dest") == Some("document"),
            (Asked::Route(Route::Open | Route::SignOut), false) => html(),
            (_, false) => true,
        }
}

/// Whether a form or script of this very page sends it.
#[must_use]
pub fn is_same_origin(headers: &HeaderMap, origin: &str) -> bool {
    only(headers, "origin") == Some(origin) || only(headers, "sec-fetch-site") == Some("same-origin")
}

/// The one value of a header; `None` also when there are several, or one that is not ASCII.
#[must_use]
pub fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// The first value of a header. One byte outside ASCII, as a proxy or an old browser may send, loses nothing else of it.
#[must_use]
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    headers.get(name).map(readable)
}

/// A header's value, with `\u{fffd}` in place of what is not UTF-8.
#[must_use]
pub fn readable(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// The hours a form of the page offers to keep the VPN on for.
pub const HOURS: [u8; 3] = [1, 4, 8];

/// Reads the hours of `POST /keep`: a whole number from 1 to 24. What is beyond the keep limit is cut by the rules.
#[must_use]
pub fn hours(body: &[u8]) -> Option<u8> {
    let mut fields = form_urlencoded::parse(body).filter(|(name, _)| name == "hours");
    match (fields.next(), fields.next()) {
        (Some((_, value)), None) => value.parse().ok().filter(|hours| (1..=24).contains(hours)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in of {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_a_person_s_navigation_counts() {
        const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        const DOCUMENT: (&str, &str) = ("sec-fetch-dest", "document");
        const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");
        const OTHER: (&str, &str) = ("sec-fetch-site", "cross-site");
        // Headers; whether they turn on, show the page, are answered as the script's.
        for (given, opens, shows, told) in [
            (&[HTML][..], true, true, true),
            (&[HTML, DOCUMENT, OTHER], true, true, false),
            (&[HTML, DOCUMENT, ("sec-fetch-site", "none")], true, true, false),
            (&[("accept", "*/*"), DOCUMENT], true, true, false),
            (&[], false, true, true),
            (&[("accept", "*/*")], false, true, true),
            (&[("accept", "image/webp,text/html")], false, true, true),
            (&[("sec-fetch-dest", "empty"), OURS], false, false, true),
            (&[("sec-fetch-dest", "empty"), OTHER, ("sec-fetch-mode", "no-cors")], false, false, false),
            (&[("sec-fetch-dest", "empty"), ("sec-fetch-site", "same-site")], false, false, false),
            (&[("sec-fetch-dest", "empty"), OURS, OTHER], false, false, false),
            (&[HTML, ("sec-fetch-dest", "iframe"), OTHER], false, false, false),
            (&[HTML, ("sec-fetch-dest", "object")], false, false, false),
            (&[HTML, ("sec-fetch-dest", "empty")], false, false, false),
            (&[HTML, ("sec-fetch-dest", "image"), OTHER], false, false, false),
            (&[HTML, ("sec-fetch-dest", "")], false, false, false),
            (&[HTML, ("sec-fetch-mode", "navigate")], false, false, false),
            (&[HTML, DOCUMENT, DOCUMENT], false, false, false),
            (&[HTML, DOCUMENT, OURS, ("sec-purpose", "prefetch;prerender")], false, false, false),
            (&[HTML, ("purpose", "prefetch")], false, false, false),
            (&[HTML, ("x-purpose", "preview")], false, false, false),
            (&[HTML, ("x-moz", "prefetch")], false, false, false),
        ] {
            let given = headers(given);
            let routes = [Route::Open, Route::SignOut, Route::Show, Route::State].map(Asked::Route);
            assert_eq!(routes.map(|asked| is_wanted(&asked, &given)), [opens, opens, shows, told], "{given:?}");
            assert_eq!(is_wanted(&Asked::ToPage, &given), shows, "{given:?}");
        }
    }

    #[test]
    fn a_profile_is_only_for_a_link_of_the_page() {
        const OURS: [(&str, &str); 3] =
            [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        let is_wanted =
            |given: &[(&'static str, &'static str)]| is_wanted(&Asked::Route(Route::Profile), &headers(given));
        assert!(is_wanted(&OURS));
        for index in 0..OURS.len() {
            let mut lacking = OURS.to_vec();
            let (name, _) = lacking.remove(index);
            assert!(!is_wanted(&lacking), "without {name}");
            for other in ["", "none", "cross-site", "same-site", "cors", "iframe", "same-origin, same-origin"] {
                let mut changed = OURS.to_vec();
                changed[index] = (name, other);
                assert!(!is_wanted(&changed), "{name}: {other}");
            }
            assert!(!is_wanted(&[&OURS[..], &OURS[index..=index]].concat()), "{name} twice");
        }
        assert!(!is_wanted(&[&OURS[..], &[("sec-purpose", "prefetch")]].concat()));
        assert!(!is_wanted(&[("accept", "text/html")]), "an old browser");
    }

    #[test]
    fn posts_come_from_the_page_itself() {
        const OURS: &str = "https://vpn.example.com";
        for (given, counts) in [
            (&[("origin", OURS)][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("origin", "null"), ("sec-fetch-site", "same-origin")], true),
            (&[], false),
            (&[("origin", "null")], false),
            (&[("origin", "http://vpn.example.com")], false),
            (&[("origin", "https://vpn.example.com.evil.example")], false),
            (&[("origin", "https://vpn.example.com:8443")], false),
            (&[("origin", OURS), ("origin", "https://evil.example")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], false),
        ] {
            assert_eq!(is_same_origin(&headers(given), OURS), counts, "{given:?}");
        }
    }

    #[test]
    fn every_path_has_its_method() {
        for (path, wanted, route) in ROUTES {
            let post = wanted == Method::POST;
            for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
                let expected = match (post, method.as_str()) {
                    (true, "POST") | (false, "GET") => Asked::Route(route),
                    (true, "GET" | "HEAD") => Asked::ToPage,
                    (false, "HEAD") => Asked::Head,
                    (true, _) => Asked::WrongMethod("POST"),
                    (false, _) => Asked::WrongMethod("GET, HEAD"),
                };
                assert_eq!(asked(&method, path), expected, "{method} {path}");
            }
        }
        for path in ["", "/index.html", "/vpn/", "//", "/ON", "/vpn/../on", "/signed-out"] {
            assert_eq!(asked(&Method::GET, path), Asked::Nothing, "{path}");
        }
    }

    #[test]
    fn a_page_has_seen_what_its_address_says_unless_that_lies_ahead() {
        let now = Timestamp::from_millisecond(1_793_610_020_500).expect("timestamp");
        let minute = SignedDuration::from_mins(1);
        let at = |address: &str| {
            let query = address.split_once('?').and_then(|(_, query)| query.split_once('='));
            let query = query.map(|(name, value)| (name.to_owned(), vec![value.to_owned()]));
            seen(&Request::default().with_query_string_parameters(HashMap::from_iter(query)), now)
        };
        for time in [now, now - minute * 60, now + minute, Timestamp::UNIX_EPOCH] {
            assert_eq!(at(&page_since(time)), Some(time));
        }
        assert_eq!(at(&page_since(now + minute + SignedDuration::from_millis(1))), None);
        for query in ["", "?seen=", "?seen=soon", "?seen=9223372036854775807", "?since=1"] {
            assert_eq!(at(&format!("{PAGE}{query}")), None, "{query}");
        }
    }

    #[test]
    fn scripts_ask_on_paths_of_their_own() {
        for (path, _, route) in ROUTES {
            assert_eq!(wants_json(path), matches!(route, Route::State | Route::Progress), "{path}");
        }
        assert!(!wants_json("/favicon.ico"));
    }

    #[test]
    fn only_the_offered_hours_count() {
        for (body, read) in [
            ("hours=1", Some(1)),
            ("hours=4", Some(4)),
            ("x=1&hours=8", Some(8)),
            ("", None),
            ("hours=", None),
            ("hours=2", Some(2)),
            ("hours=24", Some(24)),
            ("hours=0", None),
            ("hours=25", None),
            ("hours=-1", None),
            ("hours=1&hours=8", None),
            ("hours=8h", None),
        ] {
            assert_eq!(hours(body.as_bytes()), read, "{body}");
        }
    }
}
