//! What each operation takes, member by member, as CloudWatch's API model has it: one table for all three protocols. A
//! member is read and kept to its limits, or refused because it is not emulated. `crates/aws/tests/members` holds the table
//! against the model.

use Kind::{Flag, Integer, List, NotEmulated, Number, Structure, Text, Time, Word};

/// A member of an operation's input, or of a structure in it.
#[derive(Debug)]
pub struct Member {
    /// AWS's name.
    pub name: &'static str,
    pub required: bool,
    pub kind: Kind,
}

/// What a member may be.
#[derive(Debug)]
pub enum Kind {
    /// Text of so many characters.
    Text(usize, usize),
    /// One of these.
    Word(&'static [&'static str]),
    /// A whole number of 32 bits within these.
    Integer(i64, i64),
    Number,
    Flag,
    Time,
    /// From so many to so many of a kind.
    List(usize, usize, &'static Kind),
    Structure(&'static [Member]),
    /// AWS has it, and nothing here does what it asks for.
    NotEmulated,
}

const fn may(name: &'static str, kind: Kind) -> Member {
    Member { name, required: false, kind }
}

const fn must(name: &'static str, kind: Kind) -> Member {
    Member { name, required: true, kind }
}

/// No limit that AWS names; a request is not larger than a megabyte.
const ANY: usize = 1 << 20;
const INTEGER: i64 = i32::MAX as i64;

const NAME: Kind = Text(1, 255);
const STATES: Kind = Word(&["OK", "ALARM", "INSUFFICIENT_DATA"]);
const STATISTICS: Kind = Word(&["SampleCount", "Average", "Sum", "Minimum", "Maximum"]);
const SCAN_BY: Kind = Word(&["TimestampDescending", "TimestampAscending"]);
const ALARM_TYPES: Kind = List(0, 2, &Word(&["CompositeAlarm", "MetricAlarm", "LogAlarm"]));
const COMPARISONS: Kind = Word(&[
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
]);
const UNITS: Kind = Word(&[
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
]);

const DIMENSION: &[Member] = &[must("Name", NAME), must("Value", Text(1, 1024))];
const DIMENSIONS: Kind = List(0, 30, &Structure(DIMENSION));
const TAGS: Kind = List(0, 50, &Structure(&[must("Key", Text(1, 128)), must("Value", Text(0, 256))]));
const ALARM_NAMES: Kind = List(0, 100, &NAME);
const ACTIONS: Kind = List(0, 5, &Text(1, 1024));
const PERIOD: Kind = Integer(1, INTEGER);
const RECORDS: Kind = Integer(1, 100);
const METRIC: &[Member] = &[may("Namespace", NAME), may("MetricName", NAME), may("Dimensions", DIMENSIONS)];
const METRIC_STAT: &[Member] =
    &[must("Metric", Structure(METRIC)), must("Period", PERIOD), must("Stat", Text(0, ANY)), may("Unit", UNITS)];
const METRIC_DATA_QUERY: &[Member] = &[
    must("Id", NAME),
    may("MetricStat", Structure(METRIC_STAT)),
    may("Expression", Text(1, 2048)),
    may("Label", Text(0, ANY)),
    may("ReturnData", Flag),
    may("Period", PERIOD),
    may("AccountId", NotEmulated),
];
const QUERIES: Kind = List(0, 500, &Structure(METRIC_DATA_QUERY));
const STATISTIC_SET: &[Member] =
    &[must("SampleCount", Number), must("Sum", Number), must("Minimum", Number), must("Maximum", Number)];
/// The API reference: up to 150 values in a datum, up to 1,000 data in a request.
const DATUM: &[Member] = &[
    must("MetricName", NAME),
    may("Dimensions", DIMENSIONS),
    may("Timestamp", Time),
    may("Value", Number),
    may("StatisticValues", Structure(STATISTIC_SET)),
    may("Values", List(0, 150, &Number)),
    may("Counts", List(0, 150, &Number)),
    may("Unit", UNITS),
    may("StorageResolution", Integer(1, INTEGER)),
];

/// The operations that are emulated, and what they take.
pub const OPERATIONS: &[(&str, &[Member])] = &[
    ("DeleteAlarms", &[must("AlarmNames", ALARM_NAMES)]),
    (
        "DescribeAlarmHistory",
        &[
            may("AlarmName", NAME),
            may("AlarmContributorId", NotEmulated),
            may("AlarmTypes", ALARM_TYPES),
            may(
                "HistoryItemType",
                Word(&[
                    "ConfigurationUpdate",
                    "StateUpdate",
                    "Action",
                    "AlarmContributorStateUpdate",
                    "AlarmContributorAction",
                ]),
            ),
            may("StartDate", Time),
            may("EndDate", Time),
            may("MaxRecords", RECORDS),
            may("NextToken", Text(0, ANY)),
            may("ScanBy", SCAN_BY),
        ],
    ),
    (
        "DescribeAlarms",
        &[
            may("AlarmNames", ALARM_NAMES),
            may("AlarmNamePrefix", NAME),
            may("AlarmTypes", ALARM_TYPES),
            may("ChildrenOfAlarmName", NotEmulated),
            may("ParentsOfAlarmName", NotEmulated),
            may("StateValue", STATES),
            may("ActionPrefix", Text(1, 1024)),
            may("MaxRecords", RECORDS),
            may("NextToken", Text(0, ANY)),
        ],
    ),
    ("DisableAlarmActions", &[must("AlarmNames", ALARM_NAMES)]),
    ("EnableAlarmActions", &[must("AlarmNames", ALARM_NAMES)]),
    (
        "GetMetricData",
        &[
            must("MetricDataQueries", QUERIES),
            must("StartTime", Time),
            must("EndTime", Time),
            may("NextToken", Text(0, ANY)),
            may("ScanBy", SCAN_BY),
            may("MaxDatapoints", Integer(1, INTEGER)),
            may("LabelOptions", NotEmulated),
        ],
    ),
    (
        "GetMetricStatistics",
        &[
            must("Namespace", NAME),
            must("MetricName", NAME),
            may("Dimensions", DIMENSIONS),
            must("StartTime", Time),
            must("EndTime", Time),
            must("Period", PERIOD),
            may("Statistics", List(1, 5, &STATISTICS)),
            may("ExtendedStatistics", NotEmulated),
            may("Unit", UNITS),
        ],
    ),
    (
        "ListMetrics",
        &[
            may("Namespace", NAME),
            may("MetricName", NAME),
            may("Dimensions", List(0, 10, &Structure(&[must("Name", NAME), may("Value", Text(1, 1024))]))),
            may("NextToken", Text(0, ANY)),
            may("RecentlyActive", Word(&["PT3H"])),
            may("IncludeLinkedAccounts", NotEmulated),
            may("OwningAccount", NotEmulated),
        ],
    ),
    ("ListTagsForResource", &[must("ResourceARN", Text(1, 1024))]),
    (
        "PutMetricAlarm",
        &[
            must("AlarmName", NAME),
            may("AlarmDescription", Text(0, 1024)),
            may("ActionsEnabled", Flag),
            may("OKActions", ACTIONS),
            may("AlarmActions", ACTIONS),
            may("InsufficientDataActions", ACTIONS),
            may("MetricName", NAME),
            may("Namespace", NAME),
            may("Statistic", STATISTICS),
            may("ExtendedStatistic", NotEmulated),
            may("Dimensions", DIMENSIONS),
            may("Period", PERIOD),
            may("Unit", UNITS),
            may("EvaluationPeriods", Integer(1, INTEGER)),
            may("DatapointsToAlarm", Integer(1, INTEGER)),
            may("Threshold", Number),
            may("ComparisonOperator", COMPARISONS),
            may("TreatMissingData", NAME),
            may("EvaluateLowSampleCountPercentile", NotEmulated),
            may("Metrics", QUERIES),
            may("Tags", TAGS),
            may("ThresholdMetricId", NotEmulated),
            may("EvaluationWindow", NotEmulated),
            may("WarmUpConfiguration", NotEmulated),
            may("EvaluationCriteria", NotEmulated),
            may("EvaluationInterval", NotEmulated),
            may("ActionConfiguration", NotEmulated),
        ],
    ),
    (
        "PutMetricData",
        &[
            must("Namespace", NAME),
            may("MetricData", List(0, 1_000, &Structure(DATUM))),
            may("EntityMetricData", NotEmulated),
            may("StrictEntityValidation", Flag),
        ],
    ),
    (
        "SetAlarmState",
        &[
            must("AlarmName", NAME),
            must("StateValue", STATES),
            must("StateReason", Text(0, 1023)),
            may("StateReasonData", Text(0, 4000)),
        ],
    ),
    ("TagResource", &[must("ResourceARN", Text(1, 1024)), must("Tags", TAGS)]),
    ("UntagResource", &[must("ResourceARN", Text(1, 1024)), must("TagKeys", List(0, 50, &Text(1, 128)))]),
];

/// A unit by CloudWatch's word.
pub(super) fn unit(text: &str) -> Option<&'static str> {
    let Word(units) = UNITS else { return None };
    units.iter().find(|unit| **unit == text).copied()
}

/// What an operation takes; nothing where it is not emulated.
#[must_use]
pub fn members(operation: &str) -> Option<&'static [Member]> {
    OPERATIONS.iter().find(|(name, _)| *name == operation).map(|(_, members)| *members)
}
