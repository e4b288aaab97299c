//! The operations that read metrics.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    CloudWatch, ServiceError,
    definition::{NamedMetric, Queries, read_unit},
    inputs::{GetMetricData, GetMetricStatistics, ListMetrics},
    metrics::{KEPT, MINUTE, Metric, Minutes, Statistic, Unit, floor},
    operations::{page, start},
};

/// `GetMetricStatistics` gives no more datapoints at once.
const DATAPOINTS_AT_MOST: i64 = 1_440;
/// `GetMetricData` looks for no more at once: "the maximum number of data points the request should return".
const DATAPOINTS_OF_A_PAGE: usize = 100_800;
/// And it looks at so many metrics' periods at once, which an expression does for each of its terms: pages may be shorter.
const LOOKS_OF_A_PAGE: usize = 100_800;
const METRICS_OF_A_PAGE: usize = 500;
/// `RecentlyActive=PT3H`.
const RECENTLY: SignedDuration = SignedDuration::from_hours(3);

impl CloudWatch {
    /// Each query with its own period. A page looks at so many periods, those without a value included.
    pub(super) fn get_metric_data(&self, now: Timestamp, input: &GetMetricData) -> Result<Value, ServiceError> {
        let queries = Queries::read(&input.metric_data_queries)?;
        expect_order(input.start_time, input.end_time)?;
        let newest_first = input.scan_by.as_deref() != Some("TimestampAscending");
        let from = start(input.next_token.as_deref())?;
        let mut until =
            from.saturating_add(input.max_datapoints.unwrap_or(DATAPOINTS_OF_A_PAGE).min(DATAPOINTS_OF_A_PAGE));
        let (mut looked_at, mut looks, mut results) = (0_usize, LOOKS_OF_A_PAGE, Vec::new());
        for query in input.metric_data_queries.iter().filter(|query| query.return_data.unwrap_or(true)) {
            let period = queries.periods.get(&query.id).copied().unwrap_or(MINUTE);
            // Before and after these there is nothing.
            let (oldest, latest) = (input.start_time.max(now - KEPT), input.end_time.min(now + KEPT));
            let (first, count) = periods(oldest, latest, period);
            let (begin, end) = (looked_at, looked_at.saturating_add(count));
            looked_at = end;
            let each = queries.metrics(&query.id).max(1);
            if end > from {
                until = until.min(from.max(begin).saturating_add(looks / each));
            }
            let wanted = from.clamp(begin, end)..until.clamp(begin, end);
            looks -= wanted.len() * each;
            // A page tells of what it is about, and of every query on the first.
            if wanted.is_empty() && (from > 0 || begin > until) {
                continue;
            }
            let (mut timestamps, mut values) = (Vec::new(), Vec::new());
            for place in wanted.clone() {
                let number = if newest_first { end - 1 - place } else { place - begin };
                let at = nth(first, number, period);
                if let Some(value) = queries.value(&query.id, &self.metrics, at, now) {
                    timestamps.push(json!(at));
                    values.push(json!(value));
                }
            }
            let named = query.metric_stat.as_ref().map(|stat| &stat.metric.metric_name);
            results.push(json!({
                "Id": query.id,
                "Label": query.label.as_ref().or(named).unwrap_or(&query.id),
                "Timestamps": timestamps,
                "Values": values,
                "StatusCode": if wanted.end < end { "PartialData" } else { "Complete" },
            }));
        }
        let mut output = json!({ "MetricDataResults": results, "Messages": [] });
        if looked_at > until {
            output["NextToken"] = json!(until.to_string());
        }
        Ok(output)
    }

    pub(super) fn get_metric_statistics(
        &self,
        now: Timestamp,
        input: &GetMetricStatistics,
    ) -> Result<Value, ServiceError> {
        let metric = NamedMetric {
            namespace: input.namespace.clone(),
            metric_name: input.metric_name.clone(),
            dimensions: input.dimensions.clone(),
        }
        .metric();
        if input.statistics.is_empty() {
            return Err(ServiceError::new("MissingParameter", "The parameter Statistics is required."));
        }
        let statistics: Vec<_> = input
            .statistics
            .iter()
            .map(|name| Ok((name, Statistic::read(name)?)))
            .collect::<Result<_, ServiceError>>()?;
        let units: Vec<Unit> = match &input.unit {
            Some(unit) => vec![read_unit(unit)?],
            None => self.metrics.units(&metric).into_iter().collect(),
        };
        let (first, count) = statistics_periods(input)?;
        let mut datapoints = Vec::new();
        for at in (0..count).map(|number| nth(first, number, input.period)) {
            for unit in &units {
                let Some(whole) = self.metrics.period(&metric, Some(unit), at, input.period, now) else { continue };
                let mut point = json!({ "Timestamp": at, "Unit": unit });
                statistics.iter().for_each(|(name, statistic)| point[name.as_str()] = json!(statistic.of(&whole)));
                datapoints.push(point);
            }
        }
        Ok(json!({ "Label": input.metric_name, "Datapoints": datapoints }))
    }

    pub(super) fn list_metrics(&self, now: Timestamp, input: &ListMetrics) -> Result<Value, ServiceError> {
        let is_active = |minutes: &Minutes| minutes.range((now - RECENTLY, "")..).next().is_some();
        let matches = |metric: &Metric| {
            input.namespace.as_ref().is_none_or(|namespace| *namespace == metric.namespace)
                && input.metric_name.as_ref().is_none_or(|name| *name == metric.name)
                && input.dimensions.iter().all(|filter| {
                    let value = metric.dimensions.get(&filter.name);
                    value.is_some_and(|value| filter.value.as_ref().is_none_or(|wanted| wanted == value))
                })
        };
        let listed = self
            .metrics
            .iter()
            .filter(|(metric, minutes)| matches(metric) && (input.recently_active.is_none() || is_active(minutes)));
        let (metrics, next) = page(listed.collect(), METRICS_OF_A_PAGE, input.next_token.as_deref())?;
        let told = |(metric, _): (&Metric, &Minutes)| {
            let dimensions: Vec<_> =
                metric.dimensions.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect();
            json!({ "Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions })
        };
        let mut output = json!({ "Metrics": metrics.into_iter().map(told).collect::<Value>() });
        if let Some(next) = next {
            output["NextToken"] = json!(next);
        }
        Ok(output)
    }
}

fn expect_order(from: Timestamp, to: Timestamp) -> Result<(), ServiceError> {
    if from < to {
        return Ok(());
    }
    Err(ServiceError::validation("The parameter StartTime must be less than the parameter EndTime."))
}

fn statistics_periods(input: &GetMetricStatistics) -> Result<(Timestamp, usize), ServiceError> {
    let period = input.period;
    expect_order(input.start_time, input.end_time)?;
    if period < MINUTE || period % MINUTE != 0 {
        return Err(ServiceError::validation(format!("Period {period} is not supported: a multiple of {MINUTE} s is")));
    }
    let asked = (input.end_time.as_second() - floor(input.start_time, period).as_second() + period - 1) / period;
    if asked > DATAPOINTS_AT_MOST {
        return Err(ServiceError::new(
            "InvalidParameterCombination",
            format!(
                "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the datapoints requested \
                 by increasing Period, or decreasing the time range.",
                grouped(asked),
                grouped(DATAPOINTS_AT_MOST)
            ),
        ));
    }
    Ok(periods(input.start_time, input.end_time, period))
}

/// A number as AWS's message has it: 1,440.
fn grouped(number: i64) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", grouped(number / 1_000), number % 1_000) }
}

/// Where the first period begins, aligned to multiples of the period, and how many there are until a time.
fn periods(from: Timestamp, to: Timestamp, period: i64) -> (Timestamp, usize) {
    let first = floor(from, period);
    let count = (to.as_second() - first.as_second() + period - 1) / period;
    (first, if from < to { usize::try_from(count).unwrap_or(0) } else { 0 })
}

fn nth(first: Timestamp, number: usize, period: i64) -> Timestamp {
    let seconds = i64::try_from(number).unwrap_or(i64::MAX).saturating_mul(period);
    first.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_so_many_datapoints_at_once() {
        let mut state = CloudWatch::default();
        let until: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        let mut ask = |days: i64| {
            let input = json!({ "Namespace": "AWS/ClientVPN", "MetricName": "ActiveConnectionsCount", "Period": 300,
                "StartTime": until - SignedDuration::from_hours(24 * days), "EndTime": until, "Statistics": ["Maximum"] });
            state.call(until, "GetMetricStatistics", &input)
        };
        assert!(ask(5).is_ok());
        let refused = ask(63).unwrap_err();
        assert_eq!(
            (refused.code, &*refused.message),
            (
                "InvalidParameterCombination",
                "You have requested up to 18,144 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints \
                 requested by increasing Period, or decreasing the time range."
            )
        );
    }
}
