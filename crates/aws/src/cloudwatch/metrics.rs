//! Metrics and their datapoints, one set of statistics a minute.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::ServiceError;

/// One minute, the standard resolution.
pub const MINUTE: i64 = 60;
/// The longest that anything is kept here: AWS keeps periods of an hour for 455 days.
pub const KEPT: SignedDuration = SignedDuration::from_hours(63 * 24);

/// How long AWS tells of periods of so many seconds ("data points with a period of 60 seconds are available for 15 days", of 300
/// seconds for 63).
fn told_for(seconds: i64) -> SignedDuration {
    if seconds % 300 == 0 { KEPT } else { SignedDuration::from_hours(15 * 24) }
}

/// A metric: namespace, name and all of its dimensions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// For example `AWS/Lambda`.
    pub namespace: String,
    /// For example `Invocations`.
    pub name: String,
    /// Names and values, sorted by name.
    pub dimensions: BTreeMap<String, String>,
}

impl Metric {
    /// A metric with these dimensions, in any order.
    #[must_use]
    pub fn new(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Self {
        let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { namespace: namespace.to_owned(), name: name.to_owned(), dimensions }
    }

    /// Lambda sends a minute's metrics when the minute is over, and only if there was an invocation.
    fn published_by_the_minute(&self) -> bool {
        self.namespace == "AWS/Lambda"
    }
}

/// What CloudWatch keeps of the values of one minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    /// Their sum.
    pub sum: f64,
    /// The least.
    pub minimum: f64,
    /// The greatest.
    pub maximum: f64,
    /// How many.
    pub count: f64,
}

impl Statistics {
    /// A single value.
    #[must_use]
    pub fn one(value: f64) -> Self {
        Self { sum: value, minimum: value, maximum: value, count: 1.0 }
    }

    fn add(&mut self, other: &Self) {
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        self.count += other.count;
    }
}

/// What a value counts, one of CloudWatch's words: `Count`, `Seconds`, `None`. Values of different units are kept apart.
pub type Unit = &'static str;

/// Which number of a period is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
}

impl Statistic {
    /// Reads AWS's spelling; percentiles and trimmed means are not emulated.
    ///
    /// # Errors
    /// A `ValidationError` that names what was asked for.
    pub fn read(text: &str) -> Result<Self, ServiceError> {
        Ok(match text {
            "SampleCount" => Self::SampleCount,
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => return Err(ServiceError::validation(format!("The value {text} for parameter Stat is not supported"))),
        })
    }

    /// Picks it.
    #[must_use]
    pub fn of(self, statistics: &Statistics) -> f64 {
        match self {
            Self::SampleCount => statistics.count,
            Self::Average => statistics.sum / statistics.count,
            Self::Sum => statistics.sum,
            Self::Minimum => statistics.minimum,
            Self::Maximum => statistics.maximum,
        }
    }
}

/// A metric's datapoints, by minute and unit.
pub type Minutes = BTreeMap<(Timestamp, Unit), Statistics>;

/// Every metric's datapoints.
#[derive(Debug, Clone, Default)]
pub struct Metrics(BTreeMap<Metric, Minutes>);

impl Metrics {
    /// Adds values to the minute they belong to.
    pub fn record(&mut self, at: Timestamp, metric: Metric, unit: Unit, values: &Statistics) {
        self.0
            .entry(metric)
            .or_default()
            .entry((floor(at, MINUTE), unit))
            .and_modify(|statistics| statistics.add(values))
            .or_insert(*values);
    }

    /// Drops what CloudWatch has dropped.
    pub fn forget(&mut self, now: Timestamp) {
        let oldest = now - KEPT;
        for minutes in self.0.values_mut() {
            while minutes.first_key_value().is_some_and(|((minute, _), _)| *minute < oldest) {
                minutes.pop_first();
            }
        }
        self.0.retain(|_, minutes| !minutes.is_empty());
    }

    /// The statistics of a metric from `start` on for a period, of one unit or of all, as far as they are published at `now`.
    #[must_use]
    pub fn period(
        &self,
        metric: &Metric,
        unit: Option<Unit>,
        start: Timestamp,
        seconds: i64,
        now: Timestamp,
    ) -> Option<Statistics> {
        let mut end = start + SignedDuration::from_secs(seconds);
        if metric.published_by_the_minute() {
            end = end.min(floor(now, MINUTE));
        }
        if end <= start || start < floor(now - told_for(seconds), seconds) {
            return None;
        }
        let minutes = self.0.get(metric)?.range((start, "")..(end, ""));
        let mut wanted = minutes.filter(|((_, known), _)| unit.is_none_or(|unit| unit == *known));
        let mut whole = *wanted.next()?.1;
        wanted.for_each(|(_, statistics)| whole.add(statistics));
        Some(whole)
    }

    /// The units of a metric's values.
    #[must_use]
    pub fn units(&self, metric: &Metric) -> BTreeSet<Unit> {
        self.0.get(metric).into_iter().flatten().map(|((_, unit), _)| *unit).collect()
    }

    /// Every metric with its minutes, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Metric, &Minutes)> {
        self.0.iter()
    }
}

/// The last multiple of `seconds` that is not after a time.
#[must_use]
pub fn floor(time: Timestamp, seconds: i64) -> Timestamp {
    let rest = time.as_second().rem_euclid(seconds);
    Timestamp::from_second(time.as_second() - rest).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-21T{text}Z").parse().unwrap()
    }

    #[test]
    fn a_period_holds_the_statistics_of_its_minutes() {
        let mut metrics = Metrics::default();
        let metric = Metric::new("N", "M", &[]);
        for (time, value) in [("12:00:00", 1.0), ("12:00:59", 4.0), ("12:04:59", 1.0), ("12:05:00", 100.0)] {
            metrics.record(at(time), metric.clone(), "None", &Statistics::one(value));
        }
        let whole = metrics.period(&metric, None, at("12:00:00"), 300, at("12:05:00")).unwrap();
        for (statistic, value) in [
            (Statistic::Sum, 6.0),
            (Statistic::Average, 2.0),
            (Statistic::Minimum, 1.0),
            (Statistic::Maximum, 4.0),
            (Statistic::SampleCount, 3.0),
        ] {
            assert_eq!(statistic.of(&whole), value, "{statistic:?}");
        }
        assert_eq!(metrics.period(&metric, None, at("12:10:00"), 300, at("12:20:00")), None, "nothing is no datapoint");
    }

    #[test]
    fn units_are_kept_apart() {
        let mut metrics = Metrics::default();
        let metric = Metric::new("N", "M", &[]);
        metrics.record(at("12:00:00"), metric.clone(), "Seconds", &Statistics::one(1.0));
        metrics.record(at("12:00:00"), metric.clone(), "Count", &Statistics::one(5.0));
        let sum = |unit| {
            let whole = metrics.period(&metric, unit, at("12:00:00"), 60, at("12:01:00"));
            whole.map(|whole| whole.sum)
        };
        assert_eq!([sum(Some("Seconds")), sum(Some("Count")), sum(Some("Bytes"))], [Some(1.0), Some(5.0), None]);
        assert_eq!(sum(None), Some(6.0), "all that was put, of whatever unit");
        assert!(metrics.units(&metric).into_iter().eq(["Count", "Seconds"]));
    }

    #[test]
    fn a_minute_of_lambda_is_seen_when_it_is_over() {
        let mut metrics = Metrics::default();
        let lambda = Metric::new("AWS/Lambda", "Invocations", &[("FunctionName", "F")]);
        metrics.record(at("12:00:30"), lambda.clone(), "Count", &Statistics::one(1.0));
        assert_eq!(metrics.period(&lambda, None, at("12:00:00"), 300, at("12:00:59")), None);
        assert_eq!(metrics.period(&lambda, None, at("12:00:00"), 300, at("12:01:00")), Some(Statistics::one(1.0)));
    }

    #[test]
    fn after_fifteen_days_only_periods_of_five_minutes_are_told() {
        let mut metrics = Metrics::default();
        let metric = Metric::new("N", "M", &[]);
        metrics.record(at("12:00:00"), metric.clone(), "None", &Statistics::one(1.0));
        let days = |days: i64| at("12:00:00") + SignedDuration::from_hours(24 * days);
        let told = |seconds, now| metrics.period(&metric, None, at("12:00:00"), seconds, now).is_some();
        for (seconds, day, expected) in [
            (60, 15, true),
            (60, 16, false),
            (120, 16, false),
            (300, 16, true),
            (300, 63, true),
            (300, 64, false),
            (3600, 16, true),
        ] {
            assert_eq!(told(seconds, days(day)), expected, "{seconds} s after {day} days");
        }
    }

    #[test]
    fn old_minutes_are_forgotten() {
        let mut metrics = Metrics::default();
        metrics.record(at("12:00:00"), Metric::new("N", "M", &[]), "None", &Statistics::one(1.0));
        metrics.forget(at("12:00:00") + KEPT);
        assert_eq!(metrics.iter().count(), 1);
        metrics.forget(at("12:00:01") + KEPT);
        assert_eq!(metrics.iter().count(), 0);
    }
}
