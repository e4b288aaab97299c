//! Last use, wanted, idle.

use super::*;
use crate::plan::usage::{LastUse, is_idle, is_unfinished, is_wanted, last_use};

fn last(given: &Given) -> LastUse {
    let marks = given.snapshot.endpoint.marks.read(given.now, given.rules.keep_limit);
    last_use(&given.snapshot, &marks, &given.rules, given.now)
}

fn ago(count: i64) -> LastUse {
    LastUse::At(now() - minutes(count))
}

#[test]
fn the_latest_of_all_signs_of_use_counts() {
    let on = given().on_for(90);
    for (given, expected) in [
        (on.clone(), ago(90)),
        (on.clone().mark(Mark::LastRequest, -80), ago(80)),
        (on.clone().mark(Mark::LastRequest, -100), ago(90)),
        (on.clone().left(50).left(45).left(58), ago(45)),
        (on.clone().left(0), ago(0)),
        (on.clone().connection("active", None), LastUse::Now),
        (on.clone().left(50).connection("terminating", None), LastUse::Now),
        // Whatever else is said of a connection that lasts.
        (on.clone().connection("active", Some(ConnectionEnd::At(now() - minutes(50)))), LastUse::Now),
        (on.clone().mark(Mark::LastRequest, 2), ago(-2)),
        (on.clone().mark(Mark::LastRequest, 3), ago(90)),
        (on.clone().mark(Mark::ReadySince, -70), ago(70)),
        (on.clone().mark(Mark::ReadySince, 3), ago(90)),
        (given().association("subnet-1", "associated").mark(Mark::LastRequest, -80), LastUse::Now),
        (given().mark(Mark::LastRequest, -80), ago(80)),
        (given(), LastUse::At(Timestamp::MIN)),
    ] {
        assert_eq!(last(&given), expected, "{:?}", given.snapshot);
    }
}

/// A version that cannot read AWS's times says so once, however many connections ended.
#[test]
fn ends_that_cannot_be_read_are_named_by_the_first_with_their_number() {
    let unreadable =
        |given: Given, text: &str| given.connection("terminated", Some(ConnectionEnd::Unreadable(text.to_owned())));
    let named = |connections| vec![Notice::UnreadableEnd { text: "yesterday".to_owned(), connections }];
    let one = unreadable(given().on_for(90).left(50), "yesterday");
    let three = unreadable(unreadable(one.clone(), "at noon"), "at one");
    for (given, notices) in [(given().on_for(90).left(50), vec![]), (one, named(1)), (three, named(3))] {
        assert_eq!(given.plan(Trigger::Schedule).notices, notices);
    }
}

#[test]
fn wanted_ends_at_the_idle_time_and_idle_begins_there() {
    for (seconds_ago, wanted) in [(0, true), (29 * 60 + 59, true), (30 * 60, false), (30 * 60 + 1, false)] {
        let given = given().on_for(120);
        let at = given.now - SignedDuration::from_secs(seconds_ago);
        let given = given.tag(Mark::LastRequest, &at.to_string());
        let marks = given.snapshot.endpoint.marks.read(given.now, given.rules.keep_limit);
        assert_eq!(is_wanted(&given.snapshot, &marks, &given.rules, given.now), wanted, "{seconds_ago}");
        assert_eq!(is_idle(&given.snapshot, &marks, &given.rules, given.now), !wanted, "{seconds_ago}");
    }
}

/// Until somebody sees it ready, and for at most twice the idle time after the request and after it came on.
#[test]
fn what_a_request_turned_on_is_wanted_and_used_until_it_is_finished() {
    for (asked, since, ready, unfinished) in [
        (-45, -20, None, true),
        (-45, -44, None, true),
        (-59, -59, None, true),
        (-60, -60, None, false),
        (-60, -59, None, true),
        (-59, -60, None, true),
        (-88, -59, None, true),
        // Nobody had asked for half an hour when it was turned on, as at the console.
        (-45, -16, None, true),
        (-45, -15, None, false),
        (-45, -44, Some(-40), false),
        (-45, -44, Some(-44), false),
        // Seen ready before, the last time it was on.
        (-45, -44, Some(-46), true),
    ] {
        let mut given =
            given().mark(Mark::LastRequest, asked).mark(Mark::OnSince, since).association("subnet-1", "associated");
        if let Some(ready) = ready {
            given = given.mark(Mark::ReadySince, ready);
        }
        let name = format!("asked {asked}, on {since}, ready {ready:?}");
        let marks = given.snapshot.endpoint.marks.read(given.now, given.rules.keep_limit);
        assert_eq!(is_unfinished(&given.snapshot, &marks, &given.rules, given.now), unfinished, "{name}");
        assert_eq!(is_wanted(&given.snapshot, &marks, &given.rules, given.now), unfinished, "{name}");
        assert_eq!(last(&given) == LastUse::Now, unfinished, "{name}");
    }
    // Without a request, without an association, nothing is unfinished.
    assert_eq!(last(&given().mark(Mark::OnSince, -40).association("subnet-1", "associated")), ago(40));
    assert_eq!(last(&given().mark(Mark::LastRequest, -40).mark(Mark::OnSince, -40)), ago(40));
}

/// 50 routes through each of two subnets: a hundred minutes of the schedule. Asked for and on for so many minutes.
fn with_many_routes(minutes: i64, made: usize, state: &str) -> Given {
    let block = |number: usize| format!("172.16.{number}.0/24");
    let given = given().both_associated().mark(Mark::LastRequest, -minutes).mark(Mark::OnSince, -minutes);
    let given = (0..50).fold(given, |given, number| given.wants_route(&block(number)));
    (0..made).fold(given, |given, n| given.route(&block(n / 2), ["subnet-1", "subnet-2"][n % 2], state))
}

/// Each five routes that have come give it the five minutes that they took. So what goes on is finished, and what stands
/// still goes off.
#[test]
fn what_is_still_getting_its_routes_stays() {
    for (minutes_on, made, state, stays) in [
        (59, 0, "active", true),
        (60, 0, "active", false),
        (60, 4, "active", false),
        (60, 5, "active", true),
        (64, 5, "creating", true),
        (65, 5, "creating", false),
        (65, 10, "active", true),
        // As far as the schedule alone gets, whose first step came when AWS had associated, ten minutes after the request.
        (100, 90, "active", true),
        (109, 50, "active", true),
        (110, 50, "active", false),
        // The last one came just now: this look is the first to see it ready.
        (115, 100, "active", true),
        (159, 100, "active", true),
        // It is ready, but that cannot be written down.
        (160, 100, "active", false),
        // What failed or goes is no progress.
        (60, 50, "failed", false),
        (60, 50, "deleting", false),
        (60, 50, "resting", false),
    ] {
        for trigger in [Trigger::Schedule, Trigger::Alarm] {
            let plan = with_many_routes(minutes_on, made, state).plan(trigger);
            let name = format!("{made} {state} after {minutes_on} min, {trigger:?}: {plan:?}");
            assert_eq!(plan.verdict != Verdict::TurnOff, stays, "{name}");
            let goes_on = plan.changes.iter().any(|change| matches!(change, Change::CreateRoute { .. }));
            assert_eq!(goes_on, stays && made < 100, "{name}");
            let seen = plan.marks_last.iter().any(|change| matches!(change, MarkChange::Set(Mark::ReadySince, _)));
            assert_eq!(seen, stays && made == 100 && state == "active", "{name}");
        }
    }
    // Routes of no setting give nothing.
    let mut others = with_many_routes(60, 0, "active");
    for number in 0..50 {
        others = others.route(&format!("192.168.{number}.0/24"), "subnet-1", "active");
        others = others.route(&format!("172.16.{number}.0/24"), "subnet-9", "active");
    }
    assert_eq!(others.plan(Trigger::Schedule).verdict, Verdict::TurnOff);
}

/// The idle time is what people have of a VPN that is ready. AWS took 16 minutes, the schedule looked 4 minutes later.
#[test]
fn a_slow_aws_does_not_eat_the_idle_time() {
    let mut slow = given().mark(Mark::LastRequest, -16).mark(Mark::OnSince, -16).both_associated();
    slow.rules.idle_time = minutes(20);
    let at = |minutes_later: i64| Given { now: now() + minutes(minutes_later), ..slow.clone() };
    let seen = at(4).plan(Trigger::Schedule);
    assert!(matches!(seen.verdict, Verdict::HeldBack(_)), "{seen:?}");
    assert_eq!(last_marks_of(&seen), ["ready-since=2026-11-02T09:04:00Z"]);
    for (minutes_later, on) in [(5, true), (23, true), (24, false)] {
        let later = at(minutes_later).tag(Mark::ReadySince, "2026-11-02T09:04:00Z").plan(Trigger::Schedule);
        assert_eq!(later.verdict != Verdict::TurnOff, on, "{minutes_later}");
    }
    // Even if it cannot be written it goes off at last.
    assert_ne!(at(23).plan(Trigger::Schedule).verdict, Verdict::TurnOff);
    assert_eq!(at(24).plan(Trigger::Schedule).verdict, Verdict::TurnOff);
}

#[test]
fn the_idle_time_is_the_setting() {
    for (idle_time, idle) in [(20, true), (45, false), (55, false)] {
        let mut given = given().on_for(120).left(44);
        given.rules.idle_time = minutes(idle_time);
        let marks = given.snapshot.endpoint.marks.read(given.now, given.rules.keep_limit);
        assert_eq!(is_idle(&given.snapshot, &marks, &given.rules, given.now), idle, "{idle_time}");
    }
}
