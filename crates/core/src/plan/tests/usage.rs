//! Last use, wanted, idle.

use super::*;
use crate::plan::usage::{LastUse, is_idle, is_wanted, last_use};

fn last(given: &Given) -> LastUse {
    let marks = given.snapshot.endpoint.marks.read(given.now, given.rules.keep_limit);
    last_use(&given.snapshot, &marks, given.now)
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
        (given().association("subnet-1", "associated").mark(Mark::LastRequest, -80), LastUse::Now),
        (given().mark(Mark::LastRequest, -80), ago(80)),
        (given(), LastUse::At(Timestamp::MIN)),
    ] {
        assert_eq!(last(&given), expected, "{:?}", given.snapshot);
    }
}

#[test]
fn wanted_ends_at_the_idle_time_and_idle_begins_there() {
    for (seconds_ago, wanted) in [(0, true), (29 * 60 + 59, true), (30 * 60, false), (30 * 60 + 1, false)] {
        let given = given().on_for(120);
        let at = given.now - SignedDuration::from_secs(seconds_ago);
        let given = given.tag(Mark::LastRequest, &at.to_string());
        let marks = given.snapshot.endpoint.marks.read(given.now, given.rules.keep_limit);
        assert_eq!(is_wanted(&marks, &given.rules, given.now), wanted, "{seconds_ago}");
        assert_eq!(is_idle(&given.snapshot, &marks, &given.rules, given.now), !wanted, "{seconds_ago}");
    }
}

#[test]
fn what_a_request_turned_on_late_is_wanted_until_it_is_finished() {
    for (asked, since, wanted) in
        [(-45, -20, true), (-45, -29, true), (-45, -30, false), (-45, -15, false), (-45, -44, false)]
    {
        let given =
            given().mark(Mark::LastRequest, asked).mark(Mark::OnSince, since).association("subnet-1", "associated");
        let marks = given.snapshot.endpoint.marks.read(given.now, given.rules.keep_limit);
        assert_eq!(is_wanted(&marks, &given.rules, given.now), wanted, "asked {asked}, on {since}");
        assert!(!wanted || !is_idle(&given.snapshot, &marks, &given.rules, given.now), "wanted and idle");
    }
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
