//! The alarm and the schedule: each alone is enough.

use aws::ec2::Fault;
use harness::Vpn as _;

use crate::story::{ASSOCIATOR, DISASSOCIATE, DISASSOCIATOR, Functions, IDLE, SCHEDULE, Story, error};

stories!(
    the_schedule_alone,
    the_schedule_alone_without_metrics,
    the_alarm_alone,
    the_alarm_alone_while_metrics_are_published_when_off,
    the_alarm_alone_after_a_keep,
    the_alarm_alone_after_a_failed_attempt,
);

async fn off_by(story: &Story, at_most: i64) -> i64 {
    let minutes = story.pass_until("it goes off", at_most, Story::goes_off).await;
    story.pass_until("it is off", DISASSOCIATE + 1, Story::is_off).await;
    minutes
}

async fn the_schedule_alone(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.delete_alarm();
    story.turned_on().await;
    let client = story.connect("ipad-1").await;
    story.pass(IDLE).await;
    story.disconnect(&client);
    let minutes = off_by(&story, IDLE + SCHEDULE + 1).await;
    assert!(minutes >= IDLE, "after {minutes} minutes");
}

async fn the_schedule_alone_without_metrics(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.world().timeline.metrics_published.store(false, std::sync::atomic::Ordering::Relaxed);
    story.turned_on().await;
    let client = story.connect("ipad-1").await;
    story.pass(3 * IDLE).await;
    assert!(story.is_on(), "what the alarm cannot see, the function does");
    story.disconnect(&client);
    off_by(&story, IDLE + SCHEDULE + 1).await;
}

async fn the_alarm_alone(functions: Functions) {
    let mut story = Story::begin(functions).await;
    for round in 1..=2 {
        story.turned_on().await;
        story.stop_schedule();
        let client = story.connect("ipad-1").await;
        story.pass(IDLE).await;
        story.disconnect(&client);
        let minutes = off_by(&story, IDLE + 12).await;
        assert!(minutes >= IDLE, "round {round}: after {minutes} minutes");
        story.start_schedule();
    }
}

async fn the_alarm_alone_while_metrics_are_published_when_off(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.world().timeline.metrics_published_while_off.store(true, std::sync::atomic::Ordering::Relaxed);
    story.pass(2 * IDLE).await;
    the_rounds_of_an_alarm(&mut story).await;
}

async fn the_rounds_of_an_alarm(story: &mut Story) {
    for round in 1..=2 {
        story.turned_on().await;
        story.stop_schedule();
        let minutes = off_by(story, IDLE + 12).await;
        assert!(minutes >= IDLE - 11, "round {round}: after {minutes} minutes");
        story.pass(IDLE).await;
        assert!(story.is_off(), "round {round}");
        story.start_schedule();
    }
}

/// The alarm acts only on a change of state: what held it back must have set it to OK.
async fn the_alarm_alone_after_a_keep(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    story.stop_schedule();
    story.press("/keep", "hours=2").await;
    story.pass(119).await;
    assert!(story.is_on());
    off_by(&story, 12).await;
    assert!(story.invocations(ASSOCIATOR, 0).len() < 5);
}

async fn the_alarm_alone_after_a_failed_attempt(functions: Functions) {
    let mut story = Story::begin(functions).await;
    story.turned_on().await;
    story.stop_schedule();
    // Longer than Lambda tries by itself: three attempts within three minutes.
    story.break_call(Fault::error("DisassociateClientVpnTargetNetwork", error("IncorrectState", 400)));
    let failed =
        |story: &Story| story.invocations(DISASSOCIATOR, 0).iter().filter(|error| error.is_some()).count() >= 5;
    story.pass_until("attempts fail", 2 * IDLE, failed).await;
    let told = |story: &Story| !story.of_kind("on-failure", 0).is_empty();
    story.pass_until("the administrator is told", 5, told).await;
    story.with_ec2(|ec2, _| ec2.clear_faults());
    off_by(&story, 12).await;
}
