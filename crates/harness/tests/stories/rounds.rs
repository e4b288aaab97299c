//! The product's own story, from the first opening to off, and again.

use harness::Vpn as _;
use http::StatusCode;

use crate::story::{
    ASSOCIATE, ASSOCIATOR, DISASSOCIATE, DISASSOCIATOR, Functions, IDLE, MAKE_ROUTE, ROUTE, SCHEDULE, Story,
};

stories!(
    on_connected_idle_off_and_again,
    aws_answers_in_small_pages,
    an_ipad_switches_away_at_once,
    aws_takes_no_route_before_its_subnet_is_associated,
    opened_again_while_it_goes_off,
    opened_again_just_before_the_alarm,
    kept_for_two_hours,
    a_client_that_left_ten_minutes_ago,
    made_by_hand,
    found_on_at_the_first_run,
    aws_takes_sixteen_minutes,
);

async fn on_connected_idle_off_and_again(functions: Functions) {
    let mut story = Story::begin(functions).await;
    for round in 1..=2 {
        let page = story.open().await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(story.state().await["phase"], "starting", "round {round}");
        // The page is open, asks four times a minute, and says ready not before the routes are there.
        let mut asked = 0;
        loop {
            let state = story.progress().await;
            if state["phase"] == "ready" {
                break;
            }
            assert_eq!(state["phase"], "starting", "round {round}: {state}");
            assert!(asked < 4 * (ASSOCIATE + SCHEDULE + MAKE_ROUTE), "round {round}: {state}");
            asked += 1;
            story.pass_seconds(15).await;
        }
        assert!(story.is_routed(), "round {round}: {}", story.routes());

        let client = story.connect("ipad-1").await;
        story.pass(2 * IDLE).await;
        assert!(story.is_on(), "round {round}: somebody works through it");
        story.disconnect(&client);
        let idle = story.pass_until("it goes off", IDLE + SCHEDULE + 1, Story::goes_off).await;
        assert!(idle >= IDLE, "round {round}: after {idle} minutes");
        story.pass_until("it is off", DISASSOCIATE + 1, Story::is_off).await;
        assert_eq!(story.routes(), 0, "AWS took the routes with the associations");
        story.pass(IDLE).await;
        assert!(story.is_off(), "round {round}: it stays off");
        assert_eq!(story.tags().get("vpn-on-demand:on-since"), None, "round {round}");
    }
}

/// Every list comes in pages of one item: all of them are read, and a connection on the third page counts.
async fn aws_answers_in_small_pages(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.with_ec2(|ec2, _| ec2.settings.limits.page = 1);
    story.turned_on().await;
    assert_eq!(story.state().await["phase"], "ready", "the page sees all of it");
    let clients = [story.connect("ipad-1").await, story.connect("ipad-2").await, story.connect("ipad-3").await];
    story.disconnect(&clients[0]);
    story.disconnect(&clients[1]);
    story.pass(2 * IDLE - 5).await;
    assert!(story.is_routed(), "the third is connected");
    story.disconnect(&clients[2]);
    story.pass_until("both go off", IDLE + SCHEDULE + 1, Story::goes_off).await;
    story.pass_until("it is off", DISASSOCIATE + 1, Story::is_off).await;
}

/// Subnets and routes are there within AWS's own time and five minutes, without a further request.
async fn an_ipad_switches_away_at_once(functions: Functions) {
    let mut story = Story::begin(functions).await;
    let started = story.last_number();
    story.open().await;
    let minutes = story.pass_until("on and routed", ASSOCIATE + SCHEDULE + MAKE_ROUTE + 1, Story::is_routed).await;
    assert!(minutes <= ASSOCIATE + SCHEDULE + MAKE_ROUTE + 1, "{minutes}");
    assert_eq!(story.invocations(ASSOCIATOR, started).len(), 2, "the opening and its page, and nothing after them");
}

/// As AWS's message says (fact 4.12), and not as it is here by default: the routes are made a schedule later at most, and
/// nobody is told of a failure.
async fn aws_takes_no_route_before_its_subnet_is_associated(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.with_ec2(|ec2, _| ec2.settings.quirks.routes_while_associating = None);
    story.open().await;
    for _ in 0..ASSOCIATE {
        assert_eq!(story.progress().await["phase"], "starting");
        assert_eq!(story.routes(), 0);
        story.pass(1).await;
    }
    story.pass_until("on and routed", SCHEDULE + MAKE_ROUTE + 1, Story::is_routed).await;
    for function in [ASSOCIATOR, DISASSOCIATOR] {
        let failed = story.invocations(function, 0).into_iter().flatten().collect::<Vec<_>>();
        assert!(failed.is_empty(), "{function}: {failed:?}");
    }
}

/// The idle time is what people have of a VPN that is ready, and it is twenty minutes here.
async fn aws_takes_sixteen_minutes(functions: Functions) {
    let mut story = Story::begin_with(functions, |deployment| {
        for function in [ASSOCIATOR, DISASSOCIATOR] {
            let function = deployment.functions.get_mut(function).expect("deployed");
            function.environment.insert("VPN_IDLE_TIME".to_owned(), "20m".to_owned());
        }
    })
    .await;
    story.with_ec2(|ec2, _| ec2.settings.delays.associate = jiff::SignedDuration::from_mins(16));
    story.open().await;
    story.pass_until("on and routed", 16 + SCHEDULE + MAKE_ROUTE + 1, Story::is_routed).await;
    let minutes = story.pass_until("it goes off", 2 * IDLE, Story::goes_off).await;
    assert!((20..=20 + 2 * SCHEDULE).contains(&minutes), "{minutes} minutes of VPN");
    story.pass_until("it is off", DISASSOCIATE + 1, Story::is_off).await;
    story.pass(2 * SCHEDULE).await;
    assert!(!story.is_seen_ready(), "the mark goes with the last association");
}

async fn opened_again_while_it_goes_off(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    story.pass_until("it goes off", IDLE + SCHEDULE + 1, Story::goes_off).await;
    story.open().await;
    assert_eq!(story.state().await["phase"], "turning-on-again");
    story.pass_until("on and routed", DISASSOCIATE + ASSOCIATE + 2 * SCHEDULE + MAKE_ROUTE + 2, Story::is_routed).await;
}

async fn opened_again_just_before_the_alarm(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    let started = story.last_number();
    story.pass(IDLE - 15).await;
    let alarm = |story: &Story| !story.of_kind("alarm", started).is_empty();
    story.open().await;
    let minutes = story.pass_until("the alarm fires", 2 * IDLE, alarm).await;
    assert!(minutes >= IDLE, "the request counts: after {minutes} minutes");
    story.pass_until("it goes off", SCHEDULE + 1, Story::goes_off).await;
}

async fn kept_for_two_hours(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    assert_eq!(story.press("/keep", "hours=2").await.status(), StatusCode::SEE_OTHER);
    story.pass(119).await;
    assert!(story.is_routed());
    let minutes = story.pass_until("it goes off", SCHEDULE + 2, Story::goes_off).await;
    assert!(minutes >= 1, "after {minutes} minutes");
}

async fn a_client_that_left_ten_minutes_ago(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    let client = story.connect("ipad-1").await;
    story.pass(3 * IDLE).await;
    story.disconnect(&client);
    story.pass(10).await;
    assert!(story.is_on());
    let answer = story.order(serde_json::json!({
        "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}
    }));
    let answer = answer.await;
    assert_eq!(answer["HeldBack"]["By"], "recent-use", "{answer}");
    story.pass(IDLE - 11).await;
    assert!(story.is_on());
    story.pass_until("it goes off", SCHEDULE + 2, Story::goes_off).await;
}

/// It gets its routes and one full idle time from when it is first seen, then goes off, once. Nothing else is associated:
/// nobody asked, or somebody removed the marks.
async fn made_by_hand(functions: Functions) {
    let story = Story::begin(functions).await;
    story.pass(IDLE).await;
    let started = story.last_number();
    story.associate_by_hand(0);
    let minutes = story.pass_until("it goes off", IDLE + 2 * SCHEDULE + 1, Story::goes_off).await;
    assert!(minutes >= IDLE, "after {minutes} minutes");
    story.pass(2 * IDLE).await;
    let disassociated = story.changes(started).into_iter().filter(|call| call.starts_with("Disassociate"));
    assert_eq!(disassociated.count(), 1);
    let made = story.changes(started).into_iter().filter(|call| call == "CreateClientVpnRoute OK");
    assert_eq!(made.count(), 1, "{ROUTE}");
    let associated = story.changes(started).into_iter().filter(|call| call.starts_with("Associate"));
    assert_eq!(associated.count(), 0, "by the functions");
}

async fn found_on_at_the_first_run(functions: Functions) {
    let story = Story::begin(functions).await;
    story.associate_by_hand(0);
    story.associate_by_hand(1);
    let minutes = story.pass_until("it goes off", IDLE + 2 * SCHEDULE + 1, Story::goes_off).await;
    assert!((IDLE..=IDLE + SCHEDULE + 1).contains(&minutes), "after {minutes} minutes");
    story.pass_until("it is off", DISASSOCIATE + 1, Story::is_off).await;
    story.pass(3 * IDLE).await;
    assert!(story.is_off());
}
