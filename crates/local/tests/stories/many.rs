//! Many at once.

use futures_util::future::join_all;
use http::StatusCode;

use crate::story::{ASSOCIATE, Functions, MAKE_ROUTE, NAVIGATION, SCHEDULE, Story, phase_of};

stories!(twenty_people_in_the_same_second);

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
