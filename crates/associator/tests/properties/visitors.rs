//! In which language, since when, and for how long: what a browser sends along.

use std::collections::HashMap;

use associator::{request, texts, visitor::Visitor};
use http::HeaderValue;
use lambda_http::{Body, Request, RequestExt};
use proptest::prelude::*;

use crate::odd;

/// Odd headers `Accept-Language`, and the language.
const ACCEPTED: [(&str, &str); 22] = [
    ("", "en"),
    ("*", "en"),
    ("fr, *;q=0.5", "en"),
    ("ja", "ja"),
    ("JA-jp", "ja"),
    ("zh-Hant-TW", "zh-CN"),
    ("jam", "en"),
    (" ko ; q=0.5 , ja ; q=0.9 ", "ja"),
    ("ko;q=0.5,ja;q=0.5", "ko"),
    ("ja;q=0", "en"),
    ("ja;q=0.000", "en"),
    ("ja;q=", "en"),
    ("ja;q", "en"),
    ("ja;", "en"),
    ("ja;q=x, ko;q=0.1", "ko"),
    ("ja;q=-1, ko;q=0.1", "ko"),
    ("ja;q=NaN, ko;q=0.1", "ko"),
    ("ja;q=inf, ko", "ko"),
    ("ja;q=1e9, ko", "ko"),
    ("ja;q=1.5, ko", "ko"),
    (",,;,ja", "ja"),
    ("ja;level=1;q=0.5", "en"),
];
/// Odd cookies, and the language; empty where none is kept.
const COOKIES: [(&str, &str); 12] = [
    ("vpn-language=ja", "ja"),
    ("x=y;vpn-language=ja", "ja"),
    (" vpn-language=ja ; x", "ja"),
    ("vpn-language=xx; vpn-language=ko", "ko"),
    ("vpn-language=ja; vpn-language=ko", "ja"),
    ("vpn-language", ""),
    ("vpn-language=", ""),
    ("vpn-language=JA", ""),
    ("vpn-language=\"ja\"", ""),
    ("VPN-Language=ja", ""),
    ("xvpn-language=ja", ""),
    ("=; ;=;vpn-language=ja=", ""),
];
/// Odd bodies of `POST /keep`, and the hours.
const HOURS: [(&str, Option<u8>); 14] = [
    ("hours=4", Some(4)),
    ("hours=004", Some(4)),
    ("hours=%34", Some(4)),
    ("%68ours=4&&&", Some(4)),
    ("hours=+4", None),
    ("hours=4.0", None),
    ("hours=4%00", None),
    ("hours=256", None),
    ("hours=260", None),
    ("hours=-4", None),
    ("hours=４", None),
    ("Hours=4", None),
    ("hours", None),
    ("hours=4&hours=4", None),
];
/// Odd times of what a page has seen, and the milliseconds.
const SEEN: [(&str, Option<i64>); 8] = [
    ("1793610020000", Some(1_793_610_020_000)),
    ("0", Some(0)),
    ("-1", Some(-1)),
    ("", None),
    ("1.5", None),
    ("9223372036854775807", None),
    ("9223372036854775808", None),
    ("2026-11-02T09:00:20Z", None),
];

fn asking(headers: &[(&'static str, HeaderValue)], query: &[(&str, String)]) -> Request {
    let mut request = Request::new(Body::Empty);
    for (name, value) in headers {
        request.headers_mut().append(*name, value.clone());
    }
    let query: HashMap<String, Vec<String>> =
        query.iter().map(|(name, value)| ((*name).to_owned(), vec![value.clone()])).collect();
    request.with_query_string_parameters(query)
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).expect("a header")
}

/// Nothing lies ahead of it.
const LATEST: jiff::Timestamp = jiff::Timestamp::MAX;

fn language(headers: &[(&'static str, HeaderValue)], query: &[(&str, String)]) -> &'static str {
    Visitor::of(&asking(headers, query)).texts.language
}

#[test]
fn the_corpus_is_read_as_it_says() {
    for (text, expected) in ACCEPTED {
        assert_eq!(language(&[("accept-language", header(text))], &[]), expected, "{text:?}");
    }
    for (text, expected) in COOKIES {
        let read = language(&[("cookie", header(text)), ("accept-language", header("zh"))], &[]);
        assert_eq!(read, if expected.is_empty() { "zh-CN" } else { expected }, "{text:?}");
    }
    for (text, expected) in HOURS {
        assert_eq!(request::hours(text.as_bytes()), expected, "{text:?}");
    }
    for (text, expected) in SEEN {
        let seen = request::seen(&asking(&[], &[("seen", text.to_owned())]), LATEST);
        assert_eq!(seen.map(jiff::Timestamp::as_millisecond), expected, "{text:?}");
    }
}

const TAGS: [(&str, &str); 8] = [
    ("en", "en"),
    ("zh", "zh-CN"),
    ("zh-TW", "zh-CN"),
    ("ko-KR", "ko"),
    ("ja", "ja"),
    ("ja-JP", "ja"),
    ("fr", ""),
    ("*", ""),
];

fn any_header() -> impl Strategy<Value = HeaderValue> {
    prop::collection::vec(prop_oneof![32..=126_u8, 128..=255_u8, Just(b','), Just(b';'), Just(b'=')], 0..60)
        .prop_map(|bytes| HeaderValue::from_bytes(&bytes).expect("a header"))
}

proptest! {
    #![proptest_config(odd::config())]

    /// The best weight decides, and of equal ones the first.
    #[test]
    fn the_language_is_what_the_browser_likes_best(ranges in prop::collection::vec((prop::sample::select(TAGS.as_slice()), prop::option::of(0..=1000_u32), "[ ]{0,2}"), 0..8)) {
        let written = ranges.iter().map(|((tag, _), weight, space)| match weight {
            None => format!("{space}{tag}{space}"),
            Some(1000) => format!("{tag};{space}q=1.000"),
            Some(weight) => format!("{tag}{space};q=0.{weight:03}"),
        });
        let written = written.collect::<Vec<_>>().join(",");
        let mut known: Vec<_> = ranges.iter().map(|((_, language), weight, _)| (weight.unwrap_or(1000), *language)).filter(|(weight, language)| *weight > 0 && !language.is_empty()).collect();
        known.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        prop_assert_eq!(language(&[("accept-language", header(&written))], &[]), known.first().map_or("en", |(_, language)| *language), "{}", written);
    }

    /// What was chosen now is more than what was chosen before, and that is more than what the browser likes.
    #[test]
    fn a_choice_is_kept(chosen in prop::option::of("ja|ko|en|zh-CN|xx|"), kept in prop::collection::vec(("vpn-language|x|Vpn-Language", "ja|ko|en|zh-CN|xx|"), 0..5), lines: bool) {
        let cookies: Vec<_> = kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = vec![("accept-language", header("ko"))];
        match lines {
            true => headers.extend(cookies.iter().map(|cookie| ("cookie", header(cookie)))),
            false => headers.push(("cookie", header(&cookies.join("; ")))),
        }
        let query: Vec<_> = chosen.iter().map(|chosen| ("lang", chosen.clone())).collect();
        let known = |code: &&String| ["ja", "ko", "en", "zh-CN"].contains(&code.as_str());
        let before = kept.iter().filter(|(name, _)| name == "vpn-language").map(|(_, value)| value).find(known);
        let expected = chosen.iter().find(known).or(before).map_or("ko", String::as_str);
        prop_assert_eq!(language(&headers, &query), expected);
        // It is written down where it was chosen now, and nowhere else.
        let mut answer = http::HeaderMap::new();
        Visitor::of(&asking(&headers, &query)).remember(&mut answer, true);
        prop_assert_eq!(answer.len(), usize::from(chosen.iter().any(|code| known(&code))));
    }

    #[test]
    fn any_header_is_of_somebody(cookie in any_header(), accepted in any_header(), agent in any_header(), asked in any::<String>()) {
        let headers = [("cookie", cookie), ("accept-language", accepted), ("user-agent", agent.clone()), ("user-agent", agent)];
        let visitor = Visitor::of(&asking(&headers, &[("lang", asked.clone()), ("seen", asked)]));
        prop_assert!(texts::all().iter().any(|texts| texts.language == visitor.texts.language));
        let headers: http::HeaderMap = headers.into_iter().map(|(name, value)| (http::HeaderName::from_static(name), value)).collect();
        let _ = (request::is_health_check(&headers), request::is_same_origin(&headers, "https://vpn.example.com"));
        prop_assert!(request::text(&headers, "cookie").is_some());
    }

    #[test]
    fn hours_are_one_to_twenty_four(hours: u32, few in 0..30_u32, body in prop::collection::vec(any::<u8>(), 0..40)) {
        for hours in [hours, few] {
            let expected = (1..=24).contains(&hours).then_some(hours);
            prop_assert_eq!(request::hours(format!("x=1&hours={hours}").as_bytes()).map(u32::from), expected);
        }
        prop_assert!(request::hours(&body).is_none_or(|hours| (1..=24).contains(&hours)));
    }

    #[test]
    fn a_page_sends_back_what_it_was_given(ms in -377_705_023_201_000_i64..253_402_207_200_000, text in any::<String>()) {
        let at = jiff::Timestamp::from_millisecond(ms).expect("within");
        let (_, text_of_page) = request::page_since(at).split_once("?seen=").map(|(page, text)| (page.to_owned(), text.to_owned())).expect("an address");
        prop_assert_eq!(request::seen(&asking(&[], &[("seen", text_of_page)]), LATEST), Some(at));
        let read = request::seen(&asking(&[], &[("seen", text.clone())]), LATEST);
        prop_assert_eq!(request::seen(&asking(&[], &[("seen", (ms + 60_001).to_string())]), at), None, "it lies ahead");
        prop_assert_eq!(read.map(jiff::Timestamp::as_millisecond), text.parse::<i64>().ok().filter(|_| read.is_some()));
    }
}
