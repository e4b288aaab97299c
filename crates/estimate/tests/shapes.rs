//! Short stories whose answer can be counted on the fingers. Whole months stand in `infra/tests/cases_estimate.sh`, against a
//! calculation of its own.

use estimate::{Answer, Point, Question, replay};
use jiff::{SignedDuration, Timestamp};

fn midnight() -> Timestamp {
    "2026-11-02T00:00:00Z".parse().expect("a time")
}

/// A day of which nobody is connected but two people in these minutes, [from, until).
fn day(used: &[(i64, i64)]) -> Question {
    let at = |minute: i64| midnight() + SignedDuration::from_mins(minute);
    let points = (0..288).map(|number| number * 5).map(|minute| {
        let connections = if used.iter().any(|(from, until)| (*from..*until).contains(&minute)) { 2.0 } else { 0.0 };
        Point { at: at(minute), most: connections, average: connections }
    });
    Question { subnets: 2, idle_minutes: 30, from: midnight(), until: at(24 * 60), points: points.collect() }
}

fn asked(question: &Question) -> Answer {
    replay(question).expect("an answer")
}

fn minutes(hours: f64) -> f64 {
    (hours * 60.0).round()
}

#[test]
fn it_goes_half_an_hour_after_the_last_and_aws_takes_five_minutes() {
    let answer = asked(&day(&[(540, 600)]));
    assert_eq!(minutes(answer.hours_on), 95.0);
    assert_eq!((answer.hours_begun, answer.turn_ons, answer.first_of_the_day), (2.0, 1, 1));
    assert_eq!((answer.hours_used, answer.connection_hours, answer.hours_without_data), (1.0, 2.0, 0.0));
    assert_eq!(answer.days[0].chart, ".........#-.............");
}

#[test]
fn a_break_of_half_an_hour_is_none_and_a_longer_one_is_another_wait() {
    for (next, turn_ons, on, begun) in [(630, 1, 155.0, 3.0), (635, 2, 160.0, 4.0), (700, 2, 160.0, 4.0)] {
        let answer = asked(&day(&[(540, 600), (next, next + 30)]));
        assert_eq!((answer.turn_ons, minutes(answer.hours_on), answer.hours_begun), (turn_ons, on, begun), "{next}");
        assert_eq!(answer.first_of_the_day, 1, "{next}");
    }
}

#[test]
fn a_longer_idle_time_keeps_it_on() {
    let question = Question { idle_minutes: 55, ..day(&[(540, 600)]) };
    assert_eq!(minutes(asked(&question).hours_on), 120.0);
}

#[test]
fn never_and_always() {
    let never = asked(&day(&[]));
    assert_eq!((never.hours_on, never.hours_begun, never.turn_ons), (0.0, 0.0, 0));
    let always = asked(&day(&[(0, 1440)]));
    assert_eq!((always.hours_on, always.hours_begun, always.turn_ons), (24.0, 24.0, 1));
}

#[test]
fn where_nothing_is_known_nobody_was_connected_and_it_is_said() {
    let mut question = day(&[(540, 600)]);
    question.points.retain(|point| point.at < midnight() + SignedDuration::from_hours(12));
    let answer = asked(&question);
    assert_eq!((answer.hours_without_data, minutes(answer.hours_on)), (12.0, 95.0));
    assert!(answer.days[0].chart.ends_with(".????????????"), "{}", answer.days[0].chart);
}

#[test]
fn what_cannot_be_replayed_is_refused() {
    let good = day(&[]);
    for bad in [
        Question { until: good.from, ..good.clone() },
        Question { until: good.from + SignedDuration::from_hours(65 * 24), ..good.clone() },
        Question { from: good.from + SignedDuration::from_secs(1), ..good.clone() },
        Question { subnets: 0, ..good.clone() },
        Question { idle_minutes: 0, ..good.clone() },
        Question { points: vec![Point { at: good.from, most: 1.0, average: -1.0 }], ..good.clone() },
    ] {
        assert!(replay(&bad).is_err(), "{bad:?}");
    }
}
