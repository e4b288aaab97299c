//! What is asked, and by whom: odd requests, other sites, browsers on their own account.

mod common;

use common::{ORIGIN, Setup, event};
use serde_json::{Value, json};

#[tokio::test]
async fn odd_requests_get_400_and_no_panic() {
    let setup = Setup::new();
    let token = setup.token();
    let single = |name: &str, value: Value| {
        let mut event = event("GET", "/vpn", &[], "", "");
        event.as_object_mut().expect("object").remove("multiValueHeaders");
        event["headers"] =
            json!({ "host": "vpn.example.com", "x-forwarded-proto": "https", "x-amzn-oidc-data": token });
        event["headers"][name] = value;
        event
    };
    let multi = |name: &str, value: Value| {
        let mut event = event("GET", "/vpn", &[], &token, "");
        event["multiValueHeaders"][name] = value;
        event
    };
    let changed = |name: &str, value: Value| {
        let mut event = event("GET", "/vpn", &[], &token, "");
        event[name] = value;
        event
    };
    let mut base64 = event("POST", "/keep", &[("origin", ORIGIN)], &token, "hours=4");
    base64["isBase64Encoded"] = json!(true);
    let mut odd = vec![
        base64,
        multi("host", json!(["vpn.example.com", "evil.example"])),
        multi("host", json!([])),
        multi("x-forwarded-proto", json!(["https", "http"])),
        multi("x-amzn-oidc-data", json!([1])),
        multi("a header", json!(["x"])),
        multi("x-line", json!(["a\nb"])),
        single("x-line", json!("a\r\nSet-Cookie: b=c")),
        changed("httpMethod", json!("GO AWAY")),
        changed("httpMethod", json!(null)),
        changed("path", json!("vpn")),
        changed("path", json!(":99999/")),
        changed("path", json!(null)),
        changed("body", json!({})),
        changed("multiValueHeaders", json!("none")),
    ];
    for host in
        ["", " ", "a b", "vpn.example.com:port", "vpn.example.com:99999", "[::1", "a/b", "me@a", "a\\b", "%", "ü"]
    {
        odd.push(single("host", json!(host)));
        odd.push(multi("host", json!([host])));
    }
    for proto in ["", "HTTPS", "https:", "ftp", "http://x", " https", "https, http"] {
        odd.push(single("x-forwarded-proto", json!(proto)));
        odd.push(multi("x-forwarded-proto", json!([proto])));
    }
    for event in odd {
        let answer = setup.answer(event.clone()).await;
        assert_eq!(answer.status(), 400, "{event}");
        let form = if event.get("headers").is_some() { "headers" } else { "multiValueHeaders" };
        assert!(answer.0.get(form).is_some_and(Value::is_object), "{event}: {answer:?}");
    }
    assert!(setup.aws.calls().is_empty());
}

#[tokio::test]
async fn unusual_but_right_requests_are_answered() {
    let setup = Setup::new();
    let token = setup.token();
    let mut encoded = event("POST", "/keep", &[("origin", ORIGIN)], &token, "aG91cnM9NA==");
    encoded["isBase64Encoded"] = json!(true);
    setup.aws.turn_on();
    assert_eq!(setup.answer(encoded).await.status(), 303);
    for host in [
        "VPN.example.com",
        "internal-vpn-1.us-east-1.elb.amazonaws.com",
        "127.0.0.1:8443",
        "[::1]:80",
        "999.1.1.1",
        "xn--a",
    ] {
        let mut event = event("GET", "/vpn", &[], &token, "");
        event["multiValueHeaders"]["host"] = json!([host]);
        assert_eq!(setup.answer(event.clone()).await.status(), 200, "{host}");
        event["headers"] = json!({ "host": host, "x-forwarded-proto": "http" });
        event.as_object_mut().expect("object").remove("multiValueHeaders");
        event["headers"]["x-amzn-oidc-data"] = json!(token);
        assert_eq!(setup.answer(event).await.status(), 200, "{host}");
    }
    let mut query = event("GET", "/vpn", &[], &token, "");
    query["multiValueQueryStringParameters"] = json!({ "a b": ["%zz", "\u{0}<"] });
    assert_eq!(setup.answer(query).await.status(), 200);
    for name in ["lang", "seen"] {
        let mut query = event("GET", "/vpn", &[], &token, "");
        query["multiValueQueryStringParameters"] = json!({ name: ["7".repeat(70_000)] });
        assert_eq!(setup.answer(query).await.status(), 200, "{name}");
    }
    let path = event("GET", "/%zz é #?[]", &[], &token, "");
    assert_eq!(setup.answer(path).await.status(), 404);
}

/// On more `lambda_http` panics, and a load balancer sends no more.
#[tokio::test]
async fn paths_and_headers_are_read_as_far_as_a_load_balancer_takes_them() {
    let setup = Setup::new();
    let token = setup.token();
    let x = |count: usize| format!("/{}", "x".repeat(count));
    // Each byte of these becomes three in an address.
    let e = |count: usize| format!("/{}", "é".repeat(count));
    for (path, status) in
        [(x(16 * 1024 - 1), 404), (e(8 * 1024 - 1), 404), (x(16 * 1024), 400), (x(70_000), 400), (e(12_000), 400)]
    {
        let answer = setup.answer(event("GET", &path, &[], &token, "")).await;
        assert_eq!(answer.status(), status, "{} bytes", path.len());
    }
    for (count, status) in [(4096, 401), (4097, 400), (40_000, 400)] {
        let mut event = event("GET", "/vpn", &[], "", "");
        event["multiValueHeaders"] = (0..count).map(|number| (format!("x-{number}"), json!(["x"]))).collect();
        assert_eq!(setup.answer(event).await.status(), status, "{count} headers");
    }
    let mut event = event("GET", "/vpn", &[], "", "");
    event["multiValueHeaders"] = json!({ "x": vec!["x"; 4097] });
    assert_eq!(setup.answer(event).await.status(), 400);
}

#[tokio::test]
async fn posts_of_other_sites_change_nothing() {
    for (headers, allowed) in [
        (&[("origin", ORIGIN)][..], true),
        (&[("sec-fetch-site", "same-origin")], true),
        (&[], false),
        (&[("origin", "https://evil.example")], false),
        (&[("origin", "null")], false),
        (&[("sec-fetch-site", "cross-site")], false),
        (&[("sec-fetch-site", "same-site")], false),
        (&[("referer", "https://vpn.example.com/vpn")], false),
    ] {
        for path in ["/on", "/progress", "/keep", "/off"] {
            let setup = Setup::new();
            setup.aws.turn_on();
            let answer = setup.answer(event("POST", path, headers, &setup.token(), "hours=4")).await;
            assert_eq!(answer.status() == 403, !allowed, "{path} {headers:?}");
            assert_eq!(setup.aws.calls().is_empty(), !allowed, "{path} {headers:?}");
        }
    }
}

#[tokio::test]
async fn only_a_person_s_opening_turns_on() {
    const HTML: (&str, &str) = ("accept", "text/html,*/*");
    const DOCUMENT: (&str, &str) = ("sec-fetch-dest", "document");
    for (method, headers, opens) in [
        ("GET", &[HTML, DOCUMENT][..], true),
        ("GET", &[HTML], true),
        ("HEAD", &[HTML, DOCUMENT], false),
        ("GET", &[], false),
        ("GET", &[("accept", "*/*")], false),
        ("GET", &[HTML, ("sec-fetch-dest", "iframe")], false),
        ("GET", &[HTML, ("sec-fetch-dest", "image")], false),
        ("GET", &[HTML, DOCUMENT, ("sec-purpose", "prefetch")], false),
        ("GET", &[HTML, DOCUMENT, ("sec-purpose", "prefetch;prerender")], false),
        ("GET", &[HTML, ("purpose", "prefetch")], false),
        ("GET", &[HTML, ("x-purpose", "preview")], false),
        ("GET", &[HTML, ("x-moz", "prefetch")], false),
        ("GET", &[HTML, DOCUMENT, ("user-agent", "ELB-HealthChecker/2.0")], false),
    ] {
        let setup = Setup::new();
        let answer = setup.answer(event(method, "/", headers, &setup.token(), "")).await;
        assert_eq!(answer.status() == 303, opens, "{method} {headers:?}: {answer:?}");
        assert_eq!(setup.aws.calls().is_empty(), !opens, "{method} {headers:?}");
    }
}

#[tokio::test]
async fn a_speculative_request_reads_and_leaves_nothing() {
    let setup = Setup::new();
    for path in ["/", "/vpn", "/state", "/sign-out"] {
        let headers = [("accept", "text/html"), ("sec-fetch-dest", "document"), ("sec-purpose", "prefetch")];
        let mut event = event("GET", path, &headers, &setup.token(), "");
        // Nor is a language kept that nobody chose.
        event["multiValueQueryStringParameters"]["lang"] = json!(["ja"]);
        let answer = setup.answer(event).await;
        assert_eq!((answer.status(), answer.header("set-cookie")), (403, ""), "{path}");
    }
    assert!(setup.aws.calls().is_empty());
}

#[tokio::test]
async fn what_another_site_embeds_or_fetches_reads_nothing() {
    let site = |site| ("sec-fetch-site", site);
    let dest = |dest| ("sec-fetch-dest", dest);
    for (path, headers, status) in [
        ("/vpn", [dest("image"), site("cross-site")], 403),
        ("/vpn", [dest("iframe"), site("cross-site")], 403),
        ("/vpn", [dest("empty"), site("same-site")], 403),
        ("/vpn", [dest("object"), site("same-origin")], 403),
        ("/state", [dest("image"), site("cross-site")], 403),
        ("/state", [dest("script"), site("same-site")], 403),
        ("/state", [dest("empty"), site("none")], 403),
        ("/on", [dest("image"), site("cross-site")], 403),
        ("/sign-out", [dest("image"), site("cross-site")], 403),
        ("/favicon.ico", [dest("image"), site("same-origin")], 404),
        // A link on another site's page, as the way back from the sign-in is.
        ("/vpn", [dest("document"), site("cross-site")], 200),
        ("/vpn", [dest("document"), site("none")], 200),
        ("/state", [dest("empty"), site("same-origin")], 200),
    ] {
        let setup = Setup::new();
        let answer = setup.answer(event("GET", path, &headers, &setup.token(), "")).await;
        assert_eq!(answer.status(), status, "{path} {headers:?}");
        assert_eq!(setup.aws.calls().is_empty(), status != 200, "{path} {headers:?}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_call_nothing() {
    let setup = Setup::new();
    for (method, path, status) in [
        ("GET", "/favicon.ico", 404),
        ("GET", "/vpn/", 404),
        ("POST", "/", 405),
        ("POST", "/vpn", 405),
        ("PUT", "/on", 405),
        ("DELETE", "/off", 405),
        ("OPTIONS", "/vpn", 405),
        ("HEAD", "/vpn", 204),
        ("GET", "/on", 303),
        ("GET", "/keep", 303),
        ("GET", "/off", 303),
        ("GET", "/progress", 303),
        ("HEAD", "/off", 303),
    ] {
        let headers = [("origin", ORIGIN), ("accept", "text/html"), ("sec-fetch-dest", "document")];
        let answer = setup.answer(event(method, path, &headers, &setup.token(), "")).await;
        assert_eq!(answer.status(), status, "{method} {path}");
        let location = match (status, path) {
            (303, "/on") => "/vpn?again=on",
            (303, "/off") => "/vpn?again=off",
            (303, _) => "/vpn",
            _ => "",
        };
        assert_eq!(answer.header("location"), location, "{method} {path}");
        assert_eq!(answer.header("allow").is_empty(), status != 405, "{method} {path}");
    }
    assert!(setup.aws.calls().is_empty());
}

#[tokio::test]
async fn signing_out_expires_every_cookie_and_leads_through_cognito() {
    let setup = Setup::new();
    let answer = setup.get("/sign-out").await;
    assert_eq!(answer.status(), 303);
    assert_eq!(
        answer.header("location"),
        "https://vpn-example.auth.us-east-1.amazoncognito.com/logout?client_id=7k1example2client3id\
         &logout_uri=https%3A%2F%2Fvpn.example.com%2Fsigned-out"
    );
    let cookies = answer.0["multiValueHeaders"]["set-cookie"].as_array().expect("several");
    assert_eq!(cookies.len(), 4);
    for (number, cookie) in cookies.iter().enumerate() {
        let cookie = cookie.as_str().expect("text");
        assert!(cookie.starts_with(&format!("AWSELBAuthSessionCookie-{number}=;")), "{cookie}");
        assert!(cookie.contains("Max-Age=0") && cookie.contains("Secure") && cookie.contains("Path=/"), "{cookie}");
    }
    assert!(setup.aws.calls().is_empty());
}

/// Every header the function reads, and the methods and paths that read it.
const READ: [(&str, &str, &str); 16] = [
    ("x-amzn-oidc-data", "GET", "/vpn"),
    ("user-agent", "GET", "/vpn"),
    ("cookie", "GET", "/vpn"),
    ("accept-language", "GET", "/vpn"),
    ("accept", "GET", "/"),
    ("host", "GET", "/vpn"),
    ("x-forwarded-proto", "GET", "/vpn"),
    ("origin", "POST", "/on"),
    ("sec-fetch-site", "POST", "/on"),
    ("sec-fetch-site", "GET", "/state"),
    ("sec-fetch-dest", "GET", "/"),
    ("sec-fetch-mode", "GET", "/"),
    ("sec-purpose", "GET", "/"),
    ("purpose", "GET", "/"),
    ("x-purpose", "GET", "/"),
    ("x-moz", "GET", "/"),
];

#[tokio::test]
async fn whatever_a_header_is_there_is_an_answer_and_nothing_is_changed_by_accident() {
    let long = "x".repeat(8 * 1024);
    for (name, method, path) in READ {
        for odd in [&[][..], &[""], &["é"], &["\u{80}"], &[&long], &["x", "y"], &["", ""]] {
            let setup = Setup::new();
            let mut event = event(method, path, &[], &setup.token(), "");
            match odd {
                [] => event["multiValueHeaders"].as_object_mut().expect("an object").remove(name).map_or((), drop),
                odd => event["multiValueHeaders"][name] = json!(odd),
            }
            let answer = setup.answer(event).await;
            assert!(matches!(answer.status(), 200 | 400 | 401 | 403), "{name} {odd:?}: {answer:?}");
            assert!(setup.aws.changes().is_empty(), "{name} {odd:?}");
        }
    }
}

#[tokio::test]
async fn one_byte_outside_ascii_loses_neither_language_nor_device() {
    let setup = Setup::new();
    for (name, value, expected) in [
        ("accept-language", "ko-KR,é;q=0.1", "lang=\"ko\""),
        ("cookie", "name=Müller; vpn-language=ja", "lang=\"ja\""),
        ("user-agent", "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) Büro/1", "Connect on this iPad"),
    ] {
        let mut event = setup.navigation("/vpn");
        event["multiValueHeaders"][name] = json!([value]);
        assert!(setup.answer(event).await.says(expected), "{name}: {value}");
    }
    let mut opening = setup.navigation("/");
    opening["multiValueHeaders"]["accept"] = json!(["text/html,é"]);
    opening["multiValueHeaders"].as_object_mut().expect("an object").remove("sec-fetch-dest");
    assert_eq!(setup.answer(opening).await.status(), 303);
}

/// A press without a session: the load balancer leads back by GET, which does nothing and says so.
#[tokio::test]
async fn after_the_sign_in_what_was_pressed_is_one_press_away() {
    let query = |setup: &Setup, path: &str, name: &str, value: &str| {
        let mut event = setup.navigation(path);
        event["multiValueQueryStringParameters"] = serde_json::json!({ name: [value] });
        event
    };
    for (on, path, hours, again, label) in [
        (false, "/on", "", "on", "Press again to turn on"),
        (true, "/off", "", "off", "Press again to turn off for everyone"),
        (true, "/keep", "4", "4", "Press again to keep it on for 4 h"),
    ] {
        let setup = Setup::new();
        if on {
            setup.aws.turn_on();
        }
        let back = setup.answer(query(&setup, path, "hours", hours)).await;
        assert_eq!((back.status(), back.header("location")), (303, format!("/vpn?again={again}").as_str()));
        let page = setup.answer(query(&setup, "/vpn", "again", again)).await;
        assert!(page.says(label) && page.says("<button class=\"main\"") && page.says("was not done"), "{page:?}");
        let sends = if hours.is_empty() { String::new() } else { format!(" name=\"hours\" value=\"{hours}\"") };
        let button = format!("action=\"{path}\"><button class=\"main\"{sends}>{label}</button>");
        assert!(page.says(&button), "it sends what it did: {page:?}");
        assert!(page.says(&format!("\"again\":\"{again}\"")), "the script keeps the button: {page:?}");
        assert!(setup.aws.changes().is_empty(), "{:?}", setup.aws.changes());
    }
    // What cannot be done now is not offered, and what is no press is none.
    let setup = Setup::new();
    for again in ["off", "4", "5", "", "on\""] {
        let page = setup.answer(query(&setup, "/vpn", "again", again)).await;
        assert!(!page.says("Press again"), "{again}: {page:?}");
    }
}
