//! What the operations take, in AWS's spelling. A member that is not here is not emulated, and refused.

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    ServiceError,
    definition::{Dimension, MetricDataQuery, Tag},
    metrics::Statistics,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct SetAlarmState {
    pub(super) alarm_name: String,
    pub(super) state_value: String,
    pub(super) state_reason: String,
    pub(super) state_reason_data: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AlarmNames {
    pub(super) alarm_names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PutMetricData {
    pub(super) namespace: String,
    #[serde(default)]
    pub(super) metric_data: Vec<Datum>,
    #[serde(rename = "StrictEntityValidation")]
    pub(super) _strict_entity_validation: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Datum {
    pub(super) metric_name: String,
    #[serde(default)]
    pub(super) dimensions: Vec<Dimension>,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) value: Option<f64>,
    pub(super) statistic_values: Option<StatisticSet>,
    #[serde(default)]
    pub(super) values: Vec<f64>,
    #[serde(default)]
    pub(super) counts: Vec<f64>,
    pub(super) unit: Option<String>,
    pub(super) storage_resolution: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct StatisticSet {
    pub(super) sample_count: f64,
    pub(super) sum: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
}

impl Datum {
    /// One of a value, a set of statistics, or a list of values with their counts.
    pub(super) fn statistics(&self) -> Result<Vec<Statistics>, ServiceError> {
        let combination = |message: &str| ServiceError::new("InvalidParameterCombination", message);
        match (self.value, &self.statistic_values, self.values.as_slice()) {
            (Some(value), None, []) => Ok(vec![Statistics::one(value)]),
            (None, Some(set), []) => Ok(vec![Statistics {
                sum: set.sum,
                minimum: set.minimum,
                maximum: set.maximum,
                count: set.sample_count,
            }]),
            (None, None, [_, ..]) if self.counts.is_empty() || self.counts.len() == self.values.len() => {
                let counts = self.counts.iter().copied().chain(std::iter::repeat(1.0));
                let values = self.values.iter().zip(counts);
                Ok(values
                    .map(|(value, count)| Statistics { sum: value * count, minimum: *value, maximum: *value, count })
                    .collect())
            }
            (None, None, []) => Err(combination("At least one of the parameters must be specified.")),
            _ => Err(combination("Value, StatisticValues and Values are mutually exclusive, Counts go with Values.")),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DescribeAlarms {
    #[serde(default)]
    pub(super) alarm_names: Vec<String>,
    #[serde(default)]
    pub(super) alarm_types: Vec<String>,
    pub(super) alarm_name_prefix: Option<String>,
    pub(super) state_value: Option<String>,
    pub(super) action_prefix: Option<String>,
    pub(super) max_records: Option<usize>,
    pub(super) next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DescribeAlarmHistory {
    pub(super) alarm_name: Option<String>,
    #[serde(default)]
    pub(super) alarm_types: Vec<String>,
    pub(super) history_item_type: Option<String>,
    pub(super) start_date: Option<Timestamp>,
    pub(super) end_date: Option<Timestamp>,
    pub(super) max_records: Option<usize>,
    pub(super) next_token: Option<String>,
    pub(super) scan_by: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetMetricData {
    pub(super) metric_data_queries: Vec<MetricDataQuery>,
    pub(super) start_time: Timestamp,
    pub(super) end_time: Timestamp,
    pub(super) scan_by: Option<String>,
    pub(super) next_token: Option<String>,
    pub(super) max_datapoints: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetMetricStatistics {
    pub(super) namespace: String,
    pub(super) metric_name: String,
    #[serde(default)]
    pub(super) dimensions: Vec<Dimension>,
    pub(super) start_time: Timestamp,
    pub(super) end_time: Timestamp,
    pub(super) period: i64,
    #[serde(default)]
    pub(super) statistics: Vec<String>,
    pub(super) unit: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ListMetrics {
    pub(super) namespace: Option<String>,
    pub(super) metric_name: Option<String>,
    #[serde(default)]
    pub(super) dimensions: Vec<DimensionFilter>,
    pub(super) next_token: Option<String>,
    pub(super) recently_active: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DimensionFilter {
    pub(super) name: String,
    pub(super) value: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListTagsForResource {
    #[serde(rename = "ResourceARN")]
    pub(super) resource_arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TagResource {
    #[serde(rename = "ResourceARN")]
    pub(super) resource_arn: String,
    #[serde(rename = "Tags")]
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UntagResource {
    #[serde(rename = "ResourceARN")]
    pub(super) resource_arn: String,
    #[serde(rename = "TagKeys")]
    pub(super) tag_keys: Vec<String>,
}
