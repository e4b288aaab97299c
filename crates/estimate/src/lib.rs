#![doc = include_str!("../README.md")]

mod endpoint;
mod tally;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use endpoint::Endpoint;
use tally::Tally;

/// The metric has one value in five minutes, and the schedule looks as often.
const PERIOD: SignedDuration = SignedDuration::from_mins(5);
/// What AWS keeps of such values, and a day for the edges.
const LONGEST: SignedDuration = SignedDuration::from_hours(64 * 24);

/// What is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// How many subnets are associated when it is on.
    pub subnets: u32,
    /// How long without a connection or a request turns it off.
    pub idle_minutes: i64,
    /// Where the replay begins.
    pub from: Timestamp,
    /// Where it ends.
    pub until: Timestamp,
    /// The metric's values, in any order.
    pub points: Vec<Point>,
}

/// Five minutes of the metric.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// When they begin.
    pub at: Timestamp,
    /// The most connections in them.
    pub most: f64,
    /// Their average.
    pub average: f64,
}

/// What would have been.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// Hours between begin and end.
    pub hours: f64,
    /// Hours with at least one connection.
    pub hours_used: f64,
    /// Hours of which nothing is known.
    pub hours_without_data: f64,
    /// Hours that it would have been on, coming and going included.
    pub hours_on: f64,
    /// The same, with every begun hour of each time on as a whole one.
    pub hours_begun: f64,
    /// Hours of all connections together.
    pub connection_hours: f64,
    /// How often it would have been turned on, and somebody would have waited for it.
    pub turn_ons: u32,
    /// Those that were a day's first.
    pub first_of_the_day: u32,
    /// Every day, in order.
    pub days: Vec<Day>,
}

/// A day in UTC.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Day {
    pub date: String,
    pub hours_on: f64,
    pub turn_ons: u32,
    /// Of each hour: `#` somebody was connected, `-` it would have been on, `.` off, `?` nothing is known, and a blank where
    /// nothing was asked.
    pub chart: String,
}

/// Replays the metric through the plan.
///
/// # Errors
/// What cannot be replayed, in words.
pub fn replay(question: &Question) -> Result<Answer, String> {
    let (from, until) = (question.from, question.until);
    if from.as_second() % PERIOD.as_secs() != 0 || until.as_second() % PERIOD.as_secs() != 0 {
        return Err("from and until are to be whole periods of five minutes".to_owned());
    }
    if from >= until || until.duration_since(from) > LONGEST {
        return Err("from is to be before until, by 64 days at most".to_owned());
    }
    if question.subnets == 0 || question.idle_minutes < 1 {
        return Err("subnets and idle_minutes are to be 1 at least".to_owned());
    }
    if question
        .points
        .iter()
        .any(|point| !(point.most.is_finite() && point.average.is_finite() && point.average >= 0.0))
    {
        return Err("no point may have less than no connection".to_owned());
    }
    let points: BTreeMap<Timestamp, &Point> = question.points.iter().map(|point| (point.at, point)).collect();
    let mut endpoint = Endpoint::off(question.subnets, question.idle_minutes)?;
    let mut tally = Tally::default();
    let mut now = from;
    while now < until {
        let point = points.get(&now).copied();
        let is_used = point.is_some_and(|point| point.most > 0.0);
        let turned_on = endpoint.live(now, is_used);
        tally.period(now, point, turned_on, endpoint.is_billed());
        now += PERIOD;
    }
    Ok(tally.answer(until.duration_since(from)))
}
