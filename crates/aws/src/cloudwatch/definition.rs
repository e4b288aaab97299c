//! What an alarm is, as `PutMetricAlarm` takes it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ServiceError,
    judge::TreatMissingData,
    math::{Expression, legal_id},
    metrics::{MINUTE, Metric, Metrics, Statistic, Unit},
    table,
};

/// One day, in seconds: N periods may not span more, or a week if each lasts an hour or longer.
const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;
const ACTIONS_AT_MOST: usize = 5;
const METRICS_AT_MOST: usize = 10;

/// The input of `PutMetricAlarm`, in AWS's spelling. What is not here is not emulated and therefore refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Input {
    pub alarm_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_description: Option<String>,
    #[serde(default = "yes")]
    pub actions_enabled: bool,
    #[serde(default, rename = "OKActions")]
    pub ok_actions: Vec<String>,
    #[serde(default)]
    pub alarm_actions: Vec<String>,
    #[serde(default)]
    pub insufficient_data_actions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dimensions: Vec<Dimension>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    pub evaluation_periods: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    pub threshold: f64,
    pub comparison_operator: Comparison,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treat_missing_data: Option<TreatMissingData>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricDataQuery>,
    #[serde(default, skip_serializing)]
    pub tags: Vec<Tag>,
}

fn yes() -> bool {
    true
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Dimension {
    pub name: String,
    pub value: String,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// A metric or an expression over metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MetricDataQuery {
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric_stat: Option<MetricStat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_data: Option<bool>,
}

/// A statistic of a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MetricStat {
    pub metric: NamedMetric,
    pub period: i64,
    pub stat: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A metric by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct NamedMetric {
    pub namespace: String,
    pub metric_name: String,
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
}

impl NamedMetric {
    /// The metric itself.
    #[must_use]
    pub fn metric(&self) -> Metric {
        Metric {
            namespace: self.namespace.clone(),
            name: self.metric_name.clone(),
            dimensions: self.dimensions.iter().map(|d| (d.name.clone(), d.value.clone())).collect(),
        }
    }
}

/// `ComparisonOperator`, without those for anomaly detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    GreaterThanOrEqualToThreshold,
    GreaterThanThreshold,
    LessThanThreshold,
    LessThanOrEqualToThreshold,
}

impl Comparison {
    /// Whether a value breaches the threshold.
    #[must_use]
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::GreaterThanThreshold => value > threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }

    /// In words, as in an alarm's reason.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::GreaterThanOrEqualToThreshold => "greater than or equal to",
            Self::GreaterThanThreshold => "greater than",
            Self::LessThanThreshold => "less than",
            Self::LessThanOrEqualToThreshold => "less than or equal to",
        }
    }
}

/// Something with an id that has values.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A metric's statistic.
    Metric(Watched),
    /// An expression over others.
    Expression(Expression),
}

/// A metric's statistic over periods, of one unit or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    metric: Metric,
    statistic: Statistic,
    unit: Option<Unit>,
    /// In seconds.
    period: i64,
}

impl Watched {
    fn read(stat: &MetricStat) -> Result<Self, ServiceError> {
        let MetricStat { metric, period, stat, unit } = stat;
        if *period < MINUTE || period % MINUTE != 0 {
            return Err(ServiceError::validation(format!(
                "Period {period} is not supported: a multiple of {MINUTE} s is"
            )));
        }
        let unit = unit.as_deref().map(read_unit).transpose()?;
        Ok(Self { metric: metric.metric(), statistic: Statistic::read(stat)?, unit, period: *period })
    }

    /// Its value for one period.
    pub(super) fn value(&self, metrics: &Metrics, start: Timestamp, now: Timestamp) -> Option<f64> {
        let whole = metrics.period(&self.metric, self.unit, start, self.period, now);
        whole.map(|whole| self.statistic.of(&whole))
    }
}

/// Reads a unit.
pub(super) fn read_unit(text: &str) -> Result<Unit, ServiceError> {
    table::unit(text).ok_or_else(|| ServiceError::validation(format!("{text:?} is not a unit of CloudWatch")))
}

/// A checked set of queries, each with a period of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Queries {
    /// By id.
    pub sources: BTreeMap<String, Source>,
    /// In seconds, by id.
    pub periods: BTreeMap<String, i64>,
}

impl Queries {
    /// Checks a list of them.
    ///
    /// # Errors
    /// A `ValidationError` for anything CloudWatch refuses, or that is not emulated.
    pub fn read(queries: &[MetricDataQuery]) -> Result<Self, ServiceError> {
        let (mut sources, mut periods) = (BTreeMap::new(), BTreeMap::new());
        for query in queries {
            let id = legal_id(&query.id)
                .ok_or_else(|| ServiceError::validation(format!("{:?} is not a legal metric id", query.id)))?;
            let source = match (&query.metric_stat, &query.expression) {
                (Some(stat), None) => {
                    periods.insert(id.clone(), stat.period);
                    Source::Metric(Watched::read(stat)?)
                }
                (None, Some(expression)) => Source::Expression(Expression::read(expression)?),
                _ => return Err(ServiceError::validation(format!("{id} must have either MetricStat or Expression"))),
            };
            if sources.insert(id, source).is_some() {
                return Err(ServiceError::validation(
                    "The values for parameter id in parameter MetricDataQueries are not unique",
                ));
            }
        }
        for query in queries {
            let Some(Source::Expression(expression)) = sources.get(&query.id) else { continue };
            // The periods of its metrics, and its own where it has one: all the same.
            let mut period = query.period;
            for id in expression.ids() {
                let Some(Source::Metric(metric)) = sources.get(id) else {
                    return Err(ServiceError::validation(format!(
                        "The expression names {id}, which is not one of the metrics"
                    )));
                };
                if *period.get_or_insert(metric.period) != metric.period {
                    return Err(ServiceError::validation(format!(
                        "The metrics of the expression {} must have the same Period, which is also its own",
                        query.id
                    )));
                }
            }
            periods.extend(period.map(|period| (query.id.clone(), period)));
        }
        Ok(Self { sources, periods })
    }

    /// The one period of an alarm's metrics and expressions (fact 1.4).
    fn period(&self) -> Result<i64, ServiceError> {
        let mut periods = self.periods.values().collect::<BTreeSet<_>>().into_iter();
        match (periods.next(), periods.next()) {
            (Some(period), None) => Ok(*period),
            _ => Err(ServiceError::validation("All metrics must have the same Period")),
        }
    }
}

/// A checked definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// As it was put.
    pub input: Input,
    /// What it watches.
    pub queries: Queries,
    /// In seconds, the same for all that it watches.
    pub period: i64,
    /// The id whose values are compared with the threshold.
    pub watched: String,
    /// N.
    pub evaluation_periods: usize,
    /// M.
    pub datapoints_to_alarm: usize,
    /// What missing datapoints mean.
    pub missing: TreatMissingData,
}

impl Definition {
    /// Reads and checks the input of `PutMetricAlarm`.
    ///
    /// # Errors
    /// A `ValidationError` for anything CloudWatch refuses, or that is not emulated.
    pub fn read(input: &Value) -> Result<Self, ServiceError> {
        let input = Input::deserialize(input).map_err(|error| ServiceError::validation(error.to_string()))?;
        let queries = input.queries()?;
        if queries.len() > METRICS_AT_MOST {
            return Err(ServiceError::validation(format!(
                "An alarm has at most {METRICS_AT_MOST} metrics and expressions"
            )));
        }
        let mut returned = queries.iter().filter(|query| query.return_data.unwrap_or(true));
        let (Some(watched), None) = (returned.next(), returned.next()) else {
            return Err(ServiceError::validation("Exactly one element of the metrics list should return data."));
        };
        let watched = watched.id.clone();
        let queries = Queries::read(&queries)?;
        let period = queries.period()?;
        let n = input.evaluation_periods;
        let m = input.datapoints_to_alarm.unwrap_or(n);
        if n == 0 || m == 0 || m > n {
            return Err(ServiceError::validation("DatapointsToAlarm must be from 1 to EvaluationPeriods"));
        }
        let longest = if period < HOUR { DAY } else { 7 * DAY };
        if i64::from(n).saturating_mul(period) > longest {
            return Err(ServiceError::validation(
                "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
            ));
        }
        for actions in [&input.ok_actions, &input.alarm_actions, &input.insufficient_data_actions] {
            if actions.len() > ACTIONS_AT_MOST {
                return Err(ServiceError::validation(format!("A state has at most {ACTIONS_AT_MOST} actions")));
            }
            if let Some(action) = actions.iter().find(|action| !action.starts_with("arn:")) {
                return Err(ServiceError::validation(format!("Invalid arn syntax: {action}")));
            }
        }
        Ok(Self {
            queries,
            period,
            watched,
            evaluation_periods: n as usize,
            datapoints_to_alarm: m as usize,
            missing: input.treat_missing_data.unwrap_or_default(),
            input,
        })
    }

    /// The alarm's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.input.alarm_name
    }
}

impl Input {
    /// What it watches: the list of metrics, or the one metric made into a list.
    ///
    /// # Errors
    /// A `ValidationError` when it is neither, or both.
    pub fn queries(&self) -> Result<Vec<MetricDataQuery>, ServiceError> {
        match (&self.namespace, &self.metric_name, &self.statistic, self.period) {
            (None, None, None, None)
                if !self.metrics.is_empty() && self.dimensions.is_empty() && self.unit.is_none() =>
            {
                Ok(self.metrics.clone())
            }
            (Some(namespace), Some(metric_name), Some(stat), Some(period)) if self.metrics.is_empty() => {
                let metric = NamedMetric {
                    namespace: namespace.clone(),
                    metric_name: metric_name.clone(),
                    dimensions: self.dimensions.clone(),
                };
                Ok(vec![MetricDataQuery {
                    id: "m1".to_owned(),
                    expression: None,
                    label: None,
                    metric_stat: Some(MetricStat { metric, period, stat: stat.clone(), unit: self.unit.clone() }),
                    period: None,
                    return_data: Some(true),
                }])
            }
            _ => Err(ServiceError::validation(
                "Either Metrics, or Namespace, MetricName, Statistic and Period must be given, and not both",
            )),
        }
    }
}
