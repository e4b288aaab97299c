//! What turns nothing on: everything but a genuine opening.

use harness::Vpn as _;
use http::StatusCode;

use crate::story::{ASSOCIATE, Functions, MAKE_ROUTE, NAVIGATION, SCHEDULE, SCRIPT, Story, phase_of};

stories!(
    looking_turns_nothing_on,
    nobody_but_a_person_turns_it_on,
    a_waiting_page_starts_nothing_by_itself,
    without_a_script_it_works_too,
    who_it_is_is_asked_first,
    one_page_with_nothing_to_change,
);

async fn looking_turns_nothing_on(functions: Functions) {
    let story = Story::begin(functions).await;
    let started = story.last_number();
    for _ in 0..3 {
        assert_eq!(story.show().await.status(), StatusCode::OK);
        assert_eq!(story.state().await["phase"], "off");
        // Where the load balancer leads after a sign-in: the page asks to press again.
        for (path, page) in [
            ("/on", "/vpn?again=on"),
            ("/off", "/vpn?again=off"),
            ("/keep?hours=8", "/vpn?again=8"),
            ("/keep?hours=2", "/vpn"),
            ("/keep", "/vpn"),
            ("/progress", "/vpn"),
        ] {
            let answer = story.send("GET", path, &NAVIGATION, "").await;
            assert_eq!(
                (answer.status(), answer.headers()["location"].to_str().ok()),
                (StatusCode::SEE_OTHER, Some(page)),
                "{path}"
            );
            assert_eq!(story.send("GET", page, &NAVIGATION, "").await.status(), StatusCode::OK, "{page}");
        }
        story.pass(SCHEDULE).await;
    }
    assert_eq!(story.changes(started), Vec::<String>::new());
    assert!(story.is_off());
}

async fn nobody_but_a_person_turns_it_on(functions: Functions) {
    let story = Story::begin(functions).await;
    let started = story.last_number();
    let with = |name, value| [NAVIGATION[0], NAVIGATION[1], NAVIGATION[2], (name, value)];
    for headers in [
        &with("sec-purpose", "prefetch;prerender")[..],
        &with("purpose", "prefetch"),
        &with("x-purpose", "preview"),
        &with("x-moz", "prefetch"),
        &[("accept", "text/html"), ("sec-fetch-dest", "iframe")],
        &[("accept", "image/avif,image/webp,*/*"), ("sec-fetch-dest", "image")],
        &[("accept", "*/*")],
        &[],
    ] {
        assert_eq!(story.send("GET", "/", headers, "").await.status(), StatusCode::FORBIDDEN, "{headers:?}");
    }
    let health_check = [("user-agent", "ELB-HealthChecker/2.0"), ("accept", "text/html")];
    assert_eq!(story.send("GET", "/", &health_check, "").await.status(), StatusCode::OK);
    assert_eq!(story.calls(started), Vec::<String>::new());
    assert_eq!(story.send("HEAD", "/", &NAVIGATION, "").await.body(), "");
    for path in ["/favicon.ico", "/apple-touch-icon.png", "/vpn/", "/VPN", "/robots.txt", "/.env"] {
        assert_eq!(story.send("GET", path, &NAVIGATION, "").await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(story.changes(started), Vec::<String>::new());
    assert!(story.is_off());
}

async fn a_waiting_page_starts_nothing_by_itself(functions: Functions) {
    let story = Story::begin(functions).await;
    let started = story.last_number();
    for _ in 0..4 {
        assert_eq!(story.progress().await["phase"], "off");
        story.pass(1).await;
    }
    assert_eq!(story.changes(started), Vec::<String>::new());
}

/// "Check again" is a link: it shows, and the schedule does the rest.
async fn without_a_script_it_works_too(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.open().await;
    let started = story.last_number();
    let mut pages = Vec::new();
    for _ in 0..=ASSOCIATE + SCHEDULE + MAKE_ROUTE {
        pages.push(phase_of(story.show().await.body()).to_owned());
        story.pass(1).await;
    }
    assert!(story.is_routed(), "{pages:?}");
    assert_eq!((pages[0].as_str(), pages.last().map(String::as_str)), ("starting", Some("ready")), "{pages:?}");
    let by_the_page = story.since(started).into_iter().filter(|h| {
        h.data["principal"] == "LambdaRole-ClientVPN-Associator"
            && !h.data["action"].as_str().unwrap_or_default().starts_with("Describe")
    });
    assert_eq!(by_the_page.count(), 0);
}

async fn who_it_is_is_asked_first(functions: Functions) {
    let story = Story::begin(functions).await;
    let started = story.last_number();
    // The load balancer asks people to sign in, also whoever presses a button, and answers scripts with 401.
    for (method, path, status) in [
        ("GET", "/", StatusCode::FOUND),
        ("GET", "/vpn", StatusCode::FOUND),
        ("GET", "/state", StatusCode::UNAUTHORIZED),
        ("POST", "/on", StatusCode::FOUND),
        ("POST", "/off", StatusCode::FOUND),
        ("POST", "/keep", StatusCode::FOUND),
        ("POST", "/progress", StatusCode::UNAUTHORIZED),
        ("GET", "/signed-out", StatusCode::OK),
    ] {
        let answer = story.send_as("", method, path, &NAVIGATION, "").await;
        assert_eq!(answer.status(), status, "{method} {path}");
    }
    // Another site in a signed-in browser gets through to the function, and no further.
    for origin in ["https://example.com", "null", "http://127.0.0.1:1"] {
        for path in ["/on", "/off", "/keep", "/progress"] {
            let headers = [("origin", origin), ("sec-fetch-site", "cross-site")];
            assert_eq!(story.send("POST", path, &headers, "hours=1").await.status(), StatusCode::FORBIDDEN, "{origin}");
        }
    }
    assert_eq!(story.calls(started), Vec::<String>::new());
}

/// At most four reads, begun before any is answered, and at most one mark.
async fn one_page_with_nothing_to_change(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    let started = story.last_number();
    let reads = [
        "DescribeClientVpnEndpoints",
        "DescribeClientVpnTargetNetworks",
        "DescribeClientVpnConnections",
        "DescribeClientVpnRoutes",
    ];
    let holds = story.world().holds.clone();
    for (method, path, headers) in [("GET", "/vpn", &NAVIGATION[..]), ("POST", "/progress", &SCRIPT[..])] {
        // What was seen a moment ago is shared.
        story.pass_seconds(2).await;
        holds.hold(&reads);
        let asked = story.send(method, path, headers, "");
        let released = async {
            holds.until_waiting(reads.len()).await;
            holds.release();
        };
        let (answer, ()) = tokio::join!(asked, released);
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    assert_eq!(story.send("POST", "/progress", &SCRIPT, "").await.status(), StatusCode::OK);
    assert_eq!(story.calls(started).len(), 2 * reads.len(), "the last one shares what the one before has seen");
    let started = story.last_number();
    story.pass_seconds(61).await;
    let before = story.changes(started).len();
    story.open().await;
    story.open().await;
    let marks: Vec<_> = story.changes(started).split_off(before);
    assert_eq!(marks, ["CreateTags OK"], "once a minute");
}
