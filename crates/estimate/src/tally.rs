//! Counts what the replay saw, period by period.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{Answer, Day, PERIOD, Point};

const HOURS_OF_A_DAY: usize = 24;

/// Counted in periods, and told in hours.
#[derive(Default)]
pub(crate) struct Tally {
    used: i64,
    unknown: i64,
    on: i64,
    begun: i64,
    /// Periods of the time on that lasts.
    this_time: i64,
    connections: f64,
    turn_ons: u32,
    first_of_the_day: u32,
    days: Vec<OneDay>,
}

struct OneDay {
    date: String,
    on: i64,
    turn_ons: u32,
    chart: [char; HOURS_OF_A_DAY],
}

impl Tally {
    pub(crate) fn period(&mut self, now: Timestamp, point: Option<&Point>, turned_on: bool, is_billed: bool) {
        let is_used = point.is_some_and(|point| point.most > 0.0);
        let zoned = now.to_zoned(TimeZone::UTC);
        let date = zoned.date().to_string();
        if self.days.last().is_none_or(|day| day.date != date) {
            self.days.push(OneDay { date, on: 0, turn_ons: 0, chart: [' '; HOURS_OF_A_DAY] });
        }
        let Some(day) = self.days.last_mut() else { return };
        self.used += i64::from(is_used);
        self.unknown += i64::from(point.is_none());
        self.connections += point.map_or(0.0, |point| point.average);
        if turned_on {
            self.begun += begun(self.this_time);
            self.this_time = 0;
            self.turn_ons += 1;
            self.first_of_the_day += u32::from(day.turn_ons == 0);
            day.turn_ons += 1;
        }
        if is_billed {
            self.on += 1;
            self.this_time += 1;
            day.on += 1;
        }
        let seen = match (is_used, is_billed, point) {
            (true, ..) => '#',
            (_, true, _) => '-',
            (_, _, Some(_)) => '.',
            (_, _, None) => '?',
        };
        let hour = usize::try_from(zoned.hour()).unwrap_or(0);
        if let Some(shown) = day.chart.get_mut(hour) {
            *shown = [*shown, seen].into_iter().max_by_key(|it| " ?.-#".find(*it)).unwrap_or(seen);
        }
    }

    pub(crate) fn answer(self, asked: SignedDuration) -> Answer {
        let days = self.days.into_iter().map(|day| Day {
            date: day.date,
            hours_on: hours(day.on),
            turn_ons: day.turn_ons,
            chart: day.chart.iter().collect(),
        });
        Answer {
            hours: asked.as_secs_f64() / 3600.0,
            hours_used: hours(self.used),
            hours_without_data: hours(self.unknown),
            hours_on: hours(self.on),
            hours_begun: hours((self.begun + begun(self.this_time)) * PERIODS_OF_AN_HOUR),
            connection_hours: self.connections * PERIOD.as_secs_f64() / 3600.0,
            turn_ons: self.turn_ons,
            first_of_the_day: self.first_of_the_day,
            days: days.collect(),
        }
    }
}

const PERIODS_OF_AN_HOUR: i64 = 12;

/// The begun hours of so many periods.
fn begun(periods: i64) -> i64 {
    (periods + PERIODS_OF_AN_HOUR - 1) / PERIODS_OF_AN_HOUR
}

fn hours(periods: i64) -> f64 {
    (PERIOD * i32::try_from(periods).unwrap_or(i32::MAX)).as_secs_f64() / 3600.0
}
