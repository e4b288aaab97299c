//! Starting, reusing and ending environments.

use std::time::Duration;

use aws::lambda::{Limits, NotInvoked};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    sample::INIT,
    setup::{Here, NAME},
};

fn starting(how: &str, limits: Limits) -> Here {
    let how = how.to_owned();
    Here::with(|function| drop(function.environment.insert(INIT.to_owned(), how)), limits)
}

#[tokio::test]
async fn what_stops_a_function_from_starting_is_told_in_full_and_tried_again() {
    let here = starting("error", Limits::default());
    for _ in 0..2 {
        let (error_type, message) = here.failure(json!({ "do": "tell" })).await;
        assert_eq!(error_type, "EventNotUnderstood");
        assert_eq!(message, "the event was not understood: a, b and c are missing");
    }
    here.change(|function| drop(function.environment.remove(INIT)));
    here.answer(json!({ "do": "tell" })).await;
}

#[tokio::test]
async fn a_process_that_ends_before_it_asks_for_work_failed_to_start() {
    let here = starting("exit", Limits::default());
    let failure = here.failure(json!({ "do": "tell" })).await;
    assert_eq!(
        failure,
        ("Runtime.ExitError".into(), "RequestId: ID Error: Runtime exited with error: exit status 4".into())
    );
}

#[tokio::test]
async fn starting_takes_only_so_long() {
    let here = starting("hang", Limits { init: Duration::from_millis(200), ..Limits::default() });
    let failure = here.failure(json!({ "do": "tell" })).await;
    assert_eq!(failure, ("Sandbox.Timedout".into(), "RequestId: ID Error: Task timed out after 0.20 seconds".into()));
}

#[tokio::test]
async fn at_once_means_one_environment_each_up_to_the_limit() {
    let here = Here::with(|_| {}, Limits { concurrency: 3, ..Limits::default() });
    let place = here.directory.0.join("place");
    std::fs::create_dir(&place).expect("place");
    // Each of the three ends only when all three are there at once.
    let meet = json!({ "do": "meet", "place": place, "all": 3 });
    let three = join_all((0..3).map(|_| here.answer(meet.clone())));
    let fourth = async {
        while std::fs::read_dir(&place).expect("place").count() == 0 {
            tokio::task::yield_now().await;
        }
        here.try_invoke(meet.clone()).await
    };
    let (_, fourth) = tokio::join!(three, fourth);
    assert_eq!(fourth.expect_err("throttled"), NotInvoked::Throttled(NAME.to_owned()));
    assert_eq!(here.world.functions.report()[NAME], json!({ "idle": 3, "busy": 0 }));
    here.answer(json!({ "do": "tell" })).await;
    assert_eq!(here.world.functions.report()[NAME], json!({ "idle": 3, "busy": 0 }), "they are used again");
}

#[tokio::test]
async fn environments_end_when_unused_and_when_old() {
    let minutes = SignedDuration::from_mins;
    let here = Here::new();
    let first = here.answer(json!({ "do": "tell" })).await;
    here.pass(minutes(9)).await;
    let second = here.answer(json!({ "do": "tell" })).await;
    assert_eq!(first["pid"], second["pid"]);
    here.pass(minutes(10)).await;
    assert_eq!(here.world.functions.report()[NAME]["idle"], 0, "unused for ten minutes");

    let young = here.answer(json!({ "do": "tell" })).await;
    for _ in 0..14 {
        here.pass(minutes(8)).await;
        assert_eq!(here.answer(json!({ "do": "tell" })).await["pid"], young["pid"]);
    }
    here.pass(minutes(8)).await;
    assert_ne!(here.answer(json!({ "do": "tell" })).await["pid"], young["pid"], "two hours old");
}
