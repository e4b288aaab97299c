//! Many at once.

use futures_util::future::join_all;
use harness::Vpn as _;
use http::StatusCode;

use crate::story::{
    ASSOCIATE, ASSOCIATOR, DISASSOCIATOR, Functions, IDLE, MAKE_ROUTE, NAVIGATION, SCHEDULE, Story, phase_of,
};

stories!(twenty_people_in_the_same_second, many_routes);

/// The schedule alone makes them in four hours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_routes_through_each_of_five_subnets() {
    become_ready(Functions::InProcess, 5, 50, false).await;
}

/// The same, with a page that asks as long as pages do.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_routes_through_each_of_five_subnets_with_the_page_open() {
    become_ready(Functions::InProcess, 5, 50, true).await;
}

async fn many_routes(functions: Functions) {
    become_ready(functions, 2, 21, false).await;
}

/// All of them are made, however long that takes; no invocation fails, nobody gets a mail, AWS refuses at most ten calls.
async fn become_ready(functions: Functions, subnets: usize, routes: usize, page_open: bool) {
    let mut story = Story::begin_with_routes(functions, subnets, routes).await;
    story.open().await;
    if page_open {
        // As long as a page asks.
        for _ in 0..4 * 30 {
            story.progress().await;
            story.pass_seconds(15).await;
        }
    }
    let rounds = i64::try_from((subnets * routes).div_ceil(5)).expect("a number");
    let minutes = story.pass_until("on and routed", ASSOCIATE + SCHEDULE * (rounds + 1), Story::is_routed).await;
    story.pass_until("it is seen ready", SCHEDULE + 1, Story::is_seen_ready).await;
    let idle = story.pass_until("it goes off", IDLE + 2 * SCHEDULE, Story::goes_off).await;
    assert!(idle >= IDLE, "people have it for the idle time: {idle} minutes");
    let refused = story.calls(0).into_iter().filter(|call| !call.ends_with(" OK")).collect::<Vec<_>>();
    assert!(refused.len() <= 10, "{subnets} x {routes}, after {minutes} minutes: {refused:?}");
    for function in [ASSOCIATOR, DISASSOCIATOR] {
        let failed = story.invocations(function, 0).into_iter().flatten().collect::<Vec<_>>();
        assert!(failed.is_empty(), "{function}: {failed:?}");
    }
    assert_eq!(story.world().publications.lock().expect("publications").len(), 0, "mails");
}

/// Each subnet is associated once, and nobody sees an error.
async fn twenty_people_in_the_same_second(functions: Functions) {
    let story = Story::begin(functions).await;
    let mut people = Vec::new();
    for number in 0..20 {
        people.push(story.sign_in(number % 3).await);
    }
    let opened = join_all(people.iter().map(|cookie| story.send_as(cookie, "GET", "/", &NAVIGATION, ""))).await;
    for answer in opened {
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", answer.body());
    }
    let associated = story.changes(0).into_iter().filter(|call| call == "AssociateClientVpnTargetNetwork OK");
    assert_eq!(associated.count(), 2);
    story.pass_until("on and routed", ASSOCIATE + SCHEDULE + MAKE_ROUTE + 1, Story::is_routed).await;
    let pages = join_all(people.iter().map(|cookie| story.send_as(cookie, "GET", "/vpn", &NAVIGATION, ""))).await;
    for page in pages {
        assert_eq!(phase_of(page.body()), "ready");
    }
}
